// Words in, a command and its arguments out; every mistake has its own message.
#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace rbee::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Words = std::vector<std::string>;

Result<CommandLine> parse(const Words& words) {
  return parse_command_line(words, "1.2.3");
}

TEST(CommandLine, OptionsStandBeforeOrAfterTheCommand) {
  for (const Words& words : {Words{"--catalog", "http://x", "--json", "worker", "search", "tts"},
                             Words{"worker", "search", "tts", "--json", "--catalog=http://x"},
                             Words{"worker", "--json", "search", "--catalog", "http://x", "tts"}}) {
    const auto line = parse(words);
    ASSERT_TRUE(line) << describe(line.error());
    ASSERT_NE(line->command, nullptr);
    EXPECT_EQ(line->command->name, "search");
    EXPECT_EQ(line->settings.catalog, "http://x");
    EXPECT_TRUE(line->settings.json);
    EXPECT_THAT(line->arguments.words, ElementsAre("tts"));
  }
}

TEST(CommandLine, TagsMayBeRepeatedAndDoNotSwallowWords) {
  const auto line =
      parse({"worker", "search", "-t", "llm", "fast", "--tag", "cuda", "inference", "-n", "5"});
  ASSERT_TRUE(line) << describe(line.error());
  EXPECT_THAT(line->arguments.tags, ElementsAre("llm", "cuda"));
  EXPECT_THAT(line->arguments.words, ElementsAre("fast", "inference"));
  EXPECT_EQ(line->arguments.limit, 5u);
}

TEST(CommandLine, NamesOfCommandsAreWordsBehindOne) {
  for (const char* word : {"doctor", "config", "recipe", "login", "search", "worker"}) {
    const auto line = parse({"worker", "search", word, "--json"});
    ASSERT_TRUE(line) << word << describe(line.error());
    EXPECT_EQ(line->command->name, "search") << word;
    EXPECT_THAT(line->arguments.words, ElementsAre(word));
    EXPECT_TRUE(line->settings.json);
  }
  EXPECT_EQ(parse({"config", "get", "telemetry"})->arguments.key, "telemetry");
  EXPECT_EQ(parse({"config", "set", "telemetry", "on"})->arguments.key, "telemetry");
}

TEST(CommandLine, ANumberThatIsNoneIsShown) {
  for (const char* text : {"x", "-1", "1.5", "9999999999"}) {
    const auto line = parse({"worker", "search", "--limit", text});
    ASSERT_FALSE(line) << text;
    EXPECT_EQ(line.error().message,
              "--limit: '" + std::string(text) + "' is not a whole number from 0 to 999999999");
  }
}

TEST(CommandLine, APortHasSixteenBits) {
  EXPECT_EQ(parse({"worker", "run", "tts", "--port", "65535"})->arguments.port, 65535);
  EXPECT_EQ(parse({"worker", "run", "tts", "--port", "65536"}).error().message,
            "--port: '65536' is not a whole number from 0 to 65535");
}

TEST(CommandLine, WhatFollowsTwoDashesGoesToTheWorker) {
  const auto line = parse({"worker", "run", "tts", "-p", "8080", "--", "--json", "-v", "--", "x"});
  ASSERT_TRUE(line) << describe(line.error());
  EXPECT_EQ(line->arguments.id, "tts");
  EXPECT_EQ(line->arguments.port, 8080);
  EXPECT_FALSE(line->settings.json);
  EXPECT_EQ(line->settings.verbosity, 0);
  EXPECT_THAT(line->arguments.trailing, ElementsAre("--json", "-v", "--", "x"));
}

TEST(CommandLine, WhatFollowsTwoDashesIsAWordEverywhere) {
  EXPECT_THAT(parse({"worker", "search", "a", "--", "-x"})->arguments.words,
              ElementsAre("a", "-x"));
  EXPECT_EQ(parse({"recipe", "srcinfo", "--", "--file"})->arguments.file, "--file");
  EXPECT_EQ(parse({"worker", "remove", "a", "--", "b"}).error().id, "argument-unexpected");
}

struct AliasCase {
  const char* typed;
  const char* name;
};
class Alias : public testing::TestWithParam<AliasCase> {};
TEST_P(Alias, IsTheCommand) {
  const auto line = parse({"worker", GetParam().typed, "x"});
  if (std::string(GetParam().name) == "list") {
    const auto list = parse({"worker", GetParam().typed});
    ASSERT_TRUE(list);
    EXPECT_EQ(list->command->name, "list");
    return;
  }
  ASSERT_TRUE(line) << describe(line.error());
  EXPECT_EQ(line->command->name, GetParam().name);
}
INSTANTIATE_TEST_SUITE_P(All, Alias,
                         testing::Values(AliasCase{"available", "search"},
                                         AliasCase{"catalog", "search"}, AliasCase{"ls", "list"},
                                         AliasCase{"show", "info"}, AliasCase{"get", "info"},
                                         AliasCase{"download", "install"},
                                         AliasCase{"rm", "remove"}),
                         [](const auto& info) { return info.param.typed; });

