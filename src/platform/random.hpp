// Bytes that nobody can guess.
//
// Reads the kernel's generator. Source: getrandom(2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rbee::platform {

/// `count` random bytes. Ends the program when the kernel has none to give: there is no safe way
/// on.
std::string random_bytes(std::size_t count);

/// `count` random bytes as base64url without padding (RFC 4648, 5): 32 bytes are 43 characters.
std::string random_token(std::size_t count);

/// `length` characters, each drawn evenly from `alphabet` (1 to 256 different ones).
std::string random_word(std::size_t length, std::string_view alphabet);

/// True when the texts are equal; takes as long whatever they hold. Lengths are not secret.
bool equal_secrets(std::string_view a, std::string_view b);

/// HMAC-SHA-256 of `message`, as 64 lower-case hexadecimal digits (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace rbee::platform
