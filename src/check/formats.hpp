// Findings as people and programs read them: text, JSON, SARIF 2.1.0, annotations of a Git forge.
//
// Pure. Source: OASIS SARIF 2.1.0; "Workflow commands for GitHub Actions" (Gitea and Forgejo read
// the same).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"

namespace rbee::check {

enum class Format { text, json, sarif, github };
std::optional<Format> parse_format(std::string_view text);

/// The findings of one worker. `directory` stands before the file names: "community/x".
struct Checked {
  std::string directory;
  std::vector<Finding> findings;
};

struct Counts {
  std::size_t block = 0, hold = 0, warn = 0, info = 0;
};
Counts count(const std::vector<Finding>& findings);
/// "2 block, 1 hold": only what there is; "no findings".
std::string summary(const Counts& counts);

/// All of them in one text that ends with a newline, or an empty one.
std::string render(const std::vector<Checked>& checked, Format format, std::string_view version);

/// `rbee explain RULE`: title, why, fix and examples; Markdown for the documentation.
std::string explain_text(std::string_view rule);
std::string explain_markdown(std::string_view rule);
/// The index page of all rules, by group.
std::string index_markdown();

}  // namespace rbee::check
