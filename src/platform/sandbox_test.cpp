// Ways out of the sandbox, tried from inside it; and what a build must still be able to do there.
//
// The probe is a small C program that the sandbox itself compiles: escapes are kernel calls, not
// shell words. Every probe prints "held: …" or "ESCAPED: …", so a probe that did not run fails its
// test too.
#include "platform/sandbox.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <thread>

#include "../../tests/fakes/http_file_server.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::platform {
namespace {

using fakes::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kProbe = R"c(
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int verdict(int escaped) {
  printf("%s: %s\n", escaped ? "ESCAPED" : "held", escaped ? "it worked" : strerror(errno));
  return 0;
}
static int can_write(const char* path) { return open(path, O_WRONLY | O_CREAT, 0644) >= 0; }
static int socket_to(struct sockaddr* address, socklen_t size) {
  int fd = socket(address->sa_family, SOCK_STREAM, 0);
  return fd >= 0 && connect(fd, address, size) == 0;
}

int main(int argc, char** argv) {
  const char* what = argv[1];
  const char* arg = argc > 2 ? argv[2] : "";
#define PROBE(name) if (strcmp(what, name) == 0)
  PROBE("connect") {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arg))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return verdict(socket_to((struct sockaddr*)&to, sizeof to));
  }
  PROBE("connect-out") {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
    to.sin_addr.s_addr = inet_addr("192.0.2.1");
    return verdict(socket_to((struct sockaddr*)&to, sizeof to));
  }
  PROBE("abstract-socket") {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strcpy(to.sun_path + 1, arg);
    return verdict(socket_to((struct sockaddr*)&to, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(arg)));
  }
  PROBE("vsock") return verdict(socket(40, SOCK_STREAM, 0) >= 0);
  PROBE("packet-socket") return verdict(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
  PROBE("algorithm-socket") return verdict(socket(AF_ALG, SOCK_SEQPACKET, 0) >= 0);
  PROBE("write") return verdict(can_write(arg));
  PROBE("read") return verdict(open(arg, O_RDONLY) >= 0);
  PROBE("exists") { struct stat s; return verdict(lstat(arg, &s) == 0); }
  PROBE("kill") return verdict(kill(atoi(arg), 0) == 0);
  PROBE("processes") {
    DIR* dir = opendir("/proc");
    int count = 0;
    for (struct dirent* e; (e = readdir(dir));) count += atoi(e->d_name) > 0;
    errno = ESRCH;
    return verdict(count == 0 || count > 3);
  }
  PROBE("ptrace") return verdict(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
  PROBE("ptrace-parent") return verdict(ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0);
  PROBE("process-memory") {
    char byte;
    struct iovec here = {&byte, 1}, there = {&byte, 1};
    return verdict(process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1);
  }
  PROBE("mount") return verdict(mount("none", "/tmp", "tmpfs", 0, 0) == 0);
  PROBE("remount") return verdict(mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0) == 0);
  PROBE("umount") return verdict(umount2("/proc", MNT_DETACH) == 0);
  PROBE("fsopen") return verdict(syscall(SYS_fsopen, "tmpfs", 0) >= 0);
  PROBE("open-tree") return verdict(syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0);
  PROBE("pivot-root") return verdict(syscall(SYS_pivot_root, "/", "/tmp") == 0);
  PROBE("chroot") return verdict(chroot("/tmp") == 0);
  PROBE("mknod") return verdict(mknod("disk", S_IFBLK | 0600, makedev(254, 0)) == 0 && open("disk", O_RDONLY) >= 0);
  PROBE("set-id-file") {
    close(open("s", O_CREAT | O_WRONLY, 0755));
    return verdict(chmod("s", 04755) == 0 || fchmodat(AT_FDCWD, "s", 02755, 0) == 0);
  }
  PROBE("become-root") {
    int got = getuid() != 0 && (setuid(0) == 0 || setgid(0) == 0);
    return verdict(got || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
  }
  PROBE("keyctl") return verdict(syscall(SYS_keyctl, 0, -3, 0) >= 0);
  PROBE("add-key") return verdict(syscall(SYS_add_key, "user", "x", "y", 1, -2) >= 0);
  PROBE("bpf") { char attr[128] = {1, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 1}; return verdict(syscall(SYS_bpf, 0, attr, 128) >= 0); }
  PROBE("perf") { char attr[128] = {0}; return verdict(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0) >= 0); }
  PROBE("userfaultfd") return verdict(syscall(SYS_userfaultfd, 1) >= 0);
  PROBE("io-uring") { char params[120] = {0}; return verdict(syscall(SYS_io_uring_setup, 4, params) >= 0); }
  PROBE("module") return verdict(syscall(SYS_init_module, "", 0, "") == 0);
  PROBE("kexec") return verdict(syscall(SYS_kexec_load, 0, 0, 0, 0) == 0);
  PROBE("unshare-user") return verdict(unshare(CLONE_NEWUSER) == 0);
  PROBE("unshare-net") return verdict(unshare(CLONE_NEWNET) == 0);
  PROBE("clone-user") {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return verdict(pid > 0);
  }
  PROBE("clone3") {
    unsigned long arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long pid = syscall(SYS_clone3, arguments, sizeof arguments);
    if (pid == 0) _exit(0);
    return verdict(pid > 0);
  }
  PROBE("setns") return verdict(setns(open("/proc/1/ns/user", O_RDONLY), 0) == 0);
  PROBE("hostname") return verdict(sethostname("x", 1) == 0);
  // Opening is proof enough; a test that fails must not change the machine it runs on.
  PROBE("open-write") return verdict(open(arg, O_WRONLY) >= 0);
  PROBE("terminal") {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) return 1;
    setsid();
    int slave = open(ptsname(master), O_RDWR);
    if (slave < 0) return 1;
    int plain = ioctl(slave, TIOCSTI, "x") == 0;
    int plain_errno = errno;
    int high = syscall(SYS_ioctl, slave, 0x100000000UL | TIOCSTI, "x") == 0;
    errno = plain_errno;
    return verdict(plain || high || errno != EPERM);
  }
  PROBE("old-abi") {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    return verdict(result > 0);
#else
    errno = ENOSYS;
    return verdict(0);
#endif
  }
  PROBE("capabilities") {
    char text[4096] = {0};
    read(open("/proc/self/status", O_RDONLY), text, sizeof text - 1);
    errno = EPERM;
    return verdict(!strstr(text, "CapEff:\t0000000000000000") || !strstr(text, "CapPrm:\t0000000000000000") ||
                   !strstr(text, "CapBnd:\t0000000000000000"));
  }
  PROBE("environment") {
    char text[65536] = {0};
    int fd = open("/proc/1/environ", O_RDONLY);
    long size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    int found = getenv("RBEE_TEST_SECRET") != 0;
    for (long i = 0; i < size; ++i) found |= strncmp(text + i, "RBEE_TEST_SECRET", 16) == 0;
    return verdict(found);
  }
  PROBE("core-limit") { struct rlimit l = {1 << 20, 1 << 20}; return verdict(setrlimit(RLIMIT_CORE, &l) == 0); }
  PROBE("open-files") {
    for (int fd = 3; fd < 1024; ++fd)
      if (fcntl(fd, F_GETFD) >= 0) return verdict(1);
    errno = EBADF;
    return verdict(0);
  }
  puts("no such probe");
  return 2;
}
)c";

