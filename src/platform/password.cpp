#include "platform/password.hpp"

#include <argon2.h>
#include <fmt/format.h>

#include <cstdlib>
#include <semaphore>

#include "platform/random.hpp"

namespace rbee::platform {

namespace {

constexpr std::uint32_t kMemoryKiB = 64 * 1024, kPasses = 3, kLanes = 1;
constexpr std::size_t kSaltBytes = 16, kHashBytes = 32;

/// 64 MiB each: more at once would let a flood of log-ins take the machine's memory.
std::counting_semaphore<2> slots(2);

class Slot {
 public:
  Slot() { slots.acquire(); }
  ~Slot() { slots.release(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
};

std::string prefix() {
  return fmt::format("$argon2id$v={}$m={},t={},p={}$", int{ARGON2_VERSION_13}, kMemoryKiB, kPasses,
                     kLanes);
}

}  // namespace

std::string hash_password(std::string_view password) {
  const Slot slot;
  const std::string salt = random_bytes(kSaltBytes);
  std::string encoded(
      argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  if (argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(),
                            encoded.size()) != ARGON2_OK)
    std::abort();  // Out of memory; the parameters are constants.
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool verify_password(std::string_view hash, std::string_view password) {
  if (!hash.starts_with("$argon2id$")) {
    // As slow as a right one: the time must not tell whether the account exists.
    hash_password(password);
    return false;
  }
  const Slot slot;
  return argon2id_verify(std::string(hash).c_str(), password.data(), password.size()) == ARGON2_OK;
}

bool needs_rehash(std::string_view hash) {
  return !hash.starts_with(prefix());
}

}  // namespace rbee::platform
