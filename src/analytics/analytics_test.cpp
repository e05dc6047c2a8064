// Events, roll-ups, series, trends and verified installs against a real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "../../tests/fakes/each_database.hpp"
#include "analytics/fairness.hpp"
#include "analytics/fixture.hpp"
#include "analytics/leaderboard.hpp"
#include "analytics/series.hpp"
#include "analytics/verified_installs.hpp"

namespace rbee::analytics {
namespace {

using std::chrono::days;
using std::chrono::hours;

class Statistics : public fakes::EachDatabase, protected StatisticsFixture {
 protected:
  Statistics() : StatisticsFixture(place_.open()) {}
  std::int64_t rows(const std::string& table) const {
    return must(db->query("SELECT COUNT(*) FROM " + table))[0][0].integer();
  }
};

TEST(StatisticsTime, BucketsBeginWhereCalendarsSay) {
  const auto at = [](const char* text) { return *parse_rfc3339(text); };
  const auto text = [](std::int64_t seconds) {
    return rfc3339(Time(std::chrono::seconds(seconds)));
  };
  const Time time = at("2026-11-27T10:38:59Z");  // A Friday.
  EXPECT_EQ(text(hour_of(time)), "2026-11-27T10:00:00Z");
  EXPECT_EQ(text(day_of(time)), "2026-11-27T00:00:00Z");
  EXPECT_EQ(text(week_of(time)), "2026-11-23T00:00:00Z");
  EXPECT_EQ(text(week_of(at("2026-11-23T00:00:00Z"))), "2026-11-23T00:00:00Z");
  EXPECT_EQ(text(week_of(at("2026-11-22T23:59:59Z"))), "2026-11-16T00:00:00Z");
}

TEST_P(Statistics, AVisitorCountsOnceADayForARelease) {
  EXPECT_TRUE(tell(install("tts-worker", 1)));
  EXPECT_FALSE(tell(install("tts-worker", 1)));
  EXPECT_TRUE(tell(install("tts-worker", 2)));
  EXPECT_TRUE(tell(install("tts-worker", 1, "2.0-1")));
  EXPECT_TRUE(tell(install("ocr-worker", 1)));
  clock.advance(days(1));
  EXPECT_TRUE(tell(install("tts-worker", 1)));
  count_all();
  EXPECT_EQ(must(totals(*db, "tts-worker")).installs, 4);
  EXPECT_EQ(must(totals(*db, "ocr-worker")).installs, 1);
  EXPECT_EQ(must(totals(*db, "")).installs, 5);
  EXPECT_EQ(must(totals(*db, "nothing")), Sums{});
}

TEST_P(Statistics, KindsAndCiAreCountedApart) {
  Event event = install("tts-worker", 1);
  tell(event);
  event.kind = EventKind::upgrade;
  event.release = "1.1-1";
  tell(event);
  event.kind = EventKind::remove;
  tell(event);
  Event test = install("tts-worker", 2);
  test.ci = true;
  tell(test);
  test.kind = EventKind::remove;
  tell(test);
  Event download = install("tts-worker", 3);
  recorder.note_download(download);
  EXPECT_EQ(rows("analytics_events"), 5) << "it waits for the flush";
  EXPECT_TRUE(recorder.flush());
  count_all();
  const Sums sums = must(totals(*db, "tts-worker"));
  EXPECT_EQ(sums, (Sums{.installs = 1, .upgrades = 1, .removes = 1, .served = 1, .ci = 1}));
  EXPECT_EQ(sums.downloads(), 3);
}

TEST_P(Statistics, SeriesHaveEveryBucketAndGroupsOnlyWhatHappened) {
  const Time start = clock.now();
  tell(install("tts-worker", 1));
  tell(install("tts-worker", 2, "1.0-1", "linux-x86_64-cuda"));
  clock.advance(days(2));
  tell(install("tts-worker", 3, "2.0-1", "linux-aarch64-cpu"));
  tell(install("other", 3));
  count_all();
  SeriesQuery query{"tts-worker", Grain::day, start, clock.now() + hours(1), GroupBy::nothing};
  const auto plain = must(series(*db, query));
  ASSERT_EQ(plain.size(), 3u);
  EXPECT_EQ(plain[0].sums.installs, 2);
  EXPECT_EQ(plain[1].sums.installs, 0);
  EXPECT_EQ(plain[2].sums.installs, 1);
  EXPECT_EQ(plain[1].start - plain[0].start, days(1));

  query.by = GroupBy::version;
  const auto versions = must(series(*db, query));
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].group, "1.0-1");
  EXPECT_EQ(versions[0].sums.installs, 2);
  EXPECT_EQ(versions[1].group, "2.0-1");

