// A small HTTP server for tests that can be told to misbehave: cut, stall, lie about lengths and
// ranges.
//
// Listens on 127.0.0.1 on a free port, one thread for all connections, ends with the object.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rbee::fakes {

/// How one path answers.
struct Resource {
  std::string body = {};
  std::string etag = {};           ///< With its quotes; empty: none is sent.
  bool ranges = true;              ///< False: Range is ignored, 200 is the answer.
  int status = 200;                ///< Anything else is sent with a short text as body.
  std::string location = {};       ///< For redirects.
  std::string extra_headers = {};  ///< Lines that end in CR LF.
  int cut_times = 0;               ///< So many answers end early …
  std::size_t cut_after = 0;       ///< … after this many bytes of the body.
  int fail_times = 0;              ///< So many answers are `fail_status` first.
  int fail_status = 503;
  bool stall = false;  ///< Send the header, then nothing until the client leaves.
  std::optional<std::size_t> claimed_length =
      {};  ///< Content-Length to tell instead of the true one.
  std::optional<std::size_t> range_shift =
      {};                  ///< Answer a range from another place than was asked.
  bool no_length = false;  ///< No Content-Length: the end of the connection is the end.
};

struct SeenRequest {
  std::string method, path;
  std::string head;  ///< Request line and headers as they came.
};

class HttpFileServer {
 public:
  HttpFileServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpFileServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  HttpFileServer(const HttpFileServer&) = delete;
  HttpFileServer& operator=(const HttpFileServer&) = delete;

  void put(std::string path, Resource resource) {
    const std::lock_guard lock(mutex_);
    resources_[std::move(path)] = std::move(resource);
  }
  std::string url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  std::vector<SeenRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void forget_requests() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      answer(connection);
      ::close(connection);
    }
  }

  bool readable(int connection) const {
    while (!stop_) {
      pollfd waiting{connection, POLLIN, 0};
      if (::poll(&waiting, 1, 20) > 0) return true;
    }
    return false;
  }

  void answer(int connection) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (!readable(connection) || ::recv(connection, &byte, 1, 0) != 1) return;
      head += byte;
    }
    SeenRequest request;
    request.head = head;
    request.method = head.substr(0, head.find(' '));
    const auto from = head.find(' ') + 1;
    request.path = head.substr(from, head.find(' ', from) - from);
    Resource resource;
    bool failing = false;
    bool cutting = false;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      const auto found = resources_.find(request.path);
      if (found == resources_.end()) {
        resource.status = 404;
      } else {
        failing = found->second.fail_times > 0 && found->second.fail_times-- > 0;
        cutting = !failing && found->second.cut_times > 0 && found->second.cut_times-- > 0;
        resource = found->second;
      }
    }
    if (failing) resource.status = resource.fail_status;
    send_answer(connection, request, resource, cutting);
  }

  static std::string header(const std::string& head, std::string_view name) {
    const auto at = head.find(fmt::format("\r\n{}: ", name));
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }

  void send_answer(int connection, const SeenRequest& request, const Resource& resource,
                   bool cutting) {
    std::string body =
        resource.status == 200 ? resource.body : fmt::format("status {}\n", resource.status);
    int status = resource.status;
    std::string headers = resource.extra_headers;
    const std::string range = header(request.head, "Range");
    const std::string condition = header(request.head, "If-Range");
    const std::string& whole = resource.body;
    if (status == 200 && resource.ranges && range.starts_with("bytes=") &&
        (condition.empty() || condition == resource.etag)) {
      const std::size_t first =
          std::strtoull(range.c_str() + 6, nullptr, 10) + resource.range_shift.value_or(0);
      if (first >= whole.size()) {
        status = 416;
        headers += fmt::format("Content-Range: bytes */{}\r\n", whole.size());
        body.clear();
      } else {
        status = 206;
        headers +=
            fmt::format("Content-Range: bytes {}-{}/{}\r\n", first, whole.size() - 1, whole.size());
        body = whole.substr(first);
      }
    }
    if (!resource.etag.empty()) headers += fmt::format("ETag: {}\r\n", resource.etag);
    if (!resource.location.empty()) headers += fmt::format("Location: {}\r\n", resource.location);
    if (!resource.no_length)
      headers +=
          fmt::format("Content-Length: {}\r\n", resource.claimed_length.value_or(body.size()));
    send_all(connection,
             fmt::format("HTTP/1.1 {} X\r\n{}Connection: close\r\n\r\n", status, headers));
    if (resource.stall) {
      readable(connection);
      return;
    }
    if (request.method != "HEAD")
      send_all(connection, cutting ? body.substr(0, resource.cut_after) : body);
  }

  static void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  int listener_ = -1;
  unsigned port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Resource> resources_;
  std::vector<SeenRequest> requests_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace rbee::fakes
