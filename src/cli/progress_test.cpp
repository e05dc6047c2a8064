// What a person sees while a worker is being installed, to the byte.
#include "cli/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/table.hpp"

namespace rbee::cli {
namespace {

using install::Phase;
using testing::HasSubstr;
using testing::Not;

struct LineCase {
  const char* name;
  const char* file;
  std::uint64_t received, total;
  double rate;
  int columns;
  const char* line;
};
class ProgressLine : public testing::TestWithParam<LineCase> {};
TEST_P(ProgressLine, IsThis) {
  const LineCase& c = GetParam();
  const std::string line = progress_line(c.file, c.received, c.total, c.rate, c.columns);
  EXPECT_EQ(line, c.line);
  EXPECT_LE(display_width(line), c.columns);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, ProgressLine,
    testing::Values(
        LineCase{"wide", "model.tar.gz", 3'800'000, 7'600'000, 1'200'000, 100,
                 "  model.tar.gz  [###############---------------]   50%    3.8 MB/7.6 MB    1.2 "
                 "MB/s  ETA  0:04"},
        LineCase{
            "eighty", "model.tar.gz", 3'800'000, 7'600'000, 1'200'000, 80,
            "  model.tar.gz  [########--------]   50%    3.8 MB/7.6 MB    1.2 MB/s  ETA  0:04"},
        LineCase{"no_room_for_a_bar", "model.tar.gz", 3'800'000, 7'600'000, 1'200'000, 60,
                 "  model.tar.gz   50%    3.8 MB/7.6 MB    1.2 MB/s  ETA  0:04"},
        LineCase{"narrow", "model.tar.gz", 3'800'000, 7'600'000, 1'200'000, 40,
                 "  model.tar.gz   50%    3.8 MB/7.6 MB"},
        LineCase{
            "long_name", "a-very-long-file-name-of-a-model-archive.tar.gz", 3'800'000, 7'600'000,
            1'200'000, 80,
            "  a-very-long-file-…  [#####-----]   50%    3.8 MB/7.6 MB    1.2 MB/s  ETA  0:04"},
        LineCase{"size_unknown", "x.tar.gz", 3'800'000, 0, 2'000, 80,
                 "  x.tar.gz    3.8 MB    2.0 kB/s"},
        LineCase{
            "complete", "x.tar.gz", 7'600'000, 7'600'000, 900, 80,
            "  x.tar.gz  [####################]  100%    7.6 MB/7.6 MB     900 B/s  ETA  0:00"},
        LineCase{"more_than_promised", "x", 10, 5, 0, 80, "  x      10 B"},
        LineCase{"hostile_name", "x\x1b[2J\n", 5, 10, 0, 80,
                 "  x\xEF\xBF\xBD[2J   [############------------]   50%       5 B/10 B       "
                 "       ETA --:--"}),
    [](const auto& info) { return info.param.name; });

TEST(Eta, IsReadable) {
  EXPECT_EQ(eta(70, 10), "0:07");
  EXPECT_EQ(eta(71, 10), "0:08");
  EXPECT_EQ(eta(7250, 10), "12:05");
  EXPECT_EQ(eta(108'000, 10), "3:00:00");
  EXPECT_EQ(eta(1, 0), "--:--");
  EXPECT_EQ(eta(UINT64_MAX, 1), "--:--");
}

TEST(Duration, IsReadable) {
  EXPECT_EQ(duration(0.04), "0.0 s");
  EXPECT_EQ(duration(9.94), "9.9 s");
  EXPECT_EQ(duration(59.4), "59 s");
  EXPECT_EQ(duration(185), "3 min 05 s");
}

TEST(RateMeter, LooksBackFiveSecondsAndNoFurther) {
  RateMeter rate;
  rate.sample(0, 1'000'000);  // A resumed download: the first million was there.
  EXPECT_EQ(rate.bytes_per_second(), 0);
  rate.sample(1, 1'000'100);
  EXPECT_EQ(rate.bytes_per_second(), 100);
  for (int second = 2; second <= 20; ++second)
    rate.sample(second, 1'000'100 + static_cast<std::uint64_t>(second) * 10);
  EXPECT_NEAR(rate.bytes_per_second(), 10, 0.01);
}
TEST(RateMeter, StartsAgainWhenTheDownloadDoes) {
  RateMeter rate;
  rate.sample(0, 500);
  rate.sample(1, 1000);
  rate.sample(2, 10);
  rate.sample(3, 30);
  EXPECT_EQ(rate.bytes_per_second(), 20);
}

struct Screen {
  std::ostringstream out;
  double now = 0;
  bool stop = false;
  ProgressObserver::Options options(bool live, bool verbose = false) {
    return {.live = live,
            .silent = false,
            .verbose = verbose,
            .columns = [] { return 60; },
            .seconds = [this] { return now; },
            .interrupted = [this] { return stop; }};
  }
  /// The bytes with ESC and CR written out.
  std::string bytes() const {
    std::string shown;
    for (char c : out.str())
      shown += c == '\x1b' ? "<ESC>" : c == '\r' ? "<CR>" : std::string(1, c);
    return shown;
  }
  void story(ProgressObserver& observer) {
    observer.phase(Phase::fetch, "a.tar.gz");
    observer.progress("a.tar.gz", 0, 2'000'000);
    now = 1;
    observer.progress("a.tar.gz", 1'000'000, 2'000'000);
    now = 2;
    observer.progress("a.tar.gz", 2'000'000, 2'000'000);
    observer.phase(Phase::verify, "a.tar.gz");
    now = 2.5;
    observer.phase(Phase::build, "");
    observer.build_output("cc -c x.c\ncc -c y");
    now = 3;
    observer.build_output(".c\n");
    now = 12.5;
    observer.phase(Phase::link, "x");
    observer.finish();
  }
};

TEST(ProgressObserver, PlainLinesInAPipe) {
  Screen screen;
  {
    ProgressObserver observer(screen.out, screen.options(false));
    screen.story(observer);
  }
  EXPECT_EQ(screen.bytes(),
            "fetch: a.tar.gz\n"
            "fetch: 2.0 MB in 2.0 s, 1.0 MB/s\n"
            "verify: a.tar.gz\n"
            "verify: done in 0.5 s\n"
            "build\n"
            "build: done in 10 s\n"
            "link: x\n");
}

TEST(ProgressObserver, VerboseShowsTheBuildsOutput) {
  Screen screen;
  {
    ProgressObserver observer(screen.out, screen.options(false, true));
    observer.phase(Phase::build, "");
    observer.build_output("one\r\n\x1b[31mtwo\x1b[0m\n10%\r20%\rdone\nunfinished");
    observer.finish();
  }
  EXPECT_EQ(screen.bytes(),
            "build\n"
            "  | one\n"
            "  | \xEF\xBF\xBD[31mtwo\xEF\xBF\xBD[0m\n"
            "  | done\n"
            "  | unfinished\n");
}

TEST(ProgressObserver, RedrawsOneLineOnATerminalAndPutsItBack) {
  Screen screen;
  {
    ProgressObserver observer(screen.out, screen.options(true));
    screen.story(observer);
  }
  EXPECT_EQ(screen.bytes(),
            "<ESC>[?25lfetch: 0.0 s  a.tar.gz\n"
            "<ESC>[1A<CR><ESC>[J  a.tar.gz   50%    1.0 MB/2.0 MB    1.0 MB/s  ETA  0:01\n"
            "<ESC>[1A<CR><ESC>[J  a.tar.gz  100%    2.0 MB/2.0 MB    1.0 MB/s  ETA  0:00\n"
            "<ESC>[1A<CR><ESC>[Jfetch: 2.0 MB in 2.0 s, 1.0 MB/s\n"
            "verify: 0.0 s  a.tar.gz\n"
            "<ESC>[1A<CR><ESC>[Jverify: done in 0.5 s\n"
            "build: 0.0 s\n"
            "<ESC>[1A<CR><ESC>[Jbuild: 0.5 s  cc -c y.c\n"
            "<ESC>[1A<CR><ESC>[Jbuild: done in 10 s\n"
            "link: 0.0 s  x\n"
            "<ESC>[1A<CR><ESC>[J<ESC>[?25h");
}

TEST(ProgressObserver, AFailureLeavesNoBarAndAVisibleCursor) {
  Screen screen;
  {
    ProgressObserver observer(screen.out, screen.options(true));
    observer.phase(Phase::fetch, "a");
    observer.progress("a", 0, 10);
  }
  EXPECT_TRUE(screen.bytes().ends_with("<ESC>[1A<CR><ESC>[J<ESC>[?25h")) << screen.bytes();
}

TEST(ProgressObserver, RedrawsAtMostTenTimesASecond) {
  Screen screen;
  ProgressObserver observer(screen.out, screen.options(true));
  observer.phase(Phase::fetch, "a");
  for (int i = 1; i <= 1000; ++i) {
    screen.now = i / 1000.0;
    observer.progress("a", static_cast<std::uint64_t>(i), 10'000);
  }
  std::size_t redraws = 0;
  const std::string text = screen.bytes();
  for (std::size_t at = 0; (at = text.find("<ESC>[J", at)) != std::string::npos; ++at) ++redraws;
  EXPECT_GE(redraws, 8u);
  EXPECT_LE(redraws, 11u);
}

TEST(ProgressObserver, ParallelDownloadsHaveALineEach) {
  Screen screen;
  ProgressObserver observer(screen.out, screen.options(true));
  observer.phase(Phase::fetch, "");
  observer.progress("a", 1, 10);
  screen.now = 1;
  observer.progress("b", 2, 10);
  EXPECT_THAT(screen.bytes(), HasSubstr("\n  b "));
  screen.now = 2;
  observer.progress("a", 5, 10);
  EXPECT_THAT(screen.bytes(), HasSubstr("<ESC>[2A<CR><ESC>[J"));
}

TEST(ProgressObserver, SilentIsSilent) {
  Screen screen;
  {
    ProgressObserver::Options options = screen.options(true);
    options.silent = true;
    ProgressObserver observer(screen.out, std::move(options));
    screen.story(observer);
  }
  EXPECT_EQ(screen.bytes(), "");
}

TEST(ProgressObserver, PassesOnTheWishToStop) {
  Screen screen;
  ProgressObserver observer(screen.out, screen.options(false));
  EXPECT_FALSE(observer.cancelled());
  screen.stop = true;
  EXPECT_TRUE(observer.cancelled());
}

}  // namespace
}  // namespace rbee::cli
