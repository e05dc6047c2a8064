// Installing for real: a recipe on a marketplace that is a folder in memory, a tarball on a
// loopback server, the real sandbox, a real store. What fails must leave nothing; what is killed
// must leave one whole generation.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "../../tests/fakes/ordinary_user.hpp"
#include "install/fixture.hpp"
#include "install/upkeep.hpp"

namespace rbee::install {
namespace {

using namespace test;

TEST(Install, TheExampleWorkerEndsInBin) {
  World world;
  world.offer("1.0.0");
  const auto installed = world.install();
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(installed->id, kId);
  EXPECT_EQ(installed->version, "1.0.0-1");
  EXPECT_EQ(installed->platform, "linux-x86_64-cpu");
  EXPECT_EQ(installed->recipe, "PKGBUILD.bin");
  EXPECT_EQ(installed->catalog, "the shelf");
  EXPECT_EQ(installed->installed_at, "2026-11-23T15:50:11Z");
  EXPECT_THAT(installed->commands, ElementsAre(kId));
  EXPECT_EQ(world.says(kId), "1.0.0\n");
  EXPECT_THAT(world.watcher.phases,
              ElementsAre("fetch", "verify", "unpack", "package", "store", "link"));
  const auto program = std::filesystem::canonical(world.places.bin / kId);
  EXPECT_TRUE(
      program.string().starts_with(std::filesystem::canonical(installed->tree).string() + "/"));
  struct stat status {};
  ASSERT_EQ(::stat(program.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0222, 0u) << "the store is read-only";
  const auto list = list_installed(world.places);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->front().tree, installed->tree);
  EXPECT_FALSE(std::filesystem::exists(world.places.data / "builds"));
}

TEST(Install, TheRecipeAndItsBuildSeeTheSameVariant) {
  World world;
  const std::string text =
      "pkgname=my-custom-worker\npkgver=1\npkgrel=1\narch=(x86_64)\n"
      "_read=\"$RBEE_OS $RBEE_ACCELERATOR $RBEE_FEATURES\"\n"
      "package() {\n"
      "  install -d \"$pkgdir/usr/bin\"\n"
      "  printf '#!/bin/sh\\necho \"%s / %s\"\\n' \"$_read\" "
      "\"$RBEE_OS $RBEE_ACCELERATOR $RBEE_FEATURES\" >\"$pkgdir/usr/bin/my-custom-worker\"\n"
      "  chmod 755 \"$pkgdir/usr/bin/my-custom-worker\"\n}\n";
  world.shelf.put(kId, "PKGBUILD", text).variants = {
      {"linux", "x86_64", "cpu", "PKGBUILD", {"cpu", "fast"}, {}, {}}};
  const auto installed = world.install();
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(world.says(kId), "linux cpu cpu,fast / linux cpu cpu,fast\n");
}

TEST(Install, AgainIsNothingNew) {
  World world;
  world.offer("1.0.0");
  ASSERT_TRUE(world.install());
  const auto before = list_all(world.home.path());
  world.server.forget_requests();
  const auto again = world.install();
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(list_all(world.home.path()), before);
  EXPECT_THAT(world.server.requests(), IsEmpty()) << "the source was in the cache";
}

TEST(Install, AWrongChecksumInstallsNothingAndShowsBothDigests) {
  World world;
  world.server.put("/1.tar.gz", {.body = "changed"});
  const std::string expected(64, 'e');
  world.shelf.put(kId, "PKGBUILD.bin", world.recipe("1", "sha256sums_x86_64=('" + expected + "')"));
  const auto before = world.traces();
  const auto installed = world.install();
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, Errc::integrity);
  EXPECT_EQ(exit_code(installed.error().code), 6);
  EXPECT_EQ(installed.error().id, "checksum-mismatch");
  EXPECT_THAT(installed.error().evidence, Contains("sha256sums expected: " + expected));
  EXPECT_THAT(installed.error().evidence,
              Contains("sha256sums actual:   " + Sha256::of("changed").hex()));
  EXPECT_EQ(world.traces(), before);
}

TEST(Install, EveryArrayOfChecksumsIsChecked) {
  for (const HashAlgorithm algorithm : kHashAlgorithms) {
    World world;
    const std::string bytes = world.tarball("x");
    world.server.put("/1.tar.gz", {.body = bytes});
    const std::string good = fmt::format("sha256sums_x86_64=('{}')\n", Sha256::of(bytes).hex());
    const std::string wrong = digest_of(algorithm, "other bytes");
    const std::string name(array_name(algorithm));
    const std::string sums = algorithm == HashAlgorithm::sha256
                                 ? fmt::format("sha256sums_x86_64=('{}')", wrong)
                                 : good + fmt::format("{}_x86_64=('{}')", name, wrong);
    world.shelf.put(kId, "PKGBUILD.bin", world.recipe("1", sums));
    const auto installed = world.install();
    ASSERT_FALSE(installed) << name;
    EXPECT_EQ(installed.error().id, "checksum-mismatch") << describe(installed.error());
    EXPECT_THAT(installed.error().evidence, Contains(name + " expected: " + wrong));
    EXPECT_THAT(installed.error().evidence,
                Contains(name + " actual:   " + digest_of(algorithm, bytes)));
  }
}

TEST(Install, NoChecksumIsAgainstThePolicy) {
  World world;
  world.server.put("/1.tar.gz", {.body = world.tarball("1")});
  world.shelf.put(kId, "PKGBUILD.bin", world.recipe("1", ""));
  const auto before = list_all(world.home.path());
  const auto installed = world.install();
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().id, "checksum-missing");
  EXPECT_EQ(exit_code(installed.error().code), 8);
  ASSERT_EQ(installed.error().findings.size(), 1u);
  EXPECT_EQ(installed.error().findings[0].rule, "SRC-001");
  EXPECT_EQ(list_all(world.home.path()), before);
  EXPECT_THAT(world.server.requests(), IsEmpty());
  InstallRequest daring = world.request();
  daring.allow_unverified = true;
  const auto plan = plan_install(daring, world.shelf);
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_TRUE(execute(*plan, world.places, world.http, world.watcher, world.clock));
}

