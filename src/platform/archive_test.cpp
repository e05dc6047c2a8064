// Every hostile archive is refused and leaves nothing outside its target; honest ones come out as
// bsdtar has them.
#include "platform/archive.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../../tests/corpus/hostile_archives.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "base/text.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"

namespace rbee::platform {
namespace {

using fakes::list_all;
using fakes::read_text;
using fakes::TempDir;
using ::testing::Contains;
using ::testing::ElementsAre;

/// A target with a parent that must stay as it is.
struct Place {
  Place() { std::filesystem::create_directories(dir / "a/b/target"); }
  Result<Unpacked> unpack(const std::string& bytes, const std::string& name,
                          const ArchiveLimits& limits = {}) {
    fakes::write_text(dir / "archive", bytes);
    const FileDescriptor target(::open((dir / "a/b/target").c_str(), O_RDONLY | O_DIRECTORY));
    return platform::unpack(dir / "archive", name, target.get(), limits, {});
  }
  std::vector<std::string> outside() const {
    std::vector<std::string> out;
    for (const std::string& path : list_all(dir.path()))
      if (!path.starts_with("a/b/target/")) out.push_back(path);
    return out;
  }
  std::vector<std::string> inside() const { return list_all(dir / "a/b/target"); }
  TempDir dir;
};

TEST(Archive, HostileOnesAreRefusedAndTouchNothingElse) {
  const auto corpus = corpus::hostile_archives();
  EXPECT_GE(corpus.size(), 60u);
  std::set<std::string> names;
  for (const corpus::HostileArchive& hostile : corpus) {
    SCOPED_TRACE(hostile.name);
    EXPECT_TRUE(names.insert(hostile.name).second);
    Place place;
    const auto result = place.unpack(hostile.bytes, hostile.file_name);
    if (result) {
      ADD_FAILURE() << "accepted, kind " << static_cast<int>(result->kind);
      continue;
    }
    const auto ids = split(hostile.id, '|');
    EXPECT_THAT(ids, Contains(std::string_view(result.error().id))) << describe(result.error());
    EXPECT_THAT(place.outside(), ElementsAre("a", "a/b", "a/b/target", "archive"));
    EXPECT_FALSE(std::filesystem::exists("/tmp/evil"));
    // What is left inside holds no link out and nothing special.
    ASSERT_TRUE(
        walk_tree(place.dir / "a/b/target", 100, [](const WalkEntry& entry) -> Result<void> {
          EXPECT_TRUE(S_ISREG(entry.mode) || S_ISDIR(entry.mode) || S_ISLNK(entry.mode))
              << entry.path;
          EXPECT_EQ(entry.mode & 06000, 0u) << entry.path;
          EXPECT_FALSE(entry.target.starts_with('/')) << entry.path;
          return {};
        }));
  }
}

TEST(Archive, AnHonestTarComesOutWhole) {
  const std::string tar = corpus::tar({{.name = "./", .type = '5', .mode = 0755},
                                       {.name = "./p/", .type = '5', .mode = 0555},
                                       {.name = "./p/run", .content = "#!/bin/sh\n", .mode = 0777},
                                       {.name = "p/caf\xc3\xa9", .content = "x"},
                                       {.name = "p/link", .type = '2', .link = "../p/./run"},
                                       {.name = "p/hard", .type = '1', .link = "p/run"}});
  for (const auto& [filter, suffix] :
       {std::pair{"", ""}, std::pair{"gzip", ".gz"}, std::pair{"bzip2", ".bz2"},
        std::pair{"xz", ".xz"}, std::pair{"zstd", ".zst"}, std::pair{"lzip", ".lz"},
        std::pair{"compress", ".Z"}, std::pair{"lzma", ".lzma"}}) {
    SCOPED_TRACE(filter);
    Place place;
    const std::string bytes = *filter == '\0' ? tar : corpus::compress(filter, tar);
    const auto result = place.unpack(bytes, std::string("p.tar") + suffix);
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->kind, Unpacked::Kind::archive);
    EXPECT_EQ(result->size_bytes, 11u);
    EXPECT_THAT(place.inside(),
                ElementsAre("p", "p/caf\xc3\xa9", "p/hard", "p/link -> ../p/./run", "p/run"));
    const auto run = place.dir / "a/b/target/p/run";
    EXPECT_EQ(read_text(run), "#!/bin/sh\n");
    struct stat status {};
    ASSERT_EQ(::stat(run.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0755u);
    EXPECT_EQ(status.st_nlink, 2u);
    EXPECT_EQ(status.st_mtime, 014000000000);
  }
}

TEST(Archive, LongNamesAndGitsCommentAreFine) {
  const std::string name = std::string(120, 'n') + "/" + std::string(100, 'm');
  Place place;
  auto result = place.unpack(
      corpus::tar(
          {corpus::pax(corpus::pax_record("comment", "0123456789abcdef"), 'g'),
           corpus::pax(corpus::pax_record("path", name) + corpus::pax_record("mtime", "1.5") +
                       corpus::pax_record("SCHILY.xattr.user.x", "y")),
           {.content = "1"},
           {.name = "././@LongLink", .type = 'L', .content = name + "2" + std::string(1, '\0')},
           {.content = "2"}}),
      "a.tar");
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(read_text(place.dir / "a/b/target" / name), "1");
  EXPECT_EQ(read_text(place.dir / "a/b/target" / (name + "2")), "2");
}

TEST(Archive, OtherFormats) {
  for (const auto& [format, file] :
       {std::pair{"zip", "a.zip"}, std::pair{"7zip", "a.7z"}, std::pair{"cpio", "a.cpio"}}) {
    SCOPED_TRACE(format);
    Place place;
    const auto result = place.unpack(
        corpus::packed(format, {{.name = "d/f", .content = "text", .mode = 0755}, {.name = "g"}}),
        file);
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->kind, Unpacked::Kind::archive);
    EXPECT_THAT(place.inside(), ElementsAre("d", "d/f", "g"));
    EXPECT_EQ(read_text(place.dir / "a/b/target/d/f"), "text");
  }
  Place place;
  ASSERT_TRUE(place.unpack(corpus::packed("ar", {{.name = "data.tar", .content = "x"}}), "a.deb"));
  EXPECT_THAT(place.inside(), ElementsAre("data.tar"));
}

TEST(Archive, ALoneCompressedFileLosesItsSuffix) {
  for (const auto& [filter, suffix] : {std::pair{"gzip", ".gz"}, std::pair{"bzip2", ".bz2"},
                                       std::pair{"xz", ".xz"}, std::pair{"zstd", ".zst"}}) {
    Place place;
    const auto result =
        place.unpack(corpus::compress(filter, "model weights"), std::string("model.bin") + suffix);
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->kind, Unpacked::Kind::compressed);
    EXPECT_EQ(read_text(place.dir / "a/b/target/model.bin"), "model weights");
  }
}

