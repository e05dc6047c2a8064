// A recipe's accessors, its .SRCINFO and makepkg's lint rules, on recipes built by hand. What
// makepkg itself says about whole files is compared in tests/conformance.
#include "pkgbuild/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkgbuild/lint.hpp"

namespace rbee::pkgbuild {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Field scalar(std::string value) {
  return {Field::Form::scalar, {std::move(value)}, {}};
}
Field array(std::vector<std::string> values) {
  return {Field::Form::array, std::move(values), {}};
}

Recipe demo() {
  Recipe recipe;
  recipe.pkgbase = "demo";
  recipe.packages = {{"demo", {}}};
  recipe.fields = {
      {"pkgver", scalar("1.0")}, {"pkgrel", scalar("2")}, {"arch", array({"x86_64", "aarch64"})}};
  return recipe;
}

TEST(Recipe, VersionHasAnEpochWhenItIsPositive) {
  Recipe recipe = demo();
  EXPECT_EQ(recipe.version(), "1.0-2");
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "1.0-2"},    {"0", "1.0-2"},       {"00", "1.0-2"},
      {"3", "3:1.0-2"}, {"010", "010:1.0-2"}, {"08", "1.0-2"}};
  for (const auto& [epoch, version] : rows) {
    recipe.fields["epoch"] = scalar(epoch);
    EXPECT_EQ(recipe.version(), version) << epoch;
  }
}

TEST(Recipe, FindsFieldsAndArchitectures) {
  const Recipe recipe = demo();
  EXPECT_EQ(recipe.scalar("pkgver"), "1.0");
  EXPECT_EQ(recipe.scalar("url"), "");
  EXPECT_THAT(recipe.array("arch"), ElementsAre("x86_64", "aarch64"));
  EXPECT_THAT(recipe.array("depends"), IsEmpty());
  EXPECT_EQ(recipe.function("package"), nullptr);
  EXPECT_TRUE(recipe.supports(Arch::aarch64));
  EXPECT_FALSE(recipe.supports(Arch::armv7h));
  Recipe any = demo();
  any.fields["arch"] = array({"any"});
  EXPECT_TRUE(any.supports(Arch::armv7h));
}

TEST(Recipe, SourcesAreNamedAsMakepkgSavesThem) {
  struct Row {
    std::string entry, file_name, url, protocol;
  };
  const std::vector<Row> rows = {
      {"https://example.org/a/b.tar.gz", "b.tar.gz", "https://example.org/a/b.tar.gz", "https"},
      {"b-1.tar.gz::https://example.org/v1.tar.gz", "b-1.tar.gz", "https://example.org/v1.tar.gz",
       "https"},
      {"local.patch", "local.patch", "local.patch", "local"},
      {"git+https://example.org/x/y.git#tag=v1?signed", "y",
       "git+https://example.org/x/y.git#tag=v1?signed", "git"},
      {"n::git+ssh://git@example.org/y", "n", "git+ssh://git@example.org/y", "git"},
      {"git://example.org/y/", "y", "git://example.org/y/", "git"},
      {"svn+https://example.org/trunk/", "trunk", "svn+https://example.org/trunk/", "svn"},
      {"bzr+lp:thing", "thing", "bzr+lp:thing", "bzr"},
      {"fossil+https://example.org/f", "f.fossil", "fossil+https://example.org/f", "fossil"},
      {"https://example.org/f?x=1#y", "f?x=1#y", "https://example.org/f?x=1#y", "https"},
  };
  for (const Row& row : rows) {
    Recipe recipe = demo();
    recipe.fields["source"] = array({row.entry});
    const auto sources = recipe.sources(Arch::x86_64);
    ASSERT_EQ(sources.size(), 1u);
    EXPECT_EQ(sources[0].entry, row.entry);
    EXPECT_EQ(sources[0].file_name, row.file_name) << row.entry;
    EXPECT_EQ(sources[0].url, row.url) << row.entry;
    EXPECT_EQ(sources[0].protocol, row.protocol) << row.entry;
  }
}

TEST(Recipe, ChecksumsStandBesideTheirSources) {
  Recipe recipe = demo();
  recipe.fields["source"] = array({"a", "b"});
  recipe.fields["source_x86_64"] = array({"c"});
  recipe.fields["sha256sums"] = array({"SKIP", "22"});
  recipe.fields["b2sums"] = array({"33"});
  recipe.fields["sha256sums_x86_64"] = array({"44"});
  const auto sources = recipe.sources(Arch::x86_64);
  ASSERT_EQ(sources.size(), 3u);
  EXPECT_EQ(sources[0].checksums.at(HashAlgorithm::sha256), "SKIP");
  EXPECT_EQ(sources[0].checksums.at(HashAlgorithm::b2), "33");
  EXPECT_EQ(sources[1].checksums.at(HashAlgorithm::sha256), "22");
  EXPECT_EQ(sources[1].checksums.count(HashAlgorithm::b2), 0u);
  EXPECT_EQ(sources[2].entry, "c");
  EXPECT_EQ(sources[2].checksums.at(HashAlgorithm::sha256), "44");
  EXPECT_EQ(recipe.sources(Arch::aarch64).size(), 2u);
}

