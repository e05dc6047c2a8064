// HttpClient over libcurl's easy interface; idle handles are kept, and with them their connections.
//
// A partial download keeps what proves its identity (the URL and a validator) in "<path>.meta";
// without it the part is not continued. RFC 9110 sections 13.1.5 (If-Range), 14.2 (Range), 15.3.7
// (206).
#include "platform/http_client.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "base/text.hpp"
#include "platform/curl_api.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::platform {

namespace {

constexpr std::size_t kHeaderBytesMax = 256 * 1024;
constexpr long kRedirectsMax = 8;

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyDelete>;

struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDelete>;

Result<void> start_curl() {
  TRY(load_curl());
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return {};
}

/// What the callbacks share with the call that started them.
struct Transfer {
  CURL* handle = nullptr;
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t header_bytes = 0;
  std::function<bool(std::string_view)> body;  ///< False ends the transfer.
  ProgressCallback progress;
  std::uint64_t offset = 0;  ///< Bytes that were there before this attempt.
  bool cancelled = false;
  bool header_flood = false;
  bool head_ended = false;  ///< By its empty line: libcurl takes a cut head for a whole one.

  long status() const {
    long code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
  }
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {  // A redirect or an interim answer came before.
    transfer.headers.clear();
    transfer.head_ended = false;
    return size;
  }
  if (line == "\r\n" || line == "\n") transfer.head_ended = true;
  transfer.header_bytes += size;
  if (transfer.header_bytes > kHeaderBytesMax) {
    transfer.header_flood = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  transfer.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return transfer.body(std::string_view(data, size)) ? size : 0;
}

int on_progress(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  const long status = transfer.status();
  const bool counts = status == 200 || status == 206;
  const std::uint64_t offset = status == 206 ? transfer.offset : 0;
  const auto received = counts ? offset + static_cast<std::uint64_t>(now) : 0;
  const auto whole = counts && total > 0 ? offset + static_cast<std::uint64_t>(total) : 0;
  if (transfer.progress && !transfer.progress(received, whole)) transfer.cancelled = true;
  return transfer.cancelled ? 1 : 0;
}

/// A failure of curl itself as an error of ours, and whether trying again could help.
struct NetworkFailure {
  Error error;
  bool transient = false;
};

NetworkFailure network_failure(CURLcode code, const Url& url, std::string_view detail,
                               const Patience& patience) {
  const auto make = [&](Errc errc, std::string id, std::string message, std::string fix,
                        bool again) {
    std::vector<std::string> evidence = {fmt::format("URL: {}", printable_line(url.str()))};
    if (!detail.empty())
      evidence.push_back(fmt::format("network library: {}", printable_line(detail)));
    return NetworkFailure{
        {errc, std::move(id), std::move(message), std::move(evidence), {}, std::move(fix), {}},
        again};
  };
  const std::string& host = url.host();
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return make(Errc::unreachable, "network-name",
                  fmt::format("the name '{}' does not resolve", host),
                  "check the address and this machine's network", false);
    case CURLE_COULDNT_CONNECT:
      return make(Errc::unreachable, "network-refused",
                  fmt::format("'{}' does not accept the connection", host),
                  "check that the server is running and the port is right", true);
    case CURLE_OPERATION_TIMEDOUT:
      return make(Errc::unreachable, "network-silent",
                  fmt::format("'{}' did not answer, or sent nothing for {} seconds", host,
                              patience.silence_max.count()),
                  "try again later", true);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return make(Errc::unreachable, "network-tls",
                  fmt::format("the identity of '{}' could not be verified", host),
                  "check this machine's clock and its ca-certificates package", false);
    case CURLE_SSL_CONNECT_ERROR:
      return make(Errc::unreachable, "network-tls",
                  fmt::format("no TLS connection to '{}' came about", host), "", true);
    case CURLE_TOO_MANY_REDIRECTS:
      return make(Errc::bad_response, "network-redirects",
                  fmt::format("'{}' redirects more than {} times", host, kRedirectsMax), "", false);
    case CURLE_UNSUPPORTED_PROTOCOL:
      return make(Errc::bad_response, "network-redirect-refused",
                  fmt::format("'{}' redirects to a scheme that is not allowed", host),
                  url.scheme() == "https" ? "an https address may only redirect to https" : "",
                  false);
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return make(Errc::unreachable, "network-cut",
                  fmt::format("'{}' closed the connection too early", host), "try again later",
                  true);
    default:
      return make(Errc::bad_response, "network-protocol",
                  fmt::format("the answer of '{}' does not follow HTTP", host), "", false);
  }
}

/// An attempt that brought so many bytes more than any before it made the download longer, not
/// hopeless; a server that cuts each one still comes to its end.
constexpr std::int64_t kWorthwhileBytes = 4 * 1024;
constexpr int kResumesMax = 200;

/// Sleep before attempt `attempt` (2, 3 …): 0.25 s doubling, at most 8 s, with up to half of it at
/// random so that many clients do not come back together. False when the user stopped it.
bool back_off(int attempt, std::chrono::milliseconds at_least, const ProgressCallback& progress,
              std::uint64_t received) {
  static thread_local std::minstd_rand random(std::random_device{}());
  const auto base = std::min(std::chrono::milliseconds(8000),
                             std::chrono::milliseconds(250) * (1 << std::min(attempt - 2, 8)));
  std::uniform_int_distribution<std::int64_t> jitter(0, base.count() / 2);
  auto left = std::max(at_least, base - std::chrono::milliseconds(jitter(random)));
  while (left.count() > 0) {
    if (progress && !progress(received, 0)) return false;
    const auto slice = std::min(left, std::chrono::milliseconds(50));
    std::this_thread::sleep_for(slice);
    left -= slice;
  }
  return true;
}

/// Which bytes a part holds: those that `url` had when it answered with `validator`.
struct PartIdentity {
  std::string url;
  std::string validator;  ///< A strong ETag or a Last-Modified date.
};

std::filesystem::path meta_path(const std::filesystem::path& path) {
  return path.string() + ".meta";
}

std::optional<PartIdentity> read_identity(const std::filesystem::path& path) {
  std::ifstream in(meta_path(path));
  PartIdentity identity;
  if (!std::getline(in, identity.url) || !std::getline(in, identity.validator)) return std::nullopt;
  if (identity.validator.empty()) return std::nullopt;
  return identity;
}

void write_identity(const std::filesystem::path& path, const PartIdentity& identity) {
  std::ofstream out(meta_path(path), std::ios::trunc);
  out << identity.url << '\n' << identity.validator << '\n';
}

void forget_identity(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(meta_path(path), ignored);
}

std::string validator_of(const Transfer& transfer) {
  const std::string_view etag = transfer.header("etag");
  if (etag.starts_with('"')) return std::string(etag);
  return std::string(transfer.header("last-modified"));
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes 5-9/10" gives {5, 10}; "bytes */10" gives {none, 10}; anything else nothing.
struct ContentRange {
  std::optional<std::uint64_t> first, total;
};
std::optional<ContentRange> content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return ContentRange{number(text.substr(0, text.find('-'))), number(text.substr(slash + 1))};
}

Error io_error(std::string_view what, const std::filesystem::path& path, int error) {
  return {Errc::io,
          "download-io",
          fmt::format("cannot {} '{}'", what, printable_line(path.string())),
          {std::strerror(error)},
          {},
          error == ENOSPC ? "free some disk space" : "",
          {}};
}

Error too_large(const Url& url, std::uint64_t size_bytes_max) {
  return {Errc::too_large,
          "download-too-large",
          fmt::format("'{}' is larger than the {} that are allowed", printable_line(url.str()),
                      human_size(size_bytes_max)),
          {},
          {},
          {},
          {}};
}

Error stopped() {
  return {Errc::interrupted, "interrupted", "the download was stopped", {}, {}, {}, {}};
}

Error status_error(const Url& url, long status) {
  const std::vector<std::string> evidence = {fmt::format("URL: {}", printable_line(url.str())),
                                             fmt::format("HTTP status: {}", status)};
  if (status == 404 || status == 410)
    return {Errc::not_found,
            "download-not-found",
            fmt::format("'{}' does not have this file", url.host()),
            evidence,
            {},
            {},
            {}};
  if (status == 401)
    return {Errc::unauthenticated,
            "download-refused",
            fmt::format("'{}' wants credentials for this file", url.host()),
            evidence,
            {},
            {},
            {}};
  if (status == 403)
    return {Errc::forbidden,
            "download-refused",
            fmt::format("'{}' refuses to give this file", url.host()),
            evidence,
            {},
            {},
            {}};
  if (status == 429 || status >= 500)
    return {Errc::unreachable,
            "download-unavailable",
            fmt::format("'{}' cannot give this file now", url.host()),
            evidence,
            {},
            "try again later",
            {}};
  return {Errc::bad_response,
          "download-status",
          fmt::format("'{}' gave an answer that is not a file", url.host()),
          evidence,
          {},
          {},
          {}};
}

/// Copy a file:// URL. Regular files only, so that a device or a pipe cannot hang us.
Result<void> copy_file(const Url& url, const std::filesystem::path& path,
                       std::uint64_t size_bytes_max, const ProgressCallback& progress) {
  const FileDescriptor in(::open(url.path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!in || ::fstat(in.get(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(Errc::not_found, "download-not-found",
                  fmt::format("there is no file '{}'", printable_line(url.path())));
    return tl::unexpected(io_error("read", url.path(), errno));
  }
  if (!S_ISREG(status.st_mode))
    return fail(Errc::not_found, "download-not-found",
                fmt::format("'{}' is not a regular file", printable_line(url.path())));
  const auto total = static_cast<std::uint64_t>(status.st_size);
  if (total > size_bytes_max) return tl::unexpected(too_large(url, size_bytes_max));
  const FileDescriptor out(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return tl::unexpected(io_error("create", path, errno));
  forget_identity(path);
  std::vector<char> buffer(256 * 1024);
  std::uint64_t copied = 0;
  for (;;) {
    const ssize_t count = ::read(in.get(), buffer.data(), buffer.size());
    if (count < 0) return tl::unexpected(io_error("read", url.path(), errno));
    if (count == 0) return {};
    copied += static_cast<std::uint64_t>(count);
    if (copied > size_bytes_max) return tl::unexpected(too_large(url, size_bytes_max));
    if (const int error = write_all(out.get(), {buffer.data(), static_cast<std::size_t>(count)});
        error != 0)
      return tl::unexpected(io_error("write", path, error));
    if (progress && !progress(copied, total)) return tl::unexpected(stopped());
  }
}

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

struct HttpClient::State {
  std::string user_agent;
  Patience patience;
  std::mutex mutex;
  std::vector<Easy> idle;

  /// An idle handle with the options that every request shares. Handles keep connections across
  /// reset.
  Easy borrow(const Url& url) {
    Easy handle;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        handle = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (!handle) handle.reset(curl_easy_init());
    CURL* h = handle.get();
    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, url.str().c_str());
    curl_easy_setopt(h, CURLOPT_USERAGENT, user_agent.c_str());
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR,
                     url.scheme() == "https" ? "https" : "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(h, CURLOPT_MAXREDIRS, kRedirectsMax);
    curl_easy_setopt(h, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.connect_max.count()));
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.silence_max.count()));
    return handle;
  }

  void give_back(Easy handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }

  /// Run one transfer whose callbacks are set; fills `transfer.headers`.
  CURLcode perform(CURL* handle, Transfer& transfer, curl_slist* headers, std::string& detail) {
    std::array<char, CURL_ERROR_SIZE> text{};
    transfer.handle = handle;
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, text.data());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
    const CURLcode code = curl_easy_perform(handle);
    detail = text.data();
    if (detail.empty() && code != CURLE_OK) detail = curl_easy_strerror(code);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
    return code;
  }

