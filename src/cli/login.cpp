// rbee login, logout, whoami, git-credential.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <istream>
#include <thread>

#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/signals.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;

std::string text_of(const json::value& value, std::string_view key) {
  const json::value* field = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

std::int64_t number_of(const json::value& value, std::string_view key, std::int64_t otherwise) {
  const json::value* field = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return field != nullptr && field->is_int64() ? field->get_int64() : otherwise;
}

std::string machine_name() {
  char name[64] = {};
  ::gethostname(name, sizeof name - 1);
  const std::string text = printable_line(name).substr(0, 40);
  return text.empty() ? "rbee" : text;
}

/// Says so where whoever carries the messages can read the token.
void warn_when_readable(Context& context, const std::string& base) {
  const auto url = Url::parse(base);
  if (!url || url->scheme() != "http") return;
  const std::string host(url->host());
  const bool stays_here = host == "localhost" || host == "[::1]" || host.starts_with("127.");
  if (!stays_here)
    context.note(
        fmt::format("warning: {} is not https; everybody on the way can read the token and use it",
                    printable_line(base)));
}

/// Asks who the token is, and keeps it.
Result<int> finish(Context& context, const std::string& base, const std::string& token) {
  if (!is_plain(token))
    return fail(Errc::invalid_input, "token-invalid", "what came is no token",
                {.why = "a token is of letters, digits and '_', in one line"});
  TRY(keep_credential(context, base, {"", token}));
  const auto me = call(context, "", "/v1/users/me");
  if (!me) {
    TRY(forget_credential(context, base));
    return tl::unexpected(me.error());
  }
  const std::string name = text_of(*me, "name");
  if (!is_plain(name)) {
    TRY(forget_credential(context, base));
    return fail(Errc::invalid_input, "account-invalid",
                fmt::format("the marketplace calls this account '{}'", printable_line(name)));
  }
  TRY(keep_credential(context, base, {name, token}));
  context.note(fmt::format("logged in to {} as {}", printable_line(base), printable_line(name)));
  if (context.settings.json) context.print(json::object{{"name", name}, {"marketplace", base}});
  return 0;
}

}  // namespace

Result<int> login(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  warn_when_readable(context, base);
  if (arguments.with_token) {
    std::string token;
    std::getline(context.world.in, token);
    token = std::string(trim(token));
    if (token.empty())
      return fail(Errc::usage, "token-missing", "no token came on standard input",
                  {.fix = "rbee login --with-token < FILE"});
    return finish(context, base, token);
  }
  json::object ask{{"name", arguments.name.empty() ? machine_name() : arguments.name}};
  if (!arguments.format.empty()) ask["scopes"] = arguments.format;
  TRY_ASSIGN(const json::value started, call_anonymous(context, "POST", "/v1/login/device", ask));
  context.note(fmt::format("Open {} and enter the code {}",
                           printable_line(text_of(started, "verification_uri")),
                           printable_line(text_of(started, "user_code"))));
  const PoliteStop polite;
  auto interval =
      std::chrono::seconds(std::clamp<std::int64_t>(number_of(started, "interval", 5), 1, 60));
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(number_of(started, "expires_in", 600));
  while (std::chrono::steady_clock::now() < end) {
    for (auto waited = std::chrono::milliseconds(0); waited < interval;
         waited += std::chrono::milliseconds(100)) {
      if (stop_wanted()) return fail(Errc::interrupted, "interrupted", "stopped");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const auto answer = call_anonymous(context, "POST", "/v1/login/device/token",
                                       {{"device_code", text_of(started, "device_code")}});
    if (answer) return finish(context, base, text_of(*answer, "access_token"));
    if (answer.error().id == "slow_down")
      interval += std::chrono::seconds(5);
    else if (answer.error().id != "authorization_pending")
      return tl::unexpected(answer.error());
  }
  return fail(Errc::unauthenticated, "expired_token", "the code was not approved in time",
              {.fix = "rbee login"});
}

Result<int> logout(const Arguments&, Context& context) {
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  TRY(forget_credential(context, base));
  context.note(fmt::format("the token for {} is forgotten; it is good until it is ended there",
                           printable_line(base)));
  return 0;
}

Result<int> whoami(const Arguments&, Context& context) {
  TRY_ASSIGN(const json::value me, call(context, "", "/v1/users/me"));
  if (context.settings.json) {
    context.print(me);
    return 0;
  }
  context.print(fmt::format("{} ({}; this token may: {})\n", printable_line(text_of(me, "name")),
                            printable_line(text_of(me, "role")),
                            printable_line(text_of(me, "scopes"))));
  return 0;
}

// gitcredentials(7): attributes on standard input, "key=value" lines, until an empty one.
Result<int> git_credential(const Arguments& arguments, Context& context) {
  if (arguments.id != "get") return 0;  // We keep nothing that Git offers, and erase nothing.
  std::string protocol, host;
  for (std::string line; std::getline(context.world.in, line) && !line.empty();) {
    if (line.starts_with("protocol=")) protocol = line.substr(9);
    if (line.starts_with("host=")) host = line.substr(5);
  }
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  const std::string origin = protocol + "://" + host;
  // Another host gets nothing.
  if (base != origin && !base.starts_with(origin + "/")) return 0;
  TRY_ASSIGN(const auto credential, find_credential(context, base));
  if (!credential) return 0;
  context.print(fmt::format("username={}\npassword={}",
                            credential->account.empty() ? "token" : credential->account,
                            credential->token));
  return 0;
}

}  // namespace rbee::cli
