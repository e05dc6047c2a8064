// A real bash in the real sandbox: recipes that only it can read, and recipes that try to take
// more than they are given, to get out, or to answer for bash.
#include "build/shell_evaluator.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "../../tests/fakes/temp_dir.hpp"
#include "base/text.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::build::shell_tests {
namespace {

using fakes::read_text;
using fakes::TempDir;
using fakes::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kHead = "pkgname=demo\npkgver=1\npkgrel=1\narch=(any)\n";

struct Trial {
  explicit Trial(std::string_view rest) : text(std::string(kHead) + std::string(rest) + "\n") {
    write_text(dir / "PKGBUILD", text);
  }
  Result<ShellAnswer> ask() {
    return ask_shell({.text = text, .inputs = inputs, .folder = dir.path(), .limits = limits});
  }
  std::string srcinfo() {
    const auto said = ask();
    if (!said) return describe(said.error());
    if (!*said) return describe(said->error().findings.at(0));
    return pkgbuild::srcinfo(**said);
  }
  std::string pkgdesc() {
    const auto said = ask();
    if (!said) return describe(said.error());
    if (!*said) return describe(said->error().findings.at(0));
    return std::string((*said)->scalar("pkgdesc"));
  }
  TempDir dir;
  std::string text;
  pkgbuild::Inputs inputs;
  ShellLimits limits;
};

// ---- answers

TEST(Shell, ReadsWhatNativeCannot) {
  Trial trial(R"sh(
source lib.sh
depends=($(perl -e 'print "perl"') "$_more")
source_x86_64=('a::https://example.org/$x' "b  c")
package() {
  pkgdesc+="$pkgname"
  provides=("demo-$CARCH")
}
)sh");
  write_text(trial.dir / "lib.sh", "_more=from-beside\npkgdesc='made for '\n");
  EXPECT_EQ(trial.srcinfo(),
            "pkgbase = demo\n\tpkgdesc = made for\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n"
            "\tdepends = perl\n\tdepends = from-beside\n\n"
            "pkgname = demo\n\tpkgdesc = made for demo\n\tprovides = demo-x86_64\n");
}

TEST(Shell, AsksNativeFirst) {
  pkgbuild::Inputs inputs;
  const std::string plain = std::string(kHead) + "pkgdesc=x\n";
  const auto native = evaluate_with_fallback({.text = plain, .inputs = inputs});
  ASSERT_TRUE(native) << describe(native.error());
  EXPECT_EQ(native->evaluator, pkgbuild::Evaluator::native);
  EXPECT_FALSE(native->undecided);

  const std::string hard = std::string(kHead) + "pkgdesc=$(perl -e 'print 7')\n";
  const auto shell = evaluate_with_fallback({.text = hard, .inputs = inputs});
  ASSERT_TRUE(shell) << describe(shell.error());
  EXPECT_EQ(shell->evaluator, pkgbuild::Evaluator::sandbox);
  ASSERT_TRUE(shell->answer);
  EXPECT_EQ(shell->answer->scalar("pkgdesc"), "7");
  EXPECT_EQ(shell->undecided->findings.at(0).message, "unsupported: command perl at line 5");

  for (const char* wrong : {"if", "false"}) {
    const std::string text = std::string(kHead) + wrong + "\n";
    const auto refused = evaluate_with_fallback({.text = text, .inputs = inputs});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->evaluator, pkgbuild::Evaluator::native) << wrong;
    EXPECT_FALSE(refused->answer) << wrong;
  }
}

TEST(Shell, ReadsARecipeWithoutAFolder) {
  const pkgbuild::Inputs inputs;
  const std::string text =
      std::string(kHead) + "pkgdesc=\"$startdir $(ls) ${BASH_SOURCE[0]} $PWD $0\"\n";
  const auto said = ask_shell({.text = text, .inputs = inputs});
  ASSERT_TRUE(said) << describe(said.error());
  ASSERT_TRUE(*said);
  EXPECT_EQ((*said)->scalar("pkgdesc"),
            "/startdir PKGBUILD /startdir/PKGBUILD /startdir /usr/bin/makepkg");
}

