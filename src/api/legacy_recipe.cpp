#include "api/legacy_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/rbee_worker.hpp"
#include "api/views.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace rbee::api {

namespace {

bool is_made_of(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           punctuation.find(c) != std::string_view::npos;
  });
}

tl::unexpected<Error> not_expressible(std::string why) {
  return fail(Errc::unsupported, "legacy-not-expressible",
              "this worker cannot be written as a legacy recipe", {.why = std::move(why)});
}

/// `text` as one word in single quotes, without what their reader of quotes and braces stumbles
/// over.
std::string plain_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : printable_line(text))
    if (c != '\'' && c != '{' && c != '}' && c != '\\') out += c;
  return out + "'";
}

std::string array_of(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += (out.empty() ? "" : " ") + plain_quoted(value);
  return "(" + out + ")";
}

/// A URL without any byte that a shell could read; the same resource.
Result<std::string> shell_safe_url(std::string_view text) {
  const auto url = Url::parse(text);
  if (!url || url->scheme() == "file")
    return not_expressible(fmt::format("the source '{}' is not fetched over http",
                                       printable_line(text.substr(0, 200))));
  std::string out;
  for (char c : url->str()) {
    if (is_made_of({&c, 1}, "-._~:/?#@&+,;=%[]")) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

/// The strongest digest that coreutils checks: "sha256sum" and the digits.
Result<std::pair<std::string_view, std::string>> digest_check(const pkgbuild::SourceEntry& source) {
  constexpr std::array<std::pair<HashAlgorithm, std::string_view>, 5> kTools = {
      {{HashAlgorithm::sha256, "sha256sum"},
       {HashAlgorithm::sha512, "sha512sum"},
       {HashAlgorithm::b2, "b2sum"},
       {HashAlgorithm::sha384, "sha384sum"},
       {HashAlgorithm::sha224, "sha224sum"}}};
  for (const auto& [algorithm, tool] : kTools)
    if (const auto at = source.checksums.find(algorithm);
        at != source.checksums.end() && is_digest(algorithm, at->second))
      return std::pair(tool, at->second);
  return not_expressible(fmt::format("the source '{}' has no strong checksum",
                                     printable_line(source.file_name.substr(0, 200))));
}

/// One arm of the `case` over uname.
Result<std::string> arm(const catalog::Worker& worker, const catalog::Variant& variant,
                        std::string_view base, std::string& first_source) {
  const std::string_view os = variant.platform.os == Os::macos ? "Darwin" : "Linux";
  const std::string_view arch =
      variant.platform.arch == Arch::armv7h ? "armv7l" : to_string(variant.platform.arch);
  std::string out = fmt::format("{}-{}{})\n", os, arch,
                                arch == "aarch64" ? fmt::format("|{}-arm64", os) : std::string());
  const auto sources = variant.recipe->sources(variant.platform.arch);
  if (sources.empty()) return not_expressible("its binary recipe has no source");
  for (const pkgbuild::SourceEntry& source : sources) {
    if (!is_made_of(source.file_name, "-._+@~") || source.file_name.starts_with('-') ||
        source.file_name.starts_with('.'))
      return not_expressible(fmt::format("the file name '{}' holds unusual characters",
                                         printable_line(source.file_name.substr(0, 200))));
    const std::string from = source.protocol == "local"
                                 ? fmt::format("{}/v1/workers/{}/files/{}", base, worker.id.str(),
                                               encode_path(source.url))
                                 : source.url;
    TRY_ASSIGN(const std::string url, shell_safe_url(from));
    TRY_ASSIGN(const auto check, digest_check(source));
    out +=
        fmt::format("fetch '{}' '{}' {} '{}'\n", url, source.file_name, check.first, check.second);
    if (first_source.empty()) first_source = fmt::format("{}::{}", source.file_name, url);
  }
  return out + ";;\n";
}

/// Their reader trims every line and counts braces wherever they stand; so do not write one in a
/// string here.
constexpr std::string_view kRecipe =
    R"RECIPE(# Rendered by rbee-market for the installer of rbee's hive: one-line fields, no need of makepkg.
# The worker's own recipe: {base}/v1/workers/{id}/PKGBUILD.bin
pkgname={package}
pkgver={version}
pkgrel={release}
pkgdesc={description}
arch={arches}
license={license}
depends={depends}
source=("{source}")
sha256sums=("SKIP")

build() {{
fetch() {{
echo "fetching $1"
curl --fail --silent --show-error --location --proto '=http,https' --proto-redir '=http,https' --output "$2" -- "$1"
if ! printf '%s  %s\n' "$4" "$2" | "$3" -c - ; then
echo "error: $2 is not the file that the recipe names: $4 expected" >&2
rm -f -- "$2"
exit 1
fi
case "$2" in
*.tar|*.tar.*|*.tgz|*.txz) tar --no-same-owner -xf "$2" -C unpacked ;;
*.zip) unzip -q -o "$2" -d unpacked ;;
*) cp -- "$2" unpacked/ ;;
esac
}}
cd "$srcdir"
rm -rf unpacked
mkdir unpacked
case "$(uname -s)-$(uname -m)" in
{arms}*)
echo "error: $pkgname has no binary for $(uname -s)-$(uname -m)" >&2
exit 1
;;
esac
}}

