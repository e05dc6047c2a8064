// Settings and directories: who says what, who wins, and what an edit leaves alone.
#include "cli/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "platform/files.hpp"

namespace rbee::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ConfigKey& catalog_key() {
  return **find_config_key("catalog");
}

struct PrecedenceCase {
  const char* name;
  const char* flag;
  const char* variable;
  const char* file;
  const char* value;
  const char* origin;
};
class Precedence : public testing::TestWithParam<PrecedenceCase> {};
TEST_P(Precedence, FlagThenVariableThenFileThenDefault) {
  const PrecedenceCase& c = GetParam();
  Environment environment;
  if (*c.variable != '\0') environment.variables["RBEE_CATALOG"] = c.variable;
  const auto config = parse_config(c.file, "config.toml");
  ASSERT_TRUE(config) << describe(config.error());
  const auto setting =
      effective(catalog_key(), c.flag, environment, *config, "/home/me/config.toml");
  ASSERT_TRUE(setting) << describe(setting.error());
  EXPECT_EQ(setting->value, c.value);
  EXPECT_EQ(setting->origin, c.origin);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Precedence,
    testing::Values(PrecedenceCase{"all", "http://a", "http://b", "catalog = 'http://c'",
                                   "http://a", "--catalog"},
                    PrecedenceCase{"no_flag", "", "http://b", "catalog = 'http://c'", "http://b",
                                   "RBEE_CATALOG"},
                    PrecedenceCase{"file_only", "", "", "catalog = 'http://c'", "http://c",
                                   "/home/me/config.toml"},
                    PrecedenceCase{"nothing", "", "", "", "http://127.0.0.1:8787", "default"},
                    PrecedenceCase{"slash_is_dropped", "https://m.example/x/", "", "",
                                   "https://m.example/x", "--catalog"}),
    [](const auto& info) { return info.param.name; });

struct BadUrlCase {
  const char* name;
  const char* url;
  const char* why;
};
class BadUrl : public testing::TestWithParam<BadUrlCase> {};
TEST_P(BadUrl, IsRefusedWithTheReason) {
  const auto setting = effective(catalog_key(), GetParam().url, {}, {}, "");
  ASSERT_FALSE(setting);
  EXPECT_EQ(exit_code(setting.error().code), 2);
  EXPECT_EQ(setting.error().id, "catalog-url-invalid");
  EXPECT_THAT(setting.error().why, HasSubstr(GetParam().why));
  EXPECT_THAT(setting.error().evidence, ElementsAre("from --catalog"));
}
INSTANTIATE_TEST_SUITE_P(Urls, BadUrl,
                         testing::Values(BadUrlCase{"no_scheme", "market.example.org", "RFC 3986"},
                                         BadUrlCase{"file", "file:///etc", "http or https"},
                                         BadUrlCase{"ftp", "ftp://x/", "not http, https or file"},
                                         BadUrlCase{"password", "http://me:secret@x/", "password"}),
                         [](const auto& info) { return info.param.name; });

TEST(ParseConfig, AnUnknownSettingIsAWarningWithItsLine) {
  const auto config = parse_config("# mine\ncatlog = 'http://x'\n", "config.toml");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->values.empty());
  EXPECT_THAT(config->warnings,
              ElementsAre("config.toml line 2: unknown setting 'catlog'; did you mean 'catalog'?"));
}

struct BrokenCase {
  const char* name;
  const char* text;
  const char* evidence;
};
class BrokenConfig : public testing::TestWithParam<BrokenCase> {};
TEST_P(BrokenConfig, SaysWhichLine) {
  const auto config = parse_config(GetParam().text, "config.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().id, "config-invalid");
  ASSERT_EQ(config.error().evidence.size(), 1u);
  EXPECT_THAT(config.error().evidence[0], HasSubstr(GetParam().evidence));
}
INSTANTIATE_TEST_SUITE_P(Texts, BrokenConfig,
                         testing::Values(BrokenCase{"syntax", "x = 1\ncatalog =\n", "line 2"},
                                         BrokenCase{"number", "\ncatalog = 8787\n",
                                                    "line 2: 'catalog' must be a string"},
                                         BrokenCase{"bad_url", "catalog = 'nowhere'\n",
                                                    "line 1: 'nowhere' is not the URL"}),
                         [](const auto& info) { return info.param.name; });

struct EditCase {
  const char* name;
  const char* before;
  const char* after;
};
class EditConfig : public testing::TestWithParam<EditCase> {};
TEST_P(EditConfig, ChangesOneLine) {
  const auto edited = edit_config(GetParam().before, "config.toml", catalog_key(), "http://new");
  ASSERT_TRUE(edited) << describe(edited.error());
  EXPECT_EQ(*edited, GetParam().after);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, EditConfig,
    testing::Values(EditCase{"empty", "", "catalog = \"http://new\"\n"},
                    EditCase{"comments_stay", "# one\ncatalog = 'http://old'  # two\n# three\n",
                             "# one\ncatalog = \"http://new\"  # two\n# three\n"},
                    EditCase{"before_a_table", "# top\n[later]\nx = 1\n",
                             "# top\ncatalog = \"http://new\"\n[later]\nx = 1\n"},
                    EditCase{"other_keys_stay", "other = 1",
                             "other = 1\ncatalog = \"http://new\"\n"}),
    [](const auto& info) { return info.param.name; });

TEST(EditConfigRefusals, ABrokenFileIsNotEdited) {
  EXPECT_FALSE(edit_config("catalog = ", "config.toml", catalog_key(), "http://new"));
  EXPECT_FALSE(
      edit_config("catalog = '''\nhttp://old'''\n", "config.toml", catalog_key(), "http://new"));
}

TEST(ConfigFile, IsWrittenWholeAndReadBack) {
  const auto folder = platform::TemporaryDirectory::create("/tmp", "rbee-config-test");
  ASSERT_TRUE(folder);
  const std::filesystem::path path = folder->path() / "a/b/config.toml";
  const auto missing = load_config(path);
  ASSERT_TRUE(missing);
  EXPECT_TRUE(missing->values.empty());
  ASSERT_TRUE(save_config(path, "catalog = 'http://x'\n"));
  const auto config = load_config(path);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->values.at("catalog"), "http://x");
}

