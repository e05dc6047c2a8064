// How long recipes take in process: read the folder of our own recipes once, then evaluate each and
// write its .SRCINFO.
//
//   recipe_bench each FILE...     median and 99th percentile over many rounds, as JSON
//   recipe_bench many N FILE...   N evaluations on all cores, as JSON: seconds, peak memory
//
// A recipe that makepkg refuses is refused here too; its time counts.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "pkgbuild/recipe.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

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

struct Work {
  std::vector<std::string> texts;
  rbee::pkgbuild::Inputs inputs;

  /// Bytes of .SRCINFO, so that no compiler can leave the work out.
  std::size_t evaluate(std::size_t i) const {
    const auto recipe = rbee::pkgbuild::evaluate(texts[i % texts.size()], inputs);
    return recipe ? rbee::pkgbuild::srcinfo(*recipe).size() : recipe.error().findings.size();
  }
};

/// Peak resident memory of this process so far.
double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int each(const Work& work) {
  std::vector<double> spent;
  std::size_t bytes = 0;
  const auto begin = Clock::now();
  // Whole rounds, so that every recipe counts alike.
  while (seconds_since(begin) < 2) {
    for (std::size_t i = 0; i < work.texts.size(); ++i) {
      const auto start = Clock::now();
      bytes += work.evaluate(i);
      spent.push_back(seconds_since(start) * 1e6);
    }
  }
  std::sort(spent.begin(), spent.end());
  std::printf(
      "{\"recipes\": %zu, \"evaluations\": %zu, \"median_us\": %.2f, \"p99_us\": %.2f, "
      "\"peak_mb\": %.1f, \"bytes\": %zu}\n",
      work.texts.size(), spent.size(), spent[spent.size() / 2], spent[spent.size() * 99 / 100],
      peak_mb(), bytes);
  return 0;
}

int many(const Work& work, std::size_t count) {
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::atomic<std::size_t> next{0}, bytes{0};
  const auto begin = Clock::now();
  std::vector<std::thread> pool;
  for (unsigned t = 0; t < threads; ++t)
    pool.emplace_back([&] {
      std::size_t own = 0;
      // Sixty-four at a time: the counter is not what is measured.
      for (std::size_t from; (from = next.fetch_add(64)) < count;)
        for (std::size_t i = from; i < std::min(from + 64, count); ++i) own += work.evaluate(i);
      bytes += own;
    });
  for (std::thread& thread : pool) thread.join();
  std::printf("{\"evaluations\": %zu, \"threads\": %u, \"seconds\": %.3f, \"peak_mb\": %.1f, "
              "\"bytes\": %zu}\n",
              count, threads, seconds_since(begin), peak_mb(), bytes.load());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 2 ? argv[1] : "";
  const int first = mode == "each" ? 2 : mode == "many" ? 3 : argc;
  if (first >= argc) {
    std::fputs("usage: recipe_bench each FILE...\n       recipe_bench many N FILE...\n", stderr);
    return 2;
  }
  Work work;
  for (int i = first; i < argc; ++i) work.texts.push_back(read_file(argv[i]));
  const Beside files{fs::path(argv[first]).parent_path()};
  work.inputs.files = &files;
  work.inputs.environment = {{"MINGW_PACKAGE_PREFIX", "mingw-w64-x86_64"},
                             {"MINGW_PREFIX", "/mingw64"},
                             {"MSYSTEM_CARCH", "x86_64"}};
  return mode == "each" ? each(work) : many(work, std::strtoull(argv[2], nullptr, 10));
}
