// ArchiveStream: libarchive's filters with the raw format give the bytes; every one passes `next`.
#include "platform/archive_stream.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.hpp"

namespace rbee::platform {

namespace {

/// Row k: the checksum of a byte that k zero bytes follow, so that eight bytes take one step.
constexpr auto kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    tables[0][i] = value;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i)
      tables[k][i] = tables[0][tables[k - 1][i] & 0xff] ^ (tables[k - 1][i] >> 8);
  return tables;
}();

/// gzip's CRC-32 (RFC 1952, 8), continued over `bytes`.
std::uint32_t crc_of(std::uint32_t crc, std::string_view bytes) {
  while (bytes.size() >= 8) {
    const auto byte = [&](std::size_t i) {
      return std::uint32_t{static_cast<unsigned char>(bytes[i])};
    };
    const std::uint32_t first = crc ^ (byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24);
    crc = kCrcTables[7][first & 0xff] ^ kCrcTables[6][first >> 8 & 0xff] ^
          kCrcTables[5][first >> 16 & 0xff] ^ kCrcTables[4][first >> 24] ^ kCrcTables[3][byte(4)] ^
          kCrcTables[2][byte(5)] ^ kCrcTables[1][byte(6)] ^ kCrcTables[0][byte(7)];
    bytes.remove_prefix(8);
  }
  for (const char c : bytes)
    crc = kCrcTables[0][(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc >> 8);
  return crc;
}

tl::unexpected<Error> trailing() {
  return fail(Errc::invalid_input, "archive-trailing-data", "there are bytes after its end");
}

}  // namespace

Error archive_damage(archive* reader) {
  const char* text = archive_error_string(reader);
  const std::string said = printable_line(text == nullptr ? "no reason given" : text);
  if (said.find("ncrypted") != std::string::npos || said.find("passphrase") != std::string::npos)
    return fail(Errc::unsupported, "archive-encrypted", "it is encrypted").value();
  return fail(Errc::invalid_input, "archive-damaged", "it does not follow its format",
              {.evidence = {said}})
      .value();
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

ArchiveStream::ArchiveStream(int fd, std::uint64_t packed, const ArchiveLimits& limits)
    : fd_(fd), packed_(packed), limits_(limits), inspector_(limits.size_bytes_max) {
  reader_.reset(archive_read_new());
  archive* r = reader_.get();
  archive_read_support_format_raw(r);
  archive_read_support_filter_gzip(r);
  archive_read_support_filter_bzip2(r);
  archive_read_support_filter_compress(r);
  archive_read_support_filter_xz(r);
  archive_read_support_filter_lzma(r);
  archive_read_support_filter_lzip(r);
  archive_read_support_filter_zstd(r);
  archive_read_support_filter_rpm(r);
  ::lseek(fd, 0, SEEK_SET);
  archive_entry* entry = nullptr;
  status_ = archive_read_open_fd(r, fd, 64 * 1024);
  if (status_ == ARCHIVE_OK) status_ = archive_read_next_header(r, &entry);
  is_gzip_ = status_ == ARCHIVE_OK && archive_filter_code(r, 0) == ARCHIVE_FILTER_GZIP;
}

int ArchiveStream::compressions() const {
  int count = 0;
  for (int i = 0; i < archive_filter_count(reader_.get()); ++i) {
    const int code = archive_filter_code(reader_.get(), i);
    if (code != ARCHIVE_FILTER_NONE && code != ARCHIVE_FILTER_RPM) ++count;
  }
  return count;
}

la_ssize_t ArchiveStream::read(archive* outer, void* self, const void** buffer) {
  auto& stream = *static_cast<ArchiveStream*>(self);
  const la_ssize_t count = stream.next();
  *buffer = stream.block_.data();
  if (count < 0) archive_set_error(outer, EINVAL, "the bytes below were refused");
  return count;
}

Result<void> ArchiveStream::rest_is_empty(std::uint64_t consumed) {
  for (la_ssize_t count = 1; count > 0;)
    if (count = next(); count < 0) return tl::unexpected(*error);
  if (is_tar_) TRY(inspector_.finish());
  if (!is_tar_ && filled_to_ > consumed) return trailing();
  return all_used();
}

Result<void> ArchiveStream::all_used() const {
  const auto used = archive_filter_bytes(reader_.get(), -1);
  if (used >= 0 && static_cast<std::uint64_t>(used) < packed_) return trailing();
  return {};
}

Result<void> ArchiveStream::check_gzip() {
  if (!is_gzip_) return {};
  for (la_ssize_t count = 1; count > 0;)
    if (count = next(); count < 0) return tl::unexpected(*error);
  const std::string trailer = read_at(fd_, packed_ - 8, 8);
  if (little_endian(trailer.substr(0, 4)) == (crc_ ^ 0xffffffffU) &&
      little_endian(trailer.substr(4)) == (total_ & 0xffffffffU))
    return {};
  return fail(Errc::invalid_input, "archive-damaged",
              "its gzip checksum is wrong, or it is several gzip files in one");
}

la_ssize_t ArchiveStream::next() {
  if (error) return -1;
  const la_ssize_t count = archive_read_data(reader_.get(), block_.data(), block_.size());
  if (count < 0) {
    error = archive_damage(reader_.get());
    return -1;
  }
  total_ += static_cast<std::uint64_t>(count);
  // Headers count too: a million empty files are bytes like any other.
  if (total_ > packed_ * limits_.ratio_max + 2 * kRatioSlack) {
    error =
        fail(Errc::too_large, "archive-ratio",
             fmt::format("unpacked it is more than {} times larger than packed", limits_.ratio_max))
            .value();
    return -1;
  }
  const std::string_view bytes(block_.data(), static_cast<std::size_t>(count));
  if (const auto last = bytes.find_last_not_of('\0'); last != std::string_view::npos)
    filled_to_ = total_ - bytes.size() + last + 1;
  if (is_gzip_) crc_ = crc_of(crc_, bytes);
  if (!decided_ && count > 0) {
    decided_ = true;
    is_tar_ = TarInspector::is_header(bytes);
  }
  if (is_tar_)
    if (auto looked = inspector_.feed(bytes); !looked) {
      error = std::move(looked).error();
      return -1;
    }
  return count;
}

}  // namespace rbee::platform
