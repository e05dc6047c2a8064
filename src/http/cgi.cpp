#include "http/cgi.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"

namespace rbee::http {

namespace {

namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBufferBytes = 64 * 1024, kHeadBytesMax = 16 * 1024, kErrorBytesMax = 4096;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  void reset(int value) {
    close();
    value_ = value;
  }
  void close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

/// The program, in a process group of its own; gone when this object is.
class Child {
 public:
  Descriptor in, out, error;

  bool start(const CgiCommand& command) {
    int in_pipe[2], out_pipe[2], error_pipe[2];
    if (::pipe2(in_pipe, O_CLOEXEC) != 0) return false;
    in.reset(in_pipe[1]);
    const Descriptor child_in(in_pipe[0]);
    if (::pipe2(out_pipe, O_CLOEXEC) != 0) return false;
    out.reset(out_pipe[0]);
    const Descriptor child_out(out_pipe[1]);
    if (::pipe2(error_pipe, O_CLOEXEC) != 0) return false;
    error.reset(error_pipe[0]);
    const Descriptor child_error(error_pipe[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_in.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, child_out.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, child_error.get(), 2);
    posix_spawn_file_actions_addchdir_np(&actions, command.directory.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none, standard;
    sigemptyset(&none);
    sigemptyset(&standard);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD})
      sigaddset(&standard, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &standard);
    std::vector<char*> argv, environment;
    for (const std::string& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
    for (const std::string& word : command.environment)
      environment.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    const int code =
        ::posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (code != 0) pid_ = -1;
    for (const Descriptor* each : {&in, &out, &error}) ::fcntl(each->get(), F_SETFL, O_NONBLOCK);
    return code == 0;
  }

  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  pid_t pid_ = -1;
};

/// Bytes on their way, in at one end and out at the other.
struct Pipe {
  std::string bytes;
  std::size_t sent = 0;

  bool empty() const { return sent == bytes.size(); }
  bool full() const { return bytes.size() - sent >= kBufferBytes; }
  void consume(std::size_t count) {
    sent += count;
    if (empty()) {
      bytes.clear();
      sent = 0;
    }
  }
};

/// One request and its answer.
class Gateway {
 public:
  Gateway(const CgiCommand& command, CgiExchange& exchange, const std::atomic<bool>& stopping,
          const Log& log)
      : command_(command), exchange_(exchange), stopping_(stopping), log_(log) {}

  void run() {
    const auto begin = Clock::now();
    ::fcntl(exchange_.socket, F_SETFL, ::fcntl(exchange_.socket, F_GETFL) | O_NONBLOCK);
    parser_.body_limit(command_.body_bytes_max);
    parser_.header_limit(static_cast<std::uint32_t>(exchange_.head.size() + 1));
    beast::error_code error;
    parser_.put(boost::asio::buffer(exchange_.head), error);
    if (error && error != beast::http::error::need_more) {
      refuse({413, "body-too-large",
              fmt::format("the body is larger than {} bytes", command_.body_bytes_max)});
    } else if (!child_.start(command_)) {
      refuse({500, "internal-error", "the program that answers this cannot be started"});
    } else {
      socket_in_ = std::move(exchange_.unread);
      if (equal_ignoring_case(exchange_.request.headers.get("Expect"), "100-continue") &&
          socket_in_.empty() && !parser_.is_done())
        out_.bytes += "HTTP/1.1 100 Continue\r\n\r\n";
      if (parser_.is_done()) child_.in.close();
      last_moved_ = begin;
      while (turn(begin)) {
      }
    }
    flush_rest();
    log_.write(
        LogLevel::info, "request",
        {{"request_id", std::string_view(exchange_.request.id)},
         {"method", std::string_view(exchange_.request.method_text)},
         {"path", std::string_view(exchange_.request.path)},
         {"status", std::int64_t{status_}},
         {"bytes", static_cast<std::int64_t>(answered_)},
         {"received", static_cast<std::int64_t>(received_)},
         {"duration_us",
          std::int64_t{
              std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count()}},
         {"remote", std::string_view(exchange_.request.remote_address)}});
    if (!errors_.empty())
      log_.write(LogLevel::warn, "cgi",
                 {{"request_id", std::string_view(exchange_.request.id)},
                  {"text", std::string_view(errors_)}});
  }

