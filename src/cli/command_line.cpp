#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <type_traits>

#include "base/text.hpp"

namespace rbee::cli {

namespace {

struct GlobalRow {
  std::string_view spelling, value, summary;
};
constexpr std::array kGlobals = {
    GlobalRow{"--catalog", "URL",
              "the marketplace (else RBEE_CATALOG, the configuration, http://127.0.0.1:8787)"},
    GlobalRow{"--json", "", "machine-readable output, errors too"},
    GlobalRow{"--quiet,-q", "", "print results and errors only"},
    GlobalRow{"--verbose,-v", "", "show more, such as a build's output"},
    GlobalRow{"--help,-h", "", "show this"},
    GlobalRow{"--version", "", "print the version"},
};

bool is_positional(const ArgumentRow& row) {
  return !row.spelling.starts_with('-');
}

/// "--tag,-t" as people read it: "-t, --tag TAG".
std::string spelled(std::string_view spelling, std::string_view value) {
  std::string text;
  const auto names = split(spelling, ',');
  for (auto name = names.rbegin(); name != names.rend(); ++name)
    text += (text.empty() ? "" : ", ") + std::string(*name);
  if (names.size() == 1 && spelling.starts_with('-')) text = "    " + text;
  return value.empty() ? text : fmt::format("{} {}", text, value);
}

void append_rows(std::string& out, std::string_view title,
                 const std::vector<std::pair<std::string, std::string>>& rows) {
  if (rows.empty()) return;
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  out += fmt::format("\n{}:\n", title);
  for (const auto& [left, right] : rows) out += fmt::format("  {:{}}  {}\n", left, width, right);
}

/// "worker check"; "explain" for a command that belongs to no group.
std::string full_name(const Command& command) {
  return command.group.empty() ? std::string(command.name)
                               : fmt::format("{} {}", command.group, command.name);
}

std::string usage_of(const Command& command) {
  std::string text = fmt::format("rbee {}", full_name(command));
  bool options = false;
  for (const ArgumentRow& row : command.arguments) {
    if (!is_positional(row)) {
      if (row.required) text += fmt::format(" {} {}", row.spelling, row.value);
      options = options || !row.required;
      continue;
    }
    const bool several = std::holds_alternative<std::vector<std::string> Arguments::*>(row.field);
    text += row.required ? fmt::format(" {}", row.spelling)
                         : fmt::format(" [{}{}]", row.spelling, several ? "…" : "");
  }
  if (options) text += " [OPTIONS]";
  if (command.run == worker_run) text += " [-- ARGUMENTS…]";
  return text;
}

/// Names that a word may be a mistyping of, and what it then meant.
tl::unexpected<Error> unknown(std::string_view kind, std::string_view word,
                              const std::vector<std::string>& known,
                              std::string_view help_command) {
  const auto nearest = did_you_mean(word, known);
  std::string fix = fmt::format("`{}` lists them all", help_command);
  if (nearest) fix = fmt::format("did you mean '{}'? {}", *nearest, fix);
  return fail(Errc::usage, fmt::format("{}-unknown", kind),
              fmt::format("there is no {} '{}'", kind, printable_line(word)),
              {.fix = std::move(fix)});
}

std::vector<std::string> option_names(const Command* command) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view spelling) {
    for (std::string_view name : split(spelling, ','))
      if (name.starts_with("--")) names.emplace_back(name);
  };
  for (const GlobalRow& row : kGlobals) add(row.spelling);
  if (command != nullptr)
    for (const ArgumentRow& row : command->arguments)
      if (!is_positional(row)) add(row.spelling);
  return names;
}

/// A whole number from 0 to `highest`, and what to say of another: CLI11's own words for it are a
/// range of 300 digits.
auto whole_number(std::uint64_t highest) {
  return [highest](const std::string& text) -> std::string {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (digits && text.size() <= 9 && std::stoull(text) <= highest) return {};
    return fmt::format("'{}' is not a whole number from 0 to {}",
                       printable_line(std::string_view(text).substr(0, 40)), highest);
  };
}

void declare(CLI::App& app, const Command& command, Arguments& arguments) {
  for (const ArgumentRow& row : command.arguments) {
    const std::string name(row.spelling);
    std::visit(
        [&](auto member) {
          auto& field = arguments.*member;
          using T = std::remove_reference_t<decltype(field)>;
          if constexpr (std::is_same_v<T, bool>) {
            app.add_flag(name, field);
          } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            // One value for each time that the option is given; a positional argument takes all
            // words.
            CLI::Option* option = app.add_option(name, field);
            if (!is_positional(row)) option->allow_extra_args(false);
          } else if constexpr (std::is_integral_v<T>) {
            app.add_option(name, field)
                ->check(whole_number(
                    std::min<std::uint64_t>(std::numeric_limits<T>::max(), 999'999'999)));
          } else {
            app.add_option(name, field);
          }
        },
        row.field);
  }
}

