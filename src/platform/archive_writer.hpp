// Trees as archives: a pacman package (tar, zstd) and the list of its files (mtree, gzip).
//
// Reads the tree, never through a link, and writes one file. The same tree gives the same bytes:
// owners are root, times are the caller's, names come in byte order. libarchive writes. Source:
// alpm-package(7), mtree(5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::platform {

/// How a tree is written.
struct TreeArchive {
  enum class Kind {
    package,  ///< tar (pax restricted), zstd.
    mtree,    ///< mtree with type, mode, size, time, link, md5 and sha256; gzip without a name or a
              ///< time.
  };
  Kind kind = Kind::package;
  std::int64_t mtime = 0;  ///< Of every entry, seconds since 1970.
  /// Paths that are left out, with all that is below them.
  std::vector<std::string> leave_out = {};
  /// Permission bits by path where they are other than the disk's.
  std::map<std::string, std::uint32_t> modes = {};
};

/// Write everything below `tree` into the new file `out`; nothing is left of it after a failure.
/// `cancelled` is asked often. Errors: Errc::io, Errc::interrupted, Errc::failed "library-missing".
Result<void> write_tree(const std::filesystem::path& tree, const TreeArchive& how,
                        const std::filesystem::path& out, const std::function<bool()>& cancelled);

/// One line of an mtree file.
struct MtreeEntry {
  enum class Type { file, directory, link, other };
  Type type = Type::file;
  std::uint32_t permissions = 0;  ///< The lower twelve bits of the mode.
  std::uint64_t size_bytes = 0;   ///< Of a file.
  std::string sha256;             ///< Of a file, lower case.
  std::string target;             ///< Of a link.
};

/// The entries of an mtree file by path, without the leading "./".
/// Errors: Errc::integrity "mtree-damaged"; `read_file`'s.
Result<std::map<std::string, MtreeEntry>> read_mtree(const std::filesystem::path& file);

}  // namespace rbee::platform