  query.by = GroupBy::accelerator;
  query.grain = Grain::week;
  query.from = start - days(7);
  std::map<std::string, std::int64_t> by;
  for (const Point& point : must(series(*db, query))) by[point.group] += point.sums.installs;
  EXPECT_EQ(by, (std::map<std::string, std::int64_t>{{"cpu", 2}, {"cuda", 1}}));

  const auto platforms = must(shares(*db, "", GroupBy::platform, start));
  ASSERT_EQ(platforms.size(), 3u);
  EXPECT_EQ(platforms[0].group, "linux-x86_64-cpu");
  EXPECT_EQ(platforms[0].sums.installs, 2);
  EXPECT_TRUE(must(has_counted(*db, "tts-worker", "2.0-1")));
  EXPECT_FALSE(must(has_counted(*db, "tts-worker", "3.0-1")));
}

TEST_P(Statistics, WhatIsOldGoesAndWhatItCountedForStays) {
  tell(install("tts-worker", 1));
  count_all();
  tell(install("tts-worker", 2));  // Not counted yet.
  clock.advance(days(15));
  EXPECT_EQ(must(expire(*db, clock.now())), 2) << "the hour of the worker, the hour of the site";
  clock.advance(days(17));
  EXPECT_EQ(must(expire(*db, clock.now())), 1) << "the event that was counted";
  EXPECT_EQ(rows("analytics_events"), 1);
  count_all();
  EXPECT_EQ(must(totals(*db, "tts-worker")).installs, 2);
  must(expire(*db, clock.now()));
  EXPECT_EQ(rows("analytics_events"), 0);
  clock.advance(days(800));
  must(expire(*db, clock.now(), {}, 1));  // One row a transaction.
  EXPECT_EQ(
      must(db->query("SELECT COUNT(*) FROM analytics_counts WHERE grain = 'day'"))[0][0].integer(),
      0);
  EXPECT_EQ(must(totals(*db, "tts-worker")).installs, 2);
  EXPECT_EQ(must(series(*db, {"tts-worker", Grain::week, clock.now() - days(900), clock.now(),
                              GroupBy::version}))
                .size(),
            1u);
}

TEST_P(Statistics, ThoseWhoWaitTogetherAreCommittedTogetherAndNoneIsLost) {
  constexpr int kThreads = 8, kEach = 50;
  std::vector<std::thread> threads;
  std::atomic<int> counted = 0;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        if (must(recorder.record(install("tts-worker", t * kEach + i)))) ++counted;
      for (int i = 0; i < kEach; ++i)  // Everybody's first, once more.
        if (must(recorder.record(install("tts-worker", i * kEach % (kThreads * kEach))))) ++counted;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counted, kThreads * kEach);
  EXPECT_EQ(rows("analytics_events"), kThreads * kEach);
}

TEST_P(Statistics, AnEventThatTheDatabaseRefusesDoesNotUndoOthers) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  // No table for the links: whoever is logged in fails.
  {
    auto transaction = must(db->begin());
    must(transaction.execute("DROP TABLE verified_installs"));
    ASSERT_TRUE(transaction.commit());
  }
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const bool bad = (t + i) % 2 == 0;
        const auto told = recorder.record(install("tts-worker", t * 20 + i),
                                          bad ? std::optional<std::int64_t>(1) : std::nullopt);
        EXPECT_EQ(told.has_value(), !bad);
        if (told && *told) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
  EXPECT_EQ(rows("analytics_events"), 80);
}

// Each server has its own connections; they meet in the database alone.
TEST_P(Statistics, SeveralServersOnOneDatabaseCountAnEventOnce) {
  constexpr int kServers = 3, kEach = 60;
  std::vector<std::thread> threads;
  std::atomic<int> recording = kServers;
  for (int server = 0; server < kServers; ++server)
    threads.emplace_back([&, server] {
      const auto mine = place_.open();
      Recorder my_recorder(*mine, clock);
      for (int i = 0; i < kEach; ++i) {
        // The same client may have told another server already.
        must(my_recorder.record(install("tts-worker", server * kEach / 2 + i)));
        if (i % 4 == 0) must(roll_up(*mine, 3));
      }
      --recording;
    });
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      const auto mine = place_.open();
      while (recording > 0) must(roll_up(*mine, 5));
    });
  for (std::thread& thread : threads) thread.join();
  count_all();
  EXPECT_EQ(must(totals(*db, "tts-worker")).installs, kEach * (kServers + 1) / 2);
  EXPECT_EQ(must(totals(*db, "")).installs, kEach * (kServers + 1) / 2);
  EXPECT_EQ(rows("analytics_events"), kEach * (kServers + 1) / 2);
}

