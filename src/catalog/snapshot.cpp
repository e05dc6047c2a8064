#include "catalog/snapshot.hpp"

#include <algorithm>

namespace rbee::catalog {

std::string_view to_string(Origin origin) {
  return origin == Origin::official ? "official" : "community";
}

const RecipeText* Worker::recipe(manifest::RecipeKind kind) const {
  const auto found = std::find_if(recipes.begin(), recipes.end(),
                                  [&](const RecipeText& recipe) { return recipe.kind == kind; });
  return found == recipes.end() ? nullptr : &*found;
}

const File* Worker::file(std::string_view path) const {
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const File& file, std::string_view p) { return file.path < p; });
  return found == files.end() || found->path != path ? nullptr : &*found;
}

Snapshot::Snapshot(CommitId commit, Time committed,
                   std::vector<std::shared_ptr<const Worker>> workers, std::vector<Broken> broken,
                   std::vector<Finding> findings)
    : commit_(std::move(commit)),
      committed_(committed),
      workers_(std::move(workers)),
      broken_(std::move(broken)),
      findings_(std::move(findings)) {
  std::sort(workers_.begin(), workers_.end(),
            [](const auto& a, const auto& b) { return a->id < b->id; });
  std::sort(broken_.begin(), broken_.end(),
            [](const Broken& a, const Broken& b) { return a.directory < b.directory; });
}

std::shared_ptr<const Worker> Snapshot::find(std::string_view id) const {
  const auto found =
      std::lower_bound(workers_.begin(), workers_.end(), id,
                       [](const auto& worker, std::string_view i) { return worker->id.str() < i; });
  return found == workers_.end() || (*found)->id.str() != id ? nullptr : *found;
}

}  // namespace rbee::catalog
