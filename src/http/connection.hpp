// One connection of the transport, and what the threads of a server share.
//
// For server.cpp, loop.cpp and exchange.cpp only: it includes Boost.Asio.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace rbee::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;

inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>());

/// What counts as one address: an IPv4 address, or an IPv6 /64, which is what one customer gets.
inline std::string address_key(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  if (address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  const auto bytes = address.to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

enum class Admission { admitted, server_full, address_full };

/// What the threads share.
struct Shared {
  Shared(const ServerOptions& the_options, Service the_service, const Log& the_log)
      : options(the_options),
        service(std::move(the_service)),
        log(the_log),
        programs(the_options.limits.programs_max, the_log),
        files(the_options.limits.files_max, the_log) {}

  Admission admit(const std::string& key) {
    const std::lock_guard lock(mutex);
    if (open >= options.limits.connections_max) return Admission::server_full;
    int& count = per_address[key];
    if (count >= options.limits.connections_per_address_max) return Admission::address_full;
    ++count;
    ++open;
    return Admission::admitted;
  }
  void release(const std::string& key) {
    const std::lock_guard lock(mutex);
    if (const auto at = per_address.find(key); at != per_address.end() && --at->second == 0)
      per_address.erase(at);
    if (--open == 0) all_closed.notify_all();
  }

  const ServerOptions options;
  const Service service;
  const Log& log;
  CgiPool programs;
  CgiPool files;
  std::atomic<bool> draining = false;
  std::mutex mutex;
  std::condition_variable all_closed;
  int open = 0;  ///< Guarded by `mutex`, as is the next.
  std::map<std::string, int> per_address;
};

inline constexpr std::chrono::milliseconds kLinger{2'000};

enum class Phase { idle, head, body, write, linger, program };

struct Connection {
  Socket socket;
  std::string remote;
  Phase phase = Phase::idle;
  Steady::time_point since = Steady::now();  ///< When the phase began.
  Steady::time_point progress = since;       ///< When bytes last moved.
  std::uint64_t moved_bytes = 0;             ///< In this phase.
  bool expired = false;
  beast::flat_buffer in;
  std::string out;

  void enter(Phase next) {
    phase = next;
    since = progress = Steady::now();
    moved_bytes = 0;
  }
  void moved(std::size_t bytes) {
    moved_bytes += bytes;
    progress = Steady::now();
  }
  bool is_late(const Limits& limits, Steady::time_point now) const {
    const auto elapsed = now - since;
    switch (phase) {
      case Phase::idle:
        return elapsed > limits.idle_max;
      case Phase::head:
        return elapsed > limits.head_time_max;
      case Phase::linger:
        return elapsed > kLinger;
      case Phase::program:
        return false;
      case Phase::write:
        if (now - progress > limits.idle_max) return true;
        [[fallthrough]];
      case Phase::body: {
        if (elapsed <= limits.grace) return false;
        const double seconds = std::chrono::duration<double>(elapsed).count();
        return static_cast<double>(moved_bytes) <
               seconds * static_cast<double>(limits.bytes_per_second_min);
      }
    }
    return false;
  }
  std::string_view unread() const {
    return {static_cast<const char*>(in.data().data()), in.size()};
  }
};

}  // namespace rbee::http
