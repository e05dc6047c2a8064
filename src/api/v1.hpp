// The marketplace's own API, /v1 and /healthz, as one table of routes (docs/api.md).
//
// Reads the current publication, and blobs through the function it was given.
#pragma once

#include <functional>
#include <string>

#include "api/publication.hpp"
#include "api/release_shelf.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// The bytes of a Git blob of the catalog. Called from several threads at once.
using ReadBlob = std::function<Result<std::string>(const ObjectId&)>;

/// Why a release was taken back; empty: it stands. May be empty itself.
using YankReason =
    std::function<std::string(const std::string& worker, const std::string& version)>;

/// One request's view: a publication that does not change under it, and the address to put into
/// URLs.
class V1 {
 public:
  V1(const Publication& publication, const ReadBlob& read_blob, ReleaseShelf& releases,
     const YankReason& yanked, std::string base, std::string version)
      : publication_(publication),
        read_blob_(read_blob),
        releases_(releases),
        yanked_(yanked),
        base_(std::move(base)),
        version_(std::move(version)) {}

  http::Response respond(const http::Request& request) const;
  static std::vector<http::RouteName> routes();

  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> worker(const http::Request&, const http::Params&) const;
  Result<http::Response> versions(const http::Request&, const http::Params&) const;
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
  Result<http::Response> recipe(const http::Request&, const http::Params&,
                                manifest::RecipeKind kind) const;

  const Publication& publication_;
  const ReadBlob& read_blob_;
  ReleaseShelf& releases_;
  const YankReason& yanked_;
  std::string base_;
  std::string version_;
};

}  // namespace rbee::api
