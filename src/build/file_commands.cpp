// parse_file_command: one table of options for each command.
#include "build/file_commands.hpp"

#include <algorithm>
#include <string_view>

namespace rbee::build {

namespace {

/// An option that a command knows: its letter (or 0), its long name, and what to do.
struct Option {
  char letter;
  std::string_view name;
  bool has_value;
  bool (*act)(FileCommand&, const std::string& value);
};

constexpr auto kIgnore = [](FileCommand&, const std::string&) { return true; };

bool set_mode(FileCommand& command, const std::string& value) {
  command.mode = ModeChange::parse(value);
  return command.mode.has_value();
}
/// Of a file that is new: what the letters start from differs between the programs.
bool set_octal_mode(FileCommand& command, const std::string& value) {
  return set_mode(command, value) && command.mode->is_octal();
}
bool set_into(FileCommand& command, const std::string& value) {
  command.into = value;
  return !value.empty();
}
/// Everything belongs to one user here, whom package() takes for root.
bool is_root(FileCommand&, const std::string& value) {
  return value == "root" || value == "0";
}
bool set_parents(FileCommand& command, const std::string&) {
  return command.parents = true;
}
bool set_no_target(FileCommand& command, const std::string&) {
  return command.no_target_directory = true;
}
bool set_recursive(FileCommand& command, const std::string&) {
  command.follow = false;
  return command.recursive = true;
}
bool set_keep(FileCommand& command, const std::string&) {
  return command.keep = true;
}
bool set_archive(FileCommand& command, const std::string&) {
  command.follow = false;
  return command.recursive = command.keep = true;
}
bool set_links(FileCommand& command, const std::string&) {
  command.follow = false;
  return true;
}
bool set_replace(FileCommand& command, const std::string&) {
  return command.replace = true;
}

constexpr Option kInstall[] = {
    {'D', "", false, set_parents},
    {'d', "directory", false,
     [](FileCommand& c, const std::string&) {
       c.kind = FileCommand::Kind::directories;
       return c.parents = c.mode_of_existing = true;
     }},
    {'m', "mode", true, set_octal_mode},
    {'t', "target-directory", true, set_into},
    {'T', "no-target-directory", false, set_no_target},
    {'p', "preserve-timestamps", false, set_keep},
    {'v', "verbose", false, kIgnore},
    {'c', "", false, kIgnore},
    {'o', "owner", true, is_root},
    {'g', "group", true, is_root},
};
constexpr Option kCopy[] = {
    {'r', "recursive", false, set_recursive},
    {'R', "", false, set_recursive},
    {'a', "archive", false, set_archive},
    {'p', "", false, set_keep},
    {'d', "", false, set_links},
    {'P', "no-dereference", false, set_links},
    {'f', "force", false, set_replace},
    {'v', "verbose", false, kIgnore},
    {'t', "target-directory", true, set_into},
    {'T', "no-target-directory", false, set_no_target},
    {0, "no-preserve", true, [](FileCommand&, const std::string& v) { return v == "ownership"; }},
};
constexpr Option kLink[] = {
    {'s', "symbolic", false,
     [](FileCommand& c, const std::string&) { return c.recursive = true; }},  // Asked for below.
    {'f', "force", false, set_replace},
    {'n', "no-dereference", false,
     [](FileCommand& c, const std::string&) { return c.no_dereference = true; }},
    {'r', "relative", false, [](FileCommand& c, const std::string&) { return c.relative = true; }},
    {'v', "verbose", false, kIgnore},
    {'t', "target-directory", true, set_into},
    {'T', "no-target-directory", false, set_no_target},
};
constexpr Option kDirectories[] = {
    {'p', "parents", false, set_parents},
    {'m', "mode", true, set_octal_mode},
    {'v', "verbose", false, kIgnore},
};
constexpr Option kMode[] = {
    {'R', "recursive", false,
     [](FileCommand& c, const std::string&) { return c.recursive = true; }},
    {'v', "verbose", false, kIgnore},
    {'c', "changes", false, kIgnore},
    {'f', "silent", false, kIgnore},
};
constexpr Option kOwner[] = {
    {'R', "recursive", false, kIgnore},
    {'v', "verbose", false, kIgnore},
    {'h', "no-dereference", false, kIgnore},
};

struct Program {
  std::string_view name;
  FileCommand::Kind kind;
  const Option* begin;
  const Option* end;
};
constexpr Program kPrograms[] = {
    {"install", FileCommand::Kind::install, std::begin(kInstall), std::end(kInstall)},
    {"cp", FileCommand::Kind::copy, std::begin(kCopy), std::end(kCopy)},
    {"ln", FileCommand::Kind::link, std::begin(kLink), std::end(kLink)},
    {"mkdir", FileCommand::Kind::directories, std::begin(kDirectories), std::end(kDirectories)},
    {"chmod", FileCommand::Kind::mode, std::begin(kMode), std::end(kMode)},
    {"chown", FileCommand::Kind::nothing, std::begin(kOwner), std::end(kOwner)},
};

/// makepkg's own functions that only print.
constexpr std::string_view kMessages[] = {"msg", "msg2", "plain", "warning"};

using Parsed = tl::expected<FileCommand, std::string>;

Parsed no(const std::vector<std::string>& argv, std::string_view what) {
  return tl::unexpected<std::string>(argv[0] + " " + std::string(what));
}

/// "-Dm755", "--mode=755", "--mode 755". The index behind what was used; nothing: not known.
std::optional<std::size_t> take_option(const Program& program, const std::vector<std::string>& argv,
                                       std::size_t at, FileCommand& command) {
  const std::string& word = argv[at];
  if (word.starts_with("--")) {
    const auto equals = word.find('=');
    const std::string_view name = std::string_view(word).substr(2, equals - 2);
    for (const Option* option = program.begin; option != program.end; ++option) {
      if (option->name != name) continue;
      if (!option->has_value)
        return equals == std::string::npos && option->act(command, "") ? std::optional(at + 1)
                                                                       : std::nullopt;
      if (equals != std::string::npos)
        return option->act(command, word.substr(equals + 1)) ? std::optional(at + 1) : std::nullopt;
      if (at + 1 == argv.size() || !option->act(command, argv[at + 1])) return std::nullopt;
      return at + 2;
    }
    return std::nullopt;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Option* option = std::find_if(program.begin, program.end,
                                        [&](const Option& each) { return each.letter == word[i]; });
    if (option == program.end) return std::nullopt;
    if (!option->has_value) {
      if (!option->act(command, "")) return std::nullopt;
      continue;
    }
    if (i + 1 < word.size())
      return option->act(command, word.substr(i + 1)) ? std::optional(at + 1) : std::nullopt;
    if (at + 1 == argv.size() || !option->act(command, argv[at + 1])) return std::nullopt;
    return at + 2;
  }
  return at + 1;
}

/// A mode as chmod's first operand: "-x" looks like an option and is none.
bool is_negative_mode(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         word.find_first_not_of("rwxX", 1) == std::string::npos;
}

}  // namespace

std::optional<ModeChange> ModeChange::parse(std::string_view text) {
  ModeChange change;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string_view::npos) {
    if (text.size() > 5) return std::nullopt;
    mode_t mode = 0;
    for (const char c : text) mode = mode * 8 + static_cast<mode_t>(c - '0');
    // Set-id bits are refused wherever they come from; a directory would keep those it has.
    if (mode > 0777) return std::nullopt;
    change.octal_ = mode;
    return change;
  }
  std::size_t at = 0;
  while (at < text.size()) {
    mode_t who = 0;
    for (; at < text.size(); ++at) {
      if (text[at] == 'u') {
        who |= 0700;
      } else if (text[at] == 'g') {
        who |= 0070;
      } else if (text[at] == 'o') {
        who |= 0007;
      } else if (text[at] == 'a') {
        who |= 0777;
      } else {
        break;
      }
    }
    if (at == text.size() || std::string_view("+-=").find(text[at]) == std::string_view::npos)
      return std::nullopt;
    while (at < text.size() && std::string_view("+-=").find(text[at]) != std::string_view::npos) {
      Clause clause{who, text[at++], 0, false};
      for (; at < text.size() && std::string_view("rwxX").find(text[at]) != std::string_view::npos;
           ++at) {
        if (text[at] == 'r') clause.bits |= 4;
        if (text[at] == 'w') clause.bits |= 2;
        if (text[at] == 'x') clause.bits |= 1;
        if (text[at] == 'X') clause.search_only = true;
      }
      change.clauses_.push_back(clause);
    }
    if (at < text.size() && text[at++] != ',') return std::nullopt;
    if (at == text.size() && text.back() == ',') return std::nullopt;
  }
  if (change.clauses_.empty()) return std::nullopt;
  return change;
}

