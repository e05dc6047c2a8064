// Git sources and signatures, against real repositories made by git and real keys made by gpg.
#include "install/git_sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text.hpp"
#include "install/fixture.hpp"
#include "install/signatures.hpp"

namespace rbee::install {
namespace {

using namespace test;
using Kind = platform::GitRef::Kind;

pkgbuild::SourceEntry entry(const std::string& url) {
  pkgbuild::SourceEntry out;
  out.entry = out.url = url;
  out.protocol = "git";
  return out;
}

TEST(GitSource, IsReadAsMakepkgReadsIt) {
  const struct {
    const char* text;
    const char* url;
    Kind kind;
    const char* name;
    bool is_signed;
  } kRows[] = {
      {"git+https://h/x.git", "https://h/x.git", Kind::head, "", false},
      {"git+https://h/x#tag=v1", "https://h/x", Kind::tag, "v1", false},
      {"git+https://h/x#tag=v1?signed", "https://h/x", Kind::tag, "v1", true},
      {"git+https://h/x?signed#commit=abcdef1", "https://h/x", Kind::commit, "abcdef1", true},
      {"git+https://h/x?signed", "https://h/x", Kind::head, "", true},
      {"git+file:///srv/x#branch=a/b", "file:///srv/x", Kind::branch, "a/b", false},
  };
  for (const auto& row : kRows) {
    const auto git = parse_git_source(entry(row.text));
    ASSERT_TRUE(git) << row.text << describe(git.error());
    EXPECT_EQ(git->url, row.url);
    EXPECT_EQ(git->ref.kind, row.kind) << row.text;
    EXPECT_EQ(git->ref.name, row.name) << row.text;
    EXPECT_EQ(git->is_signed, row.is_signed) << row.text;
  }
  EXPECT_EQ(parse_git_source(entry("git+ssh://git@h/x")).error().id, "source-unsupported");
  EXPECT_EQ(parse_git_source(entry("git://h/x")).error().id, "source-unsupported");
  EXPECT_EQ(parse_git_source(entry("git+ext::sh -c x")).error().id, "source-unsupported");
  EXPECT_EQ(parse_git_source(entry("git+https://h/x#revision=3")).error().id, "git-ref-invalid");
}

TEST(GitSource, NamesThatGitWouldTakeForSomethingElseAreRefused) {
  for (const char* name : {"-x", "--upload-pack=x", "a..b", "a b", "a:b", "a^b", "x.lock", "a//b",
                           "@", "a@{1}", "", "/a", "a/", "a\nb", "a/.b", "*"})
    EXPECT_FALSE(platform::is_git_ref_name(name)) << name;
  for (const char* name : {"v1.0", "feature/a-b", "1.2.3", "übung"})
    EXPECT_TRUE(platform::is_git_ref_name(name)) << name;
}

/// A repository with one tag and two commits, and keys of two people.
struct Author {
  Author() {
    std::filesystem::create_directory(home.path() / "gnupg");
    std::filesystem::permissions(home.path() / "gnupg", std::filesystem::perms::owner_all);
    run("mkdir repo && cd repo && git init -q -b main .");
    write_text(home / "repo/my-custom-worker", "#!/bin/sh\necho one\n");
    run("cd repo && chmod 755 my-custom-worker && git add . && git commit -qm one && git tag -a -m "
        "v1 v1");
    write_text(home / "repo/my-custom-worker", "#!/bin/sh\necho two\n");
    run("cd repo && git commit -qam two");
  }
  /// Returns what the shell printed, without the last newline.
  std::string run(const std::string& script) const {
    platform::ProcessSpec spec{.argv = {"/bin/bash", "-ec", script},
                               .environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                               {"HOME", home.path().string()},
                                               {"GNUPGHOME", (home.path() / "gnupg").string()},
                                               {"GIT_CONFIG_NOSYSTEM", "1"},
                                               {"GIT_AUTHOR_NAME", "Ann"},
                                               {"GIT_AUTHOR_EMAIL", "ann@example.org"},
                                               {"GIT_COMMITTER_NAME", "Ann"},
                                               {"GIT_COMMITTER_EMAIL", "ann@example.org"}},
                               .directory = home.path()};
    std::string text;
    spec.output = [&](std::string_view bytes) { text += bytes; };
    const auto result = platform::run_process(spec);
    if (!result || !result->ok()) throw std::runtime_error(script + ": " + text);
    return std::string(trim(text));
  }
  std::string commit(const std::string& name) const {
    return run("cd repo && git rev-parse '" + name + "^{commit}'");
  }
  std::string url(const std::string& fragment) const {
    return "git+file://" + (home.path() / "repo").string() + "#" + fragment;
  }
  /// A new key; its fingerprint.
  std::string key(const std::string& name) const {
    run("gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key '" + name +
        " <" + name + "@example.org>' ed25519 sign never 2>/dev/null");
    return run("gpg --batch --with-colons --list-keys " + name +
               "@example.org 2>/dev/null | sed -n 's/^fpr:*\\([0-9A-F]*\\):$/\\1/p' | head -n 1");
  }
  std::string public_key(const std::string& fingerprint) const {
    return run("gpg --batch --armor --export " + fingerprint + " 2>/dev/null");
  }
  ~Author() {
    try {
      run("gpgconf --kill all 2>/dev/null || true");
    } catch (const std::exception&) {
    }
  }
  TempDir home;
};

std::string recipe_of(const std::string& sources, const std::string& more = "",
                      const std::string& sums = "SKIP") {
  return fmt::format(
      "pkgname=my-custom-worker\npkgver=1\npkgrel=1\narch=(x86_64)\nsource=({})\nsha256sums=({})\n{"
      "}\n"
      "package() {{ install -Dm755 repo/my-custom-worker -t \"$pkgdir/usr/bin\"; }}\n",
      sources, sums, more);
}

Result<Installed> install(World& world, const std::string& recipe, bool unverified = false,
                          bool offline = false) {
  world.shelf.put(kId, "PKGBUILD.bin", recipe);
  InstallRequest request = world.request();
  request.allow_unverified = unverified;
  TRY_ASSIGN(const Plan plan, plan_install(request, world.shelf));
  ExecuteOptions options;
  options.offline = offline;
  return execute(plan, world.places, world.http, world.watcher, world.clock, options);
}

TEST(GitSource, APinnedCommitIsFetchedAloneAndOnce) {
  const Author author;
  World world;
  const std::string commit = author.commit("v1");
  const std::string recipe = recipe_of("'repo::" + author.url("commit=" + commit) + "'");
  auto installed = install(world, recipe);
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(world.says(kId), "one\n");
  for (const auto& folder : std::filesystem::directory_iterator(world.places.cache / "git"))
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "shallow")) << "it brought its history";
  author.run("mv repo gone");
  std::filesystem::remove_all(world.places.data);
  installed = install(world, recipe, false, true);
  ASSERT_TRUE(installed) << "the cache has it: " << describe(installed.error());
  const auto other =
      install(world, recipe_of("'repo::" + author.url("commit=" + std::string(40, 'a')) + "'"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().id, "git-fetch-failed");
}

