// Generated recipes: golden texts, and the promise that no value can be anything but itself, held
// against this engine, bash and makepkg.
#include "pkgbuild/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "pkgbuild/environment.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/version.hpp"

namespace rbee::pkgbuild::generate_tests {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (fs::temp_directory_path() / "rbee-generate.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
    fs::permissions(path_, fs::perms::all);
  }
  ~TestFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  fs::path path_;
};

/// Standard output of a command line of our own making.
std::string run(const std::string& command, int* status = nullptr) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  const int code = ::pclose(pipe);
  if (status != nullptr) *status = code;
  return out;
}

SourceRecipe cargo_recipe() {
  SourceRecipe recipe;
  recipe.header = {
      "w", "1.0.0-rc.1", "It's a \"worker\" & more", "https://example.org", "MIT", {"espeak-ng"},
      ""};
  recipe.arch = {Arch::aarch64, Arch::x86_64};
  recipe.url = "https://example.org/w.git";
  recipe.ref = "commit=" + std::string(40, 'c');
  recipe.path = "bin/w";
  recipe.features = {"cpu", "simd"};
  recipe.binary = "w-cpu";
  return recipe;
}

BinaryRecipe binary_recipe() {
  BinaryRecipe recipe;
  recipe.header = {"w-bin", "1.0", "Does it", "", "MIT", {}, "w"};
  recipe.binary = "w-1.0/w";
  const std::string base = "https://example.org/w-1.0-";
  recipe.downloads = {
      {{Os::linux, Arch::x86_64, Accelerator::cuda}, base + "cuda.tar.gz", std::string(64, 'a')},
      {{Os::linux, Arch::x86_64, Accelerator::cpu}, base + "cpu.tar.gz", std::string(64, 'b')},
      {{Os::linux, Arch::aarch64, Accelerator::cpu}, base + "arm.tar.gz", std::string(64, 'c')},
      {{Os::macos, Arch::aarch64, Accelerator::metal}, base + "mac.tar.gz", std::string(64, 'd')}};
  return recipe;
}

TEST(Generate, CargoFromGit) {
  EXPECT_EQ(generate(cargo_recipe()), R"(# Generated from worker.toml, which is the file to edit.
pkgname='w'
pkgver='1.0.0rc.1'
pkgrel=1
pkgdesc='It'\''s a "worker" & more'
arch=('x86_64' 'aarch64')
url='https://example.org'
license=('MIT')
depends=('espeak-ng')
makedepends=('cargo' 'git')
source=('w::git+https://example.org/w.git#commit=cccccccccccccccccccccccccccccccccccccccc')
sha256sums=('SKIP')
_features=${RBEE_FEATURES-'cpu,simd'}

prepare() {
  cd "$srcdir/"'w/bin/w'
  cargo fetch --locked
}

build() {
  cd "$srcdir/"'w/bin/w'
  cargo build --frozen --release --no-default-features --features "$_features" \
    --target-dir "$srcdir/target"
}

package() {
  cd "$srcdir/"'w/bin/w'
  install -Dm755 "$srcdir/target/release/"'w-cpu' "$pkgdir/usr/bin/"'w-cpu'
}
)");
}

TEST(Generate, BinariesForSeveralAcceleratorsChooseByTheEnvironment) {
  const std::string text = generate(binary_recipe());
  EXPECT_EQ(text, R"(# Generated from worker.toml, which is the file to edit.
pkgname='w-bin'
pkgver='1.0'
pkgrel=1
pkgdesc='Does it'
case "${RBEE_OS:-linux}-${RBEE_ACCELERATOR:-cpu}" in
  linux-cpu)
    arch=('x86_64' 'aarch64')
    source_x86_64=('w-bin-1.0-linux-x86_64-cpu.tar.gz::https://example.org/w-1.0-cpu.tar.gz')
    sha256sums_x86_64=('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')
    source_aarch64=('w-bin-1.0-linux-aarch64-cpu.tar.gz::https://example.org/w-1.0-arm.tar.gz')
    sha256sums_aarch64=('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc')
    ;;
  linux-cuda)
    arch=('x86_64')
    source_x86_64=('w-bin-1.0-linux-x86_64-cuda.tar.gz::https://example.org/w-1.0-cuda.tar.gz')
    sha256sums_x86_64=('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
    ;;
  macos-metal)
    arch=('aarch64')
    source_aarch64=('w-bin-1.0-macos-aarch64-metal.tar.gz::https://example.org/w-1.0-mac.tar.gz')
    sha256sums_aarch64=('dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd')
    ;;
