// Receipts on the user's machine: who may switch them on, what is kept, who is told, what is
// forgotten.
#include "cli/telemetry.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <ctime>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "../../tests/fakes/manual_clock.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "base/hardware_class.hpp"
#include "cli/app.hpp"

namespace rbee::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;
using Fate = ReceiptSpool::Fate;

constexpr const char* kBase = "http://127.0.0.1:8787";

TEST(IsoWeek, IsWhatTheCLibrarySays) {
  for (std::time_t day = 0; day < 365 * 60; ++day) {
    const std::time_t time = day * 86'400 + 3600;
    std::tm parts{};
    gmtime_r(&time, &parts);
    char expected[16];
    std::strftime(expected, sizeof expected, "%G-W%V", &parts);
    ASSERT_EQ(iso_week(Time(std::chrono::seconds(time))), expected);
  }
}

class Spool : public ::testing::Test {
 protected:
  SpooledReceipt receipt(int n) const {
    return {kBase, iso_week(clock_.now()), {{"worker", "tts-worker"}, {"n", n}}};
  }
  std::vector<int> numbers(const std::vector<SpooledReceipt>& receipts) const {
    std::vector<int> out;
    for (const SpooledReceipt& each : receipts)
      out.push_back(static_cast<int>(each.receipt.at("n").as_int64()));
    return out;
  }
  fakes::TempDir root_;
  fakes::ManualClock clock_;
  ReceiptSpool spool_{root_ / "state"};
};

TEST_F(Spool, AnIdIsForOneWeekAndOneMarketplace) {
  const std::string id = *spool_.client_id(kBase, clock_.now());
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(*spool_.client_id(kBase, clock_.now()), id);
  EXPECT_NE(*spool_.client_id("https://other.example", clock_.now()), id);
  const std::string secret = fakes::read_text(root_ / "state/receipts.secret");
  clock_.advance(std::chrono::days(7));
  EXPECT_NE(*spool_.client_id(kBase, clock_.now()), id);
  const std::string next = fakes::read_text(root_ / "state/receipts.secret");
  EXPECT_NE(next, secret) << "the old secret must be gone";
  EXPECT_NE(*ReceiptSpool(root_ / "elsewhere").client_id(kBase, clock_.now()),
            *spool_.client_id(kBase, clock_.now()));
  struct stat status {};
  ::stat((root_ / "state/receipts.secret").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Spool, WhatCannotBeSentStaysInOrder) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(spool_.add(receipt(i)));
  EXPECT_EQ(numbers(spool_.waiting()), (std::vector<int>{0, 1, 2, 3, 4}));
  int asked = 0;
  const auto two = [&](const SpooledReceipt&) {
    return ++asked <= 2 ? Fate::delivered : Fate::kept;
  };
  EXPECT_EQ(*spool_.send_all(two, clock_.now()), 2u);
  EXPECT_EQ(numbers(spool_.waiting()), (std::vector<int>{2, 3, 4}));
  EXPECT_EQ(numbers(spool_.sent()), (std::vector<int>{0, 1}));
  ASSERT_TRUE(spool_.add(receipt(5)));
  std::vector<SpooledReceipt> seen;
  const auto all = [&](const SpooledReceipt& each) {
    seen.push_back(each);
    return seen.size() == 2 ? Fate::unwanted : Fate::delivered;
  };
  EXPECT_EQ(*spool_.send_all(all, clock_.now()), 3u);
  EXPECT_EQ(numbers(seen), (std::vector<int>{2, 3, 4, 5}));
  EXPECT_TRUE(spool_.waiting().empty());
  EXPECT_EQ(numbers(spool_.sent()), (std::vector<int>{0, 1, 2, 4, 5}));
  EXPECT_EQ(*spool_.send_all(all, clock_.now()), 0u);
  for (int i = 10; i < 50; ++i) ASSERT_TRUE(spool_.add(receipt(i)));
  EXPECT_EQ(*spool_.send_all([](const auto&) { return Fate::delivered; }, clock_.now()), 40u);
  EXPECT_EQ(spool_.sent().size(), 20u);
}