  /// What one attempt at a download came to.
  struct Attempt {
    std::optional<Error> error;  ///< None: the file is whole.
    bool transient = false;
    std::chrono::milliseconds wait{0};  ///< The server's own wish (Retry-After), capped.
    std::string redirect = {};          ///< Where a request with a credential was sent on to.
  };
  Attempt attempt(const Url& url, const std::filesystem::path& path, int fd,
                  std::uint64_t size_bytes_max, const ProgressCallback& progress,
                  const std::string& bearer, const Growth& growth);
};

HttpClient::State::Attempt HttpClient::State::attempt(
    const Url& url, const std::filesystem::path& path, int fd, std::uint64_t size_bytes_max,
    const ProgressCallback& progress, const std::string& bearer, const Growth& growth) {
  struct stat before {};
  if (::fstat(fd, &before) != 0) return {io_error("read", path, errno)};
  Transfer transfer;
  transfer.progress = progress;
  List headers;
  if (before.st_size > 0) {
    if (const auto identity = read_identity(path); identity && identity->url == url.str()) {
      transfer.offset = static_cast<std::uint64_t>(before.st_size);
      headers.reset(
          curl_slist_append(nullptr, fmt::format("Range: bytes={}-", transfer.offset).c_str()));
      curl_slist_append(headers.get(), ("If-Range: " + identity->validator).c_str());
    }
  }

  std::optional<Error> local;  // Why a callback ended the transfer.
  std::uint64_t size = 0;
  bool started = false;
  bool wrong_range = false;
  // The first byte of an accepted body decides: continue the part, or begin again from nothing.
  const auto start = [&](long status) {
    started = true;
    if (status == 206) {
      const auto range = content_range(transfer.header("content-range"));
      if (transfer.offset == 0 || !range || range->first != transfer.offset) {
        wrong_range = true;
        return false;
      }
      size = transfer.offset;
    } else {
      forget_identity(path);
      if (growth.begun_again) growth.begun_again();
      if (::ftruncate(fd, 0) != 0) {
        local = io_error("empty", path, errno);
        return false;
      }
      if (const std::string validator = validator_of(transfer); !validator.empty())
        write_identity(path, {url.str(), validator});
    }
    if (::lseek(fd, static_cast<off_t>(size), SEEK_SET) < 0) {
      local = io_error("continue", path, errno);
      return false;
    }
    const auto length = number(transfer.header("content-length"));
    if (length && *length > size_bytes_max - std::min(size, size_bytes_max)) {
      local = too_large(url, size_bytes_max);
      return false;
    }
    return true;
  };
  transfer.body = [&](std::string_view bytes) {
    const long status = transfer.status();
    if (status != 200 && status != 206) return true;  // An error's text; the status says enough.
    if (!started && !start(status)) return false;
    if (bytes.size() > size_bytes_max - std::min(size, size_bytes_max)) {
      local = too_large(url, size_bytes_max);
      return false;
    }
    if (const int error = write_all(fd, bytes); error != 0) {
      local = io_error("write", path, error);
      return false;
    }
    size += bytes.size();
    if (growth.grown) growth.grown(size);
    return true;
  };

  Easy handle = borrow(url);
  if (!bearer.empty()) {
    // libcurl would leave the header away for another host only; nobody but this one is told.
    curl_slist* longer =
        curl_slist_append(headers.get(), ("Authorization: Bearer " + bearer).c_str());
    if (!headers) headers.reset(longer);
    curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
  }
  std::string detail;
  const CURLcode code = perform(handle.get(), transfer, headers.get(), detail);
  const long status = transfer.status();
  const char* sent_on = nullptr;
  curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &sent_on);
  const std::string redirect = sent_on == nullptr ? std::string() : sent_on;
  give_back(std::move(handle));

  const auto begin_again = [&]() -> Attempt {
    forget_identity(path);
    return {Error{Errc::bad_response,
                  "download-range",
                  fmt::format("'{}' answered with other bytes than were asked for", url.host()),
                  {fmt::format("URL: {}", printable_line(url.str()))},
                  {},
                  {},
                  {}},
            true};
  };
  if (transfer.cancelled) return {stopped()};
  if (local) return {std::move(*local)};
  if (wrong_range) return begin_again();
  if (transfer.header_flood)
    return {Error{Errc::bad_response,
                  "network-protocol",
                  fmt::format("'{}' sends too many headers", url.host()),
                  {},
                  {},
                  {},
                  {}}};
  if (code != CURLE_OK || !transfer.head_ended) {
    auto failure =
        network_failure(code != CURLE_OK ? code : CURLE_PARTIAL_FILE, url, detail, patience);
    return {std::move(failure.error), failure.transient};
  }
  if (status == 416 && transfer.offset > 0) {
    const auto range = content_range(transfer.header("content-range"));
    if (range && range->total == transfer.offset) return {};  // The part was the whole file.
    return begin_again();
  }
  if (!redirect.empty() && status >= 300 && status < 400) {
    Attempt onward;
    onward.redirect = redirect;
    return onward;
  }
  if (status != 200 && status != 206) {
    const bool transient =
        status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    const auto seconds = number(transfer.header("retry-after")).value_or(0);
    return {status_error(url, status), transient,
            std::chrono::seconds(std::min<std::uint64_t>(seconds, 30))};
  }
  if (!started && !start(status)) return local ? Attempt{std::move(local)} : begin_again();
  return {};
}

