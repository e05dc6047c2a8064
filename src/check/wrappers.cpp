#include "check/wrappers.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "check/commands.hpp"

namespace rbee::check {

namespace {

using Words = std::span<const std::string>;

/// How a wrapper's own words end and the command begins.
struct Wrapper {
  std::string_view name;
  std::string_view
      options_with_value;    ///< Letters whose value is the next word: "un" for -u X -n X.
  int operands = 0;          ///< Words of its own before the command: timeout's time.
  bool assignments = false;  ///< env's A=b.
};

constexpr auto kWrappers = std::to_array<Wrapper>({
    {"env", "uSC", 0, true},
    {"command", "", 0},
    {"builtin", "", 0},
    {"exec", "a", 0},
    {"nice", "n", 0},
    {"ionice", "cnp", 0},
    {"time", "fo", 0},
    {"timeout", "ks", 1},
    {"nohup", "", 0},
    {"setsid", "", 0},
    {"stdbuf", "ioe", 0},
    {"xargs", "IiLlnPsdEa", 0},
    {"sudo", "ugphrtCDRTU", 0, true},
    {"doas", "uC", 0},
    {"pkexec", "", 0},
    {"busybox", "", 0},
    {"toybox", "", 0},
    {"chroot", "", 1},
    {"fakeroot", "lsbi", 0},
    {"unshare", "", 0},
    {"strace", "eopsSu", 0},
    {"arch-chroot", "u", 1},
    {"watch", "n", 0},
    {"chrt", "", 1},
    {"taskset", "c", 1},
    {"setarch", "", 0},
    {"linux32", "", 0},
    {"linux64", "", 0},
    {"ltrace", "eopsSu", 0},
    {"gosu", "", 1},
    {"setpriv", "", 0},
    {"catchsegv", "", 0},
    {"xvfb-run", "nspef", 0},
    {"dbus-run-session", "", 0},
    {"parallel", "jN", 0},
    {"runuser", "ugGsc", 0},
    {"systemd-run", "pEtuMH", 0},
    {"flock", "wE", 1},
    {"ld.so", "", 0},
});

const Wrapper* wrapper_of(std::string_view path) {
  const std::string_view name = base_name(path);
  for (const Wrapper& each : kWrappers)
    if (each.name == name) return &each;
  // The dynamic loader runs a program that is given to it.
  static constexpr Wrapper kLoader{"ld.so", "", 0};
  if (name.starts_with("ld-linux") || name.starts_with("ld-musl")) return &kLoader;
  return nullptr;
}

/// Where the command begins behind a wrapper's own words; words.size() when there is none.
std::size_t command_begin(const Wrapper& wrapper, Words words) {
  std::size_t i = 1;
  int operands = wrapper.operands;
  for (; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      ++i;
      if (operands == 0) return i;
      continue;
    }
    if (word.size() > 1 && word[0] == '-') {
      // A value may be in the same word; long options carry theirs with '='.
      if (word[1] != '-' && word.size() == 2 &&
          wrapper.options_with_value.find(word[1]) != std::string_view::npos)
        ++i;
      continue;
    }
    if (wrapper.assignments && word.find('=') != std::string::npos) continue;
    if (operands > 0) {
      --operands;
      continue;
    }
    return i;
  }
  return words.size();
}

bool only_asks(Words words) {
  return base_name(words[0]) == "command" && words.size() > 1 &&
         (words[1] == "-v" || words[1] == "-V" || words[1] == "-pv");
}

/// Each turn takes at least one word off, so this ends.
void unwrap_into(Words words, Unwrapped& out) {
  while (!words.empty()) {
    const auto end_here = [&] { out.commands.emplace_back(words.begin(), words.end()); };
    if (base_name(words[0]) == "find") {
      // Its own words, and each command that it runs.
      const std::size_t at = out.commands.size();
      out.commands.emplace_back();
      std::vector<std::string> own;
      for (std::size_t i = 0; i < words.size(); ++i) {
        own.push_back(words[i]);
        if (words[i] != "-exec" && words[i] != "-execdir" && words[i] != "-ok" &&
            words[i] != "-okdir")
          continue;
        const std::size_t begin = i + 1;
        while (i + 1 < words.size() && words[i + 1] != ";" && words[i + 1] != "+") ++i;
        unwrap_into(words.subspan(begin, i + 1 - begin), out);
      }
      out.commands[at] = std::move(own);
      return;
    }
    const Wrapper* wrapper = wrapper_of(words[0]);
    if (wrapper == nullptr || only_asks(words)) return end_here();
    const std::size_t begin = command_begin(*wrapper, words);
    if (begin >= words.size()) return end_here();
    if (std::find(out.wrappers.begin(), out.wrappers.end(), wrapper->name) == out.wrappers.end())
      out.wrappers.emplace_back(wrapper->name);
    words = words.subspan(begin);
  }
}

}  // namespace

bool is_wrapper(std::string_view name) {
  return name == "find" || wrapper_of(name) != nullptr;
}

Unwrapped unwrap(const std::vector<std::string>& words) {
  Unwrapped out;
  unwrap_into(words, out);
  return out;
}

bool is_shell(std::string_view name) {
  constexpr auto kShells = std::to_array<std::string_view>(
      {"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"});
  return std::find(kShells.begin(), kShells.end(), name) != kShells.end();
}

bool is_interpreter(std::string_view name) {
  if (is_shell(name)) return true;
  constexpr auto kNames = std::to_array<std::string_view>(
      {"node",    "nodejs", "deno",   "bun",    "lua",       "luajit", "awk",
       "gawk",    "mawk",   "tclsh",  "expect", "osascript", "pwsh",   "guile",
       "Rscript", "julia",  "elixir", "erl",    "escript",   "groovy"});
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return true;
  // python, python3, python3.11, pypy3, perl5, ruby3.1, php8 …
  for (const std::string_view stem : {"python", "pypy", "perl", "ruby", "php", "lua"}) {
    if (!name.starts_with(stem)) continue;
    const std::string_view rest = name.substr(stem.size());
    if (rest.find_first_not_of("0123456789.") == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace rbee::check
