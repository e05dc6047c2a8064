// For tests: a TCP connection that sends exactly the bytes it is told to, and reads what comes
// back.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rbee::http {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("connect failed");
    }
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  /// Everything until the peer closes, or until `patience` passed without a byte (then `timed_out`
  /// is true).
  std::string read_all(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    std::string out = std::move(held_);
    held_.clear();
    while (read_some(out, patience)) {
    }
    return out;
  }

  /// One response: its head and as many body bytes as Content-Length says (none when `is_head`).
  std::string read_response(bool is_head = false,
                            std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    std::string out = std::move(held_);
    held_.clear();
    std::size_t end;
    while ((end = out.find("\r\n\r\n")) == std::string::npos)
      if (!read_some(out, patience)) return out;
    std::size_t length = 0;
    if (const std::size_t at = out.find("Content-Length: "); at < end && !is_head)
      length = std::stoul(out.substr(at + 16));
    while (out.size() < end + 4 + length)
      if (!read_some(out, patience)) return out;
    held_ = out.substr(end + 4 + length);
    out.resize(end + 4 + length);
    return out;
  }
  bool timed_out() const { return timed_out_; }

 private:
  bool read_some(std::string& out, std::chrono::milliseconds patience) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) == 0) {
      timed_out_ = true;
      return false;
    }
    char buffer[16 * 1024];
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    out.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  bool timed_out_ = false;
  std::string held_;
};

/// 404 of "HTTP/1.1 404 Not Found…"; 0 when it is no response.
inline int status_of_text(std::string_view response) {
  return response.size() > 12 && response.starts_with("HTTP/1.1 ")
             ? std::stoi(std::string(response.substr(9, 3)))
             : 0;
}

}  // namespace rbee::http
