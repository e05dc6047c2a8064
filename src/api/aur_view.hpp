// The catalog as the AUR would list it: every package by name, searched as its RPC searches.
//
// Immutable, one for each snapshot. Workers are spread over buckets by their id; a publication
// renders only the buckets in which a worker changed and shares the others, so that its cost
// follows the size of the change. Which names a worker may use: docs/aur.md, "Names".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "api/aur_records.hpp"
#include "catalog/arch_package.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// One recipe of a worker, under its pkgbase.
struct AurBase {
  std::string name;
  std::vector<std::string> packages;
  std::shared_ptr<const catalog::Worker> worker;
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  /// As evaluated; views into `worker`.
  catalog::ArchPackage package() const;
};

/// One package. Views live as long as the `AurView` that gave it.
struct AurRow {
  std::string_view name, head, tail;
  const AurBase* base = nullptr;
  std::uint32_t text_end = 0, relations_end = 0;  ///< In its bucket's texts, which follow the rows.
};

/// A recipe that is in the catalog and not listed, and why.
struct AurUnlisted {
  std::string worker, base, reason;
};

class AurView {
 public:
  /// `previous`: the one that is replaced, or nullptr.
  AurView(std::shared_ptr<const catalog::Snapshot> snapshot, const AurView* previous);

  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  std::size_t package_count() const { return count_; }
  /// The package of exactly this name.
  const AurRow* find(std::string_view name) const;
  /// By pkgbase; else by the package's name; else the first recipe of the worker with that id.
  const AurBase* find_base(std::string_view name) const;

  enum class In { name, name_and_description };
  /// Packages that hold `needle` (lower case), by name; at most `limit`.
  std::vector<const AurRow*> containing(std::string_view needle, In where, std::size_t limit) const;
  /// Packages with this relation to `name` (lower case), by name; at most `limit`.
  std::vector<const AurRow*> related(AurRelation relation, std::string_view name,
                                     std::size_t limit) const;
  /// Packages that `wants` takes, by name; at most `limit`.
  std::vector<const AurRow*> where(const std::function<bool(const AurRow&)>& wants,
                                   std::size_t limit) const;
  /// Names that start with `prefix`, sorted, at most `limit`.
  std::vector<std::string_view> names_with(std::string_view prefix, std::size_t limit) const;
  std::vector<std::string_view> bases_with(std::string_view prefix, std::size_t limit) const;
  /// Every package of the worker with that id.
  std::vector<const AurRow*> of_worker(std::string_view id) const;
  /// Every package and every pkgbase, sorted. Sorts 100,000 names: not for every request.
  std::vector<const AurRow*> all() const;
  std::vector<const AurBase*> all_bases() const;
  /// Recipes whose names are taken, reserved or not ones that the AUR knows.
  const std::vector<AurUnlisted>& unlisted() const { return unlisted_; }

 private:
  struct Bucket {
    explicit Bucket(std::vector<std::shared_ptr<const catalog::Worker>> sorted);
    std::vector<std::shared_ptr<const catalog::Worker>> workers;  ///< Sorted by id.
    std::vector<AurBase> bases;  ///< Sorted by name; never moved again.
    std::vector<AurRow> rows;    ///< Sorted by name.
    std::string json;            ///< Names, heads and tails of the rows.
    std::string texts, relations;
    std::vector<AurUnlisted> unlisted;
    std::vector<std::string_view> bin_ids;  ///< Of workers whose id ends with "-bin".
  };
  static constexpr std::size_t kBuckets = 512;

  static std::size_t bucket_of(std::string_view id);
  bool is_listed(const AurBase& base) const { return hidden_.empty() || !hidden_.contains(&base); }
  const AurRow* row_of(std::string_view id, std::string_view name) const;
  const AurBase* base_of(std::string_view id, std::string_view name) const;
  void settle_names();

  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_;
  std::unordered_set<const AurBase*> hidden_;
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