TEST(GitSource, TheCacheShowsAndChecksRepositories) {
  const Author author;
  World world;
  ASSERT_TRUE(
      install(world, recipe_of("'repo::" + author.url("commit=" + author.commit("v1")) + "'")));
  const auto& cache = world.places.cache;
  const auto listed = list_cache(cache);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_THAT(listed->front().name, testing::StartsWith("git/"));
  EXPECT_GT(listed->front().size_bytes, 0U);
  EXPECT_THAT(*verify_cache(cache, {}), IsEmpty());
  author.run("cd " + (cache / listed->front().name).string() +
             " && pack=$(echo objects/pack/*.pack) && chmod u+w $pack && printf x | dd of=$pack "
             "bs=1 seek=40 conv=notrunc 2>&1");
  EXPECT_THAT(*verify_cache(cache, {}), ElementsAre(listed->front().name));
  EXPECT_THAT(*list_cache(cache), IsEmpty());
  ASSERT_TRUE(
      install(world, recipe_of("'repo::" + author.url("commit=" + author.commit("v1")) + "'")));
  EXPECT_EQ(prune_cache(cache, Time::max())->size(), 1U);
  EXPECT_THAT(*list_cache(cache), IsEmpty());
}

TEST(GitSource, FunctionsThatAskGitHaveTheHistory) {
  const Author author;
  World world;
  const std::string recipe =
      recipe_of("'repo::" + author.url("commit=" + author.commit("main")) + "'",
                "pkgver() { cd repo; git describe --tags | sed 's/-/./g'; }\n"
                "prepare() { cd repo; git rev-parse --abbrev-ref HEAD; git rev-parse --verify "
                "origin/main; }");
  const auto installed = install(world, recipe);
  ASSERT_TRUE(installed) << describe(installed.error()) << world.watcher.output;
  EXPECT_THAT(installed->version, testing::StartsWith("v1.1.g"));
  EXPECT_THAT(world.watcher.output, HasSubstr("makepkg\n"));
  EXPECT_EQ(world.says(kId), "two\n");
}

