// Time and memory of every hostile recipe (tests/corpus/hostile_recipes.cpp), each in a process of
// its own.
//
//   limits_bench [NAME]     prints a line for each row, or for those whose name holds NAME
//
// Time is the processor time of evaluating and of printing .SRCINFO, the best of three, so that a
// busy machine does not count. Memory is what the process grew by at its largest (its peak resident
// set against that before the row), the text not counted. Exits 1 when a row is above 50 ms or
// 64 MB.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "../tests/corpus/hostile_recipes.hpp"
#include "pkgbuild/recipe.hpp"

namespace {

using rbee::pkgbuild::HostileRecipe;

constexpr double kMillisecondsMax = 50;
constexpr double kMegabytesMax = 64;

struct Cost {
  double milliseconds = 0, megabytes = 0;
  char message[120] = "";
};

double processor_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void run(const HostileRecipe& row, Cost& cost) {
  const rbee::pkgbuild::Inputs inputs;
  const auto recipe = rbee::pkgbuild::evaluate(row.text, inputs);
  std::string text;
  if (recipe) text = srcinfo(*recipe);
  const std::string message = recipe
                                  ? "value, .SRCINFO of " + std::to_string(text.size()) + " bytes"
                                  : recipe.error().findings.at(0).message;
  message.copy(cost.message, sizeof(cost.message) - 1);
}

/// The row's cost, measured in a child; a child that dies costs more than is allowed.
Cost measure(const HostileRecipe& row) {
  Cost cost{1e9, 1e9, "the process died"};
  int pipe[2];
  if (::pipe(pipe) != 0) return cost;
  const pid_t pid = ::fork();
  if (pid == 0) {
    Cost mine;
    const double memory_before = peak_megabytes();
    const double begin = processor_ms();
    run(row, mine);
    mine.milliseconds = processor_ms() - begin;
    mine.megabytes = peak_megabytes() - memory_before;
    for (int again = 0; again < 2 && mine.milliseconds < 2000; ++again) {
      const double start = processor_ms();
      run(row, mine);
      mine.milliseconds = std::min(mine.milliseconds, processor_ms() - start);
    }
    const bool sent = ::write(pipe[1], &mine, sizeof(mine)) == sizeof(mine);
    ::_exit(sent ? 0 : 1);
  }
  ::close(pipe[1]);
  Cost told;
  if (::read(pipe[0], &told, sizeof(told)) == sizeof(told)) cost = told;
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<HostileRecipe> rows = rbee::pkgbuild::hostile_recipes();
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  double worst_ms = 0, worst_mb = 0;
  std::string slowest, largest;
  int measured = 0, above = 0;
  for (const HostileRecipe& row : rows) {
    if (row.name.find(wanted) == std::string::npos) continue;
    const Cost cost = measure(row);
    const bool bad = cost.milliseconds > kMillisecondsMax || cost.megabytes > kMegabytesMax;
    std::printf("%-46s %6zu bytes %8.1f ms %7.1f MB %s  %s\n", row.name.c_str(), row.text.size(),
                cost.milliseconds, cost.megabytes, bad ? "ABOVE" : "     ", cost.message);
    std::fflush(stdout);
    ++measured;
    above += bad ? 1 : 0;
    if (cost.milliseconds >= worst_ms) {
      worst_ms = cost.milliseconds;
      slowest = row.name;
    }
    if (cost.megabytes >= worst_mb) {
      worst_mb = cost.megabytes;
      largest = row.name;
    }
  }
  std::printf("%d rows, worst %.1f ms (%s) and %.1f MB (%s); the bounds are %.0f ms and %.0f MB\n",
              measured, worst_ms, slowest.c_str(), worst_mb, largest.c_str(), kMillisecondsMax,
              kMegabytesMax);
  if (above > 0) std::printf("%d rows are above the bounds\n", above);
  return above == 0 ? 0 : 1;
}
