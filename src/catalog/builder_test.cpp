// Snapshots of real Git repositories: what is right, one row for each way to be broken, and what is
// shared.
#include "catalog/builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "catalog/findings.hpp"
#include "catalog/releases.hpp"

namespace rbee::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A catalog on disk and the bare repository made of it.
class TestCatalog {
 public:
  TestCatalog() {
    std::string pattern = (fs::temp_directory_path() / "rbee-catalog-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    root_ = pattern;
    fs::create_directories(files());
  }
  ~TestCatalog() { fs::remove_all(root_); }
  TestCatalog(const TestCatalog&) = delete;
  TestCatalog& operator=(const TestCatalog&) = delete;

  fs::path files() const { return root_ / "files"; }
  void write(const std::string& path, std::string_view text) const {
    fs::create_directories((files() / path).parent_path());
    std::ofstream(files() / path, std::ios::binary) << text;
  }
  void remove(const std::string& path) const { fs::remove_all(files() / path); }
  /// A worker that is right, in `directory`.
  void add(const std::string& directory, std::string_view version = "1.0") const {
    const std::string id = fs::path(directory).filename().string();
    write(directory + "/worker.toml", manifest(id));
    write(directory + "/PKGBUILD", recipe(id, version));
  }
  /// Commits the files as `author` and returns the commit.
  CommitId commit(const std::string& author = "Ann") {
    ++seconds_;
    const platform::CommitAuthor who{author, "a@example.org", Time(std::chrono::seconds(seconds_))};
    const fs::path bare = root_ / "catalog.git";
    const auto id = fs::exists(bare)
                        ? platform::commit_directory(files(), bare, who, "More")
                        : platform::create_repository_from_directory(files(), bare, who, "First");
    EXPECT_TRUE(id) << describe(id.error());
    return *id;
  }
  std::unique_ptr<platform::Repository> open() const {
    auto repository = platform::Repository::open(root_ / "catalog.git");
    EXPECT_TRUE(repository);
    return std::move(*repository);
  }
  std::shared_ptr<const Snapshot> build(const CommitId& commit,
                                        const Snapshot* previous = nullptr) const {
    const auto repository = platform::Repository::open(root_ / "catalog.git");
    EXPECT_TRUE(repository);
    const auto snapshot = build_snapshot(**repository, commit, previous);
    EXPECT_TRUE(snapshot) << describe(snapshot.error());
    return *snapshot;
  }

  static std::string manifest(std::string_view id, std::string_view more = "") {
    return "[worker]\nid = \"" + std::string(id) +
           "\"\nname = \"W\"\ndescription = \"Does it\"\nlicense = \"MIT\"\n" + std::string(more);
  }
  static std::string recipe(std::string_view id, std::string_view version = "1.0",
                            std::string_view more = "") {
    return "pkgname=" + std::string(id) + "\npkgver=" + std::string(version) +
           "\npkgrel=1\narch=('x86_64' 'aarch64')\nlicense=('MIT')\ndepends=('glibc')\n" +
           std::string(more) + "package() {\n  :\n}\n";
  }

 private:
  fs::path root_;
  int seconds_ = 0;
};

/// Everything of a worker that the snapshot must have.
std::shared_ptr<const Worker> whole(const Snapshot& snapshot, std::string_view id) {
  const auto entry = snapshot.find(id);
  if (entry == nullptr) throw std::runtime_error("no " + std::string(id));
  const auto worker = snapshot.load(*entry);
  if (!worker) throw std::runtime_error(describe(worker.error()));
  return *worker;
}

std::string summary(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) {
    if (f.severity != Severity::block) out += std::string(to_string(f.severity)) + " ";
    out += f.rule + (f.file.empty() ? "" : " " + f.file);
    if (!f.excerpt.empty()) out += ":" + std::to_string(f.position.line);
    out += ": " + f.message + "\n";
  }
  return out;
}

