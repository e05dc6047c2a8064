// The HTTP/1.1 server: sockets, limits and timeouts around one function `Response respond(const
// Request&)`.
//
// Listens on one address with one io_context per thread (SO_REUSEPORT); the service is called on
// those threads, at once from several, and must not block for long. Boost.Asio and Boost.Beast are
// behind it, in loop.hpp and exchange.cpp. Source: RFC 9110, RFC 9112; the limits: docs/api.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "http/cgi.hpp"
#include "http/head.hpp"
#include "http/log.hpp"
#include "http/message.hpp"

namespace rbee::http {

/// What one client may ask for. Tests shorten the times.
struct Limits {
  HeadLimits head;
  std::size_t body_bytes_max = 64 * 1024;
  std::chrono::milliseconds head_time_max{10'000};  ///< From the first byte of a head to its last.
  std::chrono::milliseconds grace{
      10'000};  ///< After it, a body or an answer must move at this rate:
  std::size_t bytes_per_second_min = 1024;
  std::chrono::milliseconds idle_max{15'000};   ///< Between requests.
  std::chrono::milliseconds drain_max{10'000};  ///< For requests in flight when the server stops.
  int connections_max = 4096;
  int connections_per_address_max = 32;  ///< IPv6: per /64.
  int programs_max = 16;                 ///< CGI programs at once; more wait for their turn:
  int files_max = 128;                   ///< Large files being sent at once; likewise.
  std::chrono::milliseconds program_wait_max{30'000};  ///< then 503.
};

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< An IPv4 or IPv6 address; only this one is listened on.
  std::uint16_t port = 8787;          ///< 0: any free one.
  int threads = 1;
  Limits limits;
};

/// Who answers a request beside `respond`.
using Streamed = std::variant<std::monostate, Response, CgiCommand, FileAnswer>;

/// One answer, as it goes out.
struct Observation {
  const Request& request;
  int status;                          ///< 0: a program or a file answered, and knows.
  std::size_t bytes;                   ///< Of the body.
  std::chrono::microseconds duration;  ///< Of the service's work.
};

/// What the transport calls. `respond` may be called from several threads at once; an exception is
/// answered with 500.
struct Service {
  std::function<Response(const Request&)> respond;
  /// Render the refusal of a request whose target is malformed; `request.target` is as sent,
  /// `request.path` empty. Not set: problem details.
  std::function<Response(const Request&, const Refusal&)> refuse = {};
  /// Asked before all others, with the request's head and no body: it may set the client's address
  /// and `answer_fields`, and answer at once, for example with 429. Not set: everything is
  /// admitted.
  std::function<std::optional<Response>(Request&)> admit = {};
  /// Told of every answer, those to malformed requests included (their method is "-"). Must be
  /// quick.
  std::function<void(const Observation&)> observe = {};
  /// Asked next, with the request's head and no body: a program or a large file that answers it,
  /// an answer of our own, or nothing for everything else. Not set: nothing.
  std::function<Streamed(const Request&)> stream = {};
};

class Server {
 public:
  /// Bind, listen and start the threads. `log` must outlive the server.
  /// Errors: Errc::exists "port-in-use", Errc::usage "address-invalid", Errc::io "listen-failed".
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Service service,
                                               const Log& log);
  /// As `stop`.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:8787".
  std::string origin() const;
  /// Accept no more, close idle connections, let requests in flight finish (`drain_max`), then
  /// return.
  void stop();
  int connections() const;  ///< Open now.

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::http
