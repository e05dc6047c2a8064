// Sources on their way here: several at once, with a licence, by hand, and from the cache.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "install/fixture.hpp"
#include "install/source_cache.hpp"

namespace rbee::install::source_tests {
namespace {

using namespace test;

TEST(Sources, AFileThatTheUserHasToBringIsNamed) {
  World world;
  const std::string bytes = world.tarball("brought");
  world.shelf.put(
      kId, "PKGBUILD.bin",
      fmt::format("pkgname=my-custom-worker\npkgver=1\npkgrel=1\narch=(x86_64)\n"
                  "source=(file://licensed.tar.gz)\nsha256sums=({})\n"
                  "package() {{ install -Dm755 my-custom-worker -t \"$pkgdir/usr/bin\"; }}\n",
                  Sha256::of(bytes).hex()));
  world.shelf.details.at(kId).premium = wire::Premium{"", "https://shop.example/buy", {}};
  auto installed = world.install();
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().id, "manual-download");
  EXPECT_THAT(installed.error().evidence,
              ElementsAre("file: licensed.tar.gz", "sha256sums: " + Sha256::of(bytes).hex(),
                          "from: https://shop.example/buy"));
  write_text(world.places.cache / "manual/licensed.tar.gz", "something else");
  EXPECT_EQ(world.install().error().id, "checksum-mismatch");
  write_text(world.places.cache / "manual/licensed.tar.gz", bytes);
  installed = world.install();
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(world.says(kId), "brought\n");
}

/// A recipe whose only source is `url`.
std::string recipe_of(const std::string& url, const std::string& sum) {
  return fmt::format(
      "pkgname=my-custom-worker\npkgver=1\npkgrel=1\narch=(x86_64)\n"
      "source=({})\nsha256sums=({})\n"
      "package() {{ env; install -Dm755 my-custom-worker -t \"$pkgdir/usr/bin\"; }}\n",
      url, sum);
}

constexpr const char* kKey = "rbee_lic_0123456789abcdef";

Result<Installed> install_with(World& world, const std::string& key) {
  TRY_ASSIGN(const Plan plan, plan_install(world.request(), world.shelf));
  ExecuteOptions options;
  options.license_key = key;
  return execute(plan, world.places, world.http, world.watcher, world.clock, options);
}

bool was_told(const fakes::HttpFileServer& server) {
  for (const auto& request : server.requests())
    if (request.head.find(kKey) != std::string::npos) return true;
  return false;
}

TEST(Sources, ALicenceKeyGoesToThePremiumHostAndNowhereElse) {
  World world;
  const std::string bytes = world.tarball("paid");
  // Another server, which the premium one sends on to, as those that sign addresses do.
  fakes::HttpFileServer storage;
  storage.put("/file.tar.gz", {.body = bytes});
  world.server.put("/1.tar.gz", {.status = 302, .location = storage.url("/file.tar.gz")});
  world.shelf.put(kId, "PKGBUILD.bin",
                  recipe_of(world.server.url("/1.tar.gz"), Sha256::of(bytes).hex()));
  auto& detail = world.shelf.details.at(kId);
  detail.premium = wire::Premium{"", "https://shop.example", {"releases.example.org"}};
  ASSERT_TRUE(install_with(world, kKey)) << "the host is not among those that are told";
  EXPECT_FALSE(was_told(world.server));

  ASSERT_TRUE(remove(*WorkerId::parse(kId), world.places, world.clock));
  ASSERT_TRUE(prune_cache(world.places.cache, Time::max()));
  world.server.forget_requests();
  storage.forget_requests();
  detail.premium->hosts = {"127.0.0.1"};
  const auto installed = install_with(world, kKey);
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_TRUE(was_told(world.server));
  EXPECT_EQ(storage.requests().size(), 1u);
  EXPECT_FALSE(was_told(storage)) << "never across a redirect";
  // Nor does anything keep it: no environment of the recipe, no log, no file.
  EXPECT_EQ(world.watcher.output.find(kKey), std::string::npos);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world.home.path()))
    if (entry.is_regular_file()) {
      EXPECT_EQ(fakes::read_text(entry.path()).find(kKey), std::string::npos) << entry.path();
    }
}

