#include "check/shell_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pkgbuild/evaluate.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::check {

namespace {

using pkgbuild::Assignment;
using pkgbuild::CaseItem;
using pkgbuild::Command;
using pkgbuild::List;
using pkgbuild::Parameter;
using pkgbuild::Script;
using pkgbuild::Word;
using pkgbuild::WordPart;

constexpr int kDepthMax = 60;
constexpr std::size_t kElementsMax = 256;

/// What makepkg and the shell give; as texts that a rule can recognise.
const std::map<std::string, std::vector<std::string>, std::less<>>& given() {
  static const std::map<std::string, std::vector<std::string>, std::less<>> all{
      {"srcdir", {"/srcdir"}}, {"pkgdir", {"/pkgdir"}}, {"startdir", {"/startdir"}},
      {"HOME", {"~"}},         {"IFS", {" "}},          {"CARCH", {"x86_64", "aarch64"}},
  };
  return all;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Identifiers that stand in `text`, whatever they mean there.
std::set<std::string, std::less<>> identifiers(std::string_view text) {
  std::set<std::string, std::less<>> names;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    if (end > i && !(text[i] >= '0' && text[i] <= '9')) names.emplace(text.substr(i, end - i));
    i = end + (end == i ? 1 : 0);
  }
  return names;
}

std::string_view raw(const Script& script, Span span) {
  return std::string_view(script.text).substr(span.begin, span.end - span.begin);
}

/// $(command -v x), $(which x), $(type -P x): a question after a program, not a disguise.
bool is_lookup(const Command* command) {
  if (command == nullptr) return false;
  while (command->parts.size() == 1 && command->kind != Command::Kind::simple)
    command = command->parts[0];
  if (command->kind != Command::Kind::simple || command->words.size() < 2) return false;
  const std::string_view name = command->words[0].literal();
  const std::string_view option = command->words[1].literal();
  return name == "which" || (name == "command" && option == "-v") ||
         (name == "type" && (option == "-p" || option == "-P"));
}

}  // namespace

ShellValues::Alternatives ShellValues::hole() {
  return {{std::string(1, kHole)}, false};
}

void ShellValues::add_once(Alternatives& known, std::string text) const {
  if (text.size() > kTextBytesMax || !charge(text.size())) text = std::string(1, kHole);
  if (std::find(known.texts.begin(), known.texts.end(), text) != known.texts.end()) return;
  if (known.texts.size() < kAlternativesMax)
    known.texts.push_back(std::move(text));
  else
    known.more = true;
}

/// Every text of `value` with every one of `pieces` behind it.
void ShellValues::append_all(WordValue& value, const Alternatives& pieces) const {
  value.more |= pieces.more;
  if (pieces.texts.size() == 1) {
    const std::string& piece = pieces.texts[0];
    for (std::string& text : value.texts) {
      if (text.size() + piece.size() <= kTextBytesMax && charge(piece.size())) {
        text += piece;
        continue;
      }
      text = std::string(1, kHole);
      value.more = true;
    }
    return;
  }
  Alternatives joined;
  for (const std::string& piece : pieces.texts)
    for (const std::string& text : value.texts) add_once(joined, text + piece);
  value.texts = std::move(joined.texts);
  value.more |= joined.more;
}

ShellValues::ShellValues(const Script& script) {
  learn(script);
}

void ShellValues::learn(const Script& script) {
  // Twice: a function may use what stands below it.
  for (int pass = 0; pass < 2; ++pass) {
    learn_command(script, script.root, 0);
    answers_.clear();  // Given while less was known.
  }
}

void ShellValues::learn(std::string_view name, const std::vector<std::string>& texts, bool append,
                        bool more) {
  if (name == "IFS")
    for (const std::string& text : texts)
      for (const char c : text)
        if (c != kHole && separators_.find(c) == std::string::npos) separators_ += c;
  if (given().contains(name) && name != "HOME") return;
  auto& known = scalars_[std::string(name)];
  known.more |= more;
  if (append && !known.texts.empty()) {
    const std::vector<std::string> before = known.texts;
    for (const std::string& old : before)
      for (const std::string& text : texts)
        if (!old.ends_with(text)) add_once(known, old + text);
    return;
  }
  for (const std::string& text : texts) add_once(known, text);
}

void ShellValues::learn_assignment(const Script& script, const Assignment& assignment) {
  if (!assignment.array) {
    const WordValue value = word(script, assignment.value);
    if (assignment.index != nullptr) {
      auto& elements = arrays_[std::string(assignment.name)];
      if (elements.size() < kElementsMax)
        elements.push_back(value);
      else
        elements.back().more = true;
    } else {
      learn(assignment.name, value.texts, assignment.append, value.more);
    }
    return;
  }
  auto& elements = arrays_[std::string(assignment.name)];
  for (const pkgbuild::ArrayElement& element : assignment.elements) {
    if (elements.size() >= kElementsMax) {
      elements.back().more = true;
      break;
    }
    const auto several = this->elements(script, element.value);
    if (several.empty())
      elements.push_back(word(script, element.value));
    else
      elements.insert(elements.end(), several.begin(), several.end());
  }
}

