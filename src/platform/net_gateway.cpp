// listen_inside: a child enters the namespaces and hands the socket back. FetchProxy: libcurl opens
// the way out, through the user's own proxy where there is one.
#include "platform/net_gateway.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>

#include "base/text.hpp"
#include "platform/curl_api.hpp"

namespace rbee::platform {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kHeadBytesMax = 4096;
constexpr auto kHeadMax = std::chrono::seconds(15);
constexpr auto kSilenceMax = std::chrono::seconds(120);

/// In the child, which may only do what a signal handler may. The step that failed; 0: sent.
int listen_and_send(const char* net_path, std::uint16_t port, int channel) {
  const int net = ::open(net_path, O_RDONLY | O_CLOEXEC);
  if (net < 0) return 1;
  const int user = ::ioctl(net, NS_GET_USERNS);
  if (user < 0) return 2;
  if (::setns(user, CLONE_NEWUSER) != 0) return 3;
  if (::setns(net, CLONE_NEWNET) != 0) return 4;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The loopback device comes up a moment after the namespace.
  int bound = -1;
  for (int i = 0; i < 500 && bound != 0; ++i) {
    bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (bound != 0) ::usleep(10'000);
  }
  if (bound != 0 || ::listen(listener, 64) != 0) return 5;
  char byte = 'x';
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  return ::sendmsg(channel, &message, 0) == 1 ? 0 : 6;
}

FileDescriptor receive(int channel) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return FileDescriptor(fd);
}

void send_text(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

Result<FileDescriptor> listen_inside(pid_t pid, std::uint16_t port) {
  const auto failed = [](std::string evidence) {
    return fail(Errc::failed, "sandbox-gateway", "the sandbox's way to the network cannot be made",
                {.evidence = {std::move(evidence)}});
  };
  int channel[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
    return failed(std::strerror(errno));
  const FileDescriptor ours(channel[0]);
  FileDescriptor theirs(channel[1]);
  const std::string path = fmt::format("/proc/{}/ns/net", pid);
  const pid_t child = ::fork();
  if (child < 0) return failed(std::strerror(errno));
  if (child == 0) ::_exit(listen_and_send(path.c_str(), port, theirs.get()));
  theirs.close();
  FileDescriptor socket = receive(ours.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!socket)
    return failed(fmt::format("step {} of entering its namespaces failed",
                              WIFEXITED(status) ? WEXITSTATUS(status) : -1));
  return socket;
}

void FetchProxy::serve(FileDescriptor listening) {
  listening_ = std::move(listening);
  acceptor_ = std::thread([this] { accept_all(); });
}

void FetchProxy::stop() {
  stopping_ = true;
  if (acceptor_.joinable()) acceptor_.join();
  threads_.finish();
}

std::set<std::string> FetchProxy::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void FetchProxy::accept_all() {
  while (!stopping_) {
    pollfd waiting{listening_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 100) <= 0) continue;
    const int connection = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno != EINTR && errno != ECONNABORTED) return;  // The namespace is gone.
      continue;
    }
    if (!threads_.start([this, connection] {
          answer(connection);
          ::close(connection);
        }))
      ::close(connection);
  }
}

void FetchProxy::answer(int connection) {
  std::string head;
  const auto begin = Steady::now();
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (stopping_ || head.size() > kHeadBytesMax || Steady::now() - begin > kHeadMax) return;
    pollfd waiting{connection, POLLIN, 0};
    if (::poll(&waiting, 1, 100) <= 0) continue;
    std::array<char, 1024> block;
    const ssize_t got = ::recv(connection, block.data(), block.size(), 0);
    if (got <= 0) return;
    head.append(block.data(), static_cast<std::size_t>(got));
  }
  const auto words = split(std::string_view(head).substr(0, head.find("\r\n")), ' ');
  const std::string target = words.size() == 3 ? std::string(words[1]) : std::string();
  // A client that sends on before it was answered is none that we know.
  const bool clean = head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") + 4 == head.size();
  if (words.size() != 3 || words[0] != "CONNECT" || !clean || !hosts_.contains(target)) {
    const std::lock_guard lock(mutex_);
    if (refused_.size() < 20) refused_.insert(printable_line(target.substr(0, 200)));
    return send_text(connection,
                     "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  if (!load_curl()) return;
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(),
                                                      [](CURL* curl) { curl_easy_cleanup(curl); });
  if (!handle) return;
  curl_easy_setopt(handle.get(), CURLOPT_URL, ("http://" + target).c_str());
  curl_easy_setopt(handle.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT, 15L);
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_socket_t outside = CURL_SOCKET_BAD;
  if (curl_easy_perform(handle.get()) != CURLE_OK ||
      curl_easy_getinfo(handle.get(), CURLINFO_ACTIVESOCKET, &outside) != CURLE_OK ||
      outside == CURL_SOCKET_BAD)
    return send_text(connection,
                     "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  send_text(connection, "HTTP/1.1 200 Connection established\r\n\r\n");
  relay(connection, outside);
}

/// Bytes both ways until both sides have ended, or nothing moves for two minutes.
void FetchProxy::relay(int inside, int outside) {
  for (const int fd : {inside, outside}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  struct Way {
    int from, to;
    std::string held = {};
    bool ended = false;  ///< Nothing more comes.
    bool shut = false;   ///< And that was passed on.
  };
  Way ways[] = {{inside, outside}, {outside, inside}};
  auto moved = Steady::now();
  std::array<char, 16 * 1024> block;
  while (!stopping_ && Steady::now() - moved < kSilenceMax && !(ways[0].shut && ways[1].shut)) {
    pollfd waiting[] = {{inside, 0, 0}, {outside, 0, 0}};
    for (const Way& way : ways) {
      pollfd& from = waiting[way.from == inside ? 0 : 1];
      pollfd& to = waiting[way.to == inside ? 0 : 1];
      if (!way.ended && way.held.empty()) from.events |= POLLIN;
      if (!way.held.empty()) to.events |= POLLOUT;
    }
    if (::poll(waiting, 2, 100) <= 0) continue;
    for (Way& way : ways) {
      if (!way.ended && way.held.empty()) {
        const ssize_t got = ::recv(way.from, block.data(), block.size(), 0);
        if (got > 0) {
          way.held.assign(block.data(), static_cast<std::size_t>(got));
          moved = Steady::now();
        } else if (got == 0) {
          way.ended = true;
        } else if (errno != EAGAIN && errno != EINTR) {
          return;
        }
      }
      while (!way.held.empty()) {
        const ssize_t put = ::send(way.to, way.held.data(), way.held.size(), MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) break;
        if (put <= 0) return;
        way.held.erase(0, static_cast<std::size_t>(put));
        moved = Steady::now();
      }
      if (way.ended && way.held.empty() && !way.shut) {
        ::shutdown(way.to, SHUT_WR);
        way.shut = true;
      }
    }
  }
}

}  // namespace rbee::platform
