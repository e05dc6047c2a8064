// Whole command lines without a process: string streams, a made-up HOME, a marketplace that is a
// map.
#include "cli/app.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <sstream>

#include "cli/command_line.hpp"
#include "platform/files.hpp"

namespace rbee::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct FixedClock final : Clock {
  Time now() const override { return Time{std::chrono::seconds{1'795'000'000}}; }
};

class App : public testing::Test {
 protected:
  App() : home_(*platform::TemporaryDirectory::create("/tmp", "rbee-app-test")) {
    environment_.home = home_.path().string();
    environment_.variables["PATH"] = "/usr/bin";
  }

  int run(const std::vector<std::string>& words, const std::string& input = "") {
    in_.str(input);
    in_.clear();
    out_.str("");
    err_.str("");
    World world{.in = in_,
                .out = out_,
                .err = err_,
                .environment = environment_,
                .clock = clock_,
                .get = [this](const Url& url, std::uint64_t,
                              const sdk::HttpHeaders&) -> Result<platform::HttpAnswer> {
                  const auto found = answers_.find(url.str());
                  if (found == answers_.end())
                    return fail(Errc::unreachable, "network-refused", "connection refused");
                  return found->second;
                },
                .get_once = {},
                .http = []() -> platform::HttpClient& {
                  throw std::logic_error("no download was expected");
                },
                .machine = [] { return platform::probe_machine("/", "linux-x86_64-cpu"); }};
    return cli::run(words, "1.2.3", world);
  }
  void answer(const std::string& url, const boost::json::value& value, int status = 200) {
    platform::HttpAnswer out;
    out.status = status;
    out.headers = {
        {"content-type", status == 200 ? "application/json" : "application/problem+json"}};
    out.body = boost::json::serialize(value);
    answers_[url] = out;
  }
  void offer_two_workers() {
    wire::WorkerList list;
    wire::WorkerSummary tts;
    tts.id = "tts-worker";
    tts.name = "TTS";
    tts.version = "1.0.0-1";
    tts.source = "community";
    tts.description = "Speaks text \x1b]0;owned\x07loud";
    tts.accelerators = {"cpu"};
    wire::WorkerSummary llm = tts;
    llm.id = "llm-worker-rbee-cuda";
    llm.source = "official";
    llm.description = "Generates text";
    llm.accelerators = {"cuda", "cpu"};
    list.workers = {llm, tts};
    list.total = 7;
    answer("http://127.0.0.1:8787/v1/search?limit=50", wire::to_json(list));
  }
  void keep_credentials(const std::string& text) {
    const auto folder = home_.path() / ".config/rbee";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "credentials.json") << text;
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  boost::json::object json() const { return boost::json::parse(out()).as_object(); }

  platform::TemporaryDirectory home_;
  Environment environment_;
  FixedClock clock_;
  std::map<std::string, platform::HttpAnswer> answers_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(App, SearchIsATable) {
  offer_two_workers();
  EXPECT_EQ(run({"worker", "search"}), 0);
  EXPECT_EQ(out(),
            "ID                    VERSION  SOURCE     RUNS ON   DESCRIPTION\n"
            "llm-worker-rbee-cuda  1.0.0-1  official   cuda,cpu  Generates text\n"
            "tts-worker            1.0.0-1  community  cpu       Speaks text "
            "\xEF\xBF\xBD]0;owned\xEF\xBF\xBDloud\n");
  EXPECT_EQ(err(), "2 of 7 workers; --limit 0 shows all, --tag and accelerator: narrow it down\n");
}

TEST_F(App, SearchAsksAnOlderMarketplaceInItsWords) {
  offer_two_workers();
  const auto search = answers_.extract("http://127.0.0.1:8787/v1/search?limit=50");
  answers_["http://127.0.0.1:8787/v1/workers?limit=50"] = search.mapped();
  answer("http://127.0.0.1:8787/v1/search?limit=50",
         boost::json::object{{"type", "/v1/problems/no-such-resource"},
                             {"title", "Not Found"},
                             {"status", 404},
                             {"detail", ""},
                             {"instance", ""}},
         404);
  EXPECT_EQ(run({"worker", "search"}), 0);
  EXPECT_THAT(out(), HasSubstr("tts-worker"));
}

TEST_F(App, SearchSaysWhatItMendedAndDidNotUnderstand) {
  answer(
      "http://127.0.0.1:8787/v1/search?limit=50&q=spech%20colour%3Ared",
      boost::json::parse(
          R"({"workers":[],"total":0,"did_you_mean":"speech","corrections":[{"typed":"spech","used":["speech"]}],
             "notes":[{"id":"query-field","message":"there is no field 'colour'","fix":"fields: tag","begin":6,"end":9}]})"));
  EXPECT_EQ(run({"worker", "search", "spech", "colour:red"}), 0);
  EXPECT_EQ(err(),
            "there is no field 'colour'; fields: tag\n"
            "no worker has 'spech'; searched for speech\n"
            "no worker matches; did you mean: rbee worker search speech\n");
}

TEST_F(App, SearchWorksOfflineFromTheListThatItKept) {
  offer_two_workers();
  EXPECT_EQ(run({"worker", "search", "--offline"}), 3);
  EXPECT_THAT(err(), HasSubstr("rbee worker search --refresh"));
  platform::HttpAnswer index;
  index.status = 200;
  index.headers = {{"content-type", "application/x-ndjson"}, {"etag", "\"a\""}};
  index.body =
      R"({"id":"tts-worker","name":"TTS","description":"Speaks text \u001b[31m","version":"1.0.0-1","source":"community","license":"MIT","author":"ann","tags":["tts","speech"],"tasks":["text-to-speech"],"formats":[],"platforms":["linux-x86_64-cpu","linux-x86_64-vulkan"],"premium":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}
{"id":"llm-worker","name":"LLM","description":"Fast inference","version":"2.0-1","source":"official","license":"MIT","author":"bob","tags":["llm","cuda"],"tasks":[],"formats":["gguf"],"platforms":["linux-x86_64-cuda"],"premium":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}
)";
  answers_["http://127.0.0.1:8787/v1/index"] = index;
  // A search keeps the list by the way.
  EXPECT_EQ(run({"worker", "search"}), 0);
  answers_.clear();
  EXPECT_EQ(run({"worker", "search", "spech", "--offline"}), 0);
  EXPECT_EQ(out(),
            "ID          VERSION  SOURCE     RUNS ON     DESCRIPTION\n"
            "tts-worker  1.0.0-1  community  cpu,vulkan  Speaks text \xEF\xBF\xBD[31m\n");
  EXPECT_EQ(err(),
            "searched the list of http://127.0.0.1:8787 from a moment ago\n"
            "no worker has 'spech'; searched for speech\n");
  EXPECT_EQ(run({"worker", "search", "--tag", "llm", "--tag", "cuda", "--offline", "--json"}), 0);
  EXPECT_EQ(json().at("total").as_int64(), 1);
  EXPECT_EQ(json().at("workers").at(0).at("id").as_string(), "llm-worker");
  // Nobody answers: the kept list does, and says so.
  EXPECT_EQ(run({"worker", "search", "fast", "inference"}), 0);
  EXPECT_THAT(out(), HasSubstr("llm-worker"));
  EXPECT_THAT(
      err(),
      HasSubstr("http://127.0.0.1:8787 cannot be reached; searched its list from a moment ago"));
  EXPECT_EQ(run({"worker", "search", "accelerator:rcom", "--offline"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean 'accelerator:rocm'?"));
  // Asked again, an unchanged list is not sent again.
  index.status = 304;
  index.body.clear();
  answers_["http://127.0.0.1:8787/v1/index"] = index;
  EXPECT_EQ(run({"worker", "search", "--refresh"}), 0);
  EXPECT_EQ(err(), "the list of http://127.0.0.1:8787 has not changed\n");
  EXPECT_EQ(run({"worker", "search", "inference", "--offline"}), 0);
  EXPECT_THAT(out(), HasSubstr("llm-worker"));
}

TEST_F(App, SearchFitsTheTerminal) {
  offer_two_workers();
  environment_.out = {.is_terminal = true, .columns = 60, .colour = true};
  EXPECT_EQ(run({"worker", "search", "-q"}), 0);
  EXPECT_EQ(out(),
            "\x1b[1mID                    VERSION  SOURCE     RUNS ON   DESCRIP…\x1b[0m\n"
            "llm-worker-rbee-cuda  1.0.0-1  official   cuda,cpu  Generat…\n"
            "tts-worker            1.0.0-1  community  cpu       Speaks …\n");
  EXPECT_EQ(err(), "");
}

TEST_F(App, SearchAsJson) {
  offer_two_workers();
  EXPECT_EQ(run({"worker", "search", "--json"}), 0);
  EXPECT_EQ(json()["total"].as_int64(), 7);
  EXPECT_EQ(json()["marketplace"].as_string(), "http://127.0.0.1:8787");
  EXPECT_EQ(json()["workers"].at(1).at("id").as_string(), "tts-worker");
  EXPECT_EQ(err(), "");
}

TEST_F(App, SearchWithoutAMatchIsNoError) {
  answer("http://127.0.0.1:8787/v1/search?limit=50&q=zzz", wire::to_json(wire::WorkerList{}));
  EXPECT_EQ(run({"worker", "search", "zzz"}), 0);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(), "no worker matches; `rbee worker search` lists all of http://127.0.0.1:8787\n");
}

TEST_F(App, AMarketplaceThatIsAwayIsExit5WithTheFix) {
  EXPECT_EQ(run({"worker", "install", "tts-worker", "--catalog", "http://market.test"}), 5);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(
      err(),
      StartsWith(
          "error: no marketplace answers at http://market.test [marketplace-unreachable]\n"));
  EXPECT_THAT(err(), HasSubstr("connection refused"));
  EXPECT_THAT(err(), HasSubstr("rbee-market serve"));
}

TEST_F(App, ErrorsAsJsonToo) {
  EXPECT_EQ(run({"worker", "info", "tts-worker", "--json"}), 5);
  EXPECT_EQ(json()["exit_code"].as_int64(), 5);
  const boost::json::object error = json()["error"].as_object();
  EXPECT_EQ(error.at("id").as_string(), "marketplace-unreachable");
  EXPECT_TRUE(error.at("evidence").is_array());
  for (const char* key : {"message", "why", "fix"}) EXPECT_TRUE(error.at(key).is_string()) << key;
  EXPECT_EQ(err(), "");
}

TEST_F(App, UsageErrorsAsJsonToo) {
  EXPECT_EQ(run({"worker", "instal", "x", "--json"}), 2);
  EXPECT_EQ(json()["error"].at("id").as_string(), "command-unknown");
}

TEST_F(App, AnUnknownWorkerIsExit3WithTheNearest) {
  wire::Problem problem;
  problem.title = "Not Found";
  problem.status = 404;
  answer("http://127.0.0.1:8787/v1/workers/tts-wroker", wire::to_json(problem), 404);
  wire::WorkerList list;
  list.workers.resize(1);
  list.workers[0].id = "tts-worker";
  list.workers[0].source = "community";
  answer("http://127.0.0.1:8787/v1/workers?limit=100", wire::to_json(list));
  EXPECT_EQ(run({"worker", "info", "tts-wroker"}), 3);
  EXPECT_THAT(err(), HasSubstr("did you mean 'tts-worker'?"));
}

TEST_F(App, InfoShowsWhatIsKnownAndWhyThisMachineCannot) {
  wire::WorkerDetail detail;
  detail.summary.id = detail.summary.name = "llm-worker";
  detail.summary.version = "1.0-1";
  detail.summary.source = "official";
  detail.summary.description = "First line\nsecond \x1b[2Jline";
  wire::Variant variant{"linux", "x86_64", "cuda", "PKGBUILD", {}, {"cuda"}, {}};
  wire::Source source{
      "rbee", "git+https://github.com/a/b.git#commit=0123", "git", {{"sha256sums", "SKIP"}}};
  variant.sources = {source};
  detail.variants = {variant};
  answer("http://127.0.0.1:8787/v1/workers/llm-worker", wire::to_json(detail));
  EXPECT_EQ(run({"worker", "info", "llm-worker"}), 0) << err();
  EXPECT_THAT(out(), StartsWith("llm-worker 1.0-1  (official)\n"
                                "description   First line\n"
                                "              second \xEF\xBF\xBD[2Jline\n"
                                "variants      linux-x86_64-cuda from PKGBUILD; depends on cuda\n"
                                "sources       rbee from https://github.com, pinned to a commit\n"
                                "this machine  cannot install it: "));
  EXPECT_THAT(out(), HasSubstr("installed     no\n"));
  EXPECT_EQ(run({"worker", "info", "llm-worker", "--json"}), 0);
  EXPECT_TRUE(json()["installed"].is_null());
  EXPECT_TRUE(json()["this_machine"].at("variant").is_null());
  EXPECT_TRUE(json()["this_machine"].at("error").is_object());
}

TEST_F(App, AnIdThatCannotBeIsWrongUsage) {
  EXPECT_EQ(run({"worker", "install", "../etc"}), 2);
  EXPECT_THAT(err(), HasSubstr("worker-id-invalid"));
}

TEST_F(App, NothingInstalled) {
  EXPECT_EQ(run({"worker", "list"}), 0);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("no workers are installed"));
  EXPECT_EQ(run({"worker", "list", "--json"}), 0);
  EXPECT_EQ(out(), "{\"workers\":[]}\n");
  EXPECT_EQ(run({"worker", "remove", "tts-worker"}), 3);
  EXPECT_THAT(err(), HasSubstr("worker-not-installed"));
  EXPECT_EQ(run({"worker", "run", "tts-worker"}), 3);
  EXPECT_THAT(err(), HasSubstr("rbee worker install tts-worker"));
}

TEST_F(App, ConfigSetThenGetThenList) {
  EXPECT_EQ(run({"config", "get", "catalog"}), 0);
  EXPECT_EQ(out(), "http://127.0.0.1:8787\n");
  EXPECT_EQ(run({"config", "set", "catalog", "http://market.test/"}), 0);
  EXPECT_EQ(err(), "catalog = http://market.test in ~/.config/rbee/config.toml\n");
  EXPECT_EQ(run({"config", "get", "catalog", "--json"}), 0);
  EXPECT_EQ(json()["value"].as_string(), "http://market.test");
  EXPECT_EQ(run({"config", "list"}), 0);
  EXPECT_EQ(out(),
            "KEY        VALUE               FROM                        WHAT\n"
            "catalog    http://market.test  ~/.config/rbee/config.toml  the marketplace to search "
            "and install from\n"
            "telemetry  off                 default                     send a receipt of each "
            "install (rbee telemetry show); DO_NOT_TRACK=1 wins\n");
  environment_.variables["RBEE_CATALOG"] = "http://other.test";
  EXPECT_EQ(run({"config", "get", "catalog"}), 0);
  EXPECT_EQ(out(), "http://other.test\n");
  EXPECT_EQ(run({"config", "set", "catalog", "http://third.test"}), 0);
  EXPECT_THAT(err(), HasSubstr("RBEE_CATALOG is set in the environment and overrides this"));
}

TEST_F(App, ConfigRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({"config", "set", "catlog", "http://x"}), 2);
  EXPECT_THAT(err(), HasSubstr("did you mean 'catalog'?"));
  EXPECT_EQ(run({"config", "set", "catalog", "nowhere"}), 2);
  EXPECT_FALSE(std::filesystem::exists(home_.path() / ".config"));
}

TEST_F(App, TheConfiguredMarketplaceIsAsked) {
  ASSERT_EQ(run({"config", "set", "catalog", "http://market.test"}), 0);
  answer("http://market.test/v1/search?limit=50", wire::to_json(wire::WorkerList{}));
  EXPECT_EQ(run({"worker", "search"}), 0);
  EXPECT_EQ(err(), "http://market.test has no workers yet\n");
}

TEST_F(App, ABrokenConfigurationDoesNotStopAFlag) {
  std::filesystem::create_directories(home_.path() / ".config/rbee");
  std::ofstream(home_.path() / ".config/rbee/config.toml") << "catalog = \n";
  EXPECT_EQ(run({"worker", "search"}), 1);
  EXPECT_THAT(err(), HasSubstr("config-invalid"));
  answer("http://market.test/v1/search?limit=50", wire::to_json(wire::WorkerList{}));
  EXPECT_EQ(run({"worker", "search", "--catalog", "http://market.test"}), 0);
}

constexpr const char* kRecipe =
    "pkgname=demo\n"
    "pkgver=1.0\n"
    "pkgrel=2\n"
    "arch=(any)\n"
    "options=(\"${RBEE_FEATURES:-strip}\")\n";

TEST_F(App, SrcinfoFromStandardInput) {
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--env", "RBEE_FEATURES=!strip"}, kRecipe), 0) << err();
  EXPECT_EQ(out(),
            "pkgbase = demo\n"
            "\tpkgver = 1.0\n"
            "\tpkgrel = 2\n"
            "\tarch = any\n"
            "\toptions = !strip\n"
            "\n"
            "pkgname = demo\n");
}

TEST_F(App, SrcinfoAsJson) {
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--json", "--arch", "aarch64"}, kRecipe), 0) << out();
  EXPECT_EQ(json()["pkgbase"].as_string(), "demo");
  EXPECT_EQ(json()["version"].as_string(), "1.0-2");
  EXPECT_EQ(json()["platform"].as_string(), "linux-aarch64-cpu");
  EXPECT_EQ(json()["evaluator"].as_string(), "native");
}

TEST_F(App, SrcinfoTellsTheRecipeThePlatformThatWasAskedFor) {
  const char* const recipe =
      "pkgname=demo\npkgver=1\npkgrel=1\narch=(any)\n"
      "pkgdesc=\"$CARCH ${RBEE_OS-unset} ${RBEE_ACCELERATOR-unset} ${RBEE_FEATURES-unset}\"\n";
  EXPECT_EQ(run({"recipe", "srcinfo", "-"}, recipe), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\tpkgdesc = x86_64 unset unset unset\n")) << "as in makepkg";
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--os", "macos", "--arch", "aarch64", "--accelerator",
                 "metal", "--env", "RBEE_FEATURES=metal"},
                recipe),
            0);
  EXPECT_THAT(out(), HasSubstr("\tpkgdesc = aarch64 macos metal metal\n"));
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--accelerator", "cuda"}, recipe), 0);
  EXPECT_THAT(out(), HasSubstr("\tpkgdesc = x86_64 linux cuda unset\n"));
}

TEST_F(App, SrcinfoSaysWhatItCannotDecide) {
  EXPECT_EQ(run({"recipe", "srcinfo", "-"},
                "pkgname=demo\npkgver=$(python3 -c 'print(1)')\npkgrel=1\narch=(any)\n"),
            1);
  EXPECT_THAT(err(), StartsWith("error: unsupported: "));
  EXPECT_THAT(err(), HasSubstr(" at line 2"));
  EXPECT_THAT(err(), HasSubstr("\nstandard input:2:10: "));
  EXPECT_EQ(out(), "");
}

TEST_F(App, SrcinfoReadsFilesBesideTheRecipeOnly) {
  const std::filesystem::path folder = home_.path() / "recipe";
  std::filesystem::create_directories(folder);
  std::ofstream(home_.path() / "secret") << "9.9\n";
  std::ofstream(folder / "VERSION") << "1.5\n";
  std::filesystem::create_symlink("../secret", folder / "link");
  const auto recipe = [&](const std::string& file) {
    std::ofstream(folder / "PKGBUILD")
        << "pkgname=demo\npkgver=$(cat " << file << ")\npkgrel=1\narch=(any)\n";
    return run({"recipe", "srcinfo", (folder / "PKGBUILD").string()});
  };
  EXPECT_EQ(recipe("VERSION"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("pkgver = 1.5\n"));
  for (const char* file : {"../secret", "link", "/etc/hostname", "missing"}) {
    EXPECT_EQ(recipe(file), 1) << file;
    EXPECT_THAT(out(), Not(HasSubstr("9.9"))) << file;
  }
}

TEST_F(App, SrcinfoByBashSaysSo) {
  const char* const recipe = "pkgname=demo\npkgver=$(perl -e 'print 1+1')\npkgrel=1\narch=(any)\n";
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--sandbox"}, recipe), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\tpkgver = 2\n"));
  EXPECT_EQ(err(), "note: bash answered, in the sandbox (unsupported: command perl at line 2)\n");
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--sandbox", "--json"}, recipe), 0) << err();
  EXPECT_EQ(json()["evaluator"].as_string(), "sandbox");
  EXPECT_EQ(err(), "");
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--sandbox"}, kRecipe), 0) << "native decides";
  EXPECT_EQ(err(), "");
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--sandbox"}, "pkgname=demo\nfalse\n"), 1);
  EXPECT_THAT(
      err(), StartsWith("error: the recipe's last command fails with status 1 [recipe-invalid]\n"));
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--sandbox", "--json"},
                "pkgname=demo\neval \"$(perl -e 'print q(exit 0)')\"\n"),
            1);
  EXPECT_EQ(json()["error"].as_object()["id"].as_string(), "shell-exited") << out();
}

