#include "install/source_digests.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/text.hpp"
#include "install/source_cache.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

using Digests = std::map<HashAlgorithm, std::string>;

Result<Digests> digests_of_descriptor(int file, const fs::path& path,
                                      const std::set<HashAlgorithm>& algorithms,
                                      Observer& observer) {
  std::map<HashAlgorithm, std::unique_ptr<Hasher>> hashers;
  for (const HashAlgorithm algorithm : algorithms)
    hashers.emplace(algorithm, std::make_unique<Hasher>(algorithm));
  std::string block(1 << 20, '\0');
  for (;;) {
    const ssize_t count = ::read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(platform::io_failure("read", path, errno));
    if (count == 0) break;
    for (auto& [algorithm, hasher] : hashers)
      hasher->update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
    if (observer.cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped while reading sources");
  }
  Digests digests;
  for (auto& [algorithm, hasher] : hashers) digests.emplace(algorithm, hasher->finish());
  return digests;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

/// The file of that name beside the recipe; a descriptor without a file when there is none.
Result<platform::FileDescriptor> open_beside(const fs::path& folder, const std::string& name) {
  if (folder.empty() || !is_plain_name(name)) return platform::FileDescriptor();
  const fs::path path = folder / name;
  platform::FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) return file;
  if (!file && errno == ELOOP)
    return fail(Errc::unsupported, "source-is-link",
                fmt::format("the source '{}' is a symbolic link", printable_line(name)),
                {.evidence = {printable_line(path.string())},
                 .why = "a package's files are the files themselves, wherever it is built",
                 .fix = "put a copy of the file there"});
  if (!file) return tl::unexpected(platform::io_failure("read", path, errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return fail(Errc::unsupported, "source-not-file",
                fmt::format("the source '{}' is not a regular file", printable_line(name)),
                {.evidence = {printable_line(path.string())}});
  return file;
}

Result<Digests> digests_of_download(const pkgbuild::SourceEntry& source,
                                    std::set<HashAlgorithm> algorithms, const fs::path& cache,
                                    platform::HttpClient& http, Observer& observer) {
  TRY_ASSIGN(const Url url, Url::parse(source.url));
  observer.phase(Phase::fetch, source.file_name);
  TRY(platform::make_directories(cache / "sources", 0700));
  TRY(platform::make_directories(cache / "parts", 0700));
  const fs::path part = cache / "parts" / ("sums-" + Sha256::of(source.url).hex());
  auto done =
      http.download(url, part, kSourceBytesMax, [&](std::uint64_t received, std::uint64_t total) {
        observer.progress(source.file_name, received, total);
        return !observer.cancelled();
      });
  if (!done) {
    Error error = std::move(done).error();
    // To whoever writes a recipe, an address without a file is a download that failed; "not found"
    // is about what was named on the command line.
    if (error.code == Errc::not_found && url.scheme() != "file") error.code = Errc::unreachable;
    error.evidence.push_back(fmt::format("from: {}", printable_line(source.url)));
    return tl::unexpected(std::move(error));
  }
  algorithms.insert(HashAlgorithm::sha256);
  Digests digests;
  {
    const platform::FileDescriptor file(::open(part.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return tl::unexpected(platform::io_failure("read", part, errno));
    TRY_ASSIGN(digests, digests_of_descriptor(file.get(), part, algorithms, observer));
  }
  // What `rbee worker install` would call it.
  const fs::path place = cache / "sources" / ("sha256sums-" + digests.at(HashAlgorithm::sha256));
  if (::chmod(part.c_str(), 0444) != 0 || ::rename(part.c_str(), place.c_str()) != 0)
    return tl::unexpected(platform::io_failure("keep", place, errno));
  return digests;
}

}  // namespace

Result<Digests> digests_of_source(const pkgbuild::SourceEntry& source,
                                  const std::set<HashAlgorithm>& algorithms,
                                  const SourcePlaces& places,
                                  const std::function<platform::HttpClient&()>& http,
                                  Observer& observer) {
  if (observer.cancelled())
    return fail(Errc::interrupted, "interrupted", "stopped before reading sources");
  const std::string& protocol = source.protocol;
  if (protocol == "http" || protocol == "https" || protocol == "file")
    return digests_of_download(source, algorithms, places.cache, http(), observer);
  TRY_ASSIGN(const platform::FileDescriptor file, open_beside(places.folder, source.file_name));
  if (file)
    return digests_of_descriptor(file.get(), places.folder / source.file_name, algorithms,
                                 observer);
  const std::string name = printable_line(source.file_name);
  if (protocol == "local")
    return fail(Errc::not_found, "local-file-missing",
                places.folder.empty()
                    ? fmt::format("a recipe on standard input has no file '{}' beside it", name)
                    : fmt::format("there is no file '{}' beside the recipe", name),
                {.evidence = {fmt::format("source: {}", printable_line(source.entry))}});
  return fail(Errc::unsupported, "source-unsupported",
              fmt::format("'{}' cannot be downloaded over '{}'", name, printable_line(protocol)),
              {.evidence = {fmt::format("source: {}", printable_line(source.entry))},
               .why = "rbee downloads over http and https, and reads file:// and local files",
               .fix = fmt::format("put the file beside the recipe as '{}'", name)});
}

}  // namespace rbee::install
