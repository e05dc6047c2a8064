#include "api/rbee_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "api/homebrew.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace bj = boost::json;
using manifest::RecipeKind;

namespace {

bj::string text(std::string_view value) {
  return bj::string(value.data(), value.size());
}

template <typename Range>
bj::array texts(const Range& values) {
  bj::array out;
  for (std::string_view value : values) out.emplace_back(text(value));
  return out;
}

void add_new(std::vector<std::string>& to, std::string_view value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.emplace_back(value);
}

/// What a set of variants has together, each value once, in the catalog's order.
struct Union {
  std::vector<std::string> platforms, architectures, depends, makedepends, features;
};

using Variants = std::vector<const catalog::Variant*>;

Union unite(const Variants& variants) {
  Union out;
  for (const catalog::Variant* variant : variants) {
    add_new(out.platforms, to_string(variant->platform.os));
    // Their readers know two architectures, and one unknown word would fail the whole list.
    if (variant->platform.arch != Arch::armv7h)
      add_new(out.architectures, to_string(variant->platform.arch));
    for (const std::string& name : variant->depends) add_new(out.depends, name);
    for (const std::string& feature : variant->features) add_new(out.features, feature);
    if (variant->recipe != nullptr)
      for (const std::string& name : variant->recipe->array("makedepends"))
        add_new(out.makedepends, name);
  }
  return out;
}

/// cargo, cmake, make, npm or pip: as the manifest says, else as the recipe's tools show.
std::string_view build_system(const catalog::Worker& worker, const Union& all) {
  if (const auto& source = worker.manifest.source) return manifest::to_string(source->build_system);
  const auto needs = [&](std::string_view tool) {
    return std::find(all.makedepends.begin(), all.makedepends.end(), tool) != all.makedepends.end();
  };
  if (needs("cargo") || needs("rust")) return "cargo";
  return needs("cmake") ? "cmake" : "make";
}

bj::object source_object(const catalog::Worker& worker, const Variants& variants,
                         std::string_view base) {
  bj::object out;
  const auto put = [&](const char* key, std::string_view value) {
    if (!value.empty()) out[key] = text(value);
  };
  if (const auto& source = worker.manifest.source) {
    out["type"] = text(manifest::to_string(source->type));
    put("url", source->url);
    put("branch", source->branch);
    put("tag", source->tag);
    put("path", source->path);
    return out;
  }
  for (const catalog::Variant* variant : variants) {
    if (variant->recipe == nullptr) continue;
    for (const pkgbuild::SourceEntry& source : variant->recipe->sources(variant->platform.arch)) {
      if (source.protocol == "local") continue;
      std::string_view url = source.url;
      if (source.protocol != "git") return {{"type", "tarball"}, {"url", text(url)}};
      out["type"] = "git";
      if (url.starts_with("git+")) url.remove_prefix(4);
      const std::size_t hash = url.find('#');
      put("url", url.substr(0, hash));
      const std::string_view fragment =
          hash == std::string_view::npos ? std::string_view() : url.substr(hash + 1);
      for (const char* key : {"branch", "tag"})
        if (fragment.starts_with(std::string(key) + "="))
          put(key, fragment.substr(std::string_view(key).size() + 1));
      return out;
    }
  }
  // Every source lies beside the recipe.
  return {{"type", "tarball"},
          {"url", text(fmt::format("{}/v1/workers/{}", base, worker.id.str()))}};
}

std::string_view implementation(const catalog::Worker& worker) {
  // "other" is not a word of theirs.
  return worker.manifest.implementation == manifest::Implementation::other
             ? "cpp"
             : manifest::to_string(worker.manifest.implementation);
}

bj::object build_object(const Union& all, std::string_view system) {
  bj::object out;
  if (!all.features.empty()) out["features"] = texts(all.features);
  out["system"] = text(system);
  return out;
}

bj::object compatibility(const manifest::Manifest& manifest) {
  bj::object out;
  if (const auto& face = manifest.huggingface) {
    bj::object part{{"tasks", texts(face->tasks)},
                    {"libraries", texts(face->libraries)},
                    {"formats", texts(face->formats)}};
    if (!face->languages.empty()) part["languages"] = texts(face->languages);
    if (!face->licenses.empty()) part["licenses"] = texts(face->licenses);
    if (face->min_parameters) part["minParameters"] = *face->min_parameters;
    if (face->max_parameters) part["maxParameters"] = *face->max_parameters;
    out["huggingface"] = std::move(part);
  }
  if (const auto& civitai = manifest.civitai)
    out["civitai"] = bj::object{{"modelTypes", texts(civitai->model_types)},
                                {"baseModels", texts(civitai->base_models)}};
  return out;
}

/// Both spellings of a flat key.
void put_twice(bj::object& out, const char* snake, const char* camel, const bj::value& value) {
  out[snake] = value;
  out[camel] = value;
}

}  // namespace

std::string_view clamped_backend(Accelerator accelerator) {
  switch (accelerator) {
    case Accelerator::cuda:
    case Accelerator::rocm:
    case Accelerator::metal:
      return to_string(accelerator);
    case Accelerator::cpu:
    case Accelerator::vulkan:
    case Accelerator::sycl:
    case Accelerator::openvino:
      return "cpu";
  }
  return "cpu";
}

