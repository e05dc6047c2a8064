// rbee doctor and RBEE_MACHINE: machines that are values, a home that is a folder of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <optional>
#include <sstream>

#include "cli/app.hpp"
#include "cli/context.hpp"
#include "cli/machine_json.hpp"
#include "platform/files.hpp"

namespace rbee::cli::doctor_tests {
namespace {

using platform::Gpu;
using platform::Machine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct FixedClock final : Clock {
  Time now() const override { return Time{std::chrono::seconds{1'795'000'000}}; }
};

/// A desktop with a GPU that works and one that does not.
Machine desktop() {
  Machine machine;
  machine.cpu = {"AMD Ryzen 9 7950X", "x86-64-v4", {"avx2", "avx512f"}, 32};
  machine.libc = {platform::LibcKind::glibc, "2.36"};
  machine.ram_bytes = 64'000'000'000;
  machine.available_ram_bytes = 48'000'000'000;
  machine.disk = platform::Disk{"/home/ann/.local/share/rbee", 500'000'000'000};
  Gpu nvidia;
  nvidia.accelerator = Accelerator::cuda;
  nvidia.vendor = "NVIDIA";
  nvidia.name = "NVIDIA GeForce RTX 4090";
  nvidia.pci_address = "0000:01:00.0";
  nvidia.driver = "nvidia";
  nvidia.driver_version = "550.54.14";
  nvidia.cuda_max = "12.4";
  nvidia.compute_capability = "8.9";
  nvidia.vram_bytes = 25'757'220'864;
  nvidia.evidence = {"/proc/driver/nvidia/version: NVRM version: 550.54.14"};
  Gpu amd;
  amd.vendor = "AMD";
  amd.name = "AMD Navi 31";
  amd.gfx_target = "gfx1100";
  amd.problem = "this user may not use /dev/kfd: no ROCm";
  amd.fix = "sudo usermod -aG render,video \"$USER\", then log in again";
  machine.gpus = {nvidia, amd};
  machine.accelerators = {
      {Accelerator::cuda, nvidia.evidence[0], "12.4", {"8.9"}, nvidia.vram_bytes},
      {Accelerator::cpu, "every machine has one", {}, {}, 0}};
  machine.notes = {"lvp_icd.json draws with the processor: it counts as no GPU"};
  return machine;
}

class Doctor : public testing::Test {
 protected:
  Doctor() : home_(*platform::TemporaryDirectory::create("/tmp", "rbee-doctor-test")) {
    environment_.home = home_.path().string();
    environment_.variables["PATH"] = "/usr/bin:" + (home_.path() / ".local/bin").string();
    platform::HttpAnswer answer;
    answer.status = 200;
    answer.headers = {{"content-type", "application/json"}};
    wire::WorkerList list;
    list.total = 7;
    answer.body = boost::json::serialize(wire::to_json(list));
    answer_ = answer;
  }

  int run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    World world{.in = in_,
                .out = out_,
                .err = err_,
                .environment = environment_,
                .clock = clock_,
                .get = [](const Url&, std::uint64_t, const sdk::HttpHeaders&)
                    -> Result<platform::HttpAnswer> { throw std::logic_error("asked at length"); },
                .get_once = {},
                .http = []() -> platform::HttpClient& { throw std::logic_error("downloads"); },
                .machine = [this]() -> Result<Machine> {
                  if (!environment_.variable("RBEE_MACHINE").empty())
                    return find_machine(environment_);
                  return machine_;
                },
                .get_briefly = [this](const Url&, std::uint64_t,
                                      const sdk::HttpHeaders&) -> Result<platform::HttpAnswer> {
                  ++asked_;
                  return answer_;
                },
                .sandbox = [this]() -> Result<void> {
                  if (sandbox_error_) return tl::unexpected<Error>(*sandbox_error_);
                  return {};
                }};
    return cli::run(words, "1.2.3", world);
  }
  std::string status_of(std::string_view id) const {
    const boost::json::value printed = boost::json::parse(out_.str());
    for (const auto& check : printed.at("checks").as_array())
      if (check.at("id").as_string() == boost::json::string_view(id))
        return std::string(check.at("status").as_string());
    return "none";
  }

  platform::TemporaryDirectory home_;
  Environment environment_;
  FixedClock clock_;
  Machine machine_ = desktop();
  Result<platform::HttpAnswer> answer_;
  std::optional<Error> sandbox_error_;
  int asked_ = 0;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(Doctor, TellsEverythingWithItsEvidence) {
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_EQ(out_.str(),
            "ok       system        linux x86_64, glibc 2.36\n"
            "ok       processor     AMD Ryzen 9 7950X, 32 cores, x86-64-v4\n"
            "                       avx2 avx512f\n"
            "ok       memory        64.0 GB, 48.0 GB available\n"
            "ok       disk          500.0 GB free at /home/ann/.local/share/rbee\n"
            "ok       GPU           NVIDIA GeForce RTX 4090, 25.8 GB, driver nvidia 550.54.14, "
            "CUDA up to 12.4, compute capability 8.9\n"
            "                       /proc/driver/nvidia/version: NVRM version: 550.54.14\n"
            "warning  GPU           this user may not use /dev/kfd: no ROCm\n"
            "                       fix: sudo usermod -aG render,video \"$USER\", then log in "
            "again\n"
            "                       AMD Navi 31, gfx1100\n"
            "ok       accelerators  cuda 12.4\n"
            "                       lvp_icd.json draws with the processor: it counts as no GPU\n"
            "ok       sandbox       bubblewrap works\n"
            "ok       PATH          has ~/.local/bin\n"
            "ok       marketplace   http://127.0.0.1:8787 offers 7 workers\n"
            "ok       installed     no workers yet\n"
            "\n"
            "Workers can be installed here. 1 warning.\n");
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(asked_, 1);
}

TEST_F(Doctor, FitsATerminal) {
  environment_.out = {.is_terminal = true, .columns = 60, .colour = true};
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_THAT(out_.str(), StartsWith("\x1b[32mok       \x1b[0m\x1b[1msystem        \x1b[0m"));
  EXPECT_THAT(out_.str(),
              HasSubstr("NVIDIA GeForce RTX 4090, 25.8 GB,\n"
                        "                       driver nvidia 550.54.14, CUDA up to\n"));
}

TEST_F(Doctor, AMissingSandboxIsAProblemAndExit1) {
  sandbox_error_ = Error{Errc::failed,
                         "sandbox-unavailable",
                         "this machine cannot make a sandbox",
                         {"bubblewrap is not installed"},
                         {},
                         "apt-get install bubblewrap",
                         {}};
  EXPECT_EQ(run({"doctor", "-q"}), 1);
  EXPECT_EQ(out_.str(),
            "warning  GPU           this user may not use /dev/kfd: no ROCm\n"
            "                       fix: sudo usermod -aG render,video \"$USER\", then log in "
            "again\n"
            "                       AMD Navi 31, gfx1100\n"
            "problem  sandbox       this machine cannot make a sandbox\n"
            "                       fix: apt-get install bubblewrap\n"
            "                       bubblewrap is not installed\n");
  EXPECT_EQ(run({"doctor", "--json"}), 1);
  EXPECT_EQ(status_of("sandbox"), "problem");
}

TEST_F(Doctor, WarningsDoNotFailIt) {
  environment_.variables["PATH"] = "/usr/bin";
  answer_ = fail(Errc::unreachable, "network-refused", "connection refused");
  machine_.libc.kind = platform::LibcKind::musl;
  machine_.available_ram_bytes = 1;
  machine_.disk->free_bytes = 1'000'000'000;
  EXPECT_EQ(run({"doctor", "--json"}), 0);
  for (const char* id : {"system", "memory", "disk", "gpu-1", "path", "marketplace"})
    EXPECT_EQ(status_of(id), "warning") << id;
  machine_.disk->free_bytes = 1;
  EXPECT_EQ(run({"doctor", "--json"}), 1);
  EXPECT_EQ(status_of("disk"), "problem");
}

TEST_F(Doctor, OfflineAsksNobody) {
  EXPECT_EQ(run({"doctor", "--offline", "--json"}), 0);
  EXPECT_EQ(status_of("marketplace"), "skipped");
  EXPECT_EQ(asked_, 0);
}

TEST_F(Doctor, AMarketplacesWordsAreHarmless) {
  answer_->status = 500;
  answer_->headers = {{"content-type", "application/problem+json"}};
  answer_->body = R"({"title":"\u001b[31mred","detail":"\u001b[2Jgone\nnext","status":500})";
  EXPECT_EQ(run({"doctor"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
}

TEST_F(Doctor, ABrokenManifestIsAProblem) {
  const auto data = home_.path() / ".local/share/rbee";
  std::filesystem::create_directories(data / "generations/1");
  std::ofstream(data / "generations/1/manifest.json") << "{";
  std::filesystem::create_symlink("generations/1", data / "current");
  EXPECT_EQ(run({"doctor", "--json"}), 1);
  EXPECT_EQ(status_of("workers"), "problem");
}

TEST_F(Doctor, AFileInPlaceOfAMachinePrintsTheSameAgain) {
  EXPECT_EQ(run({"doctor", "--json"}), 0);
  const std::string first = out_.str();
  const std::string file = (home_.path() / "machine.json").string();
  std::ofstream(file) << first;
  machine_ = Machine{};
  environment_.variables["RBEE_MACHINE"] = file;
  EXPECT_EQ(run({"doctor", "--json"}), 0);
  EXPECT_EQ(out_.str(), first);
  EXPECT_EQ(run({"doctor", "--offline"}), 0);
  EXPECT_EQ(err_.str(), "system to GPU are as RBEE_MACHINE says: " + file + "\n");
}

// ---------------------------------------------------------------- RBEE_MACHINE

TEST(MachineFile, IsTheReverseOfWhatIsPrinted) {
  for (const Machine& machine : {desktop(), *platform::probe_machine("/", ""),
                                 *platform::probe_machine("/", "macos-aarch64-metal")}) {
    const std::string text = boost::json::serialize(to_json(machine));
    const Result<Machine> again = parse_machine(text, "m.json");
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(boost::json::serialize(to_json(*again)), text);
  }
}

TEST(MachineFile, NeedsLittle) {
  const auto machine = parse_machine(
      R"({"os":"linux","arch":"aarch64","accelerators":[{"accelerator":"cuda","runtime_max":"12.4",
          "targets":["8.7"]},{"accelerator":"cpu"}]})",
      "m.json");
  ASSERT_TRUE(machine) << describe(machine.error());
  EXPECT_EQ(to_string(machine->platform()), "linux-aarch64-cuda");
  EXPECT_THAT(machine->find(Accelerator::cuda)->targets, ElementsAre("8.7"));
}

struct Row {
  const char* name;
  const char* text;
  const char* id;
  const char* evidence;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}
class BadMachineFile : public testing::TestWithParam<Row> {};

TEST_P(BadMachineFile, IsRefusedWithTheReason) {
  const auto machine = parse_machine(GetParam().text, "m\x1b.json");
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().id, GetParam().id);
  EXPECT_EQ(machine.error().code, Errc::invalid_input);
  EXPECT_EQ(machine.error().message,
            "RBEE_MACHINE: m\xEF\xBF\xBD.json does not describe a machine");
  EXPECT_THAT(machine.error().evidence, ElementsAre(GetParam().evidence));
}

#define CPU_ONLY R"("os":"linux","arch":"x86_64","accelerators":[{"accelerator":"cpu"}])"
INSTANTIATE_TEST_SUITE_P(
    All, BadMachineFile,
    testing::Values(
        Row{"empty", "", "machine-file-json", "incomplete JSON near byte 0"},
        Row{"twice", R"({"os":"linux","os":"linux"})", "machine-file-json",
            "the key 'os' stands twice in one object"},
        Row{"array", "[]", "machine-file-shape", "an object is expected"},
        Row{"nothing", "{}", "machine-file-shape", "'os' is missing; expected a string"},
        Row{"number", R"({"os":7})", "machine-file-shape", "'os' is an integer; expected a string"},
        Row{"deep_shape", "{" CPU_ONLY R"(,"gpus":[{"accelerator":"cpu","evidence":[1]}]})",
            "machine-file-shape", "'gpus[0].evidence[0]' is an integer; expected a string"},
        Row{"key", "{" CPU_ONLY R"(,"gpu":[]})", "machine-file-key",
            "'gpu' is no key of a machine"},
        Row{"deep_key", "{" CPU_ONLY R"(,"gpus":[{"accelerator":"cpu","vram":1}]})",
            "machine-file-key", "gpus[0]: 'vram' is no key of a machine"},
        Row{"word", R"({"os":"amiga","arch":"x86_64","accelerators":[{"accelerator":"cpu"}]})",
            "machine-file-value", "'os' is 'amiga': one of linux macos windows is expected"},
        Row{"no_cpu", R"({"os":"linux","arch":"x86_64","accelerators":[{"accelerator":"cuda"}]})",
            "machine-file-value", "'accelerators' is 'cuda': best first, the last one must be cpu"},
        Row{"contradiction", "{" CPU_ONLY R"(,"platform":"linux-x86_64-cuda"})",
            "machine-file-value",
            "'platform' is 'linux-x86_64-cuda': os, arch and the first accelerator make it "
            "linux-x86_64-cpu"},
        Row{"gpu_of_none", "{" CPU_ONLY R"(,"gpus":[{"accelerator":"cuda"}]})",
            "machine-file-value", "'gpus[0].accelerator' is 'cuda': the machine has it not"},
        Row{"version",
            R"({"os":"linux","arch":"x86_64","accelerators":[{"accelerator":"cuda","runtime_max":"12.x"},
                {"accelerator":"cpu"}]})",
            "machine-file-value",
            "'accelerators[0].runtime_max' is '12.x': a version such as 12.4 is expected"},
        Row{"negative", "{" CPU_ONLY R"(,"memory":{"total_bytes":-1}})", "machine-file-value",
            "'memory.total_bytes' is '-1': less than 0"},
        Row{"libc", "{" CPU_ONLY R"(,"libc":{"kind":"bionic"}})", "machine-file-value",
            "'libc.kind' is 'bionic': glibc or musl is expected"}),
    [](const auto& row) { return std::string(row.param.name); });
#undef CPU_ONLY

TEST(MachineFile, VariablesThatCannotBeFollowed) {
  Environment environment;
  environment.variables["RBEE_MACHINE"] = "/no/such/file";
  EXPECT_EQ(find_machine(environment).error().id, "machine-file-missing");
  EXPECT_EQ(find_host(environment).error().id, "machine-file-missing");
  environment.variables["RBEE_MACHINE"] = "/tmp";
  EXPECT_EQ(find_machine(environment).error().id, "machine-file-unreadable");
  environment.variables["RBEE_PLATFORM"] = "linux-x86_64";
  EXPECT_EQ(find_machine(environment).error().id, "machine-file-conflict");
  environment.variables.erase("RBEE_MACHINE");
  EXPECT_EQ(to_string(*find_host(environment)), "linux-x86_64-cpu");
}

}  // namespace
}  // namespace rbee::cli::doctor_tests
