// Who is logged in: a cookie that holds an API token, and what forms carry so that no other site
// can send them.
//
// The token is the API's own (POST /v1/login/session), so a session ends where a token ends.
// Source: RFC 6265bis, 4.1.3.2 (the "__Host-" prefix); OWASP "Cross-Site Request Forgery
// Prevention", HMAC-based token.
#pragma once

#include <string>
#include <string_view>

#include "web/view.hpp"
#include "web/visit.hpp"

namespace rbee::web {

/// Browsers keep a cookie of this prefix only for this host, the path "/", and over TLS or
/// loopback.
inline constexpr std::string_view kSessionCookie = "__Host-rbee";
/// What the next page says above all else, by its name in a table: no text comes out of a cookie.
inline constexpr std::string_view kFlashCookie = "flash";

/// Set-Cookie for a session; an empty token takes it back.
std::string session_cookie(std::string_view token);
/// Set-Cookie for a message; an empty name takes it back.
std::string flash_cookie(std::string_view name);
/// Empty for a name that is none.
std::string_view flash_text(std::string_view name);

/// Fill `visit.context` for who shows a session; one that is over is forgotten.
void recognise(Visit& visit);

/// Another text each time, so that compressing a page tells nothing of it.
std::string make_csrf(std::string_view secret, std::string_view session);
bool csrf_fits(std::string_view secret, std::string_view session, std::string_view shown);

/// Errors: Errc::not_found "no-accounts" where the catalog is somebody else's.
Result<void> require_accounts(const Visit& visit);
/// And: Errc::unauthenticated "log-in-needed": the site answers with the way to the log-in.
Result<void> require_login(const Visit& visit);
/// 303 to the page that the form stood on (its field "return"), which says `flash`.
http::Response done(Visit& visit, std::string_view flash);

/// Log in over the API, set the cookie, end the session that was there before.
Result<void> open_session(Visit& visit, std::string_view name, std::string_view password);

}  // namespace rbee::web