/// A writable /build with the compiled probe in it.
class Chamber {
 public:
  Chamber() {
    fakes::write_text(dir / "work/probe.c", kProbe);
    fakes::write_text(dir / "shown", "read me");
    compiled = run({"cc", "-O1", "-w", "-o", "probe", "probe.c"});
  }

  std::string run(std::vector<std::string> argv, InsideUser user = InsideUser::builder) {
    std::string text;
    SandboxSpec spec{.argv = std::move(argv)};
    spec.user = user;
    spec.binds = {{dir / "work", "/build", Access::writable},
                  {dir / "shown", "/recipe/file", Access::read_only}};
    spec.directory = "/build";
    spec.output = [&](std::string_view bytes) { text += bytes; };
    spec.limits.wall_max = std::chrono::seconds(30);
    auto result = run_sandboxed(spec);
    if (!result) return describe(result.error());
    if (!result->ok()) text += to_string(*result, spec.limits);
    return text;
  }

  TempDir dir;
  std::string compiled;
};

struct Escape {
  const char* probe;
  std::string argument = {};
};

/// Every escape; the findings as text, empty when all held.
std::string try_all(InsideUser user) {
  ::setenv("RBEE_TEST_SECRET", "hidden", 1);
  Chamber chamber;
  if (!chamber.compiled.empty()) return "the probe does not compile: " + chamber.compiled;
  const fakes::HttpFileServer server;
  const std::string url = server.url("");
  fakes::write_text(chamber.dir / "secret", "of this user");
  std::filesystem::create_symlink(chamber.dir / "secret", chamber.dir / "work/to-secret");

  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const std::string name = fmt::format("rbee-sandbox-test-{}", ::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, name.size());
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())) != 0 ||
      ::listen(listener, 1) != 0)
    return "no abstract socket to test with";

  const Escape escapes[] = {
      {"connect", url.substr(url.rfind(':') + 1)},
      {"connect-out"},
      {"abstract-socket", name},
      {"vsock"},
      {"packet-socket"},
      {"algorithm-socket"},
      {"write", "/etc/evil"},
      {"write", "/usr/evil"},
      {"write", "/usr/bin/env"},
      {"write", "/evil"},
      {"write", "/recipe/file"},
      {"read", (chamber.dir / "secret").string()},
      {"read", "/build/to-secret"},
      {"read", "/root/.ssh/id_ed25519"},
      {"read", "/etc/shadow"},
      {"read", "/dev/mem"},
      {"read", "/dev/kmsg"},
      {"read", "/dev/vda"},
      {"exists", "/home/" + std::string("user")},
      {"exists", "/root"},
      {"exists", "/sys/kernel"},
      {"exists", "/var/lib"},
      {"exists", "/run"},
      {"kill", std::to_string(::getpid())},
      {"processes"},
      {"ptrace"},
      {"ptrace-parent"},
      {"process-memory"},
      {"mount"},
      {"remount"},
      {"umount"},
      {"fsopen"},
      {"open-tree"},
      {"pivot-root"},
      {"chroot"},
      {"mknod"},
      {"set-id-file"},
      {"become-root"},
      {"keyctl"},
      {"add-key"},
      {"bpf"},
      {"perf"},
      {"userfaultfd"},
      {"io-uring"},
      {"module"},
      {"kexec"},
      {"unshare-user"},
      {"unshare-net"},
      {"clone-user"},
      {"clone3"},
      {"setns"},
      {"hostname"},
      {"open-write", "/proc/sys/kernel/core_pattern"},
      {"open-write", "/proc/sys/kernel/hostname"},
      {"open-write", "/proc/sys/vm/drop_caches"},
      {"open-write", "/proc/sysrq-trigger"},
      {"terminal"},
      {"capabilities"},
      {"environment"},
      {"core-limit"},
      {"open-files"},
  };
  std::string findings;
  for (const Escape& escape : escapes) {
    const std::string said = chamber.run({"./probe", escape.probe, escape.argument}, user);
    if (!said.starts_with("held: "))
      findings += fmt::format("{} {}: {}\n", escape.probe, escape.argument, said);
  }