TEST(Install, AFailureAnywhereLeavesNoTrace) {
  const std::string conflicting =
      "  install -Dm755 my-custom-worker \"$pkgdir/usr/bin/of-the-user\"";
  const struct {
    const char* name;
    std::function<void(World&)> spoil;
    const char* id;
  } rows[] = {
      {"not found", [](World& w) { w.server.put("/2.tar.gz", {.status = 404}); },
       "download-not-found"},
      {"cut short",
       [](World& w) { w.server.put("/2.tar.gz", {.body = "x", .claimed_length = 99}); },
       "network-cut"},
      {"wrong bytes", [](World& w) { w.server.put("/2.tar.gz", {.body = "x"}); },
       "checksum-mismatch"},
      {"hostile archive",
       [](World& w) {
         const std::string bytes =
             corpus::compress("gzip", corpus::tar({{.name = "../../evil", .content = "x"}}));
         w.server.put("/2.tar.gz", {.body = bytes});
         w.shelf.put(kId, "PKGBUILD.bin",
                     w.recipe("2", "sha256sums_x86_64=('" + Sha256::of(bytes).hex() + "')"));
       },
       "archive-traversal"},
      {"failing package", [](World& w) { w.offer("2", "  false"); }, "build-failed"},
      {"empty package", [](World& w) { w.offer("2", "  true"); }, "package-empty"},
      {"file in a forbidden place",
       [](World& w) { w.offer("2", "  install -D /dev/null \"$pkgdir/root/x\""); }, "package-path"},
      {"a command that the user has", [&](World& w) { w.offer("2", conflicting); },
       "command-conflict"},
      {"stopped while fetching", [](World& w) { w.watcher.stop_at = Phase::fetch; }, "interrupted"},
      {"stopped while unpacking", [](World& w) { w.watcher.stop_at = Phase::unpack; },
       "interrupted"},
      {"stopped while packaging", [](World& w) { w.watcher.stop_at = Phase::package; },
       "interrupted"},
  };
  for (const bool first : {true, false}) {
    for (const auto& row : rows) {
      SCOPED_TRACE(fmt::format("{}, {}", row.name,
                               first ? "nothing installed before" : "an older version before"));
      World world;
      if (!first) {
        world.offer("1");
        ASSERT_TRUE(world.install());
      }
      world.offer("2");
      row.spoil(world);
      auto before = world.traces();
      const auto installed = world.install();
      ASSERT_FALSE(installed);
      EXPECT_EQ(installed.error().id, row.id) << describe(installed.error());
      auto after = world.traces();
      // A part that a later run continues may stay in the cache.
      std::erase_if(after,
                    [](const std::string& path) { return path.starts_with("cache/parts/"); });
      EXPECT_EQ(after, before);
      EXPECT_EQ(fakes::read_text(world.home / "bin/of-the-user"), "precious");
      if (!first) {
        EXPECT_EQ(world.says(kId), "1\n");
      }
    }
  }
}

