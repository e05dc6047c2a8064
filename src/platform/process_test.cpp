// What ends a program from outside, and what is known of it afterwards.
#include "platform/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rbee::platform {
namespace {

using End = ProcessResult::End;

struct Row {
  const char* name;
  const char* script;
  ProcessLimits limits;
  End end;
  const char* text;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class Ending : public ::testing::TestWithParam<Row> {};

TEST_P(Ending, IsToldInWords) {
  const Row& row = GetParam();
  const auto result = run_process({.argv = {"/bin/bash", "-c", row.script}, .limits = row.limits});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->end, row.end);
  EXPECT_EQ(to_string(*result, row.limits), row.text);
}

ProcessLimits with(std::uint64_t processes, std::uint64_t memory_bytes, int cpu_s = 0) {
  ProcessLimits limits;
  limits.wall_max = std::chrono::seconds(100);
  limits.tree_processes_max = processes;
  limits.tree_memory_bytes_max = memory_bytes;
  limits.tree_cpu_max = std::chrono::seconds(cpu_s);
  return limits;
}

INSTANTIATE_TEST_SUITE_P(
    All, Ending,
    ::testing::Values(Row{"exits", "exit 3", {}, End::exited, "exit code 3"},
                      Row{"is_killed", "kill -9 $$", {}, End::signalled, "signal 9 (Killed)"},
                      Row{"within_its_tree", "sleep 0.3 & sleep 0.3 & wait", with(20, 200 << 20),
                          End::exited, "exit code 0"},
                      Row{"has_many_processes", "for i in {1..30}; do (sleep 200; :) & done; wait",
                          with(20, 0), End::process_flood, "had more than 20 processes"},
                      Row{"takes_memory", "x=$(head -c 60M /dev/zero | tr '\\0' x); sleep 200",
                          with(0, 40 << 20), End::memory_flood, "used more than 41.9 MB of memory"},
                      Row{"takes_time", "while :; do :; done", with(0, 0, 1), End::cpu_flood,
                          "used 1 seconds of processor time"},
                      Row{"took_time_below",
                          "for i in {1..9}; do (for ((i = 0; i < 400000; i++)); do :; done); "
                          "done; sleep 200",
                          with(0, 0, 1), End::cpu_flood, "used 1 seconds of processor time"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace rbee::platform
