// Bytes as gzip, in memory.
//
// Touches nothing; zlib compresses. The same bytes, level and zlib give the same gzip: no name and
// no time is written into its head. Source: RFC 1952.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee::platform {

/// `level`: 1 is fast, 9 is small. About 40 MB/s at 6 and 120 MB/s at 1 for JSON.
std::string gzip(std::string_view bytes, int level = 6);

/// Undo `gzip`; several members one after another are one text.
/// Errors: Errc::integrity "gzip-damaged"; Errc::too_large "gzip-too-large", before more than
/// `size_bytes_max` are in memory.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t size_bytes_max);

}  // namespace rbee::platform
