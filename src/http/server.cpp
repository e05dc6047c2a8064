// The server around its loops: listening sockets, threads, and the end.
#include "http/server.hpp"

#include <fmt/format.h>

#include <thread>

#include "http/loop.hpp"

namespace rbee::http {

namespace {

std::string printed(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format("{}:{}", endpoint.address().is_v6() ? "[" + address + "]" : address,
                     endpoint.port());
}

/// A listening socket, or why there is none. `with_reuse_port` lets the threads of this process
/// share the address.
Result<Acceptor::native_handle_type> listen_on(asio::io_context& io, const tcp::endpoint& endpoint,
                                               bool with_reuse_port) {
  Acceptor acceptor(io);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  if (!error && with_reuse_port) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  const std::string where = printed(endpoint);
  if (error == asio::error::address_in_use)
    return fail(
        Errc::exists, "port-in-use", fmt::format("port in use: {}", where),
        {.why = "another program listens there",
         .fix = fmt::format("end it (ss -ltnp 'sport = :{}' names it), or choose another port: "
                            "--listen {} takes any free one",
                            endpoint.port(), printed(tcp::endpoint(endpoint.address(), 0)))});
  if (error == asio::error::access_denied)
    return fail(Errc::io, "listen-failed", fmt::format("this user may not listen on {}", where),
                {.why = "ports below 1024 belong to root",
                 .fix = "choose a higher port, with a proxy in front"});
  if (error)
    return fail(
        Errc::io, "listen-failed", fmt::format("cannot listen on {}: {}", where, error.message()),
        {.fix = "the address must be one of this machine's (ip address), or 0.0.0.0 for all"});
  return acceptor.release();
}

}  // namespace

struct Server::State {
  State(const ServerOptions& options, Service service, const Log& log)
      : shared(options, std::move(service), log) {}
  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::thread> threads;
  tcp::endpoint endpoint;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Service service,
                                              const Log& log) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return fail(Errc::usage, "address-invalid",
                fmt::format("'{}' is not an IP address", options.address),
                {.fix = "for example 127.0.0.1 or [::1]"});
  auto state = std::make_unique<State>(options, std::move(service), log);
  state->endpoint = tcp::endpoint(address, options.port);
  asio::io_context scratch;
  const auto close_listener = [&](Acceptor::native_handle_type handle) {
    Acceptor acceptor(scratch);
    acceptor.assign(state->endpoint.protocol(), handle, error);
    acceptor.close(error);
  };
  // SO_REUSEPORT would share the port with another server of this user in silence; ask without it
  // first.
  if (options.port != 0) {
    TRY_ASSIGN(const auto probe, listen_on(scratch, state->endpoint, false));
    close_listener(probe);
  }
  for (int i = 0; i < std::max(1, options.threads); ++i) {
    TRY_ASSIGN(const auto listener, listen_on(scratch, state->endpoint, true));
    state->loops.push_back(
        std::make_unique<Loop>(state->shared, listener, state->endpoint.protocol()));
    if (state->endpoint.port() == 0) {
      Acceptor first(scratch);
      first.assign(state->endpoint.protocol(), listener, error);
      state->endpoint = first.local_endpoint(error);
      first.release(error);
    }
  }
  for (const auto& loop : state->loops)
    state->threads.emplace_back([raw = loop.get()] { raw->run(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  stop();
}

std::uint16_t Server::port() const {
  return state_->endpoint.port();
}

std::string Server::origin() const {
  return "http://" + printed(state_->endpoint);
}

void Server::stop() {
  if (state_->threads.empty()) return;
  state_->shared.draining = true;
  for (const auto& loop : state_->loops) loop->drain();
  {
    std::unique_lock lock(state_->shared.mutex);
    state_->shared.all_closed.wait_for(lock, state_->shared.options.limits.drain_max,
                                       [&] { return state_->shared.open == 0; });
  }
  // Before the loops: a program's end is posted to its loop.
  state_->shared.programs.stop();
  state_->shared.files.stop();
  for (const auto& loop : state_->loops) loop->halt();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->loops.clear();
}

int Server::connections() const {
  const std::lock_guard lock(state_->shared.mutex);
  return state_->shared.open;
}

}  // namespace rbee::http
