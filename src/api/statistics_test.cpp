// Receipts, statistics and downloads over a real catalog and a real database.
#include "api/statistics.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

#include "../../tests/fakes/manual_clock.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "analytics/schema.hpp"
#include "analytics/verified_installs.hpp"
#include "api/csv.hpp"
#include "api/fixture.hpp"
#include "api/problems.hpp"
#include "community/schema.hpp"

namespace rbee::api {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace bj = boost::json;

constexpr std::string_view kAddress = "198.51.100.77";

const CatalogFixture& catalog_fixture() {
  static const CatalogFixture made;
  return made;
}

class StatisticsApi : public ::testing::Test {
 protected:
  StatisticsApi() : api_(catalog_fixture().api()) {
    auto opened = platform::Database::open(root_ / "market.db");
    if (!opened) throw std::runtime_error(describe(opened.error()));
    db_ = std::move(*opened);
    for (const auto& made : {community::prepare(*db_), analytics::prepare(*db_)})
      if (!made) throw std::runtime_error(describe(made.error()));
    tokens_ = std::make_unique<community::Tokens>(*db_, clock_);
    licenses_ = std::make_unique<community::Licenses>(*db_, clock_);
    ledger_ = std::make_unique<analytics::Ledger>(*db_, clock_);
    StatisticsSources sources;
    sources.snapshot = [this] { return api_.snapshot(); };
    sources.worker = [this](std::string_view id, std::string_view version) {
      return api_.worker(id, version);
    };
    sources.tokens = tokens_.get();
    sources.licenses = licenses_.get();
    sources.people = [] {
      NumbersTable table;
      table["tts-worker"].stars = 5;
      return std::make_shared<const NumbersTable>(std::move(table));
    };
    part_ = std::make_unique<Statistics>(*ledger_, std::move(sources));
    api_.add(*part_);
  }

  static bj::object receipt(int visitor = 1) {
    return {{"worker", "tts-worker"},
            {"version", "1:1.2.3-1"},
            {"platform", "linux-x86_64-cpu"},
            {"recipe", "PKGBUILD"},
            {"hardware_class", "cpu-avx2-16g"},
            {"event", "install"},
            {"client_id", fmt::format("{:016x}", visitor)},
            {"ci", false},
            {"client_version", "0.1.0"}};
  }
  http::Response send(const bj::value& body, std::string_view address = kAddress,
                      const std::string& token = {}) {
    return send_text(bj::serialize(body), address, token);
  }
  http::Response send_text(std::string body, std::string_view address = kAddress,
                           const std::string& token = {}) {
    http::Request request = get_request("/v1/receipts", http::Method::post);
    request.headers.add("Content-Type", "application/json");
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    request.body = std::move(body);
    request.remote_address = address;
    return api_.respond(request);
  }
  http::Response get(const std::string& target, const std::string& token = {},
                     http::Method method = http::Method::get, const std::string& agent = "curl/8") {
    http::Request request = get_request(target, method);
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    request.headers.add("User-Agent", agent);
    request.remote_address = kAddress;
    return api_.respond(request);
  }
  bj::object json_of(const std::string& target) {
    const http::Response response = get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    return bj::parse(response.body).as_object();
  }
  void tick() {
    clock_.advance(std::chrono::seconds(11));
    const auto ticked = part_->tick();
    ASSERT_TRUE(ticked) << describe(ticked.error());
  }
  static std::string problem_of(const http::Response& response) {
    const auto body = bj::parse(response.body).as_object();
    const std::string type(body.at("type").as_string());
    return type.substr(type.rfind('/') + 1);
  }
  std::pair<std::int64_t, std::string> account(const std::string& name) {
    community::Accounts accounts(*db_, clock_);
    const auto made = accounts.create({name, name + "@example.org"}, "test");
    const auto token =
        tokens_->issue(*made, "laptop", {community::Scope::read}, std::nullopt, name);
    return {made->id, token->secret};
  }

