// The Git writer, with the git program as judge of what it wrote.
#include "platform/git_write.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::platform {
namespace {

class GitWrite : public ::testing::Test {
 protected:
  GitWrite() {
    fakes::write_text(root_ / "files/community/a/PKGBUILD", "pkgname=a\n");
    fakes::write_text(root_ / "files/community/b/PKGBUILD", "pkgname=b\n");
    fakes::write_text(root_ / "files/official/PKGBUILD", "pkgname=official\n");
    const auto commit = create_repository_from_directory(root_ / "files", bare(), ann_, "First");
    if (!commit) throw std::runtime_error(describe(commit.error()));
    first_ = *commit;
    auto writer = RepositoryWriter::open(bare());
    if (!writer) throw std::runtime_error(describe(writer.error()));
    writer_ = std::move(*writer);
    auto reader = Repository::open(bare());
    if (!reader) throw std::runtime_error(describe(reader.error()));
    reader_ = std::move(*reader);
  }

  std::filesystem::path bare() const { return root_ / "catalog.git"; }
  /// What git prints; its errors too.
  std::string git(const std::string& arguments) const {
    const std::string out = (root_ / "out").string();
    const int code = std::system(("env -i PATH=/usr/bin:/bin HOME=/nonexistent "
                                  "GIT_CONFIG_NOSYSTEM=1 git --git-dir=" +
                                  bare().string() + " " + arguments + " >" + out + " 2>&1")
                                     .c_str());
    std::string text = fakes::read_text(out);
    return code == 0 ? text : "failed: " + text;
  }
  ObjectId root_tree() const { return reader_->commit(first_)->tree; }
  ObjectId folder(const ObjectId& tree, std::string_view name) const {
    const auto entries = reader_->tree(tree);
    for (const TreeEntry& entry : *entries)
      if (entry.name == name) return entry.id;
    throw std::runtime_error("no such folder");
  }

  fakes::TempDir root_;
  CommitAuthor ann_{"Ann", "ann@example.org", Time(std::chrono::seconds(1000))};
  CommitId first_ = *ObjectId::parse(std::string(40, '0'));
  std::unique_ptr<RepositoryWriter> writer_;
  std::unique_ptr<Repository> reader_;
};

TEST_F(GitWrite, ReplacesAddsAndRemovesFolders) {
  const ObjectId b = folder(folder(root_tree(), "community"), "b");
  const FolderChange changes[] = {
      {"community/a", b}, {"community/new", b}, {"official", std::nullopt}};
  const auto tree = writer_->tree_with(root_tree(), changes);
  ASSERT_TRUE(tree) << describe(tree.error());
  const CommitId parents[] = {first_};
  const auto commit = writer_->commit(*tree, parents, ann_, "Second\n");
  ASSERT_TRUE(commit) << describe(commit.error());
  ASSERT_TRUE(writer_->move_ref("refs/heads/main", first_, *commit, "test"));
  EXPECT_EQ(git("ls-tree -r --name-only main"),
            "community/a/PKGBUILD\ncommunity/b/PKGBUILD\ncommunity/new/PKGBUILD\n");
  EXPECT_EQ(git("show main:community/a/PKGBUILD"), "pkgname=b\n");
  EXPECT_EQ(git("fsck --full --strict --no-dangling"), "");
  EXPECT_EQ(git("log --format=%an,%ae,%at,%s main"),
            "Ann,ann@example.org,1000,Second\nAnn,ann@example.org,1000,First\n");
}

TEST_F(GitWrite, RefsMoveOnlyFromWhatTheyWere) {
  const CommitId parents[] = {first_};
  const CommitId second = *writer_->commit(root_tree(), parents, ann_, "Second");
  EXPECT_TRUE(writer_->move_ref("refs/submissions/7/head", std::nullopt, first_, "new"));
  const auto again = writer_->move_ref("refs/submissions/7/head", std::nullopt, second, "new");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().id, "ref-moved");
  const auto wrong = writer_->move_ref("refs/submissions/7/head", second, second, "from wrong");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().id, "ref-moved");
  EXPECT_TRUE(writer_->move_ref("refs/submissions/7/head", first_, second, "update"));
  EXPECT_EQ(git("rev-parse refs/submissions/7/head"), second.str() + "\n");
  EXPECT_EQ(*writer_->ref("refs/submissions/7/head"), second);
  EXPECT_EQ(*writer_->ref("refs/submissions/8/head"), std::nullopt);
  const auto refs = writer_->refs("refs/submissions/");
  ASSERT_TRUE(refs);
  ASSERT_EQ(refs->size(), 1u);
  EXPECT_EQ((*refs)[0].first, "refs/submissions/7/head");

  EXPECT_FALSE(writer_->delete_ref("refs/submissions/7/head", first_));
  EXPECT_TRUE(writer_->delete_ref("refs/submissions/7/head", second));
  EXPECT_TRUE(writer_->delete_ref("refs/submissions/7/head", second));
  EXPECT_EQ(git("for-each-ref --format='%(refname)'"), "refs/heads/main\n");
}

TEST_F(GitWrite, FindsTheMergeBase) {
  const CommitId parents[] = {first_};
  const CommitId left = *writer_->commit(root_tree(), parents, ann_, "Left");
  const CommitId right = *writer_->commit(root_tree(), parents, ann_, "Right");
  const CommitId alone = *writer_->commit(root_tree(), {}, ann_, "Alone");
  EXPECT_EQ(*reader_->merge_base(left, right), first_);
  EXPECT_EQ(*reader_->merge_base(left, first_), first_);
  EXPECT_EQ(*reader_->merge_base(left, alone), std::nullopt);
  EXPECT_EQ(git("merge-base " + left.str() + " " + right.str()), first_.str() + "\n");
}

TEST_F(GitWrite, WhatIsNotThereIsAnError) {
  const ObjectId nothing = *ObjectId::parse(std::string(40, 'a'));
  EXPECT_FALSE(writer_->tree_with(nothing, {}));
  EXPECT_FALSE(writer_->commit(nothing, {}, ann_, "x"));
  const CommitId parents[] = {nothing};
  EXPECT_FALSE(writer_->commit(root_tree(), parents, ann_, "x"));
  const FolderChange gone[] = {{"community/nobody", std::nullopt}};
  EXPECT_FALSE(writer_->tree_with(root_tree(), gone));
  EXPECT_FALSE(writer_->commit(root_tree(), {}, {"<>", "", Time{}}, "x"));
}

}  // namespace
}  // namespace rbee::platform
