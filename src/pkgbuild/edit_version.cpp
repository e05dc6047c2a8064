// set_version: pkgver, pkgrel and epoch (edit.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "pkgbuild/edit_session.hpp"
#include "pkgbuild/linter.hpp"

namespace rbee::pkgbuild {

namespace {

/// makepkg's rules for the three values, and no control characters.
Result<void> check_wish(const VersionWish& wish) {
  static const Recipe kNone;
  Linter lint(kNone, "", nullptr);
  check_pkgver(lint, "pkgver", wish.pkgver, {});
  check_pkgrel(lint, "pkgrel", wish.pkgrel, {});
  if (wish.epoch) check_epoch(lint, "epoch", wish.epoch->empty() ? "''" : *wish.epoch, {});
  const std::vector<Finding> findings = std::move(lint).take();
  if (!findings.empty())
    return fail(Errc::usage, "edit-version-invalid", findings.front().message,
                {.why = findings.front().why, .fix = findings.front().fix});
  if (std::any_of(wish.pkgver.begin(), wish.pkgver.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return fail(Errc::usage, "edit-version-invalid", "pkgver may not hold control characters",
                {.evidence = {printable_line(wish.pkgver)}});
  return {};
}

/// A line `epoch=N` before the command that makes pkgver.
Result<void> insert_epoch(EditSession& session, const std::string& epoch) {
  TRY_ASSIGN(const Place* const place, session.maker("pkgver", Place::Where::top));
  const std::string& text = session.script().text;
  const std::uint32_t at = place->command->span.begin;
  const std::size_t line = text.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t line_begin = line == std::string::npos || at == 0 ? 0 : line + 1;
  std::string indent = text.substr(line_begin, at - line_begin);
  if (indent.find_first_not_of(" \t") != std::string::npos) indent.clear();
  return session.add({{at, at}, "epoch=" + epoch + "\n" + indent});
}

}  // namespace

Result<Edited> set_version(std::string_view text, const Inputs& inputs, const VersionWish& wish) {
  TRY(check_wish(wish));
  TRY_ASSIGN(const std::unique_ptr<EditSession> session, EditSession::open(text, inputs));
  TRY(session->set_scalar("pkgver", wish.pkgver));
  TRY(session->set_scalar("pkgrel", wish.pkgrel));
  if (wish.epoch) {
    if (session->before().fields.contains("epoch"))
      TRY(session->set_scalar("epoch", *wish.epoch));
    else
      TRY(insert_epoch(*session, *wish.epoch));
  }
  TRY_ASSIGN(Edited edited, session->finish());
  if (edited.after.scalar("pkgver") != wish.pkgver ||
      edited.after.scalar("pkgrel") != wish.pkgrel ||
      (wish.epoch && edited.after.scalar("epoch") != *wish.epoch))
    return session->refuse("edit-spread", {}, "one of the edits undoes another",
                           "pkgver, pkgrel and epoch are made of the same values here");
  return edited;
}

}  // namespace rbee::pkgbuild
