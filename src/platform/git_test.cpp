// The Git reader against repositories that this test makes, with libgit2 and with git itself.
#include "platform/git.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <fstream>

namespace rbee::platform {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Id of the error; "" when there is none.
template <typename T>
std::string error_id(const Result<T>& result) {
  return result ? "" : result.error().id;
}

class Git : public ::testing::Test {
 protected:
  Git() {
    std::string pattern = (fs::temp_directory_path() / "rbee-git.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    fs::create_directories(files());
  }
  ~Git() override { fs::remove_all(root_); }

  fs::path files() const { return root_ / "files"; }
  fs::path bare() const { return root_ / "catalog.git"; }
  void write(const std::string& path, std::string_view text) const {
    fs::create_directories((files() / path).parent_path());
    std::ofstream(files() / path, std::ios::binary) << text;
  }
  Result<CommitId> create(int seconds = 1000) const {
    return create_repository_from_directory(
        files(), bare(), {"Ann", "ann@example.org", Time(std::chrono::seconds(seconds))}, "First");
  }
  /// git itself, without any configuration of the machine.
  int git(const std::string& arguments) const {
    return std::system(
        ("cd " + root_.string() +
         " && env -i PATH=/usr/bin:/bin HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git " + arguments +
         " >/dev/null 2>&1")
            .c_str());
  }

  fs::path root_;
};

TEST_F(Git, ReadsWhatItWrote) {
  write("a/PKGBUILD", "pkgname=a\n");
  write("a/run", "#!/bin/sh\n");
  fs::permissions(files() / "a/run", fs::perms::owner_all);
  fs::create_symlink("PKGBUILD", files() / "a/link");
  write("README.md", "hello\n");
  write(".git/config", "[core]\n");
  fs::create_directories(files() / "empty");
  const auto commit = create();
  ASSERT_TRUE(commit) << describe(commit.error());

  const auto repository = Repository::open(bare());
  ASSERT_TRUE(repository) << describe(repository.error());
  EXPECT_EQ(*(*repository)->resolve("HEAD"), *commit);
  EXPECT_EQ(*(*repository)->resolve("main"), *commit);
  EXPECT_EQ(*(*repository)->resolve("refs/heads/main"), *commit);
  EXPECT_EQ(*(*repository)->resolve(commit->str()), *commit);
  const auto info = (*repository)->commit(*commit);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->author_name, "Ann");
  EXPECT_EQ(info->author_email, "ann@example.org");
  EXPECT_EQ(info->committed, Time(std::chrono::seconds(1000)));
  EXPECT_EQ(info->message, "First");
  EXPECT_THAT(info->parents, IsEmpty());

  const auto root = (*repository)->tree(info->tree);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->size(), 2u);
  EXPECT_EQ((*root)[0].name, "README.md");
  EXPECT_EQ((*root)[1].name, "a");
  EXPECT_EQ((*root)[1].kind, EntryKind::folder);
  const auto folder = (*repository)->tree((*root)[1].id);
  ASSERT_TRUE(folder);
  ASSERT_EQ(folder->size(), 3u);
  EXPECT_EQ((*folder)[0].kind, EntryKind::file);
  EXPECT_EQ((*folder)[1].kind, EntryKind::symlink);
  EXPECT_EQ((*folder)[2].kind, EntryKind::executable);
  EXPECT_EQ(*(*repository)->blob((*folder)[0].id, 100), "pkgname=a\n");
  EXPECT_EQ(*(*repository)->blob_size((*folder)[0].id), 10u);
}

TEST_F(Git, TheSameFilesAndTimeGiveTheSameCommit) {
  write("a", "1");
  const auto first = create();
  ASSERT_TRUE(first);
  fs::remove_all(bare());
  EXPECT_EQ(*create(), *first);
}

TEST_F(Git, WhatItMakesIsSoundForGit) {
  write("a/b/c", "1");
  ASSERT_TRUE(create());
  ASSERT_EQ(git("--version"), 0) << "git is not here";
  EXPECT_EQ(git("--git-dir=catalog.git fsck --strict"), 0);
  EXPECT_EQ(git("clone catalog.git clone"), 0);
  EXPECT_TRUE(fs::exists(root_ / "clone/a/b/c"));
}

TEST_F(Git, CommitsOnTopAndWalksBack) {
  write("a", "1");
  const auto first = create(1);
  write("a", "2");
  const auto second = commit_directory(files(), bare(),
                                       {"Bob", "b@e.org", Time(std::chrono::seconds(2))}, "Second");
  ASSERT_TRUE(second) << describe(second.error());
  const auto repository = Repository::open(bare());
  ASSERT_TRUE(repository);
  std::vector<CommitId> seen;
  const auto all = [&](const CommitInfo& info) {
    seen.push_back(info.id);
    return true;
  };
  ASSERT_TRUE((*repository)->walk(*second, std::nullopt, all));
  EXPECT_THAT(seen, ElementsAre(*second, *first));
  seen.clear();
  ASSERT_TRUE((*repository)->walk(*second, *first, all));
  EXPECT_THAT(seen, ElementsAre(*second));
  EXPECT_TRUE(*(*repository)->is_ancestor(*first, *second));
  EXPECT_TRUE(*(*repository)->is_ancestor(*first, *first));
  EXPECT_FALSE(*(*repository)->is_ancestor(*second, *first));
}

TEST_F(Git, RefusesWithTheRightError) {
  write("a", "12345");
  const auto commit = create();
  ASSERT_TRUE(commit);
  EXPECT_EQ(error_id(create()), "repository-exists");
  EXPECT_EQ(error_id(Repository::open(root_ / "nowhere")), "repository-not-found");
  EXPECT_EQ(error_id(Repository::open(files())), "repository-not-found");
  EXPECT_EQ(create_repository_from_directory(root_ / "nowhere", root_ / "x.git", {"a", "b", {}}, "")
                .error()
                .id,
            "directory-not-found");
  const auto repository = Repository::open(bare());
  ASSERT_TRUE(repository);
  for (const char* name : {"nope", "HEAD~1", "HEAD^{tree}", "@{-1}", "", "../x", "main:a", "-x",
                           "0123456789012345678901234567890123456789"})
    EXPECT_EQ(error_id((*repository)->resolve(name)), "ref-not-found") << name;
  const ObjectId tree = (*repository)->commit(*commit)->tree;
  const ObjectId blob = (*repository)->tree(tree)->front().id;
  EXPECT_EQ(error_id((*repository)->blob(blob, 4)), "blob-too-large");
  EXPECT_EQ(error_id((*repository)->blob(tree, 4)), "object-kind");
  EXPECT_EQ(error_id((*repository)->tree(blob)), "object-kind");
  EXPECT_EQ(error_id((*repository)->commit(blob)), "object-kind");
  EXPECT_EQ(error_id((*repository)->blob(*ObjectId::parse(std::string(40, '1')), 4)),
            "object-not-found");
  // Nothing unfinished stays behind.
  for (const auto& entry : fs::directory_iterator(root_))
    EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_F(Git, ReadsNoConfigurationOfTheUser) {
  // With this file obeyed, every commit below would fail or differ.
  fs::create_directories(root_ / "home");
  std::ofstream(root_ / "home/.gitconfig")
      << "[core]\n\trepositoryformatversion = 99\n[init]\n\ttemplateDir = /nowhere\n";
  ::setenv("HOME", (root_ / "home").c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", (root_ / "home").c_str(), 1);
  write("a", "1");
  EXPECT_TRUE(create());
  EXPECT_TRUE(Repository::open(bare()));
}

}  // namespace
}  // namespace rbee::platform
