// Where a worker that is started as a child writes to.
#include "cli/worker_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::cli {
namespace {

using testing::ElementsAre;

using Texts = std::vector<std::string>;

/// What a child with that output wrote to the standard output and the standard error of this test.
Texts said(WorkerProcess::Output output) {
  const fakes::TempDir folder;
  int kept[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
  const char* const names[2] = {"out", "err"};
  for (int i = 0; i < 2; ++i) {
    const int file = open((folder / names[i]).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    dup2(file, i == 0 ? STDOUT_FILENO : STDERR_FILENO);
    close(file);
  }
  auto process = WorkerProcess::start("/bin/sh", {"-c", "echo said; echo complained >&2"}, output);
  if (process)
    while (!process->ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  dup2(kept[0], STDOUT_FILENO);
  dup2(kept[1], STDERR_FILENO);
  for (const int descriptor : kept) close(descriptor);
  const auto text = [&](const char* name) {
    std::ifstream file(folder / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  return {text("out"), text("err")};
}

TEST(WorkerProcess, ItsOutputGoesWhereItIsAskedTo) {
  EXPECT_THAT(said(WorkerProcess::Output::inherited), ElementsAre("said\n", "complained\n"));
  EXPECT_THAT(said(WorkerProcess::Output::to_standard_error),
              ElementsAre("", "said\ncomplained\n"));
}

}  // namespace
}  // namespace rbee::cli
