// What the host has stopped, for everybody to read and for administrators to turn
// (docs/hosting.md); accounts and the audit log for administrators.
//
// Reads and writes through community/switches.hpp, accounts.hpp and audit.hpp.
#pragma once

#include <optional>

#include "api/part.hpp"
#include "base/clock.hpp"
#include "community/tokens.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

class Operations : public Part {
 public:
  Operations(platform::Database& database, const Clock& clock, community::Tokens& tokens)
      : database_(database), clock_(clock), tokens_(tokens) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  /// The answer to a rating or a comment while those are frozen; nothing for everything else. Asked
  /// before any part.
  std::optional<http::Response> refuse_frozen(const http::Request& request) const;

  Result<http::Response> status(const http::Request&, const http::Params&) const;
  Result<http::Response> switches(const http::Request&, const http::Params&) const;
  Result<http::Response> turn(const http::Request&, const http::Params&) const;
  Result<http::Response> audit(const http::Request&, const http::Params&) const;
  Result<http::Response> users(const http::Request&, const http::Params&) const;
  Result<http::Response> set_disabled(const http::Request&, const http::Params&) const;

 private:
  platform::Database& database_;
  const Clock& clock_;
  community::Tokens& tokens_;
};

}  // namespace rbee::api
