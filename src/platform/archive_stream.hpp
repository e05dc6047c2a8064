// The decompressed bytes of a file, watched on their way to libarchive's reader of archives.
//
// Reads one open file. What libarchive's filters let pass is caught here: bytes behind the end, a
// wrong gzip checksum, bombs; and in a tar whatever tar_inspector.hpp refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/archive.hpp"
#include "platform/archive_api.hpp"
#include "platform/tar_inspector.hpp"

namespace rbee::platform {

struct ReadFree {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, ReadFree>;

/// Files this small may compress better than the ratio allows.
inline constexpr std::uint64_t kRatioSlack = 1 << 20;

/// What libarchive says of `reader`, as "archive-damaged" or "archive-encrypted".
Error archive_damage(archive* reader);

/// Up to `size` bytes of a file from `offset`; fewer at its end.
std::string read_at(int fd, std::uint64_t offset, std::size_t size);

/// An unsigned number whose least significant byte comes first.
std::uint64_t little_endian(std::string_view bytes);

class ArchiveStream {
 public:
  /// `fd` stays open as long as this lives; `packed` is the file's size.
  ArchiveStream(int fd, std::uint64_t packed, const ArchiveLimits& limits);
  ArchiveStream(const ArchiveStream&) = delete;
  ArchiveStream& operator=(const ArchiveStream&) = delete;

  /// False: not even the compressor's header could be read; `archive_damage(reader())` tells why.
  bool ok() const { return status_ == ARCHIVE_OK; }
  archive* reader() { return reader_.get(); }
  /// How many compressors lie over each other.
  int compressions() const;
  /// True when the first block was a tar header, so that the inspector is looking on.
  bool is_tar() const { return is_tar_; }

  /// libarchive's read callback for the reader of the archive inside; `self` is an ArchiveStream.
  static la_ssize_t read(archive* outer, void* self, const void** buffer);
  /// What stopped `read`, if it was us.
  std::optional<Error> error;

  /// After the inner archive's end, which took `consumed` bytes: the rest must be zeros, and every
  /// packed byte must have been used. Errors: "archive-trailing-data", and the inspector's.
  Result<void> rest_is_empty(std::uint64_t consumed);
  /// A compressor's reader stops where its format ends; what follows would be invisible to us, not
  /// to others.
  Result<void> all_used() const;
  /// libarchive does not compare gzip's own checksum (RFC 1952 2.3.1). A file of several members
  /// fails here too: readers disagree on whether the second belongs to it.
  Result<void> check_gzip();

 private:
  la_ssize_t next();

  ArchiveReader reader_;
  int fd_;
  int status_ = ARCHIVE_FATAL;
  std::uint64_t packed_;
  const ArchiveLimits& limits_;
  std::uint64_t total_ = 0;
  std::uint64_t filled_to_ = 0;  ///< Offset behind the last byte that is not zero.
  std::uint32_t crc_ = 0xffffffffU;
  std::vector<char> block_ = std::vector<char>(64 * 1024);
  TarInspector inspector_;
  bool decided_ = false;
  bool is_tar_ = false;
  bool is_gzip_ = false;
};

}  // namespace rbee::platform
