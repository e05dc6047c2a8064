// Bytes as gzip, in memory.
//
// Touches nothing; zlib compresses. The same bytes, level and zlib give the same gzip: no name and
// no time is written into its head. Source: RFC 1952.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee::platform {

/// `level`: 1 is fast, 9 is small. About 40 MB/s at 6 and 120 MB/s at 1 for JSON.
std::string gzip(std::string_view bytes, int level = 6);

/// The same for bytes that come in pieces. Not copied, not moved.
class GzipStream {
 public:
  explicit GzipStream(int level = 6);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  void add(std::string_view bytes);
  /// Everything, complete. Ends this object's use.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Undo `gzip`; several members one after another are one text.
/// Errors: Errc::integrity "gzip-damaged"; Errc::too_large "gzip-too-large", before more than
/// `size_bytes_max` are in memory.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t size_bytes_max);

}  // namespace rbee::platform
