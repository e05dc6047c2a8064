#include "hooks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>
#include <optional>
#include <vector>

#include "base/joined_threads.hpp"
#include "base/text.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
using submission::Push;
using submission::PushAnswer;

constexpr std::string_view kRef = "refs/for/main";
constexpr std::size_t kMessageBytesMax = 1 << 20;
constexpr int kWaitMs = 55'000;
constexpr std::size_t kConnectionsMax = 64;

/// A descriptor that closes itself.
struct Socket {
  int fd = -1;
  explicit Socket(int value) : fd(value) {}
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
};

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Up to the first newline; nothing when it does not come.
std::optional<std::string> read_line(int fd, int wait_ms) {
  std::string line;
  while (line.size() < kMessageBytesMax) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, wait_ms) <= 0) return std::nullopt;
    char buffer[16 * 1024];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    line.append(buffer, static_cast<std::size_t>(got));
    if (line.back() == '\n') return line;
  }
  return std::nullopt;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The server's word, or a refusal that says why there is none.
PushAnswer ask(const HookInput& input, std::string_view kind, std::string_view topic,
               std::string_view new_id) {
  const auto away = [](std::string_view what) {
    return PushAnswer{false, fmt::format("the marketplace's server cannot be asked: {}\n", what),
                      "", "server-away"};
  };
  const auto address = address_of(input.socket);
  if (!address) return away("its socket has too long a name");
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return away(std::strerror(errno));
  const json::object question{{"kind", kind},
                              {"push", input.push},
                              {"topic", topic},
                              {"new", new_id},
                              {"quarantine", input.quarantine}};
  if (!send_all(socket.fd, json::serialize(question) + "\n")) return away("it hung up");
  const auto line = read_line(socket.fd, kWaitMs);
  boost::system::error_code code;
  const json::value answer = line ? json::parse(*line, code) : json::value();
  if (!line || code || !answer.is_object()) return away("it gave no answer");
  const json::object& object = answer.get_object();
  const json::value* accepted = object.if_contains("accepted");
  return {accepted != nullptr && accepted->is_bool() && accepted->get_bool(),
          text_of(object, "text"), text_of(object, "ref"), text_of(object, "reason")};
}

/// ^[a-z0-9][a-z0-9._-]{0,63}$ without "..": a name that is safe in a ref, a URL and a line.
bool is_topic(std::string_view topic) {
  if (topic.empty() || topic.size() > 64 || topic.find("..") != std::string_view::npos ||
      topic.ends_with(".lock") || topic.ends_with('.'))
    return false;
  for (std::size_t i = 0; i < topic.size(); ++i) {
    const char c = topic[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (i == 0 || (c != '-' && c != '_' && c != '.'))) return false;
  }
  return true;
}

/// "" and "topic" for the refs that may be pushed to; nothing for every other.
std::optional<std::string> topic_of(std::string_view ref) {
  if (ref == kRef) return std::string();
  if (!ref.starts_with(kRef) || ref[kRef.size()] != '/') return std::nullopt;
  const std::string_view topic = ref.substr(kRef.size() + 1);
  if (!is_topic(topic)) return std::nullopt;
  return std::string(topic);
}

struct RefUpdate {
  std::string old_id, new_id, ref;
};

std::optional<RefUpdate> parse_update(std::string_view line) {
  const auto parts = split(trim(line), ' ');
  if (parts.size() != 3 || !ObjectId::parse(parts[0]) || !ObjectId::parse(parts[1]))
    return std::nullopt;
  return RefUpdate{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

void tell(std::FILE* err, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), err);
  std::fflush(err);
}

int pre_receive(const HookInput& input, std::FILE* in, std::FILE* err) {
  std::vector<std::string> lines;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, in) != nullptr && lines.size() < 3)
    lines.emplace_back(buffer);
  if (lines.size() != 1) {
    tell(err, "error: a push goes to one ref at a time [push-one-ref]\n");
    return 1;
  }
  const auto update = parse_update(lines[0]);
  const auto topic = update ? topic_of(update->ref) : std::nullopt;
  if (!topic) {
    tell(err,
         fmt::format("error: nobody pushes to '{}' [push-ref]\n  fix: git push URL "
                     "HEAD:refs/for/main, or HEAD:refs/for/main/TOPIC (a-z, 0-9, '-', '_', '.')\n",
                     update ? printable_line(update->ref).substr(0, 200) : ""));
    return 1;
  }
  const PushAnswer answer = ask(input, "check", *topic, update->new_id);
  tell(err, printable(answer.text));
  return answer.accepted ? 0 : 1;
}

// pkt-lines, gitprotocol-common(5).

std::optional<std::string> read_packet(std::FILE* in, bool& flush) {
  char digits[5] = {};
  flush = false;
  if (std::fread(digits, 1, 4, in) != 4) return std::nullopt;
  char* end = nullptr;
  const unsigned long length = std::strtoul(digits, &end, 16);
  if (end != digits + 4) return std::nullopt;
  if (length == 0) {
    flush = true;
    return std::string();
  }
  if (length < 4 || length > 65520) return std::nullopt;
  std::string text(length - 4, '\0');
  if (std::fread(text.data(), 1, text.size(), in) != text.size()) return std::nullopt;
  return text;
}

void write_packet(std::FILE* out, std::string_view text) {
  fmt::print(out, "{:04x}", text.size() + 4);
  std::fwrite(text.data(), 1, text.size(), out);
}
void write_flush(std::FILE* out) {
  std::fwrite("0000", 1, 4, out);
  std::fflush(out);
}

