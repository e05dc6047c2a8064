// What a person is told of a release that differs from the one before.
#include "check/trust_delta.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rbee::check {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TrustFacts facts(std::string_view recipe, std::string owner = "alice",
                 std::string license = "MIT") {
  const std::string text =
      "pkgname=w\npkgver=1\npkgrel=1\narch=(x86_64)\n" + std::string(recipe) + "\n";
  const auto evaluated = pkgbuild::evaluate(text, {});
  EXPECT_TRUE(evaluated) << evaluated.error().findings.front().message;
  return trust_facts(*evaluated, text, Arch::x86_64, std::move(owner), std::move(license));
}

constexpr std::string_view kBefore =
    "depends=(a 'b>=2')\nsource=(https://one.example/x.tar.gz)\nsha256sums=(SKIP)\n"
    "package() { :; }";

std::vector<std::string> told(const TrustFacts& now, bool same_version = false) {
  std::vector<std::string> out;
  for (const TrustChange& change : trust_delta(facts(kBefore), now, same_version))
    out.push_back(std::string(change.risky ? "! " : "- ") + std::string(to_string(change.kind)));
  return out;
}

TEST(TrustDelta, NothingWhereNothingChanged) {
  EXPECT_THAT(told(facts(kBefore)), IsEmpty());
}

TEST(TrustDelta, WhatAnAttackerWouldChangeIsRisky) {
  EXPECT_THAT(told(facts(kBefore, "mallory")), ElementsAre("! owner"));
  EXPECT_THAT(told(facts(kBefore, "alice", "GPL-3.0-only")), ElementsAre("! license"));
  EXPECT_THAT(told(facts("depends=(a b)\nsource=(https://two.example/x.tar.gz)\nsha256sums=(SKIP)\n"
                         "package() { :; }")),
              ElementsAre("! hosts", "- hosts"));
  EXPECT_THAT(told(facts("depends=(a b)\nsource=(https://one.example/x.tar.gz)\nsha256sums=(SKIP)\n"
                         "package() { true; }")),
              ElementsAre("! functions"));
  EXPECT_THAT(told(facts("depends=(a b)\nsource=(https://one.example/x.tar.gz)\nsha256sums=(SKIP)\n"
                         "build() { :; }\npackage() { :; }")),
              ElementsAre("! functions"));
}

TEST(TrustDelta, OtherBytesAreRiskyUnderTheSameVersionOnly) {
  const TrustFacts other = facts(
      "depends=(a b)\nsource=(https://one.example/x.tar.gz)\n"
      "sha256sums=(0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef)\n"
      "package() { :; }");
  EXPECT_THAT(told(other), ElementsAre("- sources"));
  EXPECT_THAT(told(other, true), ElementsAre("! sources"));
}

TEST(TrustDelta, NewDependenciesAreToldAndNoMore) {
  EXPECT_THAT(told(facts("depends=(a b c)\nsource=(https://one.example/x.tar.gz)\n"
                         "sha256sums=(SKIP)\npackage() { :; }")),
              ElementsAre("- dependencies"));
}

TEST(TrustDelta, StrangersNamesAreMadePrintable) {
  const auto changes = trust_delta(facts(kBefore), facts(kBefore, "mal\x1b[2Jlory"), false);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace rbee::check
