// What a file of a built package, or of a worker's folder, must not be: judged by its first bytes
// and its path. Where files of a package may stand is build/package_tree.hpp's (ARC-002).
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

}  // namespace rbee::check
