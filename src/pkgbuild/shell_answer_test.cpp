// Reports as bash writes them, and reports as nobody should; no bash is run here
// (build/shell_evaluator_test.cpp does that).
#include "pkgbuild/shell_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kNonce = "0123456789abcdef";

/// Strings with a NUL after each; "N" stands for the nonce.
std::string bytes(std::initializer_list<std::string_view> strings) {
  std::string out;
  for (const std::string_view text : strings) {
    out += text == "N" ? kNonce : text;
    out += '\0';
  }
  return out;
}

std::string head(std::string_view status = "0", std::string_view flags = "hB",
                 std::string_view separators = " \t\n") {
  return bytes({"rbee-shell-report", "1", "N", status, flags, separators});
}

/// A small recipe's variables, without pkgname.
std::string basics() {
  return bytes({"variable", "pkgver", "", "0", "1", "1.0"}) +
         bytes({"variable", "pkgrel", "", "0", "1", "1"}) +
         bytes({"variable", "arch", "a", "0", "1", "any"});
}
std::string name() {
  return bytes({"variable", "pkgname", "", "0", "1", "demo"});
}
std::string package() {
  return bytes({"package", "demo"});
}
std::string end() {
  return bytes({"end", "N"});
}

TEST(ShellReport, IsReadWhole) {
  const auto report =
      parse_shell_report(head("3", "ehB", "unset") + basics() +
                             bytes({"variable", "depends_x86_64", "ar", "7", "2", "a b", ""}) +
                             name() + bytes({"function", "package", "package () \n{ \n    :\n}"}) +
                             package() + bytes({"override", "depends", "1", "0"}) +
                             bytes({"override", "pkgdesc", "0", "1", "x"}) + end(),
                         kNonce);
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->status, 3);
  EXPECT_EQ(report->flags, "ehB");
  EXPECT_EQ(report->separators, "unset");
  const ShellVariable& depends = report->variables.at("depends_x86_64");
  EXPECT_EQ(depends.attributes, "ar");
  EXPECT_EQ(depends.last_index, 7U);
  EXPECT_THAT(depends.values, ElementsAre("a b", ""));
  EXPECT_THAT(report->functions.at("package"), StartsWith("package () "));
  ASSERT_EQ(report->packages.size(), 1U);
  EXPECT_EQ(report->packages[0].overrides.at("depends").form, Field::Form::array);
  EXPECT_THAT(report->packages[0].overrides.at("pkgdesc").values, ElementsAre("x"));
}

struct Hostile {
  const char* name;
  std::string report;
  const char* evidence;
};
void PrintTo(const Hostile& row, std::ostream* out) {
  *out << row.name;
}

class HostileReport : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileReport, IsRefused) {
  const auto report = parse_shell_report(GetParam().report, kNonce);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().id, "shell-report-malformed");
  EXPECT_EQ(report.error().code, Errc::invalid_input);
  ASSERT_EQ(report.error().evidence.size(), 1U);
  EXPECT_THAT(report.error().evidence[0],
              StartsWith(std::string("the report: ") + GetParam().evidence));
  EXPECT_THAT(report.error().evidence[0], HasSubstr(", at byte "));
}

const std::string kWhole = head() + basics() + name() + package() + end();