int proc_receive(const HookInput& input, std::FILE* in, std::FILE* out, std::FILE* err) {
  bool flush = false;
  const auto version = read_packet(in, flush);
  if (!version || !version->starts_with("version=1")) return 1;
  while (!flush)
    if (!read_packet(in, flush)) return 1;
  write_packet(out, std::string("version=1\0", 10));
  write_flush(out);
  std::vector<RefUpdate> updates;
  for (flush = false; !flush;) {
    const auto line = read_packet(in, flush);
    if (!line) return 1;
    if (flush) break;
    const auto update = parse_update(*line);
    if (!update || updates.size() >= 2) return 1;
    updates.push_back(*update);
  }
  if (updates.size() != 1) return 1;
  const RefUpdate& update = updates[0];
  const auto topic = topic_of(update.ref);
  const PushAnswer answer =
      topic ? ask(input, "record", *topic, update.new_id) : PushAnswer{false, "", "", "push-ref"};
  tell(err, printable(answer.text));
  if (answer.accepted) {
    write_packet(out, "ok " + update.ref);
    if (!answer.result_ref.empty()) {
      write_packet(out, "option refname " + answer.result_ref);
      write_packet(out, "option old-oid " + std::string(40, '0'));
      write_packet(out, "option new-oid " + update.new_id);
      write_packet(out, "option forced-update");
    }
  } else {
    write_packet(out,
                 fmt::format("ng {} {}", update.ref,
                             printable_line(answer.reason.empty() ? "refused" : answer.reason)));
  }
  write_flush(out);
  return 0;
}

}  // namespace

int run_hook(const HookInput& input, std::FILE* in, std::FILE* out, std::FILE* err) {
  if (input.name == "pre-receive") return pre_receive(input, in, err);
  if (input.name == "proc-receive") return proc_receive(input, in, out, err);
  tell(err, fmt::format("error: there is no hook '{}'\n", printable_line(input.name)));
  return 2;
}

struct HookServer::State {
  State(const PusherTable& the_pushers, submission::PushReceiver& the_receiver,
        const http::Log& the_log)
      : pushers(the_pushers), receiver(the_receiver), log(the_log) {}

  void accept_all() {
    while (!stopping) {
      pollfd polled{listener, POLLIN, 0};
      if (::poll(&polled, 1, 200) <= 0) continue;
      const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      threads.wait_for_room();
      const bool started = threads.start([this, peer] {
        answer(peer);
        ::close(peer);
      });
      if (!started) ::close(peer);
    }
  }

  void answer(int peer) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
        credentials.uid != ::geteuid())
      return;
    const auto line = read_line(peer, 5'000);
    if (!line) return;
    boost::system::error_code code;
    const json::value question = json::parse(*line, code);
    if (code || !question.is_object()) return;
    const PushAnswer result = decide(question.get_object());
    send_all(peer, json::serialize(json::object{{"accepted", result.accepted},
                                                {"text", result.text},
                                                {"ref", result.result_ref},
                                                {"reason", result.reason}}) +
                       "\n");
  }

  PushAnswer decide(const json::object& question) {
    const std::string id = text_of(question, "push");
    const auto pusher = pushers.find(id);
    const auto new_id = ObjectId::parse(text_of(question, "new"));
    if (!pusher || !new_id) return {false, "this push did not begin here\n", "", "unknown-push"};
    const std::string quarantine = text_of(question, "quarantine");
    const Push push{id,      pusher->account, pusher->remote_address, text_of(question, "topic"),
                    *new_id, quarantine};
    const std::string kind = text_of(question, "kind");
    try {
      const PushAnswer result = kind == "check" ? receiver.check(push) : receiver.record(push);
      log.write(http::LogLevel::info, "push",
                {{"kind", std::string_view(kind)},
                 {"account", std::string_view(push.account)},
                 {"commit", std::string_view(push.new_id.str())},
                 {"accepted", std::string_view(result.accepted ? "yes" : "no")},
                 {"reason", std::string_view(result.reason)}});
      return result;
    } catch (const std::exception& exception) {
      log.write(http::LogLevel::error, "exception",
                {{"reason", std::string_view(exception.what())}});
      return {false, "this is a bug in the server; nothing was changed\n", "", "internal-error"};
    }
  }

  const PusherTable& pushers;
  submission::PushReceiver& receiver;
  const http::Log& log;
  std::filesystem::path path;
  int listener = -1;
  std::atomic<bool> stopping = false;
  std::thread thread;
  JoinedThreads threads{kConnectionsMax};
};

HookServer::HookServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HookServer>> HookServer::start(const std::filesystem::path& socket,
                                                      const PusherTable& pushers,
                                                      submission::PushReceiver& receiver,
                                                      const http::Log& log) {
  const auto refuse = [&](std::string what) {
    return fail(Errc::io, "hook-socket",
                fmt::format("the socket {} cannot be used", socket.string()),
                {.evidence = {std::move(what)},
                 .fix = "choose a --data directory with a shorter path, on a local disk"});
  };
  const auto address = address_of(socket.string());
  if (!address) return refuse("its path is longer than 107 bytes");
  auto state = std::make_unique<State>(pushers, receiver, log);
  state->path = socket;
  ::unlink(socket.c_str());  // Of a server that was killed: ours is the lock on the data directory.
  state->listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const mode_t mask = ::umask(0177);
  const int bound =
      ::bind(state->listener, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int reason = errno;
  ::umask(mask);
  if (bound != 0 || ::listen(state->listener, 128) != 0) {
    ::close(state->listener);
    return refuse(std::strerror(reason));
  }
  state->thread = std::thread([raw = state.get()] { raw->accept_all(); });
  return std::unique_ptr<HookServer>(new HookServer(std::move(state)));
}

HookServer::~HookServer() {
  state_->stopping = true;
  state_->thread.join();
  state_->threads.finish();
  ::close(state_->listener);
  ::unlink(state_->path.c_str());
}

}  // namespace rbee::market
