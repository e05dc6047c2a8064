// One group of paths and who answers them: accounts, submissions, ratings … each is a part.
//
// A path belongs to one part, whatever the method. `Api` asks its parts in order and leaves what
// none serves to the catalog's own routes.
#pragma once

#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

class Part {
 public:
  virtual ~Part() = default;
  /// True when this path is one of ours.
  virtual bool serves(std::string_view path) const = 0;
  /// Called from several threads at once. `base`: the marketplace's own address without a final
  /// '/', for URLs in answers.
  virtual http::Response respond(const http::Request& request, std::string_view base) const = 0;
  /// Every route, for the test that holds them against the OpenAPI description.
  virtual std::vector<http::RouteName> routes() const = 0;
};

}  // namespace rbee::api
