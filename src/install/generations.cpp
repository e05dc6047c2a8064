// Generations: written beside the current one, then made current by one rename.
#include "install/generations.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace rbee::install {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

fs::path current_link(const Directories& directories) {
  return directories.data / "current";
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The number of the current generation; 0 when there is none.
std::uint64_t current_number(const Directories& directories) {
  std::error_code error;
  const fs::path target = fs::read_symlink(current_link(directories), error);
  if (error) return 0;
  return number(target.filename().string()).value_or(0);
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    names.push_back(entry.path().filename());
  return names;
}

json::array strings(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object to_json(const Installed& worker, const Directories& directories) {
  json::object out{{"id", worker.id},
                   {"version", worker.version},
                   {"name", worker.name},
                   {"catalog", worker.catalog},
                   {"platform", worker.platform},
                   {"recipe", worker.recipe},
                   {"tree", fs::path(worker.tree).lexically_relative(directories.data).string()},
                   {"installed_at", worker.installed_at},
                   {"size_bytes", worker.size_bytes},
                   {"commands", strings(worker.commands)}};
  if (worker.run)
    out["run"] = json::object{{"protocol", worker.run->protocol},
                              {"args", strings(worker.run->args)},
                              {"health", worker.run->health}};
  return out;
}

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  for (const json::value& value : object.at(key).as_array()) out.emplace_back(value.as_string());
  return out;
}

Installed from_json(const json::object& object, const Directories& directories) {
  Installed worker;
  worker.id = text_of(object, "id");
  worker.version = text_of(object, "version");
  worker.name = text_of(object, "name");
  worker.catalog = text_of(object, "catalog");
  worker.platform = text_of(object, "platform");
  worker.recipe = text_of(object, "recipe");
  worker.tree = directories.data / text_of(object, "tree");
  worker.installed_at = text_of(object, "installed_at");
  worker.size_bytes = object.at("size_bytes").to_number<std::uint64_t>();
  worker.commands = texts_of(object, "commands");
  if (const json::value* run = object.if_contains("run")) {
    const json::object& fields = run->as_object();
    worker.run =
        wire::Run{text_of(fields, "protocol"), texts_of(fields, "args"), text_of(fields, "health")};
  }
  return worker;
}

Result<std::vector<Installed>> read_manifest(const fs::path& path, const Directories& directories) {
  TRY_ASSIGN(const std::string text, platform::read_file(path, 64 << 20));
  // Boost.JSON's accessors throw on another type; a damaged file is no bug of this program, so it
  // ends here.
  try {
    std::vector<Installed> workers;
    const json::value parsed = json::parse(text);
    for (const json::value& worker : parsed.as_object().at("workers").as_array())
      workers.push_back(from_json(worker.as_object(), directories));
    return workers;
  } catch (const std::exception& error) {
    return fail(Errc::integrity, "manifest-damaged",
                fmt::format("'{}' cannot be read", printable_line(path.string())),
                {.evidence = {error.what()}});
  }
}

/// What a link of ours in the bin directory holds.
std::string link_target(const Directories& directories, const std::string& command) {
  return (current_link(directories) / "bin" / command).string();
}

/// Where bin/<command> leads; nothing when it is not a link.
std::optional<std::string> target_of(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  if (error) return std::nullopt;
  return target.string();
}

std::set<std::string> commands_of(const std::vector<Installed>& workers) {
  std::set<std::string> out;
  for (const Installed& worker : workers)
    out.insert(worker.commands.begin(), worker.commands.end());
  return out;
}

/// Make the links in bin those of `commands`: add what is missing, remove ours that lead nowhere.
/// Foreign files are never touched.
Result<void> update_links(const std::set<std::string>& commands, const Directories& directories) {
  for (const std::string& name : names_in(directories.bin)) {
    if (commands.contains(name) ||
        target_of(directories.bin / name) != link_target(directories, name))
      continue;
    if (::unlink((directories.bin / name).c_str()) != 0)
      return tl::unexpected(platform::io_failure("remove", directories.bin / name, errno));
  }
  if (commands.empty()) return {};
  TRY(platform::make_directories(directories.bin));
  for (const std::string& command : commands) {
    const fs::path link = directories.bin / command;
    if (target_of(link) == link_target(directories, command)) continue;
    struct stat status {};
    if (::lstat(link.c_str(), &status) == 0)
      continue;  // Somebody else's; `check_commands` speaks of it.
    // Plain symlink(2): it fails rather than replace what appeared meanwhile.
    if (::symlink(link_target(directories, command).c_str(), link.c_str()) != 0)
      return tl::unexpected(platform::io_failure("create the link", link, errno));
  }
  return {};
}

/// A program of the system, or of rbee itself, that a link called `command` would stand before:
/// ~/.local/bin comes first in most people's PATH.
std::optional<fs::path> hidden_program(const std::string& command, const Directories& directories) {
  if (command == "rbee" || command == "rbee-market") return command;
  for (const fs::path directory : {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
                                   "/sbin", "/bin", "/snap/bin", "/opt/homebrew/bin"}) {
    struct stat status {};
    const fs::path there = directory / command;
    const bool ours =
        directory == directories.bin || target_of(there) == link_target(directories, command);
    if (!ours && ::lstat(there.c_str(), &status) == 0) return there;
  }
  return std::nullopt;
}

/// Where a command stands in its tree; where it should, when somebody took it away. One damaged
/// worker must not keep the others from being installed and removed.
fs::path program_in(const fs::path& tree, const std::string& command) {
  struct stat status {};
  const fs::path local = fs::path("usr/local/bin") / command;
  return ::lstat((tree / local).c_str(), &status) == 0 ? local : fs::path("usr/bin") / command;
}

/// Remove generations but these two, and trees of the store that neither names.
Result<void> drop_unused(std::uint64_t current, std::uint64_t previous,
                         const Directories& directories) {
  std::set<std::string> needed;
  for (const std::uint64_t generation : {current, previous}) {
    if (generation == 0) continue;
    const auto workers = read_manifest(
        directories.data / "generations" / std::to_string(generation) / "manifest.json",
        directories);
    if (!workers) return {};  // Not knowing what is needed, remove nothing.
    for (const Installed& worker : *workers) needed.insert(worker.tree);
  }
  for (const std::string& name : names_in(directories.data / "generations"))
    if (name != std::to_string(current) && (previous == 0 || name != std::to_string(previous)))
      TRY(platform::remove_tree(directories.data / "generations" / name));
  for (const std::string& id : names_in(directories.data / "store")) {
    const fs::path folder = directories.data / "store" / id;
    for (const std::string& name : names_in(folder))
      if (!needed.contains(folder / name)) TRY(platform::remove_tree(folder / name));
    ::rmdir(folder.c_str());  // Stays while it holds a tree.
  }
  return {};
}

/// The highest generation below `current` that is on disk; 0 when there is none.
std::uint64_t previous_number(std::uint64_t current, const Directories& directories) {
  std::uint64_t best = 0;
  for (const std::string& name : names_in(directories.data / "generations"))
    if (const auto n = number(name); n && *n < current) best = std::max(best, *n);
  return best;
}

}  // namespace

