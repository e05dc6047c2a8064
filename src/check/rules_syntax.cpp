// Groups syntax and hooks: what the text is, what reading it would run.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "check/locked_fetch.hpp"
#include "check/report.hpp"
#include "check/words.hpp"
#include "pkgbuild/text_commands.hpp"

namespace rbee::check {

namespace {

using pkgbuild::Command;

/// What may stand at top level: it changes variables, or asks, and nothing else. What a platform
/// question may ask (uname, sed, cut …) is the engine's own list.
constexpr auto kTopLevel = std::to_array<std::string_view>(
    {"[",     "test",    ":",        "true",  "false",    "printf",  "echo", "declare", "typeset",
     "local", "export",  "readonly", "unset", "shopt",    "set",     "read", "mapfile", "readarray",
     "let",   "shift",   "return",   "break", "continue", "command", "type", "which",   "hash",
     "pwd",   "dirname", "basename", "nproc", "date",     "msg",     "msg2"});

constexpr auto kBuiltins = std::to_array<std::string_view>(
    {".",       ":",         "[",        "alias",   "bg",       "bind",     "break",   "builtin",
     "caller",  "cd",        "command",  "compgen", "complete", "continue", "declare", "dirs",
     "disown",  "echo",      "enable",   "eval",    "exec",     "exit",     "export",  "false",
     "fc",      "fg",        "getopts",  "hash",    "help",     "history",  "jobs",    "kill",
     "let",     "local",     "logout",   "mapfile", "popd",     "printf",   "pushd",   "pwd",
     "read",    "readarray", "readonly", "return",  "set",      "shift",    "shopt",   "source",
     "suspend", "test",      "times",    "trap",    "true",     "type",     "typeset", "ulimit",
     "umask",   "unalias",   "unset",    "wait"});

/// Bytes of a UTF-8 character that people do not see and that changes what they read; 0: none here.
std::size_t invisible_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0;
  };
  if (byte(i) == 0xE2 && byte(i + 1) == 0x80 &&
      ((byte(i + 2) >= 0x8B && byte(i + 2) <= 0x8F) ||
       (byte(i + 2) >= 0xAA && byte(i + 2) <= 0xAE)))
    return 3;  // U+200B to U+200F, U+202A to U+202E
  if (byte(i) == 0xE2 && byte(i + 1) == 0x81 && byte(i + 2) >= 0xA0 && byte(i + 2) <= 0xAF)
    return 3;                                                                   // U+2060 to U+206F
  if (byte(i) == 0xEF && byte(i + 1) == 0xBB && byte(i + 2) == 0xBF) return 3;  // U+FEFF
  if (byte(i) == 0xD8 && byte(i + 1) == 0x9C) return 2;                         // U+061C
  if (byte(i) == 0xC2 && byte(i + 1) == 0xAD) return 2;                         // U+00AD
  if (byte(i) == 0xF3 && byte(i + 1) == 0xA0 && (byte(i + 2) == 0x80 || byte(i + 2) == 0x81))
    return 4;  // tags, U+E0000 to U+E007F
  return 0;
}

void check_bytes(Report& report, std::string_view file, std::string_view text) {
  const auto add = [&](std::string_view rule, std::size_t at, std::size_t length,
                       std::string message) {
    report.add_in_file(rule, file, text,
                       {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + length)},
                       std::move(message));
  };
  if (text.size() > 64 * 1024)
    add("SYN-001", 0, 0, fmt::format("{} has {} bytes; at most 65536 are read", file, text.size()));
  bool crlf = false, control = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\r' && !crlf) {
      crlf = true;
      add("SYN-001", i, 1, "a carriage return: bash takes it for part of the word before it");
    } else if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f) {
      if (!control) add("SYN-001", i, 1, fmt::format("a control byte (0x{:02x})", c));
      control = true;
    } else if (const std::size_t length = invisible_at(text, i); length > 0) {
      add("SYN-004", i, length, "an invisible or direction-changing character");
      i += length - 1;
    }
  }
  if (!is_utf8(text)) add("SYN-001", 0, 0, fmt::format("{} is not UTF-8", file));
}

void check_top_level(Report& report, const RecipeView& view) {
  std::set<std::string_view> functions;
  for (const FunctionView& function : view.commands->functions()) functions.insert(function.name);
  for (const CommandView& command : view.commands->all()) {
    if (!command.function.empty() || command.invocations.empty()) continue;
    for (const Invocation& each : command.invocations) {
      const bool pure = contains(kTopLevel, each.name) || pkgbuild::is_text_command(each.name) ||
                        is_platform_probe(each.name);
      const bool is_function = functions.contains(each.name);
      if ((pure && each.path == each.name) || is_function) continue;
      report.add("SYN-002", view, command.span,
                 fmt::format("'{}' would run when the recipe is merely read", each.path));
    }
    for (const RedirectView& redirect : command.redirects) {
      const bool writes = redirect.kind == pkgbuild::Redirect::Kind::write ||
                          redirect.kind == pkgbuild::Redirect::Kind::append ||
                          redirect.kind == pkgbuild::Redirect::Kind::clobber ||
                          redirect.kind == pkgbuild::Redirect::Kind::read_write;
      if (writes && !redirect.targets.empty() && redirect.targets[0] != "/dev/null")
        report.add("SYN-002", view, redirect.span,
                   "a file would be written when the recipe is merely read");
    }
    if (command.background)
      report.add("SYN-002", view, command.span,
                 "something would be started when the recipe is merely read");
  }
}

