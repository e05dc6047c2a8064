#include "check/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/wrappers.hpp"
#include "pkgbuild/parser.hpp"

namespace rbee::check {

using pkgbuild::CaseItem;
using pkgbuild::Command;
using pkgbuild::Redirect;
using pkgbuild::Script;
using pkgbuild::Word;
using pkgbuild::WordPart;

namespace {

constexpr int kDepthMax = 80, kNestingMax = 6;
constexpr std::size_t kCommandsMax = 20'000, kWordsMax = 2'000;
/// Stages of a pipeline behind which nobody asks what those before printed.
constexpr std::size_t kStagesMax = 32;
/// A byte of shell text, parsed and kept, in bytes.
constexpr std::size_t kParsedCost = 48;

constexpr auto kStandard =
    std::to_array<std::string_view>({"prepare", "pkgver", "build", "check", "package", "verify"});

/// Words that blanks separate.
std::vector<std::string> fields(std::string_view text, std::string_view separators) {
  std::vector<std::string> out;
  std::string field;
  for (const char c : text) {
    if (separators.find(c) == std::string_view::npos) {
      field += c;
    } else if (!field.empty()) {
      out.push_back(std::move(field));
      field.clear();
    }
  }
  if (!field.empty()) out.push_back(std::move(field));
  return out;
}

}  // namespace

bool is_standard_function(std::string_view name) {
  return std::find(kStandard.begin(), kStandard.end(), name) != kStandard.end() ||
         name.starts_with("package_");
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool Invocation::has(std::string_view arg) const {
  return std::find(args.begin(), args.end(), arg) != args.end();
}

std::string_view Invocation::first_operand() const {
  for (const std::string& arg : args)
    if (!arg.empty() && arg[0] != '-') return arg;
  return {};
}

std::string Invocation::line() const {
  std::string out = path;
  for (const std::string& arg : args) out += " " + arg;
  return out;
}

/// Walks a tree and fills a `Commands`.
class CommandCollector {
 public:
  CommandCollector(Commands& out, const Script& script) : out_(out), script_(&script) {}

  std::string function, file;
  std::optional<Span> place;  ///< Where in the recipe a nested text stands.
  int nesting = 0;
  bool substituted = false;

  void visit(const Command* command, int depth) {
    if (command == nullptr) return;
    if (depth > kDepthMax || out_.all_.size() > kCommandsMax) {
      out_.exhausted_ = true;
      return;
    }
    words_inside(*command, depth);
    switch (command->kind) {
      case Command::Kind::simple:
        simple(*command);
        return;
      case Command::Kind::pipeline:
        pipeline(*command, depth);
        return;
      case Command::Kind::sequence:
        for (std::size_t i = 0; i < command->parts.size(); ++i) {
          const std::size_t before = out_.all_.size();
          visit(command->parts[i], depth + 1);
          if (i < command->ops.size() && command->ops[i] == '&')
            for (std::size_t k = before; k < out_.all_.size(); ++k) out_.all_[k].background = true;
        }
        return;
      case Command::Kind::function: {
        const std::string outer = std::exchange(function, std::string(command->name));
        out_.functions_.push_back({function, at(command->span)});
        for (const Command* part : command->parts) visit(part, depth + 1);
        function = outer;
        return;
      }
      case Command::Kind::coprocess: {
        const std::size_t before = out_.all_.size();
        for (const Command* part : command->parts) visit(part, depth + 1);
        for (std::size_t k = before; k < out_.all_.size(); ++k) out_.all_[k].coprocess = true;
        return;
      }
      default: {
        const std::size_t before = out_.all_.size();
        for (const Command* part : command->parts) visit(part, depth + 1);
        for (const CaseItem& item : command->items) visit(item.body, depth + 1);
        // done < <(curl …), } > file: the redirects of a compound command belong to all inside.
        if (!command->redirects.empty()) {
          const auto views = redirects(*command);
          std::size_t bytes = 0;
          for (const RedirectView& view : views) bytes += sizeof(view) + total(view.targets);
          for (std::size_t k = before; k < out_.all_.size() && charge(bytes); ++k)
            out_.all_[k].redirects.insert(out_.all_[k].redirects.end(), views.begin(), views.end());
        }
        return;
      }
    }
  }

  /// A text that a shell will read, standing in the recipe at `where`.
  void nested_text(const std::string& text, Span where) {
    if (nesting >= kNestingMax) {
      out_.exhausted_ = true;
      return;
    }
    if (!charge(text.size() * kParsedCost)) return;
    const auto script = pkgbuild::parse(text);
    if (!script) return;  // bash would stop there, too.
    out_.nested_.push_back(*script);
    out_.values_.learn(**script);
    CommandCollector inner(out_, **script);
    inner.function = function;
    inner.file = file;
    inner.place = place.value_or(where);
    inner.nesting = nesting + 1;
    inner.visit((*script)->root, 0);
  }

 private:
  Span at(Span span) const { return place.value_or(span); }

  std::string raw(Span span) const {
    return script_->text.substr(span.begin, span.end - span.begin);
  }

  bool charge(std::size_t bytes) const { return out_.values_.charge(bytes); }

  static std::size_t total(const std::vector<std::string>& texts) {
    std::size_t bytes = 0;
    for (const std::string& text : texts) bytes += sizeof(text) + text.size();
    return bytes;
  }

  void pipeline(const Command& command, int depth) {
    const std::size_t begin = out_.all_.size();
    for (std::size_t stage = 0; stage < command.parts.size(); ++stage) {
      const std::size_t first = out_.all_.size();
      visit(command.parts[stage], depth + 1);
      const std::size_t last = out_.all_.size();
      if (first == begin) continue;
      std::optional<std::string> printed;
      for (std::size_t k = first; k < last; ++k) {
        // What an inner pipeline feeds does not read from this one.
        const bool reads_ours = out_.all_[k].upstream.empty();
        out_.all_[k].upstream.push_back({begin, first});
        if (!reads_ours || !wants_printed(out_.all_[k])) continue;
        if (!printed) printed = printed_before(command, stage);
        piped_arguments(k, *printed);
        piped_shell(k, *printed);
      }
    }
  }

  /// What the stages before this one print; a hole when that cannot be told.
  std::string printed_before(const Command& command, std::size_t stage) const {
    const std::string hole(1, kHole);
    if (stage > kStagesMax) return hole;
    const std::uint32_t begin = command.span.begin, end = command.parts[stage]->span.begin;
    const std::string_view text = std::string_view(script_->text).substr(begin, end - begin);
    const std::size_t bar = text.rfind('|');
    return bar == std::string_view::npos ? hole : out_.values_.output_of(text.substr(0, bar));
  }

  static bool has_wrapper(const CommandView& view, std::string_view name) {
    return std::find(view.wrappers.begin(), view.wrappers.end(), name) != view.wrappers.end();
  }

  static bool reads_script(const CommandView& view) {
    return !view.invocations.empty() && is_shell(view.invocations[0].name) &&
           view.invocations[0].first_operand().empty();
  }

  static bool wants_printed(const CommandView& view) {
    return reads_script(view) || has_wrapper(view, "xargs");
  }

  /// `echo text | sh`: what the stages before print is a script.
  void piped_shell(std::size_t index, const std::string& printed) {
    const CommandView& view = out_.all_[index];
    if (reads_script(view) && printed.find(kHole) == std::string::npos)
      nested_text(printed, Span(view.span));
  }

  /// `echo words | xargs command`: the words are its last arguments.
  void piped_arguments(std::size_t index, const std::string& printed) {
    CommandView& view = out_.all_[index];
    if (!has_wrapper(view, "xargs")) return;
    for (Invocation& each : view.invocations)
      for (std::string& word : fields(printed, " \t\n"))
        if (each.args.size() < kWordsMax && charge(sizeof(word) + word.size()))
          each.args.push_back(std::move(word));
        else
          out_.exhausted_ = true;
  }

  /// Commands inside the words: $(…), `…`, <(…).
  void words_inside(const Command& command, int depth) {
    const auto look = [&](const Word& word) { word_inside(word, depth); };
    for (const pkgbuild::Assignment& assignment : command.assignments) inside(assignment, depth);
    for (const Word& word : command.words) {
      if (word.assignment != nullptr) inside(*word.assignment, depth);
      look(word);
    }
    for (const Redirect& redirect : command.redirects) {
      look(redirect.target);
      look(redirect.body);
    }
    for (const Word& text : command.texts) look(text);
    for (const CaseItem& item : command.items)
      for (const Word& pattern : item.patterns) look(pattern);
    condition_inside(command.condition, depth);
  }

  void inside(const pkgbuild::Assignment& assignment, int depth) {
    word_inside(assignment.value, depth);
    for (const pkgbuild::ArrayElement& element : assignment.elements)
      word_inside(element.value, depth);
    AssignmentView view{std::string(assignment.name), {}, at(assignment.span), function};
    if (assignment.array)
      for (const pkgbuild::ArrayElement& element : assignment.elements)
        for (std::string& text : out_.values_.word(*script_, element.value).texts)
          view.texts.push_back(std::move(text));
    else
      view.texts = out_.values_.word(*script_, assignment.value).texts;
    out_.assignments_.push_back(std::move(view));
  }

  void condition_inside(const pkgbuild::Condition* condition, int depth) {
    if (condition == nullptr || depth > kDepthMax) return;
    word_inside(condition->left, depth);
    word_inside(condition->right, depth);
    condition_inside(condition->a, depth + 1);
    condition_inside(condition->b, depth + 1);
  }

  void word_inside(const Word& word, int depth) {
    for (const WordPart& part : word.parts) part_inside(part, depth);
  }

  void part_inside(const WordPart& part, int depth) {
    if (depth > kDepthMax) return;
    if (part.command != nullptr) {
      const bool outer = std::exchange(substituted, true);
      visit(part.command, depth + 1);
      substituted = outer;
    }
    for (const WordPart& inner : part.parts) part_inside(inner, depth + 1);
    if (part.parameter != nullptr) {
      if (part.parameter->operand != nullptr) word_inside(*part.parameter->operand, depth + 1);
      if (part.parameter->second != nullptr) word_inside(*part.parameter->second, depth + 1);
      if (part.parameter->index != nullptr) word_inside(*part.parameter->index, depth + 1);
    }
  }

  std::vector<RedirectView> redirects(const Command& command) {
    std::vector<RedirectView> views;
    for (const Redirect& redirect : command.redirects) {
      RedirectView view{redirect.kind, {}, true, at(redirect.span)};
      if (redirect.kind == Redirect::Kind::here_doc) {
        view.targets = out_.values_.word(*script_, redirect.body).texts;
        view.expands = !redirect.target.literal().empty();
      } else {
        view.targets = out_.values_.word(*script_, redirect.target).texts;
      }
      views.push_back(std::move(view));
    }
    return views;
  }

  void simple(const Command& command) {
    CommandView view;
    view.file = file;
    view.span = at(command.span);
    view.function = function;
    view.raw = raw(command.span);
    view.redirects = redirects(command);
    view.substituted = substituted;
    for (const pkgbuild::Assignment& assignment : command.assignments)
      view.assigned.emplace_back(assignment.name);
    // Commands that stand inside this one's words came before it: <(curl …) feeds it.
    view.inner = {out_.all_.size(), out_.all_.size()};
    while (!place && view.inner.begin > 0) {
      const CommandView& before = out_.all_[view.inner.begin - 1];
      if (!before.substituted || before.file != file || before.span.begin < view.span.begin ||
          before.span.end > view.span.end)
        break;
      --view.inner.begin;
    }
    if (command.words.empty()) {
      if (!view.redirects.empty()) out_.all_.push_back(std::move(view));
      return;
    }
    invocations(command, view);
    const std::size_t index = out_.all_.size();
    out_.all_.push_back(std::move(view));
    if (!function.empty())
      for (const Invocation& each : out_.all_[index].invocations)
        out_.calls_[function].insert(each.name);
    shell_texts(index);
  }

  /// The readings of the command: one for each text its words can have, wrappers taken off.
  void invocations(const Command& command, CommandView& view) {
    std::vector<WordValue> values;
    for (const Word& word : command.words) {
      if (values.size() > kWordsMax) {
        out_.exhausted_ = true;
        break;
      }
      if (const auto braced = out_.values_.braces(*script_, word); braced.size() > 1) {
        // {curl,-s}: a command word that braces make is assembled, too.
        if (values.empty()) view.assembly.split_quotes = true;
        for (const std::string& each : braced) values.push_back({{each}, false, false, {}});
        continue;
      }
      const auto several = out_.values_.elements(*script_, word);
      if (several.empty()) {
        values.push_back(out_.values_.word(*script_, word));
        if (values.size() == 1) view.assembly = values[0].assembly;
      } else {
        if (values.empty()) view.assembly.parameter = true;
        values.insert(values.end(), several.begin(), several.end());
      }
    }
    std::size_t readings = 1;
    for (const WordValue& value : values) readings = std::max(readings, value.texts.size());
    bool known = false;
    for (std::size_t i = 0; i < readings; ++i) {
      std::vector<std::string> words;
      for (const WordValue& value : values) {
        const std::string& text = value.texts[std::min(i, value.texts.size() - 1)];
        // Twice: the word as it is, and in the invocation.
        if (!charge(2 * (sizeof(text) + text.size()))) break;
        if (!value.splits) {
          words.push_back(text);
          continue;
        }
        for (std::string& field : fields(text, out_.values_.separators()))
          words.push_back(std::move(field));
      }
      if (words.empty()) continue;
      if (view.words.empty()) view.words = words;
      Unwrapped unwrapped = unwrap(words);
      for (std::string& wrapper : unwrapped.wrappers)
        if (std::find(view.wrappers.begin(), view.wrappers.end(), wrapper) == view.wrappers.end())
          view.wrappers.push_back(std::move(wrapper));
      for (auto& each : unwrapped.commands) {
        if (each.empty()) continue;
        Invocation invocation;
        invocation.path = each[0];
        invocation.name = base_name(each[0]);
        invocation.args.assign(each.begin() + 1, each.end());
        known |= invocation.name.find(kHole) == std::string::npos;
        const bool seen = std::any_of(
            view.invocations.begin(), view.invocations.end(), [&](const Invocation& other) {
              return other.path == invocation.path && other.args == invocation.args;
            });
        if (!seen) view.invocations.push_back(std::move(invocation));
      }
    }
    view.word_is_unknown = !known && !view.invocations.empty();
    // A program's name, or what an interpreter is given: not one of the texts may go unseen.
    const bool all_matter =
        !view.wrappers.empty() ||
        std::any_of(view.invocations.begin(), view.invocations.end(), [](const Invocation& each) {
          return is_interpreter(each.name) || is_wrapper(each.name) || each.name == "eval" ||
                 each.name == "source" || each.name == ".";
        });
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].more && (i == 0 || all_matter)) out_.exhausted_ = true;
  }

