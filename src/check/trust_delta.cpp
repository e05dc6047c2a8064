#include "check/trust_delta.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "check/locked_fetch.hpp"
#include "check/source_urls.hpp"

namespace rbee::check {

namespace {

constexpr std::size_t kNamed = 5;

/// What is in `now` and not in `before`.
std::vector<std::string> added(const std::vector<std::string>& before,
                               const std::vector<std::string>& now) {
  std::vector<std::string> out;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(out));
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names)
    if (shown.size() < kNamed) shown.push_back(printable_line(name));
  std::string out = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > kNamed) out += fmt::format(" and {} more", names.size() - kNamed);
  return out;
}

std::string somebody(const std::string& owner) {
  return owner.empty() ? std::string("the marketplace's host") : printable_line(owner);
}

/// Names of functions and sources, by what happened to them.
struct Differences {
  std::vector<std::string> fresh, changed, gone;
};
Differences compare(const std::map<std::string, std::string>& before,
                    const std::map<std::string, std::string>& now) {
  Differences out;
  for (const auto& [name, value] : now) {
    const auto old = before.find(name);
    if (old == before.end())
      out.fresh.push_back(name);
    else if (old->second != value)
      out.changed.push_back(name);
  }
  for (const auto& [name, value] : before)
    if (!now.contains(name)) out.gone.push_back(name);
  return out;
}

}  // namespace

TrustFacts trust_facts(const pkgbuild::Recipe& recipe, std::string_view text, Arch arch,
                       std::string owner, std::string license) {
  TrustFacts facts;
  facts.owner = std::move(owner);
  facts.license = std::move(license);
  std::set<std::string> hosts, dependencies;
  const auto depend = [&](const pkgbuild::Fields& fields) {
    for (const auto& [name, field] : fields) {
      const bool make = name.starts_with("makedepends") || name.starts_with("checkdepends");
      if (!make && name != "depends" && !name.starts_with("depends_")) continue;
      for (const std::string& value : field.values)
        if (!value.empty())
          dependencies.insert((make ? "make: " : "") +
                              value.substr(0, value.find_first_of("<>=:")));
    }
  };
  depend(recipe.fields);
  for (const pkgbuild::Package& package : recipe.packages) depend(package.overrides);
  for (const pkgbuild::Function& function : recipe.functions)
    facts.functions[function.name] =
        Sha256::of(text.substr(function.span.begin, function.span.end - function.span.begin)).hex();
  for (const pkgbuild::SourceEntry& source : recipe.sources(arch)) {
    if (source.protocol != "local") hosts.insert(host_of(source.url));
    std::string sums;
    for (const auto& [algorithm, digest] : source.checksums)
      sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", array_name(algorithm), digest);
    facts.sources[source.file_name] = sums;
  }
  hosts.erase("");
  facts.hosts.assign(hosts.begin(), hosts.end());
  facts.dependencies.assign(dependencies.begin(), dependencies.end());
  return facts;
}

std::string_view to_string(TrustKind kind) {
  switch (kind) {
    case TrustKind::owner:
      return "owner";
    case TrustKind::hosts:
      return "hosts";
    case TrustKind::functions:
      return "functions";
    case TrustKind::sources:
      return "sources";
    case TrustKind::dependencies:
      return "dependencies";
    case TrustKind::license:
      return "license";
    case TrustKind::fetch:
      return "fetch";
  }
  return "unknown";
}

std::vector<TrustChange> new_fetchers(const TrustFacts& before, const TrustFacts& now) {
  std::vector<TrustChange> out;
  for (const std::string& manager : added(before.fetchers, now.fetchers))
    out.push_back({TrustKind::fetch, true,
                   fmt::format("prepare() may fetch with {}, from {}", printable_line(manager),
                               listed(registry_hosts(manager)))});
  return out;
}

std::vector<TrustChange> trust_delta(const TrustFacts& before, const TrustFacts& now,
                                     bool same_version) {
  std::vector<TrustChange> out;
  const auto add = [&](TrustKind kind, bool risky, std::string text) {
    out.push_back({kind, risky, std::move(text)});
  };
  if (before.owner != now.owner)
    add(TrustKind::owner, true,
        fmt::format("it belonged to {} and belongs to {} now", somebody(before.owner),
                    somebody(now.owner)));
  if (const auto hosts = added(before.hosts, now.hosts); !hosts.empty())
    add(TrustKind::hosts, true, fmt::format("sources come from {}, which is new", listed(hosts)));
  const Differences functions = compare(before.functions, now.functions);
  if (!functions.fresh.empty())
    add(TrustKind::functions, true,
        fmt::format("the recipe has new functions: {}", listed(functions.fresh)));
  if (!functions.changed.empty())
    add(TrustKind::functions, true,
        fmt::format("the recipe's functions do something else: {}", listed(functions.changed)));
  for (TrustChange& change : new_fetchers(before, now)) out.push_back(std::move(change));
  const Differences sources = compare(before.sources, now.sources);
  if (!sources.changed.empty())
    add(TrustKind::sources, same_version,
        fmt::format(
            "{}: {}",
            same_version ? "other bytes under the same version" : "other bytes under the same name",
            listed(sources.changed)));
  if (before.license != now.license)
    add(TrustKind::license, true,
        fmt::format("the licence was '{}' and is '{}'", printable_line(before.license),
                    printable_line(now.license)));
  if (const auto dependencies = added(before.dependencies, now.dependencies); !dependencies.empty())
    add(TrustKind::dependencies, false, fmt::format("new dependencies: {}", listed(dependencies)));
  if (!functions.gone.empty())
    add(TrustKind::functions, false,
        fmt::format("functions that are gone: {}", listed(functions.gone)));
  if (const auto hosts = added(now.hosts, before.hosts); !hosts.empty())
    add(TrustKind::hosts, false, fmt::format("nothing comes from {} any more", listed(hosts)));
  std::stable_partition(out.begin(), out.end(),
                        [](const TrustChange& change) { return change.risky; });
  return out;
}

}  // namespace rbee::check
