// Lock files: exactly these releases, wherever they are installed.
//
// An entry holds what the marketplace said of a worker and the texts that were read: recipe and
// files. Installing from it asks no marketplace unless another recipe of the worker is wanted, and
// yields the same bytes or nothing. `rbee worker install --dry-run --json` writes one for a plan,
// `rbee worker export` one for all. Reads the store where it says so; pure else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "install/installer.hpp"

namespace rbee::install {

struct LockEntry {
  wire::WorkerDetail detail;
  std::string catalog;
  std::string platform;                            ///< Of the variant that was chosen.
  std::string recipe_file;                         ///< "PKGBUILD" or "PKGBUILD.bin".
  std::map<std::string, std::string> recipes;      ///< Texts by file name; at least `recipe_file`.
  std::map<std::string, std::string> local_files;  ///< Bytes by path.
  std::vector<std::string> executable_files;
  std::optional<wire::Trust> trust;
  bool pinned = false;
};

/// What `plan` would install, as an entry. Sizes of fetched sources are added where `sizes` has
/// them.
LockEntry lock_entry(const Plan& plan, const std::map<std::string, std::uint64_t>& sizes);

/// The text of a lock file: JSON, one entry for each worker, sorted by id.
std::string lock_text(const std::vector<LockEntry>& entries);
/// One entry alone, as trees of the store keep it.
std::string lock_entry_text(const LockEntry& entry);

/// Errors: Errc::invalid_input "lock-invalid" with what is wrong and where.
Result<std::vector<LockEntry>> parse_lock(std::string_view text);
Result<LockEntry> parse_lock_entry(std::string_view text);

/// What the store's trees say of a worker, the installed release first: at most one entry. For
/// installing again without a network. Errors: Errc::not_found "offline-unknown" when there is
/// none.
Result<std::vector<LockEntry>> kept_locks(const std::string& id, const Directories& directories);

/// The entries of all installed workers. One without a record, from an older rbee, is left out and
/// named in `without`. Errors: `parse_lock_entry`'s, `list_installed`'s.
Result<std::vector<LockEntry>> installed_locks(const Directories& directories,
                                               std::vector<std::string>& without);

/// The entries as a source of workers. What no entry holds is asked of `fallback`, or is
/// Errc::not_found "lock-incomplete" when that is nullptr.
class LockSource final : public WorkerSource {
 public:
  LockSource(std::vector<LockEntry> entries, WorkerSource* fallback)
      : entries_(std::move(entries)), fallback_(fallback) {}
  const std::vector<LockEntry>& entries() const { return entries_; }

  std::string name() const override { return name_; }
  Result<wire::WorkerDetail> detail(const WorkerId& id) override;
  Result<std::string> recipe(const WorkerId& id, const wire::RecipeInfo& recipe) override;
  Result<std::string> file(const WorkerId& id, const wire::FileInfo& file) override;
  Result<std::optional<wire::Trust>> trust(const WorkerId& id) override;

 private:
  const LockEntry* find(const WorkerId& id) const;
  std::vector<LockEntry> entries_;
  WorkerSource* fallback_;
  std::string name_;  ///< Of the catalog that the last entry asked for came from.
};

}  // namespace rbee::install
