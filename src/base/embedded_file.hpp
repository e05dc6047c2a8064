// A file of the source tree that the build put into the program (cmake/EmbedFiles.cmake).
#pragma once

#include <string_view>

namespace rbee {

struct EmbeddedFile {
  std::string_view name;  ///< Below the folder that was embedded: "templates/home.mustache".
  std::string_view text;  ///< Its bytes.
};

}  // namespace rbee