mode_t ModeChange::apply(mode_t mode, bool is_directory) const {
  if (octal_) return *octal_;
  for (const Clause& clause : clauses_) {
    mode_t bits = clause.bits;
    if (clause.search_only && (is_directory || (mode & 0111) != 0)) bits |= 1;
    const mode_t who = clause.who == 0 ? 0777 & ~mode_t{022} : clause.who;
    const mode_t spread = (bits << 6 | bits << 3 | bits) & who;
    if (clause.op == '+') mode |= spread;
    if (clause.op == '-') mode &= ~spread;
    // "=rx" without whom: the bits of all go, and what the umask lets pass comes.
    if (clause.op == '=') mode = (mode & ~(clause.who == 0 ? mode_t{0777} : clause.who)) | spread;
  }
  return mode & 0777;
}

tl::expected<FileCommand, std::string> parse_file_command(const std::vector<std::string>& argv) {
  if (std::find(std::begin(kMessages), std::end(kMessages), argv[0]) != std::end(kMessages))
    return FileCommand{};
  const auto* program = std::find_if(std::begin(kPrograms), std::end(kPrograms),
                                     [&](const Program& each) { return each.name == argv[0]; });
  if (program == std::end(kPrograms)) return tl::unexpected<std::string>("command " + argv[0]);
  FileCommand command;
  command.kind = program->kind;
  bool options = true;
  for (std::size_t at = 1; at < argv.size();) {
    const std::string& word = argv[at];
    const bool mode_word = program->kind == FileCommand::Kind::mode && !command.mode;
    if (options && word == "--") {
      options = false;
      ++at;
    } else if (options && word.size() > 1 && word[0] == '-' &&
               !(mode_word && is_negative_mode(word))) {
      const auto next = take_option(*program, argv, at, command);
      if (!next) return no(argv, word);
      at = *next;
    } else if (mode_word) {
      if (!set_mode(command, word)) return no(argv, word);
      ++at;
    } else {
      if (word.empty()) return no(argv, "''");
      command.operands.push_back(word);
      ++at;
    }
  }
  using Kind = FileCommand::Kind;
  const std::size_t count = command.operands.size();
  switch (command.kind) {
    case Kind::nothing:
      if (argv[0] == "chown") {
        static constexpr std::string_view kRoots[] = {
            "root", "root:root", "0", "0:0", "root:", "0:root", "root:0", ":root", ":0"};
        if (count < 2 || std::find(std::begin(kRoots), std::end(kRoots), command.operands[0]) ==
                             std::end(kRoots))
          return no(argv, "to somebody else");
      }
      return command;
    case Kind::link:
      if (!command.recursive) return no(argv, "without -s");
      command.recursive = false;
      break;
    case Kind::install:
      if (command.mode == std::nullopt) command.mode = ModeChange::parse("755");
      break;
    case Kind::directories:
      if (argv[0] == "install") {
        if (command.into) return no(argv, "-d with -t");
        if (!command.mode) command.mode = ModeChange::parse("755");
      }
      break;
    case Kind::copy:
    case Kind::mode:
      break;
  }
  if (command.into && command.no_target_directory) return no(argv, "-t with -T");
  const bool enough =
      command.into || command.kind == Kind::directories || command.kind == Kind::mode ? count >= 1
      : command.kind == Kind::link                                                    ? count >= 1
                                                                                      : count >= 2;
  if (!enough || (command.no_target_directory && count != 2))
    return no(argv, "with these operands");
  return command;
}

}  // namespace rbee::build
