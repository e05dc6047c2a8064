#include "api/openapi_text.hpp"

#include <span>

#include "base/embedded_file.hpp"

namespace rbee::api {

std::span<const EmbeddedFile> api_files();  // By embed_files (CMakeLists.txt).

std::string_view openapi_text() {
  return api_files().front().text;
}

}  // namespace rbee::api
