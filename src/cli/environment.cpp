#include "cli/environment.hpp"

#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace rbee::cli {

namespace {

constexpr std::array kVariables = {"HOME",
                                   "PATH",
                                   "XDG_DATA_HOME",
                                   "XDG_CACHE_HOME",
                                   "XDG_CONFIG_HOME",
                                   "XDG_STATE_HOME",
                                   "RBEE_INSTALL_DIR",
                                   "RBEE_CATALOG",
                                   "RBEE_TOKEN",
                                   "RBEE_PLATFORM",
                                   "RBEE_MACHINE",
                                   "RBEE_TELEMETRY",
                                   "DO_NOT_TRACK",
                                   "NO_COLOR",
                                   "CLICOLOR",
                                   "CLICOLOR_FORCE",
                                   "TERM",
                                   "COLUMNS"};

int columns_of(int descriptor, std::string_view variable) {
  int columns = 0;
  for (char c : variable) {
    if (c < '0' || c > '9' || columns > 10'000) return 80;
    columns = columns * 10 + (c - '0');
  }
  if (columns > 0) return columns;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

Result<std::filesystem::path> home(const Environment& environment, std::string_view variable) {
  if (!environment.home.empty()) return std::filesystem::path(environment.home);
  return fail(Errc::io, "home-missing", "there is no home directory to work in",
              {.evidence = {"HOME is not set, and the user database has no entry for this user"},
               .fix = "set HOME, or " + std::string(variable)});
}

/// The folder of rbee below an XDG base directory.
Result<std::filesystem::path> xdg(const Environment& environment, std::string_view variable,
                                  std::string_view fallback) {
  const std::filesystem::path named(environment.variable(variable));
  if (named.is_absolute()) return named / "rbee";
  TRY_ASSIGN(const std::filesystem::path top, home(environment, variable));
  return top / fallback / "rbee";
}

}  // namespace

std::string_view Environment::variable(std::string_view name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

Environment read_environment() {
  Environment environment;
  for (const char* name : kVariables)
    if (const char* value = std::getenv(name)) environment.variables.emplace(name, value);
  for (const char* name : kCiVariables)
    if (const char* value = std::getenv(name)) environment.variables.emplace(name, value);
  // A premium worker's manifest may name the variable that holds its licence key.
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (text.starts_with("RBEE_LICENSE_") && equals != std::string_view::npos)
      environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  environment.home = environment.variable("HOME");
  if (!std::filesystem::path(environment.home).is_absolute()) {
    const passwd* user = getpwuid(getuid());
    environment.home =
        user != nullptr && user->pw_dir != nullptr && user->pw_dir[0] == '/' ? user->pw_dir : "";
  }
  const auto look_at = [&](int descriptor) {
    Terminal terminal;
    terminal.is_terminal = isatty(descriptor) == 1;
    terminal.columns = columns_of(descriptor, environment.variable("COLUMNS"));
    terminal.colour = wants_colour(environment, terminal.is_terminal);
    return terminal;
  };
  environment.out = look_at(STDOUT_FILENO);
  environment.err = look_at(STDERR_FILENO);
  environment.in_is_terminal = isatty(STDIN_FILENO) == 1;
  return environment;
}

int terminal_columns(const Environment& environment) {
  return columns_of(STDERR_FILENO, environment.variable("COLUMNS"));
}

bool wants_colour(const Environment& environment, bool is_terminal) {
  if (!environment.variable("NO_COLOR").empty()) return false;
  const std::string_view force = environment.variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  if (environment.variable("CLICOLOR") == "0" || environment.variable("TERM") == "dumb")
    return false;
  return is_terminal;
}

Result<std::filesystem::path> state_directory(const Environment& environment) {
  return xdg(environment, "XDG_STATE_HOME", ".local/state");
}

Result<install::Directories> directories(const Environment& environment) {
  install::Directories result;
  TRY_ASSIGN(result.data, xdg(environment, "XDG_DATA_HOME", ".local/share"));
  TRY_ASSIGN(result.cache, xdg(environment, "XDG_CACHE_HOME", ".cache"));
  const std::filesystem::path bin(environment.variable("RBEE_INSTALL_DIR"));
  if (bin.is_absolute()) {
    result.bin = bin;
  } else if (!bin.empty()) {
    return fail(Errc::usage, "install-dir-relative", "RBEE_INSTALL_DIR must be an absolute path",
                {.evidence = {"RBEE_INSTALL_DIR=" + bin.string()}});
  } else {
    TRY_ASSIGN(const std::filesystem::path top, home(environment, "RBEE_INSTALL_DIR"));
    result.bin = top / ".local/bin";
  }
  return result;
}

Result<std::filesystem::path> config_path(const Environment& environment) {
  TRY_ASSIGN(const std::filesystem::path folder, xdg(environment, "XDG_CONFIG_HOME", ".config"));
  return folder / "config.toml";
}

bool is_in_path(const Environment& environment, const std::filesystem::path& directory) {
  const std::filesystem::path wanted = (directory / "").lexically_normal();
  for (std::string_view piece : split(environment.variable("PATH"), ':'))
    if (!piece.empty() && (std::filesystem::path(piece) / "").lexically_normal() == wanted)
      return true;
  return false;
}

std::string tilde(const Environment& environment, const std::filesystem::path& path) {
  std::string text = path.string();
  const std::string& home = environment.home;
  if (home.size() > 1 && (text == home || text.starts_with(home + "/")))
    text = "~" + text.substr(home.size());
  return printable_line(text);
}

}  // namespace rbee::cli
