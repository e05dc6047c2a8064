// Against git mktree: the same bytes, whatever is put in and wherever.
#include "cli/git_tree.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "../../tests/fakes/temp_dir.hpp"
#include "base/text.hpp"

namespace rbee::cli {
namespace {

class GitTree : public ::testing::Test {
 protected:
  std::string shell(const std::string& command) {
    const std::string out = (root_ / "out").string();
    const int code = std::system(("cd " + root_.path().string() +
                                  " && env -i PATH=/usr/bin:/bin GIT_CONFIG_NOSYSTEM=1 "
                                  "GIT_DIR=repo HOME=/nonexistent sh -ec '" +
                                  command + "' >" + out)
                                     .c_str());
    if (code != 0) throw std::runtime_error(command);
    return fakes::read_text(out);
  }
  ObjectId id(const std::string& hex) { return *ObjectId::parse(hex); }
  fakes::TempDir root_;
};

TEST_F(GitTree, IsWhatGitMakesOfIt) {
  shell("git init -q --bare repo");
  const std::string blob(40, 'a'), folder(40, 'b'), other(40, 'c');
  // Files and folders whose names sort differently with and without the slash.
  const std::string listing = "100644 blob " + blob + "\ta-b\n040000 tree " + folder +
                              "\ta\n100755 blob " + blob + "\ta.b\n040000 tree " + folder + "\tz\n";
  const auto raw = [&](const std::string& text) {
    fakes::write_text(root_ / "listing", text);
    return shell("git cat-file tree $(git mktree --missing <listing)");
  };
  const std::string before = raw(listing);
  for (const char* name : {"a", "a-b", "a.b", "a0", "a/", "b", "0", "zz", "z"}) {
    if (std::string_view(name).ends_with('/')) continue;
    SCOPED_TRACE(name);
    std::string wanted;
    for (const std::string_view line : split(listing, '\n'))
      if (!line.empty() && !line.ends_with("\t" + std::string(name)))
        wanted += std::string(line) + "\n";
    wanted += "040000 tree " + other + "\t" + name + "\n";
    EXPECT_EQ(*tree_with_folder(before, name, id(other)), raw(wanted));
  }
  EXPECT_EQ(*tree_with_folder("", "x", id(other)), raw("040000 tree " + other + "\tx\n"));
}

TEST_F(GitTree, WhatIsNoTreeIsRefused) {
  using namespace std::literals;
  const ObjectId tree = id(std::string(40, 'c'));
  for (const std::string_view bytes :
       {"x"sv, "40000 a"sv, "40000 a\0short"sv, "warning: x\0aaaaaaaaaaaaaaaaaaaa"sv})
    EXPECT_EQ(tree_with_folder(bytes, "x", tree).error().id, "tree-invalid");
  std::string good = *tree_with_folder("", "x", tree);
  for (std::size_t cut = 1; cut < good.size(); ++cut)
    EXPECT_FALSE(tree_with_folder(std::string_view(good).substr(0, cut), "y", tree)) << cut;
}

}  // namespace
}  // namespace rbee::cli