fs::path builds_directory(const Directories& directories) {
  return directories.data / "builds";
}

Result<Exclusive> Exclusive::take(const Directories& directories, std::string_view purpose) {
  TRY(platform::make_directories(directories.data, 0700));
  TRY_ASSIGN(platform::FileLock lock,
             platform::FileLock::acquire(directories.data / "lock", purpose));
  Exclusive exclusive(std::move(lock));
  TRY(platform::remove_tree(builds_directory(directories)));
  TRY_ASSIGN(const std::vector<Installed> workers, read_current(directories));
  for (const std::string& name : names_in(directories.data))
    if (name.ends_with(".tmp")) TRY(platform::remove_tree(directories.data / name));
  const std::uint64_t current = current_number(directories);
  TRY(drop_unused(current, previous_number(current, directories), directories));
  TRY(update_links(commands_of(workers), directories));
  return exclusive;
}

Result<std::vector<Installed>> read_current(const Directories& directories) {
  const std::uint64_t current = current_number(directories);
  if (current == 0) return std::vector<Installed>{};
  return read_manifest(directories.data / "generations" / std::to_string(current) / "manifest.json",
                       directories);
}

bool links_agree(const Directories& directories) {
  const auto workers = read_current(directories);
  if (!workers) return true;  // Its error is told by whoever reads it.
  const std::set<std::string> commands = commands_of(*workers);
  for (const std::string& command : commands) {
    struct stat status {};
    if (::lstat((directories.bin / command).c_str(), &status) != 0) return false;
  }
  const std::vector<std::string> names = names_in(directories.bin);
  return std::none_of(names.begin(), names.end(), [&](const std::string& name) {
    return !commands.contains(name) &&
           target_of(directories.bin / name) == link_target(directories, name);
  });
}

