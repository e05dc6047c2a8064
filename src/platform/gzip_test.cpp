// Gzip in memory: the gzip program is the oracle in both directions.
#include "platform/gzip.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rbee::platform {
namespace {

std::string sample(std::size_t size) {
  std::string text;
  unsigned state = 7;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += state % 3 == 0 ? std::string("\"name\":\"worker\",") : std::to_string(state >> 8);
  }
  text.resize(size);
  return text;
}

TEST(Gzip, GivesBackWhatWentInAtEveryLevelAndSize) {
  for (const std::size_t size : {0U, 1U, 100U, 65'535U, 65'536U, 65'537U, 3'000'000U})
    for (const int level : {1, 6, 9}) {
      const std::string text = sample(size);
      const auto back = gunzip(gzip(text, level), size);
      ASSERT_TRUE(back) << size << " at " << level;
      EXPECT_EQ(*back, text);
    }
}

TEST(Gzip, PiecesGiveTheSameAsTheWhole) {
  const std::string text = sample(1'000'000);
  for (const std::size_t piece : {1'000U, 65'536U, 999'999U}) {
    GzipStream stream;
    for (std::size_t at = 0; at < text.size(); at += piece)
      stream.add(std::string_view(text).substr(at, piece));
    stream.add("");
    EXPECT_EQ(stream.finish(), gzip(text)) << piece;
  }
  GzipStream nothing;
  EXPECT_EQ(nothing.finish(), gzip(""));
}

TEST(Gzip, HasNoTimeNoNameAndNoSystemInItsHead) {
  const std::string bytes = gzip("hello");
  EXPECT_EQ(bytes.substr(0, 4), std::string("\x1f\x8b\x08\x00", 4));
  EXPECT_EQ(bytes.substr(4, 4), std::string(4, '\0'));
  EXPECT_EQ(bytes[9], static_cast<char>(0xff));
  EXPECT_EQ(bytes, gzip("hello"));
}

TEST(Gzip, TheGzipProgramReadsOursAndWeReadIts) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("rbee-gzip-test." + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string text = sample(200'000);
  std::ofstream(folder / "ours.gz", std::ios::binary) << gzip(text);
  std::ofstream(folder / "theirs", std::ios::binary) << text;
  const std::string script = "cd '" + folder.string() +
                             "' && gzip -d -k ours.gz && cmp ours theirs && gzip -9 theirs && "
                             "cat theirs.gz ours.gz >both.gz";
  EXPECT_EQ(std::system(script.c_str()), 0);  // NOLINT: a test's own folder.
  std::stringstream both;
  both << std::ifstream(folder / "both.gz", std::ios::binary).rdbuf();
  const auto back = gunzip(both.str(), 1'000'000);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, text + text);
  std::filesystem::remove_all(folder);
}

TEST(Gzip, RefusesWhatIsDamagedCutOrTooLarge) {
  const std::string bytes = gzip(sample(100'000));
  for (const std::string& bad :
       {std::string(), std::string("hello"), bytes.substr(0, bytes.size() / 2),
        bytes.substr(0, bytes.size() - 1), bytes + "x"}) {
    const auto back = gunzip(bad, 1'000'000);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().id, "gzip-damaged");
  }
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(~flipped[bytes.size() / 2]);
  EXPECT_FALSE(gunzip(flipped, 1'000'000));
  const auto large = gunzip(gzip(std::string(10'000'000, 'a')), 1'000'000);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().id, "gzip-too-large");
}

}  // namespace
}  // namespace rbee::platform
