// uname, arch, vercmp, which: questions about the virtual machine, and pacman's version order.
//
// Source: POSIX.1-2017 uname; vercmp(8).
#include <array>

#include "pkgbuild/text/command.hpp"
#include "pkgbuild/version.hpp"

namespace rbee::pkgbuild::text {

namespace {

/// What `uname -m` says there.
std::string machine(const Platform& platform) {
  switch (platform.arch) {
    case Arch::x86_64:
      return "x86_64";
    case Arch::aarch64:
      return platform.os == Os::macos ? "arm64" : "aarch64";
    case Arch::armv7h:
      return "armv7l";
  }
  return "";
}

}  // namespace

Supported<CommandOutput> run_uname(const CommandCall& call) {
  if (call.platform.os == Os::windows) return unsupported("uname on windows");
  if (call.argv.front() == "arch") {
    if (call.argv.size() > 1) return unsupported("arch with operands");
    if (call.platform.os != Os::linux) return unsupported("arch on macos");
    return CommandOutput{0, machine(call.platform) + "\n", 1};
  }
  static constexpr std::array<Option, 3> kOptions = {
      {{'m', "machine"}, {'s', "kernel-name"}, {'o', "operating-system"}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  if (!arguments.operands.empty()) return unsupported("uname with operands");
  const bool nothing = call.argv.size() == 1;
  const bool linux = call.platform.os == Os::linux;
  if (arguments.has('o') && !linux) return unsupported("uname -o on macos");
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : " ") + part; };
  if (nothing || arguments.has('s')) add(linux ? "Linux" : "Darwin");
  if (arguments.has('m')) add(machine(call.platform));
  if (arguments.has('o')) add("GNU/Linux");
  return CommandOutput{0, out + "\n", 1};
}

Supported<CommandOutput> run_vercmp(const CommandCall& call) {
  if (call.argv.size() != 3 || call.argv[1].starts_with('-'))
    return unsupported("vercmp with other than two versions");
  return CommandOutput{0, std::to_string(compare_versions(call.argv[1], call.argv[2])) + "\n", 4};
}

Supported<CommandOutput> run_which(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, {}));
  CommandOutput output;
  for (const std::string& name : arguments.operands) {
    if (name.find('/') != name.npos) return unsupported("which with a path");
    const std::string_view path = virtual_program_path(name, call.platform);
    if (path.empty())
      output.status = 1;
    else
      output.output.append(path).append("\n");
  }
  if (arguments.operands.empty()) output.status = 1;
  return output;
}

}  // namespace rbee::pkgbuild::text