/// What follows "--" are words, whatever they look like: the worker's, or the command's own.
Result<void> take_words(const Command& command, Arguments& arguments,
                        std::vector<std::string> words) {
  if (command.run == worker_run) {
    arguments.trailing = std::move(words);
    return {};
  }
  auto next = words.begin();
  for (const ArgumentRow& row : command.arguments) {
    if (!is_positional(row) || next == words.end()) continue;
    if (const auto* several = std::get_if<std::vector<std::string> Arguments::*>(&row.field)) {
      auto& field = arguments.**several;
      field.insert(field.end(), next, words.end());
      next = words.end();
    } else if (const auto* one = std::get_if<std::string Arguments::*>(&row.field);
               one != nullptr && (arguments.**one).empty()) {
      arguments.** one = *next++;
    }
  }
  if (next == words.end()) return {};
  return fail(Errc::usage, "argument-unexpected",
              fmt::format("'{}' is one word too many", printable_line(*next)),
              {.fix = fmt::format("usage: {}", usage_of(command))});
}

Result<void> check_required(const Command& command, const Arguments& arguments) {
  for (const ArgumentRow& row : command.arguments) {
    const auto* text = std::get_if<std::string Arguments::*>(&row.field);
    if (row.required && text != nullptr && (arguments.**text).empty())
      return fail(Errc::usage, "argument-missing",
                  fmt::format("{} is missing: {}", row.spelling, row.summary),
                  {.fix = fmt::format("usage: {}", usage_of(command))});
  }
  return {};
}

}  // namespace