std::string upstream_version(std::string_view release) {
  if (const std::size_t colon = release.find(':'); colon != std::string_view::npos)
    release.remove_prefix(colon + 1);
  return std::string(release.substr(0, release.rfind('-')));
}

bj::value rbee_worker(const catalog::Worker& worker, std::optional<Accelerator> only,
                      std::string_view base) {
  const manifest::Manifest& manifest = worker.manifest;
  Variants variants;
  for (const catalog::Variant& variant : worker.variants)
    if (!only || variant.platform.accelerator == *only) variants.push_back(&variant);
  const Union all = unite(variants);
  const std::string id =
      only ? fmt::format("{}-{}", worker.id.str(), to_string(*only)) : worker.id.str();
  const std::string name = manifest.name.empty() ? worker.id.str() : manifest.name;
  const std::string install_path = "/usr/local/bin/" + id;
  const std::string_view system = build_system(worker, all);

  bj::object out;
  out["id"] = text(id);
  out["implementation"] = text(implementation(worker));
  out["version"] = text(upstream_version(worker.version));
  out["name"] = text(only ? fmt::format("{} ({})", name, to_string(*only)) : name);
  out["description"] = text(manifest.description);
  out["license"] = text(manifest.license);
  if (!worker.readme.empty())
    out["readmeUrl"] = text(fmt::format("{}/v1/workers/{}/README.md", base, worker.id.str()));
  out["author"] = text(worker.author);
  out["createdAt"] = text(rfc3339(worker.created));
  out["updatedAt"] = text(rfc3339(worker.updated));
  out["source"] = source_object(worker, variants, base);
  out["build"] = build_object(all, system);
  out["depends"] = texts(all.depends);
  out["makedepends"] = texts(all.makedepends);

  // Where a recipe kind is missing, its URL is the other's: a string is required, and a dead link
  // helps nobody.
  const bool has_binary = worker.recipe(RecipeKind::binary) != nullptr;
  const bool has_source = worker.recipe(RecipeKind::source) != nullptr;
  const auto arch_url = [&](bool binary) {
    return text(
        fmt::format("/pkgbuilds/arch/{}-{}.PKGBUILD", worker.id.str(), binary ? "bin" : "git"));
  };
  const std::string homebrew =
      homebrew_formula(worker) ? fmt::format("/pkgbuilds/homebrew/{}-bin.rb", worker.id.str()) : "";
  bj::array groups;
  for (Accelerator accelerator : kAccelerators) {
    Variants group;
    std::copy_if(variants.begin(), variants.end(), std::back_inserter(group),
                 [&](const catalog::Variant* variant) {
                   return variant->platform.accelerator == accelerator;
                 });
    if (group.empty()) continue;
    const Union own = unite(group);
    groups.emplace_back(bj::object{{"backend", text(clamped_backend(accelerator))},
                                   {"accelerator", text(to_string(accelerator))},
                                   {"platforms", texts(own.platforms)},
                                   {"architectures", texts(own.architectures)},
                                   {"pkgbuildUrl", arch_url(has_binary)},
                                   {"pkgbuildUrlGit", arch_url(!has_source)},
                                   {"homebrewFormula", text(homebrew)},
                                   {"homebrewFormulaGit", ""},
                                   {"build", build_object(own, system)},
                                   {"depends", texts(own.depends)},
                                   {"makedepends", texts(own.makedepends)},
                                   {"binaryName", text(id)},
                                   {"installPath", text(install_path)}});
  }
  out["variants"] = std::move(groups);

  const manifest::Capabilities& claims = manifest.capabilities;
  bj::object capabilities;
  capabilities["supportedFormats"] = texts(claims.supported_formats);
  if (claims.max_context_length) capabilities["maxContextLength"] = *claims.max_context_length;
  capabilities["supportsStreaming"] = claims.supports_streaming.value_or(false);
  capabilities["supportsBatching"] = claims.supports_batching.value_or(false);
  out["capabilities"] = capabilities;
  if (auto part = compatibility(manifest); !part.empty())
    out["marketplaceCompatibility"] = std::move(part);

  // The flat keys. A worker that runs on the processor is a cpu worker to readers that know one
  // backend each.
  const bool on_cpu =
      std::any_of(variants.begin(), variants.end(), [](const catalog::Variant* variant) {
        return variant->platform.accelerator == Accelerator::cpu;
      });
  const Accelerator first =
      on_cpu || variants.empty() ? Accelerator::cpu : variants.front()->platform.accelerator;
  put_twice(out, "worker_type", "workerType", text(clamped_backend(first)));
  out["platforms"] = texts(all.platforms);
  out["architectures"] = texts(all.architectures);
  put_twice(out, "pkgbuild_url", "pkgbuildUrl", text(fmt::format("/workers/{}/PKGBUILD", id)));
  put_twice(out, "build_system", "buildSystem",
            text(system == "npm" || system == "pip" ? "make" : system));
  put_twice(out, "binary_name", "binaryName", text(id));
  put_twice(out, "install_path", "installPath", text(install_path));
  put_twice(out, "supported_formats", "supportedFormats", capabilities["supportedFormats"]);
  if (claims.max_context_length)
    put_twice(out, "max_context_length", "maxContextLength", *claims.max_context_length);
  put_twice(out, "supports_streaming", "supportsStreaming", capabilities["supportsStreaming"]);
  put_twice(out, "supports_batching", "supportsBatching", capabilities["supportsBatching"]);
  return out;
}

}  // namespace rbee::api
