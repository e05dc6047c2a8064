// Paths as a recipe writes them, and what stands there as far as a recipe may know.
//
// Pure: the text of a file comes from `LocalFiles`. Source: makepkg 6.0.2 reads a recipe with its
// folder, physical path, as working directory ($startdir).
#pragma once

#include <string>
#include <string_view>

#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// Where a path leads.
struct RecipePath {
  enum class Place {
    inside,   ///< `path` is relative to the folder, without "." and "..".
    outside,  ///< `path` begins with "../" and is otherwise as above.
    host,     ///< Another absolute path, or one that depends on what a name is.
  };
  Place place = Place::host;
  std::string path;
};

/// Take "./x", "$startdir/x", "../folder/x" apart. `startdir` may be empty: not known.
RecipePath parse_recipe_path(std::string_view path, std::string_view startdir);

/// The folder as the recipe sees it. Cheap to copy; holds references.
class FileView {
 public:
  /// `files` may be nullptr: nothing is known of any file.
  FileView(const LocalFiles* files, std::string_view startdir)
      : files_(files), startdir_(startdir) {}

  /// What stands at `path`. Kind::unknown where nobody can say: the host's files, for example.
  FileLook look(std::string_view path) const;

 private:
  const LocalFiles* files_;
  std::string_view startdir_;
};

}  // namespace rbee::pkgbuild