esac
license=('MIT')
provides=('w')
conflicts=('w')

package() {
  install -Dm755 "$srcdir/"'w-1.0/w' "$pkgdir/usr/bin/"'w'
}
)");
  const auto digest_on = [&](const Platform& platform) -> std::string {
    const auto recipe = evaluate(text, {platform, variant_environment(platform, {}), nullptr, {}});
    if (!recipe) return "refused: " + recipe.error().findings.front().message;
    const auto sources = recipe->sources(platform.arch);
    if (sources.size() != 1) return std::to_string(sources.size()) + " sources";
    return sources[0].checksums.at(HashAlgorithm::sha256).substr(0, 1);
  };
  EXPECT_EQ(digest_on({Os::linux, Arch::x86_64, Accelerator::cpu}), "b");
  EXPECT_EQ(digest_on({Os::linux, Arch::aarch64, Accelerator::cpu}), "c");
  EXPECT_EQ(digest_on({Os::linux, Arch::x86_64, Accelerator::cuda}), "a");
  EXPECT_EQ(digest_on({Os::macos, Arch::aarch64, Accelerator::metal}), "d");
}

TEST(Generate, ABareProgramIsInstalledUnderItsCommand) {
  BinaryRecipe recipe = binary_recipe();
  recipe.binary = "w";
  recipe.downloads = {{{Os::linux, Arch::x86_64, Accelerator::cpu},
                       "https://example.org/w-x86_64",
                       std::string(64, 'a')},
                      {{Os::linux, Arch::aarch64, Accelerator::cpu},
                       "https://example.org/w-arm",
                       std::string(64, 'b')}};
  const TestFolder folder;
  fs::create_directories(folder.path() / "src");
  folder.write("src/w-bin-1.0-linux-aarch64-cpu", "arm");
  folder.write("PKGBUILD", generate(recipe));
  const std::string here = folder.path().string();
  run("cd " + here + " && srcdir=" + here + "/src pkgdir=" + here +
      "/pkg CARCH=aarch64 bash -ec '. ./PKGBUILD; package' 2>&1");
  EXPECT_EQ(run("cat " + here + "/pkg/usr/bin/w"), "arm");
}

TEST(Generate, VersionsSortAsTheirAuthorsMeant) {
  EXPECT_EQ(package_version("1.0.0-alpha.1+build"), "1.0.0alpha.1+build");
  EXPECT_LT(compare_versions(package_version("1.0.0-rc.1"), package_version("1.0.0")), 0);
}

/// Strings that have broken quoting somewhere before, and random ones.
std::vector<std::string> hostile_strings() {
  std::vector<std::string> strings = {"",
                                      "'",
                                      "''",
                                      "\"",
                                      "\\",
                                      "\\'",
                                      "$(touch owned)",
                                      "`touch owned`",
                                      "${x}",
                                      "$x",
                                      "a\nb",
                                      "a\n",
                                      "\n",
                                      "\t",
                                      " a ",
                                      "*",
                                      "~",
                                      "{a,b}",
                                      "!!",
                                      ";",
                                      "&& touch owned",
                                      "|",
                                      "> owned",
                                      "#",
                                      "(",
                                      ")",
                                      "\r\n",
                                      "\x1b[31m",
                                      "\xC3\xA9",
                                      "'; touch owned; '",
                                      "'\"'\"'",
                                      "$'\\x41'",
                                      "%s%n",
                                      "--",
                                      "-n",
                                      "a'b'c",
                                      "\xFF\xFE",
                                      "=",
                                      "[0]=x",
                                      "source::a"};
  std::mt19937 random(20261123);
  constexpr std::string_view alphabet = "'\"\\$`(){}[]<>|&;*?~!#= \t\nab0-.:/%^@,+\x01\x7F\x80\xFF";
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::size_t length = random() % 24; length > 0; --length)
      text += alphabet[random() % alphabet.size()];
    strings.push_back(text);
  }
  return strings;
}

