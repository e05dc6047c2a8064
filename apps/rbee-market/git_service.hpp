// The catalog over Git's smart HTTP: anybody clones, accounts push to refs/for/main.
//
// Decides about each request and describes the program that answers it: git's own http-backend,
// with an environment of our making and nothing of the user's or the system's configuration.
// Source: git-http-backend(1), gitprotocol-http(5), git-config(1).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace rbee::market {

/// Who pushes, for as long as the push lasts. Hooks know it by an id that only this process gave
/// out.
struct Pusher {
  std::string account, remote_address;
};

class PusherTable {
 public:
  /// Remember a pusher; returns the id for the hooks' environment.
  std::string add(Pusher pusher);
  std::optional<Pusher> find(const std::string& id) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::pair<Pusher, std::chrono::steady_clock::time_point>>
      all_;  ///< Guarded.
};

/// The account that a name and an API token belong to, when it may submit.
using AuthenticatePush =
    std::function<Result<std::string>(std::string_view name, std::string_view token)>;

struct GitServiceOptions {
  std::filesystem::path data;        ///< Holds the hooks' folder and socket.
  std::filesystem::path repository;  ///< Served as /catalog.git.
  std::filesystem::path self;        ///< This program: what hooks run.
  std::string socket_name = "hook.sock";
  std::string submit_at = {};  ///< Where changes are submitted instead; may be empty.
};

class GitService {
 public:
  /// Writes the hooks. Errors: Errc::not_found "git-missing"; Errc::io.
  static Result<std::unique_ptr<GitService>> open(const GitServiceOptions& options,
                                                  AuthenticatePush authenticate);
  /// For `http::Service::cgi`.
  http::Streamed decide(const http::Request& request);
  PusherTable& pushers() { return pushers_; }
  std::filesystem::path socket_path() const;

 private:
  GitService(GitServiceOptions options, std::string backend, std::string prlimit,
             AuthenticatePush authenticate);
  http::Response ask_for_token(const http::Request& request, std::string detail) const;

  GitServiceOptions options_;
  std::string backend_, prlimit_;
  AuthenticatePush authenticate_;
  PusherTable pushers_;
};

}  // namespace rbee::market
