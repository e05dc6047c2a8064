// What package functions override, found as makepkg finds it: by text (evaluate.hpp).
//
// makepkg greps the output of `declare -f package_x` for lines that begin with `attr=` or `attr=(`
// and evaluates each in the global scope, whatever stands around it. Here the same lines are found
// in the tree: declare -f puts each command of a list on a line of its own, the parts of && || | on
// one line, an array on one line, and quoted text and here-documents as they were written. Source:
// makepkg 6.0.2, libmakepkg/util/pkgbuild.sh, extract_function_variable; bash's print_cmd.c.
#include <algorithm>
#include <array>

#include "pkgbuild/evaluate.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/schema.hpp"

namespace rbee::pkgbuild {
namespace {

/// Walks a function's body and notes the assignments that begin a line of `declare -f`.
class LineFinder {
 public:
  explicit LineFinder(std::string_view source) : source_(source) {}

  void walk(const Command* command) { visit(command, Place::line_begin); }
  const std::vector<const Assignment*>& lines() const { return lines_; }
  /// A line that the text would cut or join in a way that is not reproduced.
  const std::optional<Span>& odd() const { return odd_; }

 private:
  enum class Place {
    line_begin,  ///< The command begins a line and ends it.
    shared,      ///< It begins a line that something else ends.
    inside,      ///< Something else begins the line.
  };

  /// `semicolon`: declare -f prints one after the last command of this list, as it does between
  /// commands.
  void visit(const Command* command, Place place, bool semicolon = false) {
    if (command == nullptr) return;
    for (const Redirect& redirect : command->redirects) {
      scan_word(redirect.target);
      if (redirect.kind == Redirect::Kind::here_doc) scan_lines(redirect.body_span);
    }
    switch (command->kind) {
      case Command::Kind::simple:
        return visit_simple(*command, place, semicolon);
      case Command::Kind::sequence:
        return visit_sequence(*command, place, semicolon);
      case Command::Kind::and_or:
      case Command::Kind::pipeline:
        for (std::size_t i = 0; i < command->parts.size(); ++i) {
          const bool first =
              i == 0 && !command->negated && !command->timed && place != Place::inside;
          visit(command->parts[i], first ? Place::shared : Place::inside);
        }
        return;
      case Command::Kind::subshell:
        return visit_shared(command->parts[0]);
      case Command::Kind::group:
      case Command::Kind::function:
        return visit(command->parts[0], Place::line_begin);
      case Command::Kind::if_clause:
        for (std::size_t i = 0; i < command->parts.size(); ++i) {
          const bool condition = i % 2 == 0 && i + 1 < command->parts.size();
          condition ? visit_shared(command->parts[i])
                    : visit(command->parts[i], Place::line_begin, true);
        }
        return;
      case Command::Kind::while_loop:
      case Command::Kind::until_loop:
        visit_shared(command->parts[0]);
        return visit(command->parts[1], Place::line_begin, true);
      case Command::Kind::for_in:
      case Command::Kind::select:
        for (const Word& word : command->words) scan_word(word);
        return visit(command->parts[0], Place::line_begin, true);
      case Command::Kind::for_arith:
        return visit(command->parts[0], Place::line_begin, true);
      case Command::Kind::case_clause:
        scan_word(command->words[0]);
        for (const CaseItem& item : command->items) visit(item.body, Place::line_begin);
        return;
      case Command::Kind::coprocess:
        return visit(command->parts[0], Place::inside);
      case Command::Kind::condition:
      case Command::Kind::arithmetic:
        scan_lines(command->span);
        return;
    }
  }

  void visit_sequence(const Command& list, Place place, bool semicolon) {
    for (std::size_t i = 0; i < list.parts.size(); ++i) {
      Place at = i == 0 ? place : Place::line_begin;
      if (list.ops[i] == '&' && at == Place::line_begin) at = Place::shared;
      if (i > 0 && list.ops[i - 1] == '&') at = Place::inside;
      visit(list.parts[i], at, semicolon || i + 1 < list.parts.size());
    }
  }

  // ( a; b ) and conditions: the first shares its line with what stands before, the last with what
  // follows.
  void visit_shared(const Command* list) {
    if (list == nullptr) return;
    if (list->kind != Command::Kind::sequence) return visit(list, Place::inside);
    for (std::size_t i = 0; i < list->parts.size(); ++i) {
      visit(list->parts[i], i == 0                        ? Place::inside
                            : i + 1 == list->parts.size() ? Place::shared
                                                          : Place::line_begin);
    }
  }

