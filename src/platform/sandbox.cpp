// The sandbox: one bubblewrap argument vector and one seccomp filter.
#include "platform/sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <optional>
#include <thread>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/net_gateway.hpp"

namespace rbee::platform {

namespace {

constexpr unsigned kNewUserNamespace = 0x10000000;  // CLONE_NEWUSER, sched.h

/// Calls that no build needs, each a way out or a wide surface of the kernel. They fail with EPERM.
constexpr std::array kBarred = {
    // Other processes.
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
    // Mounts and namespaces.
    "mount", "umount2", "umount", "pivot_root", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "mount_setattr", "unshare", "setns", "chroot", "name_to_handle_at",
    "open_by_handle_at",
    // The kernel's own state.
    "bpf", "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "perf_event_open", "userfaultfd", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "reboot", "swapon", "swapoff", "syslog", "acct",
    "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl",
    "ioperm", "vhangup", "lookup_dcookie", "uselib", "modify_ldt", "sethostname", "setdomainname",
    "fanotify_init", "vmsplice", "migrate_pages", "move_pages"};

/// Set-user-id and set-group-id bits: a file of the builder with one would be a way to become its
/// owner.
constexpr std::array<std::uint64_t, 2> kSetIdBits = {S_ISUID, S_ISGID};

struct FilterRelease {
  void operator()(void* filter) const { seccomp_release(filter); }
};

Result<FileDescriptor> memory_file(const char* name, std::string_view bytes) {
  FileDescriptor fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd || write_all(fd.get(), bytes) != 0 || ::lseek(fd.get(), 0, SEEK_SET) != 0)
    return fail(Errc::io, "sandbox-memory", "cannot make a file in memory",
                {.evidence = {std::strerror(errno)}});
  return fd;
}

/// The filter as the kernel's bytes, in a file in memory for bubblewrap's --seccomp.
Result<FileDescriptor> seccomp_filter() {
  const std::unique_ptr<void, FilterRelease> filter(seccomp_init(SCMP_ACT_ALLOW));
  bool ok = filter != nullptr;
  // A call of another ABI (32-bit on a 64-bit machine) would pass by the numbers below.
  ok = ok && seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;
  const std::uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
  const auto add = [&](std::uint32_t action, const char* name,
                       std::initializer_list<scmp_arg_cmp> conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) return;  // Not a call of this architecture.
    ok = ok &&
         seccomp_rule_add_array(filter.get(), action, number,
                                static_cast<unsigned>(conditions.size()), conditions.begin()) == 0;
  };
  const auto masked = [](unsigned argument, std::uint64_t bits) {
    return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bits, bits};
  };
  if (ok) {
    for (const char* name : kBarred) add(refuse, name, {});
    add(refuse, "clone", {masked(0, kNewUserNamespace)});
    // clone3 takes its flags in memory, where a filter cannot look; the C library falls back to
    // clone.
    add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
    // fchmodat2's mode could be looked at, but no program depends on the call.
    add(SCMP_ACT_ERRNO(ENOSYS), "fchmodat2", {});
    for (const std::uint64_t bit : kSetIdBits) {
      add(refuse, "chmod", {masked(1, bit)});
      add(refuse, "fchmod", {masked(1, bit)});
      add(refuse, "fchmodat", {masked(2, bit)});
    }
    // Typing into the terminal that started us. The kernel looks at the low 32 bits only, so do we.
    for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{TIOCLINUX}})
      add(refuse, "ioctl", {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xffffffffU, request}});
    // Families that no network namespace holds back (vsock reaches the host of a virtual machine).
    for (std::uint64_t family = 0; family < 64; ++family)
      if (family != AF_UNIX && family != AF_INET && family != AF_INET6 && family != AF_NETLINK)
        add(refuse, "socket", {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, 0xffffffffU, family}});
  }
  TRY_ASSIGN(FileDescriptor fd, memory_file("rbee-seccomp", ""));
  if (!ok || seccomp_export_bpf(filter.get(), fd.get()) != 0 || ::lseek(fd.get(), 0, SEEK_SET) != 0)
    return fail(Errc::failed, "sandbox-unavailable", "the kernel-call filter cannot be made");
  return fd;
}

/// Files of /etc that compilers and the dynamic linker read. Nothing there tells who uses this
/// machine.
constexpr std::array kEtc = {"/etc/alternatives", "/etc/ld.so.cache",     "/etc/ld.so.conf",
                             "/etc/ld.so.conf.d", "/etc/ssl/certs",       "/etc/ca-certificates",
                             "/etc/localtime",    "/etc/java-17-openjdk", "/etc/fonts",
                             "/etc/perl"};

constexpr std::string_view kPasswd =
    "root:x:0:0::/:/usr/sbin/nologin\nbuilder:x:1000:1000::/home/builder:/bin/bash\n"
    "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n";
