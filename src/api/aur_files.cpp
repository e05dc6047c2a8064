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

std::string etag_of(const AurRow& row, std::string_view what) {
  return http::strong_etag(
      {"aur", row.worker->tree.str(), row.name, manifest::file_name(row.kind), what});
}

/// Everything in the package's repository.
Result<std::vector<catalog::PackageFile>> files_of(const AurView& view, const AurRow& row) {
  TRY_ASSIGN(const auto worker, view.snapshot().load(*row.worker));
  for (const catalog::ArchPackage& package : catalog::arch_packages(*worker))
    if (package.kind == row.kind) return catalog::package_files(*worker, package);
  return std::vector<catalog::PackageFile>();  // Not reached: the row is made of one of these.
}

Response plain(const Request& request, const AurView& view, const AurRow& row,
               std::string_view path, const ReadBlob& read_blob) {
  const auto all = files_of(view, row);
  if (!all) return http::problem(request, all.error());
  const auto& files = *all;
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.path == path; });
  if (file == files.end())
    return missing(
        request, fmt::format("the package '{}' has no file '{}'", row.name, printable_line(path)));
  auto bytes = bytes_of(*file, read_blob);
  if (!bytes) return http::problem(request, bytes.error());
  const bool is_text = is_utf8(*bytes) && bytes->find('\0') == std::string::npos;
  Response response = http::reply(
      200, is_text ? "text/plain; charset=UTF-8" : "application/octet-stream", std::move(*bytes));
  // Strangers wrote this; a browser shows it as text and runs nothing.
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.add("Last-Modified", http_date(row.worker->updated));
  return http::with_etag(request, std::move(response), etag_of(row, path));
}

Response snapshot(const Request& request, const AurView& view, const AurRow& row,
                  const ReadBlob& read_blob) {
  const std::string etag = etag_of(row, "snapshot"), base = row.base();
  Response response = http::reply(200, "application/x-gzip", {});
  response.headers.add("Content-Disposition", fmt::format("inline; filename=\"{}.tar.gz\"", base));
  response.headers.add("Last-Modified", http_date(row.worker->updated));
  if (http::is_not_modified(request, etag))
    return http::with_etag(request, std::move(response), etag);
  const auto all = files_of(view, row);
  if (!all) return http::problem(request, all.error());
  std::uint64_t size = 0;
  std::vector<platform::TarFile> files{{base + "/", false, {}}};
  for (const auto& file : *all) {
    auto bytes = bytes_of(file, read_blob);
    if (!bytes) return http::problem(request, bytes.error());
    size += bytes->size();
    if (size > kSnapshotBytesMax)
      return http::problem(
          request, http::Refusal{413, "snapshot-too-large",
                                 fmt::format("the package has more than {}; clone it: git clone "
                                             "ADDRESS/{}.git",
                                             human_size(kSnapshotBytesMax), base)});
    files.push_back({base + "/" + file.path, file.executable, std::move(*bytes)});
  }
  auto archive = platform::tar_gz(files, row.worker->updated.time_since_epoch().count());
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
  const AurRow* row = is_aur_name(name) ? view.find_base(name) : nullptr;
  if (row == nullptr)
    return missing(request, name.empty()
                                ? std::string("name the package: ?h=PACKAGE")
                                : fmt::format("no package is called '{}'", printable_line(name)));
  return is_plain ? plain(request, view, *row, rest.substr(kPlain.size()), read_blob)
                  : snapshot(request, view, *row, read_blob);
}

}  // namespace rbee::api
