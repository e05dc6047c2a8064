// The AUR's records of one worker: what /rpc tells of each of its packages.
//
// Pure. What follows from the recipe alone is written as JSON once; what people change every day
// (votes, maintainer, flags) is put between the pieces for each answer. Source: aurweb's rpc.py and
// goaurrpc, as docs/aur.md describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/aur_people.hpp"
#include "api/numbers.hpp"
#include "catalog/arch_package.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// One package, rendered.
struct AurRecord {
  std::string name, base;
  std::string head;  ///< `{"ID":…` to the value of "URL".
  std::string tail;  ///< `"License":[…],"Keywords":[…]` and the arrays that are not empty.
  std::string text;  ///< Lower case: name, kFieldEnd, description.
  /// Lower case: kRelationEnd, then for each relation its letter, its name and kRelationEnd.
  std::string relations;
};
inline constexpr char kFieldEnd = '\x1f';
inline constexpr char kRelationEnd = '\n';

/// Letters of `AurRecord::relations`.
enum class AurRelation : char {
  depends = 'D',
  make_depends = 'M',
  opt_depends = 'O',
  check_depends = 'C',
  provides = 'P',
  conflicts = 'X',
  replaces = 'R',
  groups = 'G',
  keywords = 'K',
};

/// All packages of one recipe: one, or as many as a split recipe has.
std::vector<AurRecord> aur_records(const catalog::Worker& worker,
                                   const catalog::ArchPackage& package);

/// 1 to 2^31-1, the same on every server and after every restart: the first 31 bits of the SHA-256
/// of `text`. Two names of 100,000 may share one; no client uses it as a key.
std::int32_t aur_id(std::string_view text);

enum class AurShape {
  search,
  info,
  meta,      ///< As `search`, with Submitter, in the archives: "URLPath" has the package's name.
  meta_ext,  ///< As `info`, likewise.
};

/// The parts of a record that change without its recipe.
struct AurLively {
  Numbers numbers;
  const AurPerson* person = nullptr;
  std::int64_t first_submitted = 0, last_modified = 0;  ///< Seconds since 1970.
};

/// Append the JSON object. The pieces are those of an `AurRecord`.
void append_record(std::string& out, std::string_view name, std::string_view base,
                   std::string_view head, std::string_view tail, const AurLively& lively,
                   AurShape shape);

/// Append `text` as a JSON string.
void append_json_string(std::string& out, std::string_view text);

/// ASCII letters in lower case; everything else stays.
std::string ascii_lower(std::string_view text);

}  // namespace rbee::api
