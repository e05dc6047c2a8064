// fetch_sources, one source after the other.
#include "install/source_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSourceBytesMax = std::uint64_t{64} << 30;

/// Computes every digest that the recipe names, and SHA-256 in any case, in one reading.
class Digests {
 public:
  explicit Digests(const std::map<HashAlgorithm, std::string>& expected) {
    hashers_.emplace(HashAlgorithm::sha256, std::make_unique<Hasher>(HashAlgorithm::sha256));
    for (const auto& [algorithm, digest] : expected)
      if (digest != "SKIP" && !hashers_.contains(algorithm))
        hashers_.emplace(algorithm, std::make_unique<Hasher>(algorithm));
  }
  void update(std::string_view bytes) {
    for (auto& [algorithm, hasher] : hashers_) hasher->update(bytes);
  }
  std::map<HashAlgorithm, std::string> finish() {
    std::map<HashAlgorithm, std::string> out;
    for (auto& [algorithm, hasher] : hashers_) out.emplace(algorithm, hasher->finish());
    return out;
  }

 private:
  std::map<HashAlgorithm, std::unique_ptr<Hasher>> hashers_;
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Compare each array's digest; says all that differ at once.
Result<Sha256> compare(const pkgbuild::SourceEntry& source,
                       const std::map<HashAlgorithm, std::string>& actual) {
  std::vector<std::string> evidence;
  for (const auto& [algorithm, expected] : source.checksums) {
    if (expected == "SKIP") continue;
    const std::string& found = actual.at(algorithm);
    if (lower(expected) == found) continue;
    evidence.push_back(
        fmt::format("{} expected: {}", array_name(algorithm), printable_line(expected)));
    evidence.push_back(fmt::format("{} actual:   {}", array_name(algorithm), found));
  }
  if (evidence.empty()) return Sha256::parse(actual.at(HashAlgorithm::sha256));
  evidence.push_back(fmt::format("from: {}", printable_line(source.url)));
  return fail(
      Errc::integrity, "checksum-mismatch",
      fmt::format("'{}' is not the file that the recipe names", printable_line(source.file_name)),
      {.evidence = std::move(evidence),
       .why = "it was changed after the recipe was written, by its author or by somebody else",
       .fix = "do not install it; tell the worker's maintainer"});
}

Result<std::map<HashAlgorithm, std::string>> digests_of_file(const fs::path& path,
                                                             const pkgbuild::SourceEntry& source,
                                                             Observer& observer) {
  const platform::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return tl::unexpected(platform::io_failure("read", path, errno));
  Digests digests(source.checksums);
  std::string block(1 << 20, '\0');
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0) return tl::unexpected(platform::io_failure("read", path, errno));
    if (count == 0) return digests.finish();
    digests.update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
    if (observer.cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped while checking sources");
  }
}

/// The name in the cache: after the strongest checksum; without one, after the address, and never
/// reused.
struct Key {
  std::string name;
  bool reusable = false;
};

Key key_of(const pkgbuild::SourceEntry& source) {
  Key key{"address-" + Sha256::of(source.url).hex(), false};
  for (const auto& [algorithm, digest] : source.checksums)
    if (is_strong(algorithm) && is_digest(algorithm, digest))
      key = {fmt::format("{}-{}", array_name(algorithm), lower(digest)), true};
  return key;
}

Result<Sha256> fetch(const pkgbuild::SourceEntry& source, const fs::path& cache,
                     const fs::path& place, bool reusable, platform::HttpClient& http,
                     Observer& observer) {
  std::error_code unreadable;  // Then the download says what is wrong with the cache.
  if (reusable && fs::exists(place, unreadable)) {
    TRY_ASSIGN(const auto actual, digests_of_file(place, source, observer));
    if (auto same = compare(source, actual)) return same;
    TRY(platform::remove_tree(place));  // The disk changed it; fetch it again.
  }
  TRY_ASSIGN(const Url url, Url::parse(source.url));
  observer.phase(Phase::fetch, source.file_name);
  TRY(platform::make_directories(cache / "parts", 0700));
  const fs::path part = cache / "parts" / place.filename();
  TRY(http.download(url, part, kSourceBytesMax, [&](std::uint64_t received, std::uint64_t total) {
    observer.progress(source.file_name, received, total);
    return !observer.cancelled();
  }));
  observer.phase(Phase::verify, source.file_name);
  TRY_ASSIGN(const auto actual, digests_of_file(part, source, observer));
  auto same = compare(source, actual);
  if (!same) {
    TRY(platform::remove_tree(part));
    return same;
  }
  if (::chmod(part.c_str(), 0444) != 0 || ::rename(part.c_str(), place.c_str()) != 0)
    return tl::unexpected(platform::io_failure("keep", place, errno));
  return same;
}

}  // namespace

Result<Fetched> fetch_sources(const Plan& plan, const fs::path& cache, platform::HttpClient& http,
                              Observer& observer) {
  Fetched fetched;
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    if (observer.cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped before fetching sources");
    if (source.protocol == "local") {
      const auto found = plan.local_files.find(source.url);
      if (found == plan.local_files.end())
        return fail(Errc::not_found, "local-file-missing",
                    fmt::format("the worker has no file '{}'", printable_line(source.url)));
      Digests digests(source.checksums);
      digests.update(found->second);
      TRY_ASSIGN(const Sha256 digest, compare(source, digests.finish()));
      fetched.digests.emplace(source.file_name, digest);
      continue;
    }
    TRY(platform::make_directories(cache / "sources", 0700));
    const Key key = key_of(source);
    const fs::path place = cache / "sources" / key.name;
    TRY_ASSIGN(const Sha256 digest, fetch(source, cache, place, key.reusable, http, observer));
    if (!fetched.files.emplace(source.file_name, place).second)
      return fail(Errc::invalid_input, "source-name",
                  fmt::format("two sources are called '{}'", printable_line(source.file_name)));
    fetched.digests.emplace(source.file_name, digest);
  }
  return fetched;
}

}  // namespace rbee::install
