// One recipe on many platforms: groups, what differs, and a recipe that probes the machine.
#include "pkgbuild/matrix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rbee::pkgbuild {
namespace {

using testing::ElementsAre;

constexpr std::string_view kHead =
    "pkgname=w\npkgver=1\npkgrel=1\narch=(x86_64 aarch64)\npackage() { :; }\n";

std::string text(std::string_view more) {
  return std::string(kHead) + std::string(more);
}

TEST(Matrix, HasEveryPlatformOnce) {
  EXPECT_EQ(all_platforms().size(), 63U);
  const Matrix matrix = evaluate_matrix(text(""), {}, all_platforms());
  ASSERT_EQ(matrix.groups.size(), 2U);
  EXPECT_EQ(describe_platforms(matrix.groups[0].platforms),
            "linux-{x86_64,aarch64}-* macos-{x86_64,aarch64}-* windows-{x86_64,aarch64}-*");
  EXPECT_EQ(describe_platforms(matrix.groups[1].platforms),
            "linux-armv7h-* macos-armv7h-* windows-armv7h-*");
  ASSERT_TRUE(matrix.groups[1].refusal);
  EXPECT_EQ(matrix.groups[1].refusal->findings[0].message,
            "arch is (x86_64 aarch64), without armv7h");
  EXPECT_TRUE(matrix.differing.empty());
  EXPECT_EQ(matrix.common.at("pkgver").values, std::vector<std::string>{"1"});
}

// As rbee's published -bin recipes do: a function that asks the machine while the recipe is read.
TEST(Matrix, AnswersARecipeThatProbesTheMachine) {
  const Matrix matrix = evaluate_matrix(text(R"(
_detect() {
  local os=$(uname -s | tr '[:upper:]' '[:lower:]') arch=$(uname -m)
  if [[ $os == darwin ]]; then
    [[ $arch == arm64 ]] && echo macos-aarch64-metal || echo macos-x86_64-cpu
  elif command -v nvidia-smi &>/dev/null; then
    echo linux-x86_64-cuda
  elif command -v rocminfo &>/dev/null; then
    echo linux-x86_64-rocm
  else
    echo "linux-$arch-cpu"
  fi
}
_platform=$(_detect)
source=("https://example.org/w-$_platform.tar.gz")
depends=(gcc)
case $_platform in *cuda*) depends+=(cuda) ;; *rocm*) depends+=(rocm) ;; esac
sha256sums=(SKIP)
)"),
                                        {},
                                        {{Os::linux, Arch::x86_64, Accelerator::cpu},
                                         {Os::linux, Arch::x86_64, Accelerator::cuda},
                                         {Os::linux, Arch::x86_64, Accelerator::rocm},
                                         {Os::linux, Arch::aarch64, Accelerator::cpu},
                                         {Os::macos, Arch::aarch64, Accelerator::metal},
                                         {Os::macos, Arch::x86_64, Accelerator::cpu}});
  ASSERT_EQ(matrix.groups.size(), 6U);
  std::vector<std::string> sources;
  for (const MatrixGroup& group : matrix.groups) {
    ASSERT_FALSE(group.refusal) << group.refusal->findings[0].message;
    sources.push_back(group.fields.at("source").values[0].substr(22));
  }
  EXPECT_THAT(sources, ElementsAre("linux-x86_64-cpu.tar.gz", "linux-x86_64-cuda.tar.gz",
                                   "linux-x86_64-rocm.tar.gz", "linux-aarch64-cpu.tar.gz",
                                   "macos-aarch64-metal.tar.gz", "macos-x86_64-cpu.tar.gz"));
  EXPECT_THAT(matrix.groups[1].fields.at("depends").values, ElementsAre("gcc", "cuda"));
  EXPECT_THAT(matrix.differing, ElementsAre("depends", "source"));
}

TEST(Matrix, PutsArchitectureArraysBehindTheirBase) {
  const Matrix matrix = evaluate_matrix(
      text("source=(a)\nsha256sums=(SKIP)\nsource_aarch64=(b)\nsha256sums_aarch64=(SKIP)\n"), {},
      {{Os::linux, Arch::x86_64, Accelerator::cpu}, {Os::linux, Arch::aarch64, Accelerator::cpu}});
  ASSERT_EQ(matrix.groups.size(), 2U);
  EXPECT_THAT(matrix.groups[0].fields.at("source").values, ElementsAre("a"));
  EXPECT_THAT(matrix.groups[1].fields.at("source").values, ElementsAre("a", "b"));
  EXPECT_THAT(matrix.differing, ElementsAre("sha256sums", "source"));
}

TEST(Matrix, TellsOverridesAndRefusals) {
  const Matrix matrix = evaluate_matrix(
      "pkgname=w\npkgver=1\npkgrel=1\narch=(any)\n[[ $RBEE_ACCELERATOR != rocm ]] || mkdir x\n"
      "package() {\n  depends=(a)\n}\n",
      {},
      {{Os::linux, Arch::x86_64, Accelerator::cpu}, {Os::linux, Arch::x86_64, Accelerator::rocm}});
  ASSERT_EQ(matrix.groups.size(), 2U);
  EXPECT_THAT(matrix.common.at("w:depends").values, ElementsAre("a"));
  ASSERT_TRUE(matrix.groups[1].refusal);
  EXPECT_EQ(matrix.groups[1].refusal->kind, Refusal::Kind::unsupported);
  EXPECT_EQ(matrix.groups[1].refusal->findings[0].message, "unsupported: command mkdir at line 5");
}

TEST(Matrix, KeepsWhatTheCallerGives) {
  Inputs inputs;
  inputs.environment["RBEE_OS"] = "plan9";
  const Matrix matrix = evaluate_matrix(text("pkgdesc=$RBEE_OS-$RBEE_ACCELERATOR\n"), inputs,
                                        {{Os::linux, Arch::x86_64, Accelerator::cuda}});
  EXPECT_THAT(matrix.common.at("pkgdesc").values, ElementsAre("plan9-cuda"));
}

TEST(Matrix, DescribesSetsOfPlatforms) {
  EXPECT_EQ(describe_platforms({{Os::linux, Arch::x86_64, Accelerator::cpu}}), "linux-x86_64-cpu");
  EXPECT_EQ(describe_platforms({{Os::linux, Arch::x86_64, Accelerator::cpu},
                                {Os::linux, Arch::x86_64, Accelerator::cuda},
                                {Os::linux, Arch::aarch64, Accelerator::cpu},
                                {Os::macos, Arch::aarch64, Accelerator::metal}}),
            "linux-x86_64-{cpu,cuda} linux-aarch64-cpu macos-aarch64-metal");
  EXPECT_EQ(describe_platforms(all_platforms()),
            "linux-{x86_64,aarch64,armv7h}-* macos-{x86_64,aarch64,armv7h}-* "
            "windows-{x86_64,aarch64,armv7h}-*");
  EXPECT_EQ(describe_platforms({}), "");
}

}  // namespace
}  // namespace rbee::pkgbuild
