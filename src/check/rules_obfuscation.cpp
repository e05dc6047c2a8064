// Group obfuscation: what hides which program runs, or what it is given.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.hpp"
#include "check/report.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

constexpr std::size_t kBlobBytes = 512;
constexpr double kEntropyMax = 4.8;            ///< Bits a character; English and code stay below.
constexpr std::size_t kEntropyBytesMin = 256;  ///< Shorter texts have no meaningful entropy.

/// Environment that makepkg.conf or the build system sets: $CC is a compiler.
bool is_tool_variable(std::string_view raw) {
  constexpr auto kTools = std::to_array<std::string_view>(
      {"CC",     "CXX",   "CPP",        "LD",    "AR",    "AS",     "NM",
       "RANLIB", "STRIP", "OBJCOPY",    "MAKE",  "CMAKE", "NINJA",  "MESON",
       "PYTHON", "PERL",  "RUBY",       "CARGO", "GO",    "NODE",   "JAVA",
       "JAVAC",  "MVN",   "PKG_CONFIG", "SHELL", "BASH",  "EDITOR", "SUDO"});
  std::string name;
  for (const char c : raw)
    if ((c >= 'A' && c <= 'Z') || c == '_')
      name += c;
    else if (c == '$' || c == '{' || c == '}' || c == '"')
      continue;
    else
      break;
  return contains(kTools, name);
}

std::string first_word(const CommandView& command) {
  const std::size_t end = command.raw.find_first_of(" \t\n");
  return command.raw.substr(0, end);
}

void check_command_word(Report& report, const RecipeView& view, const CommandView& command) {
  const Assembly& how = command.assembly;
  const auto add = [&](std::string_view rule, std::string message, Details details = {}) {
    report.add(rule, view, command.span, std::move(message), std::move(details), command.file);
  };
  if (command.invocations.empty()) return;
  const Invocation& first = command.invocations.front();
  const std::string name = command.words.empty() ? first.path : command.words.front();
  if (how.indirect) {
    add("OBF-004", fmt::format("the command '{}' is found by the name that a variable holds",
                               first_word(command)));
    return;
  }
  if (how.ifs) {
    add("OBF-001", "$IFS stands for a blank in a command");
    return;
  }
  if (how.ansi_c || how.split_quotes || how.escapes) {
    add("OBF-001", fmt::format("'{}' is spelt in pieces: {}", name, first_word(command)));
    return;
  }
  if (how.substitution && !how.lookup) {
    if (name.find(kHole) != std::string::npos)
      add("OBF-004", "which command runs is the output of another", {.severity = Severity::hold});
    else
      add("OBF-001", fmt::format("the name '{}' is printed by another command", name));
    return;
  }
  if (!how.parameter) return;
  const bool is_known = name.find(kHole) == std::string::npos;
  const bool matters = [&] {
    for (const Invocation& each : command.invocations)
      if (is_network_tool(each.name) || is_package_manager(each.name) ||
          is_interpreter(each.name) || each.name == "eval" || each.name == "sudo" ||
          each.name == "base64")
        return true;
    return false;
  }();
  if (is_known) {
    // gcc-$_ver and ${CHOST}-strip are honest; a download tool or an interpreter put together is
    // not.
    if (how.glued && matters && first.path.find('/') == std::string::npos)
      add("OBF-001", fmt::format("the name '{}' is put together from variables: {}", first.name,
                                 first_word(command)));
    return;
  }
  if (first.path.find('/') != std::string::npos || is_tool_variable(first_word(command))) return;
  // $1 in a helper, ${_pre}gcc: the letters that are known decide whether it can hide anything.
  std::string known;
  for (const char c : name)
    if (c != kHole) known += c;
  if (known.size() >= 3 && (known[0] == '-' || known[0] == '.')) return;
  add("OBF-004", fmt::format("which command '{}' is cannot be told", first_word(command)),
      {.severity = Severity::hold});
}

/// cp "$(command -v curl)" ./x: a known program under a name of one's own.
void check_renamed_program(Report& report, const RecipeView& view, const CommandView& command) {
  for (const Invocation& each : command.invocations) {
    if (each.name != "cp" && each.name != "ln" && each.name != "install" && each.name != "mv")
      continue;
    // A link inside the package leads to the package's own program.
    if (!each.args.empty() && each.args.back().starts_with("/pkgdir")) continue;
    for (const std::string& arg : each.args) {
      const std::string_view name = base_name(arg);
      const bool in_system = arg.starts_with("/usr/bin/") || arg.starts_with("/bin/") ||
                             arg.starts_with("/usr/local/bin/");
      if (in_system && (is_network_tool(name) || is_package_manager(name) || is_interpreter(name)))
        report.add("OBF-001", view, command.span, fmt::format("'{}' gets another name", arg), {},
                   command.file);
    }
  }
}

double entropy(std::string_view text) {
  std::array<std::size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

bool is_blob_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=' || c == '-' || c == '_';
}

/// A run of base64 or hex characters, line breaks and escapes inside it not counted.
void check_blobs(Report& report, const RecipeView& view) {
  const std::string& text = view.recipe->text;
  std::size_t begin = 0, length = 0, slashes = 0;
  const auto end_run = [&](std::size_t at) {
    // Paths and URLs have a '/' every few letters; base64 has one in 64.
    if (length > kBlobBytes && slashes * 24 < length)
      report.add("OBF-003", view,
                 {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at)},
                 fmt::format("{} characters of base64 or hexadecimal", length));
    length = slashes = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_blob_byte(text[i])) {
      if (length == 0) begin = i;
      ++length;
      slashes += text[i] == '/' ? 1 : 0;
    } else if ((text[i] == '\n' ||
                (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n')) &&
               length > 0 && i >= 60 && length % 4 == 0 && length >= 60) {
      continue;  // base64 is often folded at 64 or 76 columns.
    } else {
      end_run(i);
    }
  }
  end_run(text.size());
  // Escapes: \x41\x42 …
  std::size_t escapes = 0;
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    const bool is_hex =
        text[i] == '\\' && (text[i + 1] == 'x' || text[i + 1] == '0' || text[i + 1] == 'u');
    if (!is_hex) continue;
    if (escapes++ == 0) begin = i;
    if (escapes == kBlobBytes / 8) {
      report.add("OBF-003", view,
                 {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i + 4)},
                 "many characters are written as escapes");
      break;
    }
  }
}

}  // namespace

void check_obfuscation(Report& report) {
  for (const RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    for (const CommandView& command : view.commands->all()) {
      check_command_word(report, view, command);
      check_renamed_program(report, view, command);
      for (const RedirectView& redirect : command.redirects) {
        if (redirect.kind != pkgbuild::Redirect::Kind::here_doc) continue;
        for (const std::string& text : redirect.targets)
          if (text.size() >= kEntropyBytesMin && text.find(kHole) == std::string::npos &&
              entropy(text) > kEntropyMax && text.find(' ') == std::string::npos)
            report.add("OBF-003", view, redirect.span,
                       fmt::format("a here-document of {:.1f} bits a character", entropy(text)), {},
                       command.file);
      }
    }
    check_blobs(report, view);
  }
}

}  // namespace rbee::check
