// Digests of bytes: the algorithms that a recipe may name, and SHA-256 as a type of its own.
//
// Touches nothing; OpenSSL computes. Source: PKGBUILD(5), "cksums" to "b2sums"; cksum(1) for the
// CRC.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee {

/// In makepkg's order (known_hash_algos). `cksums` is POSIX cksum's CRC, printed in decimal.
enum class HashAlgorithm { cksum, md5, sha1, sha224, sha256, sha384, sha512, b2 };

inline constexpr std::array kHashAlgorithms = {
    HashAlgorithm::cksum,  HashAlgorithm::md5,    HashAlgorithm::sha1,   HashAlgorithm::sha224,
    HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512, HashAlgorithm::b2};

/// "cksums", "md5sums", "sha256sums", "b2sums" …: the array's name in a recipe.
std::string_view array_name(HashAlgorithm algorithm);

/// The reverse of `array_name`; nothing for another word.
std::optional<HashAlgorithm> hash_algorithm(std::string_view array_name);

/// True when a collision is not within anybody's reach: sha224 and longer, and b2.
bool is_strong(HashAlgorithm algorithm);

/// True when `text` has the form of a digest of this algorithm (length and hexadecimal digits;
/// decimal for cksum).
bool is_digest(HashAlgorithm algorithm, std::string_view text);

/// Feed bytes, then ask once. Not copied, not moved.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void update(std::string_view bytes);
  /// The digest as recipes write it: lower-case hexadecimal, or decimal for cksum. Ends this
  /// object's use.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Digest of bytes in memory, as `Hasher::finish` writes it.
std::string digest_of(HashAlgorithm algorithm, std::string_view bytes);

/// A SHA-256 that was parsed or computed.
class Sha256 {
 public:
  /// From 64 hexadecimal digits, either case. Errors: Errc::invalid_input "sha256-invalid".
  static Result<Sha256> parse(std::string_view hex);
  static Sha256 of(std::string_view bytes);
  /// 64 lower-case hexadecimal digits.
  const std::string& hex() const { return hex_; }
  friend auto operator<=>(const Sha256&, const Sha256&) = default;

 private:
  explicit Sha256(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

}  // namespace rbee
