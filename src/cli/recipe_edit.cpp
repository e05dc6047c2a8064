#include "cli/recipe_edit.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <set>

#include "base/line_diff.hpp"
#include "base/text.hpp"
#include "cli/json.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "install/source_digests.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace fs = std::filesystem;
using pkgbuild::ChecksumArray;
using pkgbuild::SourceArray;
using pkgbuild::SourceEntry;

namespace {

/// As for reading it (recipe_input.cpp).
constexpr std::size_t kRecipeBytesMax = 1 << 20;

ProgressObserver::Options progress_options(Context& context) {
  const auto start = std::chrono::steady_clock::now();
  const Environment& environment = context.world.environment;
  ProgressObserver::Options options;
  options.live = environment.err.is_terminal;
  options.silent = context.settings.quiet || context.settings.json;
  options.verbose = context.settings.verbosity > 0;
  options.columns = [&environment] { return terminal_columns(environment); };
  options.seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  options.interrupted = stop_wanted;
  return options;
}

fs::path folder_of(const RecipeInput& input) {
  if (!input.beside) return {};
  const fs::path folder = fs::path(input.name).parent_path();
  return folder.empty() ? "." : folder;
}

bool is_remote(const SourceEntry& source) {
  return source.protocol == "http" || source.protocol == "https" || source.protocol == "file";
}

/// Bytes of the same address are read once, however often the recipe names it.
std::string key_of(const SourceEntry& source) {
  return is_remote(source) ? source.url : source.protocol + ":" + source.file_name;
}

}  // namespace

Result<std::vector<ChecksumArray>> fresh_checksums(const std::vector<SourceArray>& sources,
                                                   const std::vector<HashAlgorithm>& algorithms,
                                                   const WantsDigest& wants,
                                                   const RecipeInput& input, Context& context) {
  const std::set<HashAlgorithm> all(algorithms.begin(), algorithms.end());
  std::map<std::string, std::map<HashAlgorithm, std::string>> known;
  const auto wanted = [&](const SourceArray& array, std::size_t i) {
    return !pkgbuild::is_skipped(array.entries[i]) && wants(array, i);
  };
  std::optional<install::SourcePlaces> places;
  {
    const PoliteStop until_done;
    ProgressObserver observer(context.world.err, progress_options(context));
    for (const SourceArray& array : sources) {
      for (std::size_t i = 0; i < array.entries.size(); ++i) {
        const SourceEntry& source = array.entries[i];
        if (!wanted(array, i) || known.contains(key_of(source))) continue;
        if (!places) {
          places.emplace();
          places->folder = folder_of(input);
        }
        if (is_remote(source) && places->cache.empty()) {
          TRY_ASSIGN(const install::Directories directories,
                     directories(context.world.environment));
          places->cache = directories.cache;
        }
        TRY_ASSIGN(auto digests,
                   install::digests_of_source(source, all, *places, context.world.http, observer));
        known.emplace(key_of(source), std::move(digests));
      }
    }
    observer.finish();
  }
  std::vector<ChecksumArray> out;
  for (const HashAlgorithm algorithm : algorithms) {
    for (const SourceArray& array : sources) {
      ChecksumArray sums{algorithm, array.suffix, {}};
      for (std::size_t i = 0; i < array.entries.size(); ++i) {
        const SourceEntry& source = array.entries[i];
        const auto old = source.checksums.find(algorithm);
        if (wanted(array, i))
          sums.values.push_back(known.at(key_of(source)).at(algorithm));
        else if (old != source.checksums.end() && !pkgbuild::is_skipped(source))
          sums.values.push_back(old->second);
        else
          sums.values.emplace_back("SKIP");
      }
      out.push_back(std::move(sums));
    }
  }
  return out;
}

Error edit_error(Error error, const std::string& file_name) {
  for (Finding& finding : error.findings) finding.file = file_name;
  return error;
}

Result<void> write_back(const std::string& file, std::string_view before, std::string_view after) {
  std::error_code unresolved;
  const fs::path path = fs::canonical(file, unresolved);
  if (unresolved) return tl::unexpected(platform::io_failure("find", file, unresolved.value()));
  TRY_ASSIGN(const std::string now, read_whole_file(path, kRecipeBytesMax));
  if (now != before)
    return fail(Errc::exists, "file-changed",
                fmt::format("'{}' was changed meanwhile", printable_line(file)),
                {.why = "somebody else edits it; nothing was written", .fix = "try again"});
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return tl::unexpected(platform::io_failure("read", path, errno));
  return platform::write_file_atomically(path, after, info.st_mode & 07777);
}

void print_change(const RecipeInput& input, const std::string& after,
                  const std::vector<std::string>& fields, bool written, boost::json::object more,
                  Context& context) {
  if (!context.settings.json) {
    const std::string diff = unified_diff(input.text, after, input.name);
    if (!diff.empty()) context.world.out << printable(diff);
    return;
  }
  boost::json::array edits;
  const auto joined = [](const std::vector<std::string>& lines) {
    return json_text(fmt::format("{}", fmt::join(lines, "\n")));
  };
  for (const LineChange& change : line_changes(input.text, after))
    edits.push_back(boost::json::object{{"line", change.line_before},
                                        {"before", joined(change.before)},
                                        {"after", joined(change.after)}});
  boost::json::array names;
  for (const std::string& field : fields) names.emplace_back(json_text(field));
  boost::json::object answer{{"file", json_text(input.name)},
                             {"changed", input.text != after},
                             {"written", written},
                             {"edits", std::move(edits)},
                             {"fields", std::move(names)}};
  for (auto& [key, value] : more) answer[key] = std::move(value);
  context.print(answer);
}

}  // namespace rbee::cli
