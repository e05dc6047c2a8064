// Style, script and icons: under names that carry their digest, kept by browsers for a year.
//
// Pure; compressed once, at the start. "site.css" is served as "/assets/site.0123456789ab.css".
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"
#include "http/message.hpp"

namespace rbee::web {

class Assets {
 public:
  /// Every file "assets/NAME".
  explicit Assets(std::span<const EmbeddedFile> files);
  /// One more, under a name of its own. Before the first request.
  void add(std::string_view name, std::string_view text);
  /// The path of asset `name`; empty when there is none.
  std::string_view path_of(std::string_view name) const;
  /// The asset at `request.path`; 404 for an address of another build.
  http::Response respond(const http::Request& request) const;
  /// Compressed bytes of asset `name`; 0 when there is none.
  std::size_t weight_of(std::string_view name) const;

 private:
  struct Asset {
    std::string_view text, type;
    std::string gzipped;
  };
  std::map<std::string, std::string, std::less<>> paths_;  ///< By name.
  std::map<std::string, Asset, std::less<>> by_path_;
};

}  // namespace rbee::web
