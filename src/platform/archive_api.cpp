#include "platform/archive_api.hpp"

#include <array>
#include <mutex>

#include "platform/shared_library.hpp"

namespace rbee::platform {

#define RBEE_DEFINE(name) decltype(&::name) name = nullptr;
RBEE_ARCHIVE_FUNCTIONS(RBEE_DEFINE)
#undef RBEE_DEFINE

Result<void> load_archive() {
  static std::once_flag once;
  static Result<void> result;
  std::call_once(once, [] {
#define RBEE_ENTRY(name) LibraryFunction{#name, reinterpret_cast<void**>(&name)},
    const std::array functions = {RBEE_ARCHIVE_FUNCTIONS(RBEE_ENTRY)};
#undef RBEE_ENTRY
    result = load_library("libarchive.so.13", "libarchive13", functions.data(), functions.size());
  });
  return result;
}

}  // namespace rbee::platform