HttpClient::HttpClient(std::string user_agent, Patience patience)
    : state_(std::make_unique<State>()) {
  state_->user_agent = std::move(user_agent);
  state_->patience = patience;
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::get(
    const Url& url, std::uint64_t body_bytes_max,
    const std::vector<std::pair<std::string, std::string>>& headers) {
  return exchange({}, url, {}, body_bytes_max, headers);
}

Result<HttpAnswer> HttpClient::send(
    std::string_view method, const Url& url, std::string_view body, std::uint64_t body_bytes_max,
    const std::vector<std::pair<std::string, std::string>>& headers) {
  return exchange(method, url, body, body_bytes_max, headers);
}

Result<HttpAnswer> HttpClient::exchange(
    std::string_view method, const Url& url, std::string_view sent, std::uint64_t body_bytes_max,
    const std::vector<std::pair<std::string, std::string>>& headers) {
  if (url.scheme() == "file")
    return fail(Errc::usage, "network-scheme", "an http or https address is needed here",
                {.evidence = {printable_line(url.str())}});
  TRY(start_curl());
  List list;
  bool credentials = false;
  for (const auto& [name, value] : headers) {
    if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      return fail(Errc::usage, "network-header", "a header holds a line break");
    // curl drops a header that ends in ':' and sends an empty one that ends in ';'.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (!list) list.reset(longer);
    credentials = credentials || ::strcasecmp(name.c_str(), "authorization") == 0;
  }
  for (int attempt = 1;; ++attempt) {
    Transfer transfer;
    HttpAnswer answer;
    bool flooded = false;
    transfer.body = [&](std::string_view bytes) {
      if (bytes.size() > body_bytes_max - answer.body.size()) {
        flooded = true;
        return false;
      }
      answer.body += bytes;
      return true;
    };
    Easy handle = state_->borrow(url);
    curl_easy_setopt(handle.get(), CURLOPT_ACCEPT_ENCODING, "");
    if (credentials) curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
    const std::string verb(method);
    if (!verb.empty()) {
      curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
      curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(sent.size()));
      curl_easy_setopt(handle.get(), CURLOPT_COPYPOSTFIELDS,
                       sent.data() == nullptr ? "" : sent.data());
      curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, verb.c_str());
    }
    std::string detail;
    CURLcode code = state_->perform(handle.get(), transfer, list.get(), detail);
    if (code == CURLE_OK && !transfer.head_ended) code = CURLE_PARTIAL_FILE;
    answer.status = static_cast<int>(transfer.status());
    state_->give_back(std::move(handle));
    if (flooded || transfer.header_flood) return tl::unexpected(too_large(url, body_bytes_max));
    if (code == CURLE_OK) {
      answer.headers = std::move(transfer.headers);
      return answer;
    }
    NetworkFailure failure = network_failure(code, url, detail, state_->patience);
    // Nobody listens: saying so at once helps more than insisting.
    const bool again = failure.transient && code != CURLE_COULDNT_CONNECT;
    if (!again || !verb.empty() || attempt >= state_->patience.attempts_max)
      return tl::unexpected(std::move(failure.error));
    back_off(attempt + 1, std::chrono::milliseconds(0), {}, 0);
  }
}

