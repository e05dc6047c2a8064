// Any values to the generator: the recipe that it writes evaluates to exactly those values.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

#include "fuzz.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/generate.hpp"
#include "pkgbuild/recipe.hpp"

namespace {

using namespace rbee;
using namespace rbee::pkgbuild;
using Values = std::vector<std::string>;

class Maker {
 public:
  Maker(const std::uint8_t* data, std::size_t size) : data_(data, size) {}

  /// Any text that a recipe may hold: no NUL, which bash has not, and no carriage return, which
  /// makepkg refuses.
  std::string text(std::size_t size_max = 40) {
    std::string out = data_.ConsumeRandomLengthString(size_max);
    std::erase_if(out, [](char c) { return c == '\0' || c == '\r'; });
    return out;
  }
  /// One character or more of `alphabet`.
  std::string word(std::string_view alphabet, std::size_t size_max = 12) {
    std::string out;
    const auto size = data_.ConsumeIntegralInRange<std::size_t>(1, size_max);
    for (std::size_t i = 0; i < size; ++i)
      out += alphabet[data_.ConsumeIntegralInRange<std::size_t>(0, alphabet.size() - 1)];
    return out;
  }
  std::string name() { return "a" + word("abz09+_.@-"); }
  Values values(std::string (Maker::*make)(), std::size_t count_max = 4) {
    Values out;
    const auto count = data_.ConsumeIntegralInRange<std::size_t>(0, count_max);
    for (std::size_t i = 0; i < count; ++i) out.push_back((this->*make)());
    return out;
  }
  std::string any_text() { return text(); }
  template <typename T, typename List>
  T one_of(const List& list) {
    return data_.PickValueInArray(list);
  }
  bool flip() { return data_.ConsumeBool(); }
  RecipeHeader header() {
    RecipeHeader header;
    header.name = name();
    header.version = "1" + word("0123456789abc._+-");
    header.description = text();
    header.homepage = text();
    header.license = text();
    header.depends = values(&Maker::name);
    header.stands_for = flip() ? name() : "";
    return header;
  }
  std::string url() {
    static constexpr const char* kStarts[] = {"https://example.org/", "http://", "ftp://x/", ""};
    static constexpr const char* kEnds[] = {"", ".tar.gz", ".zip", ".tar.zst?x=y#z", ".git"};
    return data_.PickValueInArray(kStarts) + text() + data_.PickValueInArray(kEnds);
  }
  Platform platform() {
    static constexpr Os kOs[] = {Os::linux, Os::macos, Os::windows};
    static constexpr Arch kArch[] = {Arch::x86_64, Arch::aarch64, Arch::armv7h};
    static constexpr Accelerator kAccelerators[] = {Accelerator::cpu, Accelerator::cuda,
                                                    Accelerator::rocm, Accelerator::metal};
    return {data_.PickValueInArray(kOs), data_.PickValueInArray(kArch),
            data_.PickValueInArray(kAccelerators)};
  }
  FuzzedDataProvider& data() { return data_; }

