// One request for a page: what was asked, who asks, and the API to ask in turn.
//
// Asks the API in this process, with the visitor's own credentials; nothing else is reached from
// here (docs/adr/010). A page is a function `Result<http::Response>(Visit&)` of pages.hpp.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "web/view.hpp"

namespace rbee::web {

/// The marketplace's API, as `http::Service::respond`. Called from several threads at once.
using Ask = std::function<http::Response(const http::Request&)>;

class Site;

/// What the layout shows of the visitor; from cookies.
struct PageContext {
  std::string theme;       ///< "light", "dark"; empty: as the system has it.
  std::string account;     ///< Empty: nobody is logged in.
  std::string csrf;        ///< For `<input type="hidden" name="csrf">`; empty without a session.
  std::string role;        ///< "user", "reviewer", "admin"; empty without a session.
  std::int64_t token = 0;  ///< The session's own number among the account's tokens.

  bool may_review() const { return role == "reviewer" || role == "admin"; }
  bool is_admin() const { return role == "admin"; }
};

/// The head of a page.
struct PageHead {
  std::string title;             ///< Without the marketplace's name.
  std::string description = {};  ///< For search engines; may be empty.
  std::string section = {};      ///< Which entry of the navigation is marked: "search", "docs" …
  int status = 200;
  bool no_index = false;  ///< Not for search engines.
};

class Visit {
 public:
  Visit(const Site& site, const http::Request& request, const http::Params& params);

  const http::Request& request;
  const http::Params& params;
  PageContext context;
  /// Fields that the answer gets, whatever it is: Set-Cookie.
  http::Headers answer_fields;

  /// The cookie of that name; empty when there is none.
  std::string cookie(std::string_view name) const;
  /// A field of the posted form; empty when it is missing.
  std::string form(std::string_view name) const;
  /// The session cookie's token as it came; empty when there is none.
  const std::string& session() const { return session_; }
  /// From now on with this session's token.
  void take_session(std::string token) { session_ = std::move(token); }
  /// From now on as somebody without a session; the answer takes the cookie back.
  void forget_session();

  /// GET `target` ("/v1/workers/x?version=1") from the API: its JSON. Errors: the API's own
  /// problem, by its id and detail; `Errc` by its status.
  Result<boost::json::value> get(std::string_view target);
  /// The same as anybody gets it, at most some seconds old: for what many pages show and nobody's
  /// credentials change.
  Result<std::shared_ptr<const boost::json::value>> get_shared(std::string_view target);
  /// The same for any text: a recipe, a README.
  Result<std::string> get_text(std::string_view target);
  /// Any method with a JSON body. The value is null where the API answers without a body.
  Result<boost::json::value> send(http::Method method, std::string_view target,
                                  const boost::json::value& body);
  /// The API's answer as it is.
  http::Response ask(http::Method method, std::string_view target, std::string body = {},
                     std::string_view accept = "application/json");

  /// The page `name` of templates/ filled with `view`, in the layout.
  http::Response page(std::string_view name, View view, const PageHead& head);
  /// 303 to `path` of this site: what a form's post answers when it is done.
  http::Response see_other(std::string_view path);
  /// The address of this site without a final '/': "https://market.example".
  const std::string& base() const { return base_; }
  const Site& site() const { return site_; }

 private:
  const Site& site_;
  std::string base_;
  std::string session_;  ///< What in-process requests carry as a bearer token; empty: none.
  std::map<std::string, std::string> form_;
};

/// `text` for a URL's path segment or query value.
std::string url_encode(std::string_view text);
/// `path` when it is an address within this site, else "/".
std::string local_path(std::string_view path);

}  // namespace rbee::web
