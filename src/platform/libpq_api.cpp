#include "platform/libpq_api.hpp"

#include <array>
#include <mutex>

#include "platform/shared_library.hpp"

namespace rbee::platform {

#define RBEE_DEFINE(name) decltype(&::name) name = nullptr;
RBEE_LIBPQ_FUNCTIONS(RBEE_DEFINE)
#undef RBEE_DEFINE

Result<void> load_libpq() {
  static std::once_flag once;
  static Result<void> result;
  std::call_once(once, [] {
#define RBEE_ENTRY(name) LibraryFunction{#name, reinterpret_cast<void**>(&name)},
    const std::array functions = {RBEE_LIBPQ_FUNCTIONS(RBEE_ENTRY)};
#undef RBEE_ENTRY
    result = load_library("libpq.so.5", "libpq5", functions.data(), functions.size());
  });
  return result;
}

}  // namespace rbee::platform