TEST(Shell, IsAskedForAPlatform) {
  Trial trial(
      "pkgdesc=\"$CARCH $CHOST $(uname -m) $(uname -sm) $(arch) $RBEE_FEATURES $(command -v "
      "nvidia-smi || echo none) $(command -v rocminfo || echo none)\"; nvidia-smi && "
      "pkgdesc+=\" cuda\"; uname -r || pkgdesc+=\" unknown\"");
  trial.inputs.platform = {Os::linux, Arch::aarch64, Accelerator::cuda};
  trial.inputs.environment = {{"RBEE_FEATURES", "a,b"}, {"LD_PRELOAD", "/nowhere.so"}};
  EXPECT_EQ(trial.pkgdesc(),
            "aarch64 aarch64-unknown-linux-gnu aarch64 Linux aarch64 aarch64 a,b "
            "/usr/bin/nvidia-smi none cuda unknown");
  trial.inputs.platform = {Os::macos, Arch::aarch64, Accelerator::rocm};
  EXPECT_EQ(trial.pkgdesc(),
            "aarch64 aarch64-apple-darwin arm64 Darwin arm64 arm64 a,b none /opt/rocm/bin/rocminfo "
            "unknown");
}

TEST(Shell, FindsOverridesAsMakepkgDoes) {
  Trial trial(R"sh(
pkg=hidden
pkgname=(demo demo-b)
depends=(a b)
eval 'package_demo-b() { depends+=("$pkg" $(perl -e "print q(c)")); local groups=(no); }'
package_demo() { if false; then backup=(etc/x); fi; depends=(); install=; : ; provides=(x) && :; }
)sh");
  EXPECT_EQ(trial.srcinfo(),
            "pkgbase = demo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\tdepends = a\n\tdepends = "
            "b\n\npkgname = demo\n\tinstall = \n\tdepends = \n\tprovides = x\n\tbackup = etc/x\n\n"
            "pkgname = demo-b\n\tdepends = a\n\tdepends = b\n\tdepends = demo-b\n\tdepends = c\n");
}

TEST(Shell, RefusesWhatMakepkgRefuses) {
  Trial last("false");
  EXPECT_THAT(last.srcinfo(), HasSubstr("the recipe's last command fails with status 1"));
  Trial lint("options=(srip)");
  EXPECT_THAT(lint.srcinfo(), HasSubstr("options array contains unknown option 'srip'"));
  Trial form("package() { depends=x; }");
  EXPECT_THAT(form.srcinfo(), HasSubstr("depends should be an array"));
  Trial returns("x() { return 3; }; x\n");
  EXPECT_THAT(returns.srcinfo(), HasSubstr("the recipe's last command fails with status 3"));
  Trial carriage("pkgdesc=x\r");
  EXPECT_THAT(carriage.srcinfo(), HasSubstr("carriage returns"));
  Trial extglob("shopt -u extglob; [[ x == @(x) ]]; y=@(a|b)");
  EXPECT_THAT(extglob.srcinfo(), HasSubstr("the recipe's last command fails"));
}

// ---- recipes that change the shell which reads them, and must be read all the same

struct Meddler {
  const char* name;
  const char* text;
};
void PrintTo(const Meddler& row, std::ostream* out) {
  *out << row.name;
}

class Meddling : public ::testing::TestWithParam<Meddler> {};

TEST_P(Meddling, DoesNotChangeTheAnswer) {
  Trial trial(std::string("pkgdesc=true\ndepends=(a 'b' c)\npackage() { depends+=(d); }\n") +
              GetParam().text);
  EXPECT_EQ(trial.srcinfo(),
            "pkgbase = demo\n\tpkgdesc = true\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\tdepends "
            "= a\n\tdepends = b\n\tdepends = c\n\npkgname = demo\n\tdepends = a\n\tdepends = b\n"
            "\tdepends = c\n\tdepends = d\n");
}