constexpr std::string_view kGroup = "root:x:0:\nbuilder:x:1000:\nnogroup:x:65534:\n";
constexpr std::string_view kHosts = "127.0.0.1 localhost\n::1 localhost\n";
constexpr std::string_view kNames = "passwd: files\ngroup: files\nhosts: files\n";

struct Room {
  std::vector<std::string> argv;
  int info = -1;  ///< Where bubblewrap writes the process id of the sandbox's first process.
  std::vector<FileDescriptor> files;  ///< Kept open until the program runs.
};

/// Makes /usr/bin a directory of links to this machine's programs, but for those named. (A file of
/// a read-only bind can be covered and not be taken away, and none can be added.)
Result<void> replace_programs(const std::map<std::string, std::optional<std::string>>& programs,
                              Room& room) {
  const auto add = [&](std::initializer_list<std::string> words) {
    room.argv.insert(room.argv.end(), words);
  };
  const std::string real = "/run/usr-bin";
  add({"--ro-bind", "/usr/bin", real, "--tmpfs", "/usr/bin"});
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/bin", error)) {
    const std::string name = entry.path().filename();
    if (!programs.contains(name)) add({"--symlink", real + "/" + name, "/usr/bin/" + name});
  }
  if (error) return tl::unexpected(io_failure("read", "/usr/bin", error.value()));
  for (const auto& [name, text] : programs) {
    if (!text) continue;
    TRY_ASSIGN(FileDescriptor fd, memory_file("rbee-program", *text));
    add({"--perms", "0755", "--ro-bind-data", std::to_string(fd.get()), "/usr/bin/" + name});
    room.files.push_back(std::move(fd));
  }
  add({"--remount-ro", "/usr/bin"});
  return {};
}

Result<Room> room(const SandboxSpec& spec) {
  Room out;
  const auto add = [&](std::initializer_list<std::string> words) {
    out.argv.insert(out.argv.end(), words);
  };
  const std::string id = spec.user == InsideUser::root ? "0" : "1000";
  add({"bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", id, "--gid", id,
       "--hostname", spec.host_name, "--new-session", "--die-with-parent", "--cap-drop", "ALL"});
  add({"--ro-bind", "/usr", "/usr"});
  for (const std::string path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    if (S_ISLNK(status.st_mode)) {
      std::error_code error;
      const auto target = std::filesystem::read_symlink(path, error);
      if (!error) add({"--symlink", target.string(), path});
    } else {
      add({"--ro-bind", path, path});
    }
  }
  for (const std::string path : kEtc) add({"--ro-bind-try", path, path});
  const std::pair<const char*, std::string_view> texts[] = {{"/etc/passwd", kPasswd},
                                                            {"/etc/group", kGroup},
                                                            {"/etc/hosts", kHosts},
                                                            {"/etc/nsswitch.conf", kNames}};
  for (const auto& [path, text] : texts) {
    TRY_ASSIGN(FileDescriptor fd, memory_file("rbee-etc", text));
    add({"--ro-bind-data", std::to_string(fd.get()), path});
    out.files.push_back(std::move(fd));
  }
  add({"--proc", "/proc", "--dev", "/dev", "--dir", "/var/tmp"});
  for (const std::string path : {"/tmp", "/var/tmp", "/home/builder"})
    add({"--size", std::to_string(spec.scratch_bytes_max), "--tmpfs", path});
  for (const Bind& bind : spec.binds)
    add({bind.access == Access::writable ? "--bind" : "--ro-bind", bind.host.string(),
         bind.inside});
  for (const TextFile& file : spec.texts) {
    TRY_ASSIGN(FileDescriptor fd, memory_file("rbee-text", file.text));
    add({"--perms", file.executable ? "0755" : "0644", "--ro-bind-data", std::to_string(fd.get()),
         file.inside});
    out.files.push_back(std::move(fd));
  }
  if (!spec.programs.empty()) TRY(replace_programs(spec.programs, out));
  TRY_ASSIGN(FileDescriptor info, memory_file("rbee-info", ""));
  out.info = info.get();
  add({"--info-fd", std::to_string(info.get())});
  out.files.push_back(std::move(info));
  TRY_ASSIGN(FileDescriptor filter, seccomp_filter());
  // All of /proc read-only: when root builds, the files under /proc/sys belong to the build's user
  // id.
  add({"--remount-ro", "/proc", "--remount-ro", "/", "--seccomp", std::to_string(filter.get()),
       "--chdir", spec.directory, "--"});
  out.files.push_back(std::move(filter));
  out.argv.insert(out.argv.end(), spec.argv.begin(), spec.argv.end());
  return out;
}

tl::unexpected<Error> unavailable(std::string why) {
  return fail(Errc::failed, "sandbox-unavailable", "this machine cannot make a sandbox to build in",
              {.evidence = {std::move(why)},
               .why = "recipes are other people's programs; they only run inside bubblewrap, with "
                      "user namespaces",
               .fix = "apt-get install bubblewrap; if it is installed, allow user namespaces: "
                      "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 "
                      "(Ubuntu: kernel.apparmor_restrict_unprivileged_userns=0; "
                      "containers: seccomp and AppArmor profiles that allow them)"});
}

