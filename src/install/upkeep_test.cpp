// The life of what is installed: back, pinned, compared, collected, locked.

#include "install/upkeep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "install/fixture.hpp"
#include "install/lock_file.hpp"

namespace rbee::install {
namespace {

using namespace test;

TEST(Upkeep, TheLastTenStatesCanBeGoneBackTo) {
  World world;
  for (int version = 1; version <= 12; ++version) {
    world.offer(std::to_string(version));
    ASSERT_TRUE(world.install());
    EXPECT_EQ(world.says(kId), fmt::format("{}\n", version));
  }
  const auto history = read_history(world.places);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), kGenerationsKept);
  EXPECT_EQ(history->front().number, 12u);
  EXPECT_TRUE(history->front().current);
  EXPECT_EQ(history->front().action, "update my-custom-worker 11-1 to 12-1");
  EXPECT_EQ(history->back().number, 3u);
  std::size_t trees = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(world.places.data / "store" / kId))
    ++trees;
  EXPECT_EQ(trees, kGenerationsKept);

  const auto back = roll_back(0, world.places, world.clock);
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(back->number, 13u);
  EXPECT_EQ(back->action, "rollback to 11");
  EXPECT_EQ(world.says(kId), "11\n");
  EXPECT_EQ(roll_back(1, world.places, world.clock).error().id, "generation-not-found");
  // What was built once and is still there is not built again.
  world.watcher.phases.clear();
  ASSERT_TRUE(world.install());
  EXPECT_THAT(world.watcher.phases, ElementsAre("link"));
  EXPECT_EQ(world.says(kId), "12\n");

  const auto gone = collect_garbage(1, world.places);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->generations, kGenerationsKept - 1);
  EXPECT_GT(gone->size_bytes, 0u);
  EXPECT_EQ(roll_back(0, world.places, world.clock).error().id, "nothing-to-roll-back");
  EXPECT_EQ(world.says(kId), "12\n");
}

TEST(Upkeep, APinStaysThroughUpdatesAndOnlyIdsThatAreThereHaveOne) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  ASSERT_TRUE(set_pinned(*WorkerId::parse(kId), true, world.places, world.clock));
  world.offer("2");
  EXPECT_TRUE(world.install()->pinned);
  EXPECT_TRUE(list_installed(world.places)->front().pinned);
  ASSERT_TRUE(set_pinned(*WorkerId::parse(kId), false, world.places, world.clock));
  EXPECT_FALSE(list_installed(world.places)->front().pinned);
  EXPECT_EQ(set_pinned(*WorkerId::parse("other"), true, world.places, world.clock).error().id,
            "worker-not-installed");
}

TEST(Upkeep, VerifyNamesEveryKindOfDifference) {
  World world;
  world.offer("1",
              "  install -Dm755 my-custom-worker \"$pkgdir/usr/bin/my-custom-worker\"\n"
              "  install -Dm644 my-custom-worker \"$pkgdir/usr/share/a\"\n"
              "  install -Dm644 my-custom-worker \"$pkgdir/usr/share/b\"\n"
              "  install -Dm644 my-custom-worker \"$pkgdir/usr/share/c\"\n"
              "  ln -s a \"$pkgdir/usr/share/d\"");
  const auto installed = world.install();
  ASSERT_TRUE(installed) << describe(installed.error());
  const auto never = [] { return false; };
  EXPECT_TRUE(verify(*installed, world.places, never)->empty());
  const std::filesystem::path share = std::filesystem::path(installed->tree) / "usr/share";
  ASSERT_EQ(::chmod(share.c_str(), 0755), 0);
  ASSERT_EQ(::chmod((share / "a").c_str(), 0644), 0);
  std::string text = fakes::read_text(share / "a");
  text[0] = '!';
  write_text(share / "a", text);
  ASSERT_EQ(::chmod((share / "a").c_str(), 0444), 0);
  ASSERT_EQ(::chmod((share / "b").c_str(), 0555), 0);
  std::filesystem::remove(share / "c");
  std::filesystem::remove(share / "d");
  std::filesystem::create_symlink("b", share / "d");
  write_text(share / "e", "");
  ASSERT_EQ(::chmod(share.c_str(), 0555), 0);
  std::filesystem::remove(world.places.bin / kId);
  const auto found = verify(*installed, world.places, never);
  ASSERT_TRUE(found) << describe(found.error());
  std::vector<std::string> said;
  for (const Difference& each : *found) said.push_back(each.path + " " + each.what);
  EXPECT_THAT(said,
              ElementsAre("usr/share/a has other bytes", "usr/share/b has the mode 0555, not 0444",
                          "usr/share/d leads to 'b'", "usr/share/e was not installed",
                          "usr/share/c is missing",
                          (world.places.bin / kId).string() + " does not lead to the worker"));
}

