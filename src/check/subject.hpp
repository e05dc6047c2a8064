// What is checked: one worker as it would be, as it was, and who wants the change.
//
// A value; nothing here reads a disk or a clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/platform.hpp"
#include "manifest/manifest.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::check {

/// A file of the worker's folder.
struct SubjectFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  bool executable = false;
  std::string bytes;  ///< All of them; at most 256,000.
};

struct SubjectVariant {
  Platform platform;
  std::shared_ptr<const pkgbuild::Recipe> recipe;
};

struct SubjectRecipe {
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  std::string text;
  bool generated = false;  ///< From worker.toml: it is ours, its values are the author's.
  std::vector<SubjectVariant> variants;  ///< Empty when it could not be evaluated.
};

/// A worker at one moment.
struct Release {
  std::string version;  ///< Empty when nothing could be evaluated.
  std::optional<manifest::Manifest> manifest;
  std::string manifest_text;
  std::vector<SubjectRecipe> recipes;
  std::vector<SubjectFile> files;  ///< Sorted by path.

  const SubjectRecipe* recipe(manifest::RecipeKind kind) const;
  const SubjectFile* file(std::string_view path) const;
};

/// Who wants it, as the server knows. An author's own machine does not.
struct Owner {
  std::string account;
  int account_age_days = 0;
  bool is_maintainer = false;  ///< Owner or co-maintainer of the worker now.
  bool is_orphan = false;      ///< Somebody owned it; nobody does now.
  bool is_unowned = false;     ///< It exists and never had an owner: the host's.
  bool is_admin = false;       ///< May change what has no owner.
  bool owner_changed = false;  ///< Since its last merged release.
  int adoption_requests_lately = 0;
  /// Of the commits: an author's or committer's address that belongs to another account, and whose.
  std::vector<std::pair<std::string, std::string>> foreign_emails;
};

/// What names there are. Views must outlive the check.
struct Names {
  std::vector<std::string_view> existing;       ///< Of other workers, any order.
  std::vector<std::string_view> burnt;          ///< Deleted or quarantined.
  std::map<std::string, std::string> prefixes;  ///< "acme-" to the account that owns it.
};

struct Subject {
  std::string name;       ///< The folder's.
  std::string directory;  ///< "community/tts-worker".
  bool is_official = false;
  Release now;
  std::optional<Release> before;  ///< The release that is served now.
  std::vector<Finding> loading;   ///< What loading it found: files, worker.toml, evaluation.
  std::optional<Owner> owner;     ///< Nothing: not known, those rules are silent.
  std::optional<Names> names;     ///< Nothing: only well-known names are compared with.
};

}  // namespace rbee::check
