// See server.hpp. One connection carries one request: inference dwarfs the handshake, and no idle
// or half-read connection can then hold a thread or smuggle a second request.
#include "server.hpp"

#include <httplib.h>
#include <signal.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace worker {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t threads = 24;          // Each serves one connection at a time.
constexpr std::size_t heavy_max = 16;        // So 8 threads always remain for /health.
constexpr std::size_t waiting_max = 64;      // Accepted connections without a thread yet.
constexpr std::size_t path_bytes_max = 512;  // Longer ones cannot name a route.
constexpr std::size_t parts_max = 32;        // Fields of one form.
constexpr std::size_t drain_bytes_max = 8u
                                        << 20;  // Read past a refusal, so that the client sees it.
constexpr auto body_time_max = std::chrono::seconds(60);
constexpr auto stop_time_max = std::chrono::milliseconds(1000);

/// A fixed number of threads. When all are busy and the queue is full, accepting pauses.
class BoundedPool : public httplib::TaskQueue {
  using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));

 public:
  BoundedPool() {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  Enqueued enqueue(std::function<void()> job) override {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return jobs_.size() < waiting_max; });
    jobs_.push_back(std::move(job));
    lock.unlock();
    work_.notify_one();
    return Enqueued(true);  // void before cpp-httplib 0.15, bool after.
  }
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    work_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      room_.notify_one();
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::list<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool closed_ = false;
};

/// Counts the heavy requests in flight; a token gives its place back when it is destroyed.
class Gate {
 public:
  std::shared_ptr<void> enter() {
    if (inside_.fetch_add(1) >= heavy_max) {
      inside_.fetch_sub(1);
      return nullptr;
    }
    return {this, [](Gate* gate) { gate->inside_.fetch_sub(1); }};
  }

 private:
  std::atomic<std::size_t> inside_{0};
};

std::string error_json(int status, const std::string& code, std::string_view message,
                       const std::string& param) {
  nlohmann::json error = {{"message", message},
                          {"type", status < 500 ? "invalid_request_error" : "server_error"},
                          {"param", nullptr},
                          {"code", code}};
  if (!param.empty()) error["param"] = param;
  return nlohmann::json{{"error", error}}.dump(-1, ' ', false,
                                               nlohmann::json::error_handler_t::replace) +
         "\n";
}

void refuse(httplib::Response& response, const Refusal& refusal) {
  response.status = refusal.status;
  response.set_content(error_json(refusal.status, refusal.code, refusal.what(), refusal.param),
                       "application/json");
  if (refusal.status == 503) response.set_header("Retry-After", "1");
}

/// The library would cut any reply by the request's Range header, and throws on odd ones outside
/// its own try block. No route here has ranges. The object behind the reference is not const.
void forget_ranges(const httplib::Request& request) {
  const_cast<httplib::Request&>(request).ranges.clear();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return c < 128 ? static_cast<char>(std::tolower(c)) : c; });
  return text;
}

std::string media_type(const httplib::Request& request) {
  std::string type = lower(request.get_header_value("Content-Type"));
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  return type;
}

Refusal too_large(std::size_t bytes_max) {
  return Refusal(413, "request_too_large",
                 "the request body is larger than " + std::to_string(bytes_max) + " bytes");
}

/// How the body is framed, decided before a byte of it is read.
void check_framing(const httplib::Request& request) {
  const auto lengths = request.get_header_value_count("Content-Length");
  const auto encodings = request.get_header_value_count("Transfer-Encoding");
  if (lengths + encodings > 1)
    throw Refusal(400, "ambiguous_length", "the request states its length more than once");
  if (lengths + encodings == 0)
    throw Refusal(411, "length_required", "send Content-Length, or Transfer-Encoding: chunked");
  if (encodings == 1) {
    if (lower(request.get_header_value("Transfer-Encoding")) != "chunked")
      throw Refusal(400, "unsupported_encoding", "the only Transfer-Encoding here is chunked");
    if (request.is_multipart_form_data())
      throw Refusal(411, "length_required", "a multipart body needs Content-Length");
    return;
  }
  const std::string text = request.get_header_value("Content-Length");
  const bool digits = !text.empty() && text.size() < 19 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) throw Refusal(400, "invalid_length", "Content-Length is not a number");
}

