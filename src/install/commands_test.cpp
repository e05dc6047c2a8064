// Which commands a worker may bring: none that another worker, the user or the system has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../tests/fakes/temp_dir.hpp"
#include "install/generations.hpp"

namespace rbee::install {
namespace {

using ::testing::HasSubstr;

TEST(Commands, OfAWorkerHideNoProgramOfTheSystem) {
  const fakes::TempDir home;
  const Directories directories{home.path() / "data", home.path() / "cache", home.path() / "bin"};
  for (const char* command : {"sh", "ls", "rbee", "rbee-market"}) {
    const auto checked = check_commands({"quiet-one", command}, "w", {}, directories);
    ASSERT_FALSE(checked) << command;
    EXPECT_EQ(checked.error().id, "command-conflict");
    EXPECT_THAT(checked.error().message, HasSubstr("would hide"));
  }
  EXPECT_TRUE(check_commands({"quiet-one"}, "w", {}, directories));
}

}  // namespace
}  // namespace rbee::install