TEST_F(App, SrcinfoByBashShowsNoHome) {
  std::ofstream(home_.path() / "PKGBUILD") << kRecipe;
  EXPECT_EQ(run({"recipe", "srcinfo", (home_.path() / "PKGBUILD").string(), "--sandbox"}), 8);
  EXPECT_THAT(err(), HasSubstr("--sandbox shows the recipe all of '"));
  std::filesystem::create_directory(home_.path() / "demo");
  std::ofstream(home_.path() / "demo/PKGBUILD") << kRecipe;
  EXPECT_EQ(run({"recipe", "srcinfo", (home_.path() / "demo/PKGBUILD").string(), "--sandbox"}), 0)
      << err();
}

TEST_F(App, SrcinfoOfNothing) {
  EXPECT_EQ(run({"recipe", "srcinfo", "/nowhere/PKGBUILD"}), 3);
  EXPECT_THAT(err(), HasSubstr("there is no file '/nowhere/PKGBUILD'"));
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--arch", "mips"}, kRecipe), 2);
  EXPECT_EQ(run({"recipe", "srcinfo", "-", "--env", "=x"}, kRecipe), 2);
}

TEST_F(App, OutputThatIsLostIsAnError) {
  out_.setstate(std::ios::badbit);
  World world{.in = in_,
              .out = out_,
              .err = err_,
              .environment = environment_,
              .clock = clock_,
              .get = {},
              .get_once = {},
              .http = {},
              .machine = {}};
  EXPECT_EQ(cli::run({"--version"}, "1.2.3", world), 1);
  EXPECT_THAT(err(), HasSubstr("output-lost"));
}

