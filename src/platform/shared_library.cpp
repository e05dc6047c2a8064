#include "platform/shared_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace rbee::platform {
namespace {

tl::unexpected<Error> missing(const char* file_name, const char* debian_package) {
  const char* said = dlerror();
  return fail(Errc::failed, "library-missing",
              fmt::format("the library {} could not be loaded", file_name),
              {.evidence = {said == nullptr ? "no reason given" : said},
               .fix = fmt::format("install it: apt-get install {}", debian_package)});
}

}  // namespace

Result<void> load_library(const char* file_name, const char* debian_package,
                          const LibraryFunction* functions, std::size_t count) {
  void* library = dlopen(file_name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return missing(file_name, debian_package);
  for (std::size_t i = 0; i < count; ++i) {
    *functions[i].address = dlsym(library, functions[i].name);
    if (*functions[i].address == nullptr) return missing(file_name, debian_package);
  }
  return {};
}

}  // namespace rbee::platform