  fakes::TempDir root_;
  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> db_;
  std::unique_ptr<community::Tokens> tokens_;
  std::unique_ptr<community::Licenses> licenses_;
  std::unique_ptr<analytics::Ledger> ledger_;
  Api api_;
  std::unique_ptr<Statistics> part_;
};

TEST_F(StatisticsApi, AReceiptIsCounted) {
  EXPECT_EQ(send(receipt(1)).status, 202);
  EXPECT_EQ(send(receipt(1)).body, "{\"status\":\"accepted\"}\n")
      << "the same again, the same answer";
  bj::object test = receipt(2);
  test["ci"] = true;
  EXPECT_EQ(send(test).status, 202);
  bj::object gpu = receipt(3);
  gpu["platform"] = "linux-x86_64-vulkan";
  EXPECT_EQ(send(gpu).status, 202);
  tick();
  const bj::object stats = json_of("/v1/workers/tts-worker/stats?period=hour&by=accelerator");
  EXPECT_EQ(stats.at("downloads"), 2);
  EXPECT_EQ(stats.at("installs"), 2);
  EXPECT_EQ(stats.at("ci_installs"), 1);
  EXPECT_EQ(stats.at("installs_30_days"), 2);
  EXPECT_EQ(stats.at("stars"), 5);
  EXPECT_EQ(stats.at("last_updated"), json_of("/v1/workers/tts-worker").at("updated_at"));
  ASSERT_EQ(stats.at("series").as_array().size(), 2u);
  EXPECT_EQ(stats.at("series").at(0).at("accelerator"), "cpu");
  EXPECT_EQ(stats.at("series").at(0).at("installs"), 1);
  EXPECT_EQ(stats.at("versions").at(0).at("version"), "1:1.2.3-1");
  EXPECT_EQ(stats.at("versions").at(0).at("share"), 1.0);
  EXPECT_EQ(part_->numbers()->at("tts-worker").installs, 2);
  EXPECT_EQ(json_of("/v1/workers/tts-worker/stats").at("series").as_array().size(), 30u);
  EXPECT_EQ(json_of("/v1/workers/vision-worker/stats").at("downloads"), 0);
}

TEST_F(StatisticsApi, WhatIsNoReceiptIsRefused) {
  const struct {
    std::string key;
    bj::value value;
    int status;
    std::string id;
  } rows[] = {
      {"worker", "nobody-worker", 404, "worker-not-found"},
      {"worker", "../etc", 400, "worker-id-invalid"},
      {"worker", 7, 400, "body-invalid"},
      {"worker", "", 400, "body-invalid"},
      {"worker", "broken-worker", 404, "worker-not-found"},
      {"version", "9.9-9", 404, "release-not-found"},
      {"version", bj::value(std::string(101, '1')), 400, "receipt-invalid"},
      {"version", "1 OR 1=1", 400, "receipt-invalid"},
      {"version", "1\n2", 400, "receipt-invalid"},
      {"platform", "linux-x86_64", 400, "receipt-invalid"},
      {"platform", "plan9-mips-cpu", 400, "receipt-invalid"},
      {"recipe", "Makefile", 400, "receipt-invalid"},
      {"hardware_class", "my-very-own-machine", 400, "receipt-invalid"},
      {"event", "download", 400, "receipt-invalid"},
      {"event", "Install", 400, "receipt-invalid"},
      {"client_id", "1", 400, "receipt-invalid"},
      {"client_id", "00000000000000AB", 400, "receipt-invalid"},
      {"ci", "yes", 400, "body-invalid"},
      {"client_version", bj::value(std::string(33, '1')), 400, "receipt-invalid"},
      {"hostname", "mine", 400, "body-invalid"},
      {"client_id", nullptr, 400, "body-invalid"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.key + " " + bj::serialize(row.value));
    bj::object body = receipt();
    body[row.key] = row.value;
    const http::Response response = send(body, "203.0.113.5");
    EXPECT_EQ(response.status, row.status) << response.body;
    EXPECT_EQ(problem_of(response), row.id);
    EXPECT_NE(describe_problem(row.id), "") << row.id;
  }
  EXPECT_EQ(send_text("[]").status, 400);
  EXPECT_EQ(send_text("{").status, 400);
  EXPECT_EQ(send_text("").status, 400);
  EXPECT_EQ(get("/v1/receipts").status, 405);
  tick();
  EXPECT_EQ(json_of("/v1/stats/overview").at("totals").at("downloads"), 0);
}

TEST_F(StatisticsApi, JunkIsNeverAnErrorOfTheServer) {
  std::mt19937 random(20261127);
  const std::string good = bj::serialize(receipt());
  std::map<int, int> statuses;
  for (int i = 0; i < 1000; ++i) {
    std::string body = good;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % body.size();
      switch (random() % 4) {
        case 0:
          body[at] = static_cast<char>(random());
          break;
        case 1:
          body.erase(at, 1 + random() % 20);
          break;
        case 2:
          body.insert(at, std::string(random() % 50, "{}[]\",:\\\x00"[random() % 9]));
          break;
        default:
          body.insert(at, body.substr(random() % body.size(), random() % 40));
      }
      if (body.empty()) body = "x";
    }
    // Many addresses, so that it is not the limit that answers.
    ++statuses[send_text(body, "203.0.113." + std::to_string(i % 250)).status];
  }
  for (const auto& [status, count] : statuses) {
    EXPECT_GE(status, 200);
    EXPECT_LT(status, 500) << count;
  }
  EXPECT_GT(statuses[400], 300);
}

