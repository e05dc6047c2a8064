// rbee worker new: the first files of a worker, filled in as far as a source tree tells.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <filesystem>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/local_folder.hpp"
#include "manifest/manifest.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

/// What a source tree says of itself; empty where it says nothing.
struct SourceTree {
  std::string implementation = "other", license, version, formats, build, package, makedepends;
};

std::string small_file(const fs::path& path) {
  auto text = read_whole_file(path, 256 * 1024);
  return text ? *text : std::string();
}

/// The SPDX identifier of a licence's text, by the words that only it has.
std::string license_of(const fs::path& tree) {
  for (const char* name : {"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "LICENCE"}) {
    const std::string text = small_file(tree / name);
    if (text.empty()) continue;
    const auto has = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (has("GNU AFFERO GENERAL PUBLIC")) return "AGPL-3.0-or-later";
    if (has("GNU LESSER GENERAL PUBLIC"))
      return has("Version 2.1") ? "LGPL-2.1-or-later" : "LGPL-3.0-or-later";
    if (has("GNU GENERAL PUBLIC"))
      return has("Version 2,") ? "GPL-2.0-or-later" : "GPL-3.0-or-later";
    if (has("Apache License")) return "Apache-2.0";
    if (has("Mozilla Public License")) return "MPL-2.0";
    if (has("Permission is hereby granted, free of charge")) return "MIT";
    if (has("Redistribution and use in source and binary forms"))
      return has("Neither the name") ? "BSD-3-Clause" : "BSD-2-Clause";
    if (has("Permission to use, copy, modify, and/or distribute")) return "ISC";
  }
  return {};
}

SourceTree look_at(const fs::path& tree) {
  SourceTree found;
  found.license = license_of(tree);
  std::error_code code;
  const auto has = [&](const char* name) { return fs::exists(tree / name, code); };
  if (has("Cargo.toml")) {
    found.implementation = "rust";
    if (const auto version = manifest::cargo_version(small_file(tree / "Cargo.toml"), std::nullopt))
      found.version = *version;
    found.makedepends = "cargo";
    found.build = "  cargo build --frozen --release\n";
    found.package = "  install -Dm755 target/release/$pkgname -t \"$pkgdir/usr/bin\"\n";
  } else if (has("CMakeLists.txt")) {
    found.implementation = "cpp";
    found.makedepends = "cmake";
    found.build =
        "  cmake -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr\n  cmake --build "
        "build\n";
    found.package = "  DESTDIR=\"$pkgdir\" cmake --install build\n";
  } else if (has("pyproject.toml") || has("setup.py")) {
    found.implementation = "python";
    found.makedepends = "python-build python-installer python-wheel";
    found.build = "  python -m build --wheel --no-isolation\n";
    found.package = "  python -m installer --destdir=\"$pkgdir\" dist/*.whl\n";
  } else if (has("Makefile")) {
    found.implementation = "cpp";
    found.build = "  make\n";
    found.package = "  make DESTDIR=\"$pkgdir\" PREFIX=/usr install\n";
  }
  // Which model formats its texts speak of.
  const std::string readme = small_file(tree / "README.md");
  for (const std::string_view format : {"gguf", "safetensors", "onnx"})
    if (readme.find(format) != std::string::npos ||
        readme.find(format == "gguf" ? "GGUF" : "ONNX") != std::string::npos)
      found.formats += fmt::format("{}\"{}\"", found.formats.empty() ? "" : ", ", format);
  return found;
}

std::string manifest_of(const std::string& id, const SourceTree& tree) {
  std::string text = fmt::format(
      "[worker]\nid = \"{0}\"\nname = \"{0}\"\ndescription = \"What {0} does, in one "
      "line\"\nlicense = \"{1}\"\n"
      "implementation = \"{2}\"\ntags = []\n\n[capabilities]\ntasks = []            # Hugging Face "
      "task names: \"text-to-speech\" …\n",
      id, tree.license.empty() ? "MIT" : tree.license, tree.implementation);
  if (!tree.formats.empty()) text += fmt::format("supported_formats = [{}]\n", tree.formats);
  if (tree.implementation == "rust")
    text += "\n[build]\nlocked_fetch = [\"cargo\"]   # prepare() fetches what Cargo.lock names\n";
  return text;
}

std::string recipe_of(const std::string& id, const SourceTree& tree) {
  std::string text = fmt::format(
      "pkgname={}\npkgver={}\npkgrel=1\npkgdesc='What it does, in one line'\narch=(x86_64 "
      "aarch64)\n"
      "url=https://example.org/OWNER/{}            # the project's page\nlicense=({})\n",
      id, tree.version.empty() ? "0.1.0" : tree.version, id,
      tree.license.empty() ? "MIT" : tree.license);
  if (!tree.makedepends.empty()) text += fmt::format("makedepends=({})\n", tree.makedepends);
  text +=
      "source=(\"$url/archive/v$pkgver.tar.gz\")   # the release's own archive\n"
      "sha256sums=(SKIP)                          # rbee recipe sums -w PKGBUILD writes the real "
      "one\n\n";
  if (tree.implementation == "rust")
    text += "prepare() {\n  cd \"$pkgname-$pkgver\"\n  cargo fetch --locked\n}\n\n";
  if (!tree.build.empty()) text += "build() {\n  cd \"$pkgname-$pkgver\"\n" + tree.build + "}\n\n";
  text +=
      "package() {\n  cd \"$pkgname-$pkgver\"\n" +
      (tree.package.empty() ? std::string("  install -Dm755 \"$pkgname\" -t \"$pkgdir/usr/bin\"\n")
                            : tree.package) +
      "}\n";
  return text;
}

}  // namespace

Result<int> worker_new(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  std::error_code code;
  fs::path folder = id.str();
  if (fs::is_directory("community", code)) folder = fs::path("community") / id.str();
  if (fs::exists(fs::symlink_status(folder, code)))
    return fail(
        Errc::exists, "directory-exists", fmt::format("'{}' is there already", folder.string()),
        {.fix = "choose another name, or edit what is there; rbee worker check looks at it"});
  SourceTree tree;
  if (!arguments.root.empty()) {
    if (!fs::is_directory(arguments.root, code))
      return fail(Errc::not_found, "directory-not-found",
                  fmt::format("'{}' is not a folder", printable_line(arguments.root)));
    tree = look_at(arguments.root);
  }
  TRY(platform::make_directories(folder));
  TRY(platform::write_file_atomically(folder / "worker.toml", manifest_of(id.str(), tree)));
  TRY(platform::write_file_atomically(folder / "PKGBUILD", recipe_of(id.str(), tree)));
  TRY(platform::write_file_atomically(
      folder / "README.md",
      fmt::format("# {0}\n\nWhat it does, what it needs, how to ask it something:\n\n```sh\nrbee "
                  "worker install {0}\nrbee worker run {0}\n```\n",
                  id.str())));
  if (context.settings.json) {
    context.print(boost::json::object{{"directory", folder.string()},
                                      {"implementation", tree.implementation},
                                      {"license", tree.license},
                                      {"version", tree.version}});
  } else {
    context.print(fmt::format("{}/worker.toml\n{}/PKGBUILD\n{}/README.md\n", folder.string(),
                              folder.string(), folder.string()));
    context.note(
        fmt::format("fill in what they ask for, then: rbee worker check {}", folder.string()));
  }
  return 0;
}

}  // namespace rbee::cli
