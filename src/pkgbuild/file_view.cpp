// Paths as a recipe writes them: see file_view.hpp.
#include "pkgbuild/file_view.hpp"

#include <vector>

#include "base/text.hpp"

namespace rbee::pkgbuild {

RecipePath parse_recipe_path(std::string_view path, std::string_view startdir) {
  using Place = RecipePath::Place;
  if (path.starts_with('/')) {
    if (startdir.empty() || !path.starts_with(startdir)) return {};
    path.remove_prefix(startdir.size());
    if (!path.empty() && path[0] != '/') return {};
  }
  std::vector<std::string_view> segments;
  std::size_t ups = 0;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      // The kernel asks whether what it leaves is a folder, and which: a name of ours it must be.
      if (segments.size() != ups) return {};
      ++ups;
    } else if (ups == 1 && segments.size() == 1 && !startdir.empty() &&
               startdir.substr(startdir.rfind('/') + 1) == segment) {
      // "../<this folder>/x" is "x".
      segments.clear();
      ups = 0;
      continue;
    }
    segments.push_back(segment);
  }
  if (segments.empty() || segments.back() == "..") return {};  // A folder.
  RecipePath result{ups > 0 ? Place::outside : Place::inside, {}};
  for (const std::string_view segment : segments) {
    if (!result.path.empty()) result.path += '/';
    result.path += segment;
  }
  return result;
}

FileLook FileView::look(std::string_view path) const {
  if (files_ == nullptr) return {};
  const RecipePath at = parse_recipe_path(path, startdir_);
  if (at.place == RecipePath::Place::host) return {};
  FileLook found = files_->look(at.path);
  // "x/" is a folder or nothing.
  if (path.ends_with('/') && found.kind == FileLook::Kind::file)
    return {FileLook::Kind::absent, {}};
  return found;
}

}  // namespace rbee::pkgbuild
