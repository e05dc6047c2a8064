// How far the client follows a list: the same for every list of a marketplace.
#pragma once

#include <cstdint>

namespace rbee::sdk {

inline constexpr std::uint64_t kPageSize = 100;
/// A server whose cursors never end is not followed for ever.
inline constexpr int kPagesMax = 1'000;

}  // namespace rbee::sdk