TEST(Install, AKillAtAnyMomentLeavesOneWholeGeneration) {
  for (const Phase at :
       {Phase::fetch, Phase::verify, Phase::unpack, Phase::package, Phase::store, Phase::link}) {
    SCOPED_TRACE(to_string(at));
    World world;
    world.offer("1");
    ASSERT_TRUE(world.install());
    world.offer("2");
    const pid_t child = ::fork();
    if (child == 0) {
      world.watcher.on_phase = [&](Phase phase) {
        if (phase == at) ::kill(::getpid(), SIGKILL);
      };
      static_cast<void>(world.install());
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto list = list_installed(world.places);
    ASSERT_TRUE(list) << describe(list.error());
    ASSERT_EQ(list->size(), 1u);
    EXPECT_EQ(list->front().version, "1-1");
    EXPECT_EQ(world.says(kId), "1\n");
    const auto installed = world.install();
    ASSERT_TRUE(installed) << describe(installed.error());
    EXPECT_EQ(world.says(kId), "2\n");
    EXPECT_THAT(list_all(world.places.data / "builds"), IsEmpty());
  }
}

TEST(Install, ASwitchWithoutItsLinksIsMended) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  std::filesystem::remove(world.places.bin / kId);  // As if killed before the links.
  std::filesystem::create_directories(world.places.data /
                                      "generations/7/bin");  // A generation never finished.
  std::filesystem::create_directories(world.places.data / "store/x/1-abc");
  std::filesystem::create_symlink(world.places.data / "current/bin/gone",
                                  world.places.bin / "gone");
  ASSERT_TRUE(list_installed(world.places));
  EXPECT_EQ(world.says(kId), "1\n");
  EXPECT_THAT(
      list_all(world.places.bin),
      ElementsAre(fmt::format("{} -> {}", kId, (world.places.data / "current/bin" / kId).string()),
                  "of-the-user"));
  EXPECT_FALSE(std::filesystem::exists(world.places.data / "generations/7"));
  ASSERT_TRUE(collect_garbage(kGenerationsKept, world.places));
  EXPECT_FALSE(std::filesystem::exists(world.places.data / "store/x"));
}

TEST(Install, RemoveTakesEverythingAway) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  const auto removed = remove(*WorkerId::parse(kId), world.places, world.clock);
  ASSERT_TRUE(removed) << describe(removed.error());
  EXPECT_EQ(removed->version, "1-1");
  EXPECT_THAT(list_all(world.places.bin), ElementsAre("of-the-user"));
  EXPECT_THAT(*list_installed(world.places), IsEmpty());
  EXPECT_EQ(remove(*WorkerId::parse(kId), world.places, world.clock).error().id,
            "worker-not-installed");
}

TEST(Install, TwoWorkersCannotHaveOneCommand) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  world.shelf.put("other-worker", "PKGBUILD",
                  "pkgname=other-worker\npkgver=1\npkgrel=1\narch=(any)\n"
                  "package() { install -Dm755 /dev/null \"$pkgdir/usr/bin/my-custom-worker\"; }\n");
  const auto installed = world.install("other-worker");
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().message,
            "other-worker and my-custom-worker both have the command 'my-custom-worker'");
  EXPECT_EQ(world.says(kId), "1\n");
}

TEST(Install, OneAtATime) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  const auto held = Exclusive::take(world.places, "a long installation");
  ASSERT_TRUE(held);
  const auto installed = world.install();
  EXPECT_EQ(installed.error().id, "locked");
  EXPECT_THAT(installed.error().evidence, Contains(HasSubstr("a long installation")));
}

TEST(Install, WorksForAnOrdinaryUser) {
  EXPECT_EQ(fakes::as_ordinary_user([] {
              World world;
              world.offer("1");
              const auto installed = world.install();
              return installed ? world.says(kId) : describe(installed.error());
            }),
            "1\n");
}

TEST(Install, ADamagedManifestIsSaidAndNothingIsRemoved) {
  World world;
  world.offer("1");
  const auto installed = world.install();
  ASSERT_TRUE(installed);
  const auto manifest = world.places.data / "generations/1/manifest.json";
  for (const char* text : {"", "{", "[]", "{\"workers\": 3}", "{\"workers\": [{\"id\": 1}]}"}) {
    write_text(manifest, text);
    EXPECT_EQ(list_installed(world.places).error().id, "manifest-damaged") << text;
    EXPECT_EQ(world.install().error().id, "manifest-damaged") << text;
    EXPECT_TRUE(std::filesystem::exists(installed->tree));
  }
}

