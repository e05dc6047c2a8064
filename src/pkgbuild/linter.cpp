#include "pkgbuild/linter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pkgbuild/lexer.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild {

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

bool has_space(std::string_view text) {
  while (!text.empty()) {
    const text::Character c = text::first_character(text);
    if (text::is_space(c)) return true;
    text.remove_prefix(c.size);
  }
  return false;
}

/// integer[.integer]
bool is_pkgrel(std::string_view rel) {
  const std::size_t dot = rel.find('.');
  const std::string_view whole = rel.substr(0, dot);
  if (whole.empty() || !all_digits(whole)) return false;
  if (dot == std::string_view::npos) return true;
  const std::string_view part = rel.substr(dot + 1);
  return !part.empty() && all_digits(part);
}

}  // namespace

void check_name(Linter& lint, std::string_view where, std::string_view name, Span span) {
  if (name.empty()) {
    lint.report(
        span,
        {"lint-name-empty", fmt::format("{} is not allowed to be empty", where),
         "Every package needs a name, and an empty element is usually a variable that is not set.",
         fmt::format("Write a name, or remove the empty element from {}.", where)});
    return;
  }
  if (name.front() == '-' || name.front() == '.') {
    lint.report(span, {"lint-name-start",
                       fmt::format("{} is not allowed to start with a {}: {}", where,
                                   name.front() == '-' ? "hyphen" : "dot", quoted(name)),
                       "The name becomes a file name and an argument of commands.",
                       "Start the name with a letter or a digit."});
  }
  if (!is_ascii(name)) {
    lint.report(span, {"lint-name-ascii",
                       fmt::format("{} may only contain ASCII characters: {}", where, quoted(name)),
                       "Letters that look alike in two scripts would make two names look the same.",
                       "Use the letters a to z, digits and + _ . @ -."});
    return;
  }
  std::string invalid;
  for (const char c : name)
    if (!is_alnum(c) && std::string_view("+_.@-").find(c) == std::string_view::npos) invalid += c;
  if (!invalid.empty()) {
    lint.report(span, {"lint-name-characters",
                       fmt::format("{} contains invalid characters: {} in {}", where,
                                   quoted(invalid), quoted(name)),
                       "Package names may hold letters, digits and + _ . @ - only.",
                       "Remove these characters; a reason belongs after a colon and a space, in "
                       "optdepends only."});
  }
}

void check_epoch(Linter& lint, std::string_view where, std::string_view epoch, Span span) {
  if (all_digits(epoch)) return;
  lint.report(span,
              {"lint-epoch", fmt::format("{} must be an integer, not {}", where, quoted(epoch)),
               "Epochs are compared as numbers.", "Write a whole number such as 1."});
}

void check_pkgrel(Linter& lint, std::string_view where, std::string_view rel, Span span) {
  if (is_pkgrel(rel)) return;
  lint.report(
      span, {"lint-pkgrel",
             rel.empty() ? fmt::format("{} is not allowed to be empty", where)
                         : fmt::format("{} must be of the form 'integer[.integer]', not {}", where,
                                       quoted(rel)),
             "Releases of the same version are ordered by it.", "Write pkgrel=1 and count up."});
}

void check_pkgver(Linter& lint, std::string_view where, std::string_view ver, Span span) {
  if (ver.empty()) {
    lint.report(span, {"lint-pkgver-empty", fmt::format("{} is not allowed to be empty", where),
                       "Without a version no release can be told from another.",
                       "Write the upstream's version."});
  } else if (ver.find_first_of("/:-") != std::string_view::npos || has_space(ver)) {
    lint.report(
        span,
        {"lint-pkgver-characters",
         fmt::format(
             "{} is not allowed to contain colons, forward slashes, hyphens or whitespace: {}",
             where, quoted(ver)),
         "They separate epoch, version and release: [epoch:]pkgver-pkgrel.",
         "Replace each by '_' or '.', for example ${_tag//-/_}."});
  } else if (!is_ascii(ver)) {
    lint.report(span, {"lint-pkgver-ascii",
                       fmt::format("{} may only contain ASCII characters: {}", where, quoted(ver)),
                       "Versions are compared byte by byte.",
                       "Use digits, ASCII letters, '.', '_' and '+'."});
  }
}

void check_full_version(Linter& lint, std::string_view where, std::string_view version, Span span) {
  const std::string in = fmt::format(" in {}", where);
  if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
    check_epoch(lint, "epoch" + in, version.substr(0, colon), span);
    version.remove_prefix(colon + 1);
  }
  if (const std::size_t hyphen = version.rfind('-');
      hyphen != std::string_view::npos && hyphen > 0) {
    check_pkgrel(lint, "pkgrel" + in, version.substr(hyphen + 1), span);
    version = version.substr(0, hyphen);
  }
  check_pkgver(lint, "pkgver" + in, version, span);
}

void check_dependency(Linter& lint, std::string_view where, std::string_view text, Span span,
                      EmptyVersion empty_version) {
  const std::size_t op = text.find_first_of("<>=");
  check_name(lint, where, text.substr(0, op), span);
  if (op == std::string_view::npos) return;
  const bool two = text[op] != '=' && op + 1 < text.size() && text[op + 1] == '=';
  const std::string_view version = text.substr(op + (two ? 2 : 1));
  if (version.empty() && empty_version == EmptyVersion::allowed) return;
  check_full_version(lint, where, version, span);
}

}  // namespace rbee::pkgbuild