/// Read the body into `call`, at most `bytes_max` of it. What is too much is read on and dropped
/// for a while: closing at once would reset the connection before the client has read the reply.
void read_body(const httplib::Request& request, const httplib::ContentReader& reader,
               std::size_t bytes_max, bool keep, Call& call) {
  std::size_t total = 0;
  std::size_t parts = 0;
  const auto deadline = steady_clock::now() + body_time_max;
  const auto take = [&](std::string* into, const char* data, std::size_t size) {
    total += size;
    if (keep && into != nullptr && total <= bytes_max) into->append(data, size);
    return total <= bytes_max + drain_bytes_max && steady_clock::now() < deadline;
  };
  bool complete = false;
  if (request.is_multipart_form_data()) {
    Part ignored;
    Part* part = &ignored;
    complete = reader(
        [&](const auto& field) {
          const auto [at, is_new] = call.parts.try_emplace(field.name);
          part = is_new ? &at->second : &ignored;
          if (is_new) *part = Part{{}, field.filename, lower(field.content_type)};
          total += field.name.size() + field.filename.size();
          return ++parts <= parts_max && steady_clock::now() < deadline;
        },
        [&](const char* data, std::size_t size) {
          return take(part == &ignored ? nullptr : &part->content, data, size);
        });
  } else {
    complete =
        reader([&](const char* data, std::size_t size) { return take(&call.body, data, size); });
  }
  if (total > bytes_max) throw too_large(bytes_max);
  if (steady_clock::now() >= deadline)
    throw Refusal(408, "request_timeout", "the request body took longer than 60 s");
  if (parts > parts_max) throw Refusal(400, "too_many_fields", "the form has more than 32 fields");
  if (!complete)
    throw Refusal(400, "invalid_body", "the request body is incomplete or not well-formed");
}

class Dispatcher {
 public:
  Dispatcher(const Program& program, std::vector<Route> routes)
      : program_(program), routes_(std::move(routes)) {}

  /// Ask the streams to end; no handler starts after this.
  void stop() { stopping_ = true; }

  void dispatch(const httplib::Request& request, httplib::Response& response,
                const httplib::ContentReader* reader) {
    forget_ranges(request);
    try {
      const auto* route = find(request, response, reader);
      if (route == nullptr) return;  // OPTIONS, answered.
      std::shared_ptr<void> place;
      if (route->heavy && !(place = gate_.enter())) {
        drop_body(request, reader);
        throw Refusal(503, "overloaded", "too many requests are waiting; try again in a second");
      }
      Call call;
      for (const auto& [key, value] : request.params) call.query.try_emplace(key, value);
      call.content_type = media_type(request);
      call.can_stream = request.version != "HTTP/1.0";
      if (reader != nullptr) {
        check_framing(request);
        read_body(request, *reader, program_.body_bytes_max, true, call);
      }
      if (stopping_) throw Refusal(503, "stopping", "the server is stopping");
      send(route->handle(call), std::move(place), response);
    } catch (const Refusal& refusal) {
      refuse(response, refusal);
    } catch (const std::exception& bug) {
      std::fprintf(stderr, "%s: %s\n", program_.name.c_str(), bug.what());
      refuse(response, Refusal(500, "internal_error", "the server failed; its log says why"));
    }
  }

 private:
  const Route* find(const httplib::Request& request, httplib::Response& response,
                    const httplib::ContentReader* reader) const {
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    std::string allowed;
    for (const auto& route : routes_) {
      if (route.path != request.path) continue;
      if (route.method == method) return &route;
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      if (route.method == "GET") allowed += ", HEAD";
    }
    if (!allowed.empty()) response.set_header("Allow", allowed + ", OPTIONS");
    if (!allowed.empty() && method == "OPTIONS") {
      response.status = 204;
      return nullptr;
    }
    drop_body(request, reader);
    if (allowed.empty()) throw Refusal(404, "not_found", "there is no such path");
    throw Refusal(405, "method_not_allowed", "this path takes " + allowed);
  }

