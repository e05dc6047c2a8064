// What a built package, or a file in a worker's folder, must not be: judged by its first bytes, its
// path and its mode.
//
// Pure. Source: elf(5), "program headers", "dynamic tags"; GGUF specification; pickle protocol,
// PEP 307 and 3154.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"

namespace rbee::check {

struct ArtefactRemark {
  std::string rule;
  std::string message;
};

/// Rules ELF-001, ELF-002, ELF-004, BLOB-001 and BLOB-002 on one regular file. `bytes` are all of
/// it or its beginning; `size_bytes` is its real size. No `arches`: any will do.
std::vector<ArtefactRemark> look_at_file(std::string_view path, std::string_view bytes,
                                         std::uint64_t size_bytes, std::span<const Arch> arches);

/// One entry of a built package.
struct ArtefactEntry {
  enum class Kind { file, folder, symlink, hard_link, device, fifo, socket };
  std::string path;  ///< Relative: "usr/bin/x".
  Kind kind = Kind::file;
  unsigned mode = 0644;
  std::string target;  ///< Of links.
};

/// Rule ARC-002 on every entry. `name` is the worker's: opt/<name>.
std::vector<ArtefactRemark> look_at_entries(std::span<const ArtefactEntry> entries,
                                            std::string_view name);

}  // namespace rbee::check
