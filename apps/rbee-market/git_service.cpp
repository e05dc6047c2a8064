#include "git_service.hpp"

#include <fmt/format.h>

#include <array>
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
constexpr std::uint64_t kPushBytesMax = 16 << 20, kFetchRequestBytesMax = 8 << 20;
constexpr std::uint64_t
    kAddressSpaceBytesMax = 2ULL << 30,
    kFetchCpuSecondsMax = 300,
    // A blob of zeros inflates to gigabytes; an honest push takes a tenth of a second.
    kPushCpuSecondsMax = 2, kFileBytesMax = 256ULL << 20;
constexpr std::chrono::seconds kPushWallMax{60}, kFetchWallMax{900};

/// What git may take from nobody but us. Read by every git below http-backend.
constexpr std::array<std::pair<std::string_view, std::string_view>, 35> kConfig{{
    {"http.receivepack", "true"},
    {"http.getanyfile", "false"},
    {"receive.fsckObjects", "true"},
    {"transfer.fsckObjects", "true"},
    {"fetch.fsckObjects", "true"},
    {"receive.fsck.zeroPaddedFilemode", "error"},
    {"receive.fsck.badFilemode", "error"},
    {"receive.fsck.nullSha1", "error"},
    {"receive.fsck.fullPathname", "error"},
    {"receive.fsck.emptyName", "error"},
    {"receive.fsck.hasDot", "error"},
    {"receive.fsck.hasDotdot", "error"},
    {"receive.fsck.hasDotgit", "error"},
    {"receive.fsck.badTimezone", "error"},
    {"receive.fsck.missingNameBeforeEmail", "error"},
    {"receive.fsck.nulInCommit", "error"},
    {"receive.maxInputSize", "16777216"},
    {"receive.unpackLimit", "5000"},
    {"receive.procReceiveRefs", "refs/for"},
    {"receive.denyDeletes", "false"},
    {"receive.denyNonFastForwards", "true"},
    {"receive.advertisePushOptions", "false"},
    {"receive.advertiseAtomic", "false"},
    {"receive.autogc", "false"},
    {"receive.updateServerInfo", "false"},
    {"receive.keepAlive", "5"},
    {"receive.shallowUpdate", "false"},
    {"transfer.hideRefs", "refs/submissions"},
    {"uploadpack.hideRefs", "!refs/submissions"},
    {"uploadpack.allowFilter", "true"},
    {"gc.auto", "0"},
    {"core.bigFileThreshold", "1m"},
    {"core.alternateRefsCommand", "true"},
    {"pack.threads", "1"},
    {"pack.windowMemory", "64m"},
}};

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
  const auto prlimit = platform::find_program("prlimit");
  std::string backend;
  std::error_code code;
  for (const char* path :
       {"/usr/lib/git-core/git-http-backend", "/usr/libexec/git-core/git-http-backend"})
    if (backend.empty() && fs::exists(path, code)) backend = path;
  if (backend.empty() || !prlimit)
    return fail(Errc::not_found, "git-missing", "git's http-backend is not installed",
                {.why = "clones and pushes are served by Git's own programs",
                 .fix = "apt-get install git util-linux"});
  const fs::path hooks = options.data / "hooks";
  fs::create_directories(hooks, code);
  if (code)
    return fail(Errc::io, "hooks-unwritable", fmt::format("{} cannot be made", hooks.string()));
  for (const char* name : {"pre-receive", "proc-receive"}) TRY(write_hook(hooks, name));
  return std::unique_ptr<GitService>(
      new GitService(options, std::move(backend), *prlimit, std::move(authenticate)));
}