TEST(Trend, AHandfulIsNoTrendAndSteadyUseIsNone) {
  constexpr int kToday = 20'000;
  const auto steady = [](int a_day, int length) {
    std::vector<DayCount> days;
    for (int i = length - 1; i >= 0; --i) days.push_back({kToday - i, a_day});
    return days;
  };
  const auto once = [](int installs) { return std::vector<DayCount>{{kToday, installs}}; };
  EXPECT_EQ(trend({}, kToday), 0);
  EXPECT_LT(trend(once(3), kToday), 0.5);
  EXPECT_LT(trend(once(11), kToday), 1);
  EXPECT_GT(trend(once(12), kToday), 1);
  EXPECT_LT(trend(once(14), kToday), kTrending);
  EXPECT_GT(trend(once(15), kToday), kTrending);
  // By hand: 15 / (1 + h + h^2 …) with h = 2^(-1/3), over the same with 2^(-1/21), and 2.
  const double recent = 15 * (1 - std::exp2(-1.0 / 3)) / (1 - std::exp2(-28.0));
  const double usual = 15 * (1 - std::exp2(-1.0 / 21)) / (1 - std::exp2(-4.0));
  EXPECT_NEAR(trend(once(15), kToday), recent / (usual + 2), 1e-9);
  for (const int a_day : {1, 10, 1000, 1'000'000})
    EXPECT_NEAR(trend(steady(a_day, 84), kToday), a_day / (a_day + 2.0), 1e-9);
  EXPECT_LT(trend(steady(1, 84), kToday), 0.4);
  // Ten times as much in the last three days beats a giant that stands still.
  std::vector<DayCount> rising = steady(10, 84);
  for (std::size_t i = rising.size() - 3; i < rising.size(); ++i) rising[i].installs = 100;
  EXPECT_GT(trend(rising, kToday), 2);
  EXPECT_GT(trend(rising, kToday), trend(steady(100'000, 84), kToday));
  // It cools.
  EXPECT_LT(trend(rising, kToday + 14), trend(rising, kToday));
  // Two days of a week do not matter, and the future does not either.
  EXPECT_EQ(trend(std::vector<DayCount>{{kToday + 1, 100}, {kToday - 84, 100}}, kToday), 0);
}

TEST_P(Statistics, TheLeaderboardReadsWhatChanged) {
  Leaderboard board;
  EXPECT_TRUE(must(board.refresh(*db, clock.now())));
  EXPECT_FALSE(must(board.refresh(*db, clock.now())));
  EXPECT_TRUE(board.standings()->empty());
  for (int i = 0; i < 30; ++i) tell(install("hot-worker", i));
  tell(install("cold-worker", 1));
  clock.advance(days(40));
  tell(install("cold-worker", 2));
  Event test = install("cold-worker", 3);
  test.ci = true;
  tell(test);
  count_all();
  EXPECT_TRUE(must(board.refresh(*db, clock.now())));
  const auto standings = board.standings();
  ASSERT_EQ(standings->size(), 2u);
  EXPECT_EQ((*standings)[0].worker, "cold-worker");
  EXPECT_EQ((*standings)[0].installs, 2);
  EXPECT_EQ((*standings)[0].installs_30_days, 1);
  EXPECT_EQ((*standings)[1].installs, 30);
  EXPECT_EQ((*standings)[1].installs_30_days, 0);
  EXPECT_LT((*standings)[1].trend, 0.1);

  // What it learns step by step is what another learns at once.
  for (int step = 0; step < 20; ++step) {
    for (int i = 0; i < step; ++i) tell(install("worker-" + std::to_string(i % 7), step * 100 + i));
    if (step % 5 == 4) clock.advance(days(1));
    count_all(3);
    must(board.refresh(*db, clock.now()));
    Leaderboard fresh;
    must(fresh.refresh(*db, clock.now()));
    const auto a = board.standings(), b = fresh.standings();
    ASSERT_EQ(a->size(), b->size());
    for (std::size_t i = 0; i < a->size(); ++i) {
      EXPECT_EQ((*a)[i].worker, (*b)[i].worker);
      EXPECT_EQ((*a)[i].installs, (*b)[i].installs);
      EXPECT_EQ((*a)[i].installs_30_days, (*b)[i].installs_30_days);
      EXPECT_DOUBLE_EQ((*a)[i].trend, (*b)[i].trend);
    }
  }
}

TEST_P(Statistics, AnAccountsInstallsAreItsOwn) {
  must(recorder.record(install("tts-worker", 1), 7));
  must(recorder.record(install("tts-worker", 1, "2.0-1", "linux-x86_64-cuda"), 7));
  must(recorder.record(install("ocr-worker", 1), 8));
  Event removal = install("asr-worker", 1);
  removal.kind = EventKind::remove;
  must(recorder.record(removal, 7));
  EXPECT_EQ(must(verified_install(*db, 7, "tts-worker"))->release, "2.0-1");
  EXPECT_EQ(must(verified_install(*db, 7, "tts-worker", "1.0-1"))->platform, "linux-x86_64-cpu");
  EXPECT_FALSE(must(verified_install(*db, 7, "ocr-worker")));
  EXPECT_FALSE(must(verified_install(*db, 7, "asr-worker")));
  EXPECT_FALSE(must(verified_install(*db, 7, "tts-worker", "9-1")));
  // The same receipt another day is the same install.
  clock.advance(days(1));
  must(recorder.record(install("tts-worker", 1), 7));
  EXPECT_EQ(must(verified_installs(*db, 7)).size(), 2u);
  EXPECT_EQ(must(verified_install(*db, 7, "tts-worker"))->release, "1.0-1");
  EXPECT_EQ(must(forget_verified_installs(*db, 7)), 2);
  EXPECT_FALSE(must(verified_install(*db, 7, "tts-worker")));
  EXPECT_TRUE(must(verified_install(*db, 8, "ocr-worker")));
}

TEST(StatisticsFairness, AddressesAreOneByOneAndIpv6ByTheirNetwork) {
  EXPECT_EQ(address_group("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_group("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("2001:db8:1:2::1"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(address_group(""), "");
}

TEST(StatisticsFairness, OneAddressCannotVoteAWorkerUp) {
  Fairness fairness("secret", {.burst = 30, .per_hour = 60, .worker_per_day = 5});
  Time now{std::chrono::seconds(1'800'000'000)};
  using Verdict = Fairness::Verdict;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(fairness.ask("192.0.2.1", "tts-worker", now).verdict, Verdict::counts);
  EXPECT_EQ(fairness.ask("192.0.2.1", "tts-worker", now).verdict, Verdict::ignored);
  EXPECT_EQ(fairness.ask("192.0.2.2", "tts-worker", now).verdict, Verdict::counts);
  for (int i = 0; i < 24; ++i)
    EXPECT_EQ(fairness.ask("192.0.2.1", "w" + std::to_string(i), now).verdict, Verdict::counts);
  const auto refused = fairness.ask("192.0.2.1", "x", now);
  EXPECT_EQ(refused.verdict, Verdict::too_many);
  EXPECT_EQ(refused.retry_after_seconds, 60);
  now += std::chrono::seconds(60);
  EXPECT_EQ(fairness.ask("192.0.2.1", "x", now).verdict, Verdict::counts);
  EXPECT_EQ(fairness.ask("192.0.2.1", "y", now).verdict, Verdict::too_many);
  now += days(1);
  EXPECT_EQ(fairness.ask("192.0.2.1", "tts-worker", now).verdict, Verdict::counts);
}

TEST(StatisticsFairness, AFloodOfAddressesSharesOnePlace) {
  Fairness fairness("secret",
                    {.burst = 2, .per_hour = 60, .worker_per_day = 5, .addresses_max = 3});
  const Time now{std::chrono::seconds(1'800'000'000)};
  using Verdict = Fairness::Verdict;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(fairness.ask("192.0.2." + std::to_string(i), "a", now).verdict, Verdict::counts);
  int taken = 0;
  for (int i = 10; i < 60; ++i)
    if (fairness.ask("192.0.2." + std::to_string(i), "a", now).verdict != Verdict::too_many)
      ++taken;
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(fairness.ask("192.0.2.1", "a", now).verdict, Verdict::counts) << "who was here stays";
}

TEST(StatisticsFairness, WhoDownloadsIsNobodyTomorrow) {
  Fairness a("secret"), b("secret");
  const Time now{std::chrono::seconds(1'800'000'000)};
  const std::string today = a.visitor_of("192.0.2.1", now);
  EXPECT_TRUE(is_visitor(today));
  EXPECT_EQ(a.visitor_of("192.0.2.1", now + hours(1)), today);
  EXPECT_NE(a.visitor_of("192.0.2.2", now), today);
  EXPECT_NE(b.visitor_of("192.0.2.1", now), today) << "each process has a key of its own";
  EXPECT_NE(a.visitor_of("192.0.2.1", now + days(1)), today);
}

RBEE_EACH_DATABASE(Statistics);

}  // namespace
}  // namespace rbee::analytics