INSTANTIATE_TEST_SUITE_P(
    All, HostileReport,
    ::testing::Values(
        Hostile{"empty", "", "it ends where the report's first word should stand"},
        Hostile{"noise_before", "hello\n" + kWhole, "the report's first word is another"},
        Hostile{"another_version", bytes({"rbee-shell-report", "2", "N", "0", "", ""}),
                "the format's version is another"},
        Hostile{"forged_nonce",
                bytes({"rbee-shell-report", "1", "ffffffffffffffff", "0", "", ""}) + end(),
                "the nonce is another"},
        Hostile{"forged_nonce_at_the_end", head() + bytes({"end", "ffffffffffffffff"}),
                "the nonce at the end is another"},
        Hostile{"no_end", head() + basics() + name() + package(),
                "it ends where a record should stand"},
        Hostile{"cut_in_a_value", kWhole.substr(0, kWhole.size() - 5),
                "it ends where the nonce at the end should stand"},
        Hostile{"last_nul_missing", kWhole.substr(0, kWhole.size() - 1),
                "it ends where the nonce at the end should stand"},
        Hostile{"something_after_the_end", kWhole + "x", "something follows the end"},
        Hostile{"two_reports", kWhole + kWhole, "something follows the end"},
        Hostile{"an_extra_nul", kWhole + std::string(1, '\0'), "something follows the end"},
        Hostile{"status_is_text", bytes({"rbee-shell-report", "1", "N", "ok", "", ""}) + end(),
                "the status is none"},
        Hostile{"status_is_large", bytes({"rbee-shell-report", "1", "N", "256", "", ""}) + end(),
                "the status is none"},
        Hostile{"unknown_record", head() + bytes({"alias", "x", "y"}) + end(),
                "a record 'alias' is unknown, or comes too late"},
        Hostile{"records_out_of_order",
                head() + bytes({"function", "f", "f () { :; }"}) + name() + end(),
                "a record 'variable' is unknown, or comes too late"},
        Hostile{"name_outside_the_schema",
                head() + bytes({"variable", "PATH", "", "0", "1", "x"}) + end(),
                "'PATH' is no name of the schema"},
        Hostile{"name_with_a_newline",
                head() + bytes({"variable", "source_\n", "", "0", "1", "x"}) + end(),
                "'source_ ' is no name of the schema"},
        Hostile{"empty_name", head() + bytes({"variable", "", "", "0", "1", "x"}) + end(),
                "'' is no name of the schema"},
        Hostile{"attributes", head() + bytes({"variable", "url", "z", "0", "1", "x"}) + end(),
                "these are no attributes"},
        Hostile{"negative_index", head() + bytes({"variable", "url", "a", "-1", "1", "x"}) + end(),
                "an index is no number up to 1000000000"},
        Hostile{"huge_index",
                head() + bytes({"variable", "url", "a", "99999999999999999999", "1", "x"}) + end(),
                "an index is no number up to 1000000000"},
        Hostile{"count_with_a_zero_before",
                head() + bytes({"variable", "url", "", "0", "01", "x"}) + end(),
                "a count is no number up to "},
        Hostile{"count_of_all_the_world",
                head() + bytes({"variable", "arch", "a", "0", "4294967295", "x"}) + end(),
                "a count is no number up to "},
        Hostile{"count_too_large", head() + bytes({"variable", "arch", "a", "0", "9", "x"}) + end(),
                "it ends where a value should stand"},
        Hostile{"count_too_small",
                head() + bytes({"variable", "arch", "a", "0", "1", "x", "y"}) + end(),
                "a record 'y' is unknown, or comes too late"},
        Hostile{"scalar_with_two_values",
                head() + bytes({"variable", "url", "", "0", "2", "x", "y"}) + end(),
                "a plain variable has several values"},
        Hostile{"variable_twice", head() + name() + name() + end(), "a variable is there twice"},
        Hostile{"function_twice",
                head() + bytes({"function", "f", "f () { :; }"}) +
                    bytes({"function", "f", "f () { :; }"}) + end(),
                "a function is there twice"},
        Hostile{"function_without_text", head() + bytes({"function", "f", ""}) + end(),
                "a function is empty"},
        Hostile{"override_without_package",
                head() + bytes({"override", "depends", "1", "0"}) + end(),
                "an override belongs to no package"},
        Hostile{"override_twice",
                head() + name() + package() + bytes({"override", "url", "0", "1", "x"}) +
                    bytes({"override", "url", "0", "1", "y"}) + end(),
                "an override is there twice"},
        Hostile{"override_of_no_form",
                head() + name() + package() + bytes({"override", "url", "2", "1", "x"}) + end(),
                "the form is no number up to 1"},
        Hostile{"package_of_another_name", head() + name() + bytes({"package", "other"}) + end(),
                "the packages are not those of pkgname"},
        Hostile{"package_missing", head() + name() + end(),
                "the packages are not those of pkgname"},
        Hostile{"too_large", std::string(kShellReportBytesMax + 1, 'x'),
                "it is larger than a report may be"}),
    [](const auto& row) { return std::string(row.param.name); });

tl::expected<Recipe, Refusal> read(const std::string& report, std::string_view text = {}) {
  const auto parsed = parse_shell_report(report, kNonce);
  if (!parsed) throw std::runtime_error(describe(parsed.error()));
  return recipe_of(*parsed, text, {});
}

