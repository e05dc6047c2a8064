// The table of text commands, and of the programs of the virtual machine.
//
// Pure. The commands themselves: text/*.cpp, one file for each family.
#include "pkgbuild/text_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild {

namespace {

using Run = text::Supported<CommandOutput> (*)(const CommandCall&);

struct Row {
  std::string_view name;
  Run run;  ///< nullptr: known to be there, and never evaluated.
};

/// In the order of the alphabet. Programs whose answer depends on the machine, the time or the
/// network have no function: they are found by `command -v`, and calling them is unsupported.
constexpr std::array kRows = std::to_array<Row>({
    {"arch", text::run_uname},
    {"awk", text::run_awk},
    {"b2sum", text::run_digest},
    {"base64", text::run_base64},
    {"basename", text::run_basename},
    {"bash", nullptr},
    {"bc", nullptr},
    {"bsdtar", nullptr},
    {"cat", text::run_cat},
    {"chmod", nullptr},
    {"cksum", nullptr},
    {"comm", nullptr},
    {"cp", nullptr},
    {"csplit", nullptr},
    {"curl", nullptr},
    {"cut", text::run_cut},
    {"date", nullptr},
    {"diff", nullptr},
    {"dirname", text::run_dirname},
    {"du", nullptr},
    {"egrep", text::run_grep},
    {"env", nullptr},
    {"expand", nullptr},
    {"expr", text::run_expr},
    {"fgrep", text::run_grep},
    {"file", nullptr},
    {"find", nullptr},
    {"fmt", nullptr},
    {"fold", text::run_fold},
    {"gawk", text::run_awk},
    {"getconf", nullptr},
    {"git", nullptr},
    {"grep", text::run_grep},
    {"gunzip", nullptr},
    {"gzip", nullptr},
    {"head", text::run_head},
    {"hostname", nullptr},
    {"id", nullptr},
    {"install", nullptr},
    {"join", nullptr},
    {"ln", nullptr},
    {"locale", nullptr},
    {"ls", nullptr},
    {"make", nullptr},
    {"makepkg", nullptr},
    {"md5sum", text::run_digest},
    {"mkdir", nullptr},
    {"mktemp", nullptr},
    {"mv", nullptr},
    {"nl", nullptr},
    {"nproc", nullptr},
    {"od", nullptr},
    {"pacman", nullptr},
    {"paste", text::run_paste},
    {"patch", nullptr},
    {"perl", nullptr},
    {"readlink", nullptr},
    {"realpath", nullptr},
    {"rev", text::run_rev},
    {"rm", nullptr},
    {"sed", text::run_sed},
    {"seq", text::run_seq},
    {"sh", nullptr},
    {"sha1sum", text::run_digest},
    {"sha224sum", text::run_digest},
    {"sha256sum", text::run_digest},
    {"sha384sum", text::run_digest},
    {"sha512sum", text::run_digest},
    {"shuf", nullptr},
    {"sleep", nullptr},
    {"sort", text::run_sort},
    {"split", nullptr},
    {"stat", nullptr},
    {"tac", text::run_tac},
    {"tail", text::run_tail},
    {"tar", nullptr},
    {"tee", nullptr},
    {"timeout", nullptr},
    {"touch", nullptr},
    {"tr", text::run_tr},
    {"uname", text::run_uname},
    {"uniq", text::run_uniq},
    {"vercmp", text::run_vercmp},
    {"wc", text::run_wc},
    {"which", text::run_which},
    {"whoami", nullptr},
    {"xargs", nullptr},
    {"xz", nullptr},
    {"yes", nullptr},
});

const Row* find_row(std::string_view name) {
  const auto row = std::lower_bound(kRows.begin(), kRows.end(), name,
                                    [](const Row& r, std::string_view n) { return r.name < n; });
  return row == kRows.end() || row->name != name ? nullptr : &*row;
}

static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                             [](const Row& a, const Row& b) { return a.name < b.name; }));

/// Programs that tell which accelerator a machine has. Recipes probe for them.
struct Probe {
  std::string_view name;
  Accelerator accelerator;
  std::string_view path;
};
constexpr std::array kProbes = std::to_array<Probe>({
    {"nvidia-smi", Accelerator::cuda, "/usr/bin/nvidia-smi"},
    {"nvcc", Accelerator::cuda, "/opt/cuda/bin/nvcc"},
    {"rocminfo", Accelerator::rocm, "/opt/rocm/bin/rocminfo"},
    {"rocm-smi", Accelerator::rocm, "/opt/rocm/bin/rocm-smi"},
    {"hipcc", Accelerator::rocm, "/opt/rocm/bin/hipcc"},
    {"vulkaninfo", Accelerator::vulkan, "/usr/bin/vulkaninfo"},
    {"sycl-ls", Accelerator::sycl, "/opt/intel/oneapi/compiler/latest/bin/sycl-ls"},
});

constexpr std::size_t kInputBytesMax = 1 << 20;

}  // namespace

bool is_text_command(std::string_view name) {
  const Row* row = find_row(name);
  return row != nullptr && row->run != nullptr;
}

std::variant<CommandOutput, CommandUnsupported> run_text_command(const CommandCall& call) {
  const std::string name = call.argv.empty() ? "" : call.argv.front();
  const Row* row = find_row(name);
  if (row == nullptr || row->run == nullptr) return CommandUnsupported{"the command " + name};
  if (call.input.size() > kInputBytesMax) return CommandUnsupported{name + " over that much input"};
  if (call.input.find('\0') != std::string_view::npos)
    return CommandUnsupported{name + " over NUL bytes"};
  auto output = row->run(call);
  if (!output) return std::move(output).error();
  if (output->output.size() > call.output_bytes_max)
    return CommandUnsupported{
        fmt::format("{} with more than {} bytes of output", name, call.output_bytes_max)};
  if (output->steps > kCallStepsMax) return CommandUnsupported{name + " over that much text"};
  return std::move(*output);
}

std::string_view virtual_program_path(std::string_view name, const Platform& platform) {
  for (const Probe& probe : kProbes)
    if (probe.name == name)
      return probe.accelerator == platform.accelerator ? probe.path : std::string_view();
  const Row* row = find_row(name);
  if (row == nullptr) return {};
  // One string for each row, so that the view stays valid.
  static const auto kPaths = [] {
    std::array<std::string, kRows.size()> paths;
    for (std::size_t i = 0; i < kRows.size(); ++i)
      paths[i] = "/usr/bin/" + std::string(kRows[i].name);
    return paths;
  }();
  return kPaths[static_cast<std::size_t>(row - kRows.data())];
}

std::vector<VirtualProbe> virtual_probes(const Platform& platform) {
  std::vector<VirtualProbe> probes;
  for (const Probe& probe : kProbes)
    probes.push_back({probe.name, probe.path, probe.accelerator == platform.accelerator});
  return probes;
}

}  // namespace rbee::pkgbuild