GitService::GitService(GitServiceOptions options, std::string backend, std::string prlimit,
                       AuthenticatePush authenticate)
    : options_(std::move(options)),
      backend_(std::move(backend)),
      prlimit_(std::move(prlimit)),
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
  const std::string_view rest = std::string_view(request.path).substr(kPrefix.size());
  const bool advertises = rest == "info/refs";
  std::string_view service = advertises ? request.parameter("service") : rest;
  const bool is_known = service == "git-upload-pack" || service == "git-receive-pack";
  if (!is_known || (advertises && request.query.size() != 1))
    return http::problem(
        request, http::Refusal{404, "path-not-found", "only Git's smart protocol is served here"});
  const bool reads = request.method == http::Method::get || request.method == http::Method::head;
  if (reads != advertises) {
    Response response = http::problem(
        request, http::Refusal{405, "method-not-allowed", "another method is needed"});
    response.headers.add("Allow", advertises ? "GET, HEAD" : "POST");
    return response;
  }

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

  http::CgiCommand command;
  const auto limit = [](std::string_view name, std::uint64_t value) {
    return fmt::format("--{}={}:", name, value);  // Soft: a hook may take its own back.
  };
  command.argv = {prlimit_,
                  limit("as", kAddressSpaceBytesMax),
                  limit("cpu", pushes ? kPushCpuSecondsMax : kFetchCpuSecondsMax),
                  limit("fsize", kFileBytesMax),
                  limit("core", 0),
                  backend_};
  command.directory = options_.data.string();
  command.body_bytes_max = pushes ? kPushBytesMax : kFetchRequestBytesMax;
  command.wall_max = pushes ? kPushWallMax : kFetchWallMax;
  auto& environment = command.environment;
  const auto set = [&](std::string_view name, std::string_view value) {
    environment.push_back(fmt::format("{}={}", name, value));
  };
  set("PATH", "/usr/bin:/bin");
  set("HOME", "/nonexistent");
  set("LC_ALL", "C.UTF-8");
  set("GIT_CONFIG_NOSYSTEM", "1");
  set("GIT_CONFIG_GLOBAL", "/dev/null");
  set("GIT_PROJECT_ROOT", options_.repository.parent_path().string());
  set("GIT_HTTP_EXPORT_ALL", "1");
  set("GIT_TERMINAL_PROMPT", "0");
  set("GIT_ADVICE", "0");
  set("GATEWAY_INTERFACE", "CGI/1.1");
  set("SERVER_PROTOCOL", "HTTP/1.1");
  set("REQUEST_METHOD", reads ? "GET" : "POST");
  set("PATH_INFO", fmt::format("/{}/{}", options_.repository.filename().string(),
                               advertises ? "info/refs" : std::string(service)));
  set("QUERY_STRING", advertises ? fmt::format("service={}", service) : "");
  set("REMOTE_ADDR", request.remote_address);
  if (pushes) set("REMOTE_USER", "rbee");
  // Printable and short, or not at all: git reads these.
  const auto pass = [&](std::string_view name, std::string_view field) {
    const std::string_view value = request.headers.get(field);
    if (!value.empty() && value.size() < 200 && printable_line(value) == value) set(name, value);
  };
  pass("CONTENT_TYPE", "Content-Type");
  pass("CONTENT_LENGTH", "Content-Length");
  pass("HTTP_CONTENT_ENCODING", "Content-Encoding");
  pass("GIT_PROTOCOL", "Git-Protocol");
  set("RBEE_PROGRAM", options_.self.string());
  set("RBEE_SOCKET", socket_path().string());
  if (!push.empty()) set("RBEE_PUSH", push);
  std::size_t count = 0;
  const auto configure = [&](std::string_view key, std::string_view value) {
    set(fmt::format("GIT_CONFIG_KEY_{}", count), key);
    set(fmt::format("GIT_CONFIG_VALUE_{}", count), value);
    ++count;
  };
  for (const auto& [key, value] : kConfig) configure(key, value);
  configure("core.hooksPath", (options_.data / "hooks").string());
  configure("safe.directory", options_.repository.string());
  set("GIT_CONFIG_COUNT", std::to_string(count));
  return command;
}

}  // namespace rbee::market
