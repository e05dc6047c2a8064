// What the rules share while one worker is checked: its recipes analysed, and the findings so far.
//
// For this layer's files only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"
#include "check/commands.hpp"
#include "check/rule.hpp"

namespace rbee::check {

/// One recipe with what the rules ask of it.
struct RecipeView {
  const SubjectRecipe* recipe;
  std::string file;  ///< "PKGBUILD"
  LineMap lines;
  std::shared_ptr<const pkgbuild::Script> script;  ///< nullptr when it cannot be parsed.
  std::unique_ptr<Commands> commands;              ///< nullptr with it.
};

/// The parts of a finding that a rule may choose; else the table's.
struct Details {
  std::optional<Severity> severity = {};
  std::string why = {};
  std::string fix = {};
};

class Report {
 public:
  explicit Report(const Subject& subject);
  const Subject& subject() const { return subject_; }
  const std::vector<RecipeView>& recipes() const { return recipes_; }
  std::vector<RecipeView>& recipes() { return recipes_; }

  /// About bytes of a recipe; those of a local script that it runs when `command_file` names one.
  void add(std::string_view rule, const RecipeView& view, Span span, std::string message,
           Details details = {}, std::string_view command_file = {});
  /// About bytes of a file of the folder.
  void add_in_file(std::string_view rule, std::string_view file, std::string_view text, Span span,
                   std::string message, Details details = {});
  /// About no one place.
  void add(std::string_view rule, std::string_view file, std::string message, Details details = {});
  /// Another's finding, as it is.
  void take(Finding finding);

  std::vector<Finding> finish(const Policy& policy);

 private:
  void push(Finding finding, Details details);
  /// The rule has said enough; others must not be crowded out by it.
  bool is_full(std::string_view rule) const;

  const Subject& subject_;
  std::vector<RecipeView> recipes_;
  std::vector<Finding> findings_;
  std::map<std::string, std::size_t, std::less<>> counts_;  ///< Findings by rule.
};

// The groups; each adds what it finds.
void check_loading(Report& report);
void check_syntax(Report& report);
void check_hooks(Report& report);
void check_network(Report& report);
void check_obfuscation(Report& report);
void check_harm(Report& report);
void check_source_rules(Report& report);
void check_names(Report& report);
void check_ownership(Report& report);
void check_changes(Report& report);
void check_files(Report& report);
void check_manifest(Report& report);
void check_lint(Report& report);
/// Last: whether the others could look at everything.
void check_exhaustion(Report& report);

}  // namespace rbee::check
