// The catalog as the AUR would list it: every package by name, searched as its RPC searches.
//
// Immutable, one for each snapshot. Workers are spread over buckets by their id; a publication
// makes only the buckets anew in which a worker changed and shares the others, so that its cost
// follows the size of the change. Which names a worker may use: docs/aur.md, "Names".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "api/aur_records.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// One package: a worker's recipe. Views live as long as the `AurView` that gave it.
struct AurRow {
  std::string_view name, text, details, relations;  ///< As in `AurPackage`.
  const catalog::Entry* worker = nullptr;
  std::int32_t id = 0, base_id = 0;
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  bool base_is_bin = false;  ///< The pkgbase is id-bin; else id.

  /// The pkgbase: what its repository is called.
  std::string base() const;
};

/// A recipe that is in the catalog and not listed, and why.
struct AurUnlisted {
  std::string worker, base, reason;
};

class AurView {
 public:
  /// `previous`: the one that is replaced, or nullptr. A worker that is new and not in `intake` is
  /// read from the catalog (0.2 ms); one that cannot be read is unlisted.
  AurView(std::shared_ptr<const catalog::Snapshot> snapshot, const AurView* previous,
          const AurIntake& intake);

  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  std::size_t package_count() const { return count_; }
  /// The package of exactly this name.
  const AurRow* find(std::string_view name) const;
  /// By pkgbase; else by name; else the first recipe of the worker with that id.
  const AurRow* find_base(std::string_view name) const;

  enum class In { name, name_and_description };
  /// Packages that hold `needle` (lower case), by name; at most `limit`.
  std::vector<const AurRow*> containing(std::string_view needle, In where, std::size_t limit) const;
  /// Packages with this relation to `name`, by name; at most `limit`.
  std::vector<const AurRow*> related(AurRelation relation, std::string_view name,
                                     std::size_t limit) const;
  /// Packages that `wants` takes, by name; at most `limit`.
  std::vector<const AurRow*> where(const std::function<bool(const AurRow&)>& wants,
                                   std::size_t limit) const;
  /// Names that start with `prefix`, sorted, at most `limit`.
  std::vector<std::string> names_with(std::string_view prefix, std::size_t limit) const;
  std::vector<std::string> bases_with(std::string_view prefix, std::size_t limit) const;
  /// Every package of the worker with that id.
  std::vector<const AurRow*> of_worker(std::string_view id) const;
  /// Every package, sorted by name. Sorts 100,000 names: not for every request.
  std::vector<const AurRow*> all() const;
  /// Recipes that are not listed.
  const std::vector<AurUnlisted>& unlisted() const { return unlisted_; }

 private:
  using EntryPtr = std::shared_ptr<const catalog::Entry>;
  struct Bucket {
    std::vector<EntryPtr> workers;          ///< Sorted by id.
    std::vector<AurRow> rows;               ///< Sorted by name.
    std::string texts, details, relations;  ///< Of the rows, in their order.
    std::vector<AurUnlisted> unlisted;
    std::vector<std::string_view> bin_ids;  ///< Of workers whose id ends with "-bin".
  };
  static constexpr std::size_t kBuckets = 512;

  static std::size_t bucket_of(std::string_view id);
  std::shared_ptr<const Bucket> make_bucket(const Bucket* old, const std::vector<EntryPtr>& added,
                                            const std::vector<EntryPtr>& removed,
                                            const AurIntake& intake) const;
  bool is_listed(const AurRow& row) const { return hidden_.empty() || !hidden_.contains(&row); }
  const AurRow* row_of(std::string_view id, std::string_view name) const;
  const AurRow* base_of(std::string_view id, std::string_view base) const;
  void settle_names();

  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_;
  std::unordered_set<const AurRow*> hidden_;
  std::vector<AurUnlisted> unlisted_;
  std::size_t count_ = 0;
};

/// The current view. Readers keep the one they hold.
class AurCurrent {
 public:
  std::shared_ptr<const AurView> get() const {
    const std::lock_guard lock(mutex_);
    return view_;
  }
  void set(std::shared_ptr<const AurView> next) {
    const std::lock_guard lock(mutex_);
    view_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const AurView> view_;
};

/// ^[a-z0-9][a-z0-9.+_-]{0,254}$: what the AUR accepts as the name of a package.
bool is_aur_name(std::string_view name);

}  // namespace rbee::api
