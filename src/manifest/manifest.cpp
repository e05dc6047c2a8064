// The sections of worker.toml, one function each, in the order of docs/worker-toml.md.
#include "manifest/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "base/url.hpp"
#include "manifest/report.hpp"
#include "manifest/rules.hpp"
#include "manifest/spdx.hpp"
#include "manifest/table_reader.hpp"

namespace rbee::manifest {

namespace {

constexpr Word<Implementation> kImplementations[] = {{"rust", Implementation::rust},
                                                     {"python", Implementation::python},
                                                     {"cpp", Implementation::cpp},
                                                     {"other", Implementation::other}};
constexpr Word<Os> kOsWords[] = {
    {"linux", Os::linux}, {"macos", Os::macos}, {"windows", Os::windows}};
constexpr Word<Arch> kArchWords[] = {
    {"x86_64", Arch::x86_64}, {"aarch64", Arch::aarch64}, {"armv7h", Arch::armv7h}};
constexpr Word<Accelerator> kAcceleratorWords[] = {
    {"cpu", Accelerator::cpu},          {"cuda", Accelerator::cuda},
    {"rocm", Accelerator::rocm},        {"metal", Accelerator::metal},
    {"vulkan", Accelerator::vulkan},    {"sycl", Accelerator::sycl},
    {"openvino", Accelerator::openvino}};
constexpr Word<RecipeKind> kRecipeWords[] = {{"PKGBUILD", RecipeKind::source},
                                             {"PKGBUILD.bin", RecipeKind::binary}};
constexpr Word<SourceType> kSourceTypes[] = {{"git", SourceType::git},
                                             {"tarball", SourceType::tarball}};
constexpr Word<BuildSystem> kBuildSystems[] = {{"cargo", BuildSystem::cargo},
                                               {"cmake", BuildSystem::cmake},
                                               {"make", BuildSystem::make},
                                               {"npm", BuildSystem::npm},
                                               {"pip", BuildSystem::pip}};
constexpr Word<Protocol> kProtocols[] = {{"rbee-jobs", Protocol::rbee_jobs},
                                         {"openai", Protocol::openai},
                                         {"ollama", Protocol::ollama},
                                         {"whisper-cpp", Protocol::whisper_cpp},
                                         {"comfyui", Protocol::comfyui},
                                         {"http", Protocol::http},
                                         {"cli", Protocol::cli}};

constexpr TextRule kWordRule{.check = check_word};
constexpr TextRule kLabelRule{.length_max = 64};
constexpr std::int64_t kMegabytesMax = 64 * 1024 * 1024;

void read_license(TableReader& table, Manifest& manifest) {
  manifest.license = table.text("license", {.length_max = 200}, Need::required);
  if (manifest.license.empty()) return;
  const auto& region = table.node("license")->source();
  for (const SpdxRemark& remark : parse_spdx(manifest.license).remarks) {
    const Span span = table.report().inside(region, manifest.license, remark.span.begin,
                                            remark.span.end - remark.span.begin);
    table.report().add(remark.error ? "license-invalid" : "license-unknown", span, remark.message,
                       {.why = remark.error ? "license is an SPDX expression, such as 'MIT' or "
                                              "'Apache-2.0 OR GPL-3.0-or-later'"
                                            : "",
                        .fix = remark.fix,
                        .severity = remark.error ? Severity::block : Severity::warn});
  }
}

// version = "1.2.3" | { cargo = "path/Cargo.toml" }
void read_version(TableReader& table, Manifest& manifest) {
  const toml::node* node = table.node("version");
  if (node == nullptr) return;
  if (!node->is_table()) {
    manifest.version = table.text("version", {.check = check_version});
    return;
  }
  if (auto version = table.table("version")) {
    manifest.version_cargo = version->text("cargo", {.check = check_relative_path}, Need::required);
    if (!manifest.version_cargo.empty() && !("/" + manifest.version_cargo).ends_with("/Cargo.toml"))
      version->report().add(
          "toml-wrong-value", version->where("cargo"),
          fmt::format("'{}' is not the path of a Cargo.toml", manifest.version_cargo));
    version->refuse_unknown_keys();
  }
}

void read_worker(TableReader& table, std::string_view directory, Manifest& manifest,
                 std::optional<WorkerId>& id) {
  const std::string id_text = table.text("id", {.length_max = 1000}, Need::required);
  if (!id_text.empty()) {
    if (auto parsed = WorkerId::parse(id_text)) {
      id = std::move(*parsed);
      if (!directory.empty() && id_text != directory)
        table.report().add(
            "toml-id-mismatch", table.where("id"),
            fmt::format("[worker].id is '{}', and the folder is called '{}'", id_text,
                        printable_line(directory)),
            {.why = "the folder's name is the worker's id", .fix = "rename one of them"});
    } else {
      table.report().add(
          "toml-wrong-value", table.where("id"),
          fmt::format("[worker].id: '{}' is not a worker id",
                      printable_line(std::string_view(id_text).substr(0, 100))),
          {.why = "an id is 1 to 100 lower-case letters, digits and '-', a letter or digit first"});
    }
  }
  manifest.name = table.text("name", {.length_max = 100}, Need::required);
  manifest.description = table.text("description", {.length_max = 255}, Need::required);
  read_license(table, manifest);
  manifest.homepage = table.text("homepage", {.length_max = 2000, .check = check_url});
  manifest.tags = table.strings("tags", {.check = check_tag}, 16);
  manifest.implementation =
      table.word("implementation", kImplementations).value_or(Implementation::other);
  read_version(table, manifest);
  table.refuse_unknown_keys();
}

void read_capabilities(TableReader& table, Capabilities& capabilities) {
  capabilities.tasks = table.strings("tasks", kWordRule, 32);
  capabilities.supported_formats = table.strings("supported_formats", kWordRule, 32);
  capabilities.max_context_length = table.integer("max_context_length", 1, 1'000'000'000);
  capabilities.supports_streaming = table.boolean("supports_streaming");
  capabilities.supports_batching = table.boolean("supports_batching");
  table.refuse_unknown_keys();
}

void read_hardware(TableReader& table, Hardware& hardware) {
  hardware.ram_mb = table.integer("ram_mb", 0, kMegabytesMax).value_or(0);
  hardware.vram_mb = table.integer("vram_mb", 0, kMegabytesMax).value_or(0);
  hardware.disk_mb = table.integer("disk_mb", 0, kMegabytesMax).value_or(0);
  hardware.cuda = table.text("cuda", {.check = check_condition});
  table.refuse_unknown_keys();
}

VariantRow read_variant(TableReader& table) {
  VariantRow row;
  row.accelerator =
      table.word("accelerator", kAcceleratorWords, Need::required).value_or(Accelerator::cpu);
  row.os = table.words("os", kOsWords);
  if (!table.has("os")) row.os = {Os::linux};
  row.arch = table.words("arch", kArchWords);
  if (!table.has("arch")) table.missing("arch");
  for (const std::string_view key : {"os", "arch"})
    if (const toml::node* node = table.node(key);
        node != nullptr && node->is_array() && node->as_array()->empty())
      table.report().add("toml-wrong-value", table.where(key),
                         fmt::format("{} is empty", table.name(key)),
                         {.why = "such a variant runs nowhere"});
  row.recipe = table.word("recipe", kRecipeWords);
  row.features = table.strings("features", {.check = check_feature}, 32);
  row.depends = table.strings("depends", {.check = check_dependency}, 64);
  table.refuse_unknown_keys();
  return row;
}

void read_variants(TableReader& root, Manifest& manifest) {
  // A row without `recipe` stands for both, so it collides with either.
  std::set<std::pair<Platform, RecipeKind>> seen;
  for (TableReader& table : root.tables("variant", 64)) {
    const VariantRow& row = manifest.variants.emplace_back(read_variant(table));
    std::set<std::pair<Platform, RecipeKind>> own;
    for (const Os os : row.os)
      for (const Arch arch : row.arch)
        for (const RecipeKind kind : {RecipeKind::source, RecipeKind::binary})
          if (!row.recipe || *row.recipe == kind)
            own.insert({Platform{os, arch, row.accelerator}, kind});
    for (const auto& [platform, kind] : own) {
      if (seen.insert({platform, kind}).second) continue;
      table.report().add("toml-repeated-variant", table.header(),
                         fmt::format("an earlier [[variant]] describes {} from {} already",
                                     to_string(platform), file_name(kind)));
      break;
    }
  }
}

SourceTable read_source(TableReader& table) {
  SourceTable source;
  const auto type = table.word("type", kSourceTypes, Need::required);
  source.type = type.value_or(SourceType::git);
  source.url = table.text("url", {.length_max = 2000, .check = check_source_url}, Need::required);
  source.tag = table.text("tag", {.check = check_git_ref});
  source.branch = table.text("branch", {.check = check_git_ref});
  source.commit = table.text("commit", {.check = check_commit});
  source.path = table.text("path", {.check = check_versioned_path});
  source.sha256 = table.text("sha256", {.check = check_sha256});
  source.build_system =
      table.word("build_system", kBuildSystems, Need::required).value_or(BuildSystem::cargo);
  source.binary = table.text("binary", {.check = check_relative_path});
  if (type == SourceType::tarball) {
    for (const std::string_view key : {"tag", "branch", "commit"})
      if (table.has(key))
        table.report().add("toml-conflict", table.where(key),
                           fmt::format("{} has no meaning for a tarball", table.name(key)));
    if (!table.has("sha256"))
      table.missing("sha256", "a download must be the bytes that were reviewed");
  } else if (type == SourceType::git) {
    if (table.has("sha256"))
      table.report().add("toml-conflict", table.where("sha256"),
                         fmt::format("{} has no meaning for Git", table.name("sha256")),
                         {.fix = "pin the source with commit"});
    if (!table.has("tag") && !table.has("branch") && !table.has("commit"))
      table.missing("commit",
                    "without it, each build takes whatever the default branch holds that day");
    else if (!table.has("commit"))
      table.report().add("source-not-pinned", table.header(),
                         "a tag or a branch can be moved to other code after the review",
                         {.why = "installers refuse sources that are not pinned",
                          .fix = "add commit = \"<40 hexadecimal digits>\"",
                          .severity = Severity::warn});
  }
  table.refuse_unknown_keys();
  return source;
}

ReleaseTable read_release(TableReader& table) {
  ReleaseTable release;
  release.url = table.text("url", {.length_max = 2000, .check = check_release_url}, Need::required);
  release.binary = table.text("binary", {.check = check_versioned_path}, Need::required);
  if (const auto slash = release.binary.rfind('/');
      release.binary.find('{', slash == std::string::npos ? 0 : slash) != std::string::npos)
    table.report().add(
        "toml-wrong-value", table.where("binary"),
        fmt::format("{}: the command's own name cannot have a placeholder", table.name("binary")));
  auto digests = table.table("sha256");
  if (!digests) {
    if (!table.has("sha256"))
      table.missing("sha256", "a download must be the bytes that were reviewed");
    table.refuse_unknown_keys();
    return release;
  }
  std::map<std::string, std::string> digest_of_url;
  for (const auto& [key, value] : digests->entries(64)) {
    Report& report = table.report();
    const auto platform = parse_platform(key.value);
    if (!platform || to_string(*platform) != key.value) {
      report.add("toml-wrong-value", report.span(key.region),
                 fmt::format("'{}' is not a platform",
                             printable_line(std::string_view(key.value).substr(0, 100))),
                 {.why = "keys are os-arch-accelerator, such as 'linux-x86_64-cpu'",
                  .fix = platform ? to_string(*platform) : platform.error().fix});
      continue;
    }
    if (const std::string wrong = check_sha256(value.value); !wrong.empty()) {
      report.add("toml-wrong-value", report.span(value.region),
                 fmt::format("the value for '{}' {}", key.value, wrong));
      continue;
    }
    std::string digest = value.value;
    std::transform(digest.begin(), digest.end(), digest.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    const auto [known, added] =
        digest_of_url.try_emplace(expand_placeholders(release.url, "1.0", *platform), digest);
    if (!added && known->second != digest)
      report.add(
          "toml-conflict", report.span(value.region),
          fmt::format("'{}' has another digest than a platform with the same URL", key.value),
          {.fix = "put {os}, {arch} or {accelerator} into the URL"});
    release.sha256.emplace(key.value, std::move(digest));
  }
  if (digests->entries(64).empty())
    table.report().add("toml-wrong-value", table.where("sha256"),
                       fmt::format("{} is empty", table.name("sha256")),
                       {.why = "such a release runs nowhere"});
  table.refuse_unknown_keys();
  return release;
}

/// Managers that can fetch exactly what a lock file names.
constexpr Word<std::string_view> kLockedFetch[] = {
    {"cargo", "cargo"}, {"npm", "npm"}, {"pnpm", "pnpm"}, {"yarn", "yarn"}, {"go", "go"}};

Premium read_premium(TableReader& table) {
  Premium premium;
  premium.license_env = table.text("license_env", {.check = check_license_env}, Need::required);
  premium.purchase_url =
      table.text("purchase_url", {.length_max = 2000, .check = check_secure_url});
  premium.hosts = table.strings("hosts", {.check = check_host}, 8);
  if (!table.has("hosts")) table.missing("hosts", "the key is sent to these hosts and to no other");
  table.refuse_unknown_keys();
  return premium;
}

Run read_run(TableReader& table) {
  Run run;
  run.protocol = table.word("protocol", kProtocols, Need::required).value_or(Protocol::http);
  for (const Text& argument : table.texts(
           "args",
           {.length_min = 0, .length_max = 500, .repeats = Repeats::kept, .check = check_argument},
           64)) {
    run.args.push_back(argument.value);
    const std::string_view address =
        std::string_view(argument.value).substr(argument.value.find('=') + 1);
    if (address == "0.0.0.0" || address == "::" || address == "[::]" || address == "*" ||
        address.starts_with("0.0.0.0:") || address.starts_with("[::]:"))
      table.report().add(
          "META-002", table.report().span(argument.region),
          "the worker would listen on every network of the machine",
          {.why = "a worker is reachable from this machine only, unless its user decides otherwise",
           .fix = "write 127.0.0.1 or {host}"});
  }
  run.health = table.text("health", {.check = check_url_path});
  table.refuse_unknown_keys();
  return run;
}

HuggingFace read_huggingface(TableReader& table) {
  HuggingFace answer;
  answer.tasks = table.strings("tasks", kWordRule, 32);
  answer.libraries = table.strings("libraries", kWordRule, 32);
  answer.formats = table.strings("formats", kWordRule, 32);
  answer.languages = table.strings("languages", kWordRule, 200);
  answer.licenses = table.strings("licenses", kWordRule, 64);
  answer.min_parameters = table.number("min_parameters", 0, 1'000'000);
  answer.max_parameters = table.number("max_parameters", 0, 1'000'000);
  if (answer.min_parameters && answer.max_parameters &&
      *answer.min_parameters > *answer.max_parameters)
    table.report().add("toml-conflict", table.where("min_parameters"),
                       "min_parameters is above max_parameters");
  table.refuse_unknown_keys();
  return answer;
}

CivitAi read_civitai(TableReader& table) {
  CivitAi answer;
  answer.model_types = table.strings("model_types", kLabelRule, 32);
  answer.base_models = table.strings("base_models", kLabelRule, 100);
  table.refuse_unknown_keys();
  return answer;
}

/// Conditions between tables.
void check_whole(TableReader& root, const Manifest& manifest) {
  if (manifest.premium && manifest.release) {
    // {version} and its like may stand in the host as well; any version shows which host it is.
    const auto url = Url::parse(expand_placeholders(manifest.release->url, "1.0", Platform{}));
    if (url && std::find(manifest.premium->hosts.begin(), manifest.premium->hosts.end(),
                         url->host()) == manifest.premium->hosts.end())
      root.report().add(
          "toml-conflict", root.where("premium"),
          fmt::format("[premium].hosts does not name '{}', where [release] is downloaded from",
                      url->host()),
          {.why = "the licence key would not be sent there", .severity = Severity::warn});
  }
  if (manifest.release && !manifest.variants.empty()) {
    for (const VariantRow& row : manifest.variants) {
      if (row.recipe != RecipeKind::binary) continue;
      for (const Os os : row.os)
        for (const Arch arch : row.arch) {
          const std::string platform = to_string(Platform{os, arch, row.accelerator});
          if (!manifest.release->sha256.contains(platform))
            root.report().add(
                "toml-conflict", root.where("release"),
                fmt::format("[release].sha256 has no digest for {}, which a [[variant]] offers",
                            platform));
        }
    }
  }
}

}  // namespace

Parsed parse_manifest(std::string_view text, std::string_view directory) {
  Report report(text, "worker.toml");
  if (!check_raw_toml(text, report)) return {std::nullopt, report.take()};
  const auto document = parse_toml(text, report);
  if (!document) return {std::nullopt, report.take()};

  TableReader root(report, *document, "");
  // A placeholder id until the real one is known; it never leaves this function.
  std::optional<WorkerId> id;
  Manifest manifest(*WorkerId::parse("unknown"));
  if (auto table = root.table("worker"))
    read_worker(*table, directory, manifest, id);
  else if (!root.has("worker"))
    report.add("toml-missing-key", {0, 1}, "the table [worker] is missing",
               {.fix = "begin with [worker] and its id, name, description and license"});
  if (auto table = root.table("capabilities")) read_capabilities(*table, manifest.capabilities);
  if (auto table = root.table("hardware")) read_hardware(*table, manifest.hardware);
  read_variants(root, manifest);
  if (auto table = root.table("source")) manifest.source = read_source(*table);
  if (auto table = root.table("release")) manifest.release = read_release(*table);
  if (auto table = root.table("build"))
    for (const std::string_view manager : table->words("locked_fetch", kLockedFetch))
      manifest.locked_fetch.emplace_back(manager);
  if (auto table = root.table("premium")) manifest.premium = read_premium(*table);
  if (auto table = root.table("run")) manifest.run = read_run(*table);
  if (auto table = root.table("compatibility")) {
    if (auto site = table->table("huggingface")) manifest.huggingface = read_huggingface(*site);
    if (auto site = table->table("civitai")) manifest.civitai = read_civitai(*site);
    table->refuse_unknown_keys();
  }
  check_whole(root, manifest);
  root.refuse_unknown_keys();

  Parsed parsed;
  if (id && !report.blocks()) {
    manifest.id = std::move(*id);
    parsed.manifest = std::move(manifest);
  }
  parsed.findings = report.take();
  return parsed;
}

}  // namespace rbee::manifest
