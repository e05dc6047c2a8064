// Stars, votes and reviews over HTTP, as one table of routes (docs/community.md).
//
// Reads and writes through the community layer.
#pragma once

#include <functional>
#include <memory>

#include "api/part.hpp"
#include "catalog/snapshot.hpp"
#include "community/marks.hpp"
#include "community/ownership.hpp"
#include "community/reviews.hpp"
#include "community/tokens.hpp"

namespace rbee::api {

class Opinions : public Part {
 public:
  using Catalog = std::function<std::shared_ptr<const catalog::Snapshot>()>;

  /// `find_install` may be empty: then no review is a verified one.
  Opinions(platform::Database& database, const Clock& clock, community::Tokens& tokens,
           Catalog catalog, community::FindInstall find_install = {})
      : tokens_(tokens),
        catalog_(std::move(catalog)),
        ownership_(database, clock),
        stars_(database, clock, community::MarkKind::star),
        votes_(database, clock, community::MarkKind::vote),
        reviews_(database, clock, std::move(find_install)) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;
  /// Who must hear when a worker changes hands.
  const community::Marks& stars() const { return stars_; }

  // The routes. Each says in docs/community.md who may call it, what it takes and what it answers.
  Result<http::Response> star(const http::Request&, const http::Params&) const;
  Result<http::Response> set_star(const http::Request&, const http::Params&) const;
  Result<http::Response> clear_star(const http::Request&, const http::Params&) const;
  Result<http::Response> vote(const http::Request&, const http::Params&) const;
  Result<http::Response> set_vote(const http::Request&, const http::Params&) const;
  Result<http::Response> clear_vote(const http::Request&, const http::Params&) const;
  Result<http::Response> starred(const http::Request&, const http::Params&) const;
  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> put(const http::Request&, const http::Params&) const;
  Result<http::Response> withdraw(const http::Request&, const http::Params&) const;
  Result<http::Response> show(const http::Request&, const http::Params&) const;
  Result<http::Response> reply(const http::Request&, const http::Params&) const;
  Result<http::Response> set_helpful(const http::Request&, const http::Params&) const;
  Result<http::Response> clear_helpful(const http::Request&, const http::Params&) const;
  Result<http::Response> report(const http::Request&, const http::Params&) const;
  Result<http::Response> hide(const http::Request&, const http::Params&) const;
  Result<http::Response> unhide(const http::Request&, const http::Params&) const;
  Result<http::Response> reports(const http::Request&, const http::Params&) const;

 private:
  enum class Wish { set, clear };

  /// Errors: Errc::not_found "worker-not-found", Errc::invalid_input "worker-id-invalid".
  Result<std::shared_ptr<const catalog::Entry>> worker(const http::Params& params) const;
  /// The review that the path names. Errors: Errc::not_found "review-not-found", also for one of
  /// another worker.
  Result<community::Review> review(const http::Params& params) const;
  Result<http::Response> mark(const http::Request& request, const http::Params& params,
                              community::Marks& marks, Wish wish) const;
  Result<http::Response> marked(const http::Request& request, const http::Params& params,
                                const community::Marks& marks) const;
  Result<http::Response> moderate(const http::Request& request, const http::Params& params,
                                  bool hide) const;

  community::Tokens& tokens_;
  Catalog catalog_;
  community::Ownership ownership_;
  mutable community::Marks stars_, votes_;
  mutable community::Reviews reviews_;
};

}  // namespace rbee::api
