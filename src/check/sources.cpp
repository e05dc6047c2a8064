// check_sources: one look at every source that makepkg would fetch or copy.
#include "check/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace rbee::check {

namespace {

/// "git+https://…#commit=<40 hexadecimal digits>": the digits name the bytes.
bool is_pinned(const pkgbuild::SourceEntry& source) {
  if (source.protocol != "git") return false;
  const auto hash = source.url.find('#');
  if (hash == std::string::npos) return false;
  std::string_view fragment = std::string_view(source.url).substr(hash + 1);
  fragment = fragment.substr(0, fragment.find('?'));
  constexpr std::string_view key = "commit=";
  if (!fragment.starts_with(key)) return false;
  fragment.remove_prefix(key.size());
  return fragment.size() == 40 && std::all_of(fragment.begin(), fragment.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

/// What is wrong with a source's checksums; empty when one of them is strong.
std::string complaint(const pkgbuild::SourceEntry& source) {
  bool skipped = false;
  std::string weak;
  for (const auto& [algorithm, digest] : source.checksums) {
    if (digest == "SKIP") {
      skipped = true;
    } else if (!is_digest(algorithm, digest)) {
      return fmt::format("has the malformed checksum '{}' in {}",
                         printable_line(digest.substr(0, 150)), array_name(algorithm));
    } else if (is_strong(algorithm)) {
      return {};
    } else {
      weak = array_name(algorithm);
    }
  }
  if (!weak.empty()) return fmt::format("has only a weak checksum ({}), which can be forged", weak);
  if (skipped) return "has the checksum SKIP";
  return "has no checksum";
}

}  // namespace

std::vector<Finding> check_sources(const pkgbuild::Recipe& recipe, Arch arch, std::string_view text,
                                   std::string_view file) {
  std::vector<Finding> findings;
  const LineMap lines(text);
  for (const pkgbuild::SourceEntry& source : recipe.sources(arch)) {
    if (source.protocol == "local" || is_pinned(source)) continue;
    const std::string what = complaint(source);
    if (what.empty()) continue;
    Finding finding;
    finding.rule = "SRC-001";
    finding.file = file;
    finding.span = source.span;
    finding.position = lines.position(source.span.begin);
    finding.message =
        fmt::format("the source '{}' {}", printable_line(source.entry.substr(0, 200)), what);
    if (source.span.end > source.span.begin && source.span.end <= text.size())
      finding.excerpt = excerpt(text, source.span);
    finding.why = "whoever controls the server or the network would decide what is installed";
    const auto general = recipe.array("source");
    const bool in_general =
        std::find(general.begin(), general.end(), source.entry) != general.end();
    finding.fix =
        fmt::format("put the file's digest into sha256sums{} (makepkg -g or sha256sum prints it)",
                    in_general ? "" : fmt::format("_{}", to_string(arch)));
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rbee::check
