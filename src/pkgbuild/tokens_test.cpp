// Tokens: what each byte is, and that none is lost on any recipe or shell case of the project.
#include "pkgbuild/tokens.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "pkgbuild/parser.hpp"
#include "pkgbuild/print.hpp"

namespace rbee::pkgbuild {
namespace {

namespace fs = std::filesystem;

/// "kind[text] kind[text] …" without blanks.
std::string shown(std::string_view text) {
  const auto script = parse(text);
  if (!script) return "syntax: " + script.error().message;
  std::string out;
  for (const Token& token : tokens(**script)) {
    if (token.kind == TokenKind::blank) continue;
    if (!out.empty()) out += ' ';
    out += to_string(token.kind);
    const std::string_view bytes = text.substr(token.span.begin, token.span.end - token.span.begin);
    if (token.kind != TokenKind::newline) out += "[" + std::string(bytes) + "]";
  }
  return out;
}

TEST(Tokens, SayWhatEachByteIs) {
  EXPECT_EQ(shown("a=1 # x\n"), "name[a] operator[=] word[1] comment[# x] newline");
  EXPECT_EQ(shown("a+=(b 'c' \"d$e\")"),
            "name[a] operator[+=] operator[(] word[b] string['c'] operator[\"] string[d] "
            "operator[$] expansion[e] operator[\"] operator[)]");
  EXPECT_EQ(
      shown("f() { echo ${x:-y}; }"),
      "name[f] operator[(] operator[)] reserved[{] word[echo] operator[$] operator[{] expansion[x] "
      "operator[:] operator[-] word[y] operator[}] operator[;] reserved[}]");
  EXPECT_EQ(shown("if [[ -f a && $b =~ c ]]; then :; fi"),
            "reserved[if] reserved[[[] operator[-f] word[a] operator[&&] operator[$] expansion[b] "
            "operator[=~] word[c] reserved[]]] operator[;] reserved[then] word[:] operator[;] "
            "reserved[fi]");
  EXPECT_EQ(shown("cat <<E 2>x\nline $a\nE\n"),
            "word[cat] operator[<<] word[E] word[2] operator[>] word[x] newline "
            "here-document[line $a\nE\n]");
  EXPECT_EQ(shown("for i in a b; do :; done"),
            "reserved[for] name[i] reserved[in] word[a] word[b] operator[;] reserved[do] word[:] "
            "operator[;] reserved[done]");
  EXPECT_EQ(shown("case $a in x|y) z;; esac"),
            "reserved[case] operator[$] expansion[a] reserved[in] word[x] operator[|] word[y] "
            "operator[)] word[z] operator[;;] reserved[esac]");
  EXPECT_EQ(shown("a=$(b `c` `d\\`e\\``)"),
            "name[a] operator[=] operator[$] operator[(] word[b] operator[`] word[c] operator[`] "
            "expansion[`d\\`e\\``] operator[)]");
  EXPECT_EQ(shown("a \\\n b"), "word[a] continuation[\\\n] word[b]");
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("# only"), "comment[# only]");
}

void expect_whole(const std::string& text, const std::string& name) {
  const auto script = parse(text);
  if (!script) return;  // A case of a syntax error.
  std::uint32_t at = 0;
  for (const Token& token : tokens(**script)) {
    ASSERT_EQ(token.span.begin, at) << name;
    ASSERT_GT(token.span.end, at) << name;
    ASSERT_NE(token.kind, TokenKind::unknown)
        << name << ": " << text.substr(token.span.begin, token.span.end - token.span.begin);
    at = token.span.end;
  }
  ASSERT_EQ(at, text.size()) << name;
  ASSERT_EQ(print(**script), text) << name;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(Tokens, LoseNoByteOfOurRecipesAndCases) {
  std::size_t texts = 0;
  for (const auto& entry : fs::directory_iterator(RBEE_SOURCE_DIR "/tests/conformance/recipes")) {
    expect_whole(read_file(entry.path()), entry.path().filename());
    ++texts;
  }
  for (const auto& entry : fs::directory_iterator(RBEE_SOURCE_DIR "/tests/cases/pkgbuild")) {
    std::ifstream file(entry.path());
    std::string name, code;
    bool in_code = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("#### ") || line.starts_with("## ")) {
        if (in_code) expect_whole(code, entry.path().filename().string() + ": " + name);
        texts += in_code ? 1 : 0;
        in_code = line.starts_with("#### ");
        name = line;
        code.clear();
      } else if (in_code) {
        code += line + "\n";
      }
    }
  }
  EXPECT_GT(texts, 400U);
}

}  // namespace
}  // namespace rbee::pkgbuild