TEST(Builder, EvaluatesWorkersOfBothOrigins) {
  TestCatalog catalog;
  catalog.add("llm-worker");
  catalog.add("community/tts-worker", "2.5");
  catalog.write("community/tts-worker/README.md", "# TTS\n");
  catalog.write("community/tts-worker/src/main.cpp", "int main() {}\n");
  catalog.write("README.md", "The catalog\n");
  catalog.write("docs/about.md", "x\n");
  catalog.write(".github/workflows/x.yml", "x\n");
  const CommitId commit = catalog.commit("Ann");
  const auto snapshot = catalog.build(commit);
  EXPECT_EQ(snapshot->commit(), commit);
  ASSERT_EQ(snapshot->workers().size(), 2u);
  EXPECT_THAT(snapshot->broken(), IsEmpty());
  EXPECT_EQ(summary(snapshot->findings()),
            "info folder-ignored docs: 'docs' is not a worker: it has neither worker.toml nor "
            "PKGBUILD\n");
  EXPECT_EQ(snapshot->find("nope"), nullptr);
  const auto official = snapshot->find("llm-worker");
  ASSERT_NE(official, nullptr);
  EXPECT_EQ(official->origin, Origin::official);
  EXPECT_EQ(official->directory(), "llm-worker");
  EXPECT_EQ(official->version, "1.0-1");
  const auto worker = whole(*snapshot, "tts-worker");
  EXPECT_EQ(worker->origin, Origin::community);
  EXPECT_EQ(worker->directory, "community/tts-worker");
  EXPECT_EQ(worker->version, "2.5-1");
  EXPECT_EQ(worker->author, "Ann");
  EXPECT_EQ(worker->last_commit, commit);
  EXPECT_EQ(worker->created, Time(std::chrono::seconds(1)));
  EXPECT_EQ(worker->readme, "# TTS\n");
  std::vector<std::string> paths;
  for (const File& file : worker->files) paths.push_back(file.path);
  EXPECT_THAT(paths, ElementsAre("PKGBUILD", "README.md", "src/main.cpp", "worker.toml"));
  EXPECT_NE(worker->file("src/main.cpp"), nullptr);
  EXPECT_EQ(worker->file("src"), nullptr);
  // Without [[variant]]: the recipe's architectures, on linux and cpu.
  ASSERT_EQ(worker->variants.size(), 2u);
  EXPECT_EQ(to_string(worker->variants[0].platform), "linux-x86_64-cpu");
  EXPECT_EQ(to_string(worker->variants[1].platform), "linux-aarch64-cpu");
  EXPECT_THAT(worker->variants[0].depends, ElementsAre("glibc"));
}

TEST(Builder, VariantsComeFromTheManifestAndReachTheRecipe) {
  TestCatalog catalog;
  catalog.write(
      "w/worker.toml",
      TestCatalog::manifest(
          "w",
          "[[variant]]\naccelerator = \"cpu\"\narch = [\"x86_64\", \"aarch64\"]\n"
          "[[variant]]\naccelerator = \"cuda\"\narch = [\"x86_64\"]\nrecipe = \"PKGBUILD\"\n"
          "features = [\"cuda\", \"fast\"]\ndepends = [\"cuda\"]\n"));
  catalog.write("w/PKGBUILD",
                TestCatalog::recipe(
                    "w", "1.0", "pkgdesc=\"$RBEE_ACCELERATOR $RBEE_OS $RBEE_FEATURES $CARCH\"\n"));
  catalog.write("w/PKGBUILD.bin",
                "pkgname=w-bin\npkgver=1.0\npkgrel=1\narch=('x86_64')\nlicense=('MIT')\npackage() "
                "{\n  :\n}\n");
  const auto snapshot = catalog.build(catalog.commit());
  ASSERT_EQ(snapshot->workers().size(), 1u) << summary(snapshot->broken().at(0).findings);
  const auto kept = whole(*snapshot, snapshot->workers()[0]->id.str());
  const Worker& worker = *kept;
  std::vector<std::string> rows;
  for (const Variant& variant : worker.variants)
    rows.push_back(to_string(variant.platform) + " " + std::string(file_name(variant.kind)) + " " +
                   std::string(variant.recipe->scalar("pkgdesc")));
  // The binary recipe has no aarch64, and the first row names no recipe: there it is offered from
  // source only.
  EXPECT_THAT(rows, ElementsAre("linux-x86_64-cpu PKGBUILD cpu linux  x86_64",
                                "linux-x86_64-cpu PKGBUILD.bin ",
                                "linux-x86_64-cuda PKGBUILD cuda linux cuda,fast x86_64",
                                "linux-aarch64-cpu PKGBUILD cpu linux  aarch64"));
  EXPECT_THAT(worker.variants[2].depends, ElementsAre("cuda"));
  EXPECT_THAT(worker.variants[2].features, ElementsAre("cuda", "fast"));
}

