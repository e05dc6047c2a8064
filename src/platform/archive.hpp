// Unpack archives that somebody else made, or refuse them; nothing in between.
//
// Writes only below the directory it is given, never through a link. libarchive reads;
// tar_inspector.hpp first checks what libarchive would quietly mend. Refusals have stable ids
// ("archive-…"): docs/hostile-input.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.hpp"

namespace rbee::platform {

struct ArchiveLimits {
  std::uint64_t entries_max = 20'000;
  std::uint64_t size_bytes_max = std::uint64_t{16} << 30;  ///< All files together, unpacked.
  std::uint64_t ratio_max = 200;                           ///< Unpacked to packed.
  std::size_t path_bytes_max = 512;
  int depth_max = 32;
};

/// What a file turned out to be.
struct Unpacked {
  enum class Kind {
    archive,     ///< Its entries lie in the target now.
    compressed,  ///< One compressed file; its content lies in the target, under the name without
                 ///< its suffix.
    plain,       ///< Neither: nothing was done.
  };
  Kind kind = Kind::plain;
  std::uint64_t entries = 0;
  std::uint64_t size_bytes = 0;
};

/// Unpack `file`, which the recipe calls `name`, into the directory open as `target`, as makepkg
/// does: tar (plain or compressed), zip, 7z, cpio, rpm and ar (deb) give their entries; a lone .gz,
/// .Z, .bz2, .xz or .zst its content; anything else nothing. Set-id bits, links out of the target,
/// devices and so on refuse the whole; what was written before the refusal is the caller's to
/// remove with the target.
///
/// Errors: Errc::invalid_input "archive-…", Errc::too_large "archive-…" (limits), Errc::unsupported
/// "archive-format" and "archive-encrypted", Errc::interrupted, Errc::io.
Result<Unpacked> unpack(const std::filesystem::path& file, std::string_view name, int target,
                        const ArchiveLimits& limits, const std::function<bool()>& cancelled);

/// Write what lies below a file's compression to `target`, a path where nothing is yet. A file
/// that is not compressed is copied. Errors: as `unpack`'s.
Result<void> decompress(const std::filesystem::path& file, const std::filesystem::path& target,
                        const ArchiveLimits& limits, const std::function<bool()>& cancelled);

}  // namespace rbee::platform
