#include "install/hive_records.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "base/platform.hpp"
#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// In every folder of ours, so that the hive's own are never touched.
constexpr const char* kMark = "made-by-rbee-market";

/// The hive parses its list as a whole: one word that it does not know would hide every worker.
constexpr std::array<std::string_view, 4> kWorkerTypes = {"cpu", "cuda", "metal", "rocm"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

/// "tts-worker-1.2-1-linux": the name that the hive gives an entry. ':' and '/' cannot stand in it.
std::string entry_id(const Installed& worker, const Platform& platform) {
  std::string version = worker.version;
  for (char& c : version)
    if (c == ':' || c == '/') c = '_';
  return lower(fmt::format("{}-{}-{}", worker.id, version, to_string(platform.os)));
}

std::string shell_word(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The program that the hive starts: it translates the hive's flags to the worker's
/// (worker_run.cpp).
std::string launcher(const Installed& worker) {
  std::error_code unknown;
  fs::path self = fs::read_symlink("/proc/self/exe", unknown);
  if (unknown || self.filename() != "rbee") self = "rbee";
  return fmt::format(
      "#!/bin/sh\n# Started by an rbee hive: its flags become those of the worker.\n"
      "exec {} worker run {} --hive -- \"$@\"\n",
      shell_word(self.string()), shell_word(worker.id));
}

json::array strings(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::string metadata(const Installed& worker, const Platform& platform, const std::string& id,
                     const fs::path& program) {
  const wire::Capabilities& can = worker.capabilities;
  json::object artifact{
      {"id", id},
      {"workerType", std::string(to_string(platform.accelerator))},
      {"platform", std::string(to_string(platform.os))},
      {"path", program.string()},
      {"size", worker.size_bytes},
      {"status", "Available"},
      {"version", worker.version},
      {"addedAt", worker.installed_at},
      {"supportedArchitectures", json::array{std::string(to_string(platform.arch))}},
      {"supportedFormats", strings(can.supported_formats)},
      // The hive's own defaults where the worker says nothing.
      {"maxContextLength", can.max_context_length.value_or(8192)},
      {"supportsStreaming", can.supports_streaming.value_or(true)},
      {"supportsBatching", can.supports_batching.value_or(false)}};
  return json::serialize(json::object{{"artifact", std::move(artifact)},
                                      {"added_at", worker.installed_at},
                                      {"last_accessed", nullptr}}) +
         "\n";
}

}  // namespace

Result<void> write_hive_records(const std::vector<Installed>& workers,
                                const Directories& directories) {
  const fs::path root = directories.cache / "workers";
  std::set<std::string> wanted;
  for (const Installed& worker : workers) {
    const auto platform = parse_platform(worker.platform);
    if (!platform || worker.commands.empty() || !worker.run) continue;
    const std::string_view type = to_string(platform->accelerator);
    if (std::find(kWorkerTypes.begin(), kWorkerTypes.end(), type) == kWorkerTypes.end()) continue;
    const std::string id = entry_id(worker, *platform);
    const fs::path folder = root / id;
    wanted.insert(id);
    struct stat status {};
    const bool ours = ::lstat((folder / kMark).c_str(), &status) == 0;
    // The hive's own entry of that name stays: it knows what it put there.
    if (!ours && ::lstat(folder.c_str(), &status) == 0) continue;
    const std::string text = metadata(worker, *platform, id, folder / "launch");
    const std::string start = launcher(worker);
    const auto same = [&](const char* name, const std::string& expected) {
      const auto found = platform::read_file(folder / name, 1 << 20);
      return found && *found == expected;
    };
    if (same("metadata.json", text) && same("launch", start)) continue;
    TRY(platform::make_directories(folder));
    TRY(platform::write_file_atomically(folder / kMark, ""));
    TRY(platform::write_file_atomically(folder / "launch", start, 0755));
    TRY(platform::write_file_atomically(folder / "metadata.json", text));
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    struct stat status {};
    if (wanted.contains(entry.path().filename()) ||
        ::lstat((entry.path() / kMark).c_str(), &status) != 0)
      continue;
    // What the hive looks for goes first: half a folder is then none to it.
    ::unlink((entry.path() / "metadata.json").c_str());
    TRY(platform::remove_tree(entry.path()));
  }
  return {};
}

}  // namespace rbee::install
