#include "manifest/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "manifest/manifest.hpp"

namespace rbee::manifest {

namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Where a byte of the text stands between quotes and comments, as far as nesting is concerned.
class DepthScanner {
 public:
  explicit DepthScanner(std::string_view text) : text_(text) {}

  /// Offset of the first byte that nests deeper than `depth_max`, or npos. Brackets and the dots of
  /// one key add up; a dot in a number counts too, which only makes the bound a little stricter.
  std::size_t first_too_deep(int depth_max) {
    int brackets = 0, dots = 0;
    for (; at_ < text_.size(); ++at_) {
      switch (text_[at_]) {
        case '#':
          at_ = std::min(text_.find('\n', at_), text_.size());
          --at_;
          break;
        case '"':
        case '\'':
          skip_string(text_[at_]);
          break;
        case '[':
        case '{':
          ++brackets;
          dots = 0;
          break;
        case ']':
        case '}':
          brackets = std::max(0, brackets - 1);
          break;
        case '.':
          ++dots;
          break;
        case '\n':
        case ',':
        case '=':
          dots = 0;
          break;
        default:
          break;
      }
      if (brackets + dots > depth_max) return at_;
    }
    return std::string_view::npos;
  }

 private:
  /// Leaves `at_` on the last byte of the string that begins here.
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_, 3) == triple;
    at_ += multi_line ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        ++at_;
      } else if (multi_line) {
        if (text_.substr(at_, 3) != triple) continue;
        at_ += 2;
        while (at_ + 1 < text_.size() && text_[at_ + 1] == quote)
          ++at_;  // """a"""": quotes before the end
        return;
      } else if (c == quote || c == '\n') {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void Report::add(std::string rule, Span span, std::string message, ReportDetails details) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.severity = details.severity;
  finding.file = file_;
  finding.position = lines_.position(span.begin);
  finding.span = span;
  finding.message = std::move(message);
  if (span != Span{}) finding.excerpt = excerpt(text_, span);
  finding.why = std::move(details.why);
  finding.fix = std::move(details.fix);
  findings_.push_back(std::move(finding));
}

std::uint32_t Report::offset(toml::source_position position) const {
  const std::string_view line = LineMap::line_text(text_, position.line);
  std::size_t at =
      line.data() == nullptr ? text_.size() : static_cast<std::size_t>(line.data() - text_.data());
  const std::size_t end = at + line.size();
  for (toml::source_index column = 1; column < position.column && at < end; ++column) {
    ++at;
    while (at < end && is_continuation(text_[at])) ++at;
  }
  return static_cast<std::uint32_t>(at);
}

Span Report::span(const toml::source_region& region) const {
  if (!region.begin) return {};
  const std::uint32_t begin = offset(region.begin);
  const std::uint32_t end = region.end ? offset(region.end) : begin;
  return {begin, std::max(end, begin + 1)};
}

Span Report::inside(const toml::source_region& region, std::string_view value, std::size_t offset,
                    std::size_t length) const {
  const Span whole = span(region);
  const std::string_view raw = text_.substr(whole.begin, whole.end - whole.begin);
  if (raw.size() != value.size() + 2 || raw.substr(1, value.size()) != value) return whole;
  const auto begin = static_cast<std::uint32_t>(whole.begin + 1 + offset);
  return {begin, static_cast<std::uint32_t>(begin + std::max<std::size_t>(length, 1))};
}

bool Report::blocks() const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [](const Finding& finding) { return finding.severity == Severity::block; });
}

std::vector<Finding> Report::take() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Finding& a, const Finding& b) { return a.span.begin < b.span.begin; });
  return std::exchange(findings_, {});
}

bool check_raw_toml(std::string_view text, Report& report) {
  if (text.size() > kTomlBytesMax) {
    report.add(
        "toml-too-large", {},
        fmt::format("the file has {} bytes; at most {} are read", text.size(), kTomlBytesMax));
    return false;
  }
  if (!is_utf8(text)) {
    std::size_t at = 0;
    for (std::size_t length; at < text.size(); at += length) {
      for (length = 1; length <= 4 && !is_utf8(text.substr(at, length)); ++length) {
      }
      if (length > 4) break;
    }
    const auto begin = static_cast<std::uint32_t>(at);
    report.add("toml-not-utf8", {begin, begin + 1},
               fmt::format("the bytes at offset {} are not UTF-8", at),
               {.why = "TOML is UTF-8", .fix = "save the file as UTF-8"});
    return false;
  }
  bool readable = true;
  for (std::size_t at = 0; at < text.size() && readable;) {
    std::size_t length = 1;
    while (at + length < text.size() && is_continuation(text[at + length])) ++length;
    const std::string_view character = text.substr(at, length);
    const bool line_end = character == "\r" && text.substr(at + 1, 1) == "\n";
    if (!line_end && printable(character) != character) {
      const auto begin = static_cast<std::uint32_t>(at);
      report.add("toml-invisible-character", {begin, static_cast<std::uint32_t>(begin + length)},
                 "a control, bidirectional or zero-width character stands here",
                 {.why = "a reader cannot see it, or sees something else than the program does",
                  .fix = "remove it"});
      readable = false;
    }
    at += length;
  }
  if (const std::size_t deep = DepthScanner(text).first_too_deep(kTomlDepthMax);
      deep != std::string_view::npos) {
    const auto begin = static_cast<std::uint32_t>(deep);
    report.add("toml-too-deep", {begin, begin + 1},
               fmt::format("values nest deeper than {} levels here", kTomlDepthMax));
    return false;
  }
  return readable;
}

std::optional<toml::table> parse_toml(std::string_view text, Report& report) {
  // Debian's toml++ is a shared library built with exceptions; this is where its one exception
  // ends.
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    report.add("toml-syntax", report.span(error.source()), printable_line(error.description()),
               {.why = "TOML stops at the first syntax error; mend it and check again"});
    return std::nullopt;
  }
}

}  // namespace rbee::manifest
