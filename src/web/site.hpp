// The website: every page by one table of routes, in one layout, with the same fields of safety.
//
// Thread-safe. A client of the API in this process (docs/adr/010): no SQL, no catalog, no disk.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "web/assets.hpp"
#include "web/templates.hpp"
#include "web/visit.hpp"

namespace rbee::web {

using Page = Result<http::Response> (*)(Visit&);

struct SiteOptions {
  Ask ask;
  std::string public_url;   ///< "https://market.example"; empty: "http://" and the request's Host.
  std::string version;      ///< Of this program.
  std::string secret = {};  ///< Of the server, for what forms carry; empty: there are no accounts.
};

/// Answers of the API that anybody may have, for some seconds. Thread-safe.
class Shelf {
 public:
  using Answer = std::shared_ptr<const boost::json::value>;
  Answer find(std::string_view target);
  void keep(std::string target, Answer answer);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kAge{5};
  static constexpr std::size_t kAnswersMax = 512;
  std::mutex mutex_;
  std::map<std::string, std::pair<Clock::time_point, Answer>, std::less<>> answers_;
};

class Site {
 public:
  /// Errors: "template-invalid" of Templates.
  static Result<std::unique_ptr<Site>> open(SiteOptions options);

  /// The answer when this is a request for the site: one of its paths, or "/" asked by a browser.
  /// Nothing: it is the API's.
  std::optional<http::Response> respond(const http::Request& request) const;
  /// `response`, the API's to a request that `respond` left; as a page when a browser asked for
  /// something that is not there.
  http::Response dress(const http::Request& request, http::Response response) const;
  static std::vector<http::RouteName> routes();

  const SiteOptions& options() const { return options_; }
  const Assets& assets() const { return assets_; }
  const Templates& templates() const { return templates_; }
  Shelf& shelf() const { return shelf_; }
  std::string base_of(const http::Request& request) const;
  /// The page that says what went wrong.
  http::Response error_page(Visit& visit, const Error& error, int status) const;

 private:
  Site(SiteOptions options, Templates templates);
  /// What `page` says, when the visit may ask it.
  Result<http::Response> answer(Page page, bool needs_secret, Visit& visit) const;
  http::Response finish(const Visit& visit, http::Response response) const;

  SiteOptions options_;
  Templates templates_;
  Assets assets_;
  mutable Shelf shelf_;
};

}  // namespace rbee::web
