// Findings about one TOML file, with the line, the column and the excerpt that people need.
//
// Pure. toml++ counts columns in code points; this turns its regions into byte spans of the text.
#pragma once

#include <toml++/toml.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/span.hpp"

namespace rbee::manifest {

/// The parts of a finding that `Report::add` does not always need.
struct ReportDetails {
  std::string why = {};
  std::string fix = {};
  Severity severity = Severity::block;
};

/// Collects findings about one text. Not copied, not moved; outlives the readers that hold it.
class Report {
 public:
  Report(std::string_view text, std::string file)
      : text_(text), file_(std::move(file)), lines_(text) {}
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void add(std::string rule, Span span, std::string message, ReportDetails details = {});

  /// The bytes of a region; one byte when toml++ knows only where it begins.
  Span span(const toml::source_region& region) const;
  /// Of `length` bytes at `offset` inside the string whose region this is; the whole string when an
  /// escape or a multi-line form makes offsets uncertain.
  Span inside(const toml::source_region& region, std::string_view value, std::size_t offset,
              std::size_t length) const;

  bool blocks() const;
  /// Sorted by place. Leaves none behind.
  std::vector<Finding> take();

 private:
  std::uint32_t offset(toml::source_position position) const;

  std::string_view text_;
  std::string file_;
  LineMap lines_;
  std::vector<Finding> findings_;
};

/// Look at the raw bytes before a parser does: size, UTF-8, invisible characters, nesting. False
/// when a parser must not see the text. Sources: docs/worker-toml.md; toml++ recurses once a level,
/// so depth is bounded here.
bool check_raw_toml(std::string_view text, Report& report);

/// toml++'s answer, or its error as the finding "toml-syntax".
std::optional<toml::table> parse_toml(std::string_view text, Report& report);

}  // namespace rbee::manifest
