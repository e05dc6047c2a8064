// What a store that somebody damaged still allows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "../../tests/fakes/temp_dir.hpp"
#include "install/generations.hpp"

namespace rbee::install {
namespace {

namespace fs = std::filesystem;

class OneTime final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::seconds(1'700'000'000)); }
};

TEST(Generations, WorkersWhoseTreesAreGoneCanBeRemovedOneByOne) {
  const fakes::TempDir home;
  const Directories places{home.path() / "data", home.path() / "cache", home.path() / "bin"};
  const OneTime clock;
  std::vector<Installed> workers;
  for (const std::string id : {"a", "b"}) {
    Installed worker;
    worker.id = id;
    worker.tree = places.data / "store" / id / "1-1";
    worker.commands = {id};
    fakes::write_text(fs::path(worker.tree) / "usr/bin" / id, "");
    workers.push_back(worker);
  }
  {
    const auto exclusive = Exclusive::take(places, "test");
    ASSERT_TRUE(exclusive);
    const auto switched = switch_to(*exclusive, workers, "test", places, clock.now());
    ASSERT_TRUE(switched) << describe(switched.error());
  }
  fs::remove_all(places.data / "store");
  for (const char* id : {"a", "b"}) {
    const auto removed = remove(*WorkerId::parse(id), places, clock);
    EXPECT_TRUE(removed) << describe(removed.error());
  }
  EXPECT_TRUE(list_installed(places)->empty());
  EXPECT_TRUE(fs::is_empty(places.bin));
}

}  // namespace
}  // namespace rbee::install