TEST(ShellAnswer, BecomesTheSameRecipe) {
  const std::string text =
      "pkgname=demo\npkgver=1.0\npkgrel=1\narch=(any)\npackage() { depends=(x); }\n";
  const auto native = evaluate(text, {});
  ASSERT_TRUE(native);
  const auto recipe =
      read(head() + basics() + name() +
               bytes({"function", "package", "package () \n{ \n    depends=(x)\n}"}) + package() +
               bytes({"override", "depends", "1", "1", "x"}) + end(),
           text);
  ASSERT_TRUE(recipe) << describe(recipe.error().findings.at(0));
  EXPECT_EQ(srcinfo(*recipe), srcinfo(*native));
  EXPECT_EQ(recipe->function("package")->span, native->function("package")->span);
  EXPECT_NE(recipe->function("package")->body, nullptr);
  EXPECT_EQ(recipe->fields.at("arch").span, native->fields.at("arch").span);
}

TEST(ShellAnswer, FunctionsThatTheTextDoesNotShowHaveTheTreeOfWhatBashPrints) {
  const auto recipe =
      read(head() + basics() + name() +
               bytes({"function", "package", "package () \n{ \n    make install\n}"}) + package() +
               end(),
           "eval \"$(cat parts)\"\n");
  ASSERT_TRUE(recipe) << describe(recipe.error().findings.at(0));
  EXPECT_THAT(recipe->function("package")->tree->text, HasSubstr("make install"));
}

TEST(ShellAnswer, ADefinitionThatNeverRanIsNotTheFunctionsTree) {
  const std::string text = "false && package() { harmless; }\neval \"$(cat parts)\"\n";
  const auto recipe =
      read(head() + basics() + name() +
               bytes({"function", "package", "package () \n{ \n    other\n}"}) + package() + end(),
           text);
  ASSERT_TRUE(recipe) << describe(recipe.error().findings.at(0));
  EXPECT_THAT(recipe->function("package")->tree->text, HasSubstr("other"));
}

struct Refused {
  const char* name;
  std::string report;
  Refusal::Kind kind;
  const char* message;
};
void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class RefusedAnswer : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedAnswer, SaysWhy) {
  const auto recipe = read(GetParam().report);
  ASSERT_FALSE(recipe);
  EXPECT_EQ(recipe.error().kind, GetParam().kind);
  EXPECT_EQ(recipe.error().findings.at(0).message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedAnswer,
    ::testing::Values(
        Refused{"last_command_fails", head("1") + basics() + name() + package() + end(),
                Refusal::Kind::invalid, "the recipe's last command fails with status 1"},
        Refused{"set_e_stays_on", head("0", "ehB") + basics() + name() + package() + end(),
                Refusal::Kind::invalid,
                "the recipe leaves set -e or set -u switched on, with which makepkg fails"},
        Refused{"ifs_stays_changed", head("0", "hB", ",") + basics() + name() + package() + end(),
                Refusal::Kind::unsupported,
                "unsupported: an IFS that stays changed, with which makepkg loses every array at "
                "line 1"},
        Refused{"readonly_pkgname",
                head() + basics() + bytes({"variable", "pkgname", "r", "0", "1", "demo"}) +
                    package() + end(),
                Refusal::Kind::unsupported,
                "unsupported: the readonly variable pkgname, which makepkg wants to set at line 1"},
        Refused{"sparse_source",
                head() + basics() + name() + bytes({"variable", "source", "a", "3", "1", "x"}) +
                    package() + end(),
                Refusal::Kind::invalid, "sparse arrays are not allowed for source"},
        Refused{"associative_depends",
                head() + basics() + name() + bytes({"variable", "depends", "A", "0", "1", "x"}) +
                    package() + end(),
                Refusal::Kind::invalid, "depends should be an array"},
        Refused{"no_name", head() + basics() + end(), Refusal::Kind::invalid,
                "pkgname is not allowed to be empty"},
        Refused{"function_that_is_none",
                head() + basics() + name() + bytes({"function", "package", "rm -rf x"}) +
                    package() + end(),
                Refusal::Kind::unsupported,
                "unsupported: the text of the function package at line 1"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ShellDriver, NamesEveryVariableOfTheSchema) {
  const std::string text = shell_driver();
  EXPECT_THAT(text, HasSubstr("[_depends]=1 "));
  EXPECT_THAT(text, HasSubstr("[_pkgdesc]=0 "));
}

}  // namespace
}  // namespace rbee::pkgbuild