TEST(Archive, WhatIsNoArchiveIsLeftAlone) {
  for (const std::string& bytes :
       {std::string(), std::string("text\n"),
        std::string("\x7f"
                    "ELF") +
            std::string(2000, 'x'),
        std::string("#mtree\n/set type=file\n./x type=link link=/etc/passwd\n"),
        std::string(4096, '\0')}) {
    Place place;
    const auto result = place.unpack(bytes, "file");
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->kind, Unpacked::Kind::plain);
    EXPECT_TRUE(place.inside().empty());
  }
}

TEST(Archive, LimitsAreTheCallersToChoose) {
  const std::string tar =
      corpus::tar({{.name = "a", .content = "12345"}, {.name = "b", .content = "12345"}});
  Place place;
  EXPECT_EQ(place.unpack(tar, "a.tar", {.size_bytes_max = 9}).error().id, "archive-too-large");
  Place other;
  EXPECT_EQ(other.unpack(tar, "a.tar", {.entries_max = 1}).error().id, "archive-entries");
  Place third;
  EXPECT_TRUE(third.unpack(tar, "a.tar", {.entries_max = 2, .size_bytes_max = 10}));
}

TEST(Archive, ASecondArchiveNeverReplacesWhatIsThere) {
  Place place;
  ASSERT_TRUE(place.unpack(corpus::tar({{.name = "d/f", .content = "1"}}), "a.tar"));
  ASSERT_TRUE(place.unpack(corpus::tar({{.name = "d/g", .content = "2"}}), "b.tar"));
  EXPECT_EQ(place.unpack(corpus::tar({{.name = "d/f", .content = "3"}}), "c.tar").error().id,
            "archive-exists");
  EXPECT_EQ(read_text(place.dir / "a/b/target/d/f"), "1");
  std::filesystem::create_symlink(place.dir.path(), place.dir / "a/b/target/out");
  EXPECT_EQ(place.unpack(corpus::tar({{.name = "out/f"}}), "d.tar").error().id,
            "archive-through-link");
}

