// Evaluate a recipe: text > tree > values > fields, overrides, functions (recipe.hpp,
// evaluate.hpp).
#include "pkgbuild/evaluate.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/host.hpp"
#include "pkgbuild/lint.hpp"
#include "pkgbuild/parser.hpp"
#include "pkgbuild/schema.hpp"

namespace rbee::pkgbuild {
namespace {

std::string_view rule_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::syntax:
      return "pkgbuild-syntax";
    case Refusal::Kind::invalid:
      return "pkgbuild-invalid";
    case Refusal::Kind::unsupported:
      return "pkgbuild-unsupported";
    case Refusal::Kind::limit:
      return "pkgbuild-limit";
  }
  return "";
}

/// What can be done about each kind, where the message does not bring its own.
std::pair<std::string_view, std::string_view> why_and_fix(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::syntax:
      return {"bash would not read the recipe beyond this place.",
              "`bash -n PKGBUILD` shows what bash makes of it."};
    case Refusal::Kind::invalid:
      return {"makepkg would refuse it too.", ""};
    case Refusal::Kind::unsupported:
      return {"The answer depends on more than the recipe's text, and is not guessed.",
              "Write the value out, or let a real bash answer in a sandbox: "
              "rbee recipe srcinfo --sandbox PKGBUILD"};
    case Refusal::Kind::limit:
      return {"Every evaluation ends within fixed bounds of work and memory.",
              "Compute less while the recipe is read."};
  }
  return {};
}

}  // namespace

Refusal refuse(std::string_view text, Refusal::Kind kind, Span span, std::string message,
               std::string why, std::string fix) {
  Finding finding;
  finding.rule = rule_of(kind);
  finding.severity = Severity::block;
  finding.file = "PKGBUILD";
  const auto size = static_cast<std::uint32_t>(text.size());
  finding.span = {std::min(span.begin, size), std::min(span.end, size)};
  finding.position = LineMap(text).position(finding.span.begin);
  if (kind == Refusal::Kind::unsupported) {
    message = "unsupported: " + message + " at line " + std::to_string(finding.position.line);
  }
  // It may quote the recipe: the name of a command, the text after ${x?
  finding.message = printable_line(message);
  if (!text.empty()) finding.excerpt = excerpt(text, finding.span);
  const auto [usual_why, usual_fix] = why_and_fix(kind);
  finding.why = why.empty() ? std::string(usual_why) : std::move(why);
  finding.fix = fix.empty() ? std::string(usual_fix) : std::move(fix);
  return Refusal{kind, {std::move(finding)}};
}

namespace {

Refusal refuse(std::string_view text, const SyntaxError& error) {
  const Refusal::Kind kind = error.kind == SyntaxError::Kind::depth ? Refusal::Kind::limit
                             : error.kind == SyntaxError::Kind::unsupported
                                 ? Refusal::Kind::unsupported
                                 : Refusal::Kind::syntax;
  return refuse(text, kind, error.span, error.message);
}

Refusal refuse(std::string_view text, const Interpreter& shell) {
  const Interpreter::Halt& halt = *shell.halt();
  return refuse(text, halt.kind, halt.span, halt.message);
}

/// What is refused before anything is read.
std::optional<Refusal> look_at_bytes(std::string_view text, const Limits& limits) {
  if (text.size() > limits.source_bytes_max) {
    return refuse(text, Refusal::Kind::limit, {},
                  "the recipe has " + std::to_string(text.size()) + " bytes; at most " +
                      std::to_string(limits.source_bytes_max) + " are allowed");
  }
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
    const auto offset = static_cast<std::uint32_t>(at);
    return refuse(text, Refusal::Kind::syntax, {offset, offset + 1}, "the recipe holds a NUL byte");
  }
  if (const std::size_t at = text.find('\r'); at != std::string_view::npos) {
    const auto offset = static_cast<std::uint32_t>(at);
    return refuse(text, Refusal::Kind::invalid, {offset, offset + 1},
                  "the recipe holds a carriage return; its lines must end with a newline alone",
                  "makepkg does not read a recipe with CRLF line ends.",
                  "Save it with Unix line ends: sed -i 's/\\r$//' PKGBUILD");
  }
  return std::nullopt;
}

