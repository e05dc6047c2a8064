// Git's hooks, both ends: the thin program that Git starts, and the server's socket that it asks.
//
// The server decides; the hook carries the question there and the answer back. One question a
// connection over a Unix socket that only this user may open: one line of JSON each way.
// Source: githooks(5); unix(7).
#pragma once

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "git_service.hpp"
#include "http/log.hpp"
#include "submission/push.hpp"

namespace rbee::market {

/// What a hook needs of the world, so that tests can give it another.
struct HookInput {
  std::string name;        ///< "pre-receive" or "proc-receive".
  std::string socket;      ///< $RBEE_SOCKET
  std::string push;        ///< $RBEE_PUSH
  std::string quarantine;  ///< $GIT_QUARANTINE_PATH; may be empty.
};

/// Read Git's side from `in`, answer on `out`, tell the pusher on `err`. Returns the exit code.
int run_hook(const HookInput& input, std::FILE* in, std::FILE* out, std::FILE* err);

/// Answers hooks while it exists.
class HookServer {
 public:
  /// Errors: Errc::io "hook-socket".
  static Result<std::unique_ptr<HookServer>> start(const std::filesystem::path& socket,
                                                   const PusherTable& pushers,
                                                   submission::PushReceiver& receiver,
                                                   const http::Log& log);
  ~HookServer();
  HookServer(const HookServer&) = delete;
  HookServer& operator=(const HookServer&) = delete;

 private:
  struct State;
  explicit HookServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::market
