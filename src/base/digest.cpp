#include "base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text.hpp"

namespace rbee {

namespace {

struct AlgorithmRow {
  HashAlgorithm algorithm;
  std::string_view array_name;
  const char* openssl_name;  ///< nullptr: computed here.
  std::size_t digits;        ///< Hexadecimal digits; 0 for decimal.
  bool strong;
};

constexpr std::array<AlgorithmRow, 8> kRows = {{
    {HashAlgorithm::cksum, "cksums", nullptr, 0, false},
    {HashAlgorithm::md5, "md5sums", "MD5", 32, false},
    {HashAlgorithm::sha1, "sha1sums", "SHA1", 40, false},
    {HashAlgorithm::sha224, "sha224sums", "SHA224", 56, true},
    {HashAlgorithm::sha256, "sha256sums", "SHA256", 64, true},
    {HashAlgorithm::sha384, "sha384sums", "SHA384", 96, true},
    {HashAlgorithm::sha512, "sha512sums", "SHA512", 128, true},
    {HashAlgorithm::b2, "b2sums", "BLAKE2B512", 128, true},
}};

const AlgorithmRow& row(HashAlgorithm algorithm) {
  return kRows[static_cast<std::size_t>(algorithm)];
}

/// POSIX cksum: CRC-32 with polynomial 0x04C11DB7, most significant bit first, the length appended.
constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i << 24;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x80000000u) ? (crc << 1) ^ 0x04C11DB7u : crc << 1;
    table[i] = crc;
  }
  return table;
}();

std::uint32_t crc_step(std::uint32_t crc, unsigned byte) {
  return (crc << 8) ^ kCrcTable[(crc >> 24) ^ byte];
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::string_view array_name(HashAlgorithm algorithm) {
  return row(algorithm).array_name;
}

std::optional<HashAlgorithm> hash_algorithm(std::string_view name) {
  for (const AlgorithmRow& r : kRows)
    if (r.array_name == name) return r.algorithm;
  return std::nullopt;
}

bool is_strong(HashAlgorithm algorithm) {
  return row(algorithm).strong;
}

bool is_digest(HashAlgorithm algorithm, std::string_view text) {
  if (algorithm == HashAlgorithm::cksum)
    return !text.empty() && text.size() <= 10 &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  return text.size() == row(algorithm).digits && from_hex(text).has_value();
}

struct Hasher::State {
  HashAlgorithm algorithm;
  std::unique_ptr<EVP_MD_CTX, FreeContext> context;
  std::uint32_t crc = 0;
  std::uint64_t length_bytes = 0;
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(new State{algorithm, nullptr}) {
  if (row(algorithm).openssl_name == nullptr) return;
  state_->context.reset(EVP_MD_CTX_new());
  const EVP_MD* method = EVP_get_digestbyname(row(algorithm).openssl_name);
  // Every name in the table is part of OpenSSL's default provider.
  if (!state_->context || !method || EVP_DigestInit_ex(state_->context.get(), method, nullptr) != 1)
    throw std::runtime_error(fmt::format("OpenSSL has no {}", row(algorithm).openssl_name));
}

Hasher::~Hasher() = default;

void Hasher::update(std::string_view bytes) {
  if (state_->context) {
    EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
    return;
  }
  for (char c : bytes) state_->crc = crc_step(state_->crc, static_cast<unsigned char>(c));
  state_->length_bytes += bytes.size();
}

std::string Hasher::finish() {
  if (!state_->context) {
    std::uint32_t crc = state_->crc;
    for (std::uint64_t length = state_->length_bytes; length != 0; length >>= 8)
      crc = crc_step(crc, static_cast<unsigned>(length & 0xFF));
    return fmt::format("{}", ~crc);
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size);
  return to_hex(std::span(bytes).first(size));
}

std::string digest_of(HashAlgorithm algorithm, std::string_view bytes) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

Result<Sha256> Sha256::parse(std::string_view hex) {
  if (!is_digest(HashAlgorithm::sha256, hex))
    return fail(Errc::invalid_input, "sha256-invalid",
                fmt::format("'{}' is not a SHA-256", printable_line(hex.substr(0, 80))),
                {.why = "it must be 64 hexadecimal digits"});
  std::string lower(hex);
  for (char& c : lower)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return Sha256(std::move(lower));
}

Sha256 Sha256::of(std::string_view bytes) {
  return Sha256(digest_of(HashAlgorithm::sha256, bytes));
}

}  // namespace rbee