package() {{
cd "$srcdir/unpacked"
binary=""
for name in{names}; do
if [ -z "$binary" ]; then
binary="$(find . -type f -name "$name" -print | sort | head -n 1)"
fi
done
if [ -z "$binary" ]; then
if [ "$(find . -type f | wc -l)" -ne 1 ]; then
echo "error: none of the unpacked files has a name that the worker's command could have" >&2
exit 1
fi
binary="$(find . -type f)"
fi
install -Dm755 "$binary" "$pkgdir/usr/local/bin/$pkgname"
}}
)RECIPE";

}  // namespace

Result<std::string> legacy_recipe(const catalog::Worker& worker, Accelerator accelerator,
                                  std::string_view package_name, std::string_view base) {
  std::vector<const catalog::Variant*> variants;
  for (const catalog::Variant& variant : worker.variants)
    if (variant.kind == manifest::RecipeKind::binary &&
        variant.platform.accelerator == accelerator && variant.platform.os != Os::windows &&
        variant.recipe != nullptr)
      variants.push_back(&variant);
  if (variants.empty())
    return fail(Errc::not_found, "legacy-no-binary",
                fmt::format("the worker '{}' has no binary recipe for {}", worker.id.str(),
                            to_string(accelerator)));

  const pkgbuild::Recipe& recipe = *variants.front()->recipe;
  const std::string version(recipe.scalar("pkgver"));
  const std::string release(recipe.scalar("pkgrel"));
  // Their executor writes these three into a script between double quotes.
  if (!is_made_of(version, "._+~") || !is_made_of(release, ".") || !WorkerId::parse(package_name))
    return not_expressible("its version holds unusual characters");

  std::string arms, first_source;
  std::vector<std::string> arches, depends;
  for (const catalog::Variant* variant : variants) {
    TRY_ASSIGN(const std::string text, arm(worker, *variant, base, first_source));
    arms += text;
    const std::string arch(to_string(variant->platform.arch));
    if (std::find(arches.begin(), arches.end(), arch) == arches.end()) arches.push_back(arch);
    for (const std::string& name : variant->depends)
      if (is_made_of(name, "@._+:<>=-") &&
          std::find(depends.begin(), depends.end(), name) == depends.end())
        depends.push_back(name);
  }

  // What the command is called inside the archive: as the manifest or the package says, or the
  // worker's own name.
  std::vector<std::string> names;
  const auto add_name = [&](std::string_view name) {
    name.remove_prefix(name.rfind('/') + 1);
    if (is_made_of(name, "-._+") && std::find(names.begin(), names.end(), name) == names.end())
      names.emplace_back(name);
  };
  if (worker.manifest.release) add_name(worker.manifest.release->binary);
  for (const pkgbuild::Package& package : recipe.packages) {
    add_name(package.name);
    if (package.name.ends_with("-bin"))
      add_name(std::string_view(package.name).substr(0, package.name.size() - 4));
  }
  add_name(worker.id.str());
  add_name(package_name);
  const std::string suffix = fmt::format("-{}", to_string(accelerator));
  if (worker.id.str().ends_with(suffix))
    add_name(worker.id.str().substr(0, worker.id.str().size() - suffix.size()));
  std::string name_words;
  for (const std::string& name : names) name_words += fmt::format(" '{}'", name);

  return fmt::format(kRecipe, fmt::arg("base", base), fmt::arg("id", worker.id.str()),
                     fmt::arg("package", package_name), fmt::arg("version", version),
                     fmt::arg("release", release),
                     fmt::arg("description", plain_quoted(worker.manifest.description)),
                     fmt::arg("arches", array_of(arches)),
                     fmt::arg("license", array_of({worker.manifest.license})),
                     fmt::arg("depends", array_of(depends)), fmt::arg("source", first_source),
                     fmt::arg("arms", arms), fmt::arg("names", name_words));
}

}  // namespace rbee::api
