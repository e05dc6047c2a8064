#include "api/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "base/url.hpp"
#include "check/locked_fetch.hpp"

namespace rbee::api {

std::string encode_path(std::string_view path) {
  std::string out;
  for (std::string_view segment : split(path, '/')) {
    if (!out.empty()) out += '/';
    out += percent_encode(segment);
  }
  return out;
}

namespace {

std::string worker_url(const WorkerId& id, std::string_view base) {
  return fmt::format("{}/v1/workers/{}", base, id.str());
}

wire::Variant variant_view(const catalog::Variant& variant) {
  wire::Variant out{.os = std::string(to_string(variant.platform.os)),
                    .arch = std::string(to_string(variant.platform.arch)),
                    .accelerator = std::string(to_string(variant.platform.accelerator)),
                    .recipe = std::string(manifest::file_name(variant.kind)),
                    .features = variant.features,
                    .depends = variant.depends,
                    .sources = {}};
  if (variant.recipe == nullptr) return out;
  for (const pkgbuild::SourceEntry& source : variant.recipe->sources(variant.platform.arch)) {
    wire::Source view{.file_name = source.file_name,
                      .url = source.url,
                      .protocol = source.protocol,
                      .checksums = {},
                      .size_bytes = {}};
    for (const auto& [algorithm, digest] : source.checksums)
      view.checksums.emplace(array_name(algorithm), digest);
    out.sources.push_back(std::move(view));
  }
  return out;
}

}  // namespace

wire::WorkerSummary summarise(const catalog::Entry& worker, std::string_view base,
                              std::string_view query) {
  const std::string url = worker_url(worker.id, base);
  wire::WorkerSummary out{
      .id = worker.id.str(),
      .name = worker.name,
      .description = worker.description,
      .version = worker.version,
      .source = std::string(catalog::to_string(worker.origin)),
      .license = worker.license,
      .homepage = worker.homepage,
      .implementation = std::string(manifest::to_string(worker.implementation)),
      .tags = worker.tags,
      .accelerators = {},
      .tasks = worker.tasks,
      .pkgbuild_url = fmt::format("{}/PKGBUILD{}{}", url, worker.has_binary ? ".bin" : "", query),
      .url = fmt::format("{}{}", url, query),
      .author = worker.author,
      .created_at = rfc3339(worker.created),
      .updated_at = rfc3339(worker.updated)};
  for (const Accelerator accelerator : kAccelerators)
    if (worker.platforms.intersects(PlatformSet::of(accelerator)))
      out.accelerators.emplace_back(to_string(accelerator));
  return out;
}

wire::WorkerDetail detail(const catalog::Worker& worker, std::string_view commit,
                          std::string_view base, std::string_view query) {
  const std::string url = worker_url(worker.id, base);
  wire::WorkerDetail out;
  out.summary = summarise(catalog::entry_of(worker), base, query);
  out.commit = commit;
  for (const catalog::RecipeText& recipe : worker.recipes) {
    const std::string file(manifest::file_name(recipe.kind));
    out.recipes.push_back({.file = file,
                           .url = fmt::format("{}/{}{}", url, file, query),
                           .sha256 = Sha256::of(recipe.text).hex(),
                           .generated = recipe.generated});
  }
  for (const catalog::Variant& variant : worker.variants)
    out.variants.push_back(variant_view(variant));
  for (const catalog::File& file : worker.files)
    out.files.push_back({.path = file.path,
                         .size_bytes = file.size_bytes,
                         .executable = file.executable,
                         .url = fmt::format("{}/files/{}{}", url, encode_path(file.path), query)});
  const manifest::Capabilities& capabilities = worker.manifest.capabilities;
  out.capabilities = {.tasks = capabilities.tasks,
                      .supported_formats = capabilities.supported_formats,
                      .max_context_length = capabilities.max_context_length,
                      .supports_streaming = capabilities.supports_streaming,
                      .supports_batching = capabilities.supports_batching};
  const manifest::Hardware& hardware = worker.manifest.hardware;
  out.hardware = {hardware.ram_mb, hardware.vram_mb, hardware.disk_mb, hardware.cuda};
  if (const auto& run = worker.manifest.run)
    out.run = wire::Run{std::string(manifest::to_string(run->protocol)), run->args, run->health};
  if (const auto& premium = worker.manifest.premium)
    out.premium = wire::Premium{premium->license_env, premium->purchase_url, premium->hosts};
  out.locked_fetch = check::locked_fetchers(worker.manifest);
  out.manifest_url = fmt::format("{}/worker.toml{}", url, query);
  if (!worker.readme.empty()) out.readme_url = fmt::format("{}/README.md{}", url, query);
  return out;
}

boost::json::object to_json(const Numbers& numbers) {
  const auto rounded = [](double value, double to) { return std::round(value * to) / to; };
  constexpr double kCents = 100, kMillionths = 1e6;
  return {{"stars", numbers.stars},
          {"votes", numbers.votes},
          {"popularity", rounded(numbers.popularity, kMillionths)},
          {"ratings", numbers.ratings},
          {"rating", numbers.ratings == 0 ? boost::json::value()
                                          : boost::json::value(rounded(numbers.rating, kCents))},
          {"installs", numbers.installs},
          {"installs_30_days", numbers.installs_30_days},
          {"trend", rounded(numbers.trend, kMillionths)}};
}

wire::Release release(const catalog::Worker& worker) {
  wire::Release out;
  out.version = worker.version;
  out.released_at = rfc3339(worker.updated);
  out.commit = worker.last_commit.str();
  for (const catalog::Variant& variant : worker.variants)
    out.variants.push_back({.os = std::string(to_string(variant.platform.os)),
                            .arch = std::string(to_string(variant.platform.arch)),
                            .accelerator = std::string(to_string(variant.platform.accelerator)),
                            .recipe = std::string(manifest::file_name(variant.kind)),
                            .features = {},
                            .depends = {},
                            .sources = {}});
  const manifest::Hardware& hardware = worker.manifest.hardware;
  out.hardware = {hardware.ram_mb, hardware.vram_mb, hardware.disk_mb, hardware.cuda};
  return out;
}

Result<std::shared_ptr<const catalog::Entry>> find_worker(
    const std::shared_ptr<const catalog::Snapshot>& snapshot, std::string_view id) {
  TRY_ASSIGN(const WorkerId parsed, WorkerId::parse(id));
  auto found = snapshot == nullptr ? nullptr : snapshot->find(parsed.str());
  if (found == nullptr)
    return fail(Errc::not_found, "worker-not-found",
                fmt::format("no worker is called '{}'", parsed.str()));
  return found;
}

boost::json::object report_json(const community::Report& report, std::string_view subject) {
  return {{"id", report.id},
          {subject, report.subject},
          {"worker", report.worker},
          {"author", report.author},
          {"reporter", report.reporter},
          {"reason", printable(report.reason)},
          {"created_at", rfc3339(report.created)}};
}

}  // namespace rbee::api