std::string help(const Group* group, const Command* command) {
  std::string out;
  std::vector<std::pair<std::string, std::string>> rows;
  std::string examples;
  if (command != nullptr) {
    out = fmt::format("{}\n\nUsage: {}\n", command->summary, usage_of(*command));
    if (!command->details.empty()) out += fmt::format("\n{}\n", command->details);
    std::vector<std::pair<std::string, std::string>> options;
    for (const ArgumentRow& row : command->arguments)
      (is_positional(row) ? rows : options)
          .emplace_back(spelled(row.spelling, row.value), row.summary);
    append_rows(out, "Arguments", rows);
    append_rows(out, "Options", options);
    if (!command->aliases.empty()) {
      out += "\nAlso called:";
      for (std::string_view alias : command->aliases) out += fmt::format(" {}", alias);
      out += "\n";
    }
    examples = command->examples;
  } else if (group != nullptr) {
    out = fmt::format("{}\n\nUsage: rbee {} COMMAND\n", group->summary, group->name);
    for (const Command& each : commands())
      if (each.group == group->name) rows.emplace_back(each.name, each.summary);
    append_rows(out, "Commands", rows);
    for (const Command& each : commands())
      if (each.group == group->name) examples += std::string(split(each.examples, '\n')[0]) + "\n";
  } else {
    out = "Find, install and run AI workers from an rbee marketplace\n\nUsage: rbee COMMAND\n";
    for (const Group& each : groups()) {
      rows.clear();
      for (const Command& one : commands())
        if (one.group == each.name) rows.emplace_back(full_name(one), one.summary);
      append_rows(out, each.summary, rows);
    }
    examples =
        "rbee worker search text to speech\n"
        "rbee worker install tts-worker\n"
        "rbee worker run tts-worker --port 8080";
  }
  rows.clear();
  for (const GlobalRow& row : kGlobals)
    rows.emplace_back(spelled(row.spelling, row.value), row.summary);
  append_rows(out, command == nullptr ? "Options" : "Options of every command", rows);
  out += "\nExamples:\n";
  for (std::string_view line : split(examples, '\n'))
    if (!line.empty()) out += fmt::format("  {}\n", line);
  if (command == nullptr && group == nullptr)
    out +=
        "\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 network, 6 "
        "the bytes are not\n"
        "the promised ones, 7 does not fit this machine, 8 refused by policy, 130 stopped with "
        "Ctrl+C.\n";
  return out;
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--json") return true;
  }
  return false;
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const std::string& version) {
  CommandLine line;
  bool wants_help = false, wants_version = false;

  CLI::App app("", "rbee");
  app.set_help_flag();
  app.add_option("--catalog", line.settings.catalog);
  app.add_flag("--json", line.settings.json);
  app.add_flag("--quiet,-q", line.settings.quiet);
  app.add_flag("--verbose,-v", line.settings.verbosity);
  app.add_flag("--help,-h", wants_help);
  app.add_flag("--version", wants_version);
  app.allow_extras();
  // One command: what follows it are its words, also those that are another command's name.
  app.require_subcommand(0, 1);

  std::map<const CLI::App*, const Group*> group_of;
  std::map<const CLI::App*, const Command*> command_of;
  std::vector<std::string> group_names;
  for (const Group& group : groups()) {
    if (group.name.empty()) {
      for (const Command& command : commands()) {
        if (!command.group.empty()) continue;
        group_names.emplace_back(command.name);
        CLI::App* leaf = app.add_subcommand(std::string(command.name));
        leaf->set_help_flag();
        leaf->fallthrough();
        leaf->allow_extras();
        declare(*leaf, command, line.arguments);
        command_of[leaf] = &command;
      }
      continue;
    }
    group_names.emplace_back(group.name);
    CLI::App* part = app.add_subcommand(std::string(group.name));
    part->set_help_flag();
    part->fallthrough();
    part->allow_extras();
    part->require_subcommand(0, 1);
    group_of[part] = &group;
    for (const Command& command : commands()) {
      if (command.group != group.name) continue;
      CLI::App* leaf = part->add_subcommand(std::string(command.name));
      for (std::string_view alias : command.aliases) leaf->alias(std::string(alias));
      leaf->set_help_flag();
      leaf->fallthrough();
      leaf->allow_extras();
      declare(*leaf, command, line.arguments);
      command_of[leaf] = &command;
    }
  }

  std::vector<std::string> words = arguments;
  const auto dashes = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> literal(dashes == words.end() ? dashes : dashes + 1, words.end());
  words.erase(dashes, words.end());
  // "rbee help worker" is "rbee worker --help".
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    wants_help = true;
  }
  try {
    std::reverse(words.begin(), words.end());
    const bool asked = wants_help;
    app.parse(std::move(words));
    wants_help = wants_help || asked;
  } catch (const CLI::ParseError& error) {
    return fail(Errc::usage, "argument-invalid", printable_line(error.what()),
                {.fix = "`rbee --help`, and --help after a command, show what is accepted"});
  }

  const Group* group = nullptr;
  const Command* command = nullptr;
  for (const CLI::App* part : app.get_subcommands()) {
    if (const auto alone = command_of.find(part); alone != command_of.end()) {
      command = alone->second;
      continue;
    }
    group = group_of.at(part);
    for (const CLI::App* leaf : part->get_subcommands()) command = command_of.at(leaf);
  }
  if (wants_version) {
    line.text = fmt::format("rbee {}\n", version);
    return line;
  }
  const std::string help_command = command != nullptr
                                       ? fmt::format("rbee {} --help", full_name(*command))
                                   : group != nullptr ? fmt::format("rbee {} --help", group->name)
                                                      : "rbee --help";
  // What nobody took, whichever level it ended at. A mistyped option is named before a stray word.
  std::vector<std::string> rest = app.remaining(true);
  std::stable_partition(rest.begin(), rest.end(),
                        [](const std::string& word) { return word.starts_with('-'); });
  for (const std::string& word : rest) {
    if (word.starts_with('-') && word != "-")
      return unknown("option", word.substr(0, word.find('=')), option_names(command), help_command);
    if (command != nullptr)
      return fail(Errc::usage, "argument-unexpected",
                  fmt::format("'{}' is one word too many", printable_line(word)),
                  {.fix = fmt::format("usage: {}", usage_of(*command))});
    std::vector<std::string> known = group_names;
    if (group != nullptr) {
      known.clear();
      for (const Command& each : commands())
        if (each.group == group->name) {
          known.emplace_back(each.name);
          for (std::string_view alias : each.aliases) known.emplace_back(alias);
        }
    }
    return unknown("command", word, known, help_command);
  }
  if (wants_help || (arguments.empty() && group == nullptr)) {
    line.text = help(group, command);
    return line;
  }
  if (command == nullptr)
    return fail(Errc::usage, "command-missing", "a command is missing",
                {.fix = fmt::format("`{}` lists them", help_command)});
  TRY(take_words(*command, line.arguments, std::move(literal)));
  TRY(check_required(*command, line.arguments));
  line.command = command;
  return line;
}

}  // namespace rbee::cli
