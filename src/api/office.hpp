// Submissions, review, quarantine, yanks and requests over HTTP, as one table of routes
// (docs/api.md).
//
// Reads and writes through the submission layer.
#pragma once

#include "api/part.hpp"
#include "api/people.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "submission/service.hpp"

namespace rbee::api {

class Office : public Part {
 public:
  Office(submission::Service& service, community::Tokens& tokens)
      : service_(service), tokens_(tokens) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  /// Why its maintainer took a release back; empty: it stands, or nobody can say.
  std::string yank_reason(const std::string& worker, const std::string& version) const;

  // The routes. Each says in docs/api.md who may call it, what it takes and what it answers.
  Result<http::Response> list(const http::Request&, const http::Params&) const;
  Result<http::Response> submit(const http::Request&, const http::Params&) const;
  Result<http::Response> show(const http::Request&, const http::Params&) const;
  Result<http::Response> diff(const http::Request&, const http::Params&) const;
  Result<http::Response> act(const http::Request&, const http::Params&) const;
  Result<http::Response> comment(const http::Request&, const http::Params&) const;
  Result<http::Response> quarantine(const http::Request&, const http::Params&) const;
  Result<http::Response> release(const http::Request&, const http::Params&) const;
  Result<http::Response> yank(const http::Request&, const http::Params&) const;
  Result<http::Response> unyank(const http::Request&, const http::Params&) const;
  Result<http::Response> ask(const http::Request&, const http::Params&) const;
  Result<http::Response> requests(const http::Request&, const http::Params&) const;
  Result<http::Response> close_request(const http::Request&, const http::Params&) const;
  Result<http::Response> advisories(const http::Request&, const http::Params&) const;
  Result<http::Response> trust(const http::Request&, const http::Params&) const;

 private:
  submission::Service& service_;
  community::Tokens& tokens_;
};

}  // namespace rbee::api