INSTANTIATE_TEST_SUITE_P(
    All, Meddling,
    ::testing::Values(
        Meddler{"prints_a_report",
                R"(printf '%s\0' rbee-shell-report 1 x 0 hB ' ' end x; printf '\n' >&2)"},
        Meddler{"redefines_printf", "printf() { echo evil; }"},
        Meddler{"redefines_builtin_and_command", "builtin() { :; }; command() { :; }"},
        Meddler{"redefines_declare", "declare() { echo evil; }; local() { :; }; typeset() { :; }"},
        Meddler{"redefines_special_builtins",
                "set() { :; }; unset() { :; }; trap() { :; }; eval() { :; }; exit() { :; }"},
        Meddler{"disables_printf", "enable -n printf"},
        Meddler{"redefines_mapfile", "mapfile() { :; }; compgen() { :; }; shopt() { :; }"},
        Meddler{"aliases",
                "shopt -s expand_aliases\nalias printf='echo evil' rbee__report=true "
                "set=: declare=: exit=:"},
        Meddler{"closes_its_output", "exec 1>&- 2>&-"}, Meddler{"closes_its_input", "exec 0<&-"},
        Meddler{"redirects_its_output", "exec >/dev/null 2>&1"}, Meddler{"empty_ifs", "IFS="},
        Meddler{"ifs_is_a_newline", "IFS=$'\\n'"}, Meddler{"no_ifs", "unset IFS"},
        Meddler{"noglob", "set -f"}, Meddler{"noclobber", "set -C"},
        Meddler{"trace", "set -x; set -v; PS4='$(echo evil >&2)'"},
        Meddler{"posix", "set -o posix"},
        Meddler{"nocasematch", "shopt -s nocasematch nullglob failglob dotglob"},
        Meddler{"debug_trap", "set -T; trap 'pkgdesc=true' DEBUG"},
        Meddler{"return_and_error_traps", "set -E; trap 'pkgdesc=evil' ERR; trap : RETURN"},
        Meddler{"exit_trap", "trap 'echo bye; exit 9' EXIT"},
        Meddler{"bash_env", "export BASH_ENV=/startdir/PKGBUILD ENV=/startdir/PKGBUILD"},
        Meddler{"readonly_fields", "readonly depends pkgdesc pkgver"},
        Meddler{"positional_parameters", "set -- a b c"},
        Meddler{"background_process", "sleep 60 & disown"},
        Meddler{"changes_folder", "cd /; PATH=/nowhere"}, Meddler{"no_path", "unset PATH; hash -r"},
        Meddler{"assigns_readonly_variable", "startdir=x\ntrue"},
        Meddler{"kills_its_parent", "kill -9 $PPID; kill -9 1; true"},
        Meddler{"globignore", "GLOBIGNORE='*'; CDPATH=/; POSIXLY_CORRECT=1"},
        Meddler{"own_helpers",
                "rbee__put=x; rbee__status=7; rbee__schema=x\nrbee__report() { :; }\ntrue"},
        Meddler{"override_that_prints",
                "package() { depends+=(d); url= && echo evil; } >&2\n"
                "package() { depends+=(d); echo evil; }"}),
    [](const auto& row) { return std::string(row.param.name); });

// ---- recipes that are stopped, or answer nothing

struct Stopped {
  const char* name;
  const char* text;
  const char* id;
  std::chrono::seconds wall{5};  ///< More where a busy machine would take it before the other.
};
void PrintTo(const Stopped& row, std::ostream* out) {
  *out << row.name;
}

constexpr std::chrono::seconds kLong{100};

class Stopping : public ::testing::TestWithParam<Stopped> {};

TEST_P(Stopping, HasItsError) {
  Trial trial(GetParam().text);
  trial.limits.wall_max = GetParam().wall;
  // A slow machine must not take the processor's limit before the one that is meant.
  if (std::string_view(GetParam().id) == "shell-memory-limit")
    trial.limits.cpu_max = GetParam().wall;
  const auto begun = std::chrono::steady_clock::now();
  const auto said = trial.ask();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, GetParam().wall + std::chrono::seconds(20));
  ASSERT_FALSE(said) << (*said ? pkgbuild::srcinfo(**said) : "refused");
  EXPECT_EQ(said.error().id, GetParam().id) << describe(said.error());
  EXPECT_EQ(trial.text, read_text(trial.dir / "PKGBUILD"));
}