  void visit_simple(const Command& command, Place place, bool semicolon) {
    for (const Word& word : command.words) scan_word(word);
    for (const Assignment& assignment : command.assignments) {
      scan_word(assignment.value);
      for (const ArrayElement& element : assignment.elements) scan_word(element.value);
    }
    if (command.assignments.empty() || place == Place::inside) return;
    const Assignment& first = command.assignments[0];
    if (!is_schema_name(first.name) || first.index != nullptr) return;
    // grep wants a character after `attr=`, and not a '(' for a scalar; a ';' is one.
    if (!first.array && first.value_span.begin == first.value_span.end &&
        place == Place::line_begin && !semicolon) {
      return;
    }
    if (place != Place::line_begin || command.assignments.size() > 1 || !command.words.empty() ||
        !command.redirects.empty() || is_cut(first)) {
      note_odd(first.span);
      return;
    }
    lines_.push_back(&first);
  }

  // A newline in a value ends the line that makepkg evaluates.
  bool is_cut(const Assignment& assignment) const {
    if (!assignment.array) return word_is_cut(assignment.value);
    for (const ArrayElement& element : assignment.elements) {
      if (word_is_cut(element.value) || (element.index != nullptr && word_is_cut(*element.index)))
        return true;
    }
    return false;
  }

  bool word_is_cut(const Word& word) const {
    for (const WordPart& part : word.parts) {
      if (part_is_cut(part)) return true;
    }
    return false;
  }

  bool part_is_cut(const WordPart& part) const {
    switch (part.kind) {
      case WordPart::Kind::escaped:
        return false;
      case WordPart::Kind::double_quoted:
      case WordPart::Kind::locale:
        for (const WordPart& inner : part.parts) {
          if (part_is_cut(inner)) return true;
        }
        return false;
      case WordPart::Kind::literal:
      case WordPart::Kind::single_quoted:
      case WordPart::Kind::ansi_c:
        return part.text.find('\n') != std::string_view::npos;
      default: {
        // A continued line is joined when bash reads it; inside single quotes it would not be.
        const std::string_view text = text_of(part.span);
        for (std::size_t at = text.find('\n'); at != std::string_view::npos;
             at = text.find('\n', at + 1)) {
          if (text[at - 1] != '\\' || text.find('\'') != std::string_view::npos) return true;
        }
        return false;
      }
    }
  }

  void scan_word(const Word& word) {
    if (text_of(word.span).find('\n') == std::string_view::npos) return;
    if (word.assignment != nullptr) {
      scan_word(word.assignment->value);
      for (const ArrayElement& element : word.assignment->elements) scan_word(element.value);
      return;
    }
    scan_lines(word.span);
  }

  // Lines of quoted text that look like an override are evaluated as well.
  void scan_lines(Span span) {
    const std::string_view text = text_of(span);
    std::size_t at = text.find('\n');
    while (at != std::string_view::npos) {
      std::size_t begin = ++at;
      while (begin < text.size() && (is_blank(text[begin]))) ++begin;
      std::size_t end = begin;
      while (end < text.size() && is_name_char(text[end])) ++end;
      if (begin > at && is_schema_name(text.substr(begin, end - begin)) && end < text.size() &&
          (text[end] == '=' || text.substr(end, 2) == "+=")) {
        note_odd({span.begin + static_cast<std::uint32_t>(begin),
                  span.begin + static_cast<std::uint32_t>(end)});
      }
      at = text.find('\n', at);
    }
  }

  std::string_view text_of(Span span) const {
    return source_.substr(std::min<std::size_t>(span.begin, source_.size()), span.end - span.begin);
  }
  void note_odd(Span span) {
    if (!odd_) odd_ = span;
  }