TEST_F(App, AnOldCatalogIsToldOfOnce) {
  offer_two_workers();
  for (auto& [url, answer] : answers_)
    answer.headers.emplace_back("rbee-stale-since", "2026-11-26T10:00:00Z\x1b[2J");
  EXPECT_EQ(run({"worker", "search", "-q"}), 0);
  EXPECT_THAT(err(), HasSubstr("has not seen its upstream catalog since 2026-11-26T10:00:00Z"));
  EXPECT_THAT(err(), Not(HasSubstr("\x1b")));
}

TEST_F(App, GitGetsATokenForItsMarketplaceOnly) {
  environment_.variables["RBEE_CATALOG"] = "https://market.test";
  environment_.variables["RBEE_TOKEN"] = "rbee_abc";
  EXPECT_EQ(run({"git-credential", "get"}, "protocol=https\nhost=market.test\n\n"), 0);
  EXPECT_EQ(out(), "username=token\npassword=rbee_abc\n");
  for (const char* other :
       {"protocol=http\nhost=market.test\n\n", "protocol=https\nhost=market.test.evil\n\n",
        "protocol=https\nhost=market.test:444\n\n", "\n"}) {
    EXPECT_EQ(run({"git-credential", "get"}, other), 0);
    EXPECT_EQ(out(), "") << other;
  }
}