/// Every rule is asked of every package for every architecture.
constexpr std::size_t kPackagesMax = 500, kArchesMax = 100, kProductMax = 5'000;

std::optional<Refusal> look_at_counts(std::string_view text, const Recipe& recipe) {
  const std::size_t packages = recipe.array("pkgname").size(), arches = recipe.array("arch").size();
  if (packages <= kPackagesMax && arches <= kArchesMax && packages * arches <= kProductMax)
    return std::nullopt;
  const auto field = recipe.fields.find(arches > kArchesMax ? "arch" : "pkgname");
  return refuse(text, Refusal::Kind::limit, field->second.span,
                "there are too many packages or architectures (" + std::to_string(packages) +
                    " and " + std::to_string(arches) + "); at most " +
                    std::to_string(kPackagesMax) + " and " + std::to_string(kArchesMax) +
                    " are allowed, and " + std::to_string(kProductMax) + " pairs of the two");
}

/// What the recipe leaves behind in the shell that makepkg goes on with.
void look_at_remains(Interpreter& shell) {
  ShellState& state = shell.state();
  constexpr std::uint32_t kHarmless = kExtglob | kNoPatsubReplacement;
  if ((state.options & ~kHarmless) != 0) {
    return shell.unsupported("an option that set or shopt leaves switched on", {});
  }
  if (const auto ifs = state.variables.find("IFS");
      ifs != state.variables.end() && (!ifs->second.set || ifs->second.scalar != " \t\n")) {
    return shell.unsupported("an IFS that stays changed", ifs->second.span);
  }
  for (const auto& [name, function] : state.functions) {
    if (is_makepkg_function(name) || shell.is_builtin_name(name)) {
      return shell.unsupported("a function named " + name + ", which makepkg itself uses",
                               function.script->place.value_or(function.command->name_span));
    }
  }
  for (const auto& [name, variable] : state.variables) {
    if (variable.readonly && (name == "pkgname" || name == "pkgbase" || !is_schema_name(name)) &&
        name.size() > 1 && name[0] != '_' && name != "startdir") {
      return shell.unsupported("the readonly variable " + name + ", which makepkg may want to set",
                               variable.span);
    }
  }
}

}  // namespace

bool is_schema_name(std::string_view name) {
  const auto known = [](std::string_view word) {
    return schema::contains(schema::kArrays, word) || schema::contains(schema::kScalars, word);
  };
  if (known(name)) return true;
  const std::size_t mark = name.find('_');
  return mark != std::string_view::npos && known(name.substr(0, mark));
}

Field field_of(const Variable& variable) {
  Field field;
  field.span = variable.span;
  if (variable.form == Variable::Form::scalar) {
    field.values.push_back(variable.scalar);
    return field;
  }
  field.form = Field::Form::array;
  field.values.reserve(variable.indexed.items().size());
  for (const auto& item : variable.indexed.items()) field.values.push_back(item.second);
  return field;
}

tl::expected<ScriptRun, Refusal> run_script(std::string_view text, const Inputs& inputs) {
  const auto script = parse_recipe(text, inputs.limits);
  if (!script) return tl::unexpected<Refusal>(script.error());
  Interpreter shell(inputs, Interpreter::TopLevel::script);
  shell.run(*script);
  if (shell.halt()) return tl::unexpected<Refusal>(refuse(text, shell));
  return ScriptRun{shell.output(), shell.status()};
}

tl::expected<std::shared_ptr<const Script>, Refusal> parse_recipe(std::string_view text,
                                                                  const Limits& limits) {
  if (auto refusal = look_at_bytes(text, limits))
    return tl::unexpected<Refusal>(std::move(*refusal));
  ParseOptions options;
  options.depth_max = limits.depth_max;
  auto script = parse(text, options);
  if (!script) return tl::unexpected<Refusal>(refuse(text, script.error()));
  return std::move(*script);
}

tl::expected<Recipe, Refusal> evaluate(std::string_view text, const Inputs& inputs) {
  return evaluate(text, inputs, nullptr);
}

