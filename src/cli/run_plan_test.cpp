// From a [run] table to the words that start a worker.
#include "cli/run_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "cli/local_folder.hpp"
#include "cli/worker_process.hpp"
#include "platform/files.hpp"

namespace rbee::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

install::Installed worker(std::vector<std::string> commands, std::vector<std::string> args) {
  install::Installed out;
  out.id = "tts-worker";
  out.commands = std::move(commands);
  out.run = wire::Run{"http", std::move(args), "/health"};
  return out;
}

TEST(ChooseCommand, TheOnlyOneOrTheOneCalledLikeTheWorker) {
  EXPECT_EQ(choose_command(worker({"speak"}, {}), "").value(), "speak");
  EXPECT_EQ(choose_command(worker({"other", "tts-worker"}, {}), "").value(), "tts-worker");
  EXPECT_EQ(choose_command(worker({"other", "tts-worker"}, {}), "other").value(), "other");
}
TEST(ChooseCommand, AsksWhenItCannotKnow) {
  const auto several = choose_command(worker({"a", "b"}, {}), "");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().fix, "rbee worker run tts-worker --command a");
  const auto wrong = choose_command(worker({"speak"}, {}), "speek");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().fix, "did you mean 'speak'?");
  EXPECT_EQ(choose_command(worker({}, {}), "").error().id, "command-missing");
}

TEST(RunArguments, FillsInAndAppends) {
  Arguments arguments;
  arguments.model = "/m/{port}.gguf";
  arguments.trailing = {"--verbose", "{port}"};
  const auto words = run_arguments(
      worker({}, {"--listen={host}:{port}", "--model", "{model}", "{device}", "{other}", "{"}),
      arguments, 8080);
  ASSERT_TRUE(words);
  EXPECT_THAT(*words, ElementsAre("--listen=127.0.0.1:8080", "--model", "/m/{port}.gguf", "0",
                                  "{other}", "{", "--verbose", "{port}"));
}
TEST(RunArguments, AModelMustBeGivenWhereOneIsNeeded) {
  const auto words = run_arguments(worker({}, {"--model", "{model}"}), {}, 1);
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().id, "model-missing");
  EXPECT_EQ(exit_code(words.error().code), 2);
}
TEST(RunArguments, AWorkerWithoutATableGetsOnlyWhatTheUserGives) {
  install::Installed plain = worker({"x"}, {});
  plain.run.reset();
  Arguments arguments;
  arguments.trailing = {"--help"};
  EXPECT_THAT(run_arguments(plain, arguments, 0).value(), ElementsAre("--help"));
  EXPECT_FALSE(listens(plain));
  EXPECT_TRUE(listens(worker({}, {"--port={port}"})));
  EXPECT_FALSE(listens(worker({}, {"--help"})));
}

TEST(WorkerUrl, IsOneThatABrowserTakes) {
  EXPECT_EQ(worker_url("127.0.0.1", 80), "http://127.0.0.1:80");
  EXPECT_EQ(worker_url("0.0.0.0", 80), "http://127.0.0.1:80");
  EXPECT_EQ(worker_url("::", 80), "http://[::1]:80");
  EXPECT_EQ(worker_url("fe80::1", 80), "http://[fe80::1]:80");
}

TEST(FreePort, IsFree) {
  const auto port = free_port("127.0.0.1");
  ASSERT_TRUE(port) << describe(port.error());
  EXPECT_GT(*port, 1023);
  EXPECT_EQ(free_port("192.0.2.1").error().id, "port-unavailable");
}

TEST(WorkerProcess, TellsHowItEnded) {
  auto process = WorkerProcess::start("/bin/sh", {"-c", "exit 7"});
  ASSERT_TRUE(process);
  std::optional<int> code;
  while (!(code = process->ended())) usleep(1000);
  EXPECT_EQ(*code, 7);
}
TEST(WorkerProcess, IsStopped) {
  auto process = WorkerProcess::start("/bin/sleep", {"60"});
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->ended());
  EXPECT_EQ(process->stop(), 128 + SIGTERM);
}
TEST(WorkerProcess, AMissingProgramIsAnError) {
  const auto process = WorkerProcess::start("/nowhere/x", {});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().id, "worker-not-started");
}

class Folder : public testing::Test {
 protected:
  Folder() : folder_(*platform::TemporaryDirectory::create("/tmp", "rbee-folder-test")) {
    std::filesystem::create_directories(folder_.path() / "in/sub");
    std::ofstream(folder_.path() / "secret") << "secret";
    std::ofstream(folder_.path() / "in/plain") << "text";
    std::ofstream(folder_.path() / "in/sub/deep") << "deep";
    std::ofstream(folder_.path() / "in/large") << std::string(256'001, 'x');
    std::filesystem::create_symlink("../secret", folder_.path() / "in/link");
    std::filesystem::create_symlink("plain", folder_.path() / "in/inner-link");
    std::filesystem::create_symlink("..", folder_.path() / "in/up");
    mkfifo((folder_.path() / "in/fifo").c_str(), 0600);
  }
  std::optional<std::string> read(std::string_view path) {
    return LocalFolder(folder_.path() / "in").read(path);
  }
  platform::TemporaryDirectory folder_;
};
TEST_F(Folder, ReadsWhatIsBesideTheRecipe) {
  EXPECT_EQ(read("plain"), "text");
  EXPECT_EQ(read("./plain"), "text");
  EXPECT_EQ(read("sub/deep"), "deep");
  EXPECT_EQ(read("sub//deep"), "deep");
}
TEST_F(Folder, NothingElseExists) {
  using namespace std::string_view_literals;
  for (std::string_view path :
       {""sv, "."sv, "missing"sv, "sub"sv, "../secret"sv, "sub/../../secret"sv, "/etc/hostname"sv,
        "link"sv, "inner-link"sv, "up/secret"sv, "fifo"sv, "large"sv, "plain/x"sv, "plain\0x"sv})
    EXPECT_EQ(read(path), std::nullopt) << path;
  EXPECT_EQ(LocalFolder("/nowhere").read("x"), std::nullopt);
}

}  // namespace
}  // namespace rbee::cli
