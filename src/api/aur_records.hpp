// The AUR's records: what /rpc tells of a package, packed small, and as JSON.
//
// Pure. Of 100,000 workers every byte is kept in memory, so a package is three short texts; the
// JSON is written for each answer, about 2 us. Source: aurweb's rpc.py and goaurrpc, as docs/aur.md
// describes.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/aur_people.hpp"
#include "api/numbers.hpp"
#include "catalog/arch_package.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

inline constexpr char kFieldEnd = '\x1f';
inline constexpr char kLineEnd = '\n';

/// A recipe's package, packed.
struct AurPackage {
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  std::string name, base;
  /// Lower case, for searches: name, kFieldEnd, description, kLineEnd.
  std::string text;
  /// Version, kFieldEnd, URL, kFieldEnd, description.
  std::string details;
  /// kLineEnd, then a line for each relation: its letter and its value ("Dcurl>=7").
  std::string relations;
  std::string unlisted;  ///< Why it is not shown; empty: it is.
};

/// Letters of `AurPackage::relations`, in the order of the lines.
enum class AurRelation : char {
  license = 'L',
  keywords = 'K',
  depends = 'D',
  make_depends = 'M',
  opt_depends = 'O',
  check_depends = 'C',
  provides = 'P',
  conflicts = 'X',
  replaces = 'R',
  groups = 'G',
};

/// Source first, at most two.
std::vector<AurPackage> pack_packages(const catalog::Worker& worker);

/// Packages that were packed while the catalog was evaluated, until a view takes them over: reading
/// 100,000 workers again would take 20 s. Thread-safe.
class AurIntake {
 public:
  /// For catalog::BuildOptions::extract.
  void take(const catalog::Worker& worker);
  /// Of the worker whose folder is `tree`; nothing when it was not taken.
  const std::vector<AurPackage>* find(const ObjectId& tree) const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::map<ObjectId, std::vector<AurPackage>> packages_;  ///< Guarded; nodes stay until `clear`.
};

/// 1 to 2^31-1, the same on every server and after every restart: the first 31 bits of the SHA-256
/// of `text`. Two names of 100,000 may share one; no client uses it as a key.
std::int32_t aur_id(std::string_view text);

enum class AurShape {
  search,
  info,
  meta,      ///< As `search`, with Submitter, in the archives: "URLPath" has the package's name.
  meta_ext,  ///< As `info`, likewise.
};

/// Everything of one record.
struct AurFields {
  std::int32_t id = 0, base_id = 0;
  std::string_view name, base, details, relations;
  Numbers numbers;
  const AurPerson* person = nullptr;                    ///< nullptr: nobody.
  std::int64_t first_submitted = 0, last_modified = 0;  ///< Seconds since 1970.
};

/// Append the JSON object.
void append_record(std::string& out, const AurFields& fields, AurShape shape);

/// Append `text` as a JSON string.
void append_json_string(std::string& out, std::string_view text);

/// ASCII letters in lower case; everything else stays.
std::string ascii_lower(std::string_view text);

}  // namespace rbee::api
