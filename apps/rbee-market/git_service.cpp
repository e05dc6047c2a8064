#include "git_service.hpp"

#include <fmt/format.h>

#include <fstream>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"
#include "platform/random.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kPrefix = "/catalog.git/";
/// A worker's folder has at most 200 files of 256,000 bytes; a push of text is far below that.
constexpr std::uint64_t kPushBytesMax = 16 << 20;
// A blob of zeros inflates to gigabytes; an honest push takes a tenth of a second.
constexpr std::uint64_t kPushCpuSecondsMax = 2;
constexpr std::chrono::seconds kPushWallMax{60};

/// RFC 4648, 4.
std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0, held = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0' + 52);
    else if (c == '+')
      value = 62;
    else if (c == '/')
      value = 63;
    else
      return std::nullopt;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 0xff);
    }
  }
  return out;
}

Result<void> write_hook(const fs::path& folder, std::string_view name) {
  const fs::path path = folder / name;
  // The limits are for git's parsers; the hook is this program and asks the server.
  const std::string text =
      fmt::format("#!/bin/sh\nulimit -S -v unlimited\nexec \"$RBEE_PROGRAM\" hook {}\n", name);
  // Another server's git may be about to run it: it is whole at every moment.
  if (const auto written = platform::write_file_atomically(path, text, 0700); !written)
    return fail(Errc::io, "hooks-unwritable",
                fmt::format("the hook {} cannot be written", path.string()),
                {.evidence = {written.error().message}});
  return {};
}

}  // namespace

std::string PusherTable::add(Pusher pusher) {
  const auto now = std::chrono::steady_clock::now();
  std::string id = platform::random_token(24);
  const std::lock_guard lock(mutex_);
  std::erase_if(
      all_, [&](const auto& each) { return now - each.second.second > std::chrono::minutes(10); });
  all_.emplace(id, std::pair(std::move(pusher), now));
  return id;
}

std::optional<Pusher> PusherTable::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(id);
  if (found == all_.end()) return std::nullopt;
  return found->second.first;
}

Result<std::unique_ptr<GitService>> GitService::open(const GitServiceOptions& options,
                                                     AuthenticatePush authenticate) {
  TRY_ASSIGN(GitPrograms programs, GitPrograms::find());
  std::error_code code;
  const fs::path hooks = options.data / "hooks";
  fs::create_directories(hooks, code);
  if (code)
    return fail(Errc::io, "hooks-unwritable", fmt::format("{} cannot be made", hooks.string()));
  for (const char* name : {"pre-receive", "proc-receive"}) TRY(write_hook(hooks, name));
  return std::unique_ptr<GitService>(
      new GitService(options, std::move(programs), std::move(authenticate)));
}

GitService::GitService(GitServiceOptions options, GitPrograms programs,
                       AuthenticatePush authenticate)
    : options_(std::move(options)),
      programs_(std::move(programs)),
      authenticate_(std::move(authenticate)) {}

fs::path GitService::socket_path() const {
  return options_.data / options_.socket_name;
}

Response GitService::ask_for_token(const Request& request, std::string detail) const {
  Response response = http::problem(request, http::Refusal{401, "token-needed", std::move(detail)});
  response.headers.add("WWW-Authenticate", "Basic realm=\"rbee\", charset=\"UTF-8\"");
  return response;
}

http::Streamed GitService::decide(const Request& request) {
  if (!request.path.starts_with(kPrefix)) return std::monostate{};
  const GitAsk ask = parse_git_ask(request, std::string_view(request.path).substr(kPrefix.size()));
  if (ask.refusal) return *ask.refusal;
  const bool advertises = ask.advertises;
  const std::string& service = ask.service;

  std::string push;
  const bool pushes = service == "git-receive-pack";
  if (pushes) {
    // Plain text: git shows it to who pushes.
    if (!authenticate_)
      return http::reply(
          403, "text/plain; charset=utf-8",
          options_.submit_at.empty()
              ? "this marketplace takes no submissions\n"
              : fmt::format("this catalog is kept at {}: submit there\n", options_.submit_at));
    const std::string_view sent = request.headers.get("Authorization");
    constexpr std::string_view kBasic = "basic ";
    if (sent.size() <= kBasic.size() ||
        !http::equal_ignoring_case(sent.substr(0, kBasic.size()), kBasic))
      return ask_for_token(request, "a push needs an account's name and an API token");
    const auto pair = from_base64(trim(sent.substr(kBasic.size())));
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return ask_for_token(request, "the credentials cannot be read");
    const auto account = authenticate_(std::string_view(*pair).substr(0, colon),
                                       std::string_view(*pair).substr(colon + 1));
    if (!account && account.error().code == Errc::unauthenticated)
      return ask_for_token(request, account.error().message);
    if (!account) return http::problem(request, account.error());
    if (!advertises) push = pushers_.add({*account, request.remote_address});
  }

  http::CgiCommand command =
      backend_command(programs_, request,
                      {.repository = options_.repository,
                       .directory = options_.data,
                       .service = advertises ? std::string() : service,
                       .query = advertises ? fmt::format("service={}", service) : std::string(),
                       .cpu_seconds_max = pushes ? kPushCpuSecondsMax : kFetchCpuSecondsMax,
                       .user = pushes ? "rbee" : "",
                       .config = {{"http.receivepack", "true"},
                                  {"core.hooksPath", (options_.data / "hooks").string()}}});
  if (pushes) {
    command.body_bytes_max = kPushBytesMax;
    command.wall_max = kPushWallMax;
  }
  const auto set = [&](std::string_view name, std::string_view value) {
    command.environment.push_back(fmt::format("{}={}", name, value));
  };
  set("RBEE_PROGRAM", options_.self.string());
  set("RBEE_SOCKET", socket_path().string());
  if (!push.empty()) set("RBEE_PUSH", push);
  return command;
}

}  // namespace rbee::market