/// The sandbox's first process, as bubblewrap wrote it to `info`; 0: not yet.
pid_t first_process(int info) {
  std::array<char, 256> text{};
  const ssize_t length = ::pread(info, text.data(), text.size(), 0);
  const std::string_view said(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  constexpr std::string_view key = "\"child-pid\":";
  const auto at = said.find(key);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = trim(said.substr(at + key.size()));
  pid_t first = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), first);
  // Half a number has no end yet.
  return error == std::errc{} && end != digits.data() + digits.size() ? first : 0;
}

/// Killing bubblewrap kills the sandbox's first process, and its end kills the rest; but not at
/// once. A process descriptor becomes readable when all of that is over (pid_namespaces(7),
/// pidfd_open(2)).
void wait_until_empty(int info) {
  const pid_t first = first_process(info);
  if (first <= 1) return;
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, first, 0)));
  if (!process) return;  // Gone already.
  pollfd waiting{process.get(), POLLIN, 0};
  ::poll(&waiting, 1, 10'000);
}

/// Makes the gateway's socket while bubblewrap holds the program back, then lets it start.
class GatewayOpener {
 public:
  /// `release`: a byte in it lets the program start.
  GatewayOpener(int info, FileDescriptor release,
                const std::function<void(FileDescriptor)>& gateway)
      : release_(std::move(release)), thread_([this, info, &gateway] { open(info, gateway); }) {}
  ~GatewayOpener() { join(); }
  GatewayOpener(const GatewayOpener&) = delete;
  GatewayOpener& operator=(const GatewayOpener&) = delete;

  bool failed() const { return failed_; }
  /// The program has ended. Why there was no gateway, if there was none.
  std::optional<Error> join() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    return std::move(error_);
  }

 private:
  void open(int info, const std::function<void(FileDescriptor)>& gateway) {
    pid_t first = 0;
    while ((first = first_process(info)) <= 1) {
      if (over_) return;
      ::usleep(2'000);
    }
    auto socket = listen_inside(first, kGatewayPort);
    if (!socket) {
      error_ = std::move(socket).error();
      failed_ = true;
      return;
    }
    gateway(std::move(*socket));
    [[maybe_unused]] const ssize_t one = ::write(release_.get(), "x", 1);
  }

  FileDescriptor release_;
  std::atomic<bool> over_ = false;
  std::atomic<bool> failed_ = false;
  std::optional<Error> error_;
  std::thread thread_;  // The last: it uses the others.
};

Result<ProcessResult> run_room(const SandboxSpec& spec) {
  TRY_ASSIGN(Room made, room(spec));
  ProcessSpec process{.argv = std::move(made.argv), .environment = spec.environment};
  process.environment.try_emplace("HOME", "/home/builder");
  process.environment.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  for (const FileDescriptor& file : made.files) process.inherit.push_back(file.get());
  process.inherit.insert(process.inherit.end(), spec.inherit.begin(), spec.inherit.end());
  process.output = spec.output;
  process.cancelled = spec.cancelled;
  process.limits = spec.limits;
  std::optional<GatewayOpener> opener;
  FileDescriptor held;
  if (spec.gateway) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(io_failure("make", "a pipe", errno));
    held = FileDescriptor(ends[0]);
    process.argv.insert(process.argv.begin() + 1, {"--block-fd", std::to_string(held.get())});
    process.inherit.push_back(held.get());
    opener.emplace(made.info, FileDescriptor(ends[1]), spec.gateway);
    process.cancelled = [&] { return opener->failed() || (spec.cancelled && spec.cancelled()); };
  }
  auto result = run_process(process);
  wait_until_empty(made.info);
  if (opener) {
    auto error = opener->join();
    // Who stops a build while its gateway is made gets to hear that, and not what it broke.
    if (error && !(spec.cancelled && spec.cancelled())) return tl::unexpected(std::move(*error));
  }
  return result;
}

}  // namespace

Result<void> check_sandbox() {
  if (!find_program("bwrap")) return unavailable("bubblewrap is not installed");
  std::string said;
  SandboxSpec spec{.argv = {"/usr/bin/true"}};
  spec.output = [&](std::string_view bytes) { said += bytes; };
  spec.limits.wall_max = std::chrono::seconds(20);
  TRY_ASSIGN(const ProcessResult result, run_room(spec));
  if (result.ok()) return {};
  return unavailable(fmt::format("bubblewrap: {}", printable_line(trim(said))));
}

Result<ProcessResult> run_sandboxed(const SandboxSpec& spec) {
  if (!find_program("bwrap")) return unavailable("bubblewrap is not installed");
  TRY_ASSIGN(const ProcessResult result, run_room(spec));
  // Asked afterwards, and only where it may be the cause: a sandbox takes a while to make.
  if (result.end == ProcessResult::End::exited && result.code != 0) TRY(check_sandbox());
  return result;
}

}  // namespace rbee::platform
