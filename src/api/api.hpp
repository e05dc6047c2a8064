// Everything that the marketplace answers, as one function: /v1 and rbee's own protocol over one
// catalog.
//
// Thread-safe. No socket, no disk but through `ReadBlob`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/part.hpp"
#include "api/publication.hpp"
#include "api/upstream.hpp"
#include "api/v1.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace rbee::api {

struct ApiOptions {
  /// "https://market.example": what URLs in answers start with. Empty: "http://" and the request's
  /// Host.
  std::string public_url;
  /// Where GET / goes: the site that rbee's own catalog service sends people to.
  std::string home_url = "https://marketplace.rbee.dev/workers";
  std::string version;  ///< Of this program.
};

/// `text` without a final '/', when it is an http or https URL without query or fragment.
/// Errors: Errc::usage "public-url-invalid".
Result<std::string> parse_public_url(std::string_view text);

class Api {
 public:
  /// `read_releases` may be empty: then no older release is known.
  Api(ApiOptions options, std::shared_ptr<const catalog::Snapshot> snapshot, ReadBlob read_blob,
      ReadReleases read_releases = {});
  /// Before the first request. It outlives this.
  void add(const Part& part);
  /// Before the first request: whoever knows why a release was taken back.
  void ask_for_yanks(YankReason yanked) { tools_.yanked = std::move(yanked); }
  /// Before the first request: what people did with each worker, and whose it is.
  void ask_for_numbers(ReadNumbers numbers) { tools_.numbers = std::move(numbers); }
  void ask_for_owners(OwnedBy owned_by) { tools_.owned_by = std::move(owned_by); }
  /// Before the first request: what the checks are told of this marketplace.
  void set_policy(check::Policy policy) { tools_.policy = std::move(policy); }
  /// Before the first request: when the catalog is kept elsewhere. It outlives this.
  void follow(const Upstream& upstream);
  /// From now on, requests see this snapshot; those in flight finish with the old one.
  void publish(std::shared_ptr<const catalog::Snapshot> snapshot);
  std::shared_ptr<const catalog::Snapshot> snapshot() const;
  /// A whole worker; `version` not empty: that release of it. For parts. Errors: as `find_release`
  /// of release_shelf.hpp.
  Result<std::shared_ptr<const catalog::Worker>> worker(std::string_view id,
                                                        std::string_view version) const;
  http::Response respond(const http::Request& request) const;
  /// Of every part and of the catalog; rbee's own protocol has none (docs/rbee-protocol.md).
  std::vector<http::RouteName> routes() const;
  /// For `http::Service::refuse`: what rbee's clients expect for a malformed worker id, else
  /// problem details.
  http::Response refuse(const http::Request& request, const http::Refusal& refusal) const;

 private:
  http::Response respond_from_catalog(const http::Request& request, std::string base) const;

  ApiOptions options_;
  mutable ReleaseShelf releases_;
  V1Tools tools_;
  Current current_;
  std::vector<const Part*> parts_;
  const Upstream* upstream_ = nullptr;
};

}  // namespace rbee::api
