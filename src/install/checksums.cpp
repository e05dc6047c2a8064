// SourceHashes: all digests of one reading; compare: all that differ at once.
#include "install/checksums.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

SourceHashes::SourceHashes(const std::map<HashAlgorithm, std::string>& expected) {
  hashers_.emplace(HashAlgorithm::sha256, std::make_unique<Hasher>(HashAlgorithm::sha256));
  for (const auto& [algorithm, digest] : expected)
    if (digest != "SKIP" && !hashers_.contains(algorithm))
      hashers_.emplace(algorithm, std::make_unique<Hasher>(algorithm));
}

void SourceHashes::update(std::string_view bytes) {
  for (auto& [algorithm, hasher] : hashers_) hasher->update(bytes);
}

std::map<HashAlgorithm, std::string> SourceHashes::finish() {
  std::map<HashAlgorithm, std::string> out;
  for (auto& [algorithm, hasher] : hashers_) out.emplace(algorithm, hasher->finish());
  return out;
}

std::string lower_hex(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Result<Sha256> compare(const pkgbuild::SourceEntry& source,
                       const std::map<HashAlgorithm, std::string>& actual) {
  std::vector<std::string> evidence;
  for (const auto& [algorithm, expected] : source.checksums) {
    if (expected == "SKIP") continue;
    const std::string& found = actual.at(algorithm);
    if (lower_hex(expected) == found) continue;
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

Result<std::map<HashAlgorithm, std::string>> hashes_of_file(
    const fs::path& path, const pkgbuild::SourceEntry& source,
    const std::function<bool()>& cancelled) {
  const platform::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return tl::unexpected(platform::io_failure("read", path, errno));
  SourceHashes digests(source.checksums);
  std::string block(1 << 20, '\0');
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0) return tl::unexpected(platform::io_failure("read", path, errno));
    if (count == 0) return digests.finish();
    digests.update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
    if (cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped while checking sources");
  }
}

Result<Sha256> verify_file(const fs::path& path, const pkgbuild::SourceEntry& source,
                           const std::function<bool()>& cancelled) {
  TRY_ASSIGN(const auto actual, hashes_of_file(path, source, cancelled));
  return compare(source, actual);
}

}  // namespace rbee::install
