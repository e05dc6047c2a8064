// Passwords, kept so that a stolen database does not give them away: argon2id.
//
// Costs memory and time on purpose, and at most two are computed at once. Source: RFC 9106; the
// parameters are those of its section 4, "second recommended option", with one lane.
#pragma once

#include <string>
#include <string_view>

namespace rbee::platform {

/// "$argon2id$v=19$m=65536,t=3,p=1$salt$hash".
std::string hash_password(std::string_view password);

/// True when `hash` is of `password`. An empty or malformed hash is of none, and costs as much.
bool verify_password(std::string_view hash, std::string_view password);

/// True when `hash` was made with weaker parameters than today's: hash again at the next log-in.
bool needs_rehash(std::string_view hash);

}  // namespace rbee::platform
