// Requests that another program answers: the Common Gateway Interface, streaming both ways.
//
// For Git's own http-backend. Each runs on a thread of its own with 64 KB of buffer in each
// direction, so that neither a clone nor a push is ever held in memory; a peer that stops reading
// stops the program. Starts processes; nothing passes through a shell. Source: RFC 3875.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/joined_threads.hpp"
#include "http/file_answer.hpp"
#include "http/log.hpp"
#include "http/message.hpp"

namespace rbee::http {

/// A program that answers one request.
struct CgiCommand {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path.
  std::vector<std::string>
      environment;  ///< "NAME=value": all of it, RFC 3875's variables included.
  std::string directory = "/";
  std::uint64_t body_bytes_max = 0;      ///< Of the request, after chunks are undone.
  std::chrono::seconds wall_max{300};    ///< Then it is killed, with everything it started.
  std::chrono::seconds silence_max{15};  ///< Of a peer that should send or read.
};

/// What is left of a connection once its request's head was read.
struct CgiExchange {
  int socket = -1;     ///< Closed at the end.
  Request request;     ///< Without a body.
  std::string head;    ///< As sent, with its empty line.
  std::string unread;  ///< Bytes behind the head that were read already.
};

/// One request, and the program or file that is to answer it.
struct CgiTask {
  std::variant<CgiCommand, FileAnswer> answer;
  CgiExchange exchange;
};

/// Threads that run CGI programs, or send files: at most `running_max` at once.
class CgiPool {
 public:
  CgiPool(int running_max, const Log& log)
      : log_(log), threads_(static_cast<std::size_t>(running_max)) {}
  /// As `stop`.
  ~CgiPool();
  CgiPool(const CgiPool&) = delete;
  CgiPool& operator=(const CgiPool&) = delete;

  /// Answer on a thread, then call `done` there. False, and nothing happens, when all are busy: the
  /// same task may be tried again.
  bool start(const std::shared_ptr<CgiTask>& task, const std::function<void()>& done);
  /// Kill what runs, and wait for the threads.
  void stop();

 private:
  const Log& log_;
  std::atomic<bool> stopping_ = false;
  JoinedThreads threads_;
};

/// Runs `command` for one request over `exchange.socket`. Returns when the answer is sent, the peer
/// left, a limit was reached or `stopping` became true; then the program is gone.
void run_cgi(const CgiCommand& command, CgiExchange& exchange, const std::atomic<bool>& stopping,
             const Log& log);

}  // namespace rbee::http
