// Builds of small recipes in the real sandbox, and the same recipes built by the real makepkg
// beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "../../tests/corpus/hostile_archives.hpp"
#include "../../tests/fakes/http_file_server.hpp"
#include "../../tests/fakes/ordinary_user.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "base/text.hpp"
#include "build/builder.hpp"
#include "build/package_tree.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"

namespace rbee::build {
namespace {

using fakes::list_all;
using fakes::read_text;
using fakes::TempDir;
using fakes::write_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Recorder final : public Observer {
 public:
  void phase(Phase phase, std::string_view) override { phases.emplace_back(to_string(phase)); }
  void output(std::string_view bytes) override { text += bytes; }
  bool cancelled() override { return !stop_at.empty() && text.find(stop_at) != std::string::npos; }
  std::vector<std::string> phases;
  std::string text;
  std::string stop_at;
};

std::string header(std::string_view name = "demo") {
  return fmt::format("pkgname={}\npkgver=1.0\npkgrel=2\narch=(any)\n", name);
}

/// One build of a recipe's text, in a directory of its own.
struct Trial {
  explicit Trial(std::string recipe_text) : text(std::move(recipe_text)) {
    std::filesystem::create_directory(dir / "room");
  }
  Result<Built> run(std::string package = {}) {
    auto recipe = pkgbuild::evaluate(text, {});
    if (!recipe)
      return fail(Errc::invalid_input, "test-recipe", describe(recipe.error().findings.at(0)));
    Request request{.recipe = *recipe,
                    .recipe_text = text,
                    .recipe_file = "PKGBUILD",
                    .package = package.empty() ? recipe->packages.front().name : package,
                    .platform = {},
                    .sources = recipe->sources(Arch::x86_64),
                    .fetched = fetched,
                    .local_files = local,
                    .executable_files = executable,
                    .environment = {{"RBEE_FEATURES", "cpu,fast"}},
                    .source_date_epoch = 1'700'000'000};
    request.wall_seconds_max = 60;
    request.disk_reserve_bytes = disk_reserve;
    request.fetch_hosts = fetch_hosts;
    return build(request, dir / "room", seen);
  }
  std::filesystem::path tree() const { return dir / "room/pkg/demo"; }

  std::string text;
  std::map<std::string, std::string> local;
  std::vector<std::string> executable;
  std::uint64_t disk_reserve = 0;
  std::vector<std::string> fetch_hosts;
  std::map<std::string, std::filesystem::path> fetched;
  Recorder seen;
  TempDir dir;
};

TEST(Build, PrepareReachesTheHostsThatItMayAndNothingElse) {
  fakes::HttpFileServer allowed;
  allowed.put("/crate", {.body = "from the registry"});
  fakes::HttpFileServer barred;
  barred.put("/secret", {.body = "of this network"});
  // bash alone: CONNECT by hand, as cargo or npm would.
  const std::string helpers = R"sh(
tunnel() {  # HOST:PORT PATH
  exec 3<>/dev/tcp/127.0.0.1/3128 || return 1
  printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' "$1" "$1" >&3
  local status line
  read -r _ status _ <&3
  while read -r line && [[ $line != $'\r' ]]; do :; done <&3
  [[ $status == 200 ]] || { echo "refused: $status"; return 1; }
  printf 'GET %s HTTP/1.0\r\nHost: x\r\n\r\n' "$2" >&3
  cat <&3
}
)sh";
  const auto host = [](const fakes::HttpFileServer& server) { return server.url("").substr(7); };
  Trial trial(header() + helpers +
              fmt::format(R"sh(
prepare() {{
  [[ $https_proxy == http://127.0.0.1:3128 ]]
  tunnel {0} /crate | tail -n 1 > ~/fetched
  tunnel {1} /secret && return 1
  tunnel localhost:{2} /secret && return 1
  (exec 4<>/dev/tcp/127.0.0.1/{2}) 2>/dev/null && return 1
  (exec 4<>/dev/tcp/192.0.2.1/80) 2>/dev/null && return 1
  true
}}
build() {{
  [[ -z ${{https_proxy-}} ]]
  (exec 3<>/dev/tcp/127.0.0.1/3128) 2>/dev/null && return 1
  [[ $(<~/fetched) == 'from the registry' ]]
}}
package() {{ install -Dm644 ~/fetched "$pkgdir/usr/share/fetched"; }}
)sh",
                          host(allowed), host(barred),
                          host(barred).substr(host(barred).find(':') + 1)));
  trial.fetch_hosts = {host(allowed)};
  const auto built = trial.run();
  ASSERT_TRUE(built) << describe(built.error()) << trial.seen.text;
  EXPECT_THAT(trial.seen.text, HasSubstr("refused: 403"));
  EXPECT_TRUE(barred.requests().empty());
  EXPECT_EQ(read_text(trial.tree() / "usr/share/fetched"), "from the registry");

  Trial alone(header() +
              "prepare() { (exec 3<>/dev/tcp/127.0.0.1/3128) 2>/dev/null && return 1; true; }\n"
              "package() { install -Dm644 /dev/stdin \"$pkgdir/usr/share/x\" <<<x; }\n");
  EXPECT_TRUE(alone.run()) << "nobody allowed anything";
}

TEST(Build, WhatPrepareMayNotReachIsNamed) {
  Trial trial(header() +
              "prepare() { exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT evil.example:443 "
              "HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3; false; }\n"
              "package() { :; }\n");
  trial.fetch_hosts = {"index.crates.io:443"};
  const auto built = trial.run();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().id, "build-failed");
  EXPECT_THAT(built.error().evidence, Contains("not allowed to reach: evil.example:443"));
}

TEST(Build, StopsBeforeTheDiskIsFull) {
  Trial trial(header() + "build() { sleep 50; }\npackage() { :; }\n");
  trial.disk_reserve = UINT64_MAX;
  const auto built = trial.run();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().id, "disk-full");
}

TEST(Build, RunsThePhasesInOrderAsMakepkgDoes) {
  Trial trial(header() + R"sh(
source=('hello.c' 'run.sh')
_made=none
prepare() { _made=prepared; [[ $PWD == "$srcdir" ]]; msg 'Hello %s' world; }
build() { [[ $_made == prepared ]]; cc $CPPFLAGS $CFLAGS $LDFLAGS -o hello hello.c; echo "features $RBEE_FEATURES"; }
check() { [[ $(./hello) == hello ]]; }
package() {
  [[ $_made == none ]]  # makepkg packages in a process of its own.
  install -Dm755 -o root -g root hello "$pkgdir/usr/bin/hello"
  install -Dm755 run.sh "$pkgdir/opt/$pkgname/run.sh"
  ln -s "/opt/$pkgname/run.sh" "$pkgdir/usr/bin/run-hello"
  echo "$CARCH $pkgbase $pkgver-$pkgrel $SOURCE_DATE_EPOCH $(id -u)" >"$pkgdir/usr/bin/../../opt/demo/facts"
  ! touch "$startdir/x" 2>/dev/null
}
)sh");
  trial.local = {{"hello.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); }\n"},
                 {"run.sh", "#!/bin/sh\n"}};
  trial.executable = {"run.sh"};
  const auto built = trial.run();
  ASSERT_TRUE(built) << describe(built.error());
  EXPECT_THAT(trial.seen.phases, ElementsAre("unpack", "prepare", "build", "check", "package"));
  EXPECT_THAT(trial.seen.text, HasSubstr("==> Hello world\n"));
  EXPECT_THAT(trial.seen.text, HasSubstr("features cpu,fast\n"));
  EXPECT_EQ(trial.seen.text.find('\x1e'), std::string::npos)
      << "the driver's reports are not for people";
  EXPECT_EQ(built->version, "1.0-2");
  EXPECT_THAT(built->commands, ElementsAre("hello", "run-hello"));
  EXPECT_THAT(list_all(built->tree),
              ElementsAre(".BUILDINFO", ".MTREE", ".PKGINFO", "opt", "opt/demo", "opt/demo/facts",
                          "opt/demo/run.sh", "usr", "usr/bin", "usr/bin/hello",
                          "usr/bin/run-hello -> ../../opt/demo/run.sh"));
  EXPECT_EQ(read_text(built->tree / "opt/demo/facts"), "x86_64 demo 1.0-2 1700000000 0\n");
}

TEST(Build, PkgverReplacesTheVersionEverywhere) {
  Trial trial(header() + R"sh(
_dir=demo-$pkgver
pkgver() { echo 2.5.r3; }
build() { [[ $pkgver == 2.5.r3 && $_dir == demo-2.5.r3 && $pkgrel == 1 ]]; }
package() { [[ $_dir == demo-2.5.r3 ]]; install -d "$pkgdir/usr/share"; echo "$pkgver" >"$pkgdir/usr/share/v"; }
)sh");
  const auto built = trial.run();
  ASSERT_TRUE(built) << describe(built.error());
  EXPECT_EQ(built->version, "2.5.r3-1");
  Trial bad(header() + "pkgver() { echo 1-2; }\npackage() { :; }\n");
  EXPECT_EQ(bad.run().error().id, "pkgver-invalid");
  Trial failing(header() + "pkgver() { false; echo 1; }\npackage() { :; }\n");
  EXPECT_EQ(failing.run().error().message, "pkgver() failed");
}

TEST(Build, AFailureNamesThePhaseAndShowsTheLastLines) {
  for (const std::string phase : {"prepare", "build", "check", "package"}) {
    Trial trial(header() + phase + "() {\n  echo before\n  ls /no/such/file\n  echo after\n}\n" +
                (phase == "package"
                     ? ""
                     : "package() { install -D /dev/null \"$pkgdir/usr/share/x\"; }\n"));
    const auto built = trial.run();
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().id, "build-failed");
    EXPECT_EQ(built.error().message, phase + "() failed");
    EXPECT_THAT(built.error().evidence, Contains("ended with: exit code 2"));
    EXPECT_THAT(built.error().evidence, Contains("| before"));
    EXPECT_THAT(built.error().evidence, Contains(HasSubstr("/no/such/file")));
    EXPECT_EQ(trial.seen.text.find("after"), std::string::npos);
  }
  Trial flood(header() + "build() { printf '\\033[2Jlast words\\n'; exit 3; }\npackage() { :; }\n");
  const auto built = flood.run();
  EXPECT_THAT(built.error().evidence, Contains("| \xEF\xBF\xBD[2Jlast words"))
      << "terminal codes are made harmless";
}