TEST_F(Spool, ItIsBoundedAndOldReceiptsAreDropped) {
  int kept = 0;
  while (spool_.add(receipt(kept))) ASSERT_LT(++kept, 2000);
  EXPECT_EQ(spool_.add(receipt(0)).error().id, "spool-full");
  EXPECT_GT(kept, 100);
  EXPECT_LE(std::filesystem::file_size(root_ / "state/receipts.spool"), 64u << 10);
  clock_.advance(std::chrono::days(14));
  int asked = 0;
  EXPECT_EQ(*spool_.send_all(
                [&](const auto&) {
                  ++asked;
                  return Fate::delivered;
                },
                clock_.now()),
            0u);
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(spool_.waiting().empty());
}

TEST_F(Spool, DamageCostsALineAndNotTheRest) {
  ASSERT_TRUE(spool_.add(receipt(1)));
  std::ofstream(root_ / "state/receipts.spool", std::ios::app)
      << "{\"catalog\":\"http://127.0.0.1:8787\",\"rec";  // A kill while it was written.
  ASSERT_TRUE(spool_.add(receipt(2)));
  EXPECT_EQ(numbers(spool_.waiting()), (std::vector<int>{1, 2}));
  std::ofstream(root_ / "state/receipts.secret") << "no JSON";
  EXPECT_TRUE(spool_.client_id(kBase, clock_.now()));
}

TEST_F(Spool, ThoseWhoAddWhileOthersSendLoseNothing) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::multiset<int> delivered;
  std::atomic<int> adding = 4;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i)
        while (!spool_.add(receipt(t * 100 + i))) std::this_thread::yield();
      --adding;
    });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      const auto take = [&](const SpooledReceipt& each) {
        const std::lock_guard lock(mutex);
        delivered.insert(static_cast<int>(each.receipt.at("n").as_int64()));
        return Fate::delivered;
      };
      while (adding > 0) EXPECT_TRUE(spool_.send_all(take, clock_.now()));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(spool_.send_all(
      [&](const SpooledReceipt& each) {
        delivered.insert(static_cast<int>(each.receipt.at("n").as_int64()));
        return Fate::delivered;
      },
      clock_.now()));
  EXPECT_EQ(delivered.size(), 400u);
  EXPECT_EQ(std::set<int>(delivered.begin(), delivered.end()).size(), 400u);
}

