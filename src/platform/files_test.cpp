// Files, locks, processes and the machine probe: the promises of their headers.
#include "platform/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tests/fakes/temp_dir.hpp"
#include "platform/machine.hpp"
#include "platform/process.hpp"

namespace rbee::platform {
namespace {

using fakes::list_all;
using fakes::read_text;
using fakes::TempDir;
using fakes::write_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Files, AnAtomicFileAppearsWholeOrNotAtAll) {
  TempDir dir;
  write_text(dir / "f", "old");
  {
    auto file = AtomicFile::create(dir / "f");
    ASSERT_TRUE(file && file->write("half"));
    EXPECT_EQ(read_text(dir / "f"), "old");
  }
  EXPECT_THAT(list_all(dir.path()), ElementsAre("f"));
  ASSERT_TRUE(write_file_atomically(dir / "f", "new", 0600));
  EXPECT_EQ(read_text(dir / "f"), "new");
  EXPECT_THAT(list_all(dir.path()), ElementsAre("f"));
  EXPECT_EQ(write_file_atomically(dir / "none/f", "x").error().code, Errc::io);
}

TEST(Files, ReadingIsBoundedAndOnlyOfFiles) {
  TempDir dir;
  write_text(dir / "f", "12345");
  EXPECT_EQ(*read_file(dir / "f", 5), "12345");
  EXPECT_EQ(read_file(dir / "f", 4).error().code, Errc::too_large);
  EXPECT_EQ(read_file(dir / "none", 4).error().code, Errc::not_found);
  EXPECT_EQ(read_file(dir.path(), 4).error().code, Errc::io);
  EXPECT_EQ(read_file("/dev/zero", 4).error().code, Errc::io);
}

TEST(Files, RemovingATreeNeverFollowsALink) {
  TempDir dir;
  write_text(dir / "keep/precious", "x");
  write_text(dir / "tree/sub/f", "y");
  std::filesystem::create_directory_symlink(dir / "keep", dir / "tree/to-keep");
  std::filesystem::create_directory_symlink(dir / "keep", dir / "link");
  ASSERT_EQ(::chmod((dir / "tree/sub").c_str(), 0500), 0);
  ASSERT_EQ(::chmod((dir / "tree").c_str(), 0), 0);
  ASSERT_TRUE(remove_tree(dir / "tree"));
  ASSERT_TRUE(remove_tree(dir / "link"));
  ASSERT_TRUE(remove_tree(dir / "nothing"));
  EXPECT_THAT(list_all(dir.path()), ElementsAre("keep", "keep/precious"));
}

TEST(Files, RemovesTreesDeeperThanAnyPath) {
  TempDir dir;
  std::filesystem::create_directory(dir / "deep");
  int at = ::open((dir / "deep").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(::mkdirat(at, "d", 0755), 0);
    const int next = ::openat(at, "d", O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = next;
  }
  ::close(at);
  ASSERT_TRUE(remove_tree(dir / "deep"));
  EXPECT_THAT(list_all(dir.path()), IsEmpty());
}

TEST(Files, OpeningBeneathStopsAtLinks) {
  TempDir dir;
  std::filesystem::create_directories(dir / "root");
  std::filesystem::create_directory_symlink(dir.path(), dir / "root/out");
  write_text(dir / "root/file", "");
  const FileDescriptor root(::open((dir / "root").c_str(), O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(open_directory_beneath(root.get(), "a/b/c"));
  EXPECT_TRUE(std::filesystem::is_directory(dir / "root/a/b/c"));
  for (const char* path : {"out", "out/x", "file/x", "../x", "a/../b", "a//b", "."})
    EXPECT_EQ(open_directory_beneath(root.get(), path).error().id, "path-through-link") << path;
}

TEST(Files, SealingTakesEveryWritePermission) {
  TempDir dir;
  write_text(dir / "t/a/f", "x");
  ASSERT_TRUE(seal_tree(dir / "t"));
  ASSERT_TRUE(walk_tree(dir / "t", 5, [](const WalkEntry& entry) -> Result<void> {
    EXPECT_EQ(entry.mode & 0222, 0u) << entry.path;
    return {};
  }));
  EXPECT_EQ(walk_tree(dir / "t", 0, [](const WalkEntry&) { return Result<void>{}; }).error().id,
            "tree-too-deep");
}

TEST(Files, ALockSaysWhoHoldsIt) {
  TempDir dir;
  {
    const auto first = FileLock::acquire(dir / "lock", "install \x1b[31mx");
    ASSERT_TRUE(first);
    const auto second = FileLock::acquire(dir / "lock", "other");
    EXPECT_EQ(second.error().code, Errc::exists);
    EXPECT_EQ(second.error().evidence.at(0),
              fmt::format("held by: process {}: install \xEF\xBF\xBD[31mx", ::getpid()));
  }
  EXPECT_TRUE(FileLock::acquire(dir / "lock", "later"));
}

TEST(Files, ALockCanBeWaitedFor) {
  TempDir dir;
  {
    auto alone = FileLock::acquire(dir / "lock", "alone");
    EXPECT_EQ(FileLock::acquire_shared(dir / "lock").error().id, "locked");
    ASSERT_TRUE(alone->share());
    const auto second = FileLock::acquire_shared(dir / "lock");
    EXPECT_TRUE(second);
    EXPECT_EQ(FileLock::acquire(dir / "lock", "alone again").error().id, "locked");
  }
  auto first = FileLock::acquire(dir / "lock", "first");
  ASSERT_TRUE(first);
  EXPECT_EQ(FileLock::wait(dir / "lock", "second", std::chrono::milliseconds(20)).error().id,
            "locked");
  std::thread holder([lock = std::move(*first)]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const FileLock released = std::move(lock);
  });
  EXPECT_TRUE(FileLock::wait(dir / "lock", "third", std::chrono::seconds(30)));
  holder.join();
}

TEST(Process, GetsExactlyWhatItIsGiven) {
  TempDir dir;
  std::string text;
  ProcessSpec spec{
      .argv = {"/bin/sh", "-c", "env; pwd; echo \"$1\"; cat; exit 3", "sh", "$(id); 'x'"}};
  spec.environment = {{"ONLY", "this"}};
  spec.directory = dir.path();
  spec.output = [&](std::string_view bytes) { text += bytes; };
  const auto result = run_process(spec);
  ASSERT_TRUE(result);
  EXPECT_EQ(to_string(*result, spec.limits), "exit code 3");
  EXPECT_THAT(text, HasSubstr("ONLY=this\n"));
  EXPECT_THAT(text, HasSubstr(dir.path().string() + "\n$(id); 'x'\n"));
  EXPECT_EQ(text.find("HOME="), std::string::npos);
}

TEST(Process, EndsWithinItsLimits) {
  ProcessSpec spec{.argv = {"/bin/sh", "-c", "trap '' TERM; sleep 60 & wait"}};
  spec.limits.wall_max = std::chrono::seconds(1);
  EXPECT_EQ(run_process(spec)->end, ProcessResult::End::timed_out);
  spec = {.argv = {"/bin/sh", "-c", "yes"}};
  spec.limits.output_bytes_max = 10'000;
  EXPECT_EQ(run_process(spec)->end, ProcessResult::End::output_flood);
  TempDir dir;
  spec = {.argv = {"/bin/sh", "-c", "exec head -c 5000000 /dev/zero >big"}};
  spec.directory = dir.path();
  spec.limits.file_bytes_max = 1 << 20;
  EXPECT_FALSE(run_process(spec)->ok());
  EXPECT_LE(std::filesystem::file_size(dir / "big"), 1u << 20);
  spec = {.argv = {"/bin/sh", "-c", "kill -9 $$"}};
  EXPECT_EQ(to_string(*run_process(spec), {}), "signal 9 (Killed)");
}

TEST(Process, WhatCannotStartIsAnError) {
  EXPECT_EQ(run_process({.argv = {"no-such-program-here"}}).error().id, "program-not-found");
  EXPECT_EQ(run_process({.argv = {"/etc/passwd"}}).error().id, "program-not-started");
  EXPECT_EQ(run_process({.argv = {"/bin/true"}, .directory = "/no/such"}).error().id,
            "program-not-started");
}

TEST(Machine, FindsAcceleratorsByTheirFiles) {
  TempDir root;
  write_text(root / "proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 1 kB\n");
  auto machine = probe_machine(root.path(), "");
  ASSERT_TRUE(machine);
  EXPECT_EQ(machine->ram_bytes, 16'384'000'000u);
  EXPECT_THAT(machine->present(), ElementsAre(Accelerator::cpu));
  write_text(root / "proc/driver/nvidia/version", "NVRM version: 550.54\nGCC\n");
  write_text(root / "sys/class/kfd/kfd/dev", "");
  write_text(root / "dev/kfd", "");
  write_text(root / "dev/dri/renderD128", "");
  write_text(root / "usr/share/vulkan/icd.d/radeon_icd.json", "");
  machine = probe_machine(root.path(), "");
  EXPECT_THAT(machine->present(), ElementsAre(Accelerator::cuda, Accelerator::rocm,
                                              Accelerator::vulkan, Accelerator::cpu));
  EXPECT_EQ(machine->accelerators[0].evidence, "/proc/driver/nvidia/version: NVRM version: 550.54");
  EXPECT_EQ(machine->platform().accelerator, Accelerator::cuda);
}

TEST(Machine, CanBeToldWhatItIs) {
  const auto machine = probe_machine("/", "macos-aarch64-metal");
  ASSERT_TRUE(machine);
  EXPECT_EQ(to_string(machine->platform()), "macos-aarch64-metal");
  EXPECT_THAT(machine->present(), ElementsAre(Accelerator::metal, Accelerator::cpu));
  EXPECT_EQ(probe_machine("/", "amiga").error().id, "platform-invalid");
}

}  // namespace
}  // namespace rbee::platform
