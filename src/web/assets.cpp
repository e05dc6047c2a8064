#include "web/assets.hpp"

#include <fmt/format.h>

#include <array>

#include "base/digest.hpp"
#include "http/encoding.hpp"
#include "http/problem.hpp"
#include "platform/gzip.hpp"

namespace rbee::web {

namespace {

constexpr std::string_view kFolder = "assets/";

std::string_view type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTypes{{
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".svg", "image/svg+xml"},
  }};
  for (const auto& [suffix, type] : kTypes)
    if (name.ends_with(suffix)) return type;
  return "application/octet-stream";
}

}  // namespace

Assets::Assets(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files)
    if (file.name.starts_with(kFolder)) add(file.name.substr(kFolder.size()), file.text);
}

void Assets::add(std::string_view name, std::string_view text) {
  const std::size_t dot = name.rfind('.');
  const std::string digest = Sha256::of(text).hex().substr(0, 12);
  const std::string path =
      fmt::format("/assets/{}.{}{}", name.substr(0, dot), digest, name.substr(dot));
  paths_.emplace(name, path);
  by_path_.emplace(path, Asset{text, type_of(name), platform::gzip(text, 9)});
}

std::string_view Assets::path_of(std::string_view name) const {
  const auto found = paths_.find(name);
  return found == paths_.end() ? std::string_view() : found->second;
}

std::size_t Assets::weight_of(std::string_view name) const {
  const auto found = by_path_.find(path_of(name));
  return found == by_path_.end() ? 0 : found->second.gzipped.size();
}

http::Response Assets::respond(const http::Request& request) const {
  const auto found = by_path_.find(request.path);
  if (found == by_path_.end())
    return http::problem(
        request, http::Refusal{404, "no-such-resource", "no file of this build has that name"});
  const Asset& asset = found->second;
  const bool zipped = http::accepts_gzip(request.headers.get("Accept-Encoding"));
  http::Response response =
      http::reply(200, asset.type, zipped ? asset.gzipped : std::string(asset.text));
  if (zipped) response.headers.add("Content-Encoding", "gzip");
  response.headers.add("Vary", "Accept-Encoding");
  response.headers.add("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.add("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace rbee::web