TEST_F(StatisticsApi, OneAddressIsCountedAFewTimesAndThenAskedToWait) {
  int accepted = 0;
  http::Response last;
  for (int i = 0; i < 200; ++i) {
    last = send(receipt(i));
    if (last.status == 202) ++accepted;
  }
  EXPECT_EQ(accepted, 120);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(problem_of(last), "receipts-throttled");
  EXPECT_GT(std::atoi(std::string(last.headers.get("Retry-After")).c_str()), 0);
  EXPECT_EQ(send(receipt(1000), "198.51.100.78").status, 202);
  tick();
  EXPECT_EQ(json_of("/v1/workers/tts-worker/stats").at("installs"), 21);
}

TEST(StatisticsPaths, NoLogHoldsWhoSendsAReceiptOrDownloads) {
  EXPECT_TRUE(hides_address("/v1/receipts"));
  EXPECT_TRUE(hides_address("/v1/workers/tts-worker/1-1/download"));
  EXPECT_FALSE(hides_address("/v1/workers/tts-worker/stats"));
}

TEST_F(StatisticsApi, AnAccountSeesAndForgetsItsInstalls) {
  const auto [ann, token] = account("ann");
  EXPECT_EQ(send(receipt(), kAddress, token).status, 202);
  EXPECT_EQ(send(receipt(), kAddress, "rbee_" + std::string(43, 'x')).status, 401);
  EXPECT_EQ(analytics::verified_install(*db_, ann, "tts-worker").value()->hardware, "cpu-avx2-16g");
  EXPECT_EQ(get("/v1/users/me/installs").status, 401);
  const auto mine = bj::parse(get("/v1/users/me/installs", token).body);
  ASSERT_EQ(mine.at("installs").as_array().size(), 1u);
  EXPECT_EQ(mine.at("installs").at(0).at("worker"), "tts-worker");
  EXPECT_EQ(get("/v1/users/me/installs", token, http::Method::del).body, "{\"forgotten\":1}\n");
  EXPECT_FALSE(analytics::verified_install(*db_, ann, "tts-worker").value());
}

TEST_F(StatisticsApi, NeitherAddressesNorSecretsAreInTheFile) {
  const auto [ann, token] = account("ann");
  send(receipt(), kAddress, token);
  send(receipt(2), "2001:db8:77:1:2:3:4:5");
  get("/v1/workers/llm-worker-rbee-cpu/0.1.0-2/download?platform=linux-x86_64");
  tick();
  EXPECT_EQ(json_of("/v1/workers/llm-worker-rbee-cpu/stats").at("served"), 1);
  const std::string bytes =
      fakes::read_text(root_ / "market.db") + fakes::read_text(root_ / "market.db-wal");
  ASSERT_THAT(bytes, HasSubstr("cpu-avx2-16g"));
  for (const std::string& secret : std::vector<std::string>{
           std::string(kAddress), "198.51.100", "2001:db8", token, Sha256::of(kAddress).hex(),
           Sha256::of(kAddress).hex().substr(0, 16)})
    EXPECT_EQ(bytes.find(secret), std::string::npos) << secret;
  // The event does not lead to the account: no column holds one.
  const auto columns = db_->query("SELECT * FROM analytics_events LIMIT 1");
  EXPECT_EQ(columns->at(0).size(), 12u);
  const auto times = db_->query("SELECT hour FROM analytics_events ORDER BY id");
  for (const auto& row : *times) EXPECT_EQ(row[0].integer() % 3600, 0);
}

