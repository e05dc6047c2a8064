#include "install/lock_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "install/generations.hpp"
#include "platform/files.hpp"
#include "wire/json_reader.hpp"

namespace rbee::install {

namespace json = boost::json;

namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::uint64_t kLockBytesMax = 64 << 20;

/// A file's bytes: as text where JSON can hold them.
json::object content(std::string_view bytes) {
  if (is_utf8(bytes) && bytes.find('\0') == std::string_view::npos)
    return {{"text", std::string(bytes)}};
  return {{"base64", to_base64(bytes)}};
}

json::object to_json(const LockEntry& entry) {
  json::object recipes;
  for (const auto& [file, text] : entry.recipes) recipes[file] = text;
  json::array files;
  for (const auto& [path, bytes] : entry.local_files) {
    json::object file = content(bytes);
    file["path"] = path;
    file["sha256"] = Sha256::of(bytes).hex();
    file["executable"] = std::find(entry.executable_files.begin(), entry.executable_files.end(),
                                   path) != entry.executable_files.end();
    files.push_back(std::move(file));
  }
  json::object out{{"id", entry.detail.summary.id},
                   {"version", entry.detail.summary.version},
                   {"catalog", entry.catalog},
                   {"platform", entry.platform},
                   {"recipe", entry.recipe_file},
                   {"pinned", entry.pinned},
                   {"detail", wire::to_json(entry.detail)},
                   {"recipes", std::move(recipes)},
                   {"files", std::move(files)}};
  if (entry.trust) out["trust"] = wire::to_json(*entry.trust);
  return out;
}

tl::unexpected<Error> invalid(std::string what) {
  return fail(Errc::invalid_input, "lock-invalid", "this is not a lock file of rbee",
              {.evidence = {std::move(what)}});
}

/// wire's readers speak of answers of a marketplace; this is a file.
template <typename T>
Result<T> as_lock(Result<T> read) {
  if (read) return read;
  std::vector<std::string> evidence = {read.error().message};
  evidence.insert(evidence.end(), read.error().evidence.begin(), read.error().evidence.end());
  return fail(Errc::invalid_input, "lock-invalid", "this is not a lock file of rbee",
              {.evidence = std::move(evidence)});
}

Result<LockEntry> read_entry(const json::value& value) {
  std::optional<Error> error;
  const wire::Node node(value, error);
  LockEntry entry;
  if (!node.is_object()) return as_lock(Result<LockEntry>(tl::unexpected(*error)));
  entry.catalog = node.string("catalog");
  entry.platform = node.string("platform");
  entry.recipe_file = node.string("recipe");
  entry.pinned = node.optional_boolean("pinned").value_or(false);
  entry.recipes = node.string_map("recipes");
  for (const wire::Node& file : node.objects("files")) {
    const std::string path = file.string("path");
    std::string bytes = file.string_or_empty("text");
    if (const auto coded = file.optional_string("base64")) {
      auto decoded = from_base64(*coded);
      if (!decoded)
        return invalid(fmt::format("the file '{}' is not base64", printable_line(path)));
      bytes = std::move(*decoded);
    }
    if (Sha256::of(bytes).hex() != file.string("sha256"))
      return fail(Errc::integrity, "lock-damaged",
                  fmt::format("the file '{}' in the lock file is not the one that was locked",
                              printable_line(path)));
    if (file.optional_boolean("executable").value_or(false)) entry.executable_files.push_back(path);
    entry.local_files[path] = std::move(bytes);
  }
  if (error) return as_lock(Result<LockEntry>(tl::unexpected(*error)));
  const json::object& object = value.as_object();
  const json::value* detail = object.if_contains("detail");
  if (detail == nullptr) return invalid("an entry has no 'detail'");
  TRY_ASSIGN(entry.detail, as_lock(wire::parse_worker_detail(json::serialize(*detail))));
  if (const json::value* trust = object.if_contains("trust")) {
    TRY_ASSIGN(entry.trust, as_lock(wire::parse_trust(json::serialize(*trust))));
  }
  if (!entry.recipes.contains(entry.recipe_file))
    return invalid(fmt::format("the entry of '{}' has no text of its recipe",
                               printable_line(entry.detail.summary.id)));
  return entry;
}

}  // namespace

LockEntry lock_entry(const Plan& plan, const std::map<std::string, std::uint64_t>& sizes) {
  LockEntry entry;
  entry.detail = plan.detail;
  entry.catalog = plan.catalog;
  entry.platform = to_string(plan.platform);
  entry.recipe_file = plan.recipe_file;
  entry.recipes[plan.recipe_file] = plan.recipe_text;
  entry.local_files = plan.local_files;
  entry.executable_files = plan.executable_files;
  entry.trust = plan.trust;
  for (wire::Variant& variant : entry.detail.variants)
    for (wire::Source& source : variant.sources)
      if (const auto size = sizes.find(source.url); size != sizes.end())
        source.size_bytes = size->second;
  return entry;
}

