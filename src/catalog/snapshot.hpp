// The catalog at one commit, fully evaluated: what every reader of the marketplace sees.
//
// Immutable and shared; made from a Git tree (builder.hpp), never edited. Every worker was
// evaluated; what lists and searches need of it is kept (`Entry`), the rest is read again when
// somebody asks (worker_store.hpp), so that 100,000 workers fit into memory. A worker that is
// broken stays in it with its findings and is not offered; it never breaks the others.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/finding.hpp"
#include "base/ids.hpp"
#include "base/platform.hpp"
#include "manifest/manifest.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::catalog {

/// From the path: <worker>/ or community/<worker>/. Never from the manifest.
enum class Origin { official, community };
std::string_view to_string(Origin origin);

/// A file of the worker's folder, subfolders included.
struct File {
  std::string path;  ///< Relative to the worker's folder, '/' between names.
  ObjectId blob;
  std::uint64_t size_bytes = 0;
  bool executable = false;
};

/// One recipe's text, committed or generated from the manifest.
struct RecipeText {
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  std::string text;
  bool generated = false;
};

/// What one recipe yields on one platform.
struct Variant {
  Platform platform;
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  std::vector<std::string> features;
  std::vector<std::string>
      depends;  ///< The manifest's for this variant; else the recipe's for this platform.
  std::shared_ptr<const pkgbuild::Recipe> recipe;
};

/// All there is to know of one worker.
struct Worker {
  WorkerId id;
  Origin origin = Origin::community;
  std::string directory;  ///< "tts-worker" or "community/tts-worker".
  ObjectId tree;          ///< Of the folder: equal trees are equal workers.
  CommitId last_commit;   ///< That changed the folder.
  Time created{}, updated{};
  std::string author;  ///< Name of the author of the first commit of the folder.
  manifest::Manifest manifest;
  std::string manifest_text;
  std::string readme;               ///< Markdown; empty when there is none.
  std::vector<File> files;          ///< Sorted by path.
  std::vector<RecipeText> recipes;  ///< Source first.
  std::vector<Variant> variants;    ///< Sorted by platform, then kind.
  std::string version;              ///< The release: "[epoch:]pkgver-pkgrel".
  std::vector<Finding> findings;    ///< Warnings and information; nothing that blocks.

  const RecipeText* recipe(manifest::RecipeKind kind) const;
  const File* file(std::string_view path) const;
};

/// What lists, searches and rankings need of one worker.
struct Entry {
  WorkerId id;
  Origin origin = Origin::community;
  ObjectId tree;         ///< Of the folder: equal trees are equal workers.
  CommitId last_commit;  ///< That changed the folder.
  Time created{}, updated{};
  std::string author;  ///< Name of the author of the first commit of the folder.
  std::string version;
  std::string name;  ///< The manifest's; the id where that has none.
  std::string description, license, homepage;
  manifest::Implementation implementation = manifest::Implementation::other;
  std::vector<std::string> tags, tasks, formats;  ///< The manifest's, as written.
  /// Names that some variant depends on, without versions; sorted, each once.
  std::vector<std::string> depends;
  PlatformSet platforms;                        ///< Of all variants.
  bool has_source = false, has_binary = false;  ///< Recipes.
  bool is_premium = false;
  /// What the snapshot's reader wanted kept of the whole worker (`BuildOptions::extract`).
  std::shared_ptr<const void> extract;

  /// "tts-worker" or "community/tts-worker".
  std::string directory() const;
};

/// The entry of `worker`, `extract` left out.
Entry entry_of(const Worker& worker);

/// A folder that should be a worker and is not.
struct Broken {
  std::string directory;
  std::vector<Finding> findings;  ///< At least one blocks.
  ObjectId tree;                  ///< Of the folder.
};

class WorkerStore;  // worker_store.hpp

class Snapshot {
 public:
  /// `workers` are sorted by id. `store` gives whole ones; nullptr: `load` fails.
  Snapshot(CommitId commit, Time committed, std::vector<std::shared_ptr<const Entry>> workers,
           std::vector<Broken> broken, std::vector<Finding> findings,
           std::shared_ptr<WorkerStore> store);
  const CommitId& commit() const { return commit_; }
  Time committed() const { return committed_; }
  /// Sorted by id.
  const std::vector<std::shared_ptr<const Entry>>& workers() const { return workers_; }
  const std::vector<Broken>& broken() const { return broken_; }
  /// About no one worker: folders that are none. Information only.
  const std::vector<Finding>& findings() const { return findings_; }
  std::shared_ptr<const Entry> find(std::string_view id) const;  ///< nullptr when there is none.
  /// The whole worker. Errors: as platform::Repository::blob; the repository is damaged then.
  Result<std::shared_ptr<const Worker>> load(const Entry& entry) const;
  const std::shared_ptr<WorkerStore>& store() const { return store_; }
  /// The same catalog without some workers, which become broken ones.
  std::shared_ptr<const Snapshot> without(std::vector<Broken> taken) const;

 private:
  CommitId commit_;
  Time committed_;
  std::vector<std::shared_ptr<const Entry>> workers_;
  std::vector<Broken> broken_;
  std::vector<Finding> findings_;
  std::shared_ptr<WorkerStore> store_;
};

}  // namespace rbee::catalog
