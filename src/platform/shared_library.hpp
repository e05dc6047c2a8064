// A library of the system that is loaded when it is first needed.
//
// libcurl and libarchive bring forty more libraries with them, which cost every start of `rbee`
// 4 ms; most commands need neither. dlopen(3).
#pragma once

#include <string>

#include "base/result.hpp"

namespace rbee::platform {

/// One function to find: its name in the library, and where its address goes.
struct LibraryFunction {
  const char* name;
  void** address;
};

/// Load `file_name` ("libcurl.so.4") from the system's library folders and find `count` functions
/// in it. It stays loaded. Not safe to call twice at once: the callers use std::call_once.
/// Errors: Errc::failed "library-missing", with what dlopen said and the Debian package.
Result<void> load_library(const char* file_name, const char* debian_package,
                          const LibraryFunction* functions, std::size_t count);

}  // namespace rbee::platform
