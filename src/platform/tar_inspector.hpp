// Watches the bytes of a tar on their way to libarchive and refuses what a lenient reader would
// mend.
//
// Pure. Two readers that mend a file differently see two different files: that is how a check is
// passed by one and its opposite unpacked by the other. POSIX.1-2017 pax, "ustar" and "pax"
// formats; GNU tar manual, "Basic Tar Format".
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee::platform {

/// Feed every byte in order, then call `finish`. Errors: Errc::invalid_input with the ids of
/// archive.hpp.
class TarInspector {
 public:
  explicit TarInspector(std::uint64_t size_bytes_max) : size_bytes_max_(size_bytes_max) {}

  /// True when these first 512 bytes are a tar header: its checksum is right.
  static bool is_header(std::string_view block);

  Result<void> feed(std::string_view bytes);
  /// The bytes are over.
  Result<void> finish() const;
  /// True when the end-of-archive blocks have been seen; only zeros may follow.
  bool ended() const { return zero_blocks_ >= 2; }

 private:
  Result<void> block();
  Result<void> header();
  Result<void> extension();
  Result<void> pax_record(std::string_view key, std::string_view value);

  std::uint64_t size_bytes_max_;
  std::array<char, 512> buffer_{};
  std::size_t filled_ = 0;
  std::uint64_t data_left_ = 0;  ///< Bytes of the current entry, padding included.
  char extension_type_ = 0;      ///< 'x', 'g', 'L' or 'K' while its payload is collected.
  std::uint64_t extension_size_ = 0;
  std::string payload_;
  std::set<char> pending_;  ///< Extensions seen since the last real entry.
  bool pax_path_ = false;
  bool pax_link_ = false;
  bool pax_size_set_ = false;
  std::uint64_t pax_size_ = 0;
  int zero_blocks_ = 0;
};

}  // namespace rbee::platform