struct MistakeCase {
  const char* name;
  Words words;
  const char* id;
  const char* message;
  const char* fix;
};
class Mistake : public testing::TestWithParam<MistakeCase> {};
TEST_P(Mistake, IsExplained) {
  const auto line = parse(GetParam().words);
  ASSERT_FALSE(line);
  EXPECT_EQ(exit_code(line.error().code), 2);
  EXPECT_EQ(line.error().id, GetParam().id);
  EXPECT_THAT(line.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(line.error().fix, HasSubstr(GetParam().fix));
}
INSTANTIATE_TEST_SUITE_P(
    All, Mistake,
    testing::Values(
        MistakeCase{
            "group", {"wroker", "search"}, "command-unknown", "'wroker'", "did you mean 'worker'?"},
        MistakeCase{"command",
                    {"worker", "instal", "x"},
                    "command-unknown",
                    "'instal'",
                    "did you mean 'install'?"},
        MistakeCase{"far_off",
                    {"worker", "frobnicate"},
                    "command-unknown",
                    "'frobnicate'",
                    "`rbee worker --help` lists them all"},
        MistakeCase{"option",
                    {"worker", "search", "--tga", "llm"},
                    "option-unknown",
                    "'--tga'",
                    "did you mean '--tag'?"},
        MistakeCase{"global_option",
                    {"worker", "list", "--jsn"},
                    "option-unknown",
                    "'--jsn'",
                    "did you mean '--json'?"},
        MistakeCase{"option_value",
                    {"worker", "list", "--jsn=1"},
                    "option-unknown",
                    "'--jsn'",
                    "did you mean '--json'?"},
        MistakeCase{"no_command",
                    {"worker"},
                    "command-missing",
                    "a command is missing",
                    "rbee worker --help"},
        MistakeCase{
            "only_options", {"--json"}, "command-missing", "a command is missing", "rbee --help"},
        MistakeCase{"no_id",
                    {"worker", "remove"},
                    "argument-missing",
                    "ID is missing",
                    "usage: rbee worker remove ID"},
        MistakeCase{"two_ids",
                    {"worker", "remove", "a", "b"},
                    "argument-unexpected",
                    "'b' is one word too many",
                    "usage: rbee worker remove ID"},
        MistakeCase{
            "no_number", {"worker", "search", "-n", "many"}, "argument-invalid", "many", "--help"},
        MistakeCase{
            "negative", {"worker", "search", "-n", "-4"}, "argument-invalid", "-4", "--help"},
        MistakeCase{"port",
                    {"worker", "run", "x", "--port", "65536"},
                    "argument-invalid",
                    "65536",
                    "--help"},
        MistakeCase{
            "no_value", {"worker", "list", "--catalog"}, "argument-invalid", "--catalog", "--help"},
        MistakeCase{"escape", {"\x1b[2J"}, "command-unknown", "'\xEF\xBF\xBD[2J'", "--help"}),
    [](const auto& info) { return info.param.name; });

TEST(CommandLine, VersionWinsOverEverything) {
  for (const Words& words : {Words{"--version"}, Words{"worker", "--version"}}) {
    const auto line = parse(words);
    ASSERT_TRUE(line) << describe(line.error());
    EXPECT_EQ(line->text, "rbee 1.2.3\n");
    EXPECT_EQ(line->command, nullptr);
  }
}

TEST(CommandLine, HelpInItsManySpellings) {
  for (const Words& words : {Words{}, Words{"--help"}, Words{"-h"}, Words{"help"}})
    EXPECT_THAT(parse(words)->text, HasSubstr("Usage: rbee COMMAND")) << words.size();
  for (const Words& words : {Words{"worker", "--help"}, Words{"help", "worker"}})
    EXPECT_THAT(parse(words)->text, HasSubstr("Usage: rbee worker COMMAND"));
  for (const Words& words :
       {Words{"worker", "install", "--help"}, Words{"help", "worker", "install"},
        Words{"worker", "install", "x", "-h"}})
    EXPECT_THAT(parse(words)->text, HasSubstr("Usage: rbee worker install [ID] [OPTIONS]"));
}

TEST(Help, IsThis) {
  const auto line = parse({"worker", "remove", "--help"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text,
            "Remove an installed worker\n"
            "\n"
            "Usage: rbee worker remove ID\n"
            "\n"
            "Arguments:\n"
            "  ID  the worker's id\n"
            "\n"
            "Also called: rm uninstall\n"
            "\n"
            "Options of every command:\n"
            "      --catalog URL  the marketplace (else RBEE_CATALOG, the configuration, "
            "http://127.0.0.1:8787)\n"
            "      --json         machine-readable output, errors too\n"
            "  -q, --quiet        print results and errors only\n"
            "  -v, --verbose      show more, such as a build's output\n"
            "  -h, --help         show this\n"
            "      --version      print the version\n"
            "\n"
            "Examples:\n"
            "  rbee worker remove tts-worker\n");
}

TEST(Help, EveryCommandHasASummaryAnExampleAndANameOfItsOwn) {
  std::set<std::string> names;
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_TRUE(command.examples.starts_with("rbee ")) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_TRUE(names.insert(std::string(command.group) + " " + std::string(command.name)).second)
        << command.name;
    for (std::string_view alias : command.aliases)
      EXPECT_TRUE(names.insert(std::string(command.group) + " " + std::string(alias)).second)
          << alias;
  }
}

TEST(Help, EveryExampleParses) {
  for (const Command& command : commands()) {
    std::string_view text = command.examples;
    while (!text.empty()) {
      std::string_view example = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), example.size() + 1));
      // A pipe's other programs are not ours.
      if (const auto from = example.find("rbee "); from != std::string_view::npos)
        example.remove_prefix(from);
      example = example.substr(0, example.find(" |"));
      Words words;
      for (std::size_t at = 5; at < example.size();) {
        const std::size_t end = std::min(example.find(' ', at), example.size());
        words.emplace_back(example.substr(at, end - at));
        at = end + 1;
      }
      const auto line = parse(words);
      ASSERT_TRUE(line) << example << "\n" << describe(line.error());
      EXPECT_EQ(line->command, &command) << example;
    }
  }
}

TEST(AsksForJson, OnlyBeforeTwoDashes) {
  EXPECT_TRUE(asks_for_json({"worker", "run", "--json"}));
  EXPECT_FALSE(asks_for_json({"worker", "run", "x", "--", "--json"}));
}

}  // namespace
}  // namespace rbee::cli