  void drop_body(const httplib::Request& request, const httplib::ContentReader* reader) const {
    if (reader == nullptr) return;
    try {
      check_framing(request);
      Call ignored;
      read_body(request, *reader, 0, false, ignored);
    } catch (const Refusal&) {
      // The reason we refuse for is the one the client should see.
    }
  }

  void send(Reply reply, std::shared_ptr<void> place, httplib::Response& response) {
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    if (!reply.next_piece) {
      response.set_content(std::move(reply.body), reply.content_type);
      return;
    }
    response.set_chunked_content_provider(
        reply.content_type, [this, place = std::move(place), next = std::move(reply.next_piece)](
                                std::size_t, httplib::DataSink& sink) {
          // Runs outside the library's try block: nothing may escape.
          try {
            bool open = true;
            const bool more = next([&](std::string_view bytes) {
              open = open && !stopping_ && sink.write(bytes.data(), bytes.size());
              return open;
            });
            if (!open) return false;  // The missing last chunk tells the client that it is cut.
            if (!more) sink.done();
            return true;
          } catch (const std::exception& bug) {
            std::fprintf(stderr, "%s: %s\n", program_.name.c_str(), bug.what());
            return false;
          }
        });
  }

  const Program& program_;
  std::vector<Route> routes_;
  Gate gate_;
  std::atomic<bool> stopping_{false};
};

void set_up(httplib::Server& server, Dispatcher& dispatcher, const Program& program) {
  server.new_task_queue = [] { return new BoundedPool; };
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(2);
  server.set_read_timeout(5);
  server.set_write_timeout(10);
  server.set_tcp_nodelay(true);
  server.set_socket_options(
      [](socket_t socket) {  // Not the default SO_REUSEPORT: a port in use is an error.
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      });
  server.set_default_headers(
      {{"Server", program.name + "/" + program.version}, {"X-Content-Type-Options", "nosniff"}});
  using Outcome = httplib::Server::HandlerResponse;
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
    const bool has_body = request.method == "POST" || request.method == "PUT" ||
                          request.method == "PATCH" || request.method == "DELETE";
    if (has_body && request.path.size() <= path_bytes_max) return Outcome::Unhandled;
    dispatcher.dispatch(request, response, nullptr);
    return Outcome::Handled;
  });
  const auto with_body = [&](const httplib::Request& request, httplib::Response& response,
                             const httplib::ContentReader& reader) {
    dispatcher.dispatch(request, response, &reader);
  };
  const std::string any_path = R"([\s\S]*)";
  server.Post(any_path, with_body);
  server.Put(any_path, with_body);
  server.Patch(any_path, with_body);
  server.Delete(any_path, with_body);
  // The client waits for leave to send: the moment to say that it is too much.
  server.set_expect_100_continue_handler(
      [&](const httplib::Request& request, httplib::Response& response) {
        forget_ranges(request);
        try {
          check_framing(request);
          const std::string length = request.get_header_value("Content-Length");
          if (!length.empty() && std::stoull(length) > program.body_bytes_max)
            throw too_large(program.body_bytes_max);
          return 100;
        } catch (const Refusal& refusal) {
          refuse(response, refusal);
          return refusal.status;
        }
      });
  // For what the library refuses by itself: a malformed request line, an over-long one.
  server.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    forget_ranges(request);
    if (response.body.empty())
      refuse(response, Refusal(response.status, "invalid_request", "the request is malformed"));
  });
}

[[noreturn]] void usage_error(const Program& program, const std::string& message) {
  std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", program.name.c_str(), message.c_str(),
               program.name.c_str());
  std::exit(2);
}

void print_help(const Program& program) {
  std::printf("%s\n\nUsage: %s [--host ADDRESS] [--port NUMBER]\n\n", program.summary.c_str(),
              program.name.c_str());
  const auto line = [](const std::string& flag, const std::string& help) {
    std::printf("  %-18s %s\n", flag.c_str(), help.c_str());
  };
  line("--host ADDRESS", "Address to listen on (default 127.0.0.1)");
  line("--port NUMBER",
       "Port; 0 chooses a free one (default " + std::to_string(program.port) + ")");
  for (const auto& [flag, help] : program.flags) line(flag, help);
  line("--self-test", "Do the worker's task once on built-in data, and exit");
  line("--version", "Print the version and exit");
  line("--help", "Print this and exit");
}

}  // namespace

