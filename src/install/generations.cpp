// Generations: written beside the current one, then made current by one rename.
#include "install/generations.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "install/hive_records.hpp"
#include "install/manifest_file.hpp"
#include "platform/random.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

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

/// The number of the current generation; 0 when there is none. A link that cannot be read is not
/// the same: what comes after would be removed as never finished.
Result<std::uint64_t> current_number(const Directories& directories) {
  const fs::path link = current_link(directories);
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  if (error == std::errc::no_such_file_or_directory) return std::uint64_t{0};
  if (error) return tl::unexpected(platform::io_failure("read the link", link, error.value()));
  const auto found = number(target.filename().string());
  if (!found)
    return fail(Errc::failed, "generation-damaged",
                fmt::format("'{}' leads to no generation", printable_line(link.string())),
                {.evidence = {printable_line(target.string())}});
  return *found;
}

/// None where there is no such directory. One that cannot be read is an error: whoever takes it for
/// an empty one removes what is needed.
Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename());
  if (error && error != std::errc::no_such_file_or_directory)
    return tl::unexpected(platform::io_failure("read the directory", directory, error.value()));
  return names;
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
  TRY_ASSIGN(const std::vector<std::string> names, names_in(directories.bin));
  for (const std::string& name : names) {
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

fs::path manifest_of(std::uint64_t generation, const Directories& directories) {
  return directories.data / "generations" / std::to_string(generation) / "manifest.json";
}

/// Numbers of the generations on disk, newest first.
Result<std::vector<std::uint64_t>> numbers(const Directories& directories) {
  std::vector<std::uint64_t> out;
  TRY_ASSIGN(const std::vector<std::string> names, names_in(directories.data / "generations"));
  for (const std::string& name : names)
    if (const auto n = number(name)) out.push_back(*n);
  std::sort(out.rbegin(), out.rend());
  return out;
}

std::uint64_t size_of(const fs::path& tree) {
  std::uint64_t bytes = 0;
  // A tree that cannot be walked is counted as far as it could be: this is for people.
  static_cast<void>(
      platform::walk_tree(tree, 200, [&](const platform::WalkEntry& entry) -> Result<void> {
        if (S_ISREG(entry.mode)) bytes += entry.size_bytes;
        return {};
      }));
  return bytes;
}

/// Take a tree of the store or a generation away at once, then delete it: nobody may find half of
/// one there.
Result<void> discard(const fs::path& tree, const Directories& directories) {
  const fs::path aside = directories.data / fmt::format("{}.tmp", platform::random_token(9));
  ::chmod(tree.c_str(), 0755);  // A directory without write permission does not change its parent.
  if (::rename(tree.c_str(), aside.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return tl::unexpected(platform::io_failure("remove", tree, errno));
  }
  return platform::remove_tree(aside);
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
  TRY_ASSIGN(const std::vector<std::string> names, names_in(directories.data));
  for (const std::string& name : names)
    if (name.ends_with(".tmp")) TRY(platform::remove_tree(directories.data / name));
  // A generation above the current one was never switched to.
  TRY_ASSIGN(const std::uint64_t current, current_number(directories));
  TRY_ASSIGN(const std::vector<std::uint64_t> all, numbers(directories));
  for (const std::uint64_t generation : all)
    if (generation > current)
      TRY(discard(directories.data / "generations" / std::to_string(generation), directories));
  TRY(update_links(commands_of(workers), directories));
  // Mended where a killed run left them behind; a full disk must not keep anybody from removing.
  static_cast<void>(write_hive_records(workers, directories));
  return exclusive;
}

Result<Generation> read_generation(std::uint64_t generation, const Directories& directories) {
  auto read = read_manifest(manifest_of(generation, directories), directories.data);
  if (read) {
    read->number = generation;
    TRY_ASSIGN(const std::uint64_t current, current_number(directories));
    read->current = generation == current;
    return read;
  }
  if (read.error().code != Errc::not_found) return read;
  std::string known;
  TRY_ASSIGN(const std::vector<std::uint64_t> all, numbers(directories));
  for (const std::uint64_t each : all)
    known = fmt::format("{}{}{}", each, known.empty() ? "" : " ", known);
  return fail(Errc::not_found, "generation-not-found",
              fmt::format("there is no generation {}", generation),
              {.evidence = {known.empty() ? "there are none" : "there are: " + known},
               .fix = "rbee worker history"});
}

Result<std::vector<Generation>> read_history(const Directories& directories) {
  std::vector<Generation> out;
  TRY_ASSIGN(const std::uint64_t current, current_number(directories));
  TRY_ASSIGN(const std::vector<std::uint64_t> all, numbers(directories));
  for (const std::uint64_t generation : all) {
    auto read = read_generation(generation, directories);
    if (read) {
      out.push_back(std::move(*read));
      continue;
    }
    Generation damaged;
    damaged.number = generation;
    damaged.action = "its manifest cannot be read";
    damaged.current = generation == current;
    out.push_back(std::move(damaged));
  }
  return out;
}

Result<std::vector<Installed>> read_current(const Directories& directories) {
  TRY_ASSIGN(const std::uint64_t current, current_number(directories));
  if (current == 0) return std::vector<Installed>{};
  TRY_ASSIGN(Generation generation,
             read_manifest(manifest_of(current, directories), directories.data));
  return std::move(generation.workers);
}

Result<Collected> collect(const Exclusive&, std::size_t keep, const Directories& directories) {
  Collected out;
  TRY_ASSIGN(const std::uint64_t current, current_number(directories));
  TRY_ASSIGN(const std::vector<std::uint64_t> generations, numbers(directories));
  if (current != 0 &&
      std::find(generations.begin(), generations.end(), current) == generations.end())
    return out;  // Not knowing what is needed, remove nothing.
  std::set<std::string> needed;
  std::size_t kept = 0;
  std::vector<std::uint64_t> old;
  for (const std::uint64_t generation : generations) {
    if (generation != current && kept >= std::max<std::size_t>(keep, 1)) {
      old.push_back(generation);
      continue;
    }
    const auto read = read_manifest(manifest_of(generation, directories), directories.data);
    if (!read && read.error().code == Errc::not_found && generation != current) {
      old.push_back(generation);
      continue;
    }
    if (!read) return out;  // Likewise.
    ++kept;
    for (const Installed& worker : read->workers) needed.insert(worker.tree);
  }
  for (const std::uint64_t generation : old) {
    TRY(discard(directories.data / "generations" / std::to_string(generation), directories));
    ++out.generations;
  }
  TRY_ASSIGN(const std::vector<std::string> ids, names_in(directories.data / "store"));
  for (const std::string& id : ids) {
    const fs::path folder = directories.data / "store" / id;
    TRY_ASSIGN(const std::vector<std::string> trees, names_in(folder));
    for (const std::string& name : trees) {
      if (needed.contains(folder / name)) continue;
      out.size_bytes += size_of(folder / name);
      TRY(discard(folder / name, directories));
      ++out.trees;
    }
    ::rmdir(folder.c_str());  // Stays while it holds a tree.
  }
  return out;
}

bool links_agree(const Directories& directories) {
  const auto workers = read_current(directories);
  if (!workers) return true;  // Its error is told by whoever reads it.
  const std::set<std::string> commands = commands_of(*workers);
  for (const std::string& command : commands) {
    struct stat status {};
    if (::lstat((directories.bin / command).c_str(), &status) != 0) return false;
  }
  const auto names = names_in(directories.bin);
  return !names || std::none_of(names->begin(), names->end(), [&](const std::string& name) {
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

Result<Installed> find_worker(const std::vector<Installed>& workers, const WorkerId& id) {
  std::vector<std::string> ids;
  for (const Installed& worker : workers) {
    if (worker.id == id.str()) return worker;
    ids.push_back(worker.id);
  }
  const auto nearest = did_you_mean(id.str(), ids);
  return fail(Errc::not_found, "worker-not-installed", fmt::format("{} is not installed", id.str()),
              {.fix = nearest ? fmt::format("did you mean '{}'? rbee worker list", *nearest)
                              : fmt::format("rbee worker list, rbee worker install {}", id.str())});
}

std::optional<Installed> find_in_store(const std::string& id, std::string_view digest,
                                       const Directories& directories) {
  const fs::path folder = directories.data / "store" / id;
  const auto names = names_in(folder);
  if (!names) return std::nullopt;  // Then it is built again, and the store says what is wrong.
  for (const std::string& name : *names) {
    if (!name.ends_with(fmt::format("-{}", digest))) continue;
    auto record = read_record(folder / name / kRecordFile, directories.data);
    if (!record || record->id != id) continue;
    record->tree = folder / name;
    return std::move(*record);
  }
  return std::nullopt;
}

Result<fs::path> add_to_store(const Exclusive&, const fs::path& tree, const std::string& id,
                              const std::string& name, const Directories& directories) {
  const fs::path place = directories.data / "store" / id / name;
  TRY(discard(place, directories));  // Of a run that ended between here and its generation.
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

Result<std::uint64_t> switch_to(const Exclusive& exclusive, std::vector<Installed> workers,
                                std::string_view action, const Directories& directories, Time now) {
  std::sort(workers.begin(), workers.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  Generation next;
  TRY_ASSIGN(const std::uint64_t current, current_number(directories));
  next.number = current + 1;
  next.created_at = rfc3339(now);
  next.action = action;
  next.workers = std::move(workers);
  const fs::path folder = directories.data / "generations" / std::to_string(next.number);
  TRY(platform::remove_tree(folder));
  TRY(platform::make_directories(folder / "bin"));
  for (const Installed& worker : next.workers) {
    for (const std::string& command : worker.commands) {
      const fs::path target = fs::path("../../..") /
                              fs::path(worker.tree).lexically_relative(directories.data) /
                              program_in(worker.tree, command);
      if (::symlink(target.c_str(), (folder / "bin" / command).c_str()) != 0)
        return tl::unexpected(
            platform::io_failure("create the link", folder / "bin" / command, errno));
    }
  }
  TRY(platform::write_file_atomically(folder / "manifest.json",
                                      manifest_text(next, directories.data)));
  TRY(platform::sync_directory(folder / "bin"));
  TRY(platform::sync_directory(folder.parent_path()));
  TRY(platform::link_atomically(fs::path("generations") / std::to_string(next.number),
                                current_link(directories)));
  TRY(update_links(commands_of(next.workers), directories));
  TRY(write_hive_records(next.workers, directories));
  TRY(collect(exclusive, kGenerationsKept, directories));
  return next.number;
}

}  // namespace rbee::install
