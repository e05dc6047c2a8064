#include "http/file_answer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "http/cgi.hpp"
#include "http/problem.hpp"

namespace rbee::http {

namespace {

using Clock = std::chrono::steady_clock;

struct Range {
  std::uint64_t begin = 0, end = 0;  ///< end is behind the last byte.
};

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

enum class Asked { whole, part, nothing };

/// What the Range field asks of a file of `size` bytes. One that is not understood, or asks for
/// several ranges, asks for the whole (RFC 9110, 14.2).
Asked read_range(std::string_view field, std::uint64_t size, Range& range) {
  range = {0, size};
  constexpr std::string_view kUnit = "bytes=";
  if (!field.starts_with(kUnit)) return Asked::whole;
  const std::string_view spec = trim(field.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos)
    return Asked::whole;
  const auto first = number(spec.substr(0, dash)), last = number(spec.substr(dash + 1));
  const bool suffix = dash == 0;
  if ((!suffix && !first) || (dash + 1 < spec.size() && !last) || (suffix && !last))
    return Asked::whole;
  if (suffix) {
    if (*last == 0 || size == 0) return Asked::nothing;
    range.begin = size - std::min(size, *last);
    return Asked::part;
  }
  if (last && *last < *first) return Asked::whole;
  if (*first >= size) return Asked::nothing;
  range = {*first, last ? std::min(size, *last + 1) : size};
  return Asked::part;
}

/// A socket that does not block, a file, and patience.
class Sender {
 public:
  Sender(int socket, std::chrono::seconds silence_max, const std::atomic<bool>& stopping)
      : socket_(socket), silence_max_(silence_max), stopping_(stopping) {
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  }

  bool text(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
      if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (put < 0 && errno == EAGAIN && !wait()) return false;
    }
    return true;
  }

  /// How many bytes went out.
  std::uint64_t file(int fd, const Range& range) {
    auto at = static_cast<off_t>(range.begin);
    while (static_cast<std::uint64_t>(at) < range.end && !stopping_) {
      const std::uint64_t left = range.end - static_cast<std::uint64_t>(at);
      const ssize_t put = ::sendfile(socket_, fd, &at, std::min<std::uint64_t>(left, 1U << 20));
      // Zero: the file became shorter. The peer sees that less comes than was said.
      if (put == 0 || (put < 0 && errno != EAGAIN && errno != EINTR)) break;
      if (put < 0 && errno == EAGAIN && !wait()) break;
    }
    return static_cast<std::uint64_t>(at) - range.begin;
  }

  /// Nothing more comes; what the peer still says is read, so that the end is no reset.
  void finish() {
    ::shutdown(socket_, SHUT_WR);
    std::array<char, 4096> sink;
    for (std::size_t total = 0; total < (1U << 20) && !stopping_;) {
      pollfd polled{socket_, POLLIN, 0};
      if (::poll(&polled, 1, 1000) <= 0) break;
      const ssize_t got = ::recv(socket_, sink.data(), sink.size(), 0);
      if (got <= 0) break;
      total += static_cast<std::size_t>(got);
    }
  }

 private:
  bool wait() {
    const auto begin = Clock::now();
    while (!stopping_ && Clock::now() - begin < silence_max_) {
      pollfd polled{socket_, POLLOUT, 0};
      if (::poll(&polled, 1, 200) > 0) return (polled.revents & (POLLERR | POLLHUP)) == 0;
    }
    return false;
  }

  int socket_;
  std::chrono::seconds silence_max_;
  const std::atomic<bool>& stopping_;
};

}  // namespace

void send_file(const FileAnswer& answer, CgiExchange& exchange, const std::atomic<bool>& stopping,
               const Log& log) {
  const Request& request = exchange.request;
  Sender sender(exchange.socket, answer.silence_max, stopping);
  const auto refuse = [&](const Refusal& refusal, std::string_view more = {}) {
    const Response response = problem(request, refusal);
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers.all())
      head += fmt::format("{}: {}\r\n", name, value);
    head += fmt::format("{}Content-Length: {}\r\nConnection: close\r\n\r\n", more,
                        response.body.size());
    if (request.method != Method::head) head += response.body;
    sender.text(head);
    sender.finish();
  };
  const int fd = ::open(answer.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (fd >= 0) ::close(fd);
    return refuse({404, "file-not-found", "there is no such file here"});
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Range range{0, size};
  const std::string_view if_range = request.headers.get("If-Range");
  const Asked asked = if_range.empty() || if_range == answer.etag
                          ? read_range(request.headers.get("Range"), size, range)
                          : Asked::whole;
  if (asked == Asked::nothing) {
    ::close(fd);
    return refuse({416, "range-not-satisfiable", "the file ends before the range begins"},
                  fmt::format("Content-Range: bytes */{}\r\n", size));
  }
  const int code = asked == Asked::part ? 206 : 200;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", code, reason_phrase(code));
  if (code == 206)
    head += fmt::format("Content-Range: bytes {}-{}/{}\r\n", range.begin, range.end - 1, size);
  head +=
      fmt::format("Content-Length: {}\r\nContent-Type: {}\r\nETag: {}\r\nAccept-Ranges: bytes\r\n",
                  range.end - range.begin, answer.content_type, answer.etag);
  for (const auto& [name, value] : answer.headers.all())
    head += fmt::format("{}: {}\r\n", name, value);
  head += fmt::format(
      "X-Request-Id: {}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      request.id);
  std::uint64_t sent = 0;
  if (sender.text(head) && request.method != Method::head) sent = sender.file(fd, range);
  ::close(fd);
  sender.finish();
  log.write(LogLevel::info, "file",
            {{"path", std::string_view(request.path)},
             {"status", std::int64_t{code}},
             {"bytes", static_cast<std::int64_t>(sent)},
             {"request_id", std::string_view(request.id)}});
}

}  // namespace rbee::http
