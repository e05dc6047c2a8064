#include "cli/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "platform/files.hpp"
#include "platform/http_client.hpp"
#include "wire/json_reader.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;
constexpr std::uint64_t kAnswerBytesMax = 4 << 20;

Result<std::filesystem::path> credentials_path(Context& context) {
  TRY_ASSIGN(const auto config, config_path(context.world.environment));
  return config.parent_path() / "credentials.json";
}

Result<json::object> read_all(Context& context) {
  TRY_ASSIGN(const auto path, credentials_path(context));
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return json::object();
  TRY_ASSIGN(const std::string text, platform::read_file(path, 1 << 20));
  auto value = wire::parse_json(text);
  if (!value || !value->is_object())
    return fail(Errc::invalid_input, "credentials-invalid",
                fmt::format("{} cannot be read", tilde(context.world.environment, path)),
                {.fix = "remove it, and log in again: rbee login"});
  return value->get_object();
}

Result<void> write_all(Context& context, const json::object& all) {
  TRY_ASSIGN(const auto path, credentials_path(context));
  TRY(platform::make_directories(path.parent_path(), 0700));
  return platform::write_file_atomically(path, json::serialize(all) + "\n", 0600);
}

/// The server's problem as an error of ours.
Error refused(const platform::HttpAnswer& answer, const std::string& url) {
  Error error{Errc::failed,
              "marketplace-error",
              fmt::format("the marketplace answered {}", answer.status),
              {fmt::format("URL: {}", printable_line(url))},
              {},
              {},
              {}};
  switch (answer.status) {
    case 400:
      error.code = Errc::invalid_input;
      break;
    case 401:
      error.code = Errc::unauthenticated;
      break;
    case 403:
      error.code = Errc::forbidden;
      break;
    case 404:
      error.code = Errc::not_found;
      break;
    case 409:
      error.code = Errc::exists;
      break;
    case 422:
      error.code = Errc::policy;
      break;
    default:
      break;
  }
  const auto value = wire::parse_json(answer.body);
  if (!value || !value->is_object()) return error;
  const auto text = [&](const char* key) {
    const json::value* field = value->get_object().if_contains(key);
    return field != nullptr && field->is_string()
               ? printable_line(std::string_view(field->get_string()))
               : std::string();
  };
  if (const std::string detail = text("detail"); !detail.empty()) error.message = detail;
  const std::string type = text("type");
  constexpr std::string_view kProblems = "/v1/problems/";
  if (type.starts_with(kProblems)) error.id = type.substr(kProblems.size());
  if (const std::string own = text("error"); !own.empty()) {
    error.id = own;
    error.message = text("error_description");
  }
  return error;
}

Result<json::value> exchange(Context& context, std::string_view method, const std::string& path,
                             const json::object& body, const std::string& token) {
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  TRY_ASSIGN(const Url url, Url::parse(base + path));
  std::vector<std::pair<std::string, std::string>> headers{{"Accept", "application/json"}};
  if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
  Result<platform::HttpAnswer> answer = fail(Errc::failed, "", "");
  if (method.empty()) {
    answer = context.world.http().get(url, kAnswerBytesMax, headers);
  } else {
    headers.emplace_back("Content-Type", "application/json");
    answer =
        context.world.http().send(method, url, json::serialize(body), kAnswerBytesMax, headers);
  }
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status < 200 || answer->status > 299)
    return tl::unexpected(refused(*answer, url.str()));
  if (answer->body.empty()) return json::value(json::object());
  return wire::parse_json(answer->body);
}

}  // namespace

Result<std::string> marketplace_base(Context& context) {
  TRY_ASSIGN(const auto client, marketplace(context));
  return client.base();
}

bool is_plain(std::string_view text) {
  constexpr std::size_t kPlainMax = 512;
  return !text.empty() && text.size() <= kPlainMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<std::optional<Credential>> find_credential(Context& context, const std::string& base) {
  const std::string_view variable = context.world.environment.variable("RBEE_TOKEN");
  if (!variable.empty() && !is_plain(variable))
    return fail(Errc::invalid_input, "credentials-invalid", "RBEE_TOKEN holds no token",
                {.why = "a token is of letters, digits and '_', in one line",
                 .fix = "set it to what `rbee-market token create` printed, or unset it"});
  if (!variable.empty()) return std::optional(Credential{"", std::string(variable)});
  return find_kept_credential(context, base);
}

Result<std::optional<Credential>> find_kept_credential(Context& context, const std::string& base) {
  TRY_ASSIGN(const json::object all, read_all(context));
  const json::value* entry = all.if_contains(base);
  if (entry == nullptr || !entry->is_object()) return std::optional<Credential>();
  Credential credential;
  for (const auto& [key, value] : entry->get_object())
    if (value.is_string()) {
      if (key == "account") credential.account = std::string(value.get_string());
      if (key == "token") credential.token = std::string(value.get_string());
    }
  if (!is_plain(credential.token) || (!credential.account.empty() && !is_plain(credential.account)))
    return fail(Errc::invalid_input, "credentials-invalid",
                fmt::format("the token that is kept for {} is none", printable_line(base)),
                {.fix = "log in again: rbee login"});
  return std::optional(std::move(credential));
}

Result<void> keep_credential(Context& context, const std::string& base,
                             const Credential& credential) {
  TRY_ASSIGN(json::object all, read_all(context));
  all[base] = json::object{{"account", credential.account}, {"token", credential.token}};
  return write_all(context, all);
}

Result<void> forget_credential(Context& context, const std::string& base) {
  TRY_ASSIGN(json::object all, read_all(context));
  all.erase(base);
  return write_all(context, all);
}

Result<json::value> call(Context& context, std::string_view method, const std::string& path,
                         const json::object& body) {
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  TRY_ASSIGN(const auto credential, find_credential(context, base));
  if (!credential)
    return fail(Errc::unauthenticated, "not-logged-in",
                fmt::format("nobody is logged in to {}", printable_line(base)),
                {.fix = "rbee login"});
  return exchange(context, method, path, body, credential->token);
}

Result<json::value> call_anonymous(Context& context, std::string_view method,
                                   const std::string& path, const json::object& body) {
  return exchange(context, method, path, body, "");
}

}  // namespace rbee::cli
