// ask_shell: lay out the sandbox, run the driver, read its report from a file in memory.
#include "build/shell_evaluator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstring>

#include "base/text.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/lint.hpp"
#include "pkgbuild/text_commands.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/random.hpp"

namespace rbee::build {

namespace {

using platform::FileDescriptor;
using platform::ProcessResult;

constexpr std::size_t kTailBytes = 4096;
/// Of the recipe's scripts and redirections nobody uses numbers as large as this.
constexpr int kDescriptorMin = 200;
constexpr std::string_view kProbeScript = "#!/bin/sh\nexit 0\n";

Result<FileDescriptor> memory_file(const char* name, std::string_view bytes) {
  const FileDescriptor low(::memfd_create(name, MFD_CLOEXEC));
  FileDescriptor fd(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, kDescriptorMin) : -1);
  if (!fd || platform::write_all(fd.get(), bytes) != 0 || ::lseek(fd.get(), 0, SEEK_SET) != 0)
    return fail(Errc::io, "sandbox-memory", "cannot make a file in memory",
                {.evidence = {std::strerror(errno)}});
  return fd;
}

Result<std::string> contents(const FileDescriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    return tl::unexpected<Error>(platform::io_failure("read", "the report", errno));
  // One byte past the limit is enough to be refused.
  std::string bytes(std::min<std::size_t>(static_cast<std::size_t>(status.st_size),
                                          pkgbuild::kShellReportBytesMax + 1),
                    '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

/// What the virtual machine's `uname OPTION` prints; empty where that is not known.
std::string uname_of(const Platform& platform, const std::string& option) {
  const std::vector<std::string> argv = {"uname", option};
  const auto said = pkgbuild::run_text_command({argv, {}, platform, nullptr, 100});
  const auto* output = std::get_if<pkgbuild::CommandOutput>(&said);
  return output == nullptr ? std::string() : std::string(trim(output->output));
}

bool is_host(const Platform& platform) {
  utsname host{};
  return ::uname(&host) == 0 && uname_of(platform, "-m") == host.machine &&
         uname_of(platform, "-s") == host.sysname;
}

/// uname for a platform that is not the host's: what it knows, and otherwise a failure.
std::string uname_script(const Platform& platform) {
  return fmt::format(R"sh(#!/bin/sh
s='{}' m='{}' o='{}' want=
[ $# -gt 0 ] || want=s
for word; do
  case $word in
    --kernel-name) want=${{want}}s ;;
    --machine) want=${{want}}m ;;
    --operating-system) want=${{want}}o ;;
    -*[!smo]* | -- | - | [!-]* | '') want=x; break ;;
    *) want=$want${{word#-}} ;;
  esac
done
out=
for letter in s m o; do
  eval "value=\$$letter"
  case $want in
    *x*) value= ;;
    *"$letter"*) ;;
    *) continue ;;
  esac
  [ -n "$value" ] || {{ echo "uname: not known of this platform" >&2; exit 1; }}
  out="$out${{out:+ }}$value"
done
printf '%s\n' "$out"
)sh",
                     uname_of(platform, "-s"), uname_of(platform, "-m"), uname_of(platform, "-o"));
}

/// Make the sandbox's programs those of the platform, where this machine differs.
void set_platform(const Platform& platform, platform::SandboxSpec& spec) {
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  for (const pkgbuild::VirtualProbe& probe : pkgbuild::virtual_probes(platform)) {
    const std::string name(probe.name);
    const std::string usual = "/usr/bin/" + name;
    const bool wanted = probe.present && probe.path == usual;
    if (wanted != (::access(usual.c_str(), X_OK) == 0))
      spec.programs[name] =
          wanted ? std::optional<std::string>(kProbeScript) : std::optional<std::string>();
    if (!probe.present || wanted) continue;
    spec.texts.push_back({std::string(probe.path), std::string(kProbeScript), true});
    const std::string folder(probe.path.substr(0, probe.path.rfind('/')));
    if (!path.ends_with(folder)) path += ":" + folder;
  }
  if (!is_host(platform)) {
    spec.programs["uname"] = uname_script(platform);
    spec.programs["arch"] =
        fmt::format("#!/bin/sh\nprintf '%s\\n' '{}'\n", uname_of(platform, "-m"));
  }
  spec.environment["PATH"] = path;
}

/// Remembers the last of what the recipe prints, for people.
class Tail {
 public:
  void hear(std::string_view bytes) {
    text_ += bytes;
    if (text_.size() > 2 * kTailBytes) text_.erase(0, text_.size() - kTailBytes);
  }
  bool says(std::string_view words) const { return text_.find(words) != std::string::npos; }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const std::string_view line : split(text_, '\n'))
      if (!trim(line).empty()) all.push_back("| " + printable_line(line.substr(0, 500)));
    if (all.size() > 5) all.erase(all.begin(), all.end() - 5);
    return all;
  }

 private:
  std::string text_;
};

tl::unexpected<Error> over(std::string id, std::string what, const Tail& tail) {
  return fail(Errc::too_large, std::move(id), "reading the recipe was stopped: it " + what,
              {.evidence = tail.lines(),
               .why = "bash reads a recipe that the native engine cannot decide, and only within "
                      "fixed limits"});
}

