// One way out of a sandbox without a network: a proxy on this side that lets through to a few
// hosts.
//
// The socket that the proxy listens on is made inside the sandbox's network namespace, where
// nothing else is; what connects to it there talks to us here. No program of ours runs inside, and
// nothing there can reach this machine, its network, or a host that is not named. Source: setns(2),
// ioctl_ns(2), unix(7) SCM_RIGHTS; RFC 9110, 9.3.6 (CONNECT).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/joined_threads.hpp"
#include "base/result.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::platform {

/// A socket that listens on 127.0.0.1:`port` in the network namespace of the process `pid`, whose
/// user namespace is this user's. Errors: Errc::failed "sandbox-gateway".
Result<FileDescriptor> listen_inside(pid_t pid, std::uint16_t port);

/// Answers CONNECT for the hosts that it was given, and 403 for all others.
class FetchProxy {
 public:
  /// `hosts`: "index.crates.io:443".
  explicit FetchProxy(std::vector<std::string> hosts)
      : hosts_(hosts.begin(), hosts.end()), threads_(kConnectionsMax) {}
  /// Ends every connection.
  ~FetchProxy() { stop(); }
  FetchProxy(const FetchProxy&) = delete;
  FetchProxy& operator=(const FetchProxy&) = delete;

  /// Accept on `listening` until `stop`. Called once.
  void serve(FileDescriptor listening);
  void stop();
  /// What was asked for and is not allowed, for people; at most twenty.
  std::set<std::string> refused() const;

 private:
  static constexpr std::size_t kConnectionsMax = 64;

  void accept_all();
  void answer(int connection);
  void relay(int inside, int outside);

  std::set<std::string> hosts_;
  FileDescriptor listening_;
  std::thread acceptor_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::set<std::string> refused_;
  JoinedThreads threads_;
};

}  // namespace rbee::platform
