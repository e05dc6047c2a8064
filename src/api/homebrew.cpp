#include "api/homebrew.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "api/rbee_worker.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace rbee::api {

namespace {

/// A Ruby string in double quotes: nothing in it is interpolated or ends it.
std::string ruby_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable_line(text)) {
    if (c == '"' || c == '\\' || c == '#') out += '\\';
    out += c;
  }
  return out + "\"";
}

struct Download {
  std::string url, sha256;
};

/// A variant's one source; nothing when it has more, or one that Homebrew cannot check.
std::optional<Download> download_of(const catalog::Variant& variant) {
  const auto sources = variant.recipe->sources(variant.platform.arch);
  if (sources.size() != 1) return std::nullopt;
  const auto url = Url::parse(sources[0].url);
  const auto digest = sources[0].checksums.find(HashAlgorithm::sha256);
  if (!url || url->scheme() == "file" || digest == sources[0].checksums.end() ||
      !is_digest(HashAlgorithm::sha256, digest->second))
    return std::nullopt;
  return Download{std::string(url->str()), digest->second};
}

/// Smaller is better; Homebrew has one formula for all accelerators.
int rank(const catalog::Variant& variant) {
  const Accelerator accelerator = variant.platform.accelerator;
  if (variant.platform.os == Os::macos && accelerator == Accelerator::metal) return 0;
  return accelerator == Accelerator::cpu ? 1 : 2 + static_cast<int>(accelerator);
}

std::string block(const catalog::Variant& variant, const Download& download) {
  return fmt::format("    on_{} do\n      url {}\n      sha256 \"{}\"\n    end\n",
                     variant.platform.arch == Arch::x86_64 ? "intel" : "arm",
                     ruby_quote(download.url), download.sha256);
}

}  // namespace

std::string formula_class(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '-') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

std::optional<std::string> homebrew_formula(const catalog::Worker& worker) {
  const std::string& id = worker.id.str();
  const catalog::Variant* first = nullptr;
  std::string platforms;
  for (const Os os : {Os::macos, Os::linux}) {
    std::string blocks;
    for (const Arch arch : {Arch::aarch64, Arch::x86_64}) {
      const catalog::Variant* best = nullptr;
      for (const catalog::Variant& variant : worker.variants)
        if (variant.kind == manifest::RecipeKind::binary && variant.recipe != nullptr &&
            variant.platform.os == os && variant.platform.arch == arch &&
            (best == nullptr || rank(variant) < rank(*best)) && download_of(variant))
          best = &variant;
      if (best == nullptr) continue;
      blocks += block(*best, *download_of(*best));
      if (first == nullptr) first = best;
    }
    if (!blocks.empty()) platforms += fmt::format("\n  on_{} do\n{}  end\n", to_string(os), blocks);
  }
  if (first == nullptr) return std::nullopt;

  // What the command may be called inside the archive, as for the hive (legacy_recipe.cpp).
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) {
    name.remove_prefix(name.rfind('/') + 1);
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.emplace_back(name);
  };
  if (worker.manifest.release) add(worker.manifest.release->binary);
  add(id);
  const std::string suffix = fmt::format("-{}", to_string(first->platform.accelerator));
  if (id.ends_with(suffix)) add(std::string_view(id).substr(0, id.size() - suffix.size()));
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + ruby_quote(name);

  std::string out = fmt::format("class {} < Formula\n", formula_class(id + "-bin"));
  const std::string& homepage = worker.manifest.homepage.empty()
                                    ? std::string(first->recipe->scalar("url"))
                                    : worker.manifest.homepage;
  out += fmt::format("  desc {}\n", ruby_quote(worker.manifest.description));
  if (!homepage.empty()) out += fmt::format("  homepage {}\n", ruby_quote(homepage));
  out += fmt::format("  version {}\n", ruby_quote(upstream_version(worker.version)));
  if (!worker.manifest.license.empty())
    out += fmt::format("  license {}\n", ruby_quote(worker.manifest.license));
  out += platforms;
  out += fmt::format(
      "\n  def install\n"
      "    files = [{}].flat_map {{ |name| Dir[\"**/#{{name}}\"] }}.select {{ |path| "
      "File.file?(path) "
      "}}\n"
      "    files = Dir[\"**/*\"].select {{ |path| File.file?(path) }} if files.empty?\n"
      "    odie \"none of the unpacked files has the name of the worker's command\" if "
      "files.length != 1\n"
      "    bin.install files.first => {}\n"
      "  end\nend\n",
      list, ruby_quote(id));
  return out;
}

}  // namespace rbee::api