TEST(Build, HasNoNetworkAndNoHome) {
  Trial trial(header() + R"sh(
build() {
  ! (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null
  [[ $(ls -A ~) == '' && ! -e /root && ! -e /home/user ]]
}
package() { install -D /dev/null "$pkgdir/usr/share/x"; }
)sh");
  const auto built = trial.run();
  EXPECT_TRUE(built) << describe(built.error());
}

TEST(Build, SourcesAreUnpackedUnlessToldOtherwise) {
  Trial trial(header() + R"sh(
source=('a.tar.gz::https://e.org/a.tar.gz' 'https://e.org/b.tar.gz' 'https://e.org/model.bin.xz')
noextract=('b.tar.gz')
package() {
  install -Dm644 a/f "$pkgdir/usr/share/f"
  install -Dm644 model.bin "$pkgdir/usr/share/model.bin"
  install -Dm644 b.tar.gz "$pkgdir/usr/share/b.tar.gz"
  [[ ! -e b && -L b.tar.gz ]]
}
)sh");
  const std::string tar =
      corpus::compress("gzip", corpus::tar({{.name = "a/f", .content = "from a"}}));
  write_text(trial.dir / "1", tar);
  write_text(trial.dir / "2", corpus::compress("gzip", corpus::tar({{.name = "b/f"}})));
  write_text(trial.dir / "3", corpus::compress("xz", "weights"));
  trial.fetched = {{"a.tar.gz", trial.dir / "1"},
                   {"b.tar.gz", trial.dir / "2"},
                   {"model.bin.xz", trial.dir / "3"}};
  const auto built = trial.run();
  ASSERT_TRUE(built) << describe(built.error());
  EXPECT_EQ(read_text(built->tree / "usr/share/f"), "from a");
  EXPECT_EQ(read_text(built->tree / "usr/share/model.bin"), "weights");
}

TEST(Build, AHostileArchiveEndsItBeforeAnythingRuns) {
  Trial trial(header() +
              "source=('https://e.org/a.tar')\nprepare() { echo ran; }\npackage() { :; }\n");
  write_text(trial.dir / "1", corpus::tar({{.name = "../evil"}}));
  trial.fetched = {{"a.tar", trial.dir / "1"}};
  const auto built = trial.run();
  EXPECT_EQ(built.error().id, "archive-traversal");
  EXPECT_THAT(built.error().message, HasSubstr("'a.tar' is refused"));
  EXPECT_EQ(trial.seen.text, "");
}

TEST(Build, SplitPackagesGiveTheOneAskedFor) {
  Trial trial(
      "pkgbase=demo\npkgname=(demo demo-extra)\npkgver=1\npkgrel=1\narch=(any)\n"
      "package_demo() { install -D /dev/null \"$pkgdir/usr/share/$pkgname\"; }\n"
      "package_demo-extra() { install -D /dev/null \"$pkgdir/usr/share/extra-$pkgname\"; }\n");
  const auto built = trial.run("demo-extra");
  ASSERT_TRUE(built) << describe(built.error());
  EXPECT_THAT(list_all(built->tree), Contains("usr/share/extra-demo-extra"));
}

TEST(Build, RefusesWhatItCannotBuild) {
  Trial vcs(header() + "source=('git+https://e.org/a.git')\npackage() { :; }\n");
  EXPECT_EQ(vcs.run().error().id, "source-unsupported");
  Trial missing(header() + "source=('nothing.c')\npackage() { :; }\n");
  EXPECT_EQ(missing.run().error().id, "local-file-missing");
  Trial set_id(header() + "package() { install -Dm4755 /dev/null \"$pkgdir/usr/bin/su\"; }\n");
  EXPECT_EQ(set_id.run().error().id, "build-failed");
}

TEST(Build, StopsWhenAsked) {
  Trial trial(header() + "build() { echo started; sleep 60; }\npackage() { :; }\n");
  trial.seen.stop_at = "started";
  EXPECT_EQ(trial.run().error().code, Errc::interrupted);
}

TEST(Build, WorksForAnOrdinaryUser) {
  EXPECT_EQ(
      fakes::as_ordinary_user([] {
        Trial trial(header() +
                    "build() { echo 'int main(void){return 0;}' >a.c && cc a.c -o a && ./a; }\n"
                    "package() { install -D -o root -g root a \"$pkgdir/usr/bin/a\"; }\n");
        const auto built = trial.run();
        return built ? fmt::format("{}", fmt::join(built->commands, " ")) : describe(built.error());
      }),
      "a");
}

TEST(PackageTree, OnlyKnownPlacesAndHarmlessThings) {
  const struct {
    const char* name;
    std::function<void(const std::filesystem::path&)> make;
    const char* id;
  } rows[] = {
      {"nothing", [](const auto&) {}, "package-empty"},
      {"a file at the top", [](const auto& t) { write_text(t / "readme", ""); }, "package-path"},
      {"home", [](const auto& t) { write_text(t / "home/user/x", ""); }, "package-path"},
      {"var", [](const auto& t) { write_text(t / "var/lib/x", ""); }, "package-path"},
      {"usr/sbin", [](const auto& t) { write_text(t / "usr/sbin/x", ""); }, "package-path"},
      {"another's opt", [](const auto& t) { write_text(t / "opt/other/x", ""); }, "package-path"},
      {"a file in place of usr/bin", [](const auto& t) { write_text(t / "usr/bin", ""); }, ""},
      {"a name with an escape", [](const auto& t) { write_text(t / "usr/share/\x1b[2J", ""); },
       "package-path"},
      {"a set-id file",
       [](const auto& t) {
         write_text(t / "usr/bin/su", "");
         ::chmod((t / "usr/bin/su").c_str(), 04755);
       },
       "package-set-id"},
      {"a FIFO",
       [](const auto& t) {
         write_text(t / "usr/share/x", "");
         ::mkfifo((t / "usr/share/fifo").c_str(), 0644);
       },
       "package-special-file"},
      {"a link out",
       [](const auto& t) {
         write_text(t / "usr/share/x", "");
         std::filesystem::create_symlink("../../../etc/passwd", t / "usr/share/l");
       },
       "package-link"},
      {"an absolute link out",
       [](const auto& t) {
         write_text(t / "usr/share/x", "");
         std::filesystem::create_symlink("/etc/passwd", t / "usr/share/l");
       },
       "package-link"},
      {"a command with a blank",
       [](const auto& t) {
         write_text(t / "usr/bin/a b", "");
         ::chmod((t / "usr/bin/a b").c_str(), 0755);
       },
       "package-command"},
      {"a command twice",
       [](const auto& t) {
         for (const char* path : {"usr/bin/a", "usr/local/bin/a"}) {
           write_text(t / path, "");
           ::chmod((t / path).c_str(), 0755);
         }
       },
       "package-command"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    TempDir dir;
    row.make(dir.path());
    const auto summary = inspect_tree(dir.path(), "demo");
    if (*row.id == '\0') {
      EXPECT_TRUE(summary) << describe(summary.error());
    } else {
      ASSERT_FALSE(summary);
      EXPECT_EQ(summary.error().id, row.id);
    }
  }
}

/// Every entry of a package tree as "path mode content".
std::vector<std::string> facts(const std::filesystem::path& root) {
  std::vector<std::string> out;
  const auto walked =
      platform::walk_tree(root, 50, [&](const platform::WalkEntry& entry) -> Result<void> {
        if (entry.path.starts_with('.')) return {};  // makepkg's own .PKGINFO, .BUILDINFO, .MTREE.
        out.push_back(
            fmt::format("{} {:o} {}", entry.path, S_ISLNK(entry.mode) ? 0 : entry.mode & 07777,
                        S_ISREG(entry.mode) ? read_text(root / entry.path) : entry.target));
        return {};
      });
  if (!walked) out.push_back(describe(walked.error()));
  return out;
}

TEST(Build, GivesTheTreeThatMakepkgGives) {
  if (!platform::find_program("makepkg") || !platform::find_program("fakeroot"))
    GTEST_SKIP() << "makepkg or fakeroot is not installed";
  const std::string recipes[] = {
      header() + R"sh(
source=('data.txt' 'tool.sh')
sha256sums=(SKIP SKIP)
prepare() { sed 's/old/new/' data.txt >data.new; }
build() { mkdir -p out && (cd out && printf '%s\n' "$pkgname" "$pkgver" "$CARCH" >facts); for i in {1..3}; do echo $i >out/$i; done; }
check() { [[ -s out/facts ]] || return 1; }
package() {
  install -Dm755 tool.sh "$pkgdir/usr/bin/tool"
  install -Dm600 data.new "$pkgdir/usr/share/$pkgname/data"
  cp -r out "$pkgdir/usr/share/$pkgname/"
  cp -a data.new "$pkgdir/usr/share/$pkgname/copy"
  ln -s ../share/demo/data "$pkgdir/usr/bin/data-link"
  install -dm700 "$pkgdir/usr/share/empty"
  umask 077; touch "$pkgdir/usr/share/private"
  find "$pkgdir" -name '2' -delete
}
)sh",
      header() + R"sh(
epoch=3
_names=(one two)
pkgver() { printf '%s.r%d' "$pkgver" ${#_names[@]}; }
package() {
  local name
  for name in "${_names[@]}"; do install -Dm644 /dev/stdin "$pkgdir/usr/share/$name" <<<"$pkgname $pkgver-$pkgrel $name"; done
  [[ -e $pkgdir/nothing ]] || true
  shopt -s nullglob; for f in *.none; do false; done
}
)sh",
  };
  for (const std::string& recipe : recipes) {
    Trial trial(recipe);
    trial.local = {{"data.txt", "old text\n"}, {"tool.sh", "#!/bin/sh\necho tool\n"}};
    const auto built = trial.run();
    ASSERT_TRUE(built) << describe(built.error());
    const std::string theirs = fakes::as_ordinary_user([&]() -> std::string {
      TempDir dir;
      write_text(dir / "PKGBUILD", recipe);
      for (const auto& [path, text] : trial.local) write_text(dir / path, text);
      write_text(
          dir / "makepkg.conf",
          "CARCH=x86_64\nCHOST=x86_64-linux-gnu\nBUILDENV=(!distcc !color !ccache check !sign)\n"
          "OPTIONS=(!strip docs libtool staticlibs emptydirs !zipman !purge !debug !lto)\n"
          "PKGEXT=.pkg.tar\nSRCEXT=.src.tar\nDLAGENTS=()\nVCSCLIENTS=()\nINTEGRITY_CHECK=(sha256)\n"
          "COMPRESSZST=()\n");
      platform::ProcessSpec spec{
          .argv = {"makepkg", "--config", dir / "makepkg.conf", "-d", "--noconfirm"}};
      spec.environment = {{"PATH", "/usr/bin:/bin"},
                          {"HOME", dir.path()},
                          {"FAKEROOTDONTTRYCHOWN", "1"},
                          {"LC_ALL", "C.UTF-8"}};
      spec.directory = dir.path();
      std::string said;
      spec.output = [&](std::string_view bytes) { said += bytes; };
      const auto result = platform::run_process(spec);
      if (!result || !result->ok()) return "makepkg failed:\n" + said;
      return fmt::format("{}", fmt::join(facts(dir / "pkg/demo"), "\n"));
    });
    EXPECT_EQ(fmt::format("{}", fmt::join(facts(built->tree), "\n")), theirs);
  }
}

}  // namespace
}  // namespace rbee::build
