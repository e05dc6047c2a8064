// /v1/users/me/follows over HTTP (docs/community.md).
//
// Reads and writes through the community layer; everybody sees their own alone.
#pragma once

#include <functional>
#include <memory>

#include "api/part.hpp"
#include "catalog/snapshot.hpp"
#include "community/accounts.hpp"
#include "community/follows.hpp"
#include "community/tokens.hpp"

namespace rbee::api {

class Follows : public Part {
 public:
  using Catalog = std::function<std::shared_ptr<const catalog::Snapshot>()>;

  Follows(platform::Database& database, const Clock& clock, community::Tokens& tokens,
          Catalog catalog)
      : tokens_(tokens),
        catalog_(std::move(catalog)),
        accounts_(database, clock),
        follows_(database, clock) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  // The routes. Each says in docs/community.md who may call it, what it takes and what it answers.
  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> follow(const http::Request&, const http::Params&) const;
  Result<http::Response> unfollow(const http::Request&, const http::Params&) const;

 private:
  community::Tokens& tokens_;
  Catalog catalog_;
  community::Accounts accounts_;
  mutable community::Follows follows_;
};

}  // namespace rbee::api
