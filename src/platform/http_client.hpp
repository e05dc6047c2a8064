// HTTP as a client: small answers into memory, large ones into a file.
//
// Reads the network; libcurl carries. Never reads .netrc, never sends credentials that it was not
// given, follows at most 8 redirects and only to http(s), honours the usual proxy variables. RFC
// 9110.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/url.hpp"

namespace rbee::platform {

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< Names in lower case; of the last response.
  std::string body;
  /// Value of the first header of that lower-case name; empty when there is none.
  std::string_view header(std::string_view name) const;
};

/// How long to keep trying, and how much to accept.
struct Patience {
  std::chrono::seconds connect_max{10};
  std::chrono::seconds silence_max{30};  ///< Time without a new byte that ends one attempt.
  int attempts_max = 3;  ///< For transient failures only, in a row without progress.
};

/// Called from time to time during a download: bytes so far, and the total where the server told it
/// (else 0). Returning false ends the download with Errc::interrupted.
using ProgressCallback =
    std::function<bool(std::uint64_t received_bytes, std::uint64_t total_bytes)>;

/// What a download does to its file, told by the thread that downloads. Bytes below what `grown`
/// said last stay as they are until `begun_again` is called.
struct Growth {
  std::function<void()> begun_again = {};  ///< Just before the file is emptied.
  std::function<void(std::uint64_t size_bytes)> grown = {};
};

class HttpClient {
 public:
  /// `user_agent` such as "rbee/0.1.0".
  explicit HttpClient(std::string user_agent, Patience patience = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// GET into memory. Any status is an answer. http and https only.
  /// Errors: Errc::unreachable "network-…" (refused, silent, name, TLS), Errc::too_large beyond
  /// `body_bytes_max`.
  Result<HttpAnswer> get(const Url& url, std::uint64_t body_bytes_max,
                         const std::vector<std::pair<std::string, std::string>>& headers = {});

  /// Any other method, with a body. Sent once: what changes something is not repeated on a doubt.
  /// Redirects are answers, too. Errors: as `get`.
  Result<HttpAnswer> send(std::string_view method, const Url& url, std::string_view body,
                          std::uint64_t body_bytes_max,
                          const std::vector<std::pair<std::string, std::string>>& headers = {});

  /// `bearer`, unless it is empty, is sent as "Authorization: Bearer …" (RFC 6750) to the host of
  /// `url` alone: a redirect is followed without it.
  ///
  /// GET http, https or file into `path`, which is created or continued (Range with If-Range) when
  /// `path` holds a part already. Anything but 200/206 is an error and leaves `path` as it was.
  /// Errors: Errc::not_found (404, 410, no such file), Errc::unreachable, Errc::too_large beyond
  /// `size_bytes_max`, Errc::interrupted, Errc::io.
  Result<void> download(const Url& url, const std::filesystem::path& path,
                        std::uint64_t size_bytes_max, const ProgressCallback& progress,
                        const std::string& bearer = {}, const Growth& growth = {});

 private:
  struct State;
  /// `method` empty: GET, repeated as patience allows.
  Result<HttpAnswer> exchange(std::string_view method, const Url& url, std::string_view body,
                              std::uint64_t body_bytes_max,
                              const std::vector<std::pair<std::string, std::string>>& headers);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::platform