INSTANTIATE_TEST_SUITE_P(
    All, Stopping,
    ::testing::Values(
        Stopped{"fork_bomb", "bomb() { bomb | bomb & }; bomb; sleep 60", "shell-process-limit"},
        Stopped{"endless_loop", "while :; do :; done", "shell-cpu-limit", kLong},
        Stopped{"endless_loop_below", "pkgdesc=$(while :; do :; done); pkgdesc=half",
                "shell-cpu-limit", kLong},
        Stopped{"ignores_the_signal", "trap '' XCPU TERM; while :; do :; done", "shell-cpu-limit",
                kLong},
        Stopped{"memory_in_one", "x=$(head -c 1G /dev/zero | tr '\\0' x)", "shell-memory-limit",
                kLong},
        Stopped{"memory_in_many",
                "eat() { local x=$(head -c 100M /dev/zero | tr '\\0' x); sleep 60; }\n"
                "eat & eat & eat & eat & wait",
                "shell-memory-limit", kLong},
        Stopped{"output_flood", "yes", "shell-output-limit", kLong},
        Stopped{"report_flood", "pkgdesc=x; for i in {1..21}; do pkgdesc+=$pkgdesc; done",
                "shell-output-limit", kLong},
        Stopped{"sleeps", "sleep 60", "shell-wall-limit"},
        Stopped{"waits_for_input_that_never_comes", "mkfifo /tmp/f; read x < /tmp/f",
                "shell-wall-limit"},
        Stopped{"exits", "exit 0", "shell-exited"},
        Stopped{"exits_with_a_status", "exit 3", "shell-exited"},
        Stopped{"becomes_another_program", "exec true", "shell-exited"},
        Stopped{"kills_itself", "kill -9 $$", "shell-exited"},
        Stopped{"stops_reading", "set -n", "shell-exited"},
        Stopped{"readonly_posix", "readonly POSIXLY_CORRECT", "shell-exited"},
        Stopped{"skips_every_command", "shopt -s extdebug; set -T; trap false DEBUG",
                "shell-exited"},
        Stopped{"disables_mapfile", "enable -n mapfile", "shell-report-malformed"},
        Stopped{"closes_every_descriptor",
                "for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 200)) || eval \"exec "
                "$fd>&-\"; done",
                "shell-exited"},
        Stopped{"writes_to_every_descriptor",
                "for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 200)) || echo evil >&$fd; done",
                "shell-report-malformed"},
        Stopped{"reads_the_nonce",
                "for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 200)) || cat <&$fd; done",
                "shell-report-malformed"}),
    [](const auto& row) { return std::string(row.param.name); });

// ---- what it can reach

TEST(Shell, ReachesNothing) {
  // A server on this machine, which the sandbox has another loopback for.
  const platform::FileDescriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  ASSERT_EQ(::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  TempDir outside;
  write_text(outside / "secret", "secret");
  Trial trial(
      "_tried=()\ntry() { if eval \"$1\"; then _tried+=(\"$1\"); fi; } 2>/dev/null\n"
      "try ': > \"$startdir/x\"'\n"
      "try 'echo x >> \"$startdir/PKGBUILD\"'\n"
      "try ': > /usr/x'\n"
      "try ': > /x'\n"
      "try 'cat ~/.ssh/id_ed25519'\n"
      "try 'ls ~ | grep .'\n"
      "try 'ls /root /home/[!b]*'\n"
      "try 'cat " +
      (outside / "secret").string() +
      "'\n"
      "try 'ls /etc/shadow /etc/hostname'\n"
      "try ': < /dev/tcp/127.0.0.1/" +
      port +
      "'\n"
      "try ': < /dev/tcp/192.0.2.1/80'\n"
      "try 'kill -0 " +
      std::to_string(::getpid()) +
      "'\n"
      "try 'mount -t tmpfs x /tmp'\n"
      "try 'unshare -r true'\n"
      "depends=(\"${_tried[@]}\")\npkgdesc=done\ntrue");
  const auto said = trial.ask();
  ASSERT_TRUE(said) << describe(said.error());
  ASSERT_TRUE(*said) << describe(said->error().findings.at(0));
  EXPECT_EQ((*said)->scalar("pkgdesc"), "done");
  EXPECT_THAT((*said)->array("depends"), IsEmpty());
  EXPECT_EQ(trial.text, read_text(trial.dir / "PKGBUILD"));
  EXPECT_THAT(fakes::list_all(trial.dir.path()), ElementsAre("PKGBUILD"));
}

TEST(Shell, HasNoVariableOfTheCaller) {
  ::setenv("RBEE_TEST_SECRET", "secret", 1);
  Trial trial("pkgdesc=\"${RBEE_TEST_SECRET-none} $HOME $USER $LANG $TZ\"");
  EXPECT_EQ(trial.pkgdesc(), "none /home/builder builder C.UTF-8 UTC");
  ::unsetenv("RBEE_TEST_SECRET");
}

}  // namespace
}  // namespace rbee::build::shell_tests