#if defined(__x86_64__)
  // Killed by the filter; a kernel without that ABI at all answers with a fault (SIGSEGV).
  if (const std::string said = chamber.run({"./probe", "old-abi"});
      said.find("signal") == std::string::npos && said.find("exit code 159") == std::string::npos &&
      said.find("exit code 139") == std::string::npos)
    findings += "old-abi: " + said;
#endif
  ::close(listener);
  ::unsetenv("RBEE_TEST_SECRET");
  return findings;
}

/// Run `body` in a child that is an ordinary user (when we are root) and return what it returned.
std::string as_ordinary_user(const std::function<std::string()>& body) {
  if (::getuid() != 0) return body();
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "privileges could not be dropped";
    if (::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
        ::setresuid(65534, 65534, 65534) == 0)
      text = body();
    write_all(ends[1], text);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char block[4096];
  for (ssize_t count; (count = ::read(ends[0], block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) text += "the child crashed";
  return text;
}

TEST(Sandbox, HoldsAgainstEveryEscape) {
  EXPECT_EQ(try_all(InsideUser::builder), "");
}

TEST(Sandbox, HoldsAgainstEveryEscapeOfAnOrdinaryUser) {
  EXPECT_EQ(as_ordinary_user([] { return try_all(InsideUser::builder); }), "");
}

TEST(Sandbox, HoldsAgainstEveryEscapeOfItsOwnRoot) {
  EXPECT_EQ(try_all(InsideUser::root), "");
  EXPECT_EQ(as_ordinary_user([] { return try_all(InsideUser::root); }), "");
}

TEST(Sandbox, ItsRootMayGiveFilesToRoot) {
  Chamber chamber;
  EXPECT_EQ(chamber.run(
                {"bash", "-c", "touch f && install -o root -g root -m644 f g && chown root:root g"},
                InsideUser::root),
            "");
}

TEST(Sandbox, TheProbesCanTellAnEscape) {
  // The same program outside: if these were "held" here too, the tests above would prove nothing.
  Chamber chamber;
  ASSERT_EQ(chamber.compiled, "");
  const std::string probe = chamber.dir / "work/probe";
  fakes::write_text(chamber.dir / "secret", "x");
  const fakes::HttpFileServer server;
  const std::string url = server.url("");
  for (const Escape& escape :
       {Escape{"read", chamber.dir / "secret"}, Escape{"processes"}, Escape{"ptrace"},
        Escape{"process-memory"}, Escape{"kill", std::to_string(::getpid())},
        Escape{"connect", url.substr(url.rfind(':') + 1)}, Escape{"set-id-file"},
        Escape{"exists", "/usr"}}) {
    std::string said;
    ProcessSpec spec{.argv = {probe, escape.probe, escape.argument}};
    spec.directory = chamber.dir / "work";
    spec.output = [&](std::string_view bytes) { said += bytes; };
    ASSERT_TRUE(run_process(spec));
    EXPECT_THAT(said, StartsWith("ESCAPED")) << escape.probe;
  }
}

TEST(Sandbox, FilesMadeInsideBelongToUs) {
  Chamber chamber;
  EXPECT_EQ(
      chamber.run({"bash", "-c",
                   "mkdir -p a/b && echo made >a/b/c && id -un && echo $HOME && touch ~/x /tmp/y"}),
      "builder\n/home/builder\n");
  EXPECT_EQ(fakes::read_text(chamber.dir / "work/a/b/c"), "made\n");
  struct stat status {};
  ASSERT_EQ(::stat((chamber.dir / "work/a/b/c").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::getuid());
}

TEST(Sandbox, NothingOutlivesTheRun) {
  Chamber chamber;
  chamber.run(
      {"bash", "-c",
       "setsid bash -c 'while :; do echo x >>beat; sleep 0.01; done' >/dev/null 2>&1 & sleep 0.1"});
  const auto size = std::filesystem::file_size(chamber.dir / "work/beat");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(std::filesystem::file_size(chamber.dir / "work/beat"), size);
}

TEST(Sandbox, CancellingEndsTheWholeTree) {
  Chamber chamber;
  SandboxSpec spec{
      .argv = {"bash", "-c",
               "trap '' TERM; (trap '' TERM; while :; do echo x >>beat; sleep 0.01; done) & wait"}};
  spec.binds = {{chamber.dir / "work", "/build", Access::writable}};
  spec.directory = "/build";
  spec.cancelled = [&] { return std::filesystem::exists(chamber.dir / "work/beat"); };
  const auto result = run_sandboxed(spec);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessResult::End::cancelled);
  const auto size = std::filesystem::file_size(chamber.dir / "work/beat");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(std::filesystem::file_size(chamber.dir / "work/beat"), size);
}

}  // namespace
}  // namespace rbee::platform
