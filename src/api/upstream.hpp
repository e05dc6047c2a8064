// A catalog that is kept elsewhere, over HTTP: how it stands with it, and the webhook by which the
// other side says that it moved.
//
//   GET  /v1/upstream           where the catalog comes from and when it was last seen
//   POST /v1/upstream/notify    "look now", signed with the secret that both sides know
//
// Thread-safe. Source: GitHub, Gitea and Forgejo, "X-Hub-Signature-256" (HMAC-SHA-256 of the body,
// RFC 2104); GitLab, "X-Gitlab-Token".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/part.hpp"
#include "base/clock.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// How a follower stands with the repository that it follows.
struct UpstreamState {
  std::string url, branch;
  std::string commit;           ///< Of the upstream, when it was last seen.
  std::optional<Time> seen_at;  ///< Nothing: not since this server started.
  /// Since when it has not been reached, or does what is not followed; nothing: all is well.
  std::optional<Time> stale_since;
  std::string error_id, error;  ///< Why, when it is stale.
};

class Upstream : public Part {
 public:
  /// `state` and `wake` are called from any thread. No `secret`: there is no webhook.
  Upstream(std::function<UpstreamState()> state, std::function<void()> wake, std::string secret)
      : state_(std::move(state)), wake_(std::move(wake)), secret_(std::move(secret)) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;
  /// Says in an answer from the catalog that the catalog is old: "Rbee-Stale-Since: TIME".
  void mark(http::Response& response) const;

  // The routes.
  Result<http::Response> show(const http::Request&, const http::Params&) const;
  /// 202. Errors: Errc::not_found "webhook-off"; Errc::unauthenticated "signature-invalid".
  Result<http::Response> notify(const http::Request&, const http::Params&) const;

 private:
  std::function<UpstreamState()> state_;
  std::function<void()> wake_;
  std::string secret_;
};

}  // namespace rbee::api