/// The limit that was passed, if one was.
Result<void> within_limits(const ProcessResult& result, const ShellLimits& limits,
                           const Tail& tail) {
  constexpr int kKilled = 128 + 9, kFileSignal = 128 + 25;
  const int code = result.end == ProcessResult::End::exited ? result.code : 0;
  switch (result.end) {
    case ProcessResult::End::timed_out:
      return over("shell-wall-limit", fmt::format("took longer than {} s", limits.wall_max.count()),
                  tail);
    case ProcessResult::End::output_flood:
      return over("shell-output-limit", "printed more than " + human_size(limits.output_bytes_max),
                  tail);
    case ProcessResult::End::process_flood:
      return over("shell-process-limit",
                  fmt::format("had more than {} processes", limits.processes_max), tail);
    case ProcessResult::End::memory_flood:
      return over("shell-memory-limit",
                  "used more than " + human_size(limits.memory_bytes_max) + " of memory", tail);
    case ProcessResult::End::cpu_flood:
      return over("shell-cpu-limit",
                  fmt::format("used more than {} s of processor time", limits.cpu_max.count()),
                  tail);
    default:
      break;
  }
  if (code == kFileSignal)
    return over("shell-output-limit", "wrote more than " + human_size(limits.output_bytes_max),
                tail);
  if (code != 0 && code != kKilled && tail.says("cannot allocate"))
    return over("shell-memory-limit",
                "used more than " + human_size(limits.memory_bytes_max) + " of memory", tail);
  return {};
}

platform::SandboxSpec sandbox_of(const ShellRequest& request, int report, int nonce) {
  platform::SandboxSpec spec;
  // The recipe's variables are set inside, where none of them can mean anything to bubblewrap.
  spec.argv = {"/usr/bin/env", "--"};
  for (const auto& [name, value] : request.inputs.environment)
    spec.argv.push_back(name + "=" + value);
  spec.argv.insert(spec.argv.end(),
                   {"/bin/bash", "--noprofile", "--norc", "/run/rbee/driver",
                    std::to_string(report), std::to_string(nonce), request.start_directory,
                    request.file_name, std::string(to_string(request.inputs.platform.arch)),
                    pkgbuild::chost(request.inputs.platform)});
  spec.environment = {{"LANG", "C.UTF-8"}, {"TZ", "UTC"},          {"TERM", "dumb"},
                      {"USER", "builder"}, {"LOGNAME", "builder"}, {"HOME", "/home/builder"}};
  if (request.root)
    spec.binds.push_back({*request.root, request.root->string()});
  else if (request.folder)
    spec.binds.push_back({*request.folder, request.start_directory});
  spec.texts = {{request.start_directory + "/" + request.file_name, std::string(request.text)},
                {"/run/rbee/driver", pkgbuild::shell_driver()}};
  set_platform(request.inputs.platform, spec);
  spec.directory = request.start_directory;
  spec.host_name = "builder";
  spec.inherit = {report, nonce};
  spec.scratch_bytes_max = 16 << 20;
  const ShellLimits& limits = request.limits;
  spec.limits.wall_max = limits.wall_max;
  // All of them together. That the kernel ends one alone comes later, and never first: the others
  // would go on with half an answer.
  spec.limits.tree_cpu_max = limits.cpu_max;
  spec.limits.cpu_max = 2 * limits.cpu_max;
  spec.limits.address_space_bytes_max = limits.memory_bytes_max;
  spec.limits.file_bytes_max = limits.output_bytes_max;
  spec.limits.output_bytes_max = limits.output_bytes_max;
  spec.limits.tree_processes_max = limits.processes_max;
  spec.limits.tree_memory_bytes_max = limits.memory_bytes_max;
  return spec;
}

}  // namespace

Result<ShellAnswer> ask_shell(const ShellRequest& request) {
  // makepkg looks for this before it reads the file.
  if (auto findings = pkgbuild::lint_text(request.text); !findings.empty())
    return ShellAnswer(
        tl::unexpected<pkgbuild::Refusal>({pkgbuild::Refusal::Kind::invalid, std::move(findings)}));
  const std::string nonce = platform::random_token(16);
  TRY_ASSIGN(const FileDescriptor report, memory_file("rbee-report", ""));
  TRY_ASSIGN(const FileDescriptor nonce_file, memory_file("rbee-nonce", nonce + "\n"));
  platform::SandboxSpec spec = sandbox_of(request, report.get(), nonce_file.get());
  Tail tail;
  spec.output = [&](std::string_view bytes) { tail.hear(bytes); };
  TRY_ASSIGN(const ProcessResult result, platform::run_sandboxed(spec));
  TRY(within_limits(result, request.limits, tail));
  TRY_ASSIGN(const std::string bytes, contents(report));
  if (bytes.empty()) {
    std::vector<std::string> evidence = {"bash ended with: " + to_string(result, spec.limits)};
    for (std::string& line : tail.lines()) evidence.push_back(std::move(line));
    return fail(Errc::invalid_input, "shell-exited",
                "the recipe ends the shell that reads it, so that there is nothing to report",
                {.evidence = std::move(evidence),
                 .why = "makepkg reads a recipe into its own shell: exit, exec or a signal end "
                        "makepkg too"});
  }
  TRY_ASSIGN(const pkgbuild::ShellReport said, pkgbuild::parse_shell_report(bytes, nonce));
  return pkgbuild::recipe_of(said, request.text, request.inputs);
}

Result<Evaluation> evaluate_with_fallback(const ShellRequest& request) {
  using Kind = pkgbuild::Refusal::Kind;
  auto native = pkgbuild::evaluate(request.text, request.inputs);
  if (native || (native.error().kind != Kind::unsupported && native.error().kind != Kind::limit))
    return Evaluation{std::move(native)};
  TRY_ASSIGN(ShellAnswer answer, ask_shell(request));
  return Evaluation{std::move(answer), pkgbuild::Evaluator::sandbox, std::move(native).error()};
}

}  // namespace rbee::build
