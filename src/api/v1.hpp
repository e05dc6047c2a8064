// The marketplace's own API, /v1 and /healthz, as one table of routes (docs/api.md).
//
// Reads the current publication, and blobs through the function it was given.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/publication.hpp"
#include "api/release_shelf.hpp"
#include "check/policy.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// The bytes of a Git blob of the catalog. Called from several threads at once.
using ReadBlob = std::function<Result<std::string>(const ObjectId&)>;

/// Why a release was taken back; empty: it stands. May be empty itself.
using YankReason =
    std::function<std::string(const std::string& worker, const std::string& version)>;

/// The workers that an account owns or co-maintains, sorted; none for an account that is not there.
using OwnedBy = std::function<Result<std::vector<std::string>>(std::string_view account)>;

/// What is the same for every request.
struct V1Tools {
  ReadBlob read_blob;
  ReleaseShelf& releases;
  YankReason yanked = {};
  ReadNumbers numbers = {};                  ///< Not set: nobody counts.
  OwnedBy owned_by = {};                     ///< Not set: nobody owns anything.
  std::vector<http::RouteName> routes = {};  ///< Of the whole API, for its index.
  std::string version = {};                  ///< Of this program.
  check::Policy policy = {};                 ///< Of this marketplace.
};

/// One request's view: a publication that does not change under it, and the address to put into
/// URLs. Both must outlive this.
class V1 {
 public:
  V1(const Publication& publication, const V1Tools& tools, std::string base)
      : publication_(publication), tools_(tools), base_(std::move(base)) {}

  http::Response respond(const http::Request& request) const;
  static std::vector<http::RouteName> routes();

  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> worker(const http::Request&, const http::Params&) const;
  Result<http::Response> versions(const http::Request&, const http::Params&) const;
  // v1_compare.cpp
  Result<http::Response> diff(const http::Request&, const http::Params&) const;
  Result<http::Response> findings(const http::Request&, const http::Params&) const;
  // v1_related.cpp
  Result<http::Response> dependants(const http::Request&, const http::Params&) const;
  Result<http::Response> similar(const http::Request&, const http::Params&) const;
  // v1_index.cpp
  Result<http::Response> index(const http::Request&, const http::Params&) const;
  Result<http::Response> openapi(const http::Request&, const http::Params&) const;
  Result<http::Response> pkgbuild(const http::Request&, const http::Params&) const;
  Result<http::Response> pkgbuild_bin(const http::Request&, const http::Params&) const;
  Result<http::Response> srcinfo(const http::Request&, const http::Params&) const;
  Result<http::Response> manifest(const http::Request&, const http::Params&) const;
  Result<http::Response> readme(const http::Request&, const http::Params&) const;
  Result<http::Response> file(const http::Request&, const http::Params&) const;
  Result<http::Response> problem_page(const http::Request&, const http::Params&) const;
  Result<http::Response> health(const http::Request&, const http::Params&) const;

 private:
  /// The worker; with the parameter "version", that release of it.
  Result<std::shared_ptr<const RenderedWorker>> find(const http::Request& request,
                                                     const http::Params& params) const;
  /// What people did with every worker, in the snapshot's order.
  std::shared_ptr<const std::vector<Numbers>> numbers() const;
  Numbers numbers_of(std::string_view id) const;
  /// What the checks say of it today.
  Result<std::vector<Finding>> check_worker(const catalog::Worker& worker) const;
  Result<http::Response> recipe(const http::Request&, const http::Params&,
                                manifest::RecipeKind kind) const;

  const Publication& publication_;
  const V1Tools& tools_;
  std::string base_;
};

}  // namespace rbee::api