  /// sh -c TEXT, eval TEXT, sh <<< TEXT, sh << EOF: open the text.
  void shell_texts(std::size_t index) {
    std::vector<std::string> texts;
    for (const Invocation& each : out_.all_[index].invocations) {
      if (each.name == "eval" || each.name == "trap") {
        std::string text;
        for (const std::string& arg : each.args) text += (text.empty() ? "" : " ") + arg;
        texts.push_back(std::move(text));
        continue;
      }
      if (!is_shell(each.name)) continue;
      for (std::size_t i = 0; i + 1 < each.args.size(); ++i)
        if (each.args[i].size() >= 2 && each.args[i][0] == '-' && each.args[i][1] != '-' &&
            each.args[i].back() == 'c')
          texts.push_back(each.args[i + 1]);
      for (const RedirectView& redirect : out_.all_[index].redirects)
        if (redirect.kind == Redirect::Kind::here_doc ||
            redirect.kind == Redirect::Kind::here_string)
          texts.insert(texts.end(), redirect.targets.begin(), redirect.targets.end());
    }
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    const Span where = out_.all_[index].span;
    for (const std::string& text : texts) nested_text(text, where);
  }

  Commands& out_;
  const Script* script_;
};

Commands::Commands(const Script& script) : values_(script) {
  CommandCollector(*this, script).visit(script.root, 0);
  // Who reaches whom. A standard function reaches itself.
  for (const FunctionView& root : functions_) {
    if (!is_standard_function(root.name)) continue;
    std::set<std::string>& reached = root.name == "prepare" ? in_prepare_ : in_others_;
    std::vector<std::string> to_visit{root.name};
    while (!to_visit.empty()) {
      const std::string name = std::move(to_visit.back());
      to_visit.pop_back();
      if (!reached.insert(name).second) continue;
      if (const auto called = calls_.find(name); called != calls_.end())
        to_visit.insert(to_visit.end(), called->second.begin(), called->second.end());
    }
  }
}

bool Commands::runs_in_prepare_only(const CommandView& command) const {
  return in_prepare_.contains(command.function) && !in_others_.contains(command.function);
}

void Commands::open_file(std::string_view file, std::string_view text, const CommandView& runner) {
  if (!values_.charge(text.size() * kParsedCost)) return;
  const auto script = pkgbuild::parse(text);
  if (!script) return;
  nested_.push_back(*script);
  values_.learn(**script);
  CommandCollector collector(*this, **script);
  collector.function = runner.function;
  collector.file = file;
  collector.visit((*script)->root, 0);
}

}  // namespace rbee::check