TEST_F(StatisticsApi, ADownloadIsTheVariantsFileWithItsChecksum) {
  const std::string path = "/v1/workers/llm-worker-rbee-cpu/0.1.0-2/download?platform=";
  const bj::object answer = json_of(path + "linux-aarch64");
  EXPECT_EQ(answer.at("download_url"), "https://releases.example.org/llm.tar.gz");
  EXPECT_EQ(answer.at("checksum").as_string(), "sha256:" + std::string(64, 'a'));
  EXPECT_EQ(answer.at("platform"), "linux-aarch64-cpu");
  EXPECT_EQ(answer.at("recipe"), "PKGBUILD.bin");
  EXPECT_EQ(answer.at("requires_license"), false);
  EXPECT_EQ(json_of(path + "linux-x86_64-cpu").at("file_name"), "llm-x86_64.tar.gz");

  const struct {
    std::string target;
    int status;
    std::string id, says;
  } rows[] = {
      {path + "linux-x86_64-cuda", 404, "variant-not-found",
       "it has linux-aarch64-cpu, linux-x86_64-cpu"},
      {path + "beos", 404, "variant-not-found", "linux-x86_64-cpu"},
      {path, 400, "parameter-missing", "?platform=linux-aarch64-cpu"},
      {path + "linux-x86_64&x=1", 400, "parameter-unknown", "'x'"},
      {"/v1/workers/llm-worker-rbee-cpu/9-9/download?platform=linux-x86_64", 404,
       "release-not-found", "it has 0.1.0-2"},
      {"/v1/workers/nobody/1-1/download?platform=linux-x86_64", 404, "worker-not-found", "nobody"},
      {"/v1/workers/tts-worker/1:1.2.3-1/download?platform=linux-x86_64", 404, "download-none",
       "rbee worker install tts-worker"},
      {"/v1/workers/tts-worker/files/download", 404, "file-not-found", "download"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.target);
    const http::Response response = get(row.target);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(problem_of(response), row.id);
    EXPECT_THAT(response.body, HasSubstr(row.says));
    EXPECT_NE(describe_problem(row.id), "");
  }
}

TEST_F(StatisticsApi, ADownloadCountsOnceADayAndNotForRbeeOrAHead) {
  const std::string target =
      "/v1/workers/llm-worker-rbee-cpu/0.1.0-2/download?platform=linux-x86_64";
  EXPECT_EQ(get(target, {}, http::Method::head).status, 200);
  get(target, {}, http::Method::get, "rbee/0.1.0");
  tick();
  EXPECT_EQ(json_of("/v1/workers/llm-worker-rbee-cpu/stats").at("downloads"), 0);
  get(target);
  get(target);
  tick();
  const bj::object stats = json_of("/v1/workers/llm-worker-rbee-cpu/stats");
  EXPECT_EQ(stats.at("downloads"), 1);
  EXPECT_EQ(stats.at("served"), 1);
  EXPECT_EQ(stats.at("installs"), 0);

  // A file for holders of a licence, as the premium store tells of it.
  http::Request request = get_request("/premium/llm-worker-rbee-cpu/x.tar.gz");
  request.remote_address = "192.0.2.9";
  part_->note_premium_file(request, "llm-worker-rbee-cpu", "x.tar.gz");
  request.headers.add("Range", "bytes=1000-");
  request.remote_address = "192.0.2.10";
  part_->note_premium_file(request, "llm-worker-rbee-cpu", "x.tar.gz");
  tick();
  EXPECT_EQ(json_of("/v1/workers/llm-worker-rbee-cpu/stats").at("served"), 2);
}