TEST(Builder, GeneratesWhatIsNotCommitted) {
  TestCatalog catalog;
  const std::string commit(40, 'c'), sha(64, 'a');
  const std::string source =
      "[source]\ntype = \"git\"\nurl = \"https://example.org/w.git\"\ncommit = \"" + commit +
      "\"\npath = \"bin/w\"\nbuild_system = \"cargo\"\n";
  const std::string release =
      "[release]\nurl = \"https://example.org/v{version}/w-{arch}-{accelerator}.tar.gz\"\n"
      "binary = \"w\"\nsha256 = { linux-x86_64-cpu = \"" +
      sha + "\", linux-x86_64-cuda = \"" + std::string(64, 'b') + "\" }\n";
  catalog.write("w/worker.toml",
                TestCatalog::manifest(
                    "w", "version = { cargo = \"crates/w/Cargo.toml\" }\n" + source + release));
  catalog.write("w/crates/w/Cargo.toml", "[package]\nname = \"w\"\nversion.workspace = true\n");
  catalog.write(
      "w/Cargo.toml",
      "[workspace]\nmembers = [\"crates/w\"]\n[workspace.package]\nversion = \"0.3.0-rc.1\"\n");
  // The version comes from the committed recipe.
  catalog.write("half/worker.toml", TestCatalog::manifest("half", release));
  catalog.write("half/PKGBUILD", TestCatalog::recipe("half", "7.1"));
  const auto snapshot = catalog.build(catalog.commit());
  ASSERT_EQ(snapshot->workers().size(), 2u) << summary(snapshot->broken().at(0).findings);
  const auto worker = whole(*snapshot, "w");
  EXPECT_EQ(worker->version, "0.3.0rc.1-1");
  ASSERT_EQ(worker->recipes.size(), 2u);
  EXPECT_TRUE(worker->recipes[0].generated);
  EXPECT_TRUE(worker->recipes[1].generated);
  std::vector<std::string> rows;
  for (const Variant& variant : worker->variants)
    for (const auto& entry : variant.recipe->sources(variant.platform.arch))
      rows.push_back(to_string(variant.platform) + " " + entry.url);
  EXPECT_THAT(rows,
              ElementsAre("linux-x86_64-cpu git+https://example.org/w.git#commit=" + commit,
                          "linux-x86_64-cpu https://example.org/v0.3.0-rc.1/w-x86_64-cpu.tar.gz",
                          "linux-x86_64-cuda https://example.org/v0.3.0-rc.1/w-x86_64-cuda.tar.gz",
                          "linux-aarch64-cpu git+https://example.org/w.git#commit=" + commit));
  const auto half = whole(*snapshot, "half");
  EXPECT_FALSE(half->recipe(manifest::RecipeKind::source)->generated);
  EXPECT_TRUE(half->recipe(manifest::RecipeKind::binary)->generated);
  EXPECT_EQ(half->version, "7.1-1");
}

/// One way to break the worker "w": how, and every finding that it must give.
struct Breakage {
  const char* name;
  std::function<void(const TestCatalog&)> breaks;
  std::string expected;
};
void PrintTo(const Breakage& breakage, std::ostream* out) {
  *out << breakage.name;
}
class Breakages : public ::testing::TestWithParam<Breakage> {};

TEST_P(Breakages, AreFoundAndBreakNothingElse) {
  TestCatalog catalog;
  catalog.add("community/w");
  catalog.add("sound");
  GetParam().breaks(catalog);
  const auto snapshot = catalog.build(catalog.commit());
  EXPECT_NE(snapshot->find("sound"), nullptr);
  ASSERT_EQ(snapshot->broken().size(), 1u);
  EXPECT_EQ(summary(snapshot->broken()[0].findings), GetParam().expected);
  EXPECT_TRUE(any_blocks(snapshot->broken()[0].findings));
}

const auto kWrite = [](std::string path, std::string text) {
  return [=](const TestCatalog& catalog) { catalog.write("community/w/" + path, text); };
};
std::string variant(std::string_view more) {
  return TestCatalog::manifest("w", "[[variant]]\naccelerator = \"cpu\"\n" + std::string(more));
}
const std::string kCommit40(40, 'c');

