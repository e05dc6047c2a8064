#include "pkgbuild/generate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace rbee::pkgbuild {

namespace {

/// Suffixes of archives that makepkg unpacks, longest first.
constexpr std::string_view kArchiveSuffixes[] = {".tar.bz2", ".tar.zst", ".tar.lz4", ".tar.gz",
                                                 ".tar.xz",  ".tar.lz",  ".tbz2",    ".tzst",
                                                 ".tgz",     ".txz",     ".tar",     ".zip"};

/// The archive's suffix of a URL's path; empty when it is no archive.
std::string_view archive_suffix(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  for (const std::string_view suffix : kArchiveSuffixes)
    if (url.ends_with(suffix)) return suffix;
  return {};
}

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string array(const std::vector<std::string>& values) {
  std::string out = "(";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ' ';
    out += quote(value);
  }
  return out + ")";
}

std::vector<std::string> arch_words(const std::vector<Arch>& arches) {
  std::vector<std::string> words;
  for (const Arch arch : kArches)
    if (std::find(arches.begin(), arches.end(), arch) != arches.end())
      words.emplace_back(to_string(arch));
  return words;
}

/// Everything above `arch` in the recipe, then everything between `arch` and the sources.
std::string head(const RecipeHeader& header) {
  return fmt::format(
      "# Generated from worker.toml, which is the file to "
      "edit.\npkgname={}\npkgver={}\npkgrel=1\npkgdesc={}\n",
      quote(header.name), quote(package_version(header.version)), quote(header.description));
}

std::string middle(const RecipeHeader& header, const std::vector<std::string>& makedepends) {
  std::string out;
  if (!header.homepage.empty()) out += fmt::format("url={}\n", quote(header.homepage));
  if (!header.license.empty()) out += fmt::format("license=({})\n", quote(header.license));
  if (!header.depends.empty()) out += fmt::format("depends={}\n", array(header.depends));
  if (!header.stands_for.empty())
    out += fmt::format("provides=({0})\nconflicts=({0})\n", quote(header.stands_for));
  if (!makedepends.empty()) out += fmt::format("makedepends={}\n", array(makedepends));
  return out;
}

using BuildSystem = SourceRecipe::BuildSystem;

std::vector<std::string> makedepends(const SourceRecipe& recipe) {
  std::vector<std::string> names;
  switch (recipe.build_system) {
    case BuildSystem::cargo:
      names = {"cargo"};
      break;
    case BuildSystem::cmake:
      names = {"cmake"};
      break;
    case BuildSystem::make:
      break;  // base-devel, which makepkg takes for granted.
    case BuildSystem::npm:
      names = {"nodejs", "npm"};
      break;
    case BuildSystem::pip:
      names = {"python-build", "python-installer", "python-setuptools", "python-wheel"};
      break;
  }
  if (recipe.fetch == SourceRecipe::Fetch::git) names.emplace_back("git");
  return names;
}

/// The bodies of the functions, without the `cd` that each begins with.
struct Steps {
  std::string prepare, build, package;
};

Steps steps(const SourceRecipe& recipe) {
  const std::string command = quote(last_name(recipe.binary));
  switch (recipe.build_system) {
    case BuildSystem::cargo:
      return {
          "  cargo fetch --locked\n",
          "  cargo build --frozen --release --no-default-features --features \"$_features\" \\\n"
          "    --target-dir \"$srcdir/target\"\n",
          fmt::format("  install -Dm755 \"$srcdir/target/release/\"{0} \"$pkgdir/usr/bin/\"{0}\n",
                      command)};
    case BuildSystem::cmake:
      return {"",
              "  cmake -S . -B \"$srcdir/build\" -DCMAKE_BUILD_TYPE=Release "
              "-DCMAKE_INSTALL_PREFIX=/usr \\\n"
              "    -DRBEE_FEATURES=\"$_features\"\n"
              "  cmake --build \"$srcdir/build\"\n",
              "  DESTDIR=\"$pkgdir\" cmake --install \"$srcdir/build\"\n"};
    case BuildSystem::make:
      return {"", "  make PREFIX=/usr RBEE_FEATURES=\"$_features\"\n",
              "  make PREFIX=/usr DESTDIR=\"$pkgdir\" install\n"};
    case BuildSystem::npm:
      return {
          "  npm ci --ignore-scripts\n"
          "  npm run build --if-present\n",
          "",
          fmt::format("  mkdir -p \"$pkgdir/usr/lib/\"{0} \"$pkgdir/usr/bin\"\n"
                      "  cp -R . \"$pkgdir/usr/lib/\"{0}\n"
                      "  chmod 755 \"$pkgdir/usr/lib/\"{0}/{1}\n"
                      "  ln -s ../lib/{0}/{1} \"$pkgdir/usr/bin/\"{0}\n",
                      quote(recipe.header.name), quote(recipe.binary))};
    case BuildSystem::pip:
      return {"", "  python -m build --wheel --no-isolation --outdir \"$srcdir/dist\"\n",
              "  python -m installer --destdir=\"$pkgdir\" \"$srcdir/dist/\"*.whl\n"};
  }
  return {};
}

