// /v1/users/me/notifications and what an account wants to hear of (docs/community.md).
//
// Reads and writes through the community layer; everybody sees their own alone.
#pragma once

#include "api/part.hpp"
#include "community/notifications.hpp"
#include "community/tokens.hpp"

namespace rbee::api {

class Notifications : public Part {
 public:
  Notifications(platform::Database& database, const Clock& clock, community::Tokens& tokens)
      : tokens_(tokens), notifications_(database, clock) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  // The routes. Each says in docs/community.md who may call it, what it takes and what it answers.
  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> mark_all(const http::Request&, const http::Params&) const;
  Result<http::Response> mark(const http::Request&, const http::Params&) const;
  Result<http::Response> preferences(const http::Request&, const http::Params&) const;
  Result<http::Response> set_preferences(const http::Request&, const http::Params&) const;

 private:
  community::Tokens& tokens_;
  mutable community::Notifications notifications_;
};

}  // namespace rbee::api
