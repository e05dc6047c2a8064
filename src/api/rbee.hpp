// rbee's own catalog protocol: what its hive, keeper and marketplace site ask of a worker catalog.
//
// Pure over one publication. Paths, statuses, bodies, fields and the order of the checks are
// theirs, byte for byte; docs/rbee-protocol.md lists them, and what we add.
#pragma once

#include <string>
#include <string_view>

#include "api/numbers.hpp"
#include "api/publication.hpp"
#include "http/message.hpp"

namespace rbee::api {

class Rbee {
 public:
  /// `numbers`: what people did with the workers.
  Rbee(const Publication& publication, const NumbersTable& numbers, std::string base,
       std::string_view home_url)
      : publication_(publication), numbers_(numbers), base_(std::move(base)), home_url_(home_url) {}

  http::Response respond(const http::Request& request) const;

  /// What they answer for an id of another form; also used for targets that the transport refused.
  static http::Response refuse_id(const http::Request& request);

 private:
  http::Response get(const http::Request& request) const;
  http::Response list(const http::Request& request) const;
  http::Response worker(const http::Request& request, std::string_view id) const;
  http::Response pkgbuild(const http::Request& request, std::string_view id) const;
  http::Response arch_pkgbuild(const http::Request& request, std::string_view file) const;
  http::Response homebrew(const http::Request& request, std::string_view file) const;
  /// `object` with the worker's numbers at its end.
  void close_object(std::string& object, std::string_view id) const;
  std::string numbers_text(std::string_view id) const;

  const Publication& publication_;
  const NumbersTable& numbers_;
  std::string base_;
  std::string_view home_url_;
};

}  // namespace rbee::api
