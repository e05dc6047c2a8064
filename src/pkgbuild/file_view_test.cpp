// Where the paths of recipes lead, and what a recipe that reads, sources or asks about one finds.
#include "pkgbuild/file_view.hpp"

#include <gtest/gtest.h>

#include <map>

#include "pkgbuild/evaluate.hpp"

namespace rbee::pkgbuild {
namespace {

using Place = RecipePath::Place;

TEST(RecipePath, LeadsInsideOutsideOrToTheHost) {
  struct Row {
    const char* path;
    const char* startdir;
    Place place;
    const char* result;
  };
  const Row rows[] = {
      {"x", "", Place::inside, "x"},
      {"./a//b/./c", "", Place::inside, "a/b/c"},
      {"/srv/w/x", "/srv/w", Place::inside, "x"},
      {"/srv/w/../common/x", "/srv/w", Place::outside, "../common/x"},
      {"../x", "", Place::outside, "../x"},
      {"../../a/b", "/srv/w", Place::outside, "../../a/b"},
      {"../w/x", "/srv/w", Place::inside, "x"},
      {"../w/x", "", Place::outside, "../w/x"},
      {"../../w/x", "/srv/w", Place::outside, "../../w/x"},
      // The kernel would ask what "a" is.
      {"a/../x", "/srv/w", Place::host, ""},
      {"/srv/www/x", "/srv/w", Place::host, ""},
      {"/srv/w", "/srv/w", Place::host, ""},
      {"/etc/passwd", "/srv/w", Place::host, ""},
      {"/srv/w/x", "", Place::host, ""},
      {"..", "/srv/w", Place::host, ""},
      {"../..", "/srv/w", Place::host, ""},
      {".", "", Place::host, ""},
      {"", "", Place::host, ""},
  };
  for (const Row& row : rows) {
    const RecipePath at = parse_recipe_path(row.path, row.startdir);
    EXPECT_EQ(at.place, row.place) << row.path;
    EXPECT_EQ(at.path, row.result) << row.path;
  }
}

/// A folder with one neighbour, and nothing else in the world.
class Tree final : public LocalFiles {
 public:
  std::optional<std::string> read(std::string_view path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return std::nullopt;
    return found->second;
  }
  FileLook look(std::string_view path) const override {
    std::optional<std::string> text = read(path);
    if (text) return {FileLook::Kind::file, std::move(*text)};
    return {path.starts_with("../secret") ? FileLook::Kind::unknown : FileLook::Kind::absent, {}};
  }

 private:
  std::map<std::string, std::string, std::less<>> files_ = {
      {"version", "1.2\n"}, {"../common/defs.sh", "_here=${BASH_SOURCE[0]}\npkgver=3\n"}};
};

/// What the recipe prints as "$x" after `code`, or why not.
std::string outcome(const std::string& code, const std::string& startdir) {
  const Tree files;
  Inputs inputs;
  inputs.files = &files;
  inputs.startdir = startdir;
  const auto recipe = evaluate(
      "pkgname=a\npkgver=1\npkgrel=1\narch=(any)\n" + code + "\npkgdesc=$x\npackage() { :; }\n",
      inputs);
  if (!recipe) return recipe.error().findings.front().message;
  return std::string(recipe->scalar("pkgdesc")) + " " + std::string(recipe->scalar("pkgver"));
}

TEST(FileView, DecidesWhatARecipeFinds) {
  const std::string dir = "/srv/w";
  EXPECT_EQ(outcome("x=$PWD", dir), "/srv/w 1");
  EXPECT_EQ(outcome("x=$startdir/a", dir), "/srv/w/a 1");
  EXPECT_EQ(outcome("x=$BASH_SOURCE", dir), "/srv/w/PKGBUILD 1");
  EXPECT_EQ(outcome("x=$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)", dir), "/srv/w 1");
  EXPECT_EQ(outcome("cd ..; x=$(pwd)", dir), "unsupported: command cd at line 5");
  EXPECT_EQ(outcome("source ${BASH_SOURCE%/*}/../common/defs.sh; x=$_here", dir),
            "/srv/w/../common/defs.sh 3");
  EXPECT_EQ(outcome("source ../common/defs.sh; x=$_here", dir), "../common/defs.sh 3");
  EXPECT_EQ(outcome("source ../missing/defs.sh || x=none", dir), "none 1");
  EXPECT_EQ(outcome("x=$(< $startdir/version)", dir), "1.2 1");
  EXPECT_EQ(outcome("[[ -f ../missing ]] || x=no", dir), "no 1");
  EXPECT_EQ(outcome("[[ -f ../common/defs.sh ]] && x=yes", dir), "yes 1");
  EXPECT_EQ(outcome("source ../secret/key", dir),
            "unsupported: source of a file that is not beside the recipe at line 5");
  EXPECT_EQ(outcome("x=$(cat /etc/hostname)", dir),
            "unsupported: cat reading a file outside the recipe's folder at line 5");
  EXPECT_EQ(outcome("f() { x=${BASH_SOURCE[0]}; }; f", dir), "unsupported: $BASH_SOURCE at line 5");
  EXPECT_EQ(outcome("startdir=/tmp", dir),
            "unsupported: assigning the readonly variable startdir at line 5");
}

TEST(FileView, SaysSoWhereTheFolderIsNotKnown) {
  EXPECT_EQ(outcome("x=$PWD", ""), "unsupported: $PWD at line 5");
  EXPECT_EQ(outcome("x=$BASH_SOURCE", ""), "unsupported: $BASH_SOURCE at line 5");
  EXPECT_EQ(outcome("source ../common/defs.sh; x=1", ""), "1 3");
}

}  // namespace
}  // namespace rbee::pkgbuild