// A sender that is killed anywhere: the next one brings the rest, and at most the one that was
// under way twice.
TEST_F(Spool, AKilledSenderLosesNothing) {
  constexpr int kCount = 60;
  for (int i = 0; i < kCount; ++i) ASSERT_TRUE(spool_.add(receipt(i)));
  std::multiset<int> delivered;
  const auto log = root_ / "delivered";
  int rounds = 0;
  for (; !spool_.waiting().empty(); ++rounds) {
    ASSERT_LT(rounds, 200);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto write = [&](const SpooledReceipt& each) {
        std::ofstream(log, std::ios::app) << each.receipt.at("n").as_int64() << std::endl;
        return Fate::delivered;
      };
      if (!spool_.send_all(write, clock_.now())) _exit(1);
      _exit(0);
    }
    ::usleep(static_cast<useconds_t>(5000 * (1 + rounds)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
  }
  std::istringstream lines(fakes::read_text(log));
  for (int n = 0; lines >> n;) delivered.insert(n);
  EXPECT_EQ(std::set<int>(delivered.begin(), delivered.end()).size(),
            static_cast<std::size_t>(kCount));
  EXPECT_LE(delivered.size(), static_cast<std::size_t>(kCount + rounds));
  EXPECT_GT(rounds, 2);
}

class Telemetry : public ::testing::Test {
 protected:
  Telemetry() { environment_.home = root_.path().string(); }

  int run(const std::vector<std::string>& words) {
    in_.clear();
    out_.str("");
    err_.str("");
    World world{.in = in_,
                .out = out_,
                .err = err_,
                .environment = environment_,
                .clock = clock_,
                .get = {},
                .get_once = {},
                .http = []() -> platform::HttpClient& { throw std::logic_error("no download"); },
                .machine = [] { return platform::probe_machine("/", "linux-x86_64-cpu"); }};
    world.post_briefly = [this](const Url& url, std::string_view body,
                                const sdk::HttpHeaders& headers) -> Result<platform::HttpAnswer> {
      posts_.push_back({url.str(), std::string(body), headers});
      if (status_ == 0) return fail(Errc::unreachable, "network-refused", "connection refused");
      platform::HttpAnswer answer;
      answer.status = headers.size() > 1 ? token_status_ : status_;
      return answer;
    };
    world.start_sender = [this] { ++started_; };
    return cli::run(words, "1.2.3", world);
  }
  /// As after an installation, in a world with these settings.
  void install(const std::string& catalog = kBase) {
    std::istringstream in;
    std::ostringstream out, err;
    World world{.in = in,
                .out = out,
                .err = err,
                .environment = environment_,
                .clock = clock_,
                .get = {},
                .get_once = {},
                .http = []() -> platform::HttpClient& { throw std::logic_error("no download"); },
                .machine = {}};
    const Settings settings;
    Context context{world, settings};
    install::Installed installed;
    installed.id = "tts-worker";
    installed.version = "1.0-1";
    installed.platform = "linux-x86_64-cpu";
    installed.recipe = "PKGBUILD.bin";
    installed.catalog = catalog;
    platform::Machine machine;
    machine.cpu.level = "x86-64-v3";
    machine.ram_bytes = 16ULL << 30;
    note_receipt("install", installed, &machine, context);
    EXPECT_EQ(err.str(), "");
  }
  bool state_is_empty() const { return fakes::list_all(root_ / ".local").empty(); }

  struct Post {
    std::string url, body;
    sdk::HttpHeaders headers;
  };
  fakes::TempDir root_;
  fakes::ManualClock clock_;
  Environment environment_;
  std::istringstream in_;
  std::ostringstream out_, err_;
  std::vector<Post> posts_;
  int status_ = 202, token_status_ = 202, started_ = 0;
};

TEST_F(Telemetry, NothingIsKeptUnlessSomebodyAgreed) {
  const struct {
    std::string telemetry, do_not_track, config;
    bool on;
  } rows[] = {
      {"", "", "", false},      {"0", "", "on", false},    {"1", "", "", true},
      {"1", "", "off", true},   {"", "", "on", true},      {"", "", "off", false},
      {"1", "1", "on", false},  {"", "true", "on", false}, {"on", "0", "", true},
      {"off", "", "on", false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.telemetry + "/" + row.do_not_track + "/" + row.config);
    std::filesystem::remove_all(root_ / ".local");
    std::filesystem::remove_all(root_ / ".config");
    environment_.variables.clear();
    if (!row.config.empty()) {
      ASSERT_EQ(run({"config", "set", "telemetry", row.config}), 0);
    }
    std::filesystem::remove_all(root_ / ".local");
    environment_.variables["RBEE_TELEMETRY"] = row.telemetry;
    environment_.variables["DO_NOT_TRACK"] = row.do_not_track;
    install();
    EXPECT_EQ(!state_is_empty(), row.on);
    ASSERT_EQ(run({"config", "get", "telemetry"}), 0);
    EXPECT_EQ(out_.str(), row.on ? "on\n" : "off\n");
    posts_.clear();
    ASSERT_EQ(run({"telemetry", "send"}), 0);
    EXPECT_EQ(posts_.size(), row.on ? 1u : 0u);
  }
}

TEST_F(Telemetry, AReceiptSaysWhatTheDocumentationShows) {
  environment_.variables["RBEE_TELEMETRY"] = "1";
  environment_.variables["GITHUB_ACTIONS"] = "true";
  install();
  ASSERT_EQ(run({"telemetry", "send"}), 0);
  ASSERT_EQ(posts_.size(), 1u);
  EXPECT_EQ(posts_[0].url, "http://127.0.0.1:8787/v1/receipts");
  EXPECT_EQ(posts_[0].headers.size(), 1u);
  const auto body = json::parse(posts_[0].body).as_object();
  std::set<std::string> keys;
  for (const auto& each : body) keys.emplace(each.key());
  EXPECT_EQ(keys,
            (std::set<std::string>{"worker", "version", "platform", "recipe", "hardware_class",
                                   "event", "client_id", "ci", "client_version"}));
  EXPECT_EQ(body.at("worker"), "tts-worker");
  EXPECT_EQ(body.at("hardware_class"), "cpu-avx2-16g");
  EXPECT_EQ(body.at("ci"), true);
  // `show` tells the same, to the letter.
  ASSERT_EQ(run({"telemetry", "show"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr(posts_[0].body));
  EXPECT_THAT(out_.str(), HasSubstr("receipts are on (RBEE_TELEMETRY)"));
  ASSERT_EQ(run({"telemetry", "show", "--json"}), 0);
  const auto shown = json::parse(out_.str());
  EXPECT_EQ(shown.at("sent").at(0).at("receipt"), json::value(body));
  EXPECT_TRUE(shown.at("waiting").as_array().empty());
  EXPECT_TRUE(is_hardware_class(std::string(shown.at("example").at("hardware_class").as_string())));
}

TEST_F(Telemetry, ItGoesToTheMarketplaceThatTheWorkerCameFromAlone) {
  environment_.variables["RBEE_TELEMETRY"] = "1";
  install("https://elsewhere.example");
  EXPECT_TRUE(state_is_empty());
}

TEST_F(Telemetry, ATokenGoesToItsMarketplaceAndIsNoReasonToFail) {
  environment_.variables["RBEE_TELEMETRY"] = "1";
  environment_.variables["RBEE_TOKEN"] = "rbee_for_somebody_else";
  fakes::write_text(root_ / ".config/rbee/credentials.json",
                    R"({"http://127.0.0.1:8787":{"account":"ann","token":"rbee_mine"}})");
  install();
  ASSERT_EQ(run({"telemetry", "send"}), 0);
  ASSERT_EQ(posts_.size(), 1u);
  EXPECT_EQ(posts_[0].headers.at(1).second, "Bearer rbee_mine");
  token_status_ = 401;
  install();
  posts_.clear();
  ASSERT_EQ(run({"telemetry", "send"}), 0);
  ASSERT_EQ(posts_.size(), 2u);
  EXPECT_EQ(posts_[1].headers.size(), 1u) << "without it, then";
}

TEST_F(Telemetry, WhatTheServerDoesDecides) {
  environment_.variables["RBEE_TELEMETRY"] = "1";
  for (const auto& [status, left] : std::vector<std::pair<int, std::size_t>>{
           {0, 1}, {500, 1}, {429, 1}, {404, 0}, {202, 0}, {301, 0}, {400, 0}}) {
    std::filesystem::remove_all(root_ / ".local");
    status_ = status;
    install();
    ASSERT_EQ(run({"telemetry", "send", "--json"}), 0);
    EXPECT_EQ(json::parse(out_.str()).at("waiting").to_number<std::size_t>(), left) << status;
  }
}

TEST_F(Telemetry, OffForgetsEverything) {
  environment_.variables["RBEE_TELEMETRY"] = "1";
  install();
  status_ = 0;
  ASSERT_EQ(run({"telemetry", "send"}), 0);
  install();
  EXPECT_FALSE(state_is_empty());
  ASSERT_EQ(run({"config", "set", "telemetry", "off"}), 0);
  EXPECT_THAT(fakes::list_all(root_ / ".local/state/rbee"), testing::IsEmpty());
  EXPECT_EQ(run({"config", "set", "telemetry", "perhaps"}), 2);
}

TEST_F(Telemetry, ASenderIsStartedWhenSomethingNewWaits) {
  ASSERT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(started_, 0);
  environment_.variables["RBEE_TELEMETRY"] = "1";
  install();
  ASSERT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(started_, 1);
  status_ = 0;
  ASSERT_EQ(run({"telemetry", "send"}), 0);
  ASSERT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(started_, 1) << "it was tried a moment ago";
  install();
  environment_.variables["DO_NOT_TRACK"] = "1";
  ASSERT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(started_, 1);
  environment_.variables["DO_NOT_TRACK"] = "";
  ASSERT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(started_, 2);
}

TEST_F(Telemetry, MachinesThatTestAreKnown) {
  EXPECT_FALSE(is_ci(environment_));
  for (const char* name : {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE",
                           "TF_BUILD", "TRAVIS", "CIRCLECI"}) {
    environment_.variables = {{name, "true"}};
    EXPECT_TRUE(is_ci(environment_)) << name;
    environment_.variables = {{name, "false"}};
    EXPECT_FALSE(is_ci(environment_)) << name;
  }
}

}  // namespace
}  // namespace rbee::cli
