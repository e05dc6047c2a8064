#include "api/download_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

/// SHA-256 first, as rbee's own artefacts have it; then the stronger, then what else there is.
constexpr std::array kPreference = {
    HashAlgorithm::sha256, HashAlgorithm::b2,   HashAlgorithm::sha512, HashAlgorithm::sha384,
    HashAlgorithm::sha224, HashAlgorithm::sha1, HashAlgorithm::md5,    HashAlgorithm::cksum};

std::string name_of(HashAlgorithm algorithm) {
  std::string name(array_name(algorithm));
  return name.substr(0, name.size() - std::string_view("sums").size());
}

const pkgbuild::SourceEntry* fetched(const std::vector<pkgbuild::SourceEntry>& sources) {
  for (const pkgbuild::SourceEntry& source : sources)
    if (source.protocol == "https" || source.protocol == "http") return &source;
  return nullptr;
}

}  // namespace

Result<DownloadChoice> choose_download(const catalog::Worker& worker, std::string_view platform) {
  std::set<std::string> offered;
  for (const catalog::Variant& variant : worker.variants)
    offered.insert(to_string(variant.platform));
  const std::string has = fmt::format("it has {}", fmt::join(offered, ", "));
  if (platform.empty())
    return fail(Errc::invalid_input, "parameter-missing",
                "the parameter 'platform' says for which machine",
                {.fix = fmt::format("{}; for example ?platform={}", has,
                                    offered.empty() ? "linux-x86_64" : *offered.begin())});
  const auto wanted = parse_platform(platform);
  const bool any_accelerator = std::count(platform.begin(), platform.end(), '-') == 1;
  // Lower is better: the processor before accelerators when none was named, binaries before
  // sources.
  const catalog::Variant* best = nullptr;
  const auto rank = [](const catalog::Variant& variant) {
    return std::pair(variant.platform.accelerator,
                     variant.kind == manifest::RecipeKind::binary ? 0 : 1);
  };
  if (wanted)
    for (const catalog::Variant& variant : worker.variants) {
      if (variant.recipe == nullptr || variant.platform.os != wanted->os ||
          variant.platform.arch != wanted->arch ||
          (!any_accelerator && variant.platform.accelerator != wanted->accelerator))
        continue;
      if (best == nullptr || rank(variant) < rank(*best)) best = &variant;
    }
  if (best == nullptr)
    return fail(Errc::not_found, "variant-not-found",
                fmt::format("{} {} does not run on '{}'", worker.id.str(),
                            printable_line(worker.version), printable_line(platform.substr(0, 60))),
                {.fix = has});
  const auto sources = best->recipe->sources(best->platform.arch);
  const pkgbuild::SourceEntry* source = fetched(sources);
  if (source == nullptr)
    return fail(Errc::not_found, "download-none",
                fmt::format("{} is built from the catalog's own files or from Git on {}; there is "
                            "no file to download",
                            worker.id.str(), to_string(best->platform)),
                {.fix = fmt::format("rbee worker install {}", worker.id.str())});
  return DownloadChoice{best->platform, best->kind, *source};
}

boost::json::object to_json(const catalog::Worker& worker, const DownloadChoice& choice) {
  boost::json::object checksums;
  boost::json::value checksum;
  for (const HashAlgorithm algorithm : kPreference) {
    const auto found = choice.source.checksums.find(algorithm);
    if (found == choice.source.checksums.end() || !is_digest(algorithm, found->second)) continue;
    checksums[name_of(algorithm)] = found->second;
    if (checksum.is_null()) checksum = name_of(algorithm) + ":" + found->second;
  }
  return {{"worker", worker.id.str()},
          {"version", printable_line(worker.version)},
          {"platform", to_string(choice.platform)},
          {"recipe", std::string(manifest::file_name(choice.recipe))},
          {"download_url", printable_line(choice.source.url)},
          {"file_name", printable_line(choice.source.file_name)},
          {"checksum", std::move(checksum)},
          {"checksums", std::move(checksums)},
          {"requires_license", worker.manifest.premium.has_value()},
          {"purchase_url", worker.manifest.premium
                               ? boost::json::value(worker.manifest.premium->purchase_url)
                               : boost::json::value()}};
}

}  // namespace rbee::api
