// What a command is given: the settings of the command line, and the world that it may touch.
//
// A handler is `Result<int> handler(const Arguments&, Context&)`: no global state, so that tests
// run it with string streams, a made-up environment and a marketplace that is a map.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/environment.hpp"
#include "platform/machine.hpp"
#include "platform/sandbox.hpp"
#include "sdk/marketplace_client.hpp"

namespace rbee::cli {

class Table;  // table.hpp

/// Options that every command takes.
struct Settings {
  std::string catalog;  ///< --catalog; empty when it was not given.
  bool json = false;
  bool quiet = false;
  int verbosity = 0;
};

/// Everything outside the program, as functions and references that outlive the commands.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Environment& environment;
  const Clock& clock;
  sdk::Get get;       ///< For what marketplaces say.
  sdk::Get get_once;  ///< One quick attempt: for asking whether a worker is up.
  std::function<platform::HttpClient&()> http;  ///< For sources; made when it is first asked for.
  /// What this machine is and has. Asks drivers: for commands that need to know.
  std::function<Result<platform::Machine>()> machine;
  /// Its operating system and architecture alone (cpu), at no cost. Empty: `machine` is asked.
  std::function<Result<Platform>()> host = {};
  sdk::Get get_briefly = {};  ///< One attempt of two seconds. Empty: `get`.
  std::function<Result<void>()> sandbox = platform::check_sandbox;
  /// One POST of JSON, once, within two seconds. Empty: nothing can be sent.
  std::function<Result<platform::HttpAnswer>(const Url& url, std::string_view body,
                                             const sdk::HttpHeaders& headers)>
      post_briefly = {};
  /// Start `rbee telemetry send` as a process of its own, and do not wait. Empty: it is not done.
  std::function<void()> start_sender = {};
};

/// Colours of the terminal, by what they mean.
enum class Style { plain, bold, dim, good, bad, warning };

/// `text` between the SGR sequences of `style`, or alone when `colour` is false. `text` must be
/// printable.
std::string paint(std::string_view text, Style style, bool colour);

struct Context {
  World& world;
  const Settings& settings;

  /// The command's result, on standard output. Text must be printable.
  void print(std::string_view text);
  /// The command's result as a table, its heading bold, cut to the terminal.
  void print(const Table& table);
  /// The command's result with --json: one line.
  void print(const boost::json::value& value);
  /// What helps and is not the result: on standard error, not with --quiet or --json.
  void note(std::string_view text);
  /// On standard error, even with --quiet.
  void warn(std::string_view text);
  /// `paint` for standard output.
  std::string styled(std::string_view text, Style style) const;
  /// Width for tables and wrapped text; 0 in a pipe, where nothing is cut.
  int columns() const;
};

/// Tell people, or with --json a program, why the command failed. Returns the exit code.
int report(const Error& error, World& world, const Settings& settings);

}  // namespace rbee::cli