TEST(Plan, ChoosesTheBestVariantAndSaysWhy) {
  World world;
  const std::string text = "pkgname=w\npkgver=1\npkgrel=1\narch=(x86_64)\npackage() { :; }\n";
  auto& detail = world.shelf.put("w", "PKGBUILD", text);
  world.shelf.put("w", "PKGBUILD.bin", text);
  detail.variants = {{"linux", "x86_64", "cpu", "PKGBUILD", {}, {}, {}},
                     {"linux", "x86_64", "cpu", "PKGBUILD.bin", {}, {}, {}},
                     {"linux", "x86_64", "cuda", "PKGBUILD", {"cuda"}, {}, {}},
                     {"macos", "aarch64", "metal", "PKGBUILD", {}, {}, {}},
                     {"linux", "x86_64", "plan9", "PKGBUILD", {}, {}, {}}};
  InstallRequest request = world.request("w");
  auto plan = plan_install(request, world.shelf);
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(plan->recipe_file, "PKGBUILD.bin");
  EXPECT_THAT(plan->why, HasSubstr("chose linux-x86_64-cpu (PKGBUILD.bin)"));
  EXPECT_THAT(plan->why,
              HasSubstr("skipped linux-x86_64-cuda (PKGBUILD): this machine has no cuda"));
  EXPECT_THAT(plan->why,
              HasSubstr("skipped macos-aarch64-metal (PKGBUILD): this machine runs linux"));
  EXPECT_THAT(plan->why, HasSubstr("this rbee does not know that platform"));
  request.recipe = "PKGBUILD";
  EXPECT_EQ(plan_install(request, world.shelf)->recipe_file, "PKGBUILD");
  request.recipe = std::nullopt;
  request.present = {Accelerator::cuda, Accelerator::cpu};
  plan = plan_install(request, world.shelf);
  EXPECT_EQ(plan->platform.accelerator, Accelerator::cuda);
  EXPECT_EQ(plan->environment.at("RBEE_FEATURES"), "cuda");
  request.present = {Accelerator::rocm};
  request.accelerator = Accelerator::rocm;
  EXPECT_THAT(plan_install(request, world.shelf).error().evidence,
              Contains("linux-x86_64-cpu (PKGBUILD): rocm was asked for"));
  request.platform.arch = Arch::aarch64;
  const auto none = plan_install(request, world.shelf);
  EXPECT_EQ(none.error().id, "no-variant-fits");
  EXPECT_EQ(none.error().evidence.size(), 5u);
}

TEST(Plan, RefusesBeforeAnythingIsFetched) {
  const std::string head = "pkgname=w\npkgver=1\npkgrel=1\narch=(x86_64)\n";
  const std::string tail = "package() { :; }\n";
  const struct {
    const char* name;
    std::string text;
    std::function<void(wire::WorkerDetail&)> spoil;
    const char* id;
  } rows[] = {
      {"hook", head + "install=w.install\n" + tail, {}, "install-hook"},
      {"hook of a package", head + "package() { install=w.install; }\n", {}, "install-hook"},
      {"svn",
       head +
           "source=('svn+https://e.org/"
           "a#revision=7')\nsha256sums=(SKIP)\n" +
           tail,
       {},
       "source-unsupported"},
      {"syntax", head + "package() {\n", {}, "recipe-invalid"},
      {"cannot be read without running it",
       "pkgname=w\npkgver=$(curl https://e.org)\npkgrel=1\narch=(x86_64)\n" + tail,
       {},
       "recipe-unsupported"},
      {"another digest", head + tail, [](auto& d) { d.recipes[0].sha256 = std::string(64, '0'); },
       "recipe-mismatch"},
      {"another worker", head + tail, [](auto& d) { d.summary.id = "x"; }, "worker-other"},
      {"too much memory", head + tail, [](auto& d) { d.hardware.ram_mb = 1'000'000'000; },
       "memory-too-small"},
      {"other architecture",
       "pkgname=w\npkgver=1\npkgrel=1\narch=(aarch64)\n" + tail,
       {},
       "arch-unsupported"},
      {"a file that is not there",
       head + "source=(main.c)\nsha256sums=(SKIP)\n" + tail,
       {},
       "local-file-missing"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    World world;
    auto& detail = world.shelf.put("w", "PKGBUILD", row.text);
    detail.files.push_back({"w.install", 1, false, "/f"});
    world.shelf.texts["w/w.install"] = "post_install() { :; }\n";
    if (row.spoil) row.spoil(detail);
    InstallRequest request = world.request("w");
    request.capacity.ram_bytes = 1'000'000'000;
    const auto plan = plan_install(request, world.shelf);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().id, row.id) << describe(plan.error());
  }
  World world;
  auto& detail = world.shelf.put("w", "PKGBUILD", head + tail);
  detail.hardware.disk_mb = 1'000'000'000;
  EXPECT_EQ(world.install("w").error().id, "disk-too-small");
}

}  // namespace
}  // namespace rbee::install