std::string Call::option(const std::string& name) const {
  if (const auto part = parts.find(name); part != parts.end()) return part->second.content;
  if (const auto value = query.find(name); value != query.end()) return value->second;
  return {};
}

Reply json_reply(const nlohmann::json& value) {
  Reply reply;
  reply.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return reply;
}

Options parse_options(const Program& program, int argc, char** argv) {
  Options options;
  options.port = program.port;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string flag = words[i].substr(0, equals);
    if (words[i] == "--help" || words[i] == "-h") {
      print_help(program);
      std::exit(0);
    }
    if (words[i] == "--version") {
      std::printf("%s %s\n", program.name.c_str(), program.version.c_str());
      std::exit(0);
    }
    if (words[i] == "--self-test") {
      options.self_test = true;
      continue;
    }
    const bool known =
        flag == "--host" || flag == "--port" ||
        std::any_of(program.flags.begin(), program.flags.end(), [&](const auto& entry) {
          return entry.first.substr(0, entry.first.find(' ')) == flag;
        });
    if (!known) usage_error(program, "unknown argument '" + words[i] + "'");
    if (equals == std::string::npos && i + 1 == words.size())
      usage_error(program, flag + " needs a value");
    const std::string value =
        equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    if (flag == "--host") {
      options.host = value;
    } else if (flag == "--port") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), options.port);
      if (error != std::errc() || end != value.data() + value.size() || options.port < 0 ||
          options.port > 65535)
        usage_error(program, "--port takes a number from 0 to 65535, not '" + value + "'");
    } else {
      options.values[flag] = value;
    }
  }
  return options;
}

int serve(const Program& program, const Options& options, std::vector<Route> routes) {
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals,
                  nullptr);  // Inherited by every thread; sigwait takes them.
  signal(SIGPIPE, SIG_IGN);

  Dispatcher dispatcher(program, std::move(routes));
  httplib::Server server;
  set_up(server, dispatcher, program);
  const int port = options.port == 0 ? server.bind_to_any_port(options.host)
                   : server.bind_to_port(options.host, options.port) ? options.port
                                                                     : -1;
  if (port < 0) {
    std::fprintf(stderr, "%s: cannot listen on %s port %d: %s\n", program.name.c_str(),
                 options.host.c_str(), options.port, std::strerror(errno));
    return 1;
  }
  std::atomic<bool> failed{false};
  auto listening = std::async(std::launch::async, [&] {
    if (!server.listen_after_bind()) {
      failed = true;
      kill(getpid(), SIGTERM);
    }
  });
  while (!server.is_running() && !failed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const bool v6 = options.host.find(':') != std::string::npos;
  std::printf("listening on http://%s%s%s:%d\n", v6 ? "[" : "", options.host.c_str(), v6 ? "]" : "",
              port);
  std::fflush(stdout);

  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  dispatcher.stop();
  if (!failed) server.stop();
  // A request in the middle of inference may take longer; there is no state on disk to lose.
  if (listening.wait_for(stop_time_max) == std::future_status::timeout) std::_Exit(0);
  return failed ? 1 : 0;
}

nlohmann::json parse_json(std::string_view text) {
  const auto limit_depth = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > 16) throw Refusal(400, "invalid_json", "the JSON is nested deeper than 16 levels");
    return true;
  };
  try {
    return nlohmann::json::parse(text, limit_depth);
  } catch (const nlohmann::json::exception& error) {
    std::string why = error.what();  // "[json.exception.parse_error.101] parse error at …"
    if (const auto end = why.find("] "); end != std::string::npos) why.erase(0, end + 2);
    throw Refusal(400, "invalid_json", "the body is not JSON: " + why);
  }
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const std::size_t length = first < 0x80                     ? 1
                               : first >= 0xC2 && first <= 0xDF ? 2
                               : first >= 0xE0 && first <= 0xEF ? 3
                               : first >= 0xF0 && first <= 0xF4 ? 4
                                                                : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    if (length > 2) {
      const unsigned second = byte(i + 1);
      if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
          (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return false;
    }
    i += length;
  }
  return true;
}

}  // namespace worker