TEST(ConfigFile, ALinkStaysALink) {
  const auto folder = platform::TemporaryDirectory::create("/tmp", "rbee-config-test");
  ASSERT_TRUE(folder);
  std::ofstream(folder->path() / "dotfiles.toml") << "# mine\n";
  std::filesystem::create_symlink("dotfiles.toml", folder->path() / "config.toml");
  ASSERT_TRUE(save_config(folder->path() / "config.toml", "# new\n"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder->path() / "config.toml"));
  std::stringstream text;
  text << std::ifstream(folder->path() / "dotfiles.toml").rdbuf();
  EXPECT_EQ(text.str(), "# new\n");
}

Environment with(std::map<std::string, std::string, std::less<>> variables) {
  Environment environment;
  environment.variables = std::move(variables);
  environment.home = "/home/me";
  return environment;
}

TEST(Directories, Defaults) {
  const auto places = directories(with({}));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->data, "/home/me/.local/share/rbee");
  EXPECT_EQ(places->cache, "/home/me/.cache/rbee");
  EXPECT_EQ(places->bin, "/home/me/.local/bin");
  EXPECT_EQ(config_path(with({})).value(), "/home/me/.config/rbee/config.toml");
}
TEST(Directories, FollowTheVariables) {
  const Environment environment = with({{"XDG_DATA_HOME", "/d"},
                                        {"XDG_CACHE_HOME", "/c"},
                                        {"XDG_CONFIG_HOME", "/f"},
                                        {"RBEE_INSTALL_DIR", "/opt/bin"}});
  const auto places = directories(environment);
  ASSERT_TRUE(places);
  EXPECT_EQ(places->data, "/d/rbee");
  EXPECT_EQ(places->cache, "/c/rbee");
  EXPECT_EQ(places->bin, "/opt/bin");
  EXPECT_EQ(config_path(environment).value(), "/f/rbee/config.toml");
}
TEST(Directories, ARelativeXdgVariableIsIgnored) {
  EXPECT_EQ(directories(with({{"XDG_DATA_HOME", "data"}}))->data, "/home/me/.local/share/rbee");
}
TEST(Directories, ARelativeInstallDirectoryIsRefused) {
  const auto places = directories(with({{"RBEE_INSTALL_DIR", "bin"}}));
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().id, "install-dir-relative");
}
TEST(Directories, NoHomeIsAnErrorAndNotTheRoot) {
  Environment nobody;
  const auto places = directories(nobody);
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().id, "home-missing");
}

TEST(Path, IsComparedAsDirectories) {
  EXPECT_TRUE(is_in_path(with({{"PATH", "/usr/bin:/home/me/.local/bin/"}}), "/home/me/.local/bin"));
  EXPECT_FALSE(is_in_path(with({{"PATH", "/usr/bin:/home/me/.local"}}), "/home/me/.local/bin"));
  EXPECT_FALSE(is_in_path(with({}), "/home/me/.local/bin"));
}
TEST(Path, IsShownBelowTheTilde) {
  EXPECT_EQ(tilde(with({}), "/home/me/.local/bin"), "~/.local/bin");
  EXPECT_EQ(tilde(with({}), "/home/meta"), "/home/meta");
}

struct ColourCase {
  const char* name;
  std::map<std::string, std::string, std::less<>> variables;
  bool terminal, colour;
};
class Colour : public testing::TestWithParam<ColourCase> {};
TEST_P(Colour, FollowsTheConventions) {
  EXPECT_EQ(wants_colour(with(GetParam().variables), GetParam().terminal), GetParam().colour);
}
INSTANTIATE_TEST_SUITE_P(
    Cases, Colour,
    testing::Values(ColourCase{"terminal", {}, true, true}, ColourCase{"pipe", {}, false, false},
                    ColourCase{"no_color", {{"NO_COLOR", "1"}}, true, false},
                    ColourCase{"empty_no_color", {{"NO_COLOR", ""}}, true, true},
                    ColourCase{"forced", {{"CLICOLOR_FORCE", "1"}}, false, true},
                    ColourCase{"force_zero", {{"CLICOLOR_FORCE", "0"}}, false, false},
                    ColourCase{
                        "no_color_wins", {{"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}, true, false},
                    ColourCase{"clicolor_zero", {{"CLICOLOR", "0"}}, true, false},
                    ColourCase{"dumb", {{"TERM", "dumb"}}, true, false}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rbee::cli