TEST(Upkeep, ALockEntryInstallsTheSameWithoutTheMarketplace) {
  World world;
  world.offer("1");
  const auto first = world.install();
  ASSERT_TRUE(first);
  std::vector<std::string> without;
  const auto locks = installed_locks(world.places, without);
  ASSERT_TRUE(locks) << describe(locks.error());
  const auto again = parse_lock(lock_text(*locks));
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(lock_text(*again), lock_text(*locks));
  ASSERT_EQ(again->size(), 1u);
  LockSource source(*again, nullptr);
  const auto plan = plan_install(world.request(), source);
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(plan->recipe.version(), "1-1");
  EXPECT_EQ(plan->catalog, "the shelf");
  for (const char* bad : {"", "[]", "{}", R"({"rbee_lock":2,"workers":[]})",
                          R"({"rbee_lock":1,"workers":{}})", R"({"rbee_lock":1,"workers":[{}]})"})
    EXPECT_EQ(parse_lock(bad).error().id, "lock-invalid") << bad;
}

TEST(Upkeep, ADamagedTreeIsNotTakenAgain) {
  World world;
  world.offer("1");
  const auto first = world.install();
  ASSERT_TRUE(first);
  ASSERT_TRUE(remove(*WorkerId::parse(kId), world.places, world.clock));
  // The tree stays for a rollback; meanwhile somebody changes it.
  const std::filesystem::path program = std::filesystem::path(first->tree) / "usr/local/bin" / kId;
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  write_text(program, "#!/bin/sh\necho evil\n");
  ASSERT_EQ(::chmod(program.c_str(), 0555), 0);
  world.watcher.phases.clear();
  ASSERT_TRUE(world.install());
  EXPECT_THAT(world.watcher.phases, ::testing::Contains("package")) << "it is built again";
  EXPECT_EQ(world.says(kId), "1\n");
}

TEST(Upkeep, WhetherTheUserChoseTheAcceleratorIsRemembered) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  EXPECT_FALSE(list_installed(world.places)->front().accelerator_chosen);
  InstallRequest request = world.request();
  request.accelerator = Accelerator::cpu;
  const auto plan = plan_install(request, world.shelf);
  ASSERT_TRUE(plan);
  ASSERT_TRUE(execute(*plan, world.places, world.http, world.watcher, world.clock));
  EXPECT_TRUE(list_installed(world.places)->front().accelerator_chosen) << "the same release again";
}

TEST(Upkeep, TheSameBytesFromAnotherOwnerAreRemembered) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  world.shelf.trusts[kId] = wire::Trust{.version = "1-1",
                                        .owner = "mallory",
                                        .owner_since = {},
                                        .owner_is_first = false,
                                        .released_at = {},
                                        .by_submission = false,
                                        .reviewers = {},
                                        .yanked = {}};
  const auto before = list_installed(world.places)->front();
  ASSERT_TRUE(world.install());
  const auto after = list_installed(world.places)->front();
  EXPECT_EQ(after.facts.owner, "mallory");
  EXPECT_EQ(after.tree, before.tree);
  EXPECT_EQ(after.installed_at, before.installed_at) << "nothing was installed anew";
}

TEST(Upkeep, AGenerationThatWasNeverFinishedDoesNotStopTheCollection) {
  World world;
  for (const char* version : {"1", "2", "3"}) {
    world.offer(version);
    ASSERT_TRUE(world.install());
  }
  std::filesystem::remove(world.places.data / "generations/2/manifest.json");
  const auto gone = collect_garbage(2, world.places);
  ASSERT_TRUE(gone) << describe(gone.error());
  EXPECT_EQ(gone->generations, 1u) << "only the unfinished one: 3 and 1 are the newest two";
  EXPECT_EQ(gone->trees, 1u);
  ASSERT_TRUE(roll_back(1, world.places, world.clock));
  EXPECT_EQ(world.says(kId), "1\n");
}

TEST(Upkeep, TheHiveHearsOnlyOfWhatIsInstalled) {
  World world;
  world.offer("1");
  world.shelf.details.at(kId).run = wire::Run{"http", {"--port", "{port}"}, "/health"};
  const auto record = world.places.cache / "workers/my-custom-worker-1-1-linux/metadata.json";
  // A folder of that name which the hive itself made is left alone.
  const auto foreign = world.places.cache / "workers/other-1-linux/metadata.json";
  write_text(foreign, "{}");
  ASSERT_TRUE(world.install());
  EXPECT_THAT(fakes::read_text(record), ::testing::HasSubstr(R"("workerType":"cpu")"));
  ASSERT_TRUE(remove(*WorkerId::parse(kId), world.places, world.clock));
  EXPECT_FALSE(std::filesystem::exists(record));
  EXPECT_TRUE(std::filesystem::exists(foreign));
}

}  // namespace
}  // namespace rbee::install
