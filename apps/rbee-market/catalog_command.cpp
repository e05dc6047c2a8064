#include "catalog_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <set>
#include <system_error>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "catalog/builder.hpp"
#include "catalog/findings.hpp"
#include "check/sources.hpp"
#include "platform/git.hpp"

namespace rbee::market {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// A folder of our own under the temporary directory, gone when this object is.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> make() {
    std::error_code code;
    std::string pattern = (fs::temp_directory_path(code) / "rbee-catalog.XXXXXX").string();
    if (code || ::mkdtemp(pattern.data()) == nullptr)
      return fail(Errc::io, "no-temporary-folder", "no temporary folder can be made");
    return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(pattern));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

bool is_bare_repository(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "HEAD", code) && fs::is_directory(path / "objects", code);
}

/// The folder as it is now, committed to a throw-away repository below `temporary`.
Result<fs::path> repository_of_folder(const fs::path& folder, const fs::path& temporary) {
  const fs::path repository = temporary / "catalog.git";
  const platform::CommitAuthor author{"rbee", "rbee@localhost", SystemClock().now()};
  std::error_code code;
  fs::path root = folder;
  if (fs::exists(folder / "worker.toml", code) || fs::exists(folder / "PKGBUILD", code) ||
      fs::exists(folder / "PKGBUILD.bin", code)) {
    // One worker: a catalog that holds it alone, at the level it stands at.
    const bool community = folder.parent_path().filename() == "community";
    root = temporary / "catalog";
    const fs::path place = (community ? root / "community" : root) / folder.filename();
    fs::create_directories(place.parent_path(), code);
    if (!code)
      fs::copy(folder, place, fs::copy_options::recursive | fs::copy_options::copy_symlinks, code);
    if (code)
      return fail(Errc::io, "directory-unreadable",
                  fmt::format("'{}' cannot be read", folder.string()),
                  {.evidence = {code.message()}});
  }
  TRY(platform::create_repository_from_directory(root, repository, author, "The folder as it is"));
  return repository;
}

Result<std::shared_ptr<const catalog::Snapshot>> load(const CatalogOptions& options) {
  std::error_code code;
  const fs::path path = fs::weakly_canonical(options.path, code);
  if (code || !fs::is_directory(path, code))
    return fail(Errc::not_found, "directory-not-found",
                fmt::format("'{}' is not a folder", options.path.string()),
                {.fix = "name a catalog's folder, a worker's folder or a bare Git repository"});
  TRY_ASSIGN(const auto temporary, TemporaryFolder::make());
  fs::path repository_path = path;
  std::string revision = options.revision;
  if (!is_bare_repository(path)) {
    TRY_ASSIGN(repository_path, repository_of_folder(path, temporary->path()));
    revision = "HEAD";
  }
  TRY_ASSIGN(const auto repository, platform::Repository::open(repository_path));
  TRY_ASSIGN(const CommitId commit, repository->resolve(revision));
  return catalog::build_snapshot(*repository, commit);
}

/// The snapshot's findings, and those of the rules that an installer applies before it downloads.
std::vector<Finding> findings_of(const catalog::Worker& worker) {
  std::vector<Finding> findings = worker.findings;
  for (const catalog::Variant& variant : worker.variants) {
    const catalog::RecipeText* recipe = worker.recipe(variant.kind);
    for (Finding& finding : check::check_sources(*variant.recipe, variant.platform.arch,
                                                 recipe->text, manifest::file_name(variant.kind)))
      catalog::add_once(findings, std::move(finding));
  }
  return findings;
}

json::array to_json(const std::vector<Finding>& findings) {
  json::array array;
  for (const Finding& finding : findings)
    array.push_back({{"rule", finding.rule},
                     {"severity", std::string(to_string(finding.severity))},
                     {"file", finding.file},
                     {"line", finding.position.line},
                     {"column", finding.position.column},
                     {"message", finding.message},
                     {"why", finding.why},
                     {"fix", finding.fix}});
  return array;
}

void print(std::FILE* out, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out);
}

void print_findings(std::FILE* out, const std::string& directory,
                    const std::vector<Finding>& findings) {
  for (Finding finding : findings) {
    // A finding names the file inside the worker's folder; a reader of a catalog wants the whole
    // path.
    finding.file = finding.file.empty() ? directory : directory + "/" + finding.file;
    print(out, describe(finding) + "\n\n");
  }
}

