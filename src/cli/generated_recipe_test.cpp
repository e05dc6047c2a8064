// Recipes that a manifest's tables become: they pass the checks, makepkg reads them as we do, and
// they can be edited as any other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "../../tests/fakes/temp_dir.hpp"
#include "check/sources.hpp"
#include "pkgbuild/edit.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/generate.hpp"

namespace rbee::cli {
namespace {

using pkgbuild::BinaryRecipe;
using pkgbuild::SourceRecipe;
using ::testing::IsEmpty;

struct Generated {
  std::string name, text;
  Platform platform;
};

/// Every build system from Git and from an archive, and binaries for one and for many platforms,
/// packed and bare.
std::vector<Generated> all_generated() {
  std::vector<Generated> all;
  const Platform cpu{Os::linux, Arch::x86_64, Accelerator::cpu};
  using BuildSystem = SourceRecipe::BuildSystem;
  const std::pair<BuildSystem, const char*> systems[] = {{BuildSystem::cargo, "cargo"},
                                                         {BuildSystem::cmake, "cmake"},
                                                         {BuildSystem::make, "make"},
                                                         {BuildSystem::npm, "npm"},
                                                         {BuildSystem::pip, "pip"}};
  for (const auto& [system, name] : systems) {
    SourceRecipe recipe;
    recipe.header = {
        "w", "1.0.0-rc.1", "It's a \"worker\"", "https://example.org", "MIT", {"espeak-ng"}, ""};
    recipe.arch = {Arch::x86_64, Arch::aarch64};
    recipe.build_system = system;
    recipe.binary = "w";
    recipe.features = {"cpu", "simd"};
    recipe.url = "https://example.org/w.git";
    recipe.ref = "commit=" + std::string(40, 'c');
    all.push_back({std::string(name) + " from Git", pkgbuild::generate(recipe), cpu});
    recipe.fetch = SourceRecipe::Fetch::tarball;
    recipe.url = "https://example.org/w-1.0.0.tar.gz";
    recipe.sha256 = std::string(64, 'a');
    all.push_back({std::string(name) + " from an archive", pkgbuild::generate(recipe), cpu});
  }
  for (const std::string suffix : {".tar.gz", ""}) {
    BinaryRecipe recipe;
    recipe.header = {"w-bin", "1.0", "Does it", "", "MIT", {}, "w"};
    recipe.binary = suffix.empty() ? "w" : "w-1.0/w";
    const std::string base = "https://example.org/w-";
    recipe.downloads = {{cpu, base + "cpu" + suffix, std::string(64, 'a')}};
    all.push_back({"one binary" + suffix, pkgbuild::generate(recipe), cpu});
    const Platform more[] = {{Os::linux, Arch::aarch64, Accelerator::cpu},
                             {Os::linux, Arch::x86_64, Accelerator::cuda},
                             {Os::macos, Arch::aarch64, Accelerator::metal}};
    for (const Platform& platform : more)
      recipe.downloads.push_back(
          {platform, base + to_string(platform) + suffix, std::string(64, 'b')});
    for (const Platform& platform : {cpu, more[0], more[1], more[2]})
      all.push_back(
          {"binaries for " + to_string(platform) + suffix, pkgbuild::generate(recipe), platform});
  }
  return all;
}

pkgbuild::Inputs inputs_of(const Generated& each) {
  return {each.platform, pkgbuild::variant_environment(each.platform, {}), nullptr, {}};
}

TEST(GeneratedRecipe, PassesTheChecks) {
  for (const Generated& each : all_generated()) {
    const auto recipe = pkgbuild::evaluate(each.text, inputs_of(each));
    ASSERT_TRUE(recipe) << each.name << recipe.error().findings.front().message;
    EXPECT_FALSE(recipe->sources(each.platform.arch).empty()) << each.name;
    EXPECT_THAT(check::check_sources(*recipe, each.platform.arch, each.text, "PKGBUILD"), IsEmpty())
        << each.name;
  }
}

TEST(GeneratedRecipe, CanBeEditedThereAndBack) {
  for (const Generated& each : all_generated()) {
    const pkgbuild::Inputs inputs = inputs_of(each);
    const auto recipe = pkgbuild::evaluate(each.text, inputs);
    ASSERT_TRUE(recipe) << each.name;
    const std::string old(recipe->scalar("pkgver"));
    const auto there = pkgbuild::set_version(each.text, inputs, {.pkgver = "9.9"});
    ASSERT_TRUE(there) << each.name << describe(there.error());
    const auto back = pkgbuild::set_version(there->text, inputs, {.pkgver = old});
    ASSERT_TRUE(back) << each.name << describe(back.error());
    EXPECT_EQ(back->text, each.text);

    std::vector<pkgbuild::ChecksumArray> sums, before;
    for (const pkgbuild::SourceArray& array : pkgbuild::source_arrays(*recipe)) {
      pkgbuild::ChecksumArray fresh{HashAlgorithm::sha256, array.suffix, {}};
      before.push_back(
          {HashAlgorithm::sha256, array.suffix, recipe->array("sha256sums" + array.suffix)});
      for (const pkgbuild::SourceEntry& entry : array.entries)
        fresh.values.push_back(pkgbuild::is_skipped(entry) ? "SKIP" : std::string(64, '7'));
      sums.push_back(std::move(fresh));
    }
    const auto summed = pkgbuild::set_checksums(each.text, inputs, sums);
    ASSERT_TRUE(summed) << each.name << describe(summed.error());
    const auto unsummed = pkgbuild::set_checksums(summed->text, inputs, before);
    ASSERT_TRUE(unsummed) << each.name << describe(unsummed.error());
    EXPECT_EQ(unsummed->text, each.text);
  }
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, n);
  ::pclose(pipe);
  return out;
}

// Each variant with the environment that the installer gives it; makepkg takes CARCH from its
// configuration.
TEST(GeneratedRecipe, MeansToMakepkgWhatItMeansToUs) {
  if (output_of("command -v makepkg").empty()) GTEST_SKIP() << "makepkg is not here";
  const fakes::TempDir folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  const std::string drop =
      ::geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  const std::string here = folder.path().string();
  for (const Generated& each : all_generated()) {
    const pkgbuild::Inputs inputs = inputs_of(each);
    fakes::write_text(folder / "PKGBUILD", each.text);
    fakes::write_text(folder / "makepkg.conf",
                      "CARCH=" + std::string(to_string(each.platform.arch)) +
                          "\nINTEGRITY_CHECK=(sha256)\nPKGEXT=.pkg.tar\nSRCEXT=.src.tar\n"
                          "VCSCLIENTS=('git::git')\nBUILDENV=()\nOPTIONS=()\n");
    std::string environment;
    for (const auto& [name, value] : inputs.environment) {
      environment += " " + name + "=";
      environment += pkgbuild::quote(value);
    }
    const auto recipe = pkgbuild::evaluate(each.text, inputs);
    ASSERT_TRUE(recipe) << each.name;
    EXPECT_EQ(output_of("cd " + here + " && " + drop + "env -i PATH=/usr/bin:/bin HOME=" + here +
                        " LANG=C.UTF-8" + environment +
                        " makepkg --config makepkg.conf --printsrcinfo 2>&1"),
              pkgbuild::srcinfo(*recipe))
        << each.name;
  }
}

}  // namespace
}  // namespace rbee::cli
