// package() without a shell, held against coreutils: the same recipe built both ways is the same
// tree.
#include "build/native_package.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "../../tests/corpus/hostile_archives.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "base/digest.hpp"
#include "build/builder.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"

namespace rbee::build {
namespace {

using fakes::TempDir;
using fakes::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Quiet final : public Observer {
 public:
  void phase(Phase, std::string_view) override {}
  void output(std::string_view bytes) override { text += bytes; }
  bool cancelled() override { return false; }
  std::string text;
};

/// Names, kinds, modes, contents and targets of a tree.
std::vector<std::string> listing(const std::filesystem::path& tree) {
  std::vector<std::string> out;
  const auto walked =
      platform::walk_tree(tree, 64, [&](const platform::WalkEntry& entry) -> Result<void> {
        if (entry.path.starts_with("."))
          return {};  // .MTREE and its like hold sizes and digests again.
        std::string line = fmt::format("{} {:o}", entry.path, entry.mode & 0170777);
        if (S_ISLNK(entry.mode)) line += " -> " + entry.target;
        if (S_ISREG(entry.mode))
          line += " " + Sha256::of(fakes::read_text(tree / entry.path)).hex().substr(0, 8) +
                  (entry.links > 1 ? " shared" : "");
        out.push_back(line);
        return {};
      });
  if (!walked) out.push_back(describe(walked.error()));
  return out;
}

/// What a recipe's tarball holds.
/// Made once: gzip writes the time into what it makes, and two of them would differ.
const std::string& tarball() {
  const std::string large(10'000, 'x');
  static const std::string made = corpus::compress(
      "gzip", corpus::tar({{.name = "demo/bin/run", .content = "#!/bin/sh\n" + large, .mode = 0755},
                           {.name = "demo/lib/a.dat", .content = "a" + large, .mode = 0664},
                           {.name = "demo/lib/b.dat", .content = "b", .mode = 0600},
                           {.name = "demo/lib/deep/c.txt", .content = "c" + large, .mode = 0444},
                           {.name = "demo/lib/d.so", .type = '2', .link = "a.dat"},
                           {.name = "demo/LICENSE", .content = "free", .mode = 0644},
                           {.name = "demo/read me", .content = "words", .mode = 0644}}));
  return made;
}

struct Outcome {
  std::string error;
  std::vector<std::string> tree;
  std::string text;
  bool fell_back = false;
};

Outcome build_with(const std::string& body, bool native, const std::string& top = "") {
  TempDir dir;
  std::filesystem::create_directory(dir / "room");
  write_text(dir / "demo.tar.gz", tarball());
  const std::string text =
      "pkgname=demo\npkgver=1.0\npkgrel=2\narch=(any)\nsource=(file:///demo.tar.gz demo.service)\n"
      "sha256sums=(SKIP SKIP)\n" +
      top + "\npackage() {\n" + body + "\n}\n";
  const auto recipe = pkgbuild::evaluate(text, {});
  if (!recipe) return {describe(recipe.error().findings.at(0)), {}, {}};
  Request request{.recipe = *recipe,
                  .recipe_text = text,
                  .recipe_file = "PKGBUILD",
                  .package = "demo",
                  .platform = {},
                  .sources = recipe->sources(Arch::x86_64),
                  .fetched = {{"demo.tar.gz", dir / "demo.tar.gz"}},
                  .local_files = {{"demo.service", "[Service]\n"}},
                  .executable_files = {},
                  .environment = {}};
  request.native_package = native;
  request.wall_seconds_max = 60;
  Quiet quiet;
  const auto built = build(request, dir / "room", quiet);
  if (!built) return {built.error().id, {}, quiet.text, true};
  return {"", listing(built->tree), quiet.text, !built->shell_for.empty()};
}

/// Runs a body by the TreeWriter alone; the construct that stops it, or "".
std::string needs(const std::string& body) {
  TempDir dir;
  for (const char* name : {"src", "start", "pkg"}) std::filesystem::create_directory(dir / name);
  write_text(dir / "src/file", "text");
  write_text(dir / "outside", "secret");
  std::filesystem::create_symlink("../outside", dir / "src/leads-out");
  std::filesystem::create_symlink("/etc/hostname", dir / "src/absolute");
  std::filesystem::create_symlink(dir / "src", dir / "src/self");
  pkgbuild::Inputs inputs;
  const auto shell = package_natively(
      "pkgname=demo\npkgver=1\npkgrel=1\narch=(any)\npackage() {\n" + body + "\n}\n", inputs,
      {"package", "demo", "/build/src", "/build/pkg/demo", "/build/start"},
      {"/build/src",
       "/build/pkg/demo",
       "/build/start",
       dir / "src",
       dir / "pkg",
       dir / "start",
       {},
       {}});
  return shell.value_or("");
}

constexpr const char* kBodies[] = {
    // What recipes write, in their many ways.
    R"(install -Dm755 demo/bin/run "$pkgdir/usr/bin/demo")",
    R"(install -D -m 755 "$srcdir/demo/bin/run" "$pkgdir"/usr/bin/demo; install -Dm0644 demo/LICENSE -t "$pkgdir/usr/share/licenses/$pkgname/")",
    R"(install -dm755 "$pkgdir/opt/demo" "$pkgdir/usr/bin"; cp -r demo/* "$pkgdir/opt/demo"; ln -s /opt/demo/bin/run "$pkgdir/usr/bin/demo")",
    R"(install -d "$pkgdir"/opt; cp -a "$srcdir/demo" "$pkgdir/opt/"; chmod -R a+rX "$pkgdir/opt")",
    R"(mkdir -p "$pkgdir/opt/demo" && cp -r demo/. "$pkgdir/opt/demo/" && chmod 755 "$pkgdir/opt/demo/bin/run")",
    R"(cd demo; install -Dm644 lib/*.dat -t "$pkgdir/usr/lib/demo"; cp -P lib/d.so "$pkgdir/usr/lib/demo/" 2>/dev/null || true; install -Dm644 'read me' "$pkgdir/usr/share/doc/demo/read me")",
    R"(cd "$srcdir/demo"; for f in bin/*; do install -Dm755 "$f" "$pkgdir/usr/bin/demo-${f##*/}"; done)",
    R"(local _dir="$pkgdir/usr/share/demo"; mkdir -p "$_dir"/{x,y}; cp demo/lib/a.dat "$_dir/x/"; cp -p demo/lib/b.dat "$_dir/y/renamed"; chmod u=rw,go=r "$_dir/y/renamed")",
    R"(install -Dm644 demo.service "$pkgdir/usr/lib/systemd/user/demo.service"; install -Dm755 demo/bin/run "$pkgdir/usr/bin/demo"; install -Dm644 demo/bin/run "$pkgdir/usr/share/demo/run"; cp demo/bin/run "$pkgdir/usr/share/demo/third")",
    R"(install -Dm755 demo/bin/run "$pkgdir/opt/demo/run"; install -d "$pkgdir/usr/bin"; ln -sr "$pkgdir/opt/demo/run" "$pkgdir/usr/bin/demo"; ln -sf demo "$pkgdir/usr/bin/alias"; ln -sf demo "$pkgdir/usr/bin/alias")",
    R"(install -Dm755 /dev/stdin "$pkgdir/usr/bin/demo" <<< 'x')",
    R"(mkdir -p "$pkgdir/usr/bin"; cat > "$pkgdir/usr/bin/demo" <<EOF
#!/bin/sh
exec /opt/$pkgname/run "\$@"
EOF
chmod +x "$pkgdir/usr/bin/demo"; echo more >> "$pkgdir/usr/bin/demo")",
    R"(msg2 'Installing %s' demo; install -vDm755 -o root -g root demo/bin/run "$pkgdir/usr/local/bin/demo"; chown -R root:root "$pkgdir")",
    R"(if [[ -d demo/lib ]]; then install -d "$pkgdir/usr/lib"; cp -dr demo/lib "$pkgdir/usr/lib/demo"; fi; [[ -f demo/nothing ]] || install -Dm644 demo/LICENSE "$pkgdir/usr/share/none")",
    R"(install -d -m 700 "$pkgdir/opt/demo/private"; install -d "$pkgdir/opt/demo/private"; cp -rT demo/lib "$pkgdir/opt/demo/lib"; mkdir -m 750 "$pkgdir/opt/demo/m")",
    R"(install -Dm644 demo/lib/*.none "$pkgdir/usr/share/x")",
    R"(cp demo/bin/run "$pkgdir/missing/place")",
    R"(install -Dm644 demo.tar.gz "$pkgdir/usr/share/demo.tar.gz"; cp -f demo/LICENSE "$pkgdir/usr/share/"; cp -f demo/LICENSE "$pkgdir/usr/share/LICENSE")",
    R"(install -d "$pkgdir/usr/share/man/man1"; echo page > "$pkgdir/usr/share/man/man1/demo.1"; touch "$pkgdir/usr/share/touched")",
    R"(install -Dm755 /bin/true "$pkgdir/usr/bin/demo")",
    R"(install -Dm644 demo/lib/a.dat "$pkgdir/usr/lib/libx.la"; install -Dm644 demo/lib/a.dat "$pkgdir/usr/lib/keep")",
};

TEST(NativePackage, GivesTheTreeThatCoreutilsGive) {
  std::vector<std::string> fell_back;
  for (const char* body : kBodies) {
    const Outcome shell = build_with(body, false);
    const Outcome native = build_with(body, true);
    EXPECT_EQ(native.error, shell.error) << body << native.text;
    EXPECT_EQ(native.tree, shell.tree) << body;
    if (native.fell_back) fell_back.push_back(std::string(body).substr(0, 40));
  }
  EXPECT_THAT(fell_back,
              ElementsAre(HasSubstr("cd demo; install"), HasSubstr("/dev/stdin"),
                          HasSubstr(".none"), HasSubstr("cp demo/bin/run"),
                          HasSubstr("demo.tar.gz"), HasSubstr("man1"), HasSubstr("/bin/true")));
}

TEST(NativePackage, AFallBackFindsTheSourcesAsTheyWere) {
  // The mode of a file with two names is one; the shell must not see what was tried before it.
  const std::string body =
      "install -Dm600 demo/bin/run \"$pkgdir/usr/share/run\"; stat -c %a demo/bin/run "
      ">\"$pkgdir/usr/share/mode\"";
  const Outcome native = build_with(body, true);
  EXPECT_EQ(native.error, "");
  EXPECT_EQ(native.tree, build_with(body, false).tree);
}

TEST(NativePackage, KnowsWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> kRows[] = {
      {R"(make DESTDIR="$pkgdir" install)", "command make"},
      {R"(install -Dsm755 file "$pkgdir/usr/bin/x")", "install -Dsm755"},
      {R"(install -Dm4755 file "$pkgdir/usr/bin/x")", "install -Dm4755"},
      {R"(install -Dm644 file -o nobody "$pkgdir/x")", "install -o"},
      {R"(cp --sparse=always file "$pkgdir/x")", "cp --sparse=always"},
      {R"(ln file "$pkgdir/x")", "ln without -s"},
      {R"(chmod 755 file)", "chmod outside pkgdir"},
      {R"(mkdir -p /usr/x)", "a directory outside pkgdir"},
      {R"(install -Dm644 file /usr/x)", "install outside pkgdir"},
      {R"(cp file "$pkgdir/../x")", "a place for a file that is not there"},
      {R"(install -Dm644 leads-out "$pkgdir/x")", "install of what is no file"},
      {R"(install -Dm644 absolute "$pkgdir/x")", "install of what is no file"},
      {R"(install -Dm644 self/file "$pkgdir/x")", "install of what is no file"},
      {R"(cp -r leads-out "$pkgdir/x")", "cp of a link"},
      {R"(cd self; install -Dm644 file "$pkgdir/x")", "cd to a place that is not there"},
      {R"(ln -s /tmp "$pkgdir/d"; install -Dm644 file "$pkgdir/d/x")",
       "a place for a file that is not there"},
      {R"(echo x > /tmp/rbee-native-test)", "writing a file"},
      {R"sh(printf '%s\n' "$(id -u)" >"$pkgdir/x")sh", "command id"},
      {R"sh(x=$(id -u); echo "$x" >"$pkgdir/x")sh", "command id"},
      {R"sh({ echo a; echo "$HOSTNAME"; } >"$pkgdir/x")sh", "HOSTNAME"},
      {R"sh(cat >"$pkgdir/x" <<<"$(date)")sh", "command date"},
      {R"sh(install -Dm644 file "$pkgdir/$(date +%s)")sh", "command date"},
      {R"sh(if [[ $(id -u) == 0 ]]; then mkdir "$pkgdir/x"; fi)sh", "command id"},
      {R"(PATH=$srcdir:$PATH; install -Dm644 file "$pkgdir/x")", "PATH"},
      {R"(GLOBIGNORE=f*; install -Dm644 f* "$pkgdir/x")", "GLOBIGNORE"},
      {R"(shopt -s dotglob; install -Dm644 f* "$pkgdir/x")", "dotglob"},
      {R"(umask 077; mkdir "$pkgdir/x")", "umask"},
      {R"(shopt -s nullglob; install -Dm644 none* file "$pkgdir/x")", "nullglob"},
      {R"(install() { echo mine; }; install -Dm644 file "$pkgdir/x"; ls)", "command ls"},
      {R"(sed -i s/a/b/ file)", "sed -i"},
      {R"(rm -rf "$pkgdir/x")", "command rm"},
      {R"(install -Dm644 $(ls) "$pkgdir/x")", "command ls"},
  };
  for (const auto& [body, construct] : kRows)
    EXPECT_THAT(needs(body), HasSubstr(construct)) << body;
}

TEST(NativePackage, ChangesModesAsChmodDoes) {
  TempDir dir;
  write_text(dir / "f", "");
  std::mt19937 random(1);
  const auto pick = [&](std::string_view letters, std::size_t most) {
    std::string out;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      out += letters[random() % letters.size()];
    return out;
  };
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (std::size_t n = 1 + random() % 3; n > 0; --n)
      text += (text.empty() ? "" : ",") + pick("ugoa", 3) + "+-="[random() % 3] + pick("rwxX", 3);
    if (random() % 8 == 0) text = fmt::format("{:o}", random() % 01000);
    const auto mode = static_cast<mode_t>(random() % 01000);
    ASSERT_EQ(::chmod((dir / "f").c_str(), mode), 0);
    const auto ran =
        platform::run_process({.argv = {"/bin/chmod", "--", text, (dir / "f").string()}});
    ASSERT_TRUE(ran && ran->ok()) << text;
    struct stat status {};
    ::stat((dir / "f").c_str(), &status);
    const auto change = ModeChange::parse(text);
    ASSERT_TRUE(change) << text;
    EXPECT_EQ(change->apply(mode, false), status.st_mode & 07777)
        << fmt::format("{} on {:o}", text, mode);
  }
  for (const char* text : {"", "u", "u+s", "+t", "g=u", "8", "4755", "u+x,", "rwx", "01000000"})
    EXPECT_FALSE(ModeChange::parse(text)) << text;
}

TEST(NativePackage, SaysWhenATreeHasToBeTidied) {
  const std::pair<const char*, bool> kRows[] = {
      {"usr/bin/script", false},        {"usr/lib/x.la", true}, {"usr/lib/x.a", true},
      {"usr/share/man/man1/x.1", true}, {"opt/x/info/y", true}, {"opt/man/x", false},
      {"usr/share/info/dir", true},     {"usr/lib/a.pod", true}};
  for (const auto& [path, needed] : kRows) {
    TempDir dir;
    write_text(dir / path, "text");
    EXPECT_EQ(needs_tidying(dir.path(), {}).value(), needed) << path;
  }
  TempDir dir;
  write_text(dir / "usr/bin/x",
             "\x7f"
             "ELF and more");
  EXPECT_TRUE(needs_tidying(dir.path(), {}).value());
  EXPECT_FALSE(needs_tidying(dir.path(), {"!strip"}).value());
  EXPECT_TRUE(needs_tidying(dir.path(), {"!strip", "strip"}).value());
  EXPECT_TRUE(needs_tidying(dir.path(), {"!strip", "!emptydirs"}).value());
}

}  // namespace
}  // namespace rbee::build
