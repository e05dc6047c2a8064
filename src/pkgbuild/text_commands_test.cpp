// Every text command against the machine's own program: the same output and status, or
// "unsupported".
#include "pkgbuild/text_commands.hpp"
#include "pkgbuild/file_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include "base/text.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/text/real_tool.hpp"

namespace rbee::pkgbuild {
namespace {

using Argv = std::vector<std::string>;

constexpr std::size_t kOutputMax = 1 << 20;

std::variant<CommandOutput, CommandUnsupported> run(const Argv& argv, std::string_view input,
                                                    Platform platform = {},
                                                    const LocalFiles* files = nullptr) {
  const FileView view(files, {});
  return run_text_command({argv, input, platform, files == nullptr ? nullptr : &view, kOutputMax});
}

std::string shown(const Argv& argv, const std::string& input) {
  std::string text;
  for (const std::string& word : argv) text += "[" + word + "] ";
  return text + "< " + ::testing::PrintToString(input);
}

/// A command line, its words separated by "`" (plain text compiles in no time), and the standard
/// input.
struct Case {
  const char* words;
  const char* input;
};

/// Our answer must be the program's. A case that we do not support is a failure here.
class SameAsTool : public ::testing::TestWithParam<Case> {};

void expect_same_as_tool(const Argv& argv, const std::string& input) {
  SCOPED_TRACE(shown(argv, input));
  const auto ours = run(argv, input);
  ASSERT_TRUE(std::holds_alternative<CommandOutput>(ours))
      << "unsupported: " << std::get<CommandUnsupported>(ours).construct;
  const auto real = text::ask_real_tool(argv, input);
  if (!real) GTEST_SKIP() << argv[0] << " is not installed";
  EXPECT_EQ(std::get<CommandOutput>(ours).output, real->output);
  EXPECT_EQ(std::get<CommandOutput>(ours).status, real->status);
}

TEST_P(SameAsTool, AnswersTheSame) {
  Argv argv;
  for (const std::string_view word : split(GetParam().words, '`')) argv.emplace_back(word);
  expect_same_as_tool(argv, GetParam().input);
}

constexpr const char* kText =
    "alpha beta 1.2.3\nBeta gamma_delta v1.10.0-rc1\n\n  indented\tline\nfoo.bar=baz\nalpha beta "
    "1.2.3\n";

constexpr Case kLines[] = {
    {"cat", kText},
    {"cat`-", "no newline"},
    {"head`-n`2", kText},
    {"head`-2", kText},
    {"head`-n1", "one"},
    {"head`-n`-2", kText},
    {"head`--lines=3", kText},
    {"head`-c`7", kText},
    {"head`-c-7", kText},
    {"head", kText},
    {"tail`-n`2", kText},
    {"tail`-1", kText},
    {"tail`-n`+2", kText},
    {"tail`-n`+0", kText},
    {"tail`-n+9", kText},
    {"tail`-c`4", kText},
    {"tail`-c`+4", kText},
    {"tail`-n1", "a\nb"},
    {"tac", kText},
    {"tac", "a\nb"},
    {"tac", ""},
    {"rev", "abc\ndéf\nlast"},
    {"uniq", "a\na\nb\na\n"},
    {"uniq`-c", "a\na\nb\na"},
    {"uniq`-d", "a\na\nb\na"},
    {"uniq`-u", "a\na\nb\na"},
    {"wc`-l", kText},
    {"wc`-w", kText},
    {"wc`-c", kText},
    {"wc`-m", "déf"},
    {"sort", kText},
    {"sort`-r", kText},
    {"sort`-u", kText},
    {"sort`-n", "10\n9\n-1\n1.5\n1.25\nabc\n\n 7\n"},
    {"sort`-rn", "10\n9\n-1\n1.5\n"},
    {"sort`-V", "1.10\n1.9\n1.9.1\nv1.2\nv1.10-rc1\nv1.10\n1.0~rc1\n1.0\n"},
    {"sort`-rV", "a-1.tar.gz\na-1.2.tar.gz\na-1.10.tar.gz\n"},
    {"sort`-t`.`-k`2,2n", "a.10\nb.9\nc.9\n"},
    {"sort`-t.`-k1,1n`-k2,2nr", "1.2\n1.10\n0.5\n"},
    {"sort`-k2", "x b\ny a\nz  a\n"},
    {"sort`-s`-k1,1", "b 2\na 2\nb 1\na 1\n"},
    {"sort`-u`-k1,1", "b 2\na 2\nb 1\na 1\n"},
    {"sort`-k1,1`-r", "b 2\na 2\nb 1\na 1\n"},
};
INSTANTIATE_TEST_SUITE_P(Lines, SameAsTool, ::testing::ValuesIn(kLines));

constexpr Case kFields[] = {
    {"cut`-d`.`-f`1", "1.2.3\nnone\n"},
    {"cut`-d.`-f1,2", "1.2.3"},
    {"cut`-d.`-f2-", "1.2.3"},
    {"cut`-d.`-f-2", "1.2.3"},
    {"cut`-d.`-f5", "1.2.3"},
    {"cut`-d.`-f3,1", "1.2.3"},
    {"cut`-sd.`-f1", "1.2\nnone\n"},
    {"cut`-f2", "a\tb\n"},
    {"cut`-d\"`-f2", "x = \"y\"\n"},
    {"cut`-d `-f2", "a  b\n"},
    {"cut`-c`1-3", "abcdef\nxy\n"},
    {"cut`-c2", "abc"},
    {"cut`-c3-", "abcdef"},
    {"cut`-b`1,3", "abc"},
    {"cut`-d.`-f1`--complement", "1.2.3"},
    {"cut`-d.`-f1,3`--output-delimiter=_", "1.2.3"},
    {"cut`-d.`-f1`--output-delimiter`:", "1.2.3"},
    {"tr`a-z`A-Z", "hello World"},
    {"tr`[:lower:]`[:upper:]", "hello World"},
    {"tr`[:upper:]`[:lower:]", "hello World"},
    {"tr`-d`.", "1.2.3"},
    {"tr`-d`v\\n", "v1\n"},
    {"tr`-`.", "1-2-3"},
    {"tr`.`_", "1.2.3"},
    {"tr`-`_", "1-2"},
    {"tr`_-`..", "1-2_3"},
    {"tr`-s` ", "a  b   c"},
    {"tr`-s`[:space:]` ", "a \n\tb"},
    {"tr`-cd`[:digit:].", "v1.2-rc3\n"},
    {"tr`-c`[:alnum:]`_", "a-b c"},
    {"tr`-dc`0-9", "v1.2"},
    {"tr`\\n` ", "a\nb\n"},
    {"tr`abc`x", "aabbccdd"},
    {"tr`-t`abc`x", "aabbccdd"},
    {"tr`0-9+a-f=x`ka-i@p-u.l", "0x1fd+d59decfa=40"},
    {"tr`[a-z]`[A-Z]", "b[x]"},
    {"tr`\\055`x", "a-b"},
    {"tr`'\"`  ", "'a'\"b\""},
    {"paste`-sd`,", "a\nb\nc\n"},
    {"paste`-s", "a\nb"},
    {"paste`-sd`+-", "a\nb\nc\nd"},
    {"fold`-w`3", "abcdefgh\nij\n"},
    {"basename`/a/b.c`.c", ""},
    {"basename`a/b/", ""},
    {"basename`/", ""},
    {"basename`.c`.c", ""},
    {"basename`-s`.c`x.c`y.c", ""},
    {"basename`https://example.org/x/y.git", ""},
    {"dirname`/a/b", ""},
    {"dirname`a", ""},
    {"dirname`/a", ""},
    {"dirname`a//b//`c/d", ""},
    {"dirname`//a", ""},
    {"seq`3", ""},
    {"seq`2`5", ""},
    {"seq`1`2`9", ""},
    {"seq`5`-2`-3", ""},
    {"seq`-s`,`3", ""},
    {"seq`-s,`3", ""},
    {"seq`-w`8`11", ""},
    {"seq`3`1", ""},
    {"expr`1`+`2`*`3", ""},
    {"expr`7`/`2", ""},
    {"expr`-7`%`3", ""},
    {"expr`5`-`5", ""},
    {"expr`10`>`9", ""},
    {"expr`abc`<`abd", ""},
    {"expr`abc`:`a\\(.*\\)", ""},
    {"expr`abc`:`ab", ""},
    {"expr`abc`:`x", ""},
    {"expr`length`hello", ""},
    {"expr`(`1`+`2`)`*`3", ""},
    {"expr`0`|`x", ""},
    {"expr`1`&`0", ""},
    {"md5sum", "abc"},
    {"sha1sum", "abc"},
    {"sha256sum", "abc\n"},
    {"sha512sum`-", ""},
    {"b2sum", "x"},
    {"base64`-w0", "hello"},
    {"base64`-w`10", "hello world"},
    {"base64`-d", "aGVsbG8gd29ybGQ=\n"},
    {"base64`--decode", "aGVs\nbG8="},
};
INSTANTIATE_TEST_SUITE_P(Fields, SameAsTool, ::testing::ValuesIn(kFields));

constexpr Case kGrep[] = {
    {"grep`beta", kText},
    {"grep`-i`BETA", kText},
    {"grep`-v`alpha", kText},
    {"grep`-c`alpha", kText},
    {"grep`-c`nothing", kText},
    {"grep`-n`a", kText},
    {"grep`-q`alpha", kText},
    {"grep`-q`nothing", kText},
    {"grep`-o`[0-9]\\+", kText},
    {"grep`-oE`[0-9]+(\\.[0-9]+)*", kText},
    {"grep`-Eo`v?[0-9.]+", kText},
    {"grep`-E`^(foo|Beta)", kText},
    {"egrep`foo|Beta", kText},
    {"fgrep`foo.bar", kText},
    {"grep`-F`1.2.3", kText},
    {"grep`-F`a\nfoo", kText},
    {"grep`-x`foo.bar=baz", kText},
    {"grep`-xF`foo.bar", kText},
    {"grep`-w`beta", kText},
    {"grep`-w`gamma", kText},
    {"grep`-ow`[a-z]a", "ba aba ca"},
    {"grep`-m1`a", kText},
    {"grep`-m`2`-o`a", kText},
    {"grep`-e`foo`-e`gamma", kText},
    {"grep`-on`a", kText},
    {"grep`-ov`a", kText},
    {"grep`-o`x*", "axxb"},
    {"grep`-o`^a", "aaa"},
    {"grep`", kText},
    {"grep`^$", kText},
    {"grep`\\bline", kText},
    {"grep`-o`\\w\\+", kText},
    {"grep`^*a", "*a\na\n"},
    {"grep`a\\|B", "a\nB\nc\n"},
    {"grep`-o`\\(a\\|ab\\)\\(c\\|bcd\\)", "abcd"},
    {"grep`-oE`\"[^\"]*\"", "x=\"y\" z=\"w\""},
    {"grep`[[:digit:]]\\{2\\}", "a1\nb22\n"},
    {"grep`--color=never`a", "a\n"},
    {"grep`-io`É", "été"},
    {"grep`-o`.", "éx"},
    {"grep`a`-", "a\nb\n"},
    {"grep`--`-x", "-x\n"},
    {"grep`-v`x", "x"},
};
INSTANTIATE_TEST_SUITE_P(Grep, SameAsTool, ::testing::ValuesIn(kGrep));

constexpr Case kSed[] = {
    {"sed`s/a/b/", "aaa\n"},
    {"sed`s/a/b/g", "aaa"},
    {"sed`s/a/b/2", "aaa"},
    {"sed`s/a/b/2g", "aaaa"},
    {"sed`s/x*/-/g", "abxxc"},
    {"sed`s/b*/X/g", "abc"},
    {"sed`s/b*/X/2", "abc"},
    {"sed`s/b*/X/3", "abbc"},
    {"sed`s/^/v/", "1\n2\n"},
    {"sed`s/$/!/g", "1\n2"},
    {"sed`s|/|_|g", "a/b/c"},
    {"sed`s,a\\,b,x,", "a,b"},
    {"sed`s/\\./_/g", "1.2.3"},
    {"sed`s/-/./g;s/v//", "v1-2-3"},
    {"sed`s/\\([^-]*-g\\)/r\\1/;s/-/./g", "1.0-5-gabc"},
    {"sed`-E`s/([0-9]+)\\.([0-9]+)/\\2.\\1/", "v10.20.30"},
    {"sed`-r`s/(^|-)(\\w)/\\U\\2/g", "noto-sans-cjk"},
    {"sed`s/.*/\\L&/", "ABC Def"},
    {"sed`s/\\w\\+/\\u&/g", "abc def"},
    {"sed`s/\\(.\\)\\(.*\\)/\\U\\1\\E\\2/", "abc"},
    {"sed`s/a/\\&/", "a"},
    {"sed`s/a/[&]/g", "banana"},
    {"sed`s/a/x\\ny/", "a"},
    {"sed`s/A/b/I", "a"},
    {"sed`s/[[:space:]]\\+/ /g", "a \t b"},
    {"sed`s/libjpeg$/&_turbo/", "libjpeg"},
    {"sed`-n`s/a/b/p", "a\nc\na"},
    {"sed`-n`2p", kText},
    {"sed`-n`$p", kText},
    {"sed`-n`2,3p", kText},
    {"sed`-n`/Beta/,/foo/p", kText},
    {"sed`-n`/Beta/,$p", kText},
    {"sed`-n`/foo/,2p", kText},
    {"sed`-n`1~2p", kText},
    {"sed`1d", kText},
    {"sed`/^$/d", kText},
    {"sed`/alpha/!d", kText},
    {"sed`$!d", kText},
    {"sed`2q", kText},
    {"sed`-n`2{p;q}", kText},
    {"sed`/foo/Q", kText},
    {"sed`y/abc/xyz/", "aabbcc"},
    {"sed`-e`s/a/b/`-e`s/b/c/", "ab"},
    {"sed`\\,foo,d", kText},
    {"sed`:a;N;$!ba;s/\\n/ /g", "a\nb\nc\n"},
    {"sed`N;s/\\n/+/", "a\nb\nc\n"},
    {"sed`$!N;P;D", "a\nb\nc\n"},
    {"sed`G", "a\nb\n"},
    {"sed`-n`1!G;h;$p", "a\nb\nc\n"},
    {"sed`x", "a\nb\n"},
    {"sed`=", "a\nb"},
    {"sed`n;d", "1\n2\n3\n4\n5\n"},
    {"sed`p", "no newline"},
    {"sed`s/a\\|b/x/g", "abc"},
    {"sed`s/a\\+/x/;s/b\\?c/y/", "aabc"},
    {"sed`-E`s/a{2,3}/x/", "aaaa"},
    {"sed`s/a\\{2\\}/x/", "aaaa"},
    {"sed`s#^.*/\\(.*\\)\\.git$#\\1#", "https://x/y.git"},
    {"sed`s/é/e/g", "été"},
    {"sed`s/./x/g", "ét"},
    {"sed`s/\\t/ /", "a\tb"},
    {"sed`s/./-/3", "1.2.3"},
    {"sed`s/\\./-/3", "1.2.3.4"},
    {"sed`t;s/a/b/;t;s/b/c/", "a\nb\n"},
    {"sed`s/a/b/ ; s/b/c/ # comment", "a"},
    {"sed`\n s/a/b/\n", "a"},
};
INSTANTIATE_TEST_SUITE_P(Sed, SameAsTool, ::testing::ValuesIn(kSed));

constexpr Case kAwk[] = {
    {"awk`{print $1}", kText},
    {"awk`-F.`{print $1$2}", "9.1.0"},
    {"awk`-F.`{ printf \"%d%02d%02d00\", $1, $2, $3 }", "3.46.1"},
    {"awk`-F`.`{print $1 \".\" $2}", "1.2.3"},
    {"awk`-F'`{print $2}", "a'b'c"},
    {"awk`-F|`{print $2}", "a|b|c"},
    {"awk`-F[,:]`{for(i=1;i<=NF;i++){if($i~/b/){print $(i+1)}}}", "a,b:c,d"},
    {"awk`-F=`/version/ {print $2; exit}", "x=1\nversion=2\nversion=3\n"},
    {"awk`NR==2", kText},
    {"awk`NR==2{print NF, $NF}", kText},
    {"awk`END{print NR}", kText},
    {"awk`/alpha/{n++} END{print n+0}", kText},
    {"awk`!/alpha/", kText},
    {"awk`$1 == \"alpha\" && NF > 2", kText},
    {"awk`{gsub(/a/, \"<&>\"); print}", kText},
    {"awk`{sub(/^[ ]+/, \"\"); print $0}", kText},
    {"awk`{gsub(\"x*\", \"-\"); print}", "abxxc"},
    {"awk`{print length($0), length}", kText},
    {"awk`{print substr($0, 2, 3) \"|\" substr($0, 1, 2) \"|\" substr($0, 5)}", "abcdefg"},
    {"awk`{print toupper($1), tolower($2), index($0, \"b\")}", "abc DEF"},
    {"awk`{n = split($0, a, \".\"); print n, a[1], a[n]}", "1.2.3"},
    {"awk`{print match($0, /b+/), RSTART, RLENGTH}", "abbbc"},
    {"awk`{print int($1 / 2), $1 % 3, $1 ^ 2, -$1}", "7"},
    {"awk`BEGIN{print 1/4, 100000 * 3, 0.1 + 0.2}", ""},
    {"awk`BEGIN{printf \"%5.2f|%-5s|%x|%%\\n\", 3.14159, \"ab\", 255}", ""},
    {"awk`BEGIN{while (i < 3) print i++; do print --i; while (i > 1)}", ""},
    {"awk`{ if ($1 > 9) print \"big\"; else print \"small\" }", "10\n9\nabc\n"},
    {"awk`{ print ($1 > $2 ? \"gt\" : \"le\") }", "10 9\nab b\n"},
    {"awk`{$2 = \"x\"; print; print NF}", "a b  c"},
    {"awk`{$5 = \"e\"; print}", "a b"},
    {"awk`BEGIN{OFS=\"-\"}{$1=$1; print $1, $2}", "a b"},
    {"awk`-v`x=5`{print x + $1}", "3"},
    {"awk`-vname=a\\tb`BEGIN{print name}", ""},
    {"awk`{c[$1]++} END{print c[\"a\"], c[\"b\"]}", "a\nb\na\n"},
    {"awk`{print NR\": \"$0}", "x\ny\n"},
    {"awk`BEGIN{exit 3}", ""},
    {"awk`{next; print} END{print \"end\"}", "x\n"},
    {"awk`{ x = x $0 } END { print x }", "a\nb\n"},
    {"awk`/^#define/ {print $3}", "#define A 1\nx\n#define B 2\n"},
    {"awk`{print($1)($2)}", "a b"},
    {"awk`BEGIN { for (;;) { if (++n > 3) break; if (n == 2) continue; print n } }", ""},
    {"awk`$0 ~ \"^a\" { print \"yes\" } $1 !~ /a/ { print \"no\" }", "abc\nxyz\n"},
    {"awk`# comment\n{ print $1 } # more\n", "a b"},
};
INSTANTIATE_TEST_SUITE_P(Awk, SameAsTool, ::testing::ValuesIn(kAwk));

TEST(TextCommands, LongInputsToo) {
  expect_same_as_tool({"base64"}, std::string(100, 'x'));
  expect_same_as_tool({"sed", "-E", "s|:\\S+||g"},
                      std::string(400, 'x') + " a::b c:d " + std::string(3000, 'y'));
}

TEST(TextCommands, RefusesRatherThanGuesses) {
  static constexpr std::pair<const char*, const char*> kRows[] = {
      {"grep`-P`a", "grep -P"},
      {"grep`-oP`a", "grep -P"},
      {"grep`-r`a", "grep -r"},
      {"grep`\\(a\\)\\1", "grep with a back-reference in a regular expression"},
      {"grep`-E`*a", "grep with a pattern that repeats nothing"},
      {"grep`-E`a)", "grep with a pattern with an unmatched )"},
      {"grep`-w`a*", "grep -w with a pattern of variable length"},
      {"sed`-i`s/a/b/", "sed -i"},
      {"sed`s/a/b/e", "sed s///e"},
      {"sed`s/a/b/w x", "sed s///w"},
      {"sed`s/\\x41/b/", "sed with an escaped letter in a pattern"},
      {"sed`1i x", "sed i"},
      {"sed`e date", "sed e"},
      {"sed`s//x/", "sed with an empty pattern"},
      {"sed`s/[/]/x/", "sed with an invalid pattern"},
      {"sort`-h", "sort -h"},
      {"sort`-R", "sort -R"},
      {"tr`[:alpha:]`[:digit:]", "tr to a character class"},
      {"tr`[=a=]`x", "tr with an equivalence class"},
      {"cat`-n", "cat -n"},
      {"cat`file", "cat reading a file"},
      {"date`+%Y", "the command date"},
      {"curl`x", "the command curl"},
      {"git`describe", "the command git"},
      {"xargs", "the command xargs"},
      {"nproc", "the command nproc"},
      {"nonsense", "the command nonsense"},
      {"seq`1.5", "seq with other than whole numbers"},
      {"seq`1000000000", "seq with that many numbers"},
      {"awk`{print > \"f\"}", "awk with redirected output"},
      {"awk`{print | \"sh\"}", "awk with redirected output"},
      {"awk`BEGIN{system(\"id\")}", "awk with system"},
      {"awk`{getline x}", "awk with getline"},
      {"awk`{for (k in a) print k}", "awk in"},
      {"awk`$0 ~ $1", "awk with a computed pattern"},
      {"awk`{print substr($0, 0, 2)}", "awk substr with that position"},
      {"awk`BEGIN{print 1e3}", "awk with that number"},
      {"awk`BEGIN{print 1/0}", "awk dividing by zero"},
      {"awk`{print", "awk with that syntax"},
      {"awk`BEGIN{while(1);}", "awk over that much text"},
      {"awk`BEGIN{print rand()}", "awk with rand"},
      {"awk`-f`x", "awk -f"},
      {"uname`-r", "uname -r"},
      {"uname`-a", "uname -a"},
  };
  for (const auto& [words, construct] : kRows) {
    Argv argv;
    for (const std::string_view word : split(words, '`')) argv.emplace_back(word);
    SCOPED_TRACE(shown(argv, ""));
    const auto answer = run(argv, "a\n");
    ASSERT_TRUE(std::holds_alternative<CommandUnsupported>(answer));
    EXPECT_EQ(std::get<CommandUnsupported>(answer).construct, construct);
  }
}

class Folder final : public LocalFiles {
 public:
  std::optional<std::string> read(std::string_view path) const override {
    if (path == "version.txt") return "1.2.3\n";
    return std::nullopt;
  }
  FileLook look(std::string_view path) const override {
    if (path == "version.txt") return {FileLook::Kind::file, "1.2.3\n"};
    if (path.starts_with("../")) return {};
    return {FileLook::Kind::absent, {}};
  }
};

TEST(TextCommands, ReadsFilesOfTheFolderOnly) {
  const Folder folder;
  const auto answer = [&](const Argv& argv) { return run(argv, "", {}, &folder); };
  EXPECT_EQ(std::get<CommandOutput>(answer({"cat", "version.txt"})).output, "1.2.3\n");
  EXPECT_EQ(std::get<CommandOutput>(answer({"cut", "-d.", "-f1", "./version.txt"})).output, "1\n");
  EXPECT_EQ(std::get<CommandOutput>(answer({"sed", "s/1/2/", "version.txt"})).output, "2.2.3\n");
  EXPECT_EQ(std::get<CommandOutput>(answer({"cat", "missing"})).status, 1);
  EXPECT_EQ(std::get<CommandOutput>(answer({"grep", "x", "missing"})).status, 2);
  EXPECT_EQ(std::get<CommandOutput>(answer({"sed", "p", "missing"})).status, 2);
  for (const std::string path : {"/etc/passwd", "../x", "a/../../x", "..", "./../x"})
    EXPECT_EQ(std::get<CommandUnsupported>(answer({"cat", path})).construct,
              "cat reading a file outside the recipe's folder")
        << path;
}

TEST(TextCommands, AnswersForTheVirtualMachine) {
  const auto machine = [](Os os, Arch arch) {
    return std::get<CommandOutput>(run({"uname", "-m"}, "", {os, arch, Accelerator::cpu})).output;
  };
  EXPECT_EQ(machine(Os::linux, Arch::x86_64), "x86_64\n");
  EXPECT_EQ(machine(Os::linux, Arch::aarch64), "aarch64\n");
  EXPECT_EQ(machine(Os::linux, Arch::armv7h), "armv7l\n");
  EXPECT_EQ(machine(Os::macos, Arch::aarch64), "arm64\n");
  EXPECT_EQ(std::get<CommandOutput>(run({"uname"}, "")).output, "Linux\n");
  EXPECT_EQ(std::get<CommandOutput>(run({"uname", "-sm"}, "")).output, "Linux x86_64\n");
  EXPECT_EQ(std::get<CommandOutput>(run({"vercmp", "1.0-1", "1.0-2"}, "")).output, "-1\n");
  EXPECT_EQ(virtual_program_path("sed", {}), "/usr/bin/sed");
  EXPECT_EQ(virtual_program_path("curl", {}), "/usr/bin/curl");
  EXPECT_EQ(virtual_program_path("no-such-program", {}), "");
  EXPECT_EQ(virtual_program_path("nvidia-smi", {}), "");
  EXPECT_EQ(virtual_program_path("nvidia-smi", {Os::linux, Arch::x86_64, Accelerator::cuda}),
            "/usr/bin/nvidia-smi");
  EXPECT_EQ(virtual_program_path("rocminfo", {Os::linux, Arch::x86_64, Accelerator::rocm}),
            "/opt/rocm/bin/rocminfo");
  EXPECT_EQ(std::get<CommandOutput>(run({"which", "sed", "nvidia-smi"}, "")).status, 1);
}

/// Random scripts and inputs from small alphabets: whatever we answer, the tool answers too.
TEST(TextCommands, RandomCallsAgreeWithTheTools) {
  std::mt19937 random(20261123);
  const auto pick = [&](const auto& choices) -> std::string {
    return std::string(choices[random() % std::size(choices)]);
  };
  const std::vector<std::string> atoms = {"a",  "b",      ".",       "[ab]",    "[^a]",
                                          "x*", "b*",     "a\\+",    "\\.",     "^",
                                          "$",  "[0-9]*", "\\(a\\)", "\\(b*\\)"};
  const std::vector<std::string> words = {"a",  "b", "ab", "x",   ".", "1.2",
                                          "\n", " ", "10", "aab", "-"};
  const std::vector<std::string> flags = {"", "g", "2", "2g", "p"};
  int supported = 0;
  for (int i = 0; i < 400; ++i) {
    std::string pattern, input;
    for (auto n = 1 + random() % 3; n > 0; --n) pattern += pick(atoms);
    for (auto n = random() % 8; n > 0; --n) input += pick(words);
    Argv argv;
    switch (random() % 6) {
      case 0:
        argv = {"grep", "-o", pattern};
        break;
      case 1:
        argv = {"grep", pick(std::vector<std::string>{"-c", "-n", "-v", "-x", "-i"}), pattern};
        break;
      case 2:
        argv = {"sort", pick(std::vector<std::string>{"-V", "-n", "-r", "-u", "-rV", "-nu"})};
        break;
      case 3:
        argv = {"tr", pick(std::vector<std::string>{"-d", "-s", "-cd"}),
                pick(std::vector<std::string>{"a-b", "[:digit:]", ".", " 0-9"})};
        break;
      default:
        argv = {"sed", "s/" + pattern + "/<&>/" + pick(flags)};
        break;
    }
    const auto ours = run(argv, input);
    if (std::holds_alternative<CommandUnsupported>(ours)) continue;
    ++supported;
    const auto real = text::ask_real_tool(argv, input);
    ASSERT_TRUE(real);
    ASSERT_EQ(std::get<CommandOutput>(ours).output, real->output) << shown(argv, input);
    ASSERT_EQ(std::get<CommandOutput>(ours).status, real->status) << shown(argv, input);
  }
  EXPECT_GT(supported, 300);
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(TextCommands, HostileCallsEndSoon) {
  const std::string many_a(60'000, 'a');
  std::string lines;
  for (int i = 0; i < 30'000; ++i) lines += std::to_string(i * 7919 % 30'011) + "\n";
  const std::vector<std::pair<Argv, std::string>> rows = {
      {{"grep", "-o", "a*b"}, many_a},
      {{"grep", "-E", "(a|a)*(a|b)*c"}, many_a},
      {{"sed", "s/a*b/x/g"}, many_a},
      {{"sed", "s/x*/" + std::string(1000, 'y') + "/g"}, many_a},
      {{"sed", ":a;s/a/aa/;ba"}, "a"},
      {{"sed", ":a;ba"}, "a"},
      {{"sed", ":a;G;H;ba"}, "a"},
      {{"sort", "-V"}, lines},
      {{"expr", many_a, ":", "a*a*a*b"}, ""},
      {{"seq", "1", "999999999"}, ""},
      {{"awk", "BEGIN{x=\"a\"; while(1) x = x x}"}, ""},
      {{"awk", "BEGIN{while(1) print \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"}, ""},
      {{"awk", "{gsub(/a*b/, \"x\"); print}"}, many_a},
      {{"awk", std::string(5000, '(')}, "a\n"},
      {{"awk", std::string(5000, '!') + "1"}, "a\n"},
      {{"awk", "BEGIN{" + std::string(5000, '{')}, "a\n"},
      {{"awk", std::string(50'000, '$') + "1"}, "a\n"},
      {{"awk", "BEGIN{x=" + std::string(50'000, '1') + "}"}, "a\n"},
      {{"awk", "BEGIN{x=" + repeated("1+", 25'000) + "1}"}, "a\n"},
      {{"awk", "BEGIN{x=" + repeated("a ", 25'000) + "1}"}, "a\n"},
      {{"awk", "BEGIN{x=" + repeated("1&&", 25'000) + "1}"}, "a\n"},
      {{"cut", "-d.", "-f1,3,5,7,9,11,13,15,17,19"}, many_a},
      {{"tr", "a", "b"}, many_a},
  };
  for (const auto& [argv, input] : rows) {
    const auto begin = std::chrono::steady_clock::now();
    (void)run(argv, input);
    const auto spent = std::chrono::steady_clock::now() - begin;
    // Sanitizers and a busy machine make it slower than the 50 ms of a release build.
    EXPECT_LT(spent, std::chrono::milliseconds(500)) << argv[0] << " " << argv[1].substr(0, 40);
  }
}

}  // namespace
}  // namespace rbee::pkgbuild