TEST(Srcinfo, OrdersTrimsAndOverrides) {
  Recipe recipe = demo();
  recipe.fields["pkgdesc"] = scalar(
      "  a \t b\n\xE3\x80\x80"
      "c ");
  recipe.fields["depends"] = array({"z", "a"});
  recipe.fields["depends_aarch64"] = array({"arm"});
  recipe.fields["groups"] = array({});
  recipe.fields["epoch"] = scalar("");
  recipe.fields["sha256sums_x86_64"] = array({"11"});
  recipe.fields["source_x86_64"] = array({"s"});
  recipe.packages[0].overrides = {{"depends", array({})},
                                  {"install", scalar("")},
                                  {"arch", array({"x86_64"})},
                                  {"provides_x86_64", array({"p"})},
                                  {"provides_aarch64", array({"not printed"})}};
  EXPECT_EQ(
      srcinfo(recipe),
      "pkgbase = demo\n\tpkgdesc = a b c\n\tpkgver = 1.0\n\tpkgrel = 2\n\tarch = x86_64\n\tarch = "
      "aarch64\n"
      "\tdepends = z\n\tdepends = a\n\tsource_x86_64 = s\n\tsha256sums_x86_64 = "
      "11\n\tdepends_aarch64 = arm\n"
      "\npkgname = demo\n\tinstall = \n\tarch = x86_64\n\tdepends = \n\tprovides_x86_64 = p\n");
}

std::vector<std::string> rules(const Recipe& recipe, const LocalFiles* files = nullptr) {
  std::vector<std::string> ids;
  for (const Finding& finding : lint(recipe, "", files)) {
    EXPECT_FALSE(finding.message.empty());
    EXPECT_FALSE(finding.why.empty()) << finding.rule;
    EXPECT_FALSE(finding.fix.empty()) << finding.rule;
    EXPECT_EQ(finding.severity, Severity::block);
    ids.push_back(finding.rule);
  }
  return ids;
}

struct LintRow {
  std::string field;
  Field value;
  std::string rule;  ///< Empty: makepkg accepts it.
};

TEST(Lint, OneFieldAtATime) {
  const std::vector<LintRow> rows = {
      {"pkgver", scalar(""), "lint-pkgver-empty"},
      {"pkgver", scalar("1-2"), "lint-pkgver-characters"},
      {"pkgver", scalar("1:2"), "lint-pkgver-characters"},
      {"pkgver", scalar("1 2"), "lint-pkgver-characters"},
      {"pkgver", scalar("1é"), "lint-pkgver-ascii"},
      {"pkgver", scalar("1.0+r5_g1a~b"), ""},
      {"pkgrel", scalar("1.2"), ""},
      {"pkgrel", scalar("1."), "lint-pkgrel"},
      {"pkgrel", scalar(".1"), "lint-pkgrel"},
      {"pkgrel", scalar(""), "lint-pkgrel"},
      {"epoch", scalar("x"), "lint-epoch"},
      {"epoch", scalar(""), ""},
      {"arch", array({}), ""},
      {"arch", array({"any"}), ""},
      {"arch", array({"any", "x86_64"}), "lint-arch-any"},
      {"arch", array({"x86-64"}), "lint-arch-characters"},
      {"url_x86_64", scalar("x"), "lint-arch-specific"},
      {"url_mips", scalar("x"), ""},
      {"backup", array({"/etc/x"}), "lint-backup"},
      {"backup", array({"etc/x"}), ""},
      {"depends", array({"a>="}), ""},
      {"depends", array({"a>=1-1"}), ""},
      {"depends", array({"a>=1-x"}), "lint-pkgrel"},
      {"depends", array({"a==1"}), ""},
      {"depends", array({"a b"}), "lint-name-characters"},
      {"depends", array({"ä"}), "lint-name-ascii"},
      {"depends", array({"-a"}), "lint-name-start"},
      {"depends", array({""}), "lint-name-empty"},
      {"depends_x86_64", array({".a"}), "lint-name-start"},
      {"depends_mips", array({".a"}), ""},
      {"makedepends", array({"a="}), "lint-pkgver-empty"},
      {"checkdepends", array({"a<x:1"}), "lint-epoch"},
      {"conflicts", array({"a<1"}), ""},
      {"optdepends", array({"a: why (not)"}), ""},
      {"optdepends", array({"a>=1: why"}), ""},
      {"optdepends", array({"a:why"}), "lint-name-characters"},
      {"provides", array({"a=1:2-3"}), ""},
      {"provides", array({"a>1"}), "lint-provides"},
      {"provides", array({"a=b=1"}), "lint-name-characters"},
      {"options", array({"!strip", "lto"}), ""},
      {"options", array({"!!strip"}), "lint-options"},
      {"options", array({"srip"}), "lint-options"},
      {"license", scalar("MIT"), "lint-not-array"},
      {"source_x86_64", scalar("x"), "lint-not-array"},
      {"url", array({"x"}), "lint-not-scalar"},
  };
  for (const LintRow& row : rows) {
    Recipe recipe = demo();
    recipe.fields[row.field] = row.value;
    const auto found = rules(recipe);
    const std::string shown = row.field + " " + ::testing::PrintToString(row.value.values);
    if (row.rule.empty()) {
      EXPECT_THAT(found, IsEmpty()) << shown;
    } else {
      EXPECT_THAT(found, ElementsAre(row.rule)) << shown;
    }
  }
}

