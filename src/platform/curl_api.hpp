// The functions of libcurl that are used, loaded at the first use (shared_library.hpp).
//
// Inside rbee::platform a call by the usual name goes through these pointers.
#pragma once

#include <curl/curl.h>

#include "base/result.hpp"

#define RBEE_CURL_FUNCTIONS(X) \
  X(curl_global_init)          \
  X(curl_easy_init)            \
  X(curl_easy_cleanup)         \
  X(curl_easy_reset)           \
  X(curl_easy_perform)         \
  X(curl_easy_getinfo)         \
  X(curl_easy_setopt)          \
  X(curl_easy_strerror)        \
  X(curl_slist_append)         \
  X(curl_slist_free_all)

namespace rbee::platform {

#define RBEE_DECLARE(name) extern decltype(&::name) name;
RBEE_CURL_FUNCTIONS(RBEE_DECLARE)
#undef RBEE_DECLARE

/// Load libcurl, once for the program. No function may be called before this succeeded.
/// Errors: Errc::failed "library-missing".
Result<void> load_curl();

}  // namespace rbee::platform
