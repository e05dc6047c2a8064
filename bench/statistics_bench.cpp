// Receipts a second, roll-ups, queries and standings over a million events.
//
//   statistics_bench FOLDER [EVENTS] [WORKERS]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "analytics/leaderboard.hpp"
#include "analytics/recorder.hpp"
#include "analytics/rollup.hpp"
#include "analytics/schema.hpp"
#include "analytics/series.hpp"

namespace {

using namespace rbee;
using namespace rbee::analytics;
using Steady = std::chrono::steady_clock;

template <typename T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", describe(result.error()));
    std::exit(1);
  }
  return std::move(*result);
}

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

long resident_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct MovingClock final : Clock {
  std::atomic<std::int64_t> seconds = 1'800'000'000;
  Time now() const override { return Time(std::chrono::seconds(seconds.load())); }
};

/// A few workers are popular, most are not.
class Traffic {
 public:
  Traffic(unsigned seed, int workers) : random_(seed), workers_(workers) {}
  Event next() {
    const double u = std::uniform_real_distribution<>(0, 1)(random_);
    const auto worker = static_cast<int>(std::pow(u, 4) * workers_);
    static constexpr const char* kPlatforms[] = {"linux-x86_64-cpu", "linux-x86_64-cuda",
                                                 "linux-x86_64-rocm", "linux-aarch64-cpu"};
    Event event;
    event.kind = random_() % 4 == 0 ? EventKind::upgrade : EventKind::install;
    event.worker = fmt::format("worker-{:06}-of-the-market", worker);
    event.release = fmt::format("1.{}-1", random_() % 3);
    event.platform = kPlatforms[random_() % 4];
    event.recipe = "PKGBUILD.bin";
    event.hardware = "cpu-avx2-16g";
    event.ci = random_() % 10 == 0;
    event.visitor = fmt::format("{:016x}", random_());
    return event;
  }

 private:
  std::mt19937_64 random_;
  int workers_;
};

void receipts_a_second(platform::Database& database, const Clock& clock, int threads) {
  Recorder recorder(database, clock);
  constexpr double kSeconds = 3;
  std::atomic<std::int64_t> count = 0;
  const auto begin = Steady::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      Traffic traffic(static_cast<unsigned>(1000 + t), 1000);
      while (seconds_since(begin) < kSeconds) {
        must(recorder.record(traffic.next()));
        ++count;
      }
    });
  for (std::thread& thread : all) thread.join();
  fmt::print("  {:2} waiting at once: {:7.0f} receipts/s on the disk\n", threads,
             static_cast<double>(count) / seconds_since(begin));
}

template <typename Work>
void timed(std::string_view what, int times, Work work) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const auto begin = Steady::now();
    work(i);
    all.push_back(seconds_since(begin) * 1e3);
  }
  std::sort(all.begin(), all.end());
  fmt::print("  {:44} median {:8.3f} ms, p99 {:8.3f} ms\n", what, all[all.size() / 2],
             all[all.size() * 99 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::filesystem::path folder = argv[1];
  const int events = argc > 2 ? std::atoi(argv[2]) : 1'000'000;
  const int workers = argc > 3 ? std::atoi(argv[3]) : 100'000;
  MovingClock clock;
  const auto open = [&](const char* name) {
    auto database = must(platform::Database::open(folder / name));
    if (const auto made = prepare(*database); !made) std::exit(1);
    return database;
  };
  fmt::print("receipts, each on the disk before it is answered:\n");
  {
    const auto database = open("receipts.db");
    for (const int threads : {1, 2, 8, 32}) receipts_a_second(*database, clock, threads);
  }
  const auto database = open("events.db");
  Traffic traffic(1, workers);
  // Thirty days of events, as a million rows; the roll-up is what is measured.
  const std::int64_t begin_seconds = clock.seconds;
  auto begin = Steady::now();
  for (int written = 0; written < events;) {
    auto transaction = must(database->begin());
    for (int i = 0; i < 5000 && written < events; ++i, ++written) {
      clock.seconds = begin_seconds + std::int64_t{written} * 30 * 86'400 / events;
      const Event event = traffic.next();
      must(transaction.execute(
          "INSERT INTO analytics_events (kind, worker, release, platform, recipe, hardware, ci, "
          "hour, day, visitor, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT "
          "(visitor, worker, release, kind, day) DO NOTHING",
          {to_string(event.kind), event.worker, event.release, event.platform, event.recipe,
           event.hardware, event.ci ? 1 : 0, hour_of(clock.now()), day_of(clock.now()),
           event.visitor}));
    }
    if (!transaction.commit()) return 1;
  }
  fmt::print("{} events of {} workers over 30 days: written in {:.1f} s\n", events, workers,
             seconds_since(begin));
  begin = Steady::now();
  double longest = 0;
  for (;;) {
    const auto one = Steady::now();
    const auto counted = must(roll_up(*database));
    longest = std::max(longest, seconds_since(one));
    if (counted == 0) break;
  }
  const double took = seconds_since(begin);
  std::uintmax_t bytes = 0;
  for (const char* name : {"events.db", "events.db-wal"}) {
    std::error_code code;
    const auto size = std::filesystem::file_size(folder / name, code);
    if (!code) bytes += size;
  }
  fmt::print(
      "  rolled up in {:.1f} s ({:.0f} events/s); longest transaction {:.0f} ms; {} MB on disk\n",
      took, events / took, longest * 1e3, bytes / 1'000'000);
  const Time now = clock.now();
  const auto worker = [](int i) { return fmt::format("worker-{:06}-of-the-market", i % 50); };
  timed("totals of a popular worker", 500, [&](int i) { must(totals(*database, worker(i))); });
  timed("30 days by day", 500, [&](int i) {
    must(series(*database,
                {worker(i), Grain::day, now - std::chrono::days(30), now, GroupBy::nothing}));
  });
  timed("30 days by day and version", 500, [&](int i) {
    must(series(*database,
                {worker(i), Grain::day, now - std::chrono::days(30), now, GroupBy::version}));
  });
  timed("48 hours by hour", 500, [&](int i) {
    must(series(*database,
                {worker(i), Grain::hour, now - std::chrono::hours(48), now, GroupBy::nothing}));
  });
  timed("platforms of all workers, 30 days", 500,
        [&](int) { must(shares(*database, "", GroupBy::platform, now - std::chrono::days(30))); });
  // The peer: the same answer out of the raw events.
  timed("(peer: 30 days by day from raw events)", 20, [&](int i) {
    must(
        database->query("SELECT day, COUNT(*) FROM analytics_events WHERE worker = ? AND kind = "
                        "'install' AND ci = 0 GROUP BY day ORDER BY day",
                        {worker(i)}));
  });
  const long before = resident_kb();
  Leaderboard board;
  begin = Steady::now();
  must(board.refresh(*database, now));
  fmt::print("  standings of {} workers: {:.0f} ms at first, {} MB\n", board.standings()->size(),
             seconds_since(begin) * 1e3, (resident_kb() - before) / 1000);
  // What a tick costs when something came.
  Recorder recorder(*database, clock);
  std::vector<double> refreshes;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 100; ++i) must(recorder.record(traffic.next()));
    must(roll_up(*database));
    begin = Steady::now();
    must(board.refresh(*database, now));
    refreshes.push_back(seconds_since(begin) * 1e3);
  }
  std::sort(refreshes.begin(), refreshes.end());
  fmt::print("  standings after 100 more receipts: median {:.0f} ms\n", refreshes[5]);
  return 0;
}