 private:
  FuzzedDataProvider data_;
};

Recipe evaluated(const std::string& text, const Inputs& inputs) {
  auto recipe = evaluate(text, inputs);
  if (!recipe) {
    const std::string detail = recipe.error().findings.at(0).message + "\n" + text;
    REQUIRE_FOR(recipe.has_value(), detail);
  }
  return *std::move(recipe);
}

void require_header(const Recipe& recipe, const RecipeHeader& header, const std::string& text) {
  REQUIRE_FOR(recipe.pkgbase == header.name && recipe.packages.size() == 1, text);
  REQUIRE_FOR(recipe.packages[0].name == header.name && recipe.packages[0].overrides.empty(), text);
  REQUIRE_FOR(recipe.scalar("pkgver") == package_version(header.version), text);
  REQUIRE_FOR(recipe.scalar("pkgrel") == "1", text);
  REQUIRE_FOR(recipe.scalar("pkgdesc") == header.description, text);
  REQUIRE_FOR(recipe.scalar("url") == header.homepage, text);
  REQUIRE_FOR(
      recipe.array("license") == (header.license.empty() ? Values{} : Values{header.license}),
      text);
  REQUIRE_FOR(recipe.array("depends") == header.depends, text);
  const Values stands_for = header.stands_for.empty() ? Values{} : Values{header.stands_for};
  REQUIRE_FOR(recipe.array("provides") == stands_for, text);
  REQUIRE_FOR(recipe.array("conflicts") == stands_for, text);
}

void source_recipe(Maker& maker) {
  SourceRecipe wanted;
  wanted.header = maker.header();
  for (const Arch arch : kArches)
    if (maker.flip()) wanted.arch.push_back(arch);
  if (wanted.arch.empty()) wanted.arch.push_back(Arch::x86_64);
  const bool git = maker.flip();
  wanted.fetch = git ? SourceRecipe::Fetch::git : SourceRecipe::Fetch::tarball;
  wanted.url = maker.url();
  wanted.ref = maker.text();
  wanted.sha256 = maker.word("0123456789abcdef", 64);
  wanted.path = maker.text();
  static constexpr SourceRecipe::BuildSystem kSystems[] = {
      SourceRecipe::BuildSystem::cargo, SourceRecipe::BuildSystem::cmake,
      SourceRecipe::BuildSystem::make, SourceRecipe::BuildSystem::npm,
      SourceRecipe::BuildSystem::pip};
  wanted.build_system = maker.data().PickValueInArray(kSystems);
  wanted.features = maker.values(&Maker::any_text);
  wanted.binary = maker.text();
  const std::string text = generate(wanted);
  REQUIRE(generate(wanted) == text);
  const Recipe recipe = evaluated(text, Inputs{});
  require_header(recipe, wanted.header, text);
  REQUIRE_FOR(recipe.array("arch").size() == wanted.arch.size(), text);
  REQUIRE_FOR(recipe.function("package") != nullptr, text);
  const Values& sources = recipe.array("source");
  REQUIRE_FOR(sources.size() == 1, text);
  if (git)
    REQUIRE_FOR(sources[0] == wanted.header.name + "::git+" + wanted.url + "#" + wanted.ref, text);
  else
    REQUIRE_FOR(sources[0].ends_with("::" + wanted.url), text);
  REQUIRE_FOR(recipe.array("sha256sums") == Values{git ? "SKIP" : wanted.sha256}, text);
}

void binary_recipe(Maker& maker) {
  BinaryRecipe wanted;
  wanted.header = maker.header();
  wanted.binary = maker.text();
  const auto count = maker.data().ConsumeIntegralInRange<int>(1, 4);
  for (int i = 0; i < count; ++i) {
    const BinaryDownload one{maker.platform(), maker.url(), maker.word("0123456789abcdef", 64)};
    // A platform stands once in a manifest.
    const bool known = std::any_of(wanted.downloads.begin(), wanted.downloads.end(),
                                   [&](const BinaryDownload& other) {
                                     return to_string(other.platform) == to_string(one.platform);
                                   });
    if (!known) wanted.downloads.push_back(one);
  }
  const std::string text = generate(wanted);
  REQUIRE(generate(wanted) == text);
  for (const BinaryDownload& download : wanted.downloads) {
    Inputs inputs;
    inputs.platform = download.platform;
    inputs.environment = variant_environment(download.platform, {});
    const Recipe recipe = evaluated(text, inputs);
    require_header(recipe, wanted.header, text);
    REQUIRE_FOR(recipe.supports(download.platform.arch), text);
    const auto sources = recipe.sources(download.platform.arch);
    REQUIRE_FOR(sources.size() == 1, text);
    REQUIRE_FOR(sources[0].url == download.url, text);
    REQUIRE_FOR(sources[0].checksums.at(HashAlgorithm::sha256) == download.sha256, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Maker maker(data, size);
  if (maker.flip())
    source_recipe(maker);
  else
    binary_recipe(maker);
  return 0;
}
