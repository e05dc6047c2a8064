// Comments on workers over HTTP, as one table of routes (docs/community.md).
//
// Reads and writes through the community layer. What is hidden or gone keeps its place in a thread,
// without text; only a reviewer's token reads what was hidden.
#pragma once

#include <functional>
#include <memory>

#include "api/part.hpp"
#include "catalog/snapshot.hpp"
#include "community/comments.hpp"
#include "community/ownership.hpp"
#include "community/tokens.hpp"

namespace rbee::api {

class Comments : public Part {
 public:
  using Catalog = std::function<std::shared_ptr<const catalog::Snapshot>()>;

  Comments(platform::Database& database, const Clock& clock, community::Tokens& tokens,
           Catalog catalog)
      : tokens_(tokens),
        catalog_(std::move(catalog)),
        ownership_(database, clock),
        comments_(database, clock),
        database_(database) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  // The routes. Each says in docs/community.md who may call it, what it takes and what it answers.
  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> add(const http::Request&, const http::Params&) const;
  Result<http::Response> show(const http::Request&, const http::Params&) const;
  Result<http::Response> edit(const http::Request&, const http::Params&) const;
  Result<http::Response> remove(const http::Request&, const http::Params&) const;
  Result<http::Response> pin(const http::Request&, const http::Params&) const;
  Result<http::Response> unpin(const http::Request&, const http::Params&) const;
  Result<http::Response> report(const http::Request&, const http::Params&) const;
  Result<http::Response> hide(const http::Request&, const http::Params&) const;
  Result<http::Response> unhide(const http::Request&, const http::Params&) const;
  Result<http::Response> reports(const http::Request&, const http::Params&) const;

 private:
  /// The comment that the path names. Errors: Errc::not_found "comment-not-found", also for one of
  /// another worker.
  Result<community::Comment> comment(const http::Params& params) const;
  /// Whether who asks reads what is hidden. Errors: "token-invalid".
  Result<bool> sees_hidden(const http::Request& request) const;
  Result<http::Response> set_pinned(const http::Request& request, const http::Params& params,
                                    bool is_pinned) const;
  Result<http::Response> moderate(const http::Request& request, const http::Params& params,
                                  bool hide) const;

  community::Tokens& tokens_;
  Catalog catalog_;
  community::Ownership ownership_;
  mutable community::Comments comments_;
  const platform::Database& database_;
};

}  // namespace rbee::api