/// How many findings of each severity there are.
struct Counts {
  std::size_t block = 0, hold = 0, warn = 0;

  void add(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.severity == Severity::block) ++block;
      if (finding.severity == Severity::hold) ++hold;
      if (finding.severity == Severity::warn) ++warn;
    }
  }
};

std::vector<std::string> accelerators(const catalog::Worker& worker) {
  std::set<Accelerator> present;
  for (const catalog::Variant& variant : worker.variants)
    present.insert(variant.platform.accelerator);
  std::vector<std::string> words;
  for (const Accelerator accelerator : present) words.emplace_back(to_string(accelerator));
  return words;
}

int report(const Error& error, const CatalogOptions& options, std::FILE* out) {
  const int code = exit_code(error.code);
  if (!options.json) {
    print(stderr, "rbee-market: " + describe(error) + "\n");
    return code;
  }
  const json::object answer{
      {"error",
       {{"id", error.id},
        {"message", error.message},
        {"evidence", json::array(error.evidence.begin(), error.evidence.end())},
        {"why", error.why},
        {"fix", error.fix},
        {"findings", to_json(error.findings)}}},
      {"exit_code", code}};
  print(out, json::serialize(answer) + "\n");
  return code;
}

}  // namespace

int run_catalog_check(const CatalogOptions& options, std::FILE* out) {
  const auto snapshot = load(options);
  if (!snapshot) return report(snapshot.error(), options, out);
  Counts counts;
  json::array workers, broken;
  for (const auto& worker : (*snapshot)->workers()) {
    const std::vector<Finding> findings = findings_of(*worker);
    counts.add(findings);
    if (options.json)
      workers.push_back({{"id", worker->id.str()},
                         {"directory", worker->directory},
                         {"origin", std::string(to_string(worker->origin))},
                         {"version", worker->version},
                         {"findings", to_json(findings)}});
    else
      print_findings(out, worker->directory, findings);
  }
  for (const catalog::Broken& folder : (*snapshot)->broken()) {
    counts.add(folder.findings);
    if (options.json)
      broken.push_back({{"directory", printable_line(folder.directory)},
                        {"findings", to_json(folder.findings)}});
    else
      print_findings(out, folder.directory, folder.findings);
  }
  const std::size_t sound = (*snapshot)->workers().size(), unsound = (*snapshot)->broken().size();
  if (options.json) {
    const json::object answer{{"commit", (*snapshot)->commit().str()},
                              {"workers", std::move(workers)},
                              {"broken", std::move(broken)},
                              {"findings", to_json((*snapshot)->findings())},
                              {"blocking", counts.block}};
    print(out, json::serialize(answer) + "\n");
  } else {
    for (const Finding& finding : (*snapshot)->findings()) print(out, describe(finding) + "\n\n");
    print(out, fmt::format(
                   "{} worker{} evaluated, {} broken; findings: {} block, {} hold, {} warn\n",
                   sound, sound == 1 ? "" : "s", unsound, counts.block, counts.hold, counts.warn));
  }
  return counts.block == 0 ? 0 : 1;
}

int run_catalog_list(const CatalogOptions& options, std::FILE* out) {
  const auto snapshot = load(options);
  if (!snapshot) return report(snapshot.error(), options, out);
  if (options.json) {
    json::array workers;
    for (const auto& worker : (*snapshot)->workers()) {
      json::array words;
      for (const std::string& word : accelerators(*worker)) words.emplace_back(word);
      workers.push_back({{"id", worker->id.str()},
                         {"version", worker->version},
                         {"origin", std::string(to_string(worker->origin))},
                         {"accelerators", std::move(words)},
                         {"description", worker->manifest.description}});
    }
    print(out, json::serialize(json::object{{"workers", std::move(workers)}}) + "\n");
    return 0;
  }
  for (const auto& worker : (*snapshot)->workers())
    print(out, fmt::format("{:<28} {:<12} {:<10} {:<12} {}\n", worker->id.str(),
                           printable_line(worker->version), to_string(worker->origin),
                           fmt::join(accelerators(*worker), ","),
                           printable_line(worker->manifest.description)));
  return 0;
}

}  // namespace rbee::market
