// Roll-ups against naive counting: random events, repeated ones, any step size, kills at any
// moment.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>

#include "analytics/fixture.hpp"
#include "analytics/series.hpp"

namespace rbee::analytics {
namespace {

/// One step of a random history.
struct Step {
  int worker = 0, release = 0, platform = 0, visitor = 0, kind = 0, hours = 0, roll = 0;
  bool ci = false;
};

void showValue(const Step& step, std::ostream& out) {
  out << "{" << step.worker << " " << step.release << " " << step.platform << " " << step.visitor
      << " kind " << step.kind << " +" << step.hours << "h roll " << step.roll << "}";
}

rc::Gen<Step> step() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 3), rc::gen::inRange(0, 2), rc::gen::inRange(0, 3),
                     rc::gen::inRange(0, 4), rc::gen::inRange(0, 4),
                     rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 30}, {1, 200}}),
                     rc::gen::weightedElement<int>({{3, 0}, {2, 1}, {1, 3}, {1, 100}}),
                     rc::gen::arbitrary<bool>()),
      [](const std::tuple<int, int, int, int, int, int, int, bool>& v) {
        return Step{std::get<0>(v), std::get<1>(v), std::get<2>(v), std::get<3>(v),
                    std::get<4>(v), std::get<5>(v), std::get<6>(v), std::get<7>(v)};
      });
}

Event event_of(const Step& step) {
  static const std::array<std::string, 3> kPlatforms = {"linux-x86_64-cpu", "linux-x86_64-cuda",
                                                        "linux-aarch64-cpu"};
  Event event = StatisticsFixture::install("worker-" + std::to_string(step.worker), step.visitor,
                                           "1." + std::to_string(step.release) + "-1",
                                           kPlatforms[static_cast<std::size_t>(step.platform)]);
  event.kind = kEventKinds[static_cast<std::size_t>(step.kind)];
  event.ci = step.ci;
  return event;
}

/// grain, start, worker, release, platform, kind (or "ci").
using Bucket =
    std::tuple<std::string, std::int64_t, std::string, std::string, std::string, std::string>;
using Naive = std::map<Bucket, std::int64_t>;

/// What counting by hand gives: a set of what was seen, a line for each bucket.
class ByHand {
 public:
  void see(const Event& event, Time now) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    if (!seen_.insert({event.visitor, event.worker, event.release, to_string(event.kind), day})
             .second)
      return;
    std::string column(to_string(event.kind));
    if (event.ci) {
      if (column == "remove" || column == "download") return;
      column = "ci";
    }
    const std::chrono::weekday weekday{day};
    const auto monday = day - std::chrono::days(weekday.iso_encoding() - 1);
    const auto hour = std::chrono::floor<std::chrono::hours>(now);
    const auto seconds = [](auto time) {
      return std::int64_t{
          std::chrono::time_point_cast<std::chrono::seconds>(time).time_since_epoch().count()};
    };
    for (const auto& [grain, start] : {std::pair<std::string, std::int64_t>{"hour", seconds(hour)},
                                       {"day", seconds(day)},
                                       {"week", seconds(monday)},
                                       {"all", 0}}) {
      ++counts[{grain, start, event.worker, event.release, event.platform, column}];
      ++counts[{grain, start, "", "", event.platform, column}];
    }
  }
  Naive counts;

 private:
  std::set<
      std::tuple<std::string, std::string, std::string, std::string_view, std::chrono::sys_days>>
      seen_;
};

/// What the table says, without its zeros.
Naive table(const platform::Database& database) {
  Naive out;
  const auto rows =
      must(database.query("SELECT grain, start, worker, release, platform, installs, upgrades, "
                          "removes, served, ci FROM analytics_counts ORDER BY id"));
  const std::array<std::string, 5> columns = {"install", "upgrade", "remove", "download", "ci"};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (const std::int64_t count = row[5 + i].integer(); count != 0)
        out[{row[0].text(), row[1].integer(), row[2].text(), row[3].text(), row[4].text(),
             columns[i]}] = count;
  return out;
}

/// Hundreds of databases in memory: a disk that syncs each commit would cost minutes. The test of
/// kills has a disk.
class TemporaryFilesInMemory {
 public:
  TemporaryFilesInMemory() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
  }
  ~TemporaryFilesInMemory() {
    if (before_.empty())
      ::unsetenv("TMPDIR");
    else
      ::setenv("TMPDIR", before_.c_str(), 1);
  }

 private:
  std::string before_ = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
};

RC_GTEST_PROP(RollUp, IsWhatCountingByHandGives, ()) {
  const auto steps = *rc::gen::container<std::vector<Step>>(step());
  const TemporaryFilesInMemory cheap;
  StatisticsFixture fixture;
  ByHand naive;
  for (const Step& each : steps) {
    fixture.clock.advance(std::chrono::hours(each.hours));
    const Event event = event_of(each);
    fixture.tell(event);
    naive.see(event, fixture.clock.now());
    if (each.roll > 0) must(roll_up(*fixture.db, each.roll));
  }
  fixture.count_all(7);
  RC_ASSERT(table(*fixture.db) == naive.counts);
}

/// A child that takes events down and rolls them up until it is killed. Opens the database itself:
/// SQLite's connections do not survive a fork.
[[noreturn]] void count_until_killed(const std::filesystem::path& path, int round) {
  fakes::ManualClock clock;
  clock.advance(std::chrono::hours(round));
  auto database = StatisticsFixture::open(path);
  Recorder recorder(*database, clock);
  for (int i = 0;; ++i) {
    const Step each{i % 3, i % 2, i % 3, round * 1'000'000 + i, i % 4, 0, 0, i % 5 == 0};
    if (!recorder.record(event_of(each))) _exit(3);
    if (i % 3 == 0 && !roll_up(*database, 1 + i % 5)) _exit(4);
  }
}

TEST(RollUpCrash, AKillAtAnyMomentNeitherLosesNorCountsTwice) {
  const fakes::TempDir root;
  const auto path = root / "market.db";
  StatisticsFixture::open(path);
  std::srand(20261127);
  for (int round = 0; round < 25; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) count_until_killed(path, round);
    ::usleep(static_cast<useconds_t>(20'000 + std::rand() % 150'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    // Everything that the log of raw events holds, once: counted by hand from its rows.
    auto database = StatisticsFixture::open(path);
    if (round % 2 == 0) must(roll_up(*database, 4));
    if (round + 1 < 25) continue;
    while (must(roll_up(*database)) > 0) {
    }
    ByHand naive;
    const auto rows = must(database->query(
        "SELECT kind, worker, release, platform, ci, hour, visitor FROM analytics_events ORDER BY "
        "id"));
    EXPECT_GT(rows.size(), 25u);  // How many is the machine's business.
    for (const auto& row : rows)
      naive.see({*parse_event_kind(row[0].text()), row[1].text(), row[2].text(), row[3].text(), "",
                 "", row[4].integer() != 0, row[6].text()},
                Time(std::chrono::seconds(row[5].integer())));
    EXPECT_EQ(table(*database), naive.counts);
  }
}

}  // namespace
}  // namespace rbee::analytics
