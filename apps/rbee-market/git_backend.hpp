// Git's own http-backend as a program that answers a request: its command, limits and environment.
//
// Describes; starts nothing. The environment is of our making, with nothing of the user's or the
// system's configuration. Source: git-http-backend(1), git-config(1), RFC 3875.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/cgi.hpp"
#include "http/message.hpp"

namespace rbee::market {

inline constexpr std::uint64_t kGitAddressSpaceBytesMax = 2ULL << 30;
inline constexpr std::uint64_t kFetchCpuSecondsMax = 300;
inline constexpr std::uint64_t kFetchRequestBytesMax = 8 << 20;
inline constexpr std::chrono::seconds kFetchWallMax{900};

/// Absolute paths of the programs that serve Git.
struct GitPrograms {
  std::string backend, prlimit;
  /// Errors: Errc::not_found "git-missing".
  static Result<GitPrograms> find();
};

struct BackendRequest {
  std::filesystem::path repository;
  std::filesystem::path directory;  ///< Where it runs.
  std::string service;              ///< "git-upload-pack" or "git-receive-pack"; empty: info/refs.
  std::string query;                ///< "service=git-upload-pack" for info/refs.
  std::uint64_t cpu_seconds_max = kFetchCpuSecondsMax;
  std::string user;  ///< REMOTE_USER; empty: nobody pushes.
  /// Beside what every git of ours is told.
  std::vector<std::pair<std::string, std::string>> config;
};

/// The smart protocol's `service` of a request below `rest` ("info/refs", "git-upload-pack"), or
/// the answer to a request that is none of them.
struct GitAsk {
  std::string service;  ///< Asked about, or asked for.
  bool advertises = false;
  std::optional<http::Response> refusal;
};
GitAsk parse_git_ask(const http::Request& request, std::string_view rest);

/// The limits of a fetch; the caller may set others.
http::CgiCommand backend_command(const GitPrograms& programs, const http::Request& request,
                                 const BackendRequest& what);

}  // namespace rbee::market