TEST(Generate, AnyValueIsItselfInBash) {
  const TestFolder folder;
  const std::vector<std::string> strings = hostile_strings();
  std::string script = "values=(";
  std::string expected;
  for (const std::string& text : strings) {
    script += quote(text) + "\n";
    expected += text + '\0';
  }
  script += ")\nprintf '%s\\0' \"${values[@]}\"\n";
  folder.write("script", script);
  EXPECT_EQ(
      run("cd " + folder.path().string() + " && env -i PATH=/usr/bin:/bin LC_ALL=C bash script"),
      expected);
  EXPECT_FALSE(fs::exists(folder.path() / "owned"));
}

/// A recipe with one string in every place that takes one.
SourceRecipe recipe_of(const std::string& text) {
  SourceRecipe recipe;
  recipe.header = {text, "1", text, text, text, {text, "b"}, text};
  recipe.arch = {Arch::x86_64};
  recipe.fetch = SourceRecipe::Fetch::tarball;
  recipe.url = text;
  recipe.sha256 = text;
  recipe.path = text;
  recipe.binary = text;
  recipe.features = {text};
  return recipe;
}

TEST(Generate, ARecipeOfHostileValuesHoldsExactlyThem) {
  const TestFolder folder;
  std::string script, expected;
  int index = 0;
  for (const std::string& text : hostile_strings()) {
    const std::string file = "recipe" + std::to_string(index++);
    folder.write(file, generate(recipe_of(text)));
    script +=
        "( . ./" + file +
        "; printf '%s\\0' \"$pkgname\" \"$pkgdesc\" \"$url\" \"${license[@]}\" \"${depends[@]}\" "
        "\"${sha256sums[@]}\" \"$_features\" )\n";
    for (const std::string& value : {text, text, text}) expected += value + '\0';
    // Empty values leave their arrays out or empty.
    if (!text.empty()) expected += text + '\0';
    expected += text + '\0' + "b" + '\0' + text + '\0' + text + '\0';
  }
  // An empty url is not written at all, and prints as an empty string either way.
  folder.write("script", script);
  EXPECT_EQ(run("cd " + folder.path().string() +
                " && env -i PATH=/usr/bin:/bin LC_ALL=C bash script 2>&1"),
            expected);
  EXPECT_FALSE(fs::exists(folder.path() / "owned"));
}

TEST(Generate, ThisEngineReadsWhatWasWritten) {
  for (const std::string& text : hostile_strings()) {
    // makepkg's lint refuses such names, versions and sources whoever writes them; pkgdesc takes
    // anything on a line.
    if (text.find('\n') != std::string::npos) continue;
    SourceRecipe recipe = cargo_recipe();
    recipe.header.description = text;
    recipe.header.homepage = "https://example.org/" + text;
    const auto evaluated = evaluate(generate(recipe), {});
    ASSERT_TRUE(evaluated) << generate(recipe) << evaluated.error().findings.front().message;
    EXPECT_EQ(evaluated->scalar("pkgdesc"), text);
    EXPECT_EQ(evaluated->scalar("url"), "https://example.org/" + text);
  }
}

TEST(Generate, EveryBuildSystemIsAcceptedByMakepkg) {
  if (run("command -v makepkg").empty()) GTEST_SKIP() << "makepkg is not here";
  using BuildSystem = SourceRecipe::BuildSystem;
  const auto compare = [](const std::string& text) {
    const auto recipe = evaluate(text, {});
    ASSERT_TRUE(recipe) << text << "\n" << recipe.error().findings.front().message;
    const TestFolder folder;
    folder.write("PKGBUILD", text);
    // makepkg refuses root.
    const std::string drop =
        ::geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
    const std::string here = folder.path().string();
    EXPECT_EQ(run("cd " + here + " && " + drop + "env -i PATH=/usr/bin:/bin HOME=" + here +
                  " LANG=C.UTF-8 makepkg --printsrcinfo 2>&1"),
              srcinfo(*recipe))
        << text;
  };
  for (const BuildSystem system : {BuildSystem::cargo, BuildSystem::cmake, BuildSystem::make,
                                   BuildSystem::npm, BuildSystem::pip}) {
    SourceRecipe recipe = cargo_recipe();
    recipe.build_system = system;
    compare(generate(recipe));
  }
  SourceRecipe tarball = cargo_recipe();
  tarball.fetch = SourceRecipe::Fetch::tarball;
  tarball.url = "https://example.org/w.tar.zst";
  tarball.sha256 = std::string(64, 'e');
  compare(generate(tarball));
  compare(generate(binary_recipe()));
}

}  // namespace
}  // namespace rbee::pkgbuild::generate_tests