TEST_F(App, AMarketplaceBelowAPathHasAToken) {
  environment_.variables["RBEE_CATALOG"] = "https://market.test/rbee";
  environment_.variables["RBEE_TOKEN"] = "rbee_abc";
  EXPECT_EQ(run({"git-credential", "get"}, "protocol=https\nhost=market.test\n\n"), 0);
  EXPECT_EQ(out(), "username=token\npassword=rbee_abc\n");
}

TEST_F(App, WhatIsNoTokenIsNotHandedOn) {
  environment_.variables["RBEE_CATALOG"] = "https://market.test";
  environment_.variables["RBEE_TOKEN"] = "rbee_abc\nhost=evil.test";
  EXPECT_EQ(run({"git-credential", "get"}, "protocol=https\nhost=market.test\n\n"), 1);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("credentials-invalid"));
  environment_.variables.erase("RBEE_TOKEN");
  EXPECT_EQ(run({"login", "--with-token"}, "rbee_a b\n"), 1);
  EXPECT_THAT(err(), HasSubstr("token-invalid"));
  keep_credentials(R"({"https://market.test": {"account": "ann", "token": "x\u000apassword=y"}})");
  EXPECT_EQ(run({"git-credential", "get"}, "protocol=https\nhost=market.test\n\n"), 1);
  EXPECT_EQ(out(), "");
}

TEST_F(App, ATokenOverPlainHttpIsWarnedOf) {
  for (const auto& [base, is_warned] : std::map<std::string, bool>{{"http://market.test", true},
                                                                   {"https://market.test", false},
                                                                   {"http://127.0.0.1:8787", false},
                                                                   {"http://localhost:8787", false},
                                                                   {"http://[::1]:8787", false}}) {
    environment_.variables["RBEE_CATALOG"] = base;
    run({"login", "--with-token"}, "a b\n");
    EXPECT_EQ(err().find("is not https") != std::string::npos, is_warned) << base << err();
  }
}

}  // namespace
}  // namespace rbee::cli