void check_meaning_changers(Report& report, const RecipeView& view) {
  constexpr auto kChangers = std::to_array<std::string_view>(
      {"eval", "source", ".", "trap", "alias", "unalias", "enable"});
  for (const CommandView& command : view.commands->all())
    for (const Invocation& each : command.invocations)
      if (contains(kChangers, each.path))
        report.add("SYN-003", view, command.span, fmt::format("'{}' is used", each.path), {},
                   command.file);
  for (const FunctionView& function : view.commands->functions()) {
    if (contains(kBuiltins, function.name))
      report.add(
          "SYN-003", view, function.span,
          fmt::format("a function is called '{}', as a command of the shell", function.name));
    else if (is_network_tool(function.name) || is_package_manager(function.name) ||
             is_interpreter(function.name))
      report.add("SYN-003", view, function.span,
                 fmt::format("a function is called '{}', as a program", function.name));
  }
}

}  // namespace

void check_loading(Report& report) {
  for (Finding finding : report.subject().loading) {
    const std::string own = finding.rule;
    const auto becomes = [&](std::string_view rule) {
      finding.rule = rule;
      const Rule* row = find_rule(rule);
      if (finding.why.empty()) finding.why = row->why;
      if (finding.fix.empty()) finding.fix = row->fix;
    };
    if (own.starts_with("pkgbuild-unsupported"))
      becomes("SYN-002");
    else if (own.starts_with("pkgbuild-") ||
             (finding.file.starts_with("PKGBUILD") && find_rule(own) == nullptr))
      becomes("SYN-001");
    else if (own.starts_with("file-"))
      becomes("FILE-001");
    else if (find_rule(own) == nullptr)
      becomes("META-001");
    report.take(std::move(finding));
  }
}

void check_syntax(Report& report) {
  for (const SubjectFile& file : report.subject().now.files) {
    const bool is_recipe = file.path == "PKGBUILD" || file.path == "PKGBUILD.bin";
    if (is_recipe || file.path == "worker.toml") check_bytes(report, file.path, file.bytes);
  }
  for (const RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    // What we generated asks nothing and runs nothing by construction; a test holds it to that.
    check_top_level(report, view);
    check_meaning_changers(report, view);
    const SubjectFile* committed = report.subject().now.file(".SRCINFO");
    if (committed != nullptr && view.recipe->kind == manifest::RecipeKind::source &&
        !view.recipe->variants.empty() &&
        pkgbuild::srcinfo(*view.recipe->variants.front().recipe) != committed->bytes)
      report.add("SYN-006", ".SRCINFO", "it differs from what the recipe evaluates to");
  }
}

void check_exhaustion(Report& report) {
  for (const RecipeView& view : report.recipes())
    if (view.commands != nullptr && view.commands->exhausted())
      report.add("RULE-001", view.file,
                 "the recipe nests or expands too much to be looked through");
}

void check_hooks(Report& report) {
  for (const SubjectFile& file : report.subject().now.files)
    if (file.path.ends_with(".install") || file.path.ends_with(".hook"))
      report.add("HOOK-001", file.path, fmt::format("'{}' is an install hook", file.path));
  for (const RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    for (const AssignmentView& assignment : view.commands->assignments())
      if (assignment.name == "install" &&
          (assignment.texts.empty() || !assignment.texts[0].empty()))
        report.add("HOOK-001", view, assignment.span, "install= names an install hook");
    const auto* manifest = &report.subject().now.manifest;
    for (const CommandView& command : view.commands->all()) {
      for (const Invocation& each : command.invocations) {
        const Fetch fetch = package_manager_fetch(each);
        if (fetch.manager.empty()) continue;
        const bool only_prepare = view.commands->runs_in_prepare_only(command);
        const bool declared = *manifest && declares_locked_fetch(**manifest, fetch.manager);
        if (fetch.locked && only_prepare && declared) {
          report.add("HOOK-002", view, command.span,
                     fmt::format("'{}' fetches what its lock file names, as worker.toml declares",
                                 each.line()),
                     {.severity = Severity::hold, .fix = "nothing, if the lock file was reviewed"},
                     command.file);
          continue;
        }
        std::string fix;
        if (fetch.locked && only_prepare)
          fix = fmt::format("declare it in worker.toml: [build] locked_fetch = [\"{}\"]",
                            fetch.manager);
        else if (fetch.locked)
          fix = "do it in prepare(), and declare it in worker.toml";
        report.add("HOOK-002", view, command.span,
                   fmt::format("'{}' fetches packages", each.line()), {.fix = std::move(fix)},
                   command.file);
      }
    }
  }
}

}  // namespace rbee::check
