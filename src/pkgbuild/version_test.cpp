// The order of versions against pacman's own vercmp, and dependency entries taken apart.
#include "pkgbuild/version.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <random>

#include "pkgbuild/text/real_tool.hpp"

namespace rbee::pkgbuild {
namespace {

int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

TEST(Version, DocumentedExamples) {
  // vercmp(8): 1.0a < 1.0b < 1.0beta < 1.0p < 1.0pre < 1.0rc < 1.0 < 1.0.a < 1.0.1
  const std::vector<std::string> alpha = {"1.0a",  "1.0b", "1.0beta", "1.0p", "1.0pre",
                                          "1.0rc", "1.0",  "1.0.a",   "1.0.1"};
  const std::vector<std::string> numeric = {"1", "1.0", "1.1", "1.1.1", "1.2", "2.0", "3.0.0"};
  for (const auto& order : {alpha, numeric})
    for (std::size_t i = 0; i < order.size(); ++i)
      for (std::size_t j = 0; j < order.size(); ++j)
        EXPECT_EQ(sign(compare_versions(order[i], order[j])), i < j   ? -1
                                                              : i > j ? 1
                                                                      : 0)
            << order[i] << " " << order[j];
  EXPECT_EQ(compare_versions("1:1.0-1", "2.0-1"), 1);
  EXPECT_EQ(compare_versions("1.0", "1.0-5"), 0);
  EXPECT_EQ(compare_versions("1.0-1", "1.0-2"), -1);
}

/// Versions as authors write them, and as nobody does.
class Versions {
 public:
  std::string make() {
    std::string version;
    for (auto n = 1 + random_() % 6; n > 0; --n) version += part();
    return version;
  }
  /// Half of them near `other`, where the rules differ.
  std::string near(const std::string& other) {
    switch (random_() % 6) {
      case 0:
        return other + part();
      case 1:
        return part() + other;
      case 2:
        return other.substr(0, random_() % (other.size() + 1));
      case 3: {
        std::string changed = other;
        changed[random_() % changed.size()] = part().front();
        return changed;
      }
      default:
        return make();
    }
  }

 private:
  std::string part() {
    static const std::vector<std::string> parts = {"0",     "1",    "2",
                                                   "9",     "10",   "01",
                                                   "00",    "a",    "b",
                                                   "rc",    "rc1",  "beta",
                                                   "alpha", ".",    "..",
                                                   "_",     "+",    "-",
                                                   "-1",    "-2",   ":",
                                                   "1:",    "0:",   "~",
                                                   "r5",    "git",  ".g1a",
                                                   "2.0.0", "pre",  "p",
                                                   "A",     "Z",    "99999999999999999999",
                                                   "é",     "\xff", " "};
    return parts[random_() % parts.size()];
  }
  std::mt19937 random_{42};
};

// vercmp(8) is this function of libalpm behind a main(); asking it in process makes 100,000 pairs
// a matter of a moment.
TEST(Version, AgreesWithLibalpmOnGeneratedPairs) {
  void* library = dlopen("libalpm.so.13", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) GTEST_SKIP() << "libalpm is not installed";
  using Compare = int (*)(const char*, const char*);
  const auto compare = reinterpret_cast<Compare>(dlsym(library, "alpm_pkg_vercmp"));
  ASSERT_NE(compare, nullptr);
  Versions versions;
  for (int i = 0; i < 100'000; ++i) {
    const std::string a = versions.make(), b = versions.near(a);
    ASSERT_EQ(sign(compare_versions(a, b)), sign(compare(a.c_str(), b.c_str())))
        << "[" << a << "] [" << b << "]";
  }
}

TEST(Version, AgreesWithVercmp) {
  if (!text::ask_real_tool({"vercmp", "1", "1"}, "")) GTEST_SKIP() << "vercmp is not installed";
  Versions versions;
  for (int i = 0; i < 200; ++i) {
    const std::string a = versions.make(), b = versions.near(a);
    if (a.starts_with('-') || b.starts_with('-') || a.empty() || b.empty()) continue;
    const auto real = text::ask_real_tool({"vercmp", a, b}, "");
    ASSERT_TRUE(real);
    ASSERT_EQ(std::to_string(sign(compare_versions(a, b))) + "\n", real->output)
        << "[" << a << "] [" << b << "]";
  }
}

// A total preorder, so that sorting by it means something: what vercmp promises and pacman relies
// on, on versions that makepkg accepts.
TEST(Version, OrdersReleases) {
  std::mt19937 random(7);
  const auto make = [&] {
    static const std::vector<std::string> parts = {"1", "2", "10", ".", "a", "rc", "_", "+", "r3"};
    std::string version = std::to_string(random() % 3);
    for (auto n = random() % 4; n > 0; --n) version += parts[random() % parts.size()];
    return version + "-" + std::to_string(1 + random() % 2);
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = make(), b = make();
    ASSERT_EQ(compare_versions(a, a), 0) << a;
    ASSERT_EQ(sign(compare_versions(a, b)), -sign(compare_versions(b, a))) << a << " " << b;
  }
}

TEST(Dependency, IsTakenApart) {
  using Relation = Dependency::Relation;
  const auto is = [](std::string_view text, std::string name, Relation relation,
                     std::string version, std::string reason) {
    const Dependency d = parse_dependency(text);
    EXPECT_EQ(d.name, name) << text;
    EXPECT_EQ(d.relation, relation) << text;
    EXPECT_EQ(d.version, version) << text;
    EXPECT_EQ(d.reason, reason) << text;
  };
  is("glibc", "glibc", Relation::any, "", "");
  is("glibc>=2.36", "glibc", Relation::greater_equal, "2.36", "");
  is("a<=1", "a", Relation::less_equal, "1", "");
  is("a<1", "a", Relation::less, "1", "");
  is("a>1:2.0-3", "a", Relation::greater, "1:2.0-3", "");
  is("libfoo.so=5-64", "libfoo.so", Relation::equal, "5-64", "");
  is("cups>=1: for  printing", "cups", Relation::greater_equal, "1", "for  printing");
  is("cups:", "cups:", Relation::any, "", "");
  is("", "", Relation::any, "", "");
}

TEST(Dependency, IsSatisfied) {
  EXPECT_TRUE(satisfies(parse_dependency("a"), "1"));
  EXPECT_TRUE(satisfies(parse_dependency("a>=1.2"), "1.10-1"));
  EXPECT_FALSE(satisfies(parse_dependency("a>1.2"), "1.2-1"));
  EXPECT_TRUE(satisfies(parse_dependency("a=1.2"), "1.2-9"));
  EXPECT_FALSE(satisfies(parse_dependency("a<2"), "1:1"));
  EXPECT_TRUE(satisfies(parse_dependency("a<=2"), "2"));
}

}  // namespace
}  // namespace rbee::pkgbuild
