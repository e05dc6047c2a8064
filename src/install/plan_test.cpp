// What is decided before anything is fetched: which release, which variant, on which machine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "install/dependencies.hpp"
#include "install/fixture.hpp"

namespace rbee::install {
namespace {

using namespace test;

TEST(Plan, AReleaseThatNobodyLookedAtWaitsADay) {
  World world;
  world.offer("1");
  world.shelf.details.at(kId).summary.version = "1-1";
  wire::Trust trust{.version = "1-1",
                    .owner = "alice",
                    .owner_since = "2026-11-01T00:00:00Z",
                    .owner_is_first = true,
                    .released_at = "2026-11-23T12:00:00Z",
                    .by_submission = true,
                    .reviewers = {},
                    .yanked = {}};
  const auto planned = [&](auto change) {
    world.shelf.trusts[kId] = trust;
    InstallRequest request = world.request();
    request.now = world.clock.now();  // 15:50 of that day.
    change(request);
    return plan_install(request, world.shelf);
  };
  EXPECT_EQ(planned([](auto&) {}).error().id, "release-too-young");
  EXPECT_TRUE(planned([](auto& request) { request.version = "1-1"; })) << "named explicitly";
  EXPECT_TRUE(planned([](auto& request) { request.now += std::chrono::hours(24); }));
  EXPECT_EQ(planned([](auto& request) { request.version = "2-1"; }).error().id,
            "release-not-found");
  trust.reviewers = {"bob"};
  EXPECT_TRUE(planned([](auto&) {})) << "somebody looked";
  trust.reviewers = {};
  trust.by_submission = false;
  EXPECT_TRUE(planned([](auto&) {})) << "the host put it there";
  trust.yanked = "breaks everything";
  EXPECT_EQ(planned([](auto&) {}).error().id, "release-yanked");
}

TEST(Plan, NeverSilentlyTheProcessor) {
  World world;
  world.offer("1");
  auto& detail = world.shelf.details.at(kId);
  detail.variants.push_back({"linux", "x86_64", "cuda", "PKGBUILD.bin", {}, {}, {}});
  detail.hardware.vram_mb = 8'000;
  detail.hardware.cuda = ">=12.4";
  InstallRequest request = world.request();
  request.present = {Accelerator::cuda, Accelerator::cpu};
  request.capacity.vram_bytes[Accelerator::cuda] = 24'000'000'000;
  request.capacity.cuda = "12.4";
  auto plan = plan_install(request, world.shelf);
  ASSERT_TRUE(plan) << describe(plan.error());
  EXPECT_EQ(to_string(plan->platform), "linux-x86_64-cuda");
  EXPECT_THAT(plan->warnings, IsEmpty());
  request.capacity.cuda = "12.2";
  plan = plan_install(request, world.shelf);
  ASSERT_TRUE(plan);
  EXPECT_EQ(to_string(plan->platform), "linux-x86_64-cpu");
  EXPECT_THAT(plan->warnings,
              ElementsAre(HasSubstr("it needs CUDA 12.4, and the driver supports 12.2")));
  request.capacity = {};
  request.capacity.vram_bytes[Accelerator::cuda] = 6'000'000'000;
  EXPECT_THAT(
      plan_install(request, world.shelf)->warnings,
      ElementsAre(HasSubstr("it needs 8.0 GB of GPU memory, and the largest GPU has 6.0 GB")));
  request.accelerator = Accelerator::cuda;
  request.present = {Accelerator::cuda};
  EXPECT_EQ(plan_install(request, world.shelf).error().id, "no-variant-fits");
}

TEST(Plan, ARefusalNamesTheNewestReleaseThatFits) {
  World world;
  world.offer("3");
  const auto release = [](const std::string& version, const std::string& accelerator,
                          std::int64_t ram_mb, std::int64_t disk_mb,
                          const std::string& yanked = "") {
    wire::Release out;
    out.version = version;
    out.released_at = "2026-11-01T00:00:00Z";
    out.yanked = yanked;
    out.variants.push_back({"linux", "x86_64", accelerator, "PKGBUILD.bin", {}, {}, {}});
    out.hardware.ram_mb = ram_mb;
    out.hardware.disk_mb = disk_mb;
    return out;
  };
  world.shelf.history = {
      release("3-1", "cpu", 64'000, 1),    release("2.2-1", "cuda", 1, 1),
      release("2.1-1", "cpu", 1, 900'000), release("2.0-1", "cpu", 1, 1, "it was broken"),
      release("1.9-1", "cpu", 1, 1),       release("1.8-1", "cpu", 1, 1)};
  InstallRequest request = world.request();
  request.capacity.ram_bytes = 8'000'000'000;
  request.capacity.disk_bytes = 100'000'000'000;
  auto& detail = world.shelf.details.at(kId);
  const auto refusal = [&] {
    const auto plan = plan_install(request, world.shelf);
    return plan ? std::string("it fits")
                : fmt::format("{}: {} -> {}", plan.error().id, plan.error().evidence.back(),
                              plan.error().fix);
  };
  const std::string told =
      "the newest release that fits: 1.9-1 of 2026-11-01 -> rbee worker install "
      "my-custom-worker@1.9-1";
  detail.hardware.ram_mb = 64'000;
  EXPECT_EQ(refusal(), "memory-too-small: " + told);
  detail.hardware = {};
  detail.hardware.disk_mb = 200'000;
  EXPECT_EQ(refusal(), "disk-too-small: " + told);
  detail.hardware = {};
  detail.variants.front().accelerator = "cuda";
  EXPECT_EQ(refusal(), "no-variant-fits: " + told);
  world.shelf.history.resize(2);
  EXPECT_THAT(refusal(), HasSubstr("no older release fits, either"));
}

TEST(Dependencies, TheTableIsSortedAndSaysHowToLook) {
  const auto& table = dependency_probes();
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i > 0) {
      EXPECT_LT(table[i - 1].name, table[i].name) << "the look-up needs the order";
    }
    EXPECT_EQ(table[i].what.empty(), table[i].by == DependencyProbe::By::nothing) << table[i].name;
  }
}

TEST(Dependencies, WhatIsNotThereIsNamedWithItsPackage) {
  World world;
  world.offer("1");
  auto plan = plan_install(world.request(), world.shelf);
  ASSERT_TRUE(plan);
  plan->facts.dependencies = {"espeak-ng",       "glibc",          "make: cmake",
                              "make: espeak-ng", "vulkan-headers", "nobody-knows-this"};
  const fakes::TempDir root;
  const auto names = [&] {
    std::vector<std::string> out;
    for (const Missing& each : missing_dependencies(*plan, root.path()))
      out.push_back(each.name + "=" + each.debian);
    return out;
  };
  EXPECT_THAT(names(), ElementsAre("espeak-ng=libespeak-ng1", "cmake=cmake",
                                   "vulkan-headers=libvulkan-dev"));
  write_text(root / "usr/bin/cmake", "");
  write_text(root / "usr/lib/x86_64-linux-gnu/libespeak-ng.so.1", "");
  write_text(root / "usr/share/pkgconfig/vulkan.pc", "");
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace rbee::install
