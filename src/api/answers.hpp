// Answers from the catalog, which clients keep and ask about again.
//
// Pure. Shared by the files of V1.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/text.hpp"
#include "http/etag.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace rbee::api {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kPlain = "text/plain; charset=utf-8";

/// Only known parameters: a misspelt one must not be taken for none. Errors: Errc::invalid_input
/// "parameter-unknown".
inline Result<void> no_parameters(const http::Request& request,
                                  std::initializer_list<std::string_view> known = {}) {
  for (const auto& [name, value] : request.query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(
          Errc::invalid_input, "parameter-unknown",
          fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))));
  return {};
}

/// Errors: Errc::invalid_input "parameter-invalid", always.
inline tl::unexpected<Error> invalid_parameter(std::string_view name, std::string_view value,
                                               std::string expected) {
  return fail(Errc::invalid_input, "parameter-invalid",
              fmt::format("the parameter {}='{}' cannot be used", printable_line(name),
                          printable_line(value.substr(0, 60))),
              {.why = std::move(expected)});
}

/// The answer is the same until the catalog changes, and then at once another: keep it, and ask
/// each time. `make_body` is called when the client has not got it.
http::Response fresh(const http::Request& request, std::string_view type, std::string_view etag,
                     auto make_body) {
  http::Response response;
  if (http::is_not_modified(request, etag)) {
    response.status = 304;
  } else {
    response = http::reply(200, type, make_body());
    response.headers.add("X-Content-Type-Options", "nosniff");
  }
  response.headers.add("Cache-Control", "public, no-cache");
  response.headers.add("ETag", std::string(etag));
  return response;
}

/// Text that somebody wrote, which no browser may run (docs/api.md, "Files").
http::Response untrusted(const http::Request& request, std::string_view type, std::string_view etag,
                         auto make_body) {
  http::Response response = fresh(request, type, etag, make_body);
  if (response.status == 200)
    response.headers.add("Content-Security-Policy", "sandbox; default-src 'none'");
  return response;
}

}  // namespace rbee::api
