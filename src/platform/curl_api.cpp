#include "platform/curl_api.hpp"

#include <array>
#include <mutex>

#include "platform/shared_library.hpp"

namespace rbee::platform {

#define RBEE_DEFINE(name) decltype(&::name) name = nullptr;
RBEE_CURL_FUNCTIONS(RBEE_DEFINE)
#undef RBEE_DEFINE

Result<void> load_curl() {
  static std::once_flag once;
  static Result<void> result;
  std::call_once(once, [] {
#define RBEE_ENTRY(name) LibraryFunction{#name, reinterpret_cast<void**>(&name)},
    const std::array functions = {RBEE_CURL_FUNCTIONS(RBEE_ENTRY)};
#undef RBEE_ENTRY
    result = load_library("libcurl.so.4", "libcurl4", functions.data(), functions.size());
  });
  return result;
}

}  // namespace rbee::platform
