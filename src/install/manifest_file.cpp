#include "install/manifest_file.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::uint64_t kManifestBytesMax = 64 << 20;

json::array strings(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object strings(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [key, value] : texts) out[key] = value;
  return out;
}

// These throw where a value has another type; `guarded` tells people.
std::string text_of(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}
std::string text_or_empty(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? std::string() : std::string(value->as_string());
}
std::vector<std::string> texts_or_none(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  if (const json::value* list = object.if_contains(key))
    for (const json::value& value : list->as_array()) out.emplace_back(value.as_string());
  return out;
}
std::map<std::string, std::string> map_or_none(const json::object& object, std::string_view key) {
  std::map<std::string, std::string> out;
  if (const json::value* found = object.if_contains(key))
    for (const auto& each : found->as_object())
      out[std::string(each.key())] = std::string(each.value().as_string());
  return out;
}

check::TrustFacts facts_from(const json::object& object) {
  return {.owner = text_or_empty(object, "owner"),
          .license = text_or_empty(object, "license"),
          .hosts = texts_or_none(object, "hosts"),
          .dependencies = texts_or_none(object, "dependencies"),
          .functions = map_or_none(object, "functions"),
          .sources = map_or_none(object, "sources"),
          .fetchers = texts_or_none(object, "fetchers")};
}

wire::Capabilities capabilities_from(const json::object& object) {
  wire::Capabilities out;
  out.tasks = texts_or_none(object, "tasks");
  out.supported_formats = texts_or_none(object, "supported_formats");
  if (const json::value* value = object.if_contains("max_context_length"))
    out.max_context_length = value->to_number<std::int64_t>();
  if (const json::value* value = object.if_contains("supports_streaming"))
    out.supports_streaming = value->as_bool();
  if (const json::value* value = object.if_contains("supports_batching"))
    out.supports_batching = value->as_bool();
  return out;
}

Installed installed_from(const json::object& object, const fs::path& data) {
  Installed worker;
  worker.id = text_of(object, "id");
  worker.version = text_of(object, "version");
  worker.name = text_of(object, "name");
  worker.catalog = text_of(object, "catalog");
  worker.commit = text_or_empty(object, "commit");
  worker.platform = text_of(object, "platform");
  worker.recipe = text_of(object, "recipe");
  worker.tree = data / text_of(object, "tree");
  worker.installed_at = text_of(object, "installed_at");
  worker.size_bytes = object.at("size_bytes").to_number<std::uint64_t>();
  worker.commands = texts_or_none(object, "commands");
  if (const json::value* run = object.if_contains("run")) {
    const json::object& fields = run->as_object();
    worker.run = wire::Run{text_of(fields, "protocol"), texts_or_none(fields, "args"),
                           text_of(fields, "health")};
  }
  if (const json::value* value = object.if_contains("capabilities"))
    worker.capabilities = capabilities_from(value->as_object());
  if (const json::value* value = object.if_contains("pinned")) worker.pinned = value->as_bool();
  if (const json::value* value = object.if_contains("accelerator_chosen"))
    worker.accelerator_chosen = value->as_bool();
  if (const json::value* value = object.if_contains("facts"))
    worker.facts = facts_from(value->as_object());
  return worker;
}

/// Boost.JSON's accessors throw on another type; a damaged file is no bug of this program, so it
/// ends here.
template <typename Read>
auto guarded(const fs::path& file, Read read) -> Result<decltype(read(json::value()))> {
  TRY_ASSIGN(const std::string text, platform::read_file(file, kManifestBytesMax));
  try {
    return read(json::parse(text));
  } catch (const std::exception& error) {
    return fail(Errc::integrity, "manifest-damaged",
                fmt::format("'{}' cannot be read", printable_line(file.string())),
                {.evidence = {error.what()}});
  }
}

}  // namespace

json::object to_json(const check::TrustFacts& facts) {
  return {{"owner", facts.owner},
          {"license", facts.license},
          {"hosts", strings(facts.hosts)},
          {"dependencies", strings(facts.dependencies)},
          {"functions", strings(facts.functions)},
          {"sources", strings(facts.sources)},
          {"fetchers", strings(facts.fetchers)}};
}

json::object to_json(const Installed& worker, const fs::path& data) {
  json::object out{{"id", worker.id},
                   {"version", worker.version},
                   {"name", worker.name},
                   {"catalog", worker.catalog},
                   {"commit", worker.commit},
                   {"platform", worker.platform},
                   {"recipe", worker.recipe},
                   {"tree", fs::path(worker.tree).lexically_relative(data).string()},
                   {"installed_at", worker.installed_at},
                   {"size_bytes", worker.size_bytes},
                   {"commands", strings(worker.commands)},
                   {"pinned", worker.pinned},
                   {"accelerator_chosen", worker.accelerator_chosen},
                   {"facts", to_json(worker.facts)}};
  if (worker.run)
    out["run"] = json::object{{"protocol", worker.run->protocol},
                              {"args", strings(worker.run->args)},
                              {"health", worker.run->health}};
  const wire::Capabilities& can = worker.capabilities;
  json::object capabilities{{"tasks", strings(can.tasks)},
                            {"supported_formats", strings(can.supported_formats)}};
  if (can.max_context_length) capabilities["max_context_length"] = *can.max_context_length;
  if (can.supports_streaming) capabilities["supports_streaming"] = *can.supports_streaming;
  if (can.supports_batching) capabilities["supports_batching"] = *can.supports_batching;
  out["capabilities"] = std::move(capabilities);
  return out;
}

std::string manifest_text(const Generation& generation, const fs::path& data) {
  json::array list;
  for (const Installed& worker : generation.workers) list.push_back(to_json(worker, data));
  return json::serialize(json::object{{"format", 1},
                                      {"generation", generation.number},
                                      {"created_at", generation.created_at},
                                      {"action", generation.action},
                                      {"workers", std::move(list)}}) +
         "\n";
}

Result<Generation> read_manifest(const fs::path& file, const fs::path& data) {
  return guarded(file, [&](const json::value& value) {
    const json::object& object = value.as_object();
    Generation out;
    out.number = object.at("generation").to_number<std::uint64_t>();
    out.created_at = text_or_empty(object, "created_at");
    out.action = text_or_empty(object, "action");
    for (const json::value& worker : object.at("workers").as_array())
      out.workers.push_back(installed_from(worker.as_object(), data));
    return out;
  });
}

Result<Installed> read_record(const fs::path& file, const fs::path& data) {
  return guarded(file,
                 [&](const json::value& value) { return installed_from(value.as_object(), data); });
}

}  // namespace rbee::install