TEST(Sources, ARefusalByThePremiumHostSaysWhereToGetALicence) {
  for (const auto& [key, status, id, code] :
       {std::tuple("", 401, "license-needed", 4), std::tuple(kKey, 403, "license-refused", 4),
        std::tuple(kKey, 401, "license-refused", 4)}) {
    World world;
    world.server.put("/1.tar.gz", {.status = status});
    world.shelf.put(kId, "PKGBUILD.bin",
                    recipe_of(world.server.url("/1.tar.gz"), std::string(64, 'a')));
    world.shelf.details.at(kId).premium = wire::Premium{"", "https://shop.example", {"127.0.0.1"}};
    const auto installed = install_with(world, key);
    ASSERT_FALSE(installed);
    EXPECT_EQ(installed.error().id, id);
    EXPECT_EQ(exit_code(installed.error().code), code);
    EXPECT_THAT(installed.error().evidence, Contains("licences: https://shop.example"));
    EXPECT_EQ(describe(installed.error()).find(kKey), std::string::npos);
  }
}

TEST(Sources, SeveralComeAtOnceAndTheFirstFailureIsTold) {
  World world;
  std::string sources, sums;
  for (int i = 0; i < 12; ++i) {
    const std::string body = fmt::format("file {}", i);
    world.server.put(fmt::format("/f{}", i), {.body = body});
    sources += " " + world.server.url(fmt::format("/f{}", i));
    sums += " " + Sha256::of(body).hex();
  }
  const auto offer = [&] {
    world.shelf.put(kId, "PKGBUILD.bin",
                    fmt::format("pkgname=my-custom-worker\npkgver=1\npkgrel=1\narch=(x86_64)\n"
                                "source=({})\nsha256sums=({})\n"
                                "package() {{ install -Dm644 f* -t \"$pkgdir/usr/share\"; }}\n",
                                sources, sums));
  };
  offer();
  world.server.put("/f7", {.body = "wrong"});
  const auto failed = world.install();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().id, "checksum-mismatch") << "not that the others were stopped";
  world.server.put("/f7", {.body = "file 7"});
  const auto installed = world.install();
  ASSERT_TRUE(installed) << describe(installed.error());
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(
        fakes::read_text(std::filesystem::path(installed->tree) / fmt::format("usr/share/f{}", i)),
        fmt::format("file {}", i));
}

TEST(Sources, OfflineUsesTheCacheAlone) {
  World world;
  world.offer("1");
  const auto plan = plan_install(world.request(), world.shelf);
  ASSERT_TRUE(plan);
  ExecuteOptions offline;
  offline.offline = true;
  const auto refused =
      execute(*plan, world.places, world.http, world.watcher, world.clock, offline);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "offline");
  EXPECT_EQ(exit_code(refused.error().code), 5);
  ASSERT_TRUE(world.install());
  ASSERT_TRUE(remove(*WorkerId::parse(kId), world.places, world.clock));
  world.server.forget_requests();
  EXPECT_TRUE(execute(*plan, world.places, world.http, world.watcher, world.clock, offline));
  EXPECT_THAT(world.server.requests(), IsEmpty());
}

TEST(Cache, IsListedPrunedAndVerified) {
  World world;
  world.offer("1");
  ASSERT_TRUE(world.install());
  const auto files = list_cache(world.places.cache);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_TRUE(files->front().name.starts_with("sha256sums-"));
  const auto never = [] { return false; };
  EXPECT_THAT(*verify_cache(world.places.cache, never), IsEmpty());
  const auto place = world.places.cache / "sources" / files->front().name;
  ASSERT_EQ(::chmod(place.c_str(), 0644), 0);
  write_text(place, "changed by the disk");
  EXPECT_THAT(*verify_cache(world.places.cache, never), ElementsAre(files->front().name));
  EXPECT_FALSE(std::filesystem::exists(place));
  write_text(world.places.cache / "parts/x", "half");
  write_text(world.places.cache / "manual/mine", "kept");
  EXPECT_EQ(prune_cache(world.places.cache, Time{})->size(), 0u) << "nothing is that old";
  EXPECT_EQ(prune_cache(world.places.cache, Time::max())->size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(world.places.cache / "manual/mine"));
}

}  // namespace
}  // namespace rbee::install::source_tests
