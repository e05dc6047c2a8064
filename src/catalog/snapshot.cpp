#include "catalog/snapshot.hpp"

#include <algorithm>
#include <unordered_set>

#include "catalog/worker_store.hpp"

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

std::string Entry::directory() const {
  return origin == Origin::official ? id.str() : "community/" + id.str();
}

Entry entry_of(const Worker& worker) {
  const manifest::Manifest& manifest = worker.manifest;
  Entry entry{.id = worker.id,
              .origin = worker.origin,
              .tree = worker.tree,
              .last_commit = worker.last_commit,
              .created = worker.created,
              .updated = worker.updated,
              .author = worker.author,
              .version = worker.version,
              .name = manifest.name.empty() ? worker.id.str() : manifest.name,
              .description = manifest.description,
              .license = manifest.license,
              .homepage = manifest.homepage,
              .implementation = manifest.implementation,
              .tags = manifest.tags,
              .tasks = manifest.capabilities.tasks,
              .formats = manifest.capabilities.supported_formats,
              .depends = {},
              .platforms = {},
              .has_source = worker.recipe(manifest::RecipeKind::source) != nullptr,
              .has_binary = worker.recipe(manifest::RecipeKind::binary) != nullptr,
              .is_premium = manifest.premium.has_value(),
              .extract = nullptr};
  for (const Variant& variant : worker.variants) {
    entry.platforms.insert(variant.platform);
    // "name>=1.2: why" and "name=1": the name alone (PKGBUILD(5), "depends").
    for (const std::string& depend : variant.depends)
      entry.depends.push_back(depend.substr(0, depend.find_first_of("<>=: ")));
  }
  std::sort(entry.depends.begin(), entry.depends.end());
  entry.depends.erase(std::unique(entry.depends.begin(), entry.depends.end()), entry.depends.end());
  entry.depends.shrink_to_fit();
  return entry;
}

Snapshot::Snapshot(CommitId commit, Time committed,
                   std::vector<std::shared_ptr<const Entry>> workers, std::vector<Broken> broken,
                   std::vector<Finding> findings, std::shared_ptr<WorkerStore> store)
    : commit_(std::move(commit)),
      committed_(committed),
      workers_(std::move(workers)),
      broken_(std::move(broken)),
      findings_(std::move(findings)),
      store_(std::move(store)) {
  std::sort(broken_.begin(), broken_.end(),
            [](const Broken& a, const Broken& b) { return a.directory < b.directory; });
}

std::shared_ptr<const Entry> Snapshot::find(std::string_view id) const {
  const auto found =
      std::lower_bound(workers_.begin(), workers_.end(), id,
                       [](const auto& worker, std::string_view i) { return worker->id.str() < i; });
  return found == workers_.end() || (*found)->id.str() != id ? nullptr : *found;
}

Result<std::shared_ptr<const Worker>> Snapshot::load(const Entry& entry) const {
  if (store_ == nullptr)
    return fail(Errc::io, "worker-unreadable", "this catalog has no repository behind it");
  return store_->load(entry);
}

std::shared_ptr<const Snapshot> Snapshot::without(std::vector<Broken> taken) const {
  std::unordered_set<std::string> directories;
  for (const Broken& each : taken) directories.insert(each.directory);
  std::vector<std::shared_ptr<const Entry>> workers;
  workers.reserve(workers_.size());
  for (const auto& worker : workers_)
    if (!directories.contains(worker->directory())) workers.push_back(worker);
  taken.insert(taken.end(), broken_.begin(), broken_.end());
  return std::make_shared<const Snapshot>(commit_, committed_, std::move(workers), std::move(taken),
                                          findings_, store_);
}

}  // namespace rbee::catalog
