// The sockets of one thread: accept, read, write, wait, and send away.
#include "http/loop.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "http/problem.hpp"

namespace rbee::http {

namespace {

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::chrono::milliseconds kRefusalPause{5};  ///< Of a thread whose server is full.

}  // namespace

void Loop::run() {
  asio::co_spawn(io_, accept(), asio::detached);
  asio::co_spawn(io_, sweep(), asio::detached);
  io_.run();
}

void Loop::drain() {
  asio::post(io_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    for (Connection* connection : connections_)
      if (connection->phase == Phase::idle) connection->socket.cancel(ignored);
  });
}

Awaitable<void> Loop::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!acceptor_.is_open()) co_return;
    if (error) {
      if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
          error == asio::error::no_memory) {
        shared_.log.write(LogLevel::error, "accept-failed", {{"reason", error.message()}});
        Timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(kAwait);
      }
      continue;
    }
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored);
    if (ignored) continue;  // It left already.
    const std::string remote = peer.address().to_string();
    std::string key = address_key(peer.address());
    const Admission admission = shared_.admit(key);
    if (admission != Admission::admitted) {
      turn_away(socket, remote, admission);
      // Nobody new could be served now: that clients try again at once must not cost those who are
      // served. The kernel holds the others meanwhile. (One address that has its share is turned
      // away without a pause: that would be at the cost of all.)
      if (admission == Admission::server_full) {
        Timer pause(io_, kRefusalPause);
        co_await pause.async_wait(kAwait);
      }
      continue;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(io_, serve(std::move(socket), remote, std::move(key)), asio::detached);
  }
}

void Loop::turn_away(Socket& socket, const std::string& remote, Admission why) {
  Request nobody;
  nobody.method_text = "-";
  nobody.remote_address = remote;
  nobody.id = new_id();
  Response response =
      why == Admission::server_full
          ? problem(nobody, Refusal{503, "too-many-connections",
                                    "this server has no connection left; try again"})
          : problem(nobody, Refusal{429, "too-many-connections-from-address",
                                    "your address holds as many connections as one address may"});
  response.headers.add("Retry-After", "1");
  std::string text;
  append_head(text, nobody, response, KeepAlive::no);
  text += response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  // Unread bytes would turn the close into a reset, which may overtake the answer.
  std::array<char, 4096> sink;
  socket.read_some(asio::buffer(sink), ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  log_access(nobody, response, response.body.size(), Steady::now());
}

Awaitable<void> Loop::sweep() {
  const Limits& limits = shared_.options.limits;
  const auto shortest = std::min({limits.head_time_max, limits.grace, limits.idle_max});
  const auto tick =
      std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
  for (;;) {
    sweep_timer_.expires_after(tick);
    const auto [error] = co_await sweep_timer_.async_wait(kAwait);
    if (error) co_return;
    const auto now = Steady::now();
    for (Connection* connection : connections_) {
      if (connection->expired || !connection->is_late(limits, now)) continue;
      connection->expired = true;
      error_code ignored;
      connection->socket.cancel(ignored);
    }
  }
}

Awaitable<void> Loop::serve(Socket socket, std::string remote, std::string key) {
  Connection connection{
      .socket = std::move(socket), .remote = std::move(remote), .in = {}, .out = {}};
  connections_.push_front(&connection);
  struct Leave {
    Loop& loop;
    std::list<Connection*>::iterator place;
    const std::string& key;
    ~Leave() {
      loop.connections_.erase(place);
      loop.shared_.release(key);
    }
  } const leave{*this, connections_.begin(), key};
  while (co_await exchange(connection)) {
  }
}

/// More bytes into `in`. False: the peer left, or it was too slow.
Awaitable<bool> Loop::read(Connection& connection) {
  const auto [error, bytes] =
      co_await connection.socket.async_read_some(connection.in.prepare(kReadBytes), kAwait);
  connection.in.commit(bytes);
  connection.moved(bytes);
  co_return !error && !connection.expired;
}

Awaitable<bool> Loop::flush(Connection& connection) {
  connection.enter(Phase::write);
  for (std::size_t sent = 0; sent < connection.out.size();) {
    const auto [error, bytes] =
        co_await connection.socket.async_write_some(asio::buffer(connection.out) + sent, kAwait);
    if (error || connection.expired) co_return false;
    sent += bytes;
    connection.moved(bytes);
  }
  connection.out.clear();
  if (connection.out.capacity() > 4 * kBatchBytes) connection.out.shrink_to_fit();
  co_return true;
}

/// Closing at once would reset the connection under bytes that the peer still sends, and lose the
/// answer.
Awaitable<void> Loop::linger(Connection& connection) {
  error_code ignored;
  connection.socket.shutdown(tcp::socket::shutdown_send, ignored);
  connection.enter(Phase::linger);
  connection.expired = false;
  std::array<char, 4096> sink;
  for (std::size_t total = 0; total < 256 * 1024 && !connection.expired;) {
    const auto [error, bytes] =
        co_await connection.socket.async_read_some(asio::buffer(sink), kAwait);
    if (error) break;
    total += bytes;
  }
}

}  // namespace rbee::http
