// The settings' table: every source, their order, and what is refused with which words.
#include "ops/settings.hpp"

#include <gmock/gmock.h>
#include <toml++/toml.h>

#include <fstream>
#include <set>
#include <sstream>

namespace rbee::ops {
namespace {

using testing::HasSubstr;
using testing::Not;

Settings read(std::string_view text) {
  Settings settings;
  const auto done = settings.read_file(text, "config.toml");
  EXPECT_TRUE(done) << (done ? "" : describe(done.error()));
  return settings;
}

std::string refusal(std::string_view text) {
  Settings settings;
  const auto done = settings.read_file(text, "config.toml");
  return done ? "" : describe(done.error());
}

TEST(Settings, TheTableIsItselfInOrder) {
  std::set<std::string_view> names, flags;
  for (const SettingRow& row : setting_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    if (!row.flag.empty()) {
      EXPECT_TRUE(flags.insert(row.flag).second) << row.flag;
    }
    EXPECT_EQ(std::count(row.name.begin(), row.name.end(), '.'), 1) << row.name;
    EXPECT_FALSE(row.summary.empty()) << row.name;
    // What holds without a word is something that may be written.
    Settings settings;
    if (row.kind != SettingKind::text || !row.fallback.empty()) {
      EXPECT_TRUE(settings.set(row.name, row.fallback, "test")) << row.name;
    }
  }
}

TEST(Settings, TheFileTheEnvironmentAndTheCommandLineWinInThisOrder) {
  Settings settings = read("[http]\nlisten = \"[::1]:1\"\nthreads = 3\ngzip = false\n");
  EXPECT_EQ(settings.text("http.listen"), "[::1]:1");
  EXPECT_EQ(settings.origin("http.listen"), "config.toml:2");
  EXPECT_EQ(settings.integer("http.threads"), 3);
  EXPECT_FALSE(settings.boolean("http.gzip"));
  EXPECT_EQ(settings.origin("http.cors"), "default");
  const std::vector<std::string> environment = {"PATH=/bin", "RBEE_MARKET_HTTP_THREADS=5",
                                                "RBEE_MARKET_CONFIG=/x",
                                                "RBEE_MARKET_HTTP_LISTEN=[::1]:2"};
  ASSERT_TRUE(settings.read_environment(environment));
  EXPECT_EQ(settings.integer("http.threads"), 5);
  EXPECT_EQ(settings.origin("http.threads"), "RBEE_MARKET_HTTP_THREADS");
  ASSERT_TRUE(settings.set("http.listen", "[::1]:3", "--listen"));
  EXPECT_EQ(settings.text("http.listen"), "[::1]:3");
}

TEST(Settings, ListsAreTheSameFromEverywhere) {
  const std::vector<std::string> want = {"10.0.0.0/8", "::1"};
  EXPECT_EQ(
      read("[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n").list("http.trusted_proxies"),
      want);
  Settings settings;
  ASSERT_TRUE(settings.set("http.trusted_proxies", "10.0.0.0/8, ::1", "--set"));
  EXPECT_EQ(settings.list("http.trusted_proxies"), want);
  ASSERT_TRUE(settings.set("http.trusted_proxies", "", "--set"));
  EXPECT_TRUE(settings.list("http.trusted_proxies").empty());
}

TEST(Settings, WhatIsWrongInAFileIsSaidAllAtOnceWithItsPlace) {
  const std::string text = refusal(
      "[http]\nlistn = \"x\"\nthreads = \"4\"\nconnections = 0\n\n[htpp]\nlisten = \"y\"\n"
      "[log]\nlevel = \"loud\"\n");
  EXPECT_THAT(text, HasSubstr("config.toml:2:1: "));
  EXPECT_THAT(text, HasSubstr("[http] has no setting 'listn'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'listen'?"));
  EXPECT_THAT(text, HasSubstr("config.toml:3:11: "));
  EXPECT_THAT(text, HasSubstr("whole number from 0 to 256"));
  EXPECT_THAT(text, HasSubstr("config.toml:4:15: "));
  EXPECT_THAT(text, HasSubstr("whole number from 1 to 1000000"));
  EXPECT_THAT(text, HasSubstr("there is no table [htpp]"));
  EXPECT_THAT(text, HasSubstr("did you mean 'http'?"));
  EXPECT_THAT(text, HasSubstr("debug info warn error off"));
}

TEST(Settings, ARefusedFileChangesNothing) {
  Settings settings;
  EXPECT_FALSE(settings.read_file("[http]\nthreads = 3\nnope = 1\n", "f"));
  EXPECT_EQ(settings.integer("http.threads"), 0);
}

TEST(Settings, RefusesWhatIsNotATable) {
  EXPECT_THAT(refusal("listen = \"x\"\n"), HasSubstr("'listen' stands in no table"));
  EXPECT_THAT(refusal("[http\nlisten = 1\n"), HasSubstr("config.toml:1"));
  EXPECT_THAT(refusal("[http]\ngzip = \"true\"\n"), HasSubstr("true or false, without quotes"));
  EXPECT_THAT(refusal("[http]\ntrusted_proxies = \"10.0.0.0/8\"\n"), HasSubstr("a list"));
  EXPECT_THAT(refusal("[http]\nlisten = \"a\\nb\"\n"), HasSubstr("control character"));
}

TEST(Settings, SecretsStandInNoFileAndAreNeverPrinted) {
  EXPECT_THAT(refusal("[catalog]\nupstream_secret = \"0123456789abcdef\"\n"),
              HasSubstr("RBEE_MARKET_CATALOG_UPSTREAM_SECRET"));
  EXPECT_THAT(refusal("[catalog]\nupstream_accept_rewind = true\n"),
              HasSubstr("--upstream-accept-rewind"));
  Settings settings;
  const std::vector<std::string> environment = {
      "RBEE_MARKET_CATALOG_UPSTREAM_SECRET=hunter2-hunter2-hunter2"};
  ASSERT_TRUE(settings.read_environment(environment));
  EXPECT_EQ(settings.text("catalog.upstream_secret"), "hunter2-hunter2-hunter2");
  EXPECT_THAT(settings.print() + settings.print_json(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(settings.print(), HasSubstr("# upstream_secret is set, and not shown"));
  const auto refused = settings.set("catalog.upstream_secret", "hunter2\x01", "RBEE_MARKET_X");
  ASSERT_FALSE(refused);
  EXPECT_THAT(describe(refused.error()), Not(HasSubstr("hunter2")));
}

TEST(Settings, AnUnknownVariableIsAMistakeAndMostLikelyAMisspeltOne) {
  Settings settings;
  const std::vector<std::string> environment = {"RBEE_MARKET_HTTP_LISTN=x"};
  const auto done = settings.read_environment(environment);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().id, "config-variable-unknown");
  EXPECT_THAT(done.error().fix, HasSubstr("RBEE_MARKET_HTTP_LISTEN"));
  EXPECT_EQ(settings.set("http.listn", "x", "--set").error().id, "config-key-unknown");
}

/// What is printed is a file again, and says the same.
TEST(Settings, WhatIsPrintedReadsBack) {
  Settings settings = read(
      "[http]\nlisten = \"[::1]:1\"\ntrusted_proxies = [\"::1\"]\n[storage]\ndata = \"/a "
      "\\\"b\"\n");
  Settings again;
  const auto done = again.read_file(settings.print(), "printed");
  ASSERT_TRUE(done) << describe(done.error());
  for (const SettingRow& row : setting_rows())
    EXPECT_EQ(again.text(row.name), settings.text(row.name)) << row.name;
}

TEST(Settings, TheExampleHoldsEverySettingAndItsFallback) {
  std::string example = example_config();
  Settings nothing;
  ASSERT_TRUE(nothing.read_file(example, "example"));  // All of it is commentary.
  for (std::size_t at = 0; (at = example.find("\n#", at)) != std::string::npos; at += 2)
    if (example[at + 2] != ' ') example.erase(at + 1, 1);
  Settings all;
  const auto done = all.read_file(example, "example");
  ASSERT_TRUE(done) << describe(done.error());
  for (const SettingRow& row : setting_rows()) {
    EXPECT_EQ(all.text(row.name), row.fallback) << row.name;
    if (row.place == SettingPlace::anywhere) {
      EXPECT_THAT(all.origin(row.name), HasSubstr("example:"));
    }
  }
}

TEST(Settings, TheHostsPageNamesEverySettingAndItsOption) {
  std::ifstream in(std::string(RBEE_SOURCE_DIR) + "/docs/hosting.md");
  std::ostringstream page;
  page << in.rdbuf();
  for (const SettingRow& row : setting_rows()) {
    EXPECT_THAT(page.str(), HasSubstr("`" + std::string(row.name) + "`"));
    if (!row.flag.empty()) {
      const std::string flag(row.flag.substr(row.flag.starts_with('!') ? 1 : 0));
      EXPECT_THAT(page.str(), HasSubstr("`" + flag + "`"));
    }
  }
}

}  // namespace
}  // namespace rbee::ops