std::string function(std::string_view name, std::string_view directory, std::string_view body) {
  if (body.empty()) return {};
  return fmt::format("\n{}() {{\n  cd \"$srcdir/\"{}\n{}}}\n", name, quote(directory), body);
}

/// The sources of one system and accelerator, one pair of arrays an architecture.
std::string downloads(const BinaryRecipe& recipe, const std::vector<const BinaryDownload*>& group,
                      std::string_view indent) {
  std::string out;
  std::vector<Arch> arches;
  for (const BinaryDownload* download : group) arches.push_back(download->platform.arch);
  out += fmt::format("{}arch={}\n", indent, array(arch_words(arches)));
  for (const BinaryDownload* download : group) {
    // A name of our own before the "::": no "::" or other meaning in the URL can be taken for one,
    // and two variants never meet in makepkg's cache.
    const std::string_view suffix = archive_suffix(download->url);
    const std::string file =
        fmt::format("{}-{}-{}{}", recipe.header.name, package_version(recipe.header.version),
                    to_string(download->platform), suffix);
    const std::string_view arch = to_string(download->platform.arch);
    out += fmt::format("{}source_{}={}\n", indent, arch, array({file + "::" + download->url}));
    out += fmt::format("{}sha256sums_{}={}\n", indent, arch, array({download->sha256}));
  }
  // A bare program is found again by its name.
  const Platform& platform = group.front()->platform;
  if (archive_suffix(group.front()->url).empty())
    out += fmt::format("{0}_os={1}\n{0}_accelerator={2}\n", indent, to_string(platform.os),
                       to_string(platform.accelerator));
  return out;
}

}  // namespace

std::string quote(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string package_version(std::string_view version) {
  std::string out;
  std::copy_if(version.begin(), version.end(), std::back_inserter(out),
               [](char c) { return c != '-'; });
  return out;
}

std::string generate(const SourceRecipe& recipe) {
  const bool git = recipe.fetch == SourceRecipe::Fetch::git;
  const std::string file =
      git ? recipe.header.name
          : fmt::format("{}-{}{}", recipe.header.name, package_version(recipe.header.version),
                        archive_suffix(recipe.url));
  const std::string entry = git ? fmt::format("{}::git+{}#{}", file, recipe.url, recipe.ref)
                                : fmt::format("{}::{}", file, recipe.url);
  std::string directory = git ? recipe.header.name : "";
  if (!recipe.path.empty()) directory += (directory.empty() ? "" : "/") + recipe.path;

  std::string out = head(recipe.header);
  out += fmt::format("arch={}\n", array(arch_words(recipe.arch)));
  out += middle(recipe.header, makedepends(recipe));
  out += fmt::format("source={}\n", array({entry}));
  out += fmt::format("sha256sums={}\n", array({git ? "SKIP" : recipe.sha256}));
  out += fmt::format("_features=${{RBEE_FEATURES-{}}}\n",
                     quote(fmt::format("{}", fmt::join(recipe.features, ","))));
  const Steps body = steps(recipe);
  out += function("prepare", directory, body.prepare);
  out += function("build", directory, body.build);
  out += function("package", directory, body.package);
  return out;
}

std::string generate(const BinaryRecipe& recipe) {
  // Keyed so that linux-cpu, the default, comes first and the rest in the order of the
  // enumerations.
  std::map<std::pair<Os, Accelerator>, std::vector<const BinaryDownload*>> groups;
  for (const BinaryDownload& download : recipe.downloads)
    groups[{download.platform.os, download.platform.accelerator}].push_back(&download);

  std::string out = head(recipe.header);
  if (groups.size() == 1) {
    out += downloads(recipe, groups.begin()->second, "");
  } else {
    const auto& [os, accelerator] = groups.begin()->first;
    out += fmt::format("case \"${{RBEE_OS:-{}}}-${{RBEE_ACCELERATOR:-{}}}\" in\n", to_string(os),
                       to_string(accelerator));
    for (const auto& [key, group] : groups)
      out += fmt::format("  {}-{})\n{}    ;;\n", to_string(key.first), to_string(key.second),
                         downloads(recipe, group, "    "));
    out += "esac\n";
  }
  out += middle(recipe.header, {});
  const bool bare = std::all_of(
      recipe.downloads.begin(), recipe.downloads.end(),
      [](const BinaryDownload& download) { return archive_suffix(download.url).empty(); });
  const std::string command = quote(last_name(recipe.binary));
  std::string program = "\"$srcdir/\"" + quote(recipe.binary);
  out += "\npackage() {\n";
  if (bare)
    program = fmt::format("\"$srcdir/\"{}\"-$_os-$CARCH-$_accelerator\"",
                          quote(recipe.header.name + "-" + package_version(recipe.header.version)));
  out += fmt::format("  install -Dm755 {} \"$pkgdir/usr/bin/\"{}\n}}\n", program, command);
  return out;
}

}  // namespace rbee::pkgbuild