void ShellValues::learn_command(const Script& script, const Command* command, int depth) {
  if (command == nullptr || depth > kDepthMax) return;
  for (const Assignment& assignment : command->assignments) learn_assignment(script, assignment);
  for (const Word& word : command->words)
    if (word.assignment != nullptr) learn_assignment(script, *word.assignment);
  // ((n = 1)), for ((n = 0; …)): numbers that nobody computes here.
  if (command->kind == Command::Kind::for_arith || command->kind == Command::Kind::arithmetic)
    for (const Word& text : command->texts)
      for (const std::string& name : identifiers(raw(script, text.span)))
        if (!is_set(name)) learn(name, {std::string(1, kHole)}, false);
  switch (command->kind) {
    case Command::Kind::for_in:
    case Command::Kind::select:
      for (const Word& each : command->words) {
        const auto several = elements(script, each);
        if (several.empty()) learn(command->name, word(script, each).texts, false);
        for (const WordValue& value : several) learn(command->name, value.texts, false);
      }
      break;
    case Command::Kind::simple: {
      if (command->words.size() < 3) break;
      const std::string_view name = command->words[0].literal();
      // printf -v name format …; read and mapfile give what no text says.
      if (name == "printf" && command->words[1].literal() == "-v") {
        const std::string_view text = script.text;
        const Span rest{command->words[2].span.end,
                        command->words[command->words.size() - 1].span.end};
        learn(word(script, command->words[2]).texts[0],
              {output_of(fmt::format("printf {}", text.substr(rest.begin, rest.end - rest.begin)))},
              false);
      }
      break;
    }
    default:
      break;
  }
  if (command->kind == Command::Kind::simple && !command->words.empty() &&
      command->words[0].literal() == "read") {
    for (const pkgbuild::Redirect& redirect : command->redirects)
      if (redirect.kind == pkgbuild::Redirect::Kind::here_string)
        for (std::size_t i = 1; i < command->words.size(); ++i)
          if (const auto name = command->words[i].literal(); !name.empty() && name[0] != '-')
            learn(name, word(script, redirect.target).texts, false);
  }
  for (const Command* part : command->parts) learn_command(script, part, depth + 1);
  for (const CaseItem& item : command->items) learn_command(script, item.body, depth + 1);
}

std::vector<WordValue> ShellValues::elements(const Script&, const Word& word) const {
  if (word.parts.size() != 1) return {};
  const WordPart* part = &word.parts[0];
  if (part->kind == WordPart::Kind::double_quoted && part->parts.size() == 1)
    part = &part->parts[0];
  if (part->kind != WordPart::Kind::parameter || part->parameter->op != Parameter::Op::none ||
      part->parameter->indirect ||
      (part->parameter->subscript != Parameter::Subscript::at &&
       part->parameter->subscript != Parameter::Subscript::star))
    return {};
  const auto found = arrays_.find(part->parameter->name);
  if (found == arrays_.end()) return {};
  std::size_t bytes = 0;
  for (const WordValue& element : found->second)
    for (const std::string& text : element.texts) bytes += sizeof(element) + text.size();
  return charge(bytes) ? found->second : std::vector<WordValue>{};
}