 private:
  /// One round of poll and what it says. False when there is nothing left to do.
  bool turn(Clock::time_point begin) {
    if (finished_ && out_.empty()) return false;
    const auto now = Clock::now();
    if (stopping_) return false;
    if (now - begin > command_.wall_max) {
      refuse({503, "too-slow", "this took too long"});
      return false;
    }
    std::array<pollfd, 4> polled{};
    const bool wants_body = child_.in.is_open() && to_child_.empty() && !parser_.is_done();
    polled[0] = {
        exchange_.socket,
        static_cast<short>(POLLRDHUP | (wants_body ? POLLIN : 0) | (out_.empty() ? 0 : POLLOUT)),
        0};
    polled[1] = {!to_child_.empty() ? child_.in.get() : -1, POLLOUT, 0};
    polled[2] = {child_.out.is_open() && !out_.full() && !finished_ ? child_.out.get() : -1, POLLIN,
                 0};
    polled[3] = {child_.error.is_open() ? child_.error.get() : -1, POLLIN, 0};
    if (wants_body && !socket_in_.empty()) {
      take_body();
      return true;
    }
    const int ready = ::poll(polled.data(), polled.size(), 250);
    if (ready < 0) return errno == EINTR;
    const bool waits_for_peer = wants_body || !out_.empty();
    if (ready == 0) {
      if (waits_for_peer && now - last_moved_ > command_.silence_max) {
        if (wants_body) refuse({408, "request-too-slow", "the request did not arrive in time"});
        return false;
      }
      if (!waits_for_peer) last_moved_ = now;
      return true;
    }
    if ((polled[3].revents & (POLLIN | POLLHUP)) != 0) read_errors();
    if ((polled[1].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) write_child();
    if ((polled[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_child();
    if ((polled[0].revents & POLLIN) != 0 && wants_body && !read_socket()) return false;
    if ((polled[0].revents & POLLOUT) != 0 && !write_socket()) return false;
    // The peer left for good: nobody reads the answer.
    if ((polled[0].revents & (POLLERR | POLLNVAL)) != 0) return false;
    if ((polled[0].revents & POLLHUP) != 0) return false;
    if ((polled[0].revents & POLLRDHUP) != 0 && wants_body && socket_in_.empty()) return false;
    return true;
  }

  bool read_socket() {
    std::array<char, kBufferBytes> buffer;
    const ssize_t got = ::recv(exchange_.socket, buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    socket_in_.append(buffer.data(), static_cast<std::size_t>(got));
    last_moved_ = Clock::now();
    take_body();
    return true;
  }

  /// What came from the peer, its framing undone, to the program.
  void take_body() {
    std::array<char, kBufferBytes> buffer;
    while (!socket_in_.empty() && !parser_.is_done() && !to_child_.full()) {
      auto& body = parser_.get().body();
      body.data = buffer.data();
      body.size = buffer.size();
      beast::error_code error;
      const std::size_t used = parser_.put(boost::asio::buffer(socket_in_), error);
      socket_in_.erase(0, used);
      const std::size_t length = buffer.size() - body.size;
      to_child_.bytes.append(buffer.data(), length);
      received_ += length;
      if (error == beast::http::error::body_limit) {
        refuse({413, "body-too-large",
                fmt::format("the body is larger than {} bytes", command_.body_bytes_max)});
        return;
      }
      if (error && error != beast::http::error::need_more &&
          error != beast::http::error::need_buffer) {
        refuse({400, "request-malformed", "the request's body does not follow its framing"});
        return;
      }
      if (used == 0 && length == 0) break;
    }
    if (parser_.is_done() && to_child_.empty()) child_.in.close();
    if (socket_in_.size() > 2 * kBufferBytes && parser_.is_done()) socket_in_.clear();
  }

  void write_child() {
    const ssize_t put = ::write(child_.in.get(), to_child_.bytes.data() + to_child_.sent,
                                to_child_.bytes.size() - to_child_.sent);
    if (put < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      // It wants no more, and has something to say: throw the rest away.
      to_child_ = {};
      child_.in.close();
      return;
    }
    to_child_.consume(static_cast<std::size_t>(put));
    if (to_child_.empty() && parser_.is_done()) child_.in.close();
  }

  void read_errors() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(child_.error.get(), buffer.data(), buffer.size());
    if (got > 0) {
      if (errors_.size() < kErrorBytesMax)
        errors_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      child_.error.close();
    }
  }

  void read_child() {
    std::array<char, kBufferBytes> buffer;
    const ssize_t got = ::read(child_.out.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      child_.out.close();
      if (!head_sent_)
        refuse({502, "bad-gateway", "the program that answers this said nothing"});
      else if (chunked_)
        out_.bytes += "0\r\n\r\n";
      finished_ = true;
      return;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (head_sent_) {
      append_body(bytes);
      return;
    }
    cgi_head_ += bytes;
    const std::size_t end = head_end();
    if (end != std::string::npos)
      send_head(end);
    else if (cgi_head_.size() > kHeadBytesMax)
      refuse({502, "bad-gateway", "the program that answers this did not follow the protocol"});
  }

  std::size_t head_end() const {
    const std::size_t crlf = cgi_head_.find("\r\n\r\n"), lf = cgi_head_.find("\n\n");
    if (crlf == std::string::npos && lf == std::string::npos) return std::string::npos;
    return crlf < lf ? crlf + 4 : lf + 2;
  }

  /// The program's header fields as HTTP's; "Status" is the status.
  void send_head(std::size_t end) {
    Headers headers;
    status_ = 200;
    for (const std::string_view raw : split(std::string_view(cgi_head_).substr(0, end), '\n')) {
      const std::string_view line = trim(raw);
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || printable_line(line) != line) continue;
      const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
      if (equal_ignoring_case(name, "Status")) {
        status_ = 0;
        for (const char c : value.substr(0, 3))
          status_ = is_digit(c) ? status_ * 10 + (c - '0') : status_;
      } else if (!equal_ignoring_case(name, "Connection") &&
                 !equal_ignoring_case(name, "Transfer-Encoding")) {
        headers.add(std::string(name), std::string(value));
      }
    }
    if (status_ < 200 || status_ > 599) status_ = 502;
    const bool has_length = !headers.get("Content-Length").empty();
    const bool is_1_1 = parser_.get().version() == 11;
    chunked_ = !has_length && is_1_1;
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status_, reason_phrase(status_));
    for (const auto& [name, value] : headers.all()) head += fmt::format("{}: {}\r\n", name, value);
    if (chunked_) head += "Transfer-Encoding: chunked\r\n";
    head += fmt::format(
        "X-Request-Id: {}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        exchange_.request.id);
    out_.bytes += head;
    head_sent_ = true;
    const std::string rest = cgi_head_.substr(end);
    cgi_head_.clear();
    if (!rest.empty()) append_body(rest);
  }

  void append_body(std::string_view bytes) {
    if (exchange_.request.method == Method::head) return;
    answered_ += bytes.size();
    if (chunked_) out_.bytes += fmt::format("{:x}\r\n", bytes.size());
    out_.bytes += bytes;
    if (chunked_) out_.bytes += "\r\n";
  }

  bool write_socket() {
    const ssize_t put = ::send(exchange_.socket, out_.bytes.data() + out_.sent,
                               out_.bytes.size() - out_.sent, MSG_NOSIGNAL);
    if (put < 0) return errno == EAGAIN || errno == EINTR;
    out_.consume(static_cast<std::size_t>(put));
    last_moved_ = Clock::now();
    return true;
  }

  /// An answer of ours instead of the program's, unless that has begun.
  void refuse(const Refusal& refusal) {
    finished_ = true;
    child_.in.close();
    if (head_sent_)
      return;  // Cut short without the last chunk: the peer sees that it is not whole.
    head_sent_ = true;
    status_ = refusal.status;
    const Response response = problem(exchange_.request, refusal);
    out_.bytes +=
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers.all())
      out_.bytes += fmt::format("{}: {}\r\n", name, value);
    out_.bytes +=
        fmt::format("Content-Length: {}\r\nConnection: close\r\n\r\n", response.body.size());
    out_.bytes += response.body;
  }

  /// The last bytes, for a short while; then the end of the connection, read side drained so that
  /// it is no reset.
  void flush_rest() {
    const auto begin = Clock::now();
    while (!out_.empty() && Clock::now() - begin < std::chrono::seconds(2) && !stopping_) {
      pollfd polled{exchange_.socket, POLLOUT, 0};
      if (::poll(&polled, 1, 100) < 0) break;
      if ((polled.revents & POLLOUT) != 0 && !write_socket()) break;
      if ((polled.revents & (POLLERR | POLLHUP)) != 0) break;
    }
    ::shutdown(exchange_.socket, SHUT_WR);
    std::array<char, 4096> sink;
    for (std::size_t total = 0; total < (4U << 20);) {
      pollfd polled{exchange_.socket, POLLIN, 0};
      if (stopping_ || ::poll(&polled, 1, 1000) <= 0) break;
      const ssize_t got = ::recv(exchange_.socket, sink.data(), sink.size(), 0);
      if (got <= 0) break;
      total += static_cast<std::size_t>(got);
    }
  }

  const CgiCommand& command_;
  CgiExchange& exchange_;
  const std::atomic<bool>& stopping_;
  const Log& log_;
  Child child_;
  beast::http::request_parser<beast::http::buffer_body> parser_;
  std::string socket_in_, cgi_head_, errors_;
  Pipe to_child_, out_;
  Clock::time_point last_moved_;
  std::uint64_t received_ = 0, answered_ = 0;
  int status_ = 0;
  bool head_sent_ = false, chunked_ = false, finished_ = false;
};

}  // namespace

void run_cgi(const CgiCommand& command, CgiExchange& exchange, const std::atomic<bool>& stopping,
             const Log& log) {
  Gateway(command, exchange, stopping, log).run();
}

CgiPool::~CgiPool() {
  stop();
}

bool CgiPool::start(const std::shared_ptr<CgiTask>& task, const std::function<void()>& done) {
  return threads_.start([this, task, done] {
    if (const auto* command = std::get_if<CgiCommand>(&task->answer))
      run_cgi(*command, task->exchange, stopping_, log_);
    else
      send_file(std::get<FileAnswer>(task->answer), task->exchange, stopping_, log_);
    ::close(task->exchange.socket);
    done();
  });
}

void CgiPool::stop() {
  stopping_ = true;
  threads_.finish();
}

}  // namespace rbee::http
