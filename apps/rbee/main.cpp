// The rbee program: builds the objects, passes them down, and catches what must not happen.
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "cli/machine_json.hpp"
#include "cli/signals.hpp"
#include "platform/detached.hpp"

namespace {

using rbee::platform::HttpClient;

/// curl costs a few milliseconds to start: it is made when somebody asks.
class LazyHttpClient {
 public:
  explicit LazyHttpClient(rbee::platform::Patience patience = {}) : patience_(patience) {}
  HttpClient& get() {
    if (!client_) client_.emplace("rbee/" RBEE_VERSION, patience_);
    return *client_;
  }

 private:
  rbee::platform::Patience patience_;
  std::optional<HttpClient> client_;
};

rbee::sdk::Get getter(LazyHttpClient& http) {
  return [&http](const rbee::Url& url, std::uint64_t body_bytes_max,
                 const rbee::sdk::HttpHeaders& headers) {
    return http.get().get(url, body_bytes_max, headers);
  };
}

int run(std::vector<std::string> arguments) {
  using namespace std::chrono_literals;
  rbee::cli::install_signal_handlers();
  const rbee::cli::Environment environment = rbee::cli::read_environment();
  const rbee::SystemClock clock;
  LazyHttpClient http;
  LazyHttpClient impatient({.connect_max = 1s, .silence_max = 5s, .attempts_max = 1});
  LazyHttpClient brief({.connect_max = 1s, .silence_max = 1s, .attempts_max = 1});
  rbee::cli::World world{.in = std::cin,
                         .out = std::cout,
                         .err = std::cerr,
                         .environment = environment,
                         .clock = clock,
                         .get = getter(http),
                         .get_once = getter(impatient),
                         .http = [&http]() -> HttpClient& { return http.get(); },
                         .machine = [&] { return rbee::cli::find_machine(environment); },
                         .host = [&] { return rbee::cli::find_host(environment); },
                         .get_briefly = getter(brief),
                         .post_briefly =
                             [&brief](const rbee::Url& url, std::string_view body,
                                      const rbee::sdk::HttpHeaders& headers) {
                               return brief.get().send("POST", url, body, 64 << 10, headers);
                             },
                         .start_sender =
                             [] {
                               rbee::platform::start_myself({"telemetry", "send"});
                             }};
  return rbee::cli::run(arguments, RBEE_VERSION, world);
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& bug) {
    std::fprintf(stderr,
                 "error: this is a bug in rbee %s: %s\n"
                 "  fix: please report it with the command that you typed and this text\n",
                 RBEE_VERSION, bug.what());
    return 1;
  }
}
