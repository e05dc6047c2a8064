// What this API is made of: its index and its description.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/answers.hpp"
#include "api/openapi_text.hpp"
#include "api/v1.hpp"

namespace rbee::api {

using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

namespace {

std::string_view word(http::Method method) {
  switch (method) {
    case http::Method::post:
      return "POST";
    case http::Method::put:
      return "PUT";
    case http::Method::patch:
      return "PATCH";
    case http::Method::del:
      return "DELETE";
    default:
      return "GET";
  }
}

}  // namespace

Result<Response> V1::index(const Request& request, const Params&) const {
  TRY(no_parameters(request));
  bj::array operations;
  for (const http::RouteName& route : tools_.routes)
    operations.push_back(bj::object{{"method", word(route.method)}, {"path", route.pattern}});
  const std::string body = bj::serialize(bj::object{{"name", "rbee marketplace"},
                                                    {"version", tools_.version},
                                                    {"openapi", base_ + "/v1/openapi.yaml"},
                                                    {"operations", std::move(operations)}}) +
                           "\n";
  return fresh(request, kJson, http::strong_etag({"index", body}), [&] { return body; });
}

Result<Response> V1::openapi(const Request& request, const Params&) const {
  TRY(no_parameters(request));
  return fresh(request, "application/yaml", http::strong_etag({"openapi", openapi_text()}),
               [] { return std::string(openapi_text()); });
}

}  // namespace rbee::api