std::vector<std::string> ShellValues::braces(const Script& script, const Word& word) const {
  if (!word.may_brace) return {};
  const std::string printed = output_of(fmt::format("printf '%s\\n' {}", raw(script, word.span)));
  if (printed.find(kHole) != std::string::npos) return {};
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < printed.size() && words.size() < kElementsMax;) {
    std::size_t end = printed.find('\n', begin);
    if (end == std::string::npos) end = printed.size();
    words.push_back(printed.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

WordValue ShellValues::word(const Script& script, const Word& word) const {
  WordValue value;
  value.texts = {""};
  std::size_t pieces = 0;
  bool quoted_text = false, expansion = false;
  for (const WordPart& part : word.parts) {
    add_part(script, part, false, value);
    const bool is_empty = part.span.begin == part.span.end;
    pieces += is_empty ? 0 : 1;
    switch (part.kind) {
      case WordPart::Kind::literal:
        break;
      case WordPart::Kind::single_quoted:
      case WordPart::Kind::ansi_c:
        quoted_text = true;
        break;
      case WordPart::Kind::double_quoted:
      case WordPart::Kind::locale: {
        bool inner_text = part.parts.empty();
        for (const WordPart& inner : part.parts) {
          if (inner.kind == WordPart::Kind::literal || inner.kind == WordPart::Kind::escaped)
            inner_text = true;
          else
            expansion = true;
          value.assembly.glued |= part.parts.size() > 1 && inner.kind != WordPart::Kind::literal;
        }
        quoted_text |= inner_text;
        break;
      }
      case WordPart::Kind::escaped:
        value.assembly.escapes |= pieces > 1 && !part.text.empty();
        break;
      default:
        expansion = true;
        break;
    }
  }
  value.assembly.split_quotes = pieces > 1 && quoted_text && !expansion;
  value.assembly.glued |= expansion && pieces > 1;
  return value;
}

void ShellValues::add_part(const Script& script, const WordPart& part, bool is_quoted,
                           WordValue& value) const {
  switch (part.kind) {
    case WordPart::Kind::literal:
    case WordPart::Kind::escaped:
    case WordPart::Kind::single_quoted:
    case WordPart::Kind::tilde:
      append_all(value, {{std::string(part.text)}, false});
      return;
    case WordPart::Kind::ansi_c:
      value.assembly.ansi_c = true;
      append_all(value, {{std::string(part.text)}, false});
      return;
    case WordPart::Kind::double_quoted:
    case WordPart::Kind::locale:
      for (const WordPart& inner : part.parts) add_part(script, inner, true, value);
      return;
    case WordPart::Kind::parameter:
      value.assembly.parameter = true;
      value.assembly.ifs |= part.parameter->name == "IFS";
      value.assembly.indirect |= part.parameter->indirect &&
                                 part.parameter->op != Parameter::Op::names &&
                                 part.parameter->op != Parameter::Op::keys;
      value.splits |= !is_quoted;
      append_all(value, parameter(script, part));
      return;
    case WordPart::Kind::command:
      value.assembly.substitution = true;
      value.assembly.lookup |= is_lookup(part.command);
      value.splits |= !is_quoted;
      append_all(value, engine(raw(script, part.span)));
      return;
    case WordPart::Kind::arithmetic:
      append_all(value, engine(raw(script, part.span)));
      return;
    case WordPart::Kind::process:
      append_all(value, {{std::string("/dev/fd/") + kHole}, false});
      return;
  }
}

ShellValues::Alternatives ShellValues::parameter(const Script& script, const WordPart& part) const {
  const Parameter& parameter = *part.parameter;
  const bool is_plain = parameter.op == Parameter::Op::none && !parameter.indirect;
  if (!is_plain) return engine(raw(script, part.span));
  if (parameter.subscript == Parameter::Subscript::at ||
      parameter.subscript == Parameter::Subscript::star) {
    const auto found = arrays_.find(parameter.name);
    if (found == arrays_.end()) return hole();
    WordValue all;
    all.texts = {""};
    for (const WordValue& element : found->second) {
      if (!all.texts[0].empty()) append_all(all, {{" "}, false});
      append_all(all, {element.texts, element.more});
    }
    return {std::move(all.texts), all.more};
  }
  if (parameter.subscript == Parameter::Subscript::index) return engine(raw(script, part.span));
  if (const auto known = given().find(parameter.name); known != given().end())
    return {known->second, false};
  if (const auto known = scalars_.find(parameter.name);
      known != scalars_.end() && !known->second.texts.empty())
    return known->second;
  if (const auto array = arrays_.find(parameter.name);
      array != arrays_.end() && !array->second.empty())
    return {array->second.front().texts, array->second.front().more};
  return hole();
}

ShellValues::Alternatives ShellValues::engine(std::string_view text) const {
  if (const auto known = answers_.find(text); known != answers_.end())
    return {known->second, false};
  std::vector<std::string> texts{output_of(fmt::format("printf %s \"{}\"", text))};
  answers_.emplace(text, texts);
  return {std::move(texts), false};
}

std::string ShellValues::output_of(std::string_view text) const {
  const std::string hole(1, kHole);
  if (text.size() > kTextBytesMax || exhausted()) return hole;
  ++runs_;
  std::string script;
  for (const std::string& name : identifiers(text)) {
    if (const auto known = given().find(name); known != given().end()) {
      if (name != "IFS") script += fmt::format("{}={}\n", name, quoted(known->second.front()));
      continue;
    }
    const auto scalar = scalars_.find(name);
    if (scalar != scalars_.end() && !scalar->second.texts.empty())
      script += fmt::format("{}={}\n", name, quoted(scalar->second.texts.front()));
    if (const auto array = arrays_.find(name); array != arrays_.end()) {
      script += name + "=(";
      for (const WordValue& element : array->second) script += quoted(element.texts.front()) + " ";
      script += ")\n";
    }
  }
  // What was given stands before what is asked; a hole in it stays one, for the byte passes
  // through.
  script += text;
  constexpr std::size_t kScriptBytesMax = 60'000, kRunCost = 8;  // Bytes held for one of script.
  if (script.size() > kScriptBytesMax || !charge(script.size() * kRunCost)) return hole;
  pkgbuild::Inputs inputs;
  inputs.limits.steps_max = kStepsMax;
  inputs.limits.memory_bytes_max = 1 << 20;
  const auto run = pkgbuild::run_script(script, inputs);
  if (!run || run->output.size() > kTextBytesMax) return hole;
  return run->output;
}

}  // namespace rbee::check
