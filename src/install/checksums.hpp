// Is a file what the recipe's checksum arrays say?
//
// Reads files, writes nothing. Source: PKGBUILD(5), "cksums, md5sums, …".
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::install {

/// Computes every digest that the recipe names, and SHA-256 in any case, in one reading.
class SourceHashes {
 public:
  explicit SourceHashes(const std::map<HashAlgorithm, std::string>& expected);
  void update(std::string_view bytes);
  std::map<HashAlgorithm, std::string> finish();

 private:
  std::map<HashAlgorithm, std::unique_ptr<Hasher>> hashers_;
};

/// Hexadecimal digits A to F as a to f.
std::string lower_hex(std::string text);

/// The source's SHA-256, when every digest that the recipe names is `actual`'s.
/// Errors: Errc::integrity "checksum-mismatch" with all that differ.
Result<Sha256> compare(const pkgbuild::SourceEntry& source,
                       const std::map<HashAlgorithm, std::string>& actual);

/// Errors: Errc::io; Errc::interrupted.
Result<std::map<HashAlgorithm, std::string>> hashes_of_file(const std::filesystem::path& path,
                                                            const pkgbuild::SourceEntry& source,
                                                            const std::function<bool()>& cancelled);

/// `hashes_of_file`, then `compare`.
Result<Sha256> verify_file(const std::filesystem::path& path, const pkgbuild::SourceEntry& source,
                           const std::function<bool()>& cancelled);

}  // namespace rbee::install
