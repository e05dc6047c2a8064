// The trust delta: what changed between the release that a user has and the one that is offered.
//
// Pure. Short on purpose: a person reads it before anything of the new release runs. Source:
// docs/installing.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::check {

/// What a user relied on when a release was installed. Kept in the generation's manifest.
struct TrustFacts {
  std::string owner;  ///< The account that maintains it; empty: the marketplace's host does.
  std::string license;
  std::vector<std::string> hosts;                ///< Of the sources, sorted, each once.
  std::vector<std::string> dependencies;         ///< "name" and "make: name", sorted, each once.
  std::map<std::string, std::string> functions;  ///< Name to SHA-256 of its text.
  /// File name of a source to its checksums ("sha256sums …"); a local file's too.
  std::map<std::string, std::string> sources;
  std::vector<std::string> fetchers;  ///< Package managers that prepare() may run, sorted.
  friend bool operator==(const TrustFacts&, const TrustFacts&) = default;
};

/// `text` is what `recipe` was evaluated from.
TrustFacts trust_facts(const pkgbuild::Recipe& recipe, std::string_view text, Arch arch,
                       std::string owner, std::string license);

enum class TrustKind { owner, hosts, functions, sources, dependencies, license, fetch };
/// "owner", "hosts" …: what --accept takes.
std::string_view to_string(TrustKind kind);

struct TrustChange {
  TrustKind kind;
  /// Somebody who took a worker over would change it. What is not risky comes with most releases.
  bool risky = false;
  std::string text;  ///< "sources come from evil.example, too". Printable.
};

/// What a first installation has to be asked about: a network for prepare(). A later one, when that
/// is new.
std::vector<TrustChange> new_fetchers(const TrustFacts& before, const TrustFacts& now);

/// Risky ones first. `same_version`: then other checksums are risky.
std::vector<TrustChange> trust_delta(const TrustFacts& before, const TrustFacts& now,
                                     bool same_version);

}  // namespace rbee::check
