// Accounts, tokens, log-in, ownership and adoption over HTTP, as one table of routes (docs/api.md).
//
// Reads and writes through the community layer.
#pragma once

#include <chrono>
#include <string>

#include "api/part.hpp"
#include "community/accounts.hpp"
#include "community/device_login.hpp"
#include "community/licenses.hpp"
#include "community/marks.hpp"
#include "community/ownership.hpp"
#include "community/tokens.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

struct PeopleOptions {
  bool sign_up = true;  ///< Anybody may make an account.
  std::chrono::hours session_lasts = std::chrono::days(30);
};

class People : public Part {
 public:
  People(platform::Database& database, const Clock& clock, PeopleOptions options)
      : database_(database),
        clock_(clock),
        options_(options),
        accounts_(database, clock),
        tokens_(database, clock),
        licenses_(database, clock),
        logins_(database, clock),
        stars_(database, clock, community::MarkKind::star),
        // Who starred a worker hears when it changes hands.
        ownership_(database, clock, [this](const WorkerId& worker) {
          return stars_.accounts(worker).value_or(std::vector<std::int64_t>());
        }) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;
  community::Tokens& tokens() { return tokens_; }
  community::Accounts& accounts() { return accounts_; }
  community::Licenses& licenses() { return licenses_; }
  /// What an account owns or co-maintains, sorted; none for an account that is not there.
  Result<std::vector<std::string>> workers_of(std::string_view account) const;

  Result<http::Response> sign_up(const http::Request&, const http::Params&) const;
  Result<http::Response> me(const http::Request&, const http::Params&) const;
  Result<http::Response> my_tokens(const http::Request&, const http::Params&) const;
  Result<http::Response> make_token(const http::Request&, const http::Params&) const;
  Result<http::Response> end_token(const http::Request&, const http::Params&) const;
  Result<http::Response> my_notices(const http::Request&, const http::Params&) const;
  Result<http::Response> start_login(const http::Request&, const http::Params&) const;
  Result<http::Response> poll_login(const http::Request&, const http::Params&) const;
  Result<http::Response> pending_login(const http::Request&, const http::Params&) const;
  Result<http::Response> decide_login(const http::Request&, const http::Params&) const;
  Result<http::Response> log_in(const http::Request&, const http::Params&) const;
  Result<http::Response> verify_license(const http::Request&, const http::Params&) const;
  Result<http::Response> owners(const http::Request&, const http::Params&) const;
  Result<http::Response> ownership(const http::Request&, const http::Params&) const;
  Result<http::Response> disown(const http::Request&, const http::Params&) const;
  Result<http::Response> add_co_maintainer(const http::Request&, const http::Params&) const;
  Result<http::Response> remove_co_maintainer(const http::Request&, const http::Params&) const;
  Result<http::Response> adoption_requests(const http::Request&, const http::Params&) const;
  Result<http::Response> all_adoption_requests(const http::Request&, const http::Params&) const;
  Result<http::Response> request_adoption(const http::Request&, const http::Params&) const;
  Result<http::Response> grant_adoption(const http::Request&, const http::Params&) const;
  Result<http::Response> refuse_adoption(const http::Request&, const http::Params&) const;

 private:
  // The services are stateless views of the database; a route's `const` is about this object.
  platform::Database& database_;
  const Clock& clock_;
  PeopleOptions options_;
  mutable community::Accounts accounts_;
  mutable community::Tokens tokens_;
  mutable community::Licenses licenses_;
  mutable community::DeviceLogins logins_;
  community::Marks stars_;
  mutable community::Ownership ownership_;
};

}  // namespace rbee::api
