// rbee worker new: the first files of a worker, filled in as far as a source tree tells.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <filesystem>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/source_tree.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

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
      "url={}            # the project's page\nlicense=({})\n",
      id, tree.version.empty() ? "0.1.0" : tree.version,
      tree.homepage.empty() ? "https://example.org/OWNER/" + id : tree.homepage,
      tree.license.empty() ? "MIT" : tree.license);
  if (!tree.makedepends.empty()) text += fmt::format("makedepends=({})\n", tree.makedepends);
  if (tree.source.empty())
    text +=
        "source=(\"$url/archive/v$pkgver.tar.gz\")   # the release's own archive\n"
        "sha256sums=(SKIP)                          # rbee recipe sums -w PKGBUILD writes the real "
        "one\n\n";
  else
    text += fmt::format("source=(\"{}\")\nsha256sums=({})\n\n", tree.source, tree.sha256);
  const std::string enter =
      tree.folder == "."
          ? std::string()
          : fmt::format("  cd \"{}\"\n", tree.folder.empty() ? "$pkgname-$pkgver" : tree.folder);
  if (tree.implementation == "rust")
    text += "prepare() {\n" + enter + "  cargo fetch --locked\n}\n\n";
  if (!tree.build.empty()) text += "build() {\n" + enter + tree.build + "}\n\n";
  text +=
      "package() {\n" + enter +
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
  if (arguments.root.find("://") != std::string::npos) {
    TRY_ASSIGN(const Url url, Url::parse(arguments.root));
    // It stands in double quotes in the recipe.
    if (url.str().find_first_of("$`\"\\") != std::string::npos)
      return fail(Errc::usage, "url-invalid", "this address cannot stand in a recipe");
    TRY_ASSIGN(tree, look_at_release(context, url));
  } else if (!arguments.root.empty()) {
    if (!fs::is_directory(arguments.root, code))
      return fail(Errc::not_found, "directory-not-found",
                  fmt::format("'{}' is not a folder", printable_line(arguments.root)));
    tree = look_at_tree(arguments.root);
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