INSTANTIATE_TEST_SUITE_P(
    Builder, Breakages,
    ::testing::Values(
        Breakage{"no_manifest", [](const TestCatalog& c) { c.remove("community/w/worker.toml"); },
                 "manifest-missing worker.toml: the worker has no worker.toml\n"},
        Breakage{"no_recipe", [](const TestCatalog& c) { c.remove("community/w/PKGBUILD"); },
                 "recipe-missing: there is no PKGBUILD and no PKGBUILD.bin\n"},
        Breakage{"manifest_syntax", kWrite("worker.toml", "[worker\n"),
                 "toml-syntax worker.toml:1: Error while parsing table header: expected ']', saw '\\n'\n"},
        Breakage{"manifest_id", kWrite("worker.toml", TestCatalog::manifest("v")),
                 "toml-id-mismatch worker.toml:2: [worker].id is 'v', and the folder is called 'w'\n"},
        Breakage{"folder_name", [](const TestCatalog& c) { c.remove("community/w"); c.write("community/Bad_Name/worker.toml", TestCatalog::manifest("w")); },
                 "worker-id-invalid: 'Bad_Name' is not a worker id\n"
                 "toml-id-mismatch worker.toml:2: [worker].id is 'w', and the folder is called 'Bad_Name'\n"},
        Breakage{"id_taken", [](const TestCatalog& c) { c.remove("community/w"); c.add("community/sound"); },
                 "worker-id-taken: an official worker is called 'sound' already\n"},
        Breakage{"pkgname", kWrite("PKGBUILD", TestCatalog::recipe("other")),
                 "SYN-005 PKGBUILD:1: pkgname is 'other', and the worker's id is 'w'\n"},
        Breakage{"pkgname_bin_in_source", kWrite("PKGBUILD", TestCatalog::recipe("w-bin")),
                 "SYN-005 PKGBUILD:1: pkgname is 'w-bin', and the worker's id is 'w'\n"},
        Breakage{"split_package", kWrite("PKGBUILD", "pkgbase=w\npkgname=('w' 'v')\npkgver=1.0\npkgrel=1\narch=('any')\nlicense=('MIT')\npackage_w() {\n  :\n}\npackage_v() {\n  :\n}\n"),
                 "SYN-005 PKGBUILD:2: the recipe makes 2 packages; a worker is one\n"},
        Breakage{"two_versions", kWrite("PKGBUILD.bin", TestCatalog::recipe("w-bin", "2.0")),
                 "SYN-005 PKGBUILD.bin:2: pkgver is 2.0 here and 1.0 in PKGBUILD\n"},
        Breakage{"manifest_version", kWrite("worker.toml", TestCatalog::manifest("w", "version = \"1.1\"\n")),
                 "SYN-005 PKGBUILD:2: pkgver is 1.0, and worker.toml's version is 1.1\n"},
        Breakage{"arch_not_in_recipe", kWrite("worker.toml", variant("arch = [\"x86_64\", \"armv7h\"]\n")),
                 "SYN-005 PKGBUILD:4: arch is (x86_64 aarch64), and a [[variant]] of worker.toml is for linux-armv7h-cpu\n"
                 "warn SYN-005 PKGBUILD:4: arch has aarch64, and no [[variant]] of worker.toml offers it\n"},
        Breakage{"arch_unknown", kWrite("PKGBUILD", "pkgname=w\npkgver=1.0\npkgrel=1\narch=('i686')\nlicense=('MIT')\npackage() {\n  :\n}\n"),
                 "SYN-005 PKGBUILD:4: none of the recipe's architectures (i686) is one that workers run on\n"},
        Breakage{"recipe_not_there", kWrite("worker.toml", variant("arch = [\"x86_64\", \"aarch64\"]\nrecipe = \"PKGBUILD.bin\"\n")),
                 "recipe-missing worker.toml:9: a [[variant]] names PKGBUILD.bin, and the worker has none\n"},
        Breakage{"version_missing", [](const TestCatalog& c) {
                   c.remove("community/w/PKGBUILD");
                   c.write("community/w/worker.toml", TestCatalog::manifest("w", "[source]\ntype = \"git\"\nurl = \"https://e.org/w.git\"\ncommit = \"" + kCommit40 + "\"\nbuild_system = \"make\"\n"));
                 },
                 "version-missing worker.toml:6: [source] describes a recipe, and nothing says its version\n"},
        Breakage{"cargo_missing", kWrite("worker.toml", TestCatalog::manifest("w", "version = { cargo = \"a/Cargo.toml\" }\n")),
                 "cargo-toml-missing worker.toml:6: the worker's folder has no 'a/Cargo.toml'\n"},
        Breakage{"cargo_without_workspace", [](const TestCatalog& c) {
                   c.write("community/w/worker.toml", TestCatalog::manifest("w", "version = { cargo = \"a/Cargo.toml\" }\n"));
                   c.write("community/w/a/Cargo.toml", "[package]\nversion.workspace = true\n");
                 },
                 "cargo-version-missing worker.toml:6: Cargo.toml takes its version from a workspace, and no folder above it has one\n"},
        Breakage{"cargo_syntax", [](const TestCatalog& c) {
                   c.write("community/w/worker.toml", TestCatalog::manifest("w", "version = { cargo = \"Cargo.toml\" }\n"));
                   c.write("community/w/Cargo.toml", "[package\n");
                 },
                 "cargo-toml-invalid worker.toml:6: Cargo.toml cannot be read\n"
                 "toml-syntax Cargo.toml:1: Error while parsing table header: expected ']', saw '\\n'\n"},
        Breakage{"symlink", [](const TestCatalog& c) { fs::create_symlink("/etc/passwd", c.files() / "community/w/data"); },
                 "file-symlink data: 'data' is a symbolic link\n"},
        Breakage{"symlinked_recipe", [](const TestCatalog& c) {
                   c.remove("community/w/PKGBUILD");
                   fs::create_symlink("../../sound/PKGBUILD", c.files() / "community/w/PKGBUILD");
                 },
                 "file-symlink PKGBUILD: 'PKGBUILD' is a symbolic link\n"},
        Breakage{"large_file", kWrite("model.bin", std::string(256'001, 'x')),
                 "file-too-large model.bin: 'model.bin' has 256001 bytes; at most 256000 are allowed\n"},
        Breakage{"large_manifest", kWrite("worker.toml", std::string(70'000, '#')),
                 "toml-too-large worker.toml: the file has 70000 bytes; at most 65536 are read\n"},
        Breakage{"many_files", [](const TestCatalog& c) { for (int i = 0; i < 200; ++i) c.write("community/w/f/" + std::to_string(i), "x"); },
                 "file-count: the folder holds more than 200 files\n"},
        Breakage{"deep_folders", kWrite("a/b/c/d/e/f/g/h/i", "x"),
                 "file-depth a/b/c/d/e/f/g/h: folders nest deeper than 8 levels\n"},
        Breakage{"option_name", kWrite("-rf", "x"), "file-name -rf: the name '-rf' begins with '-', which commands take for an option\n"},
        Breakage{"escape_name", kWrite("a\x1b[31mb", "x"),
                 "file-name a\xEF\xBF\xBD[31mb: the name 'a\xEF\xBF\xBD[31mb' holds control or invisible characters\n"},
        Breakage{"not_utf8_name", kWrite("a\xFF", "x"), "file-name a\xEF\xBF\xBD: the name 'a\xEF\xBF\xBD' is not UTF-8\n"},
        Breakage{"case_collision", [](const TestCatalog& c) { c.write("community/w/Makefile", "x"); c.write("community/w/makefile", "x"); },
                 "file-name makefile: 'Makefile' and 'makefile' are one file where case does not count\n"},
        Breakage{"git_attributes", kWrite(".gitattributes", "* filter=x\n"),
                 "file-name .gitattributes: the name '.gitattributes' would change how Git treats other files\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Builder, LinksAndFoldersCountTooSoThatATreeOfThemEnds) {
  TestCatalog catalog;
  catalog.add("community/w");
  for (int folder = 0; folder < 15; ++folder)
    for (int i = 0; i < 100; ++i) {
      const fs::path link =
          catalog.files() / "community/w" / std::to_string(folder) / std::to_string(i);
      fs::create_directories(link.parent_path());
      fs::create_symlink("x", link);
    }
  const auto snapshot = catalog.build(catalog.commit());
  ASSERT_EQ(snapshot->broken().size(), 1u);
  const auto& findings = snapshot->broken()[0].findings;
  EXPECT_LE(findings.size(), kEntriesMax + 1);
  EXPECT_EQ(findings.back().message, "the folder holds more than 1000 files, folders and links");
}

TEST(Builder, ARecipeThatCannotBeEvaluatedBreaksItsWorker) {
  for (const auto& [text, kind] :
       {std::pair<std::string, std::string>{"pkgname=w\nif\n", "syntax"},
        {"pkgname=w\npkgver=1.0-1\npkgrel=1\narch=(any)\n", "lint"},
        {TestCatalog::recipe("w", "1.0", "while :; do :; done\n"), "limit"},
        {TestCatalog::recipe("w", "1.0", "pkgdesc=$(curl https://example.org)\n"),
         "unsupported"}}) {
    TestCatalog catalog;
    catalog.add("sound");
    catalog.add("w");
    catalog.write("w/PKGBUILD", text);
    const auto snapshot = catalog.build(catalog.commit());
    EXPECT_NE(snapshot->find("sound"), nullptr);
    ASSERT_EQ(snapshot->broken().size(), 1u) << kind;
    const Finding& finding = snapshot->broken()[0].findings.at(0);
    EXPECT_EQ(finding.file, "PKGBUILD") << kind;
    EXPECT_EQ(finding.severity, Severity::block) << kind << ": " << finding.message;
  }
}

TEST(Builder, ATreeThatLiesAboutItsEntriesBreaksOnlyItsWorker) {
  TestCatalog catalog;
  catalog.add("sound");
  catalog.add("w");
  catalog.commit();
  // The folder w again, with its recipe being a folder that is called a file.
  const std::string script =
      "cd '" + (catalog.files().parent_path() / "catalog.git").string() +
      "' && export GIT_CONFIG_NOSYSTEM=1 HOME=/nonexistent &&"
      " bytes() { printf \"$(git rev-parse \"$1\" | sed 's/../\\\\x&/g')\"; } &&"
      " lie=$({ printf '100644 PKGBUILD\\0'; bytes HEAD:sound; printf '100644 worker.toml\\0';"
      " bytes HEAD:w/worker.toml; } | git hash-object -t tree --literally -w --stdin) &&"
      " root=$(printf '040000 tree %s\\tsound\\n040000 tree %s\\tw\\n'"
      " \"$(git rev-parse HEAD:sound)\" \"$lie\" | git mktree) &&"
      " git -c user.name=A -c user.email=a@example.org commit-tree \"$root\" -m x >lie";
  const std::string command = "exec bash -c \"$SCRIPT\"";
  ::setenv("SCRIPT", script.c_str(), 1);
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::string id;
  std::ifstream(catalog.files().parent_path() / "catalog.git/lie") >> id;
  const auto snapshot = catalog.build(*CommitId::parse(id));
  EXPECT_NE(snapshot->find("sound"), nullptr);
  ASSERT_EQ(snapshot->broken().size(), 1u);
  EXPECT_EQ(snapshot->broken()[0].findings.at(0).rule, "object-kind");
}

TEST(Builder, SharesWhatDidNotChange) {
  TestCatalog catalog;
  catalog.add("a");
  catalog.add("community/b");
  catalog.add("community/c");
  catalog.write("community/broken/worker.toml", "x");
  const auto first = catalog.build(catalog.commit("Ann"));
  catalog.add("community/b", "2.0");
  catalog.remove("community/c");
  catalog.add("community/d");
  const CommitId second_commit = catalog.commit("Bob");
  const auto second = catalog.build(second_commit, first.get());
  EXPECT_EQ(second->find("a"), first->find("a"));
  EXPECT_NE(second->find("b"), first->find("b"));
  EXPECT_EQ(second->find("b")->version, "2.0-1");
  EXPECT_EQ(second->find("c"), nullptr);
  EXPECT_EQ(first->find("c")->version, "1.0-1");  // The old view is as it was.
  EXPECT_EQ(second->find("b")->author, "Ann");
  EXPECT_EQ(second->find("b")->last_commit, second_commit);
  EXPECT_EQ(second->find("b")->created, Time(std::chrono::seconds(1)));
  EXPECT_EQ(second->find("b")->updated, Time(std::chrono::seconds(2)));
  EXPECT_EQ(second->find("d")->author, "Bob");
  EXPECT_EQ(second->broken().size(), 1u);
}

/// Everything of a snapshot that could differ.
std::string picture(const Snapshot& snapshot) {
  std::string out = snapshot.commit().str() + "\n";
  for (const auto& worker : snapshot.workers())
    out += worker->directory() + " " + worker->version + " " + worker->tree.str() + " " +
           worker->last_commit.str() + " " + rfc3339(worker->created) + " " +
           rfc3339(worker->updated) + " " + worker->author + "\n";
  for (const Broken& broken : snapshot.broken())
    out += broken.directory + "\n" + summary(broken.findings);
  return out + summary(snapshot.findings());
}

TEST(Builder, AStepGivesWhatAFreshBuildGives) {
  TestCatalog catalog;
  const std::function<void()> steps[] = {
      [&] {
        catalog.add("a");
        catalog.add("community/b");
      },
      [&] { catalog.add("community/b", "2.0"); },
      [&] { catalog.add("community/a"); },                     // Taken by the official one.
      [&] { catalog.remove("a"); },                            // Now it is free.
      [&] { catalog.write("community/b/PKGBUILD", "if\n"); },  // Broken …
      [&] { catalog.write("notes/x", "x"); },
      [&] { catalog.add("community/b", "2.0"); },  // … and mended.
      [&] { catalog.remove("community/b"); },
      [&] { catalog.add("community/b", "2.0"); },  // Made anew: other dates, other author.
      [&] { catalog.add("a"); },
      [&] { catalog.remove("community"); },
  };
  std::shared_ptr<const Snapshot> previous;
  int number = 0;
  for (const auto& step : steps) {
    step();
    const CommitId commit = catalog.commit("author " + std::to_string(number++));
    const auto fresh = catalog.build(commit);
    const auto stepped = catalog.build(commit, previous.get());
    EXPECT_EQ(picture(*stepped), picture(*fresh)) << "step " << number;
    previous = stepped;
  }
  // Backwards too: the previous snapshot is not an ancestor.
  TestCatalog other;
  other.add("z");
  const CommitId old = other.commit();
  const auto before = other.build(old);
  other.add("z", "2.0");
  const auto after = other.build(other.commit());
  EXPECT_EQ(picture(*other.build(old, after.get())), picture(*before));
}

TEST(Releases, AreTheFoldersThatAWorkerHad) {
  TestCatalog catalog;
  catalog.add("community/a", "1.0");
  const CommitId first = catalog.commit();
  catalog.add("community/b", "7");
  catalog.commit();
  catalog.add("community/a", "1.1");
  const CommitId second = catalog.commit();
  catalog.write("community/a/PKGBUILD", "pkgver=$(curl https://e.org)\n");
  catalog.commit();
  catalog.write("community/a/README.md", "More words\n");
  catalog.add("community/a", "1.1");
  const CommitId again = catalog.commit();
  catalog.remove("community/a");
  catalog.commit();
  catalog.add("community/a", "2.0");
  const CommitId third = catalog.commit();
  catalog.add("community/b", "8");
  const auto snapshot = catalog.build(catalog.commit());
  const auto repository = catalog.open();
  const auto worker = whole(*snapshot, "a");
  ASSERT_TRUE(worker);
  const auto releases = read_releases(*repository, snapshot->commit(), *worker);
  ASSERT_TRUE(releases) << describe(releases.error());
  std::vector<std::string> versions, commits;
  for (const auto& each : *releases) {
    versions.push_back(each->version);
    commits.push_back(each->last_commit.str());
  }
  EXPECT_THAT(versions, ElementsAre("2.0-1", "1.1-1", "1.0-1"));
  // Of 1.1 the newest folder counts; each release has the commit that brought it.
  EXPECT_THAT(commits, ElementsAre(third.str(), again.str(), first.str()));
  EXPECT_NE(again, second);
  EXPECT_FALSE((*releases)[1]->readme.empty());
  EXPECT_TRUE((*releases)[2]->readme.empty());
  EXPECT_EQ(read_releases(*repository, snapshot->commit(), *worker, {.releases_max = 2})->size(),
            2U);
  EXPECT_EQ(read_releases(*repository, snapshot->commit(), *worker, {.commits_max = 3})->size(),
            1U);
}

TEST(Builder, TheBundledCatalogIsSound) {
  TestCatalog catalog;
  fs::copy(fs::path(RBEE_SOURCE_DIR) / "catalog", catalog.files(), fs::copy_options::recursive);
  const auto snapshot = catalog.build(catalog.commit());
  EXPECT_GE(snapshot->workers().size(), 4u);
  for (const Broken& broken : snapshot->broken())
    ADD_FAILURE() << broken.directory << "\n" << summary(broken.findings);
  for (const auto& worker : snapshot->workers())
    EXPECT_EQ(summary(whole(*snapshot, worker->id.str())->findings), "") << worker->id.str();
}

}  // namespace
}  // namespace rbee::catalog
