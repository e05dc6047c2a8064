// From a shell's report to the same value that the native engine gives (shell_answer.hpp).
#include "pkgbuild/shell_answer.hpp"

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "pkgbuild/ast.hpp"
#include "pkgbuild/evaluate.hpp"
#include "pkgbuild/lint.hpp"
#include "pkgbuild/parser.hpp"

namespace rbee::pkgbuild {

namespace {

/// Where the recipe's own text assigns variables and defines functions, those inside functions'
/// bodies left out.
class Places {
 public:
  explicit Places(const std::shared_ptr<const Script>& script) {
    if (script != nullptr) visit(script->root);
  }
  /// Of the last assignment; empty when there is none.
  Span assignment(std::string_view name) const {
    const auto found = assignments_.find(name);
    return found == assignments_.end() ? Span{} : found->second;
  }
  /// Every definition of a function of this name.
  const std::vector<const Command*>& definitions(std::string_view name) const {
    static const std::vector<const Command*> kNone;
    const auto found = definitions_.find(name);
    return found == definitions_.end() ? kNone : found->second;
  }
  Span last() const { return last_; }

 private:
  void visit(const Command* command) {
    if (command == nullptr) return;
    for (const Assignment& assignment : command->assignments)
      assignments_.insert_or_assign(assignment.name, assignment.span);
    if (command->kind == Command::Kind::function) {
      definitions_[command->name].push_back(command);
      return;
    }
    if (command->parts.empty()) last_ = command->span;
    for (const Command* part : command->parts) visit(part);
    for (const CaseItem& item : command->items) visit(item.body);
  }

  std::map<std::string_view, Span, std::less<>> assignments_;
  std::map<std::string_view, std::vector<const Command*>, std::less<>> definitions_;
  Span last_;
};

bool has(const ShellVariable& variable, char attribute) {
  return variable.attributes.find(attribute) != std::string::npos;
}

/// What makepkg's own functions would stumble over; see tests of the same names.
std::optional<Refusal> look_at_remains(const ShellReport& report, std::string_view text,
                                       const Places& places) {
  using Kind = Refusal::Kind;
  if (report.flags.find_first_of("eu") != std::string::npos)
    return refuse(text, Kind::invalid, places.last(),
                  "the recipe leaves set -e or set -u switched on, with which makepkg fails",
                  "makepkg reads a recipe into its own shell.");
  const char first = report.separators.empty() ? ' ' : report.separators.front();
  if (report.separators != "unset" && first != ' ' && first != '\t' && first != '\n')
    return refuse(text, Kind::unsupported, places.assignment("IFS"),
                  "an IFS that stays changed, with which makepkg loses every array");
  if (const auto names = report.variables.find("pkgname");
      names != report.variables.end() && has(names->second, 'r'))
    return refuse(text, Kind::unsupported, places.assignment("pkgname"),
                  "the readonly variable pkgname, which makepkg wants to set");
  return std::nullopt;
}

/// A function's text without what `declare -f` writes in its own way.
std::string without_layout(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::string_view(" \t\n;").find(c) == std::string_view::npos) out += c;
  return out;
}

/// The tree of a function: that of the file, where one definition has the name and says what bash
/// says (another may have come from an eval); otherwise that of what bash prints.
tl::expected<Function, SyntaxError> function_of(const std::string& name, const std::string& printed,
                                                const std::shared_ptr<const Script>& script,
                                                const Places& places) {
  const std::vector<const Command*>& found = places.definitions(name);
  if (found.size() == 1) {
    const Command* command = found.front();
    const Span span{command->name_span.begin, command->span.end};
    const std::string_view text(script->text);
    if (without_layout(text.substr(span.begin, span.end - span.begin)) == without_layout(printed))
      return Function{name, span, script, command->parts[0]};
  }
  ParseOptions options;
  options.place = found.empty() ? Span{} : found.back()->name_span;
  auto own = parse(printed, options);
  // A recipe that switches extglob on is read on with it.
  options.extglob = Extglob::on;
  if (!own) own = parse(printed, options);
  if (!own) return tl::unexpected<SyntaxError>(own.error());
  const Command* root = (*own)->root;
  if (root == nullptr || root->parts.size() != 1 ||
      root->parts[0]->kind != Command::Kind::function || root->parts[0]->name != name)
    return tl::unexpected<SyntaxError>({SyntaxError::Kind::syntax, {}, "no function"});
  return Function{name, *options.place, *own, root->parts[0]->parts[0]};
}

}  // namespace

tl::expected<Recipe, Refusal> recipe_of(const ShellReport& report, std::string_view text,
                                        const Inputs& inputs) {
  const auto refused = [](Refusal refusal) { return tl::unexpected<Refusal>(std::move(refusal)); };
  std::shared_ptr<const Script> script;
  if (auto parsed = parse(text)) script = std::move(*parsed);
  const Places places(script);

  if (report.status && *report.status != 0)
    return refused(
        refuse(text, Refusal::Kind::invalid, places.last(),
               "the recipe's last command fails with status " + std::to_string(*report.status),
               "makepkg takes the status of the last command as that of the whole recipe."));
  if (auto refusal = look_at_remains(report, text, places)) return refused(std::move(*refusal));

  Recipe recipe;
  for (const auto& [name, variable] : report.variables) {
    const bool array = has(variable, 'a');
    if (!array && variable.values.empty()) continue;
    if (name == "source" && !variable.values.empty() &&
        variable.last_index + 1 != variable.values.size() && array)
      return refused(refuse(text, Refusal::Kind::invalid, places.assignment(name),
                            "sparse arrays are not allowed for " + name));
    // An associative array is none to makepkg, which says so in its lint.
    recipe.fields.emplace(name, Field{array ? Field::Form::array : Field::Form::scalar,
                                      variable.values, places.assignment(name)});
  }
  const std::vector<std::string> names = recipe.array("pkgname");
  recipe.pkgbase = recipe.scalar("pkgbase");
  if (recipe.pkgbase.empty() && !names.empty()) recipe.pkgbase = names.front();

  for (const auto& [name, printed] : report.functions) {
    auto function = function_of(name, printed, script, places);
    if (!function)
      return refused(refuse(text, Refusal::Kind::unsupported, {},
                            "the text of the function " + printable_line(name)));
    recipe.functions.push_back(std::move(*function));
  }
  std::stable_sort(
      recipe.functions.begin(), recipe.functions.end(),
      [](const Function& a, const Function& b) { return a.span.begin < b.span.begin; });

  for (const ShellPackage& package : report.packages) {
    const Function* function = recipe.function("package_" + package.name);
    if (function == nullptr) function = recipe.function("package");
    recipe.packages.push_back({package.name, package.overrides});
    for (auto& [name, field] : recipe.packages.back().overrides)
      if (function != nullptr) field.span = function->span;
  }
  std::vector<Finding> findings = lint(recipe, text, inputs.files);
  if (!findings.empty()) return refused(Refusal{Refusal::Kind::invalid, std::move(findings)});
  return recipe;
}

}  // namespace rbee::pkgbuild
