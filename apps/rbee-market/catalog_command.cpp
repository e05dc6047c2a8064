#include "catalog_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <set>

#include "base/result.hpp"
#include "base/text.hpp"
#include "catalog/builder.hpp"
#include "host_commands.hpp"
#include "named_catalog.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;

Result<std::shared_ptr<const catalog::Snapshot>> load(const CatalogOptions& options) {
  TRY_ASSIGN(const NamedCatalog named, NamedCatalog::open(options.path, options.revision));
  TRY_ASSIGN(const CommitId commit, named.repository->resolve(named.revision));
  return catalog::build_snapshot(*named.repository, commit);
}

std::vector<std::string> accelerators(const catalog::Entry& worker) {
  std::vector<std::string> words;
  for (const Accelerator accelerator : kAccelerators)
    if (worker.platforms.intersects(PlatformSet::of(accelerator)))
      words.emplace_back(to_string(accelerator));
  return words;
}

}  // namespace

int run_catalog_list(const CatalogOptions& options, std::FILE* out) {
  const auto snapshot = load(options);
  if (!snapshot) return report_error(snapshot.error(), options.json);
  if (options.json) {
    json::array workers;
    for (const auto& worker : (*snapshot)->workers()) {
      json::array words;
      for (const std::string& word : accelerators(*worker)) words.emplace_back(word);
      workers.push_back({{"id", worker->id.str()},
                         {"version", worker->version},
                         {"origin", std::string(to_string(worker->origin))},
                         {"accelerators", std::move(words)},
                         {"description", worker->description}});
    }
    fmt::print(out, "{}", json::serialize(json::object{{"workers", std::move(workers)}}) + "\n");
    return 0;
  }
  for (const auto& worker : (*snapshot)->workers())
    fmt::print(
        out, "{}",
        fmt::format("{:<28} {:<12} {:<10} {:<12} {}\n", worker->id.str(),
                    printable_line(worker->version), to_string(worker->origin),
                    fmt::join(accelerators(*worker), ","), printable_line(worker->description)));
  return 0;
}

}  // namespace rbee::market
