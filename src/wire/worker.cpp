#include "wire/worker.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include "wire/json_reader.hpp"

namespace rbee::wire {

namespace json = boost::json;

namespace {

json::string text(std::string_view value) {
  return json::string(value.data(), value.size());
}

json::array texts(const std::vector<std::string>& values) {
  json::array out;
  out.reserve(values.size());
  for (const std::string& value : values) out.emplace_back(text(value));
  return out;
}

/// A key that says nothing is left out.
void put_unless_empty(json::object& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = text(value);
}

template <typename T>
void put_if_set(json::object& out, const char* key, const std::optional<T>& value) {
  if (value) out[key] = *value;
}

template <typename T, typename Write>
json::array list(const std::vector<T>& values, Write write) {
  json::array out;
  out.reserve(values.size());
  for (const T& value : values) out.emplace_back(write(value));
  return out;
}

json::object summary_object(const WorkerSummary& summary) {
  json::object out;
  out["id"] = text(summary.id);
  out["name"] = text(summary.name);
  out["description"] = text(summary.description);
  out["version"] = text(summary.version);
  out["source"] = text(summary.source);
  put_unless_empty(out, "license", summary.license);
  put_unless_empty(out, "homepage", summary.homepage);
  out["implementation"] = text(summary.implementation);
  out["tags"] = texts(summary.tags);
  out["accelerators"] = texts(summary.accelerators);
  out["tasks"] = texts(summary.tasks);
  out["pkgbuild_url"] = text(summary.pkgbuild_url);
  out["url"] = text(summary.url);
  put_unless_empty(out, "author", summary.author);
  out["created_at"] = text(summary.created_at);
  out["updated_at"] = text(summary.updated_at);
  return out;
}

json::object source_object(const Source& source) {
  json::object checksums;
  for (const auto& [array, digest] : source.checksums)
    checksums[json::string_view(array.data(), array.size())] = text(digest);
  json::object out{{"file_name", text(source.file_name)},
                   {"url", text(source.url)},
                   {"protocol", text(source.protocol)},
                   {"checksums", std::move(checksums)}};
  put_if_set(out, "size_bytes", source.size_bytes);
  return out;
}

json::object variant_object(const Variant& variant) {
  return {{"os", text(variant.os)},
          {"arch", text(variant.arch)},
          {"accelerator", text(variant.accelerator)},
          {"recipe", text(variant.recipe)},
          {"features", texts(variant.features)},
          {"depends", texts(variant.depends)},
          {"sources", list(variant.sources, source_object)}};
}

json::object recipe_object(const RecipeInfo& recipe) {
  return {{"file", text(recipe.file)},
          {"url", text(recipe.url)},
          {"sha256", text(recipe.sha256)},
          {"generated", recipe.generated}};
}

json::object file_object(const FileInfo& file) {
  return {{"path", text(file.path)},
          {"size_bytes", file.size_bytes},
          {"executable", file.executable},
          {"url", text(file.url)}};
}

json::object capabilities_object(const Capabilities& capabilities) {
  json::object out;
  out["tasks"] = texts(capabilities.tasks);
  out["supported_formats"] = texts(capabilities.supported_formats);
  put_if_set(out, "max_context_length", capabilities.max_context_length);
  put_if_set(out, "supports_streaming", capabilities.supports_streaming);
  put_if_set(out, "supports_batching", capabilities.supports_batching);
  return out;
}

json::object hardware_object(const Hardware& hardware) {
  json::object out{
      {"ram_mb", hardware.ram_mb}, {"vram_mb", hardware.vram_mb}, {"disk_mb", hardware.disk_mb}};
  put_unless_empty(out, "cuda", hardware.cuda);
  return out;
}

json::object run_object(const Run& run) {
  json::object out{{"protocol", text(run.protocol)}, {"args", texts(run.args)}};
  put_unless_empty(out, "health", run.health);
  return out;
}

json::object premium_object(const Premium& premium) {
  return {{"license_env", text(premium.license_env)},
          {"purchase_url", text(premium.purchase_url)},
          {"hosts", texts(premium.hosts)}};
}

WorkerSummary read_summary(const Node& node) {
  WorkerSummary summary;
  summary.id = node.string("id");
  summary.name = node.string("name");
  summary.description = node.string("description");
  summary.version = node.string("version");
  summary.source = node.string("source");
  summary.license = node.string_or_empty("license");
  summary.homepage = node.string_or_empty("homepage");
  summary.implementation = node.string("implementation");
  summary.tags = node.strings("tags");
  summary.accelerators = node.strings("accelerators");
  summary.tasks = node.strings("tasks");
  summary.pkgbuild_url = node.string("pkgbuild_url");
  summary.url = node.string("url");
  summary.author = node.string_or_empty("author");
  summary.created_at = node.string("created_at");
  summary.updated_at = node.string("updated_at");
  return summary;
}

Hardware hardware_from(const Node& node) {
  return {.ram_mb = node.integer_or_zero("ram_mb"),
          .vram_mb = node.integer_or_zero("vram_mb"),
          .disk_mb = node.integer_or_zero("disk_mb"),
          .cuda = node.string_or_empty("cuda")};
}

Variant read_variant(const Node& node) {
  Variant variant{.os = node.string("os"),
                  .arch = node.string("arch"),
                  .accelerator = node.string("accelerator"),
                  .recipe = node.string("recipe"),
                  .features = node.strings("features"),
                  .depends = node.strings("depends"),
                  .sources = {}};
  for (const Node& source : node.objects("sources")) {
    variant.sources.push_back({.file_name = source.string("file_name"),
                               .url = source.string("url"),
                               .protocol = source.string("protocol"),
                               .checksums = source.string_map("checksums"),
                               .size_bytes = {}});
    if (const auto size = source.optional_integer("size_bytes"); size && *size >= 0)
      variant.sources.back().size_bytes = static_cast<std::uint64_t>(*size);
  }
  return variant;
}

}  // namespace

json::value to_json(const WorkerSummary& summary) {
  return summary_object(summary);
}

json::value to_json(const WorkerList& list_of_workers) {
  json::object out;
  out["workers"] = list(list_of_workers.workers, summary_object);
  out["total"] = list_of_workers.total;
  if (list_of_workers.next) out["next"] = text(*list_of_workers.next);
  return out;
}

json::value to_json(const WorkerDetail& detail) {
  json::object out = summary_object(detail.summary);
  out["commit"] = text(detail.commit);
  out["recipes"] = list(detail.recipes, recipe_object);
  out["variants"] = list(detail.variants, variant_object);
  out["files"] = list(detail.files, file_object);
  out["capabilities"] = capabilities_object(detail.capabilities);
  out["hardware"] = hardware_object(detail.hardware);
  if (detail.run) out["run"] = run_object(*detail.run);
  if (detail.premium) out["premium"] = premium_object(*detail.premium);
  if (!detail.locked_fetch.empty())
    out["build"] = json::object{{"locked_fetch", texts(detail.locked_fetch)}};
  out["manifest_url"] = text(detail.manifest_url);
  put_unless_empty(out, "readme_url", detail.readme_url);
  return out;
}

json::value to_json(const std::vector<Release>& releases) {
  json::array all;
  for (const Release& release : releases) {
    json::array variants;
    for (const Variant& variant : release.variants)
      variants.push_back(json::object{{"os", text(variant.os)},
                                      {"arch", text(variant.arch)},
                                      {"accelerator", text(variant.accelerator)},
                                      {"recipe", text(variant.recipe)}});
    json::object out{{"version", text(release.version)},
                     {"released_at", text(release.released_at)},
                     {"commit", text(release.commit)},
                     {"variants", std::move(variants)},
                     {"hardware", hardware_object(release.hardware)}};
    put_unless_empty(out, "yanked", release.yanked);
    all.push_back(std::move(out));
  }
  json::object out{{"versions", std::move(all)}};
  if (!releases.empty()) out["latest"] = text(releases.front().version);
  return out;
}

json::value to_json(const Trust& trust) {
  return json::object{
      {"version", text(trust.version)},         {"owner", text(trust.owner)},
      {"owner_since", text(trust.owner_since)}, {"owner_is_first", trust.owner_is_first},
      {"released_at", text(trust.released_at)}, {"by_submission", trust.by_submission},
      {"reviewers", texts(trust.reviewers)},    {"yanked", text(trust.yanked)}};
}

json::value to_json(const Problem& problem) {
  json::object out{
      {"type", text(problem.type)}, {"title", text(problem.title)}, {"status", problem.status}};
  put_unless_empty(out, "detail", problem.detail);
  put_unless_empty(out, "instance", problem.instance);
  return out;
}

Result<WorkerList> parse_worker_list(std::string_view json_text) {
  TRY_ASSIGN(const json::value value, parse_json(json_text));
  std::optional<Error> error;
  const Node root(value, error);
  WorkerList out;
  if (root.is_object()) {
    for (const Node& node : root.objects("workers")) out.workers.push_back(read_summary(node));
    out.total = root.count("total");
    out.next = root.optional_string("next");
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

Result<WorkerDetail> parse_worker_detail(std::string_view json_text) {
  TRY_ASSIGN(const json::value value, parse_json(json_text));
  std::optional<Error> error;
  const Node root(value, error);
  WorkerDetail out;
  if (root.is_object()) {
    out.summary = read_summary(root);
    out.commit = root.string("commit");
    for (const Node& node : root.objects("recipes"))
      out.recipes.push_back({.file = node.string("file"),
                             .url = node.string("url"),
                             .sha256 = node.string("sha256"),
                             .generated = node.boolean("generated")});
    for (const Node& node : root.objects("variants")) out.variants.push_back(read_variant(node));
    for (const Node& node : root.objects("files"))
      out.files.push_back({.path = node.string("path"),
                           .size_bytes = node.count("size_bytes"),
                           .executable = node.boolean("executable"),
                           .url = node.string("url")});
    if (const auto node = root.object("capabilities"))
      out.capabilities = {.tasks = node->strings("tasks"),
                          .supported_formats = node->strings("supported_formats"),
                          .max_context_length = node->optional_integer("max_context_length"),
                          .supports_streaming = node->optional_boolean("supports_streaming"),
                          .supports_batching = node->optional_boolean("supports_batching")};
    if (const auto node = root.object("hardware")) out.hardware = hardware_from(*node);
    if (const auto node = root.object("run"))
      out.run = Run{.protocol = node->string("protocol"),
                    .args = node->strings("args"),
                    .health = node->string_or_empty("health")};
    if (const auto node = root.object("premium"))
      out.premium = Premium{.license_env = node->string_or_empty("license_env"),
                            .purchase_url = node->string_or_empty("purchase_url"),
                            .hosts = node->strings("hosts")};
    if (const auto node = root.object("build")) out.locked_fetch = node->strings("locked_fetch");
    out.manifest_url = root.string("manifest_url");
    out.readme_url = root.string_or_empty("readme_url");
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

Result<Trust> parse_trust(std::string_view json_text) {
  TRY_ASSIGN(const json::value value, parse_json(json_text));
  std::optional<Error> error;
  const Node root(value, error);
  Trust out;
  if (root.is_object()) {
    out.version = root.string("version");
    out.owner = root.string_or_empty("owner");
    out.owner_since = root.string_or_empty("owner_since");
    out.owner_is_first = root.boolean("owner_is_first");
    out.released_at = root.string_or_empty("released_at");
    out.by_submission = root.boolean("by_submission");
    out.reviewers = root.strings("reviewers");
    out.yanked = root.string_or_empty("yanked");
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

Result<std::vector<Release>> parse_releases(std::string_view json_text) {
  TRY_ASSIGN(const json::value value, parse_json(json_text));
  std::optional<Error> error;
  const Node root(value, error);
  std::vector<Release> out;
  if (root.is_object())
    for (const Node& each : root.objects("versions")) {
      Release release;
      release.version = each.string("version");
      release.released_at = each.string("released_at");
      release.commit = each.string_or_empty("commit");
      release.yanked = each.string_or_empty("yanked");
      for (const Node& variant : each.objects("variants"))
        release.variants.push_back({.os = variant.string("os"),
                                    .arch = variant.string("arch"),
                                    .accelerator = variant.string("accelerator"),
                                    .recipe = variant.string("recipe"),
                                    .features = {},
                                    .depends = {},
                                    .sources = {}});
      if (const auto node = each.object("hardware")) release.hardware = hardware_from(*node);
      out.push_back(std::move(release));
    }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

Result<Problem> parse_problem(std::string_view json_text) {
  TRY_ASSIGN(const json::value value, parse_json(json_text));
  std::optional<Error> error;
  const Node root(value, error);
  Problem out;
  if (root.is_object()) {
    // RFC 9457, 3.1.1: a missing type is "about:blank".
    out.type = root.optional_string("type").value_or("about:blank");
    out.title = root.string_or_empty("title");
    out.detail = root.string_or_empty("detail");
    out.instance = root.string_or_empty("instance");
    out.status = static_cast<int>(root.integer_or_zero("status"));
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

}  // namespace rbee::wire