TEST(Lint, PackageFunctions) {
  Recipe recipe = demo();
  const auto with = [&](std::vector<std::string> names) {
    recipe.functions.clear();
    for (const std::string& name : names) recipe.functions.push_back({name, {}, nullptr, nullptr});
    return rules(recipe);
  };
  EXPECT_THAT(with({}), IsEmpty());
  EXPECT_THAT(with({"build", "package"}), IsEmpty());
  EXPECT_THAT(with({"build"}), ElementsAre("lint-package-missing"));
  EXPECT_THAT(with({"package", "package_demo"}), ElementsAre("lint-package-conflicting"));
  recipe.packages.push_back({"demo-doc", {}});
  EXPECT_THAT(with({"package_demo"}), ElementsAre("lint-package-missing"));
  EXPECT_THAT(with({"package_demo", "package_demo-doc", "package"}),
              ElementsAre("lint-package-extra"));
  recipe.packages[1].overrides["makedepends"] = array({"x"});
  EXPECT_THAT(with({"package_demo", "package_demo-doc"}), ElementsAre("lint-package-variable"));
}

class NoFiles final : public LocalFiles {
 public:
  std::optional<std::string> read(std::string_view path) const override {
    if (path == "there.install") return "";
    return std::nullopt;
  }
};

TEST(Lint, InstallFilesMustExist) {
  const NoFiles files;
  Recipe recipe = demo();
  recipe.fields["install"] = scalar("demo.install");
  EXPECT_THAT(rules(recipe), IsEmpty());
  EXPECT_THAT(rules(recipe, &files), ElementsAre("lint-file-missing"));
  recipe.fields["install"] = scalar("there.install");
  EXPECT_THAT(rules(recipe, &files), IsEmpty());
  recipe.packages[0].overrides["changelog"] = scalar("log");
  EXPECT_THAT(rules(recipe, &files), ElementsAre("lint-file-missing"));
}

TEST(Lint, ShowsWhereWhyAndWhatToDo) {
  const std::string text = "pkgname=demo\noptions=(srip)\n";
  Recipe recipe = demo();
  recipe.fields["options"] = {Field::Form::array, {"srip"}, {13, 27}};
  const auto findings = lint(recipe, text);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].position, (Position{2, 1}));
  EXPECT_EQ(findings[0].message, "options array contains unknown option 'srip'");
  EXPECT_EQ(findings[0].excerpt, "  options=(srip)\n  ^~~~~~~~~~~~~~");
  EXPECT_EQ(findings[0].why, "makepkg 6.0.2 does not know it.");
  EXPECT_EQ(findings[0].fix, "Did you mean 'strip'?");
}

TEST(Lint, HostileValuesAreMadePrintable) {
  Recipe recipe = demo();
  recipe.fields["depends"] = array({"a\x1b[31m\nb"});
  const auto findings = lint(recipe, "");
  ASSERT_FALSE(findings.empty());
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.message.find('\x1b'), std::string::npos);
    EXPECT_EQ(finding.message.find('\n'), std::string::npos);
  }
}

TEST(Lint, CarriageReturns) {
  EXPECT_THAT(lint_text("a\nb\n"), IsEmpty());
  const auto findings = lint_text("a\nb\r\n");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "lint-crlf");
  EXPECT_EQ(findings[0].position, (Position{2, 2}));
}

}  // namespace
}  // namespace rbee::pkgbuild
