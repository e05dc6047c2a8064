// What surrounds one run of the program: environment variables, directories, terminals.
//
// Values only; `read_environment` alone asks the operating system. Tests make their own.
// Source: XDG Base Directory Specification 0.8; no-color.org; bixense.com/clicolors.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// What services that test programs set; each means that nobody is there.
inline constexpr std::array kCiVariables = {"CI",
                                            "GITHUB_ACTIONS",
                                            "GITLAB_CI",
                                            "JENKINS_URL",
                                            "BUILDKITE",
                                            "TF_BUILD",
                                            "TRAVIS",
                                            "CIRCLECI",
                                            "APPVEYOR",
                                            "DRONE",
                                            "TEAMCITY_VERSION",
                                            "BITBUCKET_BUILD_NUMBER",
                                            "CODEBUILD_BUILD_ID",
                                            "WOODPECKER",
                                            "CIRRUS_CI"};

/// One stream that a person may be looking at.
struct Terminal {
  bool is_terminal = false;
  int columns = 80;     ///< Meaningful on a terminal only.
  bool colour = false;  ///< May be written to with SGR sequences.
};

struct Environment {
  std::map<std::string, std::string, std::less<>> variables;  ///< Only those that rbee reads.
  std::string home;  ///< Absolute, or empty when nobody knows.
  Terminal out, err;
  bool in_is_terminal = false;  ///< Somebody can be asked.

  /// The variable's value; empty when it is unset.
  std::string_view variable(std::string_view name) const;
};

/// Ask the operating system once, at the start.
Environment read_environment();

/// Columns of the terminal on standard error as it is now: people resize windows. COLUMNS wins.
int terminal_columns(const Environment& environment);

/// May colour be used on this stream? A non-empty NO_COLOR says no; then CLICOLOR_FORCE (not "0")
/// says yes even in a pipe; then TERM=dumb and CLICOLOR=0 say no; else terminals have it, and
/// nothing else.
bool wants_colour(const Environment& environment, bool is_terminal);

/// Where things are: XDG_DATA_HOME, XDG_CACHE_HOME and RBEE_INSTALL_DIR, or their defaults below
/// HOME. A relative XDG variable is ignored, as the specification demands. Errors: Errc::io
/// "home-missing".
Result<install::Directories> directories(const Environment& environment);

/// $XDG_STATE_HOME/rbee, or ~/.local/state/rbee. Errors: Errc::io "home-missing".
Result<std::filesystem::path> state_directory(const Environment& environment);

/// $XDG_CONFIG_HOME/rbee/config.toml, or ~/.config/rbee/config.toml. Errors: Errc::io
/// "home-missing".
Result<std::filesystem::path> config_path(const Environment& environment);

/// True when PATH names this directory.
bool is_in_path(const Environment& environment, const std::filesystem::path& directory);

/// `path` as people write it: "~/.local/bin" below the home directory, printable, on one line.
std::string tilde(const Environment& environment, const std::filesystem::path& path);

}  // namespace rbee::cli