Result<void> HttpClient::download(const Url& url, const std::filesystem::path& path,
                                  std::uint64_t size_bytes_max, const ProgressCallback& progress,
                                  const std::string& bearer, const Growth& growth) {
  if (url.scheme() == "file") return copy_file(url, path, size_bytes_max, progress);
  TRY(start_curl());
  struct stat before {};
  const bool existed = ::lstat(path.c_str(), &before) == 0;
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return tl::unexpected(io_error("create", path, errno));
  std::int64_t furthest = 0;
  int resumes = 0;
  for (int attempt = 1;; ++attempt) {
    State::Attempt result =
        state_->attempt(url, path, file.get(), size_bytes_max, progress, bearer, growth);
    if (!result.redirect.empty()) {
      const auto onward = Url::parse(result.redirect);
      if (!onward || (onward->scheme() != "https" && onward->scheme() != url.scheme()))
        return fail(Errc::bad_response, "network-redirect-refused",
                    fmt::format("'{}' redirects to an address that is not allowed", url.host()),
                    {.evidence = {printable_line(result.redirect)}});
      return download(*onward, path, size_bytes_max, progress, {}, growth);
    }
    if (!result.error) {
      forget_identity(path);
      return {};
    }
    struct stat now {};
    const bool empty = ::fstat(file.get(), &now) == 0 && now.st_size == 0;
    const auto give_up = [&](Error error) -> Result<void> {
      if (!existed && empty) {  // An empty file that only we made is a trace, not a part.
        ::unlink(path.c_str());
        forget_identity(path);
      }
      return tl::unexpected(std::move(error));
    };
    // On a bad line every piece is welcome: what got further counts as a first attempt again.
    if (now.st_size >= furthest + kWorthwhileBytes && ++resumes <= kResumesMax) attempt = 1;
    furthest = std::max<std::int64_t>(furthest, now.st_size);
    if (!result.transient || attempt >= state_->patience.attempts_max)
      return give_up(std::move(*result.error));
    if (!back_off(attempt + 1, result.wait, progress, static_cast<std::uint64_t>(now.st_size)))
      return give_up(stopped());
  }
}

}  // namespace rbee::platform
