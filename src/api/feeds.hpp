// Atom feeds of releases: all, of one worker, of a tag, of an owner, of a search.
//
// Pure but for the question who owns what. The newest 50, with entity tags; an entry's id is the
// release's for ever. Sources: RFC 4287 (Atom), RFC 4151 (tag: URIs).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/part.hpp"
#include "api/search_catalog.hpp"
#include "http/message.hpp"

namespace rbee::api {

class Feeds : public Part {
 public:
  /// Ids of the workers that an account maintains; nothing for a name that nobody has.
  using WorkersOf = std::function<Result<std::vector<std::string>>(std::string_view account)>;

  /// `workers_of` may be empty: then nobody owns anything.
  Feeds(ReadSearch read, WorkersOf workers_of)
      : read_(std::move(read)), workers_of_(std::move(workers_of)) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  // The routes, as docs/community.md has them.
  Result<http::Response> all(const http::Request&, const http::Params&) const;
  Result<http::Response> of_worker(const http::Request&, const http::Params&) const;
  Result<http::Response> of_tag(const http::Request&, const http::Params&) const;
  Result<http::Response> of_owner(const http::Request&, const http::Params&) const;
  Result<http::Response> of_search(const http::Request&, const http::Params&) const;

 private:
  Result<std::shared_ptr<const SearchState>> state() const;

  ReadSearch read_;
  WorkersOf workers_of_;
};

}  // namespace rbee::api
