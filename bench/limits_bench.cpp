// Time and memory of every hostile recipe: the evaluator's (tests/corpus/hostile_recipes.cpp) and
// the checker's (tests/corpus/hostile_checks.hpp), each in a process of its own.
//
//   limits_bench [NAME]     prints a line for each row, or for those whose name holds NAME
//
// Time is the processor time of evaluating and of printing .SRCINFO, the best of three, so that a
// busy machine does not count. Memory is what the process grew by at its largest (its peak resident
// set against that before the row), the text not counted. Exits 1 when a row is above 50 ms or
// 64 MB to evaluate, or above a second or 128 MB to check, evaluating it included.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "../tests/corpus/hostile_checks.hpp"
#include "../tests/corpus/hostile_recipes.hpp"
#include "check/rule.hpp"
#include "pkgbuild/recipe.hpp"

namespace {

struct Bounds {
  double milliseconds, megabytes;
};
constexpr Bounds kEvaluating{50, 64}, kChecking{1000, 128};

/// Something to do to a hostile text; tells what came of it.
struct Row {
  std::string name, text;
  Bounds bounds;
  std::string (*run)(const std::string& text);
};

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

std::string evaluate(const std::string& text) {
  const rbee::pkgbuild::Inputs inputs;
  const auto recipe = rbee::pkgbuild::evaluate(text, inputs);
  if (!recipe) return recipe.error().findings.at(0).message;
  return "value, .SRCINFO of " + std::to_string(srcinfo(*recipe).size()) + " bytes";
}

std::string check(const std::string& text) {
  namespace check = rbee::check;
  check::Subject subject;
  subject.name = "demo-worker";
  subject.directory = "community/demo-worker";
  check::SubjectRecipe recipe{rbee::manifest::RecipeKind::source, text, false, {}};
  const rbee::pkgbuild::Inputs inputs;
  if (auto made = rbee::pkgbuild::evaluate(text, inputs))
    recipe.variants.push_back(
        {inputs.platform, std::make_shared<const rbee::pkgbuild::Recipe>(std::move(*made))});
  subject.now.files.push_back({"PKGBUILD", text.size(), false, text});
  subject.now.recipes.push_back(std::move(recipe));
  std::string rules;
  for (const rbee::Finding& finding : check::check(subject, {}))
    if (rules.find(finding.rule) == std::string::npos) rules += finding.rule + " ";
  return rules;
}

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto& row : rbee::pkgbuild::hostile_recipes())
    rows.push_back({row.name, row.text, kEvaluating, evaluate});
  const std::string head =
      "pkgname=demo-worker\npkgver=1.0\npkgrel=1\npkgdesc=x\narch=(x86_64)\n"
      "package() { true; }\n";
  for (const auto& row : rbee::check::hostile_checks())
    rows.push_back({"check: " + row.name, head + row.recipe, kChecking, check});
  return rows;
}

void run(const Row& row, Cost& cost) {
  row.run(row.text).copy(cost.message, sizeof(cost.message) - 1);
}

/// The row's cost, measured in a child; a child that dies costs more than is allowed.
Cost measure(const Row& row) {
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
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  int measured = 0, above = 0;
  double worst_ms = 0, worst_mb = 0;
  for (const Row& row : all_rows()) {
    if (row.name.find(wanted) == std::string::npos) continue;
    const Cost cost = measure(row);
    const bool bad =
        cost.milliseconds > row.bounds.milliseconds || cost.megabytes > row.bounds.megabytes;
    std::printf("%-46s %6zu bytes %8.1f ms %7.1f MB %s  %s\n", row.name.c_str(), row.text.size(),
                cost.milliseconds, cost.megabytes, bad ? "ABOVE" : "     ", cost.message);
    std::fflush(stdout);
    ++measured;
    above += bad ? 1 : 0;
    worst_ms = std::max(worst_ms, cost.milliseconds / row.bounds.milliseconds);
    worst_mb = std::max(worst_mb, cost.megabytes / row.bounds.megabytes);
  }
  std::printf("%d rows; the worst takes %.0f %% of its time and %.0f %% of its memory\n", measured,
              worst_ms * 100, worst_mb * 100);
  if (above > 0) std::printf("%d rows are above the bounds\n", above);
  return above == 0 ? 0 : 1;
}
