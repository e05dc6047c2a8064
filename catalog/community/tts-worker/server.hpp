// The HTTP side that the bundled workers share: flags, routes, limits, JSON errors, a clean stop.
//
// Wraps cpp-httplib, and is the only part of a worker that sees it. Each recipe carries its own
// copy of server.hpp and server.cpp, because a recipe may only use the files beside it; a test
// keeps them equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace worker {

/// What a handler throws to refuse a request. Becomes {"error":{"message","type","param","code"}}.
struct Refusal : std::runtime_error {
  Refusal(int http_status, std::string stable_code, const std::string& message,
          std::string field = {})
      : std::runtime_error(message),
        status(http_status),
        code(std::move(stable_code)),
        param(std::move(field)) {}
  int status;
  std::string code;
  std::string param;  ///< The field that is wrong; empty becomes null.
};

/// One field of a multipart/form-data body.
struct Part {
  std::string content;
  std::string filename;
  std::string content_type;
};

/// A request whose body was read completely and is within the limit.
struct Call {
  std::map<std::string, std::string> query;
  std::string content_type;           ///< Lower case, without parameters.
  std::string body;                   ///< Empty for multipart.
  std::map<std::string, Part> parts;  ///< Empty unless multipart. The first of a name wins.
  bool can_stream = true;             ///< False for HTTP/1.0, which has no chunks.

  /// The text of a form field or, without one, of a query parameter; empty when neither is there.
  std::string option(const std::string& name) const;
};

/// Write bytes to the client. False: it left or the server stops, so produce no more.
using Sink = std::function<bool(std::string_view bytes)>;

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
  /// When set, `body` is ignored: called until it returns false, each call writing the next piece.
  std::function<bool(const Sink&)> next_piece;
};
Reply json_reply(const nlohmann::json& value);

struct Route {
  std::string method;
  std::string path;  ///< Matched exactly.
  std::function<Reply(const Call&)> handle;
  /// True for inference: only a bounded number runs or waits at once, others get 503 and
  /// Retry-After.
  bool heavy = false;
};

/// What differs between the workers' command lines.
struct Program {
  std::string name;
  std::string version;
  std::string summary;  ///< One line for --help.
  int port = 0;         ///< The default of --port.
  std::size_t body_bytes_max = 0;
  std::map<std::string, std::string> flags;  ///< "--flag VALUE" to help, for this worker alone.
};

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;
  bool self_test = false;
  std::map<std::string, std::string> values;  ///< "--flag" to its value.
};

/// Read the command line. --help and --version print and exit 0; anything unknown exits 2.
Options parse_options(const Program& program, int argc, char** argv);

/// Serve until SIGTERM or SIGINT; `ready` runs once before listening (load models there). Prints
/// "listening on http://HOST:PORT" when connections are accepted. Returns the process's exit code.
int serve(const Program& program, const Options& options, std::vector<Route> routes);

/// Parse untrusted JSON: UTF-8, at most 16 levels. Throws Refusal 400 "invalid_json".
nlohmann::json parse_json(std::string_view text);

/// True when every byte belongs to well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace worker
