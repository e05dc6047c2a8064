// What an /rpc request asks, whichever of its forms it has: GET or POST, query, form or JSON, the
// old paths or /rpc/v5/….
//
// Pure. Source: aurweb's rpc.py and goaurrpc (docs/aur.md). Where the two differ, goaurrpc is
// followed: it is what answers in production.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace rbee::api {

/// The most packages that one answer may have.
inline constexpr std::size_t kAurResultsMax = 5'000;

struct AurQuery {
  std::optional<int> version;  ///< Nothing: not said, or no number.
  bool has_version = false;
  std::string type, by, callback;  ///< As sent.
  std::vector<std::string> args;   ///< Lower case.
  bool has_arg = false;            ///< Even if it is empty.
  /// The JSON body has a member of another type: the text of the error, with status 400.
  std::string malformed;
};

/// True for /rpc, /rpc/, /rpc.php and everything below /rpc/v5.
bool is_rpc_path(std::string_view path);

AurQuery parse_aur_query(const http::Request& request);

/// ^[a-zA-Z0-9()_.]{1,128}$, or nothing at all.
bool is_callback(std::string_view name);

/// The first thing that is wrong with it, in goaurrpc's words and order; empty: nothing.
std::string aur_complaint(const AurQuery& query);

}  // namespace rbee::api
