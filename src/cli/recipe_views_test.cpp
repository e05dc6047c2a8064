// rbee recipe matrix, explain and ast as whole command lines: what people and programs read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>

#include "cli/app.hpp"
#include "platform/files.hpp"

namespace rbee::cli::recipe_tests {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct FixedClock final : Clock {
  Time now() const override { return Time{std::chrono::seconds{1'795'000'000}}; }
};

constexpr std::string_view kRecipe =
    "pkgname=w\n"
    "pkgver=1.2\n"
    "pkgrel=1\n"
    "arch=(x86_64 aarch64)\n"
    "_kind=cpu\n"
    "if command -v nvidia-smi &>/dev/null; then\n"
    "  _kind=cuda\n"
    "fi\n"
    "source=(\"https://example.org/w-$pkgver-$_kind.tar.gz\")\n"
    "sha256sums=(SKIP)\n"
    "package() {\n"
    "  depends=(a)\n"
    "}\n";

class RecipeViews : public testing::Test {
 protected:
  RecipeViews() : home_(*platform::TemporaryDirectory::create("/tmp", "rbee-recipe-test")) {
    environment_.home = home_.path().string();
    file_ = home_.path() / "PKGBUILD";
    std::ofstream(file_, std::ios::binary) << kRecipe;
  }

  int run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    World world{.in = in_,
                .out = out_,
                .err = err_,
                .environment = environment_,
                .clock = clock_,
                .get = {},
                .get_once = {},
                .http = {},
                .machine = [] { return platform::probe_machine("/", "linux-x86_64-cpu"); }};
    return cli::run(words, "1.2.3", world);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  boost::json::value json() const { return boost::json::parse(out_.str()); }

  platform::TemporaryDirectory home_;
  std::string file_;
  Environment environment_;
  FixedClock clock_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(RecipeViews, MatrixGroupsPlatforms) {
  EXPECT_EQ(run({"recipe", "matrix", file_, "--os", "linux"}), 0);
  EXPECT_EQ(out(),
            "everywhere\n"
            "  arch           x86_64\n"
            "                 aarch64\n"
            "  pkgname        w\n"
            "  pkgrel         1\n"
            "  pkgver         1.2\n"
            "  sha256sums     SKIP\n"
            "  w:depends      a\n"
            "\n"
            "linux-{x86_64,aarch64}-{cpu,rocm,metal,vulkan,sycl,openvino}\n"
            "  source         https://example.org/w-1.2-cpu.tar.gz\n"
            "\n"
            "linux-{x86_64,aarch64}-cuda\n"
            "  source         https://example.org/w-1.2-cuda.tar.gz\n"
            "\n"
            "linux-armv7h-*\n"
            "  nothing: arch is (x86_64 aarch64), without armv7h\n");
}

TEST_F(RecipeViews, MatrixIsJsonForPrograms) {
  EXPECT_EQ(run({"recipe", "matrix", file_, "--json", "--os", "linux", "--arch", "x86_64"}), 0);
  const boost::json::value value = json();
  EXPECT_EQ(value.at("everywhere").at("pkgver").as_string(), "1.2");
  EXPECT_EQ(value.at("differs").as_array().size(), 1U);
  ASSERT_EQ(value.at("groups").as_array().size(), 2U);
  EXPECT_EQ(value.at("groups").at(1).at("platforms").at(0).as_string(), "linux-x86_64-cuda");
  EXPECT_EQ(value.at("groups").at(1).at("fields").at("source").at(0).as_string(),
            "https://example.org/w-1.2-cuda.tar.gz");
}

TEST_F(RecipeViews, MatrixFailsWhereNothingComesOut) {
  std::ofstream(file_, std::ios::binary) << "pkgname=w\npkgver=1-2\npkgrel=1\narch=(any)\n";
  EXPECT_EQ(run({"recipe", "matrix", file_}), 1);
  EXPECT_THAT(err(), HasSubstr("recipe-invalid"));
  EXPECT_EQ(run({"recipe", "matrix", "/nowhere/PKGBUILD"}), 3);
  EXPECT_EQ(run({"recipe", "matrix", file_, "--os", "beos"}), 2);
}

TEST_F(RecipeViews, ExplainShowsTheChain) {
  EXPECT_EQ(run({"recipe", "explain", file_, "source", "--accelerator", "cuda"}), 0);
  EXPECT_EQ(out(),
            "source = ('https://example.org/w-1.2-cuda.tar.gz')\n"
            "  9:1  source=(\"https://example.org/w-$pkgver-$_kind.tar.gz\")  → "
            "('https://example.org/w-1.2-cuda.tar.gz')\n"
            "    2:1  pkgver=1.2\n"
            "    7:3  _kind=cuda\n"
            "      inside 6:1  if command -v nvidia-smi &>/dev/null; then\n");
  EXPECT_EQ(run({"recipe", "explain", file_, "depends"}), 0);
  EXPECT_THAT(out(), StartsWith("w: depends = ('a')\n  12:3  depends=(a)"));
}

TEST_F(RecipeViews, ExplainIsJsonForPrograms) {
  EXPECT_EQ(run({"recipe", "explain", file_, "source", "--json"}), 0);
  const boost::json::value value = json();
  EXPECT_TRUE(value.at("fields").at(0).at("package").is_null());
  EXPECT_EQ(value.at("steps").at(0).at("reads").as_array().size(), 2U);
  EXPECT_EQ(value.at("steps").at(1).at("text").as_string(), "pkgver=1.2");
  EXPECT_EQ(value.at("steps").at(1).at("line").as_int64(), 2);
}

TEST_F(RecipeViews, ExplainKnowsWhatIsNotSet) {
  EXPECT_EQ(run({"recipe", "explain", file_, "pkgvr"}), 3);
  EXPECT_THAT(err(), HasSubstr("never sets pkgvr [field-not-set]"));
  EXPECT_THAT(err(), HasSubstr("did you mean pkgver?"));
}

TEST_F(RecipeViews, ExplainFoldsTheTurnsOfALoop) {
  std::ofstream(file_, std::ios::binary)
      << "pkgname=w\npkgver=1\npkgrel=1\narch=(any)\ndepends=(x)\n"
         "for i in a b c d; do\n  depends+=($i)\ndone\n";
  EXPECT_EQ(run({"recipe", "explain", file_, "depends"}), 0);
  EXPECT_EQ(out(),
            "depends = ('x' 'a' 'b' 'c' 'd')\n"
            "  7:3  depends+=($i)  → ('x' 'a' 'b' 'c' 'd')\n"
            "    inside 6:1  for i in a b c d; do\n"
            "    5:1  depends=(x)  → ('x')\n"
            "    6:5  i  → d\n"
            "      inside 6:1  for i in a b c d; do\n");
}

TEST_F(RecipeViews, AstShowsTreeAndTokens) {
  std::ofstream(file_, std::ios::binary) << "a=\"$b\"; f() { x | y; }\n";
  EXPECT_EQ(run({"recipe", "ast", file_}), 0);
  EXPECT_EQ(out(),
            "root: script  1:1\n"
            "  body: sequence  1:1\n"
            "    command: simple  1:1\n"
            "      assignment name=a  1:1\n"
            "        value: word  1:3\n"
            "          part: double-quoted  1:3\n"
            "            part: parameter name=b  1:4\n"
            "    command: function name=f  1:9\n"
            "      body: group  1:13\n"
            "        body: sequence  1:15\n"
            "          command: pipeline operators=|  1:15\n"
            "            command: simple  1:15\n"
            "              word  1:15\n"
            "                part: literal text=x  1:15\n"
            "            command: simple  1:19\n"
            "              word  1:19\n"
            "                part: literal text=y  1:19\n");
  EXPECT_EQ(run({"recipe", "ast", file_, "--tokens"}), 0);
  EXPECT_THAT(out(), StartsWith("1:1       name          a\n1:2       operator      =\n"));
  EXPECT_EQ(run({"recipe", "ast", file_, "--tokens", "--json"}), 0);
  std::string together;
  const boost::json::value value = json();
  for (const auto& token : value.at("tokens").as_array())
    together += std::string(token.at("text").as_string());
  EXPECT_EQ(together, "a=\"$b\"; f() { x | y; }\n");
}

TEST_F(RecipeViews, AstTellsSyntaxErrorsAndHarmlessText) {
  std::ofstream(file_, std::ios::binary) << "a='\x1b[31m'\n";
  EXPECT_EQ(run({"recipe", "ast", file_}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b")));
  std::ofstream(file_, std::ios::binary) << "if x; then\n";
  EXPECT_EQ(run({"recipe", "ast", file_}), 1);
  EXPECT_THAT(err(), HasSubstr("recipe-syntax"));
}

TEST_F(RecipeViews, RootLetsARecipeReadItsNeighbours) {
  std::filesystem::create_directories(home_.path() / "common");
  std::filesystem::create_directories(home_.path() / "w");
  std::ofstream(home_.path() / "common/defs") << "pkgver=7\n";
  file_ = home_.path() / "w/PKGBUILD";
  std::ofstream(file_, std::ios::binary)
      << "pkgname=w\nsource ../common/defs\npkgrel=1\narch=(any)\n";
  EXPECT_EQ(run({"recipe", "srcinfo", file_}), 1);
  EXPECT_THAT(err(), HasSubstr("a file that is not beside the recipe"));
  EXPECT_EQ(run({"recipe", "srcinfo", file_, "--root", home_.path().string()}), 0);
  EXPECT_THAT(out(), HasSubstr("pkgver = 7"));
  EXPECT_EQ(run({"recipe", "srcinfo", file_, "--root", "/usr"}), 2);
}

}  // namespace
}  // namespace rbee::cli::recipe_tests