tl::expected<Recipe, Refusal> evaluate(std::string_view text, const Inputs& inputs, Trace* trace) {
  const auto refused = [](Refusal refusal) { return tl::unexpected<Refusal>(std::move(refusal)); };
  const auto script = parse_recipe(text, inputs.limits);
  if (!script) return refused(script.error());

  Interpreter shell(inputs, Interpreter::TopLevel::sourced);
  shell.set_scalar("CARCH", std::string(to_string(inputs.platform.arch)));
  shell.set_scalar("CHOST", chost(inputs.platform));
  shell.report_to(trace);
  shell.run(*script);
  if (shell.halt()) return refused(refuse(text, shell));
  const Span last = (*script)->root != nullptr
                        ? (*script)->root->parts[(*script)->root->parts.size() - 1]->span
                        : Span{};
  if (shell.exited()) {
    return refused(refuse(text, Refusal::Kind::invalid, last,
                          "the recipe calls exit, which ends makepkg",
                          "makepkg reads a recipe into its own shell.", "Leave it out."));
  }
  if (shell.status_taint() != 0) {
    const auto& [construct, span] = shell.taint(shell.status_taint());
    return refused(refuse(text, Refusal::Kind::unsupported, span, construct));
  }
  if (shell.status() != 0) {
    return refused(
        refuse(text, Refusal::Kind::invalid, last,
               "the recipe's last command fails with status " + std::to_string(shell.status()),
               "makepkg takes the status of the last command as that of the whole recipe.",
               "Let it end with an assignment or a function, or with `|| true`."));
  }
  shell.leave_top_level();
  look_at_remains(shell);
  if (shell.halt()) return refused(refuse(text, shell));

  Recipe recipe;
  for (const auto& [name, variable] : shell.state().variables) {
    if (!is_schema_name(name) || (!variable.set && variable.form == Variable::Form::scalar))
      continue;
    if (variable.taint != 0) {
      const auto& [construct, span] = shell.taint(variable.taint);
      return refused(refuse(text, Refusal::Kind::unsupported, span, construct));
    }
    if (variable.form == Variable::Form::associative) {
      return refused(refuse(text, Refusal::Kind::unsupported, variable.span,
                            "an associative array as " + name));
    }
    const auto& items = variable.indexed.items();
    if (name == "source" && !items.empty() &&
        items.back().first + 1 != static_cast<std::int64_t>(items.size())) {
      return refused(refuse(
          text, Refusal::Kind::invalid, variable.span, "sparse arrays are not allowed for " + name,
          "Sources and checksums are paired by their places.", "Leave no index out."));
    }
    recipe.fields.emplace(name, field_of(variable));
  }
  const std::vector<std::string> names = recipe.array("pkgname");
  if (auto refusal = look_at_counts(text, recipe)) return refused(std::move(*refusal));
  for (const std::string& name : names) recipe.packages.push_back({name, {}});
  recipe.pkgbase = recipe.scalar("pkgbase");
  if (recipe.pkgbase.empty() && !names.empty()) recipe.pkgbase = names.front();
  for (const auto& [name, function] : shell.state().functions) {
    const Span span = function.script->place.value_or(
        Span{function.command->name_span.begin, function.command->span.end});
    recipe.functions.push_back({name, span, function.script, function.command->parts[0]});
  }
  std::stable_sort(
      recipe.functions.begin(), recipe.functions.end(),
      [](const Function& a, const Function& b) { return a.span.begin < b.span.begin; });
  if (trace != nullptr)
    for (const auto& [name, variable] : shell.state().variables) trace->settle(name, variable);
  find_overrides(shell, recipe);
  if (shell.halt()) return refused(refuse(text, shell));
  std::vector<Finding> findings = lint(recipe, text, inputs.files);
  if (!findings.empty()) return refused(Refusal{Refusal::Kind::invalid, std::move(findings)});
  if (!srcinfo_fits(recipe)) {
    return refused(
        refuse(text, Refusal::Kind::limit, {},
               "its .SRCINFO would have more than " + std::to_string(kSrcinfoBytesMax) +
                   " bytes or " + std::to_string(kSrcinfoLinesMax) + " lines",
               "A field for one architecture is printed for each time that arch lists it."));
  }
  return recipe;
}

}  // namespace rbee::pkgbuild
