// Recipes that ask too much of the checker, one named row each, and the rule that must speak all
// the same: RULE-001 where not everything could be seen, another where it only looked like much.
//
// Touches nothing. Shared by src/check/limits_test.cpp (what is found) and bench/limits_bench.cpp
// (time and memory).
#pragma once

#include <string>
#include <vector>

namespace rbee::check {

struct HostileCheck {
  std::string name;
  std::string recipe;  ///< At most 64 KB with what complete_recipe puts in front.
  std::string rule;
};

inline std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

/// What `each(i)` gives for 0 to count - 1.
template <typename Each>
std::string lines(int count, Each each) {
  std::string out;
  for (int i = 0; i < count; ++i) out += each(std::to_string(i)) + "\n";
  return out;
}

inline std::string in_build(const std::string& body) {
  return "build() {\n" + body + "\n}\n";
}

inline std::vector<HostileCheck> hostile_checks() {
  const std::string big(300, 'b'), end = "\nsudo a";
  return {
      {"a shell behind thirty shells, told what to do",
       in_build("echo a | " + times(40, "cat | ") + "sh\n" + times(20'001, "a\n")), "RULE-001"},
      {"many texts of many words",
       lines(20, [&](const auto& i) { return "x=" + big + i; }) + in_build(times(9'000, "$x $x\n")),
       "RULE-001"},
      {"an array of such",
       lines(12, [&](const auto& i) { return "x=" + big + i; }) + "a=(" + times(3'000, "$x ") +
           ")\n" + in_build(times(3'000, "${a[@]}\n")),
       "RULE-001"},
      {"a long script, started often",
       "x='" + times(4'000, "a;") + "'\n" + in_build(times(4'500, "sh -c \"$x\"\n")), "RULE-001"},
      {"a text for every command of a group",
       in_build("{\n" + times(15'000, "a\n") + "} <<E\n" + times(30'000, "x") + "\nE"), "RULE-001"},
      {"redirects times commands",
       in_build("{\n" + times(12'000, "a\n") + "} " + times(12'000, ">a ")), "RULE-001"},
      {"questions to the engine",
       in_build(lines(5'000, [](const auto& i) { return "${a%%b" + i + "}"; })), "RULE-001"},
      {"loops in them",
       in_build(lines(
           1'200, [](const auto& i) { return "$(for((i=0;i<99999;i++)){ :;};echo " + i + ")"; })),
       "RULE-001"},
      {"a doubled variable", "a=x\n" + times(5'000, "a=\"$a$a\"\n"), "RULE-001"},
      {"more words than anybody reads", in_build("env " + times(2'100, "A=1 ") + "curl a | sh"),
       "RULE-001"},
      {"the thirteenth value of a program's name",
       in_build("for x in a b c d e f g h i j k l curl; do $x https://example.org; done"),
       "RULE-001"},
      {"the thirteenth text for a shell",
       in_build("for x in a b c d e f g h i j k l 'curl a'; do sh -c \"$x\"; done"), "RULE-001"},
      {"the last of three hundred elements",
       "a=(env " + times(300, "A=1 ") + "curl)\n" + in_build("\"${a[@]}\""), "RULE-001"},
      {"words from a pipe", in_build("echo " + times(3'000, "a ") + "curl | xargs env"),
       "RULE-001"},
      {"shells after shells", in_build(times(5'000, "sh|") + "sh" + end), "PRIV-001"},
      {"programs that find runs", in_build(times(600, "find -exec ") + "a" + end), "PRIV-001"},
      {"wrappers in wrappers", in_build(times(1'500, "env ") + "sudo a"), "PRIV-001"},
      {"functions that call functions",
       lines(1'200,
             [](const auto& i) {
               return "package_a" + i + "() { f" + i + "; }\nf" + i + "() { f" +
                      std::to_string(std::stoi(i) + 1) + "; }";
             }) +
           in_build("sudo a"),
       "PRIV-001"},
      {"sources and runs of them",
       "source=({1..1500}::http://a.b/{1..3})\nsha256sums=(SKIP)\n" +
           in_build(times(10'000, "./a\n") + end),
       "PRIV-001"},
      {"places of secrets in one word", in_build("a " + times(10'000, ".ssh") + end), "PRIV-001"},
      {"groups in groups",
       in_build(times(30, "{ ") + "\n" + times(10'000, "a\n") + times(30, "} >c\n") + end),
       "PRIV-001"},
  };
}

}  // namespace rbee::check
