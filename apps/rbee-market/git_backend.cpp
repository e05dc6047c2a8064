#include "git_backend.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "http/problem.hpp"
#include "platform/process.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::Request;
using http::Response;

namespace {

constexpr std::uint64_t kPackFileBytesMax = 256ULL << 20;

/// What git may take from nobody but us. Read by every git below http-backend.
constexpr std::array<std::pair<std::string_view, std::string_view>, 34> kConfig{{
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

}  // namespace

Result<GitPrograms> GitPrograms::find() {
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
  return GitPrograms{std::move(backend), *prlimit};
}

GitAsk parse_git_ask(const Request& request, std::string_view rest) {
  GitAsk ask;
  ask.advertises = rest == "info/refs";
  ask.service = ask.advertises ? request.parameter("service") : rest;
  const bool is_known = ask.service == "git-upload-pack" || ask.service == "git-receive-pack";
  if (!is_known || (ask.advertises && request.query.size() != 1)) {
    ask.refusal = http::problem(
        request, http::Refusal{404, "path-not-found", "only Git's smart protocol is served here"});
    return ask;
  }
  const bool reads = request.method == http::Method::get || request.method == http::Method::head;
  if (reads != ask.advertises) {
    ask.refusal = http::problem(
        request, http::Refusal{405, "method-not-allowed", "another method is needed"});
    ask.refusal->headers.add("Allow", ask.advertises ? "GET, HEAD" : "POST");
  }
  return ask;
}

http::CgiCommand backend_command(const GitPrograms& programs, const Request& request,
                                 const BackendRequest& what) {
  http::CgiCommand command;
  const auto limit = [](std::string_view name, std::uint64_t value) {
    return fmt::format("--{}={}:", name, value);  // Soft: a hook may take its own back.
  };
  command.argv = {programs.prlimit,
                  limit("as", kGitAddressSpaceBytesMax),
                  limit("cpu", what.cpu_seconds_max),
                  limit("fsize", kPackFileBytesMax),
                  limit("core", 0),
                  programs.backend};
  command.directory = what.directory.string();
  command.body_bytes_max = kFetchRequestBytesMax;
  command.wall_max = kFetchWallMax;
  const bool advertises = what.service.empty();
  const auto set = [&](std::string_view name, std::string_view value) {
    command.environment.push_back(fmt::format("{}={}", name, value));
  };
  set("PATH", "/usr/bin:/bin");
  set("HOME", "/nonexistent");
  set("LC_ALL", "C.UTF-8");
  set("GIT_CONFIG_NOSYSTEM", "1");
  set("GIT_CONFIG_GLOBAL", "/dev/null");
  set("GIT_PROJECT_ROOT", what.repository.parent_path().string());
  set("GIT_HTTP_EXPORT_ALL", "1");
  set("GIT_TERMINAL_PROMPT", "0");
  set("GIT_ADVICE", "0");
  set("GATEWAY_INTERFACE", "CGI/1.1");
  set("SERVER_PROTOCOL", "HTTP/1.1");
  set("REQUEST_METHOD", advertises ? "GET" : "POST");
  set("PATH_INFO", fmt::format("/{}/{}", what.repository.filename().string(),
                               advertises ? "info/refs" : what.service));
  set("QUERY_STRING", what.query);
  set("REMOTE_ADDR", request.remote_address);
  if (!what.user.empty()) set("REMOTE_USER", what.user);
  // Printable and short, or not at all: git reads these.
  const auto pass = [&](std::string_view name, std::string_view field) {
    const std::string_view value = request.headers.get(field);
    if (!value.empty() && value.size() < 200 && printable_line(value) == value) set(name, value);
  };
  pass("CONTENT_TYPE", "Content-Type");
  pass("CONTENT_LENGTH", "Content-Length");
  pass("HTTP_CONTENT_ENCODING", "Content-Encoding");
  pass("GIT_PROTOCOL", "Git-Protocol");
  std::size_t count = 0;
  const auto configure = [&](std::string_view key, std::string_view value) {
    set(fmt::format("GIT_CONFIG_KEY_{}", count), key);
    set(fmt::format("GIT_CONFIG_VALUE_{}", count), value);
    ++count;
  };
  for (const auto& [key, value] : kConfig) configure(key, value);
  for (const auto& [key, value] : what.config) configure(key, value);
  configure("safe.directory", what.repository.string());
  set("GIT_CONFIG_COUNT", std::to_string(count));
  return command;
}

}  // namespace rbee::market