std::string lock_text(const std::vector<LockEntry>& entries) {
  json::array workers;
  for (const LockEntry& entry : entries) workers.push_back(to_json(entry));
  return json::serialize(json::object{{"rbee_lock", kFormat}, {"workers", std::move(workers)}}) +
         "\n";
}

std::string lock_entry_text(const LockEntry& entry) {
  return json::serialize(to_json(entry)) + "\n";
}

Result<std::vector<LockEntry>> parse_lock(std::string_view text) {
  TRY_ASSIGN(const json::value value, as_lock(wire::parse_json(text)));
  if (!value.is_object()) return invalid("it is no JSON object");
  // `install --dry-run --json` writes its plan around the lock.
  const json::object* object = &value.as_object();
  if (const json::value* inner = object->if_contains("lock");
      inner != nullptr && inner->is_object())
    object = &inner->as_object();
  const json::value* format = object->if_contains("rbee_lock");
  if (format == nullptr || !format->is_int64() || format->as_int64() != kFormat)
    return invalid(fmt::format("'rbee_lock' is not {}", kFormat));
  const json::value* workers = object->if_contains("workers");
  if (workers == nullptr || !workers->is_array()) return invalid("'workers' is no list");
  std::vector<LockEntry> out;
  for (const json::value& worker : workers->as_array()) {
    TRY_ASSIGN(LockEntry entry, read_entry(worker));
    out.push_back(std::move(entry));
  }
  return out;
}

Result<LockEntry> parse_lock_entry(std::string_view text) {
  TRY_ASSIGN(const json::value value, as_lock(wire::parse_json(text)));
  return read_entry(value);
}

namespace {

Result<LockEntry> lock_of(const Installed& worker) {
  TRY_ASSIGN(const std::string text,
             platform::read_file(std::filesystem::path(worker.tree) / kLockFile, kLockBytesMax));
  TRY_ASSIGN(LockEntry entry, parse_lock_entry(text));
  entry.pinned = worker.pinned;
  return entry;
}

}  // namespace

Result<std::vector<LockEntry>> kept_locks(const std::string& id, const Directories& directories) {
  TRY_ASSIGN(const std::vector<Generation> history, read_history(directories));
  for (const Generation& generation : history)
    for (const Installed& worker : generation.workers) {
      if (worker.id != id) continue;
      if (auto entry = lock_of(worker)) return std::vector<LockEntry>{std::move(*entry)};
    }
  return fail(Errc::not_found, "offline-unknown",
              fmt::format("nothing on this machine says what {} is", id),
              {.fix = "try again without --offline, or with --plan FILE"});
}

Result<std::vector<LockEntry>> installed_locks(const Directories& directories,
                                               std::vector<std::string>& without) {
  TRY_ASSIGN(const std::vector<Installed> workers, list_installed(directories));
  std::vector<LockEntry> out;
  for (const Installed& worker : workers) {
    auto entry = lock_of(worker);
    if (entry)
      out.push_back(std::move(*entry));
    else if (entry.error().code == Errc::not_found)
      without.push_back(worker.id);
    else
      return tl::unexpected<Error>(std::move(entry).error());
  }
  return out;
}

const LockEntry* LockSource::find(const WorkerId& id) const {
  for (const LockEntry& entry : entries_)
    if (entry.detail.summary.id == id.str()) return &entry;
  return nullptr;
}

Result<wire::WorkerDetail> LockSource::detail(const WorkerId& id) {
  const LockEntry* entry = find(id);
  if (entry == nullptr)
    return fail(Errc::not_found, "worker-not-found",
                fmt::format("the lock file has no worker '{}'", id.str()));
  name_ = entry->catalog;
  return entry->detail;
}

Result<std::string> LockSource::recipe(const WorkerId& id, const wire::RecipeInfo& recipe) {
  if (const LockEntry* entry = find(id))
    if (const auto text = entry->recipes.find(recipe.file); text != entry->recipes.end())
      return text->second;
  if (fallback_ != nullptr) return fallback_->recipe(id, recipe);
  return fail(Errc::not_found, "lock-incomplete",
              fmt::format("the lock file has no {} of {}: it was made for another platform",
                          printable_line(recipe.file), id.str()),
              {.fix = fmt::format("rbee worker install {}", id.str())});
}

Result<std::string> LockSource::file(const WorkerId& id, const wire::FileInfo& file) {
  if (const LockEntry* entry = find(id))
    if (const auto bytes = entry->local_files.find(file.path); bytes != entry->local_files.end())
      return bytes->second;
  if (fallback_ != nullptr) return fallback_->file(id, file);
  return fail(
      Errc::not_found, "lock-incomplete",
      fmt::format("the lock file has no file '{}' of {}", printable_line(file.path), id.str()),
      {.fix = fmt::format("rbee worker install {}", id.str())});
}

Result<std::optional<wire::Trust>> LockSource::trust(const WorkerId& id) {
  const LockEntry* entry = find(id);
  return entry == nullptr ? std::optional<wire::Trust>() : entry->trust;
}

}  // namespace rbee::install
