// One thread of the transport: its io_context, its acceptor and its connections, so that nothing in
// it needs a strand. Timeouts are one sweep a tick over the connections: no timer is armed per
// request.
//
// For server.cpp, loop.cpp and exchange.cpp only. loop.cpp has the sockets, exchange.cpp one
// request and its answer (and Boost.Beast, which costs 15 s to compile).
#pragma once

#include <fmt/format.h>

#include <ctime>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <variant>

#include "http/connection.hpp"

namespace rbee::http {

class RequestParser;  // exchange.cpp

/// Answers to pipelined requests are written together up to here.
inline constexpr std::size_t kBatchBytes = 64 * 1024;

enum class KeepAlive { no, yes, yes_and_say_so };  ///< The last: HTTP/1.0 wants to be told.

/// One thread: its sockets and everything that only it touches.
class Loop {
 public:
  Loop(Shared& shared, Acceptor::native_handle_type listener, const tcp& protocol)
      : shared_(shared), acceptor_(io_), sweep_timer_(io_), random_(std::random_device{}()) {
    acceptor_.assign(protocol, listener);
  }

  void run();
  /// From any thread: accept no more, let idle connections go.
  void drain();
  void halt() { io_.stop(); }

 private:
  Awaitable<void> accept();
  Awaitable<void> sweep();
  Awaitable<void> serve(Socket socket, std::string remote, std::string key);
  Awaitable<bool> read(Connection& connection);
  Awaitable<bool> flush(Connection& connection);
  Awaitable<void> linger(Connection& connection);
  /// Read, answer and maybe keep the connection: true when another request may follow.
  Awaitable<bool> exchange(Connection& connection);
  Awaitable<bool> read_body(Connection& connection, RequestParser& parser,
                            std::optional<Refusal>& refusal);
  Awaitable<bool> refuse(Connection& connection, const Refusal& refusal);
  /// Hand the connection to a program, and wait for its end.
  Awaitable<bool> hand_over(Connection& connection, CgiPool& pool,
                            std::variant<CgiCommand, FileAnswer> by, const Request& request,
                            std::string head);

  Request make_request(RequestParser& parser, const Connection& connection,
                       std::optional<Refusal>& refusal);
  std::optional<Response> admit(Request& request);
  Response respond(const Request& request, const std::optional<Refusal>& refusal);
  Awaitable<bool> answer(Connection& connection, const Request& request, const Response& response,
                         KeepAlive keep);
  void append_head(std::string& out, const Request& request, const Response& response,
                   KeepAlive keep);
  void turn_away(Socket& socket, const std::string& remote, Admission why);
  void log_access(const Request& request, const Response& response, std::size_t bytes,
                  Steady::time_point begin);
  std::string_view date();
  std::string new_id() { return fmt::format("{:016x}", random_()); }

  Shared& shared_;
  std::list<Connection*>
      connections_;  ///< Outlives io_, whose end destroys the coroutines that unlink themselves.
  asio::io_context io_{1};
  Acceptor acceptor_;
  Timer sweep_timer_;
  std::mt19937_64 random_;
  std::time_t date_second_ = 0;
  std::string date_;
};

}  // namespace rbee::http
