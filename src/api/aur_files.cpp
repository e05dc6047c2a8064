#include "api/aur_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/aur_archives.hpp"
#include "base/text.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"
#include "platform/tar_bytes.hpp"

namespace rbee::api {

using http::Request;
using http::Response;

namespace {

constexpr std::string_view kPlain = "plain/", kSnapshot = "snapshot/", kTarGz = ".tar.gz";
/// A folder of the most and largest files that a catalog takes is rather cloned.
constexpr std::uint64_t kSnapshotBytesMax = 16 << 20;

Response missing(const Request& request, std::string detail) {
  return http::problem(request, http::Refusal{404, "package-not-found", std::move(detail)});
}

Result<std::string> bytes_of(const catalog::PackageFile& file, const ReadBlob& read_blob) {
  if (!file.blob) return file.text;
  return read_blob(*file.blob);
}

std::string etag_of(const AurBase& base, std::string_view what) {
  return http::strong_etag(
      {"aur", base.worker->tree.str(), base.name, manifest::file_name(base.kind), what});
}

Response plain(const Request& request, const AurBase& base, std::string_view path,
               const ReadBlob& read_blob) {
  const auto files = catalog::package_files(*base.worker, base.package());
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.path == path; });
  if (file == files.end())
    return missing(
        request, fmt::format("the package '{}' has no file '{}'", base.name, printable_line(path)));
  auto bytes = bytes_of(*file, read_blob);
  if (!bytes) return http::problem(request, bytes.error());
  const bool is_text = is_utf8(*bytes) && bytes->find('\0') == std::string::npos;
  Response response = http::reply(
      200, is_text ? "text/plain; charset=UTF-8" : "application/octet-stream", std::move(*bytes));
  // Strangers wrote this; a browser shows it as text and runs nothing.
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.add("Last-Modified", http_date(base.worker->updated));
  return http::with_etag(request, std::move(response), etag_of(base, path));
}

Response snapshot(const Request& request, const AurBase& base, const ReadBlob& read_blob) {
  const std::string etag = etag_of(base, "snapshot");
  Response response = http::reply(200, "application/x-gzip", {});
  response.headers.add("Content-Disposition",
                       fmt::format("inline; filename=\"{}.tar.gz\"", base.name));
  response.headers.add("Last-Modified", http_date(base.worker->updated));
  if (http::is_not_modified(request, etag))
    return http::with_etag(request, std::move(response), etag);
  std::uint64_t size = 0;
  for (const catalog::File& file : base.worker->files) size += file.size_bytes;
  if (size > kSnapshotBytesMax)
    return http::problem(request,
                         http::Refusal{413, "snapshot-too-large",
                                       fmt::format("the package has {}; clone it: git clone "
                                                   "ADDRESS/{}.git",
                                                   human_size(size), base.name)});
  std::vector<platform::TarFile> files{{base.name + "/", false, {}}};
  for (const auto& file : catalog::package_files(*base.worker, base.package())) {
    auto bytes = bytes_of(file, read_blob);
    if (!bytes) return http::problem(request, bytes.error());
    files.push_back({base.name + "/" + file.path, file.executable, std::move(*bytes)});
  }
  auto archive = platform::tar_gz(files, base.worker->updated.time_since_epoch().count());
  if (!archive) return http::problem(request, archive.error());
  response.body = std::move(*archive);
  return http::with_etag(request, std::move(response), etag);
}

}  // namespace

Response answer_cgit(const Request& request, const AurView& view, const ReadBlob& read_blob) {
  std::string_view rest = std::string_view(request.path).substr(kCgitPrefix.size());
  std::string_view name = request.parameter("h");
  const bool is_plain = rest.starts_with(kPlain);
  const bool is_snapshot = rest.starts_with(kSnapshot) && rest.ends_with(kTarGz);
  if (!is_plain && !is_snapshot)
    return missing(request,
                   "only plain/FILE?h=PACKAGE and snapshot/PACKAGE.tar.gz are served here; for "
                   "more, git clone ADDRESS/PACKAGE.git");
  if (is_snapshot) {
    rest.remove_suffix(kTarGz.size());
    name = rest.substr(kSnapshot.size());
  }
  const AurBase* base = is_aur_name(name) ? view.find_base(name) : nullptr;
  if (base == nullptr)
    return missing(request, name.empty()
                                ? std::string("name the package: ?h=PACKAGE")
                                : fmt::format("no package is called '{}'", printable_line(name)));
  return is_plain ? plain(request, *base, rest.substr(kPlain.size()), read_blob)
                  : snapshot(request, *base, read_blob);
}

}  // namespace rbee::api
