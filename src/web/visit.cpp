#include "web/visit.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cctype>

#include "api/form.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"
#include "web/session.hpp"
#include "web/site.hpp"
#include "wire/json_reader.hpp"
#include "wire/worker.hpp"

namespace rbee::web {

using http::Method;
using http::Response;

namespace {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::head:
      return "HEAD";
    default:
      return "GET";
  }
}

Errc code_of(int status) {
  switch (status) {
    case 400:
    case 422:
      return Errc::invalid_input;
    case 401:
      return Errc::unauthenticated;
    case 403:
      return Errc::forbidden;
    case 404:
      return Errc::not_found;
    case 409:
      return Errc::exists;
    case 413:
      return Errc::too_large;
    case 451:
      return Errc::policy;
    default:
      return Errc::failed;
  }
}

/// What the API refused, as an error with its own id.
tl::unexpected<Error> refusal(const Response& response) {
  const auto problem = wire::parse_problem(response.body);
  if (!problem)
    return fail(code_of(response.status), "api-refused",
                std::string(http::reason_phrase(response.status)));
  return fail(code_of(response.status), problem->type.substr(problem->type.rfind('/') + 1),
              problem->detail);
}

}  // namespace

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string local_path(std::string_view path) {
  // "//host" and "/\host" are other sites to a browser.
  const bool is_local = path.starts_with('/') && !path.starts_with("//") &&
                        path.find_first_of("\\\r\n\t") == std::string_view::npos;
  return is_local ? std::string(path) : "/";
}

Visit::Visit(const Site& site, const http::Request& asked, const http::Params& placeholders)
    : request(asked), params(placeholders), site_(site), base_(site.base_of(asked)) {
  const std::string theme = cookie("theme");
  if (theme == "light" || theme == "dark") context.theme = theme;
  session_ = cookie(kSessionCookie);
  if (request.method == Method::post) form_ = api::parse_form(request.body);
}

std::string Visit::cookie(std::string_view name) const {
  for (const auto& [field, value] : request.headers.all()) {
    if (field.size() != 6 || (field != "Cookie" && field != "cookie")) continue;
    for (const std::string_view pair : split(value, ';')) {
      const std::string_view each = trim(pair);
      if (each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=')
        return std::string(each.substr(name.size() + 1));
    }
  }
  return {};
}

std::string Visit::form(std::string_view name) const {
  const auto found = form_.find(std::string(name));
  return found == form_.end() ? std::string() : found->second;
}

void Visit::forget_session() {
  session_.clear();
  context.account.clear();
  context.role.clear();
  context.csrf.clear();
  answer_fields.add("Set-Cookie", session_cookie(""));
}

Response Visit::ask(Method method, std::string_view target, std::string body,
                    std::string_view accept) {
  http::Request inner;
  inner.method = method;
  inner.method_text = name_of(method);
  inner.target = target;
  const auto parsed = http::parse_target(target);
  if (const auto* refused = std::get_if<http::Refusal>(&parsed))
    return http::problem(inner, *refused);
  inner.path = std::get<http::Target>(parsed).path;
  inner.query = std::get<http::Target>(parsed).query;
  inner.headers.add("Host", std::string(request.headers.get("Host")));
  inner.headers.add("Accept", std::string(accept));
  if (!body.empty()) inner.headers.add("Content-Type", "application/json");
  if (!session_.empty()) inner.headers.add("Authorization", "Bearer " + session_);
  inner.body = std::move(body);
  inner.remote_address = request.remote_address;
  inner.id = request.id;
  return site_.options().ask(inner);
}

Result<boost::json::value> Visit::send(Method method, std::string_view target,
                                       const boost::json::value& body) {
  const Response response =
      ask(method, target, body.is_null() ? std::string() : boost::json::serialize(body));
  if (response.status >= 400) return refusal(response);
  if (response.body.empty()) return boost::json::value();
  return wire::parse_json(response.body);
}

Result<boost::json::value> Visit::get(std::string_view target) {
  return send(Method::get, target, nullptr);
}

Result<std::shared_ptr<const boost::json::value>> Visit::get_shared(std::string_view target) {
  if (auto kept = site_.shelf().find(target)) return kept;
  std::string own = std::exchange(session_, {});
  auto answer = get(target);
  session_ = std::move(own);
  if (!answer) return tl::unexpected(std::move(answer).error());
  auto shared = std::make_shared<const boost::json::value>(std::move(*answer));
  site_.shelf().keep(std::string(target), shared);
  return shared;
}

Result<std::string> Visit::get_text(std::string_view target) {
  Response response = ask(Method::get, target, {}, "*/*");
  if (response.status >= 400) return refusal(response);
  return std::move(response.body);
}

Response Visit::page(std::string_view name, View view, const PageHead& head) {
  View& v = view;
  v.set("title", head.title);
  v.set("description", head.description);
  v.set("no_index", head.no_index);
  v.set("theme", context.theme);
  v.set("is_light", context.theme == "light");
  v.set("is_dark", context.theme == "dark");
  v.set("account", context.account);
  v.set("logged_in", !context.account.empty());
  v.set("csrf", context.csrf);
  v.set("may_review", context.may_review());
  v.set("is_admin", context.is_admin());
  v.set("has_accounts", !site_.options().secret.empty());
  const bool enters = request.path == "/login" || request.path == "/signup";
  v.set("login_url", enters ? "/login" : "/login?next=" + url_encode(request.target));
  if (const std::string said = cookie(kFlashCookie); !said.empty()) {
    v.set("flash", flash_text(said));
    answer_fields.add("Set-Cookie", flash_cookie(""));
  }
  v.set("base", base_);
  v.set("path", request.path);
  v.set("here", request.target);
  v.set("version", site_.options().version);
  v.set("css", site_.assets().path_of("site.css"));
  v.set("forms_css", site_.assets().path_of("forms.css"));
  v.set("js", site_.assets().path_of("site.js"));
  v.set("htmx", site_.assets().path_of("htmx.js"));
  v.set("favicon", site_.assets().path_of("favicon.svg"));
  if (!head.section.empty()) v.set("in_" + head.section, true);
  return http::reply(head.status, "text/html; charset=utf-8", site_.templates().render(name, view));
}

Response Visit::see_other(std::string_view path) {
  Response response{.status = 303, .headers = {}, .body = {}};
  response.headers.add("Location", local_path(path));
  return response;
}

}  // namespace rbee::web