TEST(Archive, StopsWhenAsked) {
  TempDir dir;
  fakes::write_text(dir / "a.tar", corpus::tar({{.name = "a"}}));
  const FileDescriptor target(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
  EXPECT_EQ(
      platform::unpack(dir / "a.tar", "a.tar", target.get(), {}, [] { return true; }).error().code,
      Errc::interrupted);
}

// What GNU tar, bsdtar and zip write on an ordinary day must pass: strictness that refuses those is
// a bug.
TEST(Archive, WhatCommonToolsWriteIsAccepted) {
  TempDir dir;
  fakes::write_text(dir / "in/p-1.0/src/main.c", "int main;\n");
  fakes::write_text(dir / "in/p-1.0/" / std::filesystem::path(std::string(150, 'l')) / "f",
                    "long\n");
  fakes::write_text(dir / "in/p-1.0/empty", "");
  std::filesystem::create_symlink("src/main.c", dir / "in/p-1.0/link");
  std::filesystem::create_hard_link(dir / "in/p-1.0/src/main.c", dir / "in/p-1.0/hard.c");
  const std::vector<std::vector<std::string>> commands = {
      {"tar", "-czf", "../gnu.tar.gz", "p-1.0"},
      {"tar", "--format=posix", "-cJf", "../posix.tar.xz", "p-1.0"},
      {"tar", "--format=v7", "--exclude=lll*", "-cf", "../v7.tar", "p-1.0"},
      {"tar", "--format=oldgnu", "-cf", "../oldgnu.tar", "./p-1.0"},
      {"bsdtar", "-czf", "../bsd.tar.gz", "p-1.0"},
      {"bsdtar", "--format=pax", "-cf", "../pax.tar", "p-1.0"},
      {"bsdtar", "--format=zip", "-cf", "../bsd.zip", "p-1.0"},
      {"bsdtar", "--format=7zip", "-cf", "../seven.7z", "p-1.0"},
  };
  for (const auto& command : commands) {
    if (!find_program(command[0])) continue;
    const std::string file = command[command.size() - 2].substr(3);
    SCOPED_TRACE(file);
    ProcessSpec spec{.argv = command,
                     .environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}}};
    spec.directory = dir / "in";
    const auto made = run_process(spec);
    ASSERT_TRUE(made && made->ok());
    std::filesystem::create_directory(dir / "out");
    const FileDescriptor target(::open((dir / "out").c_str(), O_RDONLY | O_DIRECTORY));
    const auto result = platform::unpack(dir / file, file, target.get(), {}, {});
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(read_text(dir / "out/p-1.0/hard.c"), "int main;\n");
    EXPECT_EQ(read_text(dir / "out/p-1.0/link"), "int main;\n");
    ASSERT_TRUE(remove_tree(dir / "out"));
  }
}

}  // namespace
}  // namespace rbee::platform
