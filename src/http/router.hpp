// From a method and a path to the handler that answers, by one table.
//
// Pure. A pattern's segments are words, "{name}" (one segment) or, last, "{name...}" (one or more
// segments). Earlier rows win. HEAD is answered by GET's row; the transport leaves the body out.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace rbee::http {

/// What the placeholders of a pattern matched, in the pattern's order. Views into the request's
/// path.
class Params {
 public:
  /// Empty when the pattern has no such name.
  std::string_view operator[](std::string_view name) const;
  void add(std::string_view name, std::string_view value);
  void clear() { count_ = 0; }

 private:
  std::array<std::pair<std::string_view, std::string_view>, 4> all_;
  std::size_t count_ = 0;
};

/// True when `path` follows `pattern`; then `params` holds its placeholders.
bool match_path(std::string_view pattern, std::string_view path, Params& params);

/// "GET, HEAD, OPTIONS": what an Allow field says of these methods.
std::string allow_field(std::span<const Method> methods);

/// One row of a service's table. `Service`'s member answers, or says why it cannot.
template <typename Service>
struct Route {
  Method method;
  std::string_view pattern;
  Result<Response> (Service::*handler)(const Request&, const Params&) const;
};

/// A route without its handler: what a description of the API lists.
struct RouteName {
  Method method;
  std::string_view pattern;  ///< Of the table that it came from.
};

template <typename Service, std::size_t N>
std::vector<RouteName> names_of(const std::array<Route<Service>, N>& routes) {
  std::vector<RouteName> all;
  for (const Route<Service>& row : routes) all.push_back({row.method, row.pattern});
  return all;
}

/// True when some row answers at this path, by whatever method.
template <typename Service, std::size_t N>
bool has_route(const std::array<Route<Service>, N>& routes, std::string_view path) {
  for (const Route<Service>& row : routes) {
    Params params;
    if (match_path(row.pattern, path, params)) return true;
  }
  return false;
}

/// Answer `request` by `routes`: errors, unknown paths (404), other methods (405 with Allow) and
/// OPTIONS (204 with Allow) included. Errors become problem details.
template <typename Service, std::size_t N>
Response route(const Service& service, const std::array<Route<Service>, N>& routes,
               const Request& request) {
  const Method wanted = request.method == Method::head ? Method::get : request.method;
  std::vector<Method> others;
  Params params;
  for (const Route<Service>& row : routes) {
    if (!match_path(row.pattern, request.path, params)) continue;
    if (row.method != wanted) {
      others.push_back(row.method);
      continue;
    }
    Result<Response> response = (service.*row.handler)(request, params);
    return response ? std::move(*response) : problem(request, response.error());
  }
  if (others.empty())
    return problem(request, Refusal{404, "no-such-resource",
                                    "nothing is at this path; docs/api.md lists what is"});
  Response response;
  if (wanted == Method::options) {
    response.status = 204;
  } else {
    response = problem(request, Refusal{405, "method-not-allowed",
                                        "this path does not answer " + request.method_text});
  }
  response.headers.set("Allow", allow_field(others));
  return response;
}

}  // namespace rbee::http
