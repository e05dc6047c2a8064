// docs/api/openapi.yaml, as it was when this program was built.
#pragma once

#include <string_view>

namespace rbee::api {

std::string_view openapi_text();

}  // namespace rbee::api
