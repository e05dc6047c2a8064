// How long one recipe takes: read the folder of our own recipes once, then evaluate each and write
// its .SRCINFO.
//
// Prints median and 99th percentile over all evaluations as counters. Usage: recipe_bench [FOLDER]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "pkgbuild/recipe.hpp"

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The few files that recipes of the suite read or name, in memory.
class Beside final : public rbee::pkgbuild::LocalFiles {
 public:
  explicit Beside(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file() && entry.path().extension() != ".PKGBUILD")
        files_.emplace(entry.path().filename().string(), read_file(entry.path()));
  }
  std::optional<std::string> read(std::string_view path) const override {
    const auto file = files_.find(path);
    if (file == files_.end()) return std::nullopt;
    return file->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> files_;
};

fs::path folder = RBEE_SOURCE_DIR "/tests/conformance/recipes";

void evaluate_recipes(benchmark::State& state) {
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".PKGBUILD") texts.push_back(read_file(entry.path()));
  const Beside files(folder);
  rbee::pkgbuild::Inputs inputs;
  inputs.files = &files;
  inputs.environment = {{"MINGW_PACKAGE_PREFIX", "mingw-w64-x86_64"},
                        {"MINGW_PREFIX", "/mingw64"},
                        {"MSYSTEM_CARCH", "x86_64"}};
  std::vector<double> spent;
  for (auto _ : state) {
    for (const std::string& text : texts) {
      const auto begin = std::chrono::steady_clock::now();
      const auto recipe = rbee::pkgbuild::evaluate(text, inputs);
      if (recipe) benchmark::DoNotOptimize(rbee::pkgbuild::srcinfo(*recipe));
      spent.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
              .count());
    }
  }
  std::sort(spent.begin(), spent.end());
  state.counters["recipes"] = static_cast<double>(texts.size());
  if (spent.empty()) return;
  state.counters["median_us"] = spent[spent.size() / 2];
  state.counters["p99_us"] = spent[spent.size() * 99 / 100];
  state.SetItemsProcessed(static_cast<std::int64_t>(spent.size()));
}
BENCHMARK(evaluate_recipes)->MinTime(2.0)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc > 1) folder = argv[1];
  if (!fs::is_directory(folder)) {
    std::cerr << "recipe_bench: " << folder << " is no folder\n";
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
