// Package repositories from a catalog's history: git itself makes the catalog and reads the result.
#include "catalog/package_history.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "catalog/builder.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class PackageHistory : public testing::Test {
 protected:
  PackageHistory() {
    std::string pattern = (fs::temp_directory_path() / "rbee-history-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    top_ = pattern;
    git("init -q -b main work && cd work && git config user.name 'Ada <Lovelace' && git config "
        "user.email ada@example.org");
  }
  ~PackageHistory() override {
    std::error_code ignored;
    fs::remove_all(top_, ignored);
  }
  /// What git prints; run in the top folder.
  std::string git(const std::string& arguments) const {
    const std::string script = "cd '" + top_.string() +
                               "' && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 && "
                               "(git " +
                               arguments + ") >out 2>&1";
    const int status = std::system(script.c_str());  // NOLINT: a test's own folder.
    std::stringstream text;
    text << std::ifstream(top_ / "out").rdbuf();
    EXPECT_EQ(status, 0) << arguments << ": " << text.str();
    return text.str();
  }
  std::vector<std::string> lines(const std::string& arguments) const {
    std::vector<std::string> all;
    const std::string out = git(arguments);
    for (const auto line : split(trim(out), '\n'))
      if (!line.empty()) all.emplace_back(line);
    return all;
  }
  void write(const std::string& path, const std::string& text) const {
    const auto file = top_ / "work" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void worker(const std::string& id, const std::string& version, bool is_binary = false) const {
    write("community/" + id + "/worker.toml",
          "[worker]\nid = \"" + id + "\"\nname = \"X\"\ndescription = \"Y\"\nlicense = \"MIT\"\n");
    write("community/" + id + (is_binary ? "/PKGBUILD.bin" : "/PKGBUILD"),
          "pkgname=" + id + (is_binary ? "-bin" : "") + "\npkgver=" + version +
              "\npkgrel=1\narch=(any)\nlicense=(MIT)\nsource=()\npackage() {\n  :\n}\n");
  }
  /// Each commit a day after the one before.
  void commit(const std::string& message) {
    ++day_;
    const std::string date =
        "2025-01-" + std::string(day_ < 10 ? "0" : "") + std::to_string(day_) + "T10:00:00+02:00";
    git("-C work add -A && export GIT_AUTHOR_DATE=" + date + " GIT_COMMITTER_DATE=" + date +
        " && git -C work commit -q --allow-empty -m '" + message + "'");
  }
  PackageSource source(manifest::RecipeKind kind = manifest::RecipeKind::source,
                       const std::string& id = "one") const {
    const auto repository = platform::Repository::open(top_ / "work");
    const auto head = (*repository)->resolve("HEAD");
    const auto snapshot = build_snapshot(**repository, *head);
    const auto worker = (*snapshot)->find(id);
    return {top_ / "work", worker->last_commit, worker->directory(), worker->origin, kind};
  }
  Result<void> build(const std::string& name = "one.git", const PackageHistoryLimits& limits = {},
                     manifest::RecipeKind kind = manifest::RecipeKind::source) const {
    return build_package_history(source(kind), top_ / name, limits);
  }
  std::string tip(const std::string& name = "one.git") const {
    return std::string(trim(git("-C " + name + " rev-parse master")));
  }

  fs::path top_;
  int day_ = 0;
};

TEST_F(PackageHistory, HasOneCommitForEachChangeOfThePackage) {
  write("README.md", "catalog\n");
  commit("Start");
  worker("one", "1.0");
  commit("one: first");
  worker("two", "1.0");
  commit("two: not our business");
  worker("one", "1.1");
  write("community/one/src/deep.c", "int x;\n");
  commit("one: 1.1 < 1.2 & \"quotes\"");
  worker("one", "1.1", true);
  commit("one: binary, too");
  commit("nothing");
  ASSERT_TRUE(build());
  EXPECT_THAT(lines("-C one.git log --format='%s|%an|%ae|%aI|%cI' master"),
              ElementsAre("one: 1.1 < 1.2 & \"quotes\"|Ada Lovelace|ada@example.org|"
                          "2025-01-04T08:00:00+00:00|2025-01-04T08:00:00+00:00",
                          "one: first|Ada Lovelace|ada@example.org|2025-01-02T08:00:00+00:00|"
                          "2025-01-02T08:00:00+00:00"));
  EXPECT_THAT(lines("-C one.git ls-tree -r --name-only HEAD"),
              ElementsAre(".SRCINFO", "PKGBUILD", "src/deep.c", "worker.toml"));
  EXPECT_THAT(git("-C one.git show HEAD:.SRCINFO"), HasSubstr("\tpkgver = 1.1\n"));
  EXPECT_THAT(git("-C one.git show HEAD~1:.SRCINFO"), HasSubstr("\tpkgver = 1.0\n"));
  git("-C one.git fsck --strict --full");
  // The binary recipe has a repository of its own, in which it is the PKGBUILD.
  ASSERT_TRUE(build("one-bin.git", {}, manifest::RecipeKind::binary));
  EXPECT_THAT(lines("-C one-bin.git log --format=%s master"), ElementsAre("one: binary, too"));
  EXPECT_THAT(git("-C one-bin.git show HEAD:PKGBUILD"), HasSubstr("pkgname=one-bin\n"));
}

TEST_F(PackageHistory, GrowsAndIsTheSameWhereverItIsMade) {
  worker("one", "1.0");
  commit("one: first");
  ASSERT_TRUE(build());
  const std::string first = tip();
  EXPECT_TRUE(is_package_history_current(source(), top_ / "one.git"));
  ASSERT_TRUE(build());
  EXPECT_EQ(tip(), first);
  worker("one", "2.0");
  commit("one: second");
  EXPECT_FALSE(is_package_history_current(source(), top_ / "one.git"));
  worker("two", "1.0");
  commit("two");
  ASSERT_TRUE(build());
  EXPECT_EQ(lines("-C one.git rev-parse master~1")[0], first);
  ASSERT_TRUE(build("again.git"));
  EXPECT_EQ(tip("again.git"), tip());
  // A kill between the ref and the note: the same commits again.
  worker("one", "3.0");
  commit("one: third");
  fs::copy(top_ / "one.git/rbee-package", top_ / "note");
  ASSERT_TRUE(build());
  const std::string third = tip();
  fs::copy_file(top_ / "note", top_ / "one.git/rbee-package", fs::copy_options::overwrite_existing);
  ASSERT_TRUE(build());
  EXPECT_EQ(tip(), third);
  EXPECT_EQ(lines("-C one.git log --format=%s master").size(), 3u);
}

TEST_F(PackageHistory, FollowsMergesToWhoMadeTheChange) {
  worker("one", "1.0");
  commit("one: first");
  ASSERT_TRUE(build());
  git("-C work checkout -q -b side");
  worker("one", "1.1");
  commit("one: half way");
  worker("one", "1.2");
  commit("one: done");
  git("-C work checkout -q main");
  worker("two", "1.0");
  commit("two");
  git("-C work merge -q --no-ff -m 'Merge side' side");
  ASSERT_TRUE(build());
  EXPECT_THAT(lines("-C one.git log --format=%s master"),
              ElementsAre("one: done", "one: half way", "one: first"));
  // A later change finds the same past through the merge.
  git("-C work checkout -q -b next");
  worker("one", "1.3");
  commit("one: later");
  git("-C work checkout -q main && git -C work merge -q --no-ff -m 'Merge next' next");
  ASSERT_TRUE(build());
  EXPECT_THAT(lines("-C one.git log --format=%s master"),
              ElementsAre("one: later", "one: done", "one: half way", "one: first"));
  ASSERT_TRUE(build("fresh.git"));
  EXPECT_EQ(tip("fresh.git"), tip());
}

TEST_F(PackageHistory, LeavesOutWhatCouldNotBePublished) {
  worker("one", "1.0");
  commit("one: first");
  write("community/one/PKGBUILD", "pkgname=(\n");
  commit("one: broken");
  worker("one", "1.1");
  commit("one: mended");
  ASSERT_TRUE(build());
  EXPECT_THAT(lines("-C one.git log --format=%s master"), ElementsAre("one: mended", "one: first"));
  // Removed and made again: the past before the gap is not part of it.
  git("-C work rm -rq community/one");
  commit("one: gone");
  worker("one", "2.0");
  commit("one: back");
  ASSERT_TRUE(build("fresh.git"));
  EXPECT_THAT(lines("-C fresh.git log --format=%s master"), ElementsAre("one: back"));
}

TEST_F(PackageHistory, StopsAtItsLimitsAndGoesOnFromThere) {
  for (int i = 0; i < 6; ++i) {
    worker("one", "1." + std::to_string(i));
    commit("one: " + std::to_string(i));
  }
  ASSERT_TRUE(build("one.git", {.commits_max = 3}));
  EXPECT_THAT(lines("-C one.git log --format=%s master"),
              ElementsAre("one: 5", "one: 4", "one: 3"));
  const std::string before = tip();
  for (int i = 6; i < 12; ++i) {
    worker("one", "1." + std::to_string(i));
    commit("one: " + std::to_string(i));
  }
  // Still a fast-forward, although the walk does not reach what it knew.
  ASSERT_TRUE(build("one.git", {.commits_max = 2}));
  EXPECT_EQ(lines("-C one.git rev-parse master~2")[0], before);
}

TEST_F(PackageHistory, ARewrittenCatalogKeepsClonesGoing) {
  worker("one", "1.0");
  commit("one: first");
  worker("one", "1.1");
  commit("one: second");
  ASSERT_TRUE(build());
  const std::string before = tip();
  // The same contents by another commit, then a change.
  git("-C work commit -q --amend -m 'one: reworded'");
  worker("one", "1.2");
  commit("one: third");
  ASSERT_TRUE(build());
  EXPECT_EQ(lines("-C one.git rev-parse master~1")[0], before);
  // Nothing in common: a new beginning.
  git("-C work checkout -q --orphan other && git -C work rm -rfq .");
  worker("one", "9.0");
  commit("one: elsewhere");
  ASSERT_TRUE(build());
  EXPECT_THAT(lines("-C one.git log --format=%s master"), ElementsAre("one: elsewhere"));
  git("-C one.git fsck --strict --full");
}

}  // namespace
}  // namespace rbee::catalog