TEST_F(StatisticsApi, TheOverviewRanks) {
  for (int i = 0; i < 15; ++i) send(receipt(i), "203.0.113." + std::to_string(i));
  bj::object other = receipt(1);
  other["worker"] = "llm-worker-rbee-cpu";
  other["version"] = "0.1.0-2";
  other["platform"] = "linux-aarch64-cpu";
  send(other);
  tick();
  const bj::object overview = json_of("/v1/stats/overview");
  EXPECT_EQ(overview.at("totals").at("workers"), 3);
  EXPECT_EQ(overview.at("totals").at("installs"), 16);
  ASSERT_EQ(overview.at("top").as_array().size(), 2u);
  EXPECT_EQ(overview.at("top").at(0).at("worker"), "tts-worker");
  EXPECT_EQ(overview.at("top").at(0).at("url"), "http://market.example:8787/v1/workers/tts-worker");
  ASSERT_EQ(overview.at("trending").as_array().size(), 1u) << "one install is no trend";
  EXPECT_GT(overview.at("trending").at(0).at("trend").as_double(), 1);
  EXPECT_EQ(overview.at("recent").as_array().size(), 3u);
  EXPECT_EQ(overview.at("platforms").at(0).at("platform"), "linux-x86_64-cpu");
  EXPECT_EQ(overview.at("accelerators").at(0).at("share"), 1.0);
  EXPECT_EQ(json_of("/v1/stats/overview?limit=1").at("recent").as_array().size(), 1u);
  EXPECT_EQ(get("/v1/stats/overview?limit=51").status, 400);

  const http::Response csv = get("/v1/stats/overview?format=csv");
  EXPECT_THAT(csv.headers.get("Content-Type"), HasSubstr("text/csv"));
  EXPECT_THAT(csv.body, HasSubstr("\r\ntop,tts-worker,1:1.2.3-1,"));
}

TEST_F(StatisticsApi, QueriesAreChecked) {
  const std::string path = "/v1/workers/tts-worker/stats";
  for (const std::string& query : std::vector<std::string>{
           "?period=year", "?by=address", "?from=yesterday", "?from=2026-02-30", "?to=1969-01-01",
           "?from=2027-02-01&to=2027-01-01", "?period=hour&from=2020-01-01", "?format=xml",
           "?period=day&period=day", "?what=1"}) {
    const http::Response response = get(path + query);
    EXPECT_EQ(response.status, 400) << query << response.body;
  }
  EXPECT_EQ(get("/v1/workers/tts-workr/stats").status, 404);
  EXPECT_THAT(get("/v1/workers/tts-workr/stats").body, HasSubstr("tts-worker"));
  EXPECT_EQ(json_of(path + "?from=2027-01-01&to=2027-01-08").at("series").as_array().size(), 7u);
  EXPECT_EQ(json_of(path + "?period=week").at("series").as_array().size(), 52u);
  // The same question, the same answer: nothing is sent twice.
  const http::Response first = get(path);
  http::Request again = get_request(path);
  again.headers.add("If-None-Match", std::string(first.headers.get("ETag")));
  EXPECT_EQ(api_.respond(again).status, 304);
}

TEST_F(StatisticsApi, CsvIsWhatAcceptAsksFor) {
  send(receipt());
  tick();
  http::Request request = get_request("/v1/workers/tts-worker/stats?by=version");
  request.headers.add("Accept", "text/csv, application/json;q=0.5");
  const http::Response csv = api_.respond(request);
  const std::string day = rfc3339(std::chrono::floor<std::chrono::days>(clock_.now()));
  EXPECT_EQ(csv.body, "start,version,downloads,installs,upgrades,removes,served,ci_installs\r\n" +
                          day + ",1:1.2.3-1,1,1,0,0,0,0\r\n");
}

TEST(Csv, CellsAreNoFormulas) {
  const struct {
    std::string text, cell;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"1.0-1", "1.0-1"},
      {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\t=1", "'\t=1"},
      {"\r=1", "\"'\r=1\""},
      {"a,b", "\"a,b\""},
      {"a\"b", "\"a\"\"b\""},
      {"two\nlines", "\"two\nlines\""},
  };
  for (const auto& row : rows) EXPECT_EQ(csv_cell(row.text), row.cell);
}

}  // namespace
}  // namespace rbee::api