Result<void> check_commands(const std::vector<std::string>& commands, const std::string& id,
                            const std::vector<Installed>& workers, const Directories& directories) {
  for (const std::string& command : commands) {
    for (const Installed& worker : workers)
      if (worker.id != id && std::find(worker.commands.begin(), worker.commands.end(), command) !=
                                 worker.commands.end())
        return fail(Errc::exists, "command-conflict",
                    fmt::format("{} and {} both have the command '{}'", id, worker.id, command),
                    {.fix = fmt::format("rbee worker remove {}", worker.id)});
    const fs::path link = directories.bin / command;
    struct stat status {};
    if (target_of(link) == link_target(directories, command)) continue;
    if (const auto hidden = hidden_program(command, directories))
      return fail(
          Errc::exists, "command-conflict",
          fmt::format("the command '{}' of {} would hide '{}'", command, id, hidden->string()),
          {.why = "whoever types that name wants the program that is there already",
           .fix = "its author should call the command something else"});
    if (::lstat(link.c_str(), &status) != 0) continue;
    return fail(Errc::exists, "command-conflict",
                fmt::format("'{}' exists and was not made by rbee", printable_line(link.string())),
                {.why = "rbee never overwrites a file that it did not make",
                 .fix = "move it away and try again"});
  }
  return {};
}

Result<fs::path> add_to_store(const Exclusive&, const fs::path& tree, const std::string& id,
                              const std::string& name, const Directories& directories) {
  const fs::path place = directories.data / "store" / id / name;
  TRY(platform::remove_tree(place));  // Of a run that ended between here and its generation.
  TRY(platform::make_directories(place.parent_path()));
  TRY(platform::seal_tree(tree));
  // A directory without write permission cannot be moved to another parent; the root of the tree
  // gets its own back for that moment.
  if (::chmod(tree.c_str(), 0755) != 0 || ::rename(tree.c_str(), place.c_str()) != 0 ||
      ::chmod(place.c_str(), 0555) != 0)
    return tl::unexpected(platform::io_failure("store", place, errno));
  TRY(platform::sync_directory(place.parent_path()));
  return place;
}

Result<void> switch_to(const Exclusive&, std::vector<Installed> workers,
                       const Directories& directories, Time now) {
  std::sort(workers.begin(), workers.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  const std::uint64_t before = current_number(directories);
  const std::uint64_t next = before + 1;
  const fs::path generation = directories.data / "generations" / std::to_string(next);
  TRY(platform::remove_tree(generation));
  TRY(platform::make_directories(generation / "bin"));
  json::array list;
  for (const Installed& worker : workers) {
    list.push_back(to_json(worker, directories));
    for (const std::string& command : worker.commands) {
      const fs::path target = fs::path("../../..") /
                              fs::path(worker.tree).lexically_relative(directories.data) /
                              program_in(worker.tree, command);
      if (::symlink(target.c_str(), (generation / "bin" / command).c_str()) != 0)
        return tl::unexpected(
            platform::io_failure("create the link", generation / "bin" / command, errno));
    }
  }
  const json::value manifest = json::object{{"format", 1},
                                            {"generation", next},
                                            {"created_at", rfc3339(now)},
                                            {"workers", std::move(list)}};
  TRY(platform::write_file_atomically(generation / "manifest.json",
                                      json::serialize(manifest) + "\n"));
  TRY(platform::sync_directory(generation / "bin"));
  TRY(platform::sync_directory(generation.parent_path()));
  TRY(platform::link_atomically(fs::path("generations") / std::to_string(next),
                                current_link(directories)));
  TRY(update_links(commands_of(workers), directories));
  return drop_unused(next, before, directories);
}

}  // namespace rbee::install