TEST(GitSource, WhatABuildDoesToItsCopyDoesNotReachTheCache) {
  const Author author;
  World world;
  const std::string source = "'repo::" + author.url("commit=" + author.commit("main")) + "'";
  const auto installed = install(
      world,
      recipe_of(source,
                "prepare() { cd repo; git log -1 >/dev/null; chmod -R u+w .git; find .git -type f "
                "-exec sh -c 'echo spoilt >\"$1\"' _ {} \\;; }"));
  ASSERT_TRUE(installed) << describe(installed.error()) << world.watcher.output;
  for (const auto& folder : std::filesystem::directory_iterator(world.places.cache / "git"))
    EXPECT_TRUE(platform::git_verify(folder.path(), {}));
}

TEST(GitSource, BranchesAndTagsAreNotPinned) {
  const Author author;
  World world;
  for (const char* fragment : {"branch=main", "tag=v1", "commit=abcdef1"}) {
    const auto refused = install(world, recipe_of("'repo::" + author.url(fragment) + "'"));
    ASSERT_FALSE(refused) << fragment;
    EXPECT_EQ(refused.error().id, "checksum-missing");
  }
  auto installed = install(world, recipe_of("'repo::" + author.url("branch=main") + "'"), true);
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(world.says(kId), "two\n");
  write_text(author.home / "repo/my-custom-worker", "#!/bin/sh\necho three\n");
  author.run("cd repo && git commit -qam three");
  installed = install(world, recipe_of("'repo::" + author.url("branch=main") + "'"), true);
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_EQ(world.says(kId), "three\n") << "a branch is asked for anew";
  const auto missing = install(world, recipe_of("'repo::" + author.url("tag=v9") + "'"), true);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().id, "git-ref-missing");
}

TEST(GitSource, AChecksumIsOfTheArchive) {
  const Author author;
  World world;
  const std::string sum =
      author.run("cd repo && git archive --format=tar v1 | sha256sum | cut -c1-64");
  const std::string source = "'repo::" + author.url("tag=v1") + "'";
  auto installed = install(world, recipe_of(source, "", sum));
  ASSERT_TRUE(installed) << describe(installed.error());
  author.run("cd repo && git tag -f -a -m moved v1 main");
  const auto moved = install(world, recipe_of(source, "", sum));
  ASSERT_FALSE(moved) << "the tag was moved";
  EXPECT_EQ(moved.error().id, "checksum-mismatch");
}

