// A few small files as a .tar.gz, in memory.
//
// Touches nothing; libarchive writes. The same files give the same bytes: owners are root, times
// are the caller's, gzip's head says nothing. Source: pax(1), RFC 1952.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace rbee::platform {

struct TarFile {
  std::string path;  ///< Relative; a name that ends with '/' is a folder.
  bool executable = false;
  std::string bytes;
};

/// In this order. `mtime`: of every entry, seconds since 1970.
/// Errors: Errc::failed "library-missing", Errc::io "archive-not-written".
Result<std::string> tar_gz(const std::vector<TarFile>& files, std::int64_t mtime);

}  // namespace rbee::platform
