// The catalog at one commit, fully evaluated: what every reader of the marketplace sees.
//
// Immutable and shared; made from a Git tree (builder.hpp), never edited. A worker that is broken
// stays in it with its findings and is not offered; it never breaks the others.
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

/// A folder that should be a worker and is not.
struct Broken {
  std::string directory;
  std::vector<Finding> findings;  ///< At least one blocks.
  ObjectId tree;                  ///< Of the folder.
};

class Snapshot {
 public:
  Snapshot(CommitId commit, Time committed, std::vector<std::shared_ptr<const Worker>> workers,
           std::vector<Broken> broken, std::vector<Finding> findings = {});
  const CommitId& commit() const { return commit_; }
  Time committed() const { return committed_; }
  /// Sorted by id.
  const std::vector<std::shared_ptr<const Worker>>& workers() const { return workers_; }
  const std::vector<Broken>& broken() const { return broken_; }
  /// About no one worker: folders that are none. Information only.
  const std::vector<Finding>& findings() const { return findings_; }
  std::shared_ptr<const Worker> find(std::string_view id) const;  ///< nullptr when there is none.

 private:
  CommitId commit_;
  Time committed_;
  std::vector<std::shared_ptr<const Worker>> workers_;
  std::vector<Broken> broken_;
  std::vector<Finding> findings_;
};

}  // namespace rbee::catalog