TEST(GitSource, NothingOfTheRepositoryRunsOutsideTheSandbox) {
  const Author author;
  World world;
  const auto mark = author.home / "ran";
  author.run("cd repo && git config core.fsmonitor 'touch " + mark.string() +
             "' && git config uploadpack.packObjectsHook 'touch " + mark.string() +
             "' && printf '* filter=x\\n' >.gitattributes && git add . && git commit -qm filter; "
             "rm -f " +
             mark.string());
  const auto installed =
      install(world, recipe_of("'repo::" + author.url("commit=" + author.commit("main")) + "'"));
  ASSERT_TRUE(installed) << describe(installed.error());
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST(GitSource, ASignedTagIsCheckedAgainstTheRecipesKeys) {
  const Author author;
  const std::string ann = author.key("ann");
  const std::string eve = author.key("eve");
  author.run("cd repo && git tag -s -u " + ann + " -m v2 v2 main && git tag -s -u " + eve +
             " -m v3 v3 main");
  const auto with = [&](const std::string& fragment, const std::string& key) {
    World world;
    const std::string recipe =
        recipe_of("'repo::" + author.url(fragment) + "'", "validpgpkeys=(" + key + ")");
    auto& detail = world.shelf.put(kId, "PKGBUILD.bin", recipe);
    for (const std::string& each : {ann, eve}) {
      const std::string path = "keys/pgp/" + each + ".asc";
      world.shelf.texts[std::string(kId) + "/" + path] = author.public_key(each);
      detail.files.push_back({path, 0, false, ""});
    }
    const auto result = install(world, recipe, true);
    return result ? std::string("installed") : result.error().id;
  };
  EXPECT_EQ(with("tag=v2?signed", ann), "installed");
  EXPECT_EQ(with("tag=v3?signed", ann), "signature-key-other");
  EXPECT_EQ(with("tag=v1?signed", ann), "signature-missing");
  EXPECT_EQ(with("commit=" + author.commit("main") + "?signed", ann), "signature-missing");
  EXPECT_EQ(with("tag=v2?signed", ""), "pgp-keys-missing");
  EXPECT_EQ(with("tag=v2?signed", std::string(40, 'A')), "pgp-key-missing");
  // An old signed tag under a new name.
  author.run("cd repo && git update-ref refs/tags/v9 v2");
  EXPECT_EQ(with("tag=v9?signed", ann), "git-tag-forged");
  author.run("cd repo && git commit -q --allow-empty -S" + ann + " -m signed");
  EXPECT_EQ(with("commit=" + author.commit("main") + "?signed", ann), "installed");
}

TEST(Signature, OfAFileOrOfWhatItUnpacksTo) {
  const Author author;
  const std::string ann = author.key("ann");
  const std::string eve = author.key("eve");
  World world;
  const std::string tar = corpus::tar(
      {{.name = "repo/my-custom-worker", .content = "#!/bin/sh\necho signed\n", .mode = 0755}});
  const std::string packed = corpus::compress("xz", tar);
  write_text(author.home / "plain", tar);
  write_text(author.home / "packed", packed);
  const auto sign = [&](const std::string& file, const std::string& key, const std::string& how) {
    return author.run("gpg --batch --quiet -u " + key + " " + how + " --detach-sign -o - " + file +
                      " 2>/dev/null | base64 -w0");
  };
  const auto bytes = [](const std::string& base64) { return from_base64(base64).value(); };
  const struct {
    const char* what;
    std::string signature_name, signature;
    std::string expected;
  } kRows[] = {
      {"of the file", "w.tar.xz.sig", bytes(sign("packed", ann, "")), "installed"},
      {"armored", "w.tar.xz.asc", bytes(sign("packed", ann, "--armor")), "installed"},
      {"of the tar", "w.tar.sign", bytes(sign("plain", ann, "")), "installed"},
      {"of the tar, for the file", "w.tar.xz.sig", bytes(sign("plain", ann, "")), "signature-bad"},
      {"by somebody else", "w.tar.xz.sig", bytes(sign("packed", eve, "")), "signature-key-other"},
      {"no signature", "w.tar.xz.sig", "nonsense", "signature-bad"},
      {"of another file", "v.tar.xz.sig", bytes(sign("packed", ann, "")), "signature-of-nothing"},
  };
  world.server.put("/w.tar.xz", {.body = packed});
  for (const auto& row : kRows) {
    world.server.put("/" + row.signature_name, {.body = row.signature});
    const std::string recipe =
        recipe_of(fmt::format("{} {}", world.server.url("/w.tar.xz"),
                              world.server.url("/" + row.signature_name)),
                  "validpgpkeys=(" + ann + ")",
                  Sha256::of(packed).hex() + " " + Sha256::of(row.signature).hex());
    auto& detail = world.shelf.put(kId, "PKGBUILD.bin", recipe);
    detail.files.clear();
    const std::string path = "keys/pgp/" + ann + ".asc";
    world.shelf.texts[std::string(kId) + "/" + path] = author.public_key(ann);
    detail.files.push_back({path, 0, false, ""});
    std::filesystem::remove_all(world.places.data);
    const auto result = install(world, recipe);
    EXPECT_EQ(result ? "installed" : result.error().id, row.expected)
        << row.what << (result ? "" : describe(result.error()));
  }
}

TEST(Signature, ArmorIsTakenOffAsGpgDoes) {
  const Author author;
  const std::string key = author.key("ann");
  const std::string armored = author.public_key(key);
  const auto expected =
      from_base64(author.run("gpg --batch --export " + key + " 2>/dev/null | base64 -w0"));
  EXPECT_EQ(dearmor(armored, "PGP PUBLIC KEY BLOCK"), expected);
  EXPECT_EQ(dearmor("Comment before\n" + armored + "\nand after", "PGP PUBLIC KEY BLOCK"),
            expected);
  EXPECT_EQ(dearmor(armored.substr(0, armored.size() / 2), "PGP PUBLIC KEY BLOCK"), std::nullopt);
  EXPECT_EQ(dearmor("no armor", "PGP PUBLIC KEY BLOCK"), "no armor");
}

TEST(Signature, ABadOneAmongGoodOnesDecides) {
  const std::string good = "[GNUPG:] GOODSIG AA Ann\n[GNUPG:] VALIDSIG 11 d t 0 4 0 22 8 00 22\n";
  const std::string bad = "[GNUPG:] BADSIG BB Bob\n";
  using State = SignatureVerdict::State;
  EXPECT_EQ(read_status(good).state, State::good);
  EXPECT_EQ(read_status(good).key, "22") << "the primary key counts";
  EXPECT_EQ(read_status(good + bad).state, State::bad);
  EXPECT_EQ(read_status(bad + good).state, State::bad);
  EXPECT_EQ(read_status(good + "[GNUPG:] ERRSIG CC 22 8 00 1 9 33\n").state, State::good);
  EXPECT_EQ(read_status("gpgv: GOODSIG AA\n").state, State::none);
}

}  // namespace
}  // namespace rbee::install