  std::string_view source_;
  std::vector<const Assignment*> lines_;
  std::optional<Span> odd_;
};

bool is_array_name(std::string_view name) {
  const std::size_t mark = name.find('_');
  return schema::contains(schema::kArrays,
                          mark == std::string_view::npos ? name : name.substr(0, mark));
}

constexpr std::string_view kResult = kOverrideResult;

// makepkg's extract_global_variable and extract_function_variable, for one name.
Field override_of(Interpreter& shell, const Recipe& recipe, std::string_view name,
                  const std::vector<const Assignment*>& lines, std::optional<Span> place) {
  shell.forget_variable(kResult);
  const bool array = is_array_name(name);
  Variable start;
  start.form = array ? Variable::Form::indexed : Variable::Form::scalar;
  start.set = true;
  if (const auto global = recipe.fields.find(name); global != recipe.fields.end()) {
    if (array) {
      for (const std::string& value : global->second.values) start.indexed.append(value);
    } else if (!global->second.values.empty()) {
      start.scalar = global->second.values.front();
    }
  }
  shell.state().variables[std::string(kResult)] = std::move(start);
  if (Trace* trace = shell.trace()) trace->restore(kResult, trace->latest(name));
  Field::Form form = array ? Field::Form::array : Field::Form::scalar;
  Span span;
  for (const Assignment* line : lines) {
    if (line->name != name) continue;
    span = place.value_or(line->span);
    if (line->array != array) {
      // makepkg's lint refuses that form; the value does not matter.
      Field wrong;
      wrong.form = line->array ? Field::Form::array : Field::Form::scalar;
      wrong.span = span;
      return wrong;
    }
    Assignment renamed = *line;
    renamed.name = kResult;
    shell.assign(renamed, place);
    if (shell.halt()) return {};
    if (Trace* trace = shell.trace())
      trace->settle(kResult, shell.state().variables[std::string(kResult)]);
  }
  const Variable& result = shell.state().variables[std::string(kResult)];
  if (result.taint != 0) {
    const auto& [construct, where] = shell.taint(result.taint);
    shell.unsupported(construct, where);
  }
  Field field = field_of(result);
  field.form = form;
  field.span = span;
  return field;
}

}  // namespace

void find_overrides(Interpreter& shell, Recipe& recipe) {
  // The variables of makepkg's own functions, which hide the recipe's while a line is evaluated,
  // and those that makepkg sets once the recipe is read.
  static constexpr std::array<std::string_view, 22> kHidden = {"attr",
                                                               "isarray",
                                                               "outputvar",
                                                               "funcname",
                                                               "attr_regex",
                                                               "decl",
                                                               "r",
                                                               "shellopts",
                                                               "attrname",
                                                               "a",
                                                               "package_arch",
                                                               "singlevalued",
                                                               "multivalued",
                                                               "pkg",
                                                               "REPLY",
                                                               "srcdir",
                                                               "pkgdir",
                                                               "pkgdirbase",
                                                               "basever",
                                                               "multivalued_arch_attrs",
                                                               "SPLITPKG",
                                                               "outvalue"};
  struct Own {
    const Function* function;
    LineFinder finder;
  };
  std::vector<std::optional<Own>> found(recipe.packages.size());
  bool any = false;
  for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
    const Function* function = recipe.function("package_" + recipe.packages[i].name);
    if (function == nullptr) function = recipe.function("package");
    if (function == nullptr) continue;
    found[i] = Own{function, LineFinder(function->tree->text)};
    if (function->body->kind != Command::Kind::group) {
      shell.unsupported("a package function whose body is no { }", function->span);
      return;
    }
    found[i]->finder.walk(function->body);
    if (found[i]->finder.odd()) {
      shell.unsupported("an override that does not stand on a line of its own",
                        function->tree->place.value_or(*found[i]->finder.odd()));
      return;
    }
    any = any || !found[i]->finder.lines().empty();
  }
  if (!any) return;
  // What makepkg sets is no assignment of the recipe's.
  Trace* const trace = shell.trace();
  shell.report_to(nullptr);
  for (const std::string_view name : kHidden) shell.taint_variable(name);
  shell.set_scalar("pkgbase", recipe.pkgbase);
  shell.state().options |= kExtglob;
  for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
    if (!found[i]) continue;
    Package& package = recipe.packages[i];
    shell.forget_variable("pkgname");
    shell.set_scalar("pkgname", package.name);
    shell.report_to(trace);
    const std::vector<const Assignment*>& lines = found[i]->finder.lines();
    for (const Assignment* line : lines) {
      const std::string name(line->name);
      if (package.overrides.find(name) != package.overrides.end()) continue;
      shell.freeze_all_but(kResult);
      Field field = override_of(shell, recipe, name, lines, found[i]->function->tree->place);
      if (shell.halt()) return;
      shell.freeze_all_but({});
      package.overrides.emplace(name, std::move(field));
    }
    shell.report_to(nullptr);
  }
}

}  // namespace rbee::pkgbuild
