// The AUR's RPC over a catalog from a real Git repository: the requests that yay, paru, aurutils
// and auracle send, answered byte for byte.
#include "api/aur.hpp"

#include <gmock/gmock.h>

#include "api/aur_feeds.hpp"
#include "api/aur_fixture.hpp"
#include "http/target.hpp"
#include "platform/gzip.hpp"

namespace rbee::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class FixedClock final : public Clock {
 public:
  Time now() const override { return now_; }
  Time now_{std::chrono::seconds(1'770'000'000)};
};

/// Three workers: one from source, one pair, one whose recipe says much.
const GrowingCatalog& catalog_of_three() {
  static const auto made = [] {
    auto catalog = std::make_unique<GrowingCatalog>();
    catalog->worker("community/tts-worker", GrowingCatalog::recipe("tts-worker"), "",
                    "tags = [\"tts\", \"audio\"]\n");
    catalog->worker("llm-worker", GrowingCatalog::recipe("llm-worker"),
                    GrowingCatalog::recipe("llm-worker-bin",
                                           "provides=('llm-worker=1.0')\n"
                                           "conflicts=('llm-worker')\n"));
    catalog->worker(
        "community/ocr-worker",
        GrowingCatalog::recipe("ocr-worker",
                               "epoch=2\ndepends=('tesseract>=5.0' 'gcc-libs')\n"
                               "depends_x86_64=('onetbb')\ndepends_aarch64=('other')\n"
                               "makedepends=('cmake')\noptdepends=('cuda: on the GPU')\n"
                               "checkdepends=('gtest')\nreplaces=('old-ocr<1')\n"
                               "groups=('rbee')\n"),
        "", "");
    catalog->commit("Start");
    return catalog;
  }();
  return *made;
}

class AurRpc : public testing::Test {
 protected:
  AurRpc() {
    auto numbers = std::make_shared<NumbersTable>();
    (*numbers)["tts-worker"] = {.votes = 12, .popularity = 1.2345678};
    (*numbers)["llm-worker"] = {.votes = 1, .popularity = 0.5};
    numbers_ = numbers;
    aur_ = std::make_unique<Aur>(
        AurOptions{.read_blob = [](const ObjectId& id) { return catalog_of_three().read_blob(id); },
                   .read_numbers = [this] { return numbers_; }},
        clock_);
    aur_->publish(catalog_of_three().snapshot());
  }
  /// `target` as a client sends it, percent-escapes included.
  http::Response ask(const std::string& target, const std::string& body = {},
                     const std::string& type = "application/x-www-form-urlencoded") const {
    http::Request request = get_request("/");
    const auto parsed = http::parse_target(target);
    if (!std::holds_alternative<http::Target>(parsed)) return {400, {}, {}};
    request.target = target;
    request.path = std::get<http::Target>(parsed).path;
    request.query = std::get<http::Target>(parsed).query;
    if (!body.empty()) {
      request.method = http::Method::post;
      request.method_text = "POST";
      request.headers.add("Content-Type", type);
      request.body = body;
    }
    EXPECT_TRUE(aur_->serves(request.path)) << target;
    return aur_->respond(request, "http://market.example");
  }
  std::string body(const std::string& target, const std::string& sent = {},
                   const std::string& type = "application/x-www-form-urlencoded") const {
    return ask(target, sent, type).body;
  }

  FixedClock clock_;
  std::shared_ptr<const NumbersTable> numbers_;
  std::unique_ptr<Aur> aur_;
};

const std::string kTtsHead =
    R"({"ID":1678026057,"Name":"tts-worker","PackageBaseID":1436417061,"PackageBase":"tts-worker",)"
    R"("Version":"1.0-1","Description":"Does things","URL":"https://example.org",)"
    R"("URLPath":"/cgit/aur.git/snapshot/tts-worker.tar.gz","NumVotes":12,"Popularity":1.234568,)"
    R"("OutOfDate":null,"Maintainer":null,)";
const std::string kTimes = R"("FirstSubmitted":1760003600,"LastModified":1760003600)";
const std::string kTtsInfo =
    kTtsHead + R"("Submitter":null,)" + kTimes +
    R"(,"License":["MIT"],"Keywords":["audio","tts"],"PendingRequests":0})";
const std::string kTtsSearch = kTtsHead + kTimes + "}";

std::string multiinfo(const std::string& records, int count) {
  return "{\"resultcount\":" + std::to_string(count) + ",\"results\":[" + records +
         "],\"type\":\"multiinfo\",\"version\":5}";
}
std::string search(const std::string& records, int count, const std::string& type = "search") {
  return "{\"resultcount\":" + std::to_string(count) + ",\"results\":[" + records +
         "],\"type\":\"" + type + "\",\"version\":5}";
}
std::string error(const std::string& text, const std::string& version = "5") {
  return "{\"error\":\"" + text + "\",\"resultcount\":0,\"results\":[],\"type\":\"error\"," +
         "\"version\":" + version + "}";
}
/// The names in an answer, in its order.
std::vector<std::string> names(const std::string& body) {
  std::vector<std::string> found;
  const std::string key = "\"Name\":\"";
  for (std::size_t at = body.find(key); at != std::string::npos; at = body.find(key, at + 1)) {
    const std::size_t begin = at + key.size();
    found.push_back(body.substr(begin, body.find('"', begin) - begin));
  }
  return found;
}

TEST_F(AurRpc, AnswersWhatYaySends) {
  // Batches of arg[]=, escaped, type and v last.
  EXPECT_EQ(body("/rpc?arg%5B%5D=tts-worker&arg%5B%5D=gone&type=info&v=5"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc?arg=tts&by=name-desc&type=search&v=5"), search(kTtsSearch, 1));
}

TEST_F(AurRpc, AnswersWhatAurutilsSends) {
  EXPECT_EQ(body("/rpc/v5/info", "arg[]=tts-worker&arg[]=gone"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/v5/info", "arg%5B%5D=tts-worker\n"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/?v=5&type=info&arg[]=tts-worker"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/v5/search/tts?by=name"), search(kTtsSearch, 1));
  EXPECT_EQ(body("/rpc/?v=5&type=search&by=name-desc&arg=tts"), search(kTtsSearch, 1));
}

TEST_F(AurRpc, AnswersWhatAuracleAndParuSend) {
  EXPECT_EQ(body("/rpc/v5/info", "arg[]=tts-worker"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/v5/search/tts?by=name-desc"), search(kTtsSearch, 1));
  EXPECT_EQ(body("/rpc", "v=5&type=info&arg[]=tts-worker"), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/", "v=5&type=search&by=name&arg=tts"), search(kTtsSearch, 1));
}

TEST_F(AurRpc, TakesEveryFormOfAddress) {
  for (const char* target :
       {"/rpc?v=5&type=info&arg[]=tts-worker", "/rpc/?v=5&type=multiinfo&arg[]=tts-worker",
        "/rpc.php?v=5&type=info&arg=tts-worker", "/rpc/v5/info/tts-worker",
        "/rpc/v5/info/tts-worker/", "/rpc/v5/info?arg[]=tts-worker", "/rpc/v5/info?arg=TTS-Worker",
        "/rpc/v5/info/?arg%5b%5d=tts-worker"})
    EXPECT_EQ(body(target), multiinfo(kTtsInfo, 1)) << target;
  for (const char* target : {"/rpc/v5/search/tts", "/rpc/v5/search?arg=tts",
                             "/rpc/v5/search?by=name&arg=TTS", "/rpc/v5/search/tts?by=name"})
    EXPECT_EQ(body(target), search(kTtsSearch, 1)) << target;
}

TEST_F(AurRpc, TakesJsonAsAurwebDoes) {
  const char* json = "application/json; charset=utf-8";
  EXPECT_EQ(body("/rpc/v5/info", R"({"arg":["tts-worker","gone"]})", json), multiinfo(kTtsInfo, 1));
  EXPECT_EQ(body("/rpc/v5/search", R"({"arg":"tts","by":"name"})", json), search(kTtsSearch, 1));
  const std::vector<std::array<std::string, 3>> wrong{
      {"/rpc/v5/info", R"({"arg":"tts-worker"})", "the 'arg' parameter must be of array type"},
      {"/rpc/v5/info", R"({"arg":[1]})", "the 'arg' parameter must be of array type"},
      {"/rpc/v5/search", R"({"arg":["tts"]})", "the 'arg' parameter must be of string type"},
      {"/rpc/v5/search", R"({"arg":"tts","by":1})", "the 'by' parameter must be of string type"},
      {"/rpc/v5/search", "[", "the body must be a JSON object"}};
  for (const auto& [target, sent, text] : wrong) {
    const http::Response response = ask(target, sent, json);
    EXPECT_EQ(response.status, 400) << sent;
    EXPECT_EQ(response.body, error(text)) << sent;
  }
}

TEST_F(AurRpc, CountsArgumentsFromTheEnd) {
  const std::string base = "/rpc?v=5&type=info&";
  EXPECT_THAT(names(body(base + "arg[]=tts-worker&arg=ocr-worker")), ElementsAre("ocr-worker"));
  EXPECT_THAT(names(body(base + "arg=ocr-worker&arg=tts-worker")), ElementsAre("tts-worker"));
  EXPECT_THAT(names(body(base + "arg=ocr-worker&arg[]=tts-worker&arg[]=llm-worker")),
              ElementsAre("tts-worker", "llm-worker"));
  EXPECT_THAT(names(body(base + "arg[]=ocr-worker&arg=x&arg[]=tts-worker")),
              ElementsAre("tts-worker"));
  // Others in between do not end the run; the same name twice is one result.
  EXPECT_THAT(names(body("/rpc?arg[]=ocr-worker&v=5&arg[]=tts-worker&type=info&arg[]=ocr-worker")),
              ElementsAre("ocr-worker", "tts-worker"));
}

TEST_F(AurRpc, SaysWhatIsWrongInTheirWordsAndOrder) {
  const std::vector<std::array<std::string, 3>> cases{
      {"/rpc", "Please specify an API version.", "null"},
      {"/rpc?v=", "Please specify an API version.", "null"},
      {"/rpc?v=4&type=nonsense", "Invalid version specified.", "4"},
      {"/rpc?v=x&type=info&arg=a", "Invalid version specified.", "null"},
      {"/rpc?v=5", "No request type/data specified.", "5"},
      {"/rpc?v=5&type=nonsense&by=nonsense", "Incorrect request type specified.", "5"},
      {"/rpc/v5/nonsense/x", "Incorrect request type specified.", "5"},
      {"/rpc?v=5&type=search&by=nonsense", "Incorrect by field specified.", "5"},
      {"/rpc?v=5&type=info", "No request type/data specified.", "5"},
      {"/rpc?v=5&type=search&by=name", "No request type/data specified.", "5"},
      {"/rpc?v=5&type=search&arg=a", "Query arg too small.", "5"},
      {"/rpc/v5/search/a?by=depends", "Query arg too small.", "5"},
      {"/rpc?v=5&type=info&arg=tts-worker&callback=a-b", "Invalid callback name.", "5"},
  };
  for (const auto& [target, text, version] : cases) {
    const http::Response response = ask(target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body, error(text, version)) << target;
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json") << target;
  }
}

TEST_F(AurRpc, WrapsForCallbacks) {
  const http::Response response = ask("/rpc?v=5&type=info&arg=tts-worker&callback=a.b_(1)");
  EXPECT_EQ(response.body, "/**/a.b_(1)(" + multiinfo(kTtsInfo, 1) + ")");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/javascript");
  EXPECT_EQ(body("/rpc?type=info&callback=cb"),
            "/**/cb(" + error("Please specify an API version.", "null") + ")");
  EXPECT_EQ(body("/rpc?v=5&type=suggest&arg=tts&callback=cb"), R"(/**/cb(["tts-worker"]))");
  EXPECT_EQ(body("/rpc?v=5&type=info&arg=x&callback=" + std::string(129, 'a')),
            error("Invalid callback name."));
}

TEST_F(AurRpc, ShowsEveryRelationThatIsThere) {
  EXPECT_THAT(body("/rpc/v5/info/ocr-worker"),
              HasSubstr(R"("Version":"2:1.0-1","Description":"Does things",)"));
  EXPECT_THAT(body("/rpc/v5/info/ocr-worker"),
              HasSubstr(R"("License":["MIT"],"Keywords":[],)"
                        R"("Depends":["gcc-libs","onetbb","tesseract>=5.0"],)"
                        R"("MakeDepends":["cmake"],"OptDepends":["cuda"],)"
                        R"("CheckDepends":["gtest"],"Replaces":["old-ocr<1"],)"
                        R"("Groups":["rbee"],"PendingRequests":0})"));
  EXPECT_THAT(body("/rpc/v5/info/llm-worker-bin"),
              HasSubstr(R"("Provides":["llm-worker=1.0"],"Conflicts":["llm-worker"],)"));
}

TEST_F(AurRpc, SearchesByEveryField) {
  const auto by = [&](const std::string& field, const std::string& arg) {
    return names(body("/rpc/v5/search/" + arg + "?by=" + field));
  };
  EXPECT_THAT(by("name", "worker"),
              ElementsAre("llm-worker", "llm-worker-bin", "ocr-worker", "tts-worker"));
  EXPECT_THAT(by("name", "things"), IsEmpty());
  EXPECT_THAT(by("name-desc", "does%20th").size(), 4u);
  EXPECT_THAT(by("depends", "tesseract"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("depends", "tess"), IsEmpty());
  EXPECT_THAT(by("depends", "onetbb"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("depends", "cmake"), IsEmpty());
  EXPECT_THAT(by("makedepends", "CMake"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("optdepends", "cuda"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("checkdepends", "gtest"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("provides", "llm-worker"), ElementsAre("llm-worker", "llm-worker-bin"));
  EXPECT_THAT(by("conflicts", "llm-worker"), ElementsAre("llm-worker-bin"));
  EXPECT_THAT(by("replaces", "old-ocr"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("groups", "rbee"), ElementsAre("ocr-worker"));
  EXPECT_THAT(by("keywords", "audio"), ElementsAre("tts-worker"));
  EXPECT_THAT(by("submitter", "ada"), IsEmpty());
  EXPECT_THAT(by("comaintainers", "ada"), IsEmpty());
  EXPECT_THAT(names(body("/rpc?v=5&type=search&by=maintainer&arg=")),
              ElementsAre("llm-worker", "llm-worker-bin", "ocr-worker", "tts-worker"));
  EXPECT_EQ(body("/rpc?v=5&type=msearch&arg=nobody"), search("", 0, "msearch"));
  // What separates the texts in memory is no way across them.
  EXPECT_EQ(body("/rpc", "v=5&type=search&arg=worker%1Fdoes"), search("", 0));
  EXPECT_EQ(body("/rpc", "v=5&type=search&by=depends&arg=onetbb%0aDgcc-libs"), search("", 0));
}

TEST_F(AurRpc, SuggestsUpToTwentyNames) {
  EXPECT_EQ(body("/rpc/v5/suggest/llm"), R"(["llm-worker","llm-worker-bin"])");
  EXPECT_EQ(body("/rpc?v=5&type=suggest-pkgbase&arg=ocr"), R"(["ocr-worker"])");
  EXPECT_EQ(body("/rpc?v=5&type=suggest&arg=zzz"), "[]");
  const http::Response open = ask("/rpc/v5/opensearch-suggest/tts");
  EXPECT_EQ(open.body, R"(["tts",["tts-worker"]])");
  EXPECT_EQ(open.headers.get("Content-Type"), "application/x-suggestions+json");
}

TEST_F(AurRpc, SavesWhoHasTheAnswerAlready) {
  const http::Response first = ask("/rpc/v5/info/tts-worker");
  const std::string etag(first.headers.get("ETag"));
  EXPECT_EQ(etag, "\"" + digest_of(HashAlgorithm::md5, first.body) + "\"");
  http::Request again = get_request("/rpc/v5/info/tts-worker");
  again.headers.add("If-None-Match", etag);
  EXPECT_EQ(aur_->respond(again, "").status, 304);
  numbers_ = std::make_shared<NumbersTable>();
  EXPECT_EQ(aur_->respond(again, "").status, 200);
}

TEST_F(AurRpc, RefusesOtherMethods) {
  http::Request request = get_request("/rpc");
  request.method = http::Method::put;
  request.method_text = "PUT";
  const http::Response response = aur_->respond(request, "");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(AurRpc, ServesTheListsWithTheirDigests) {
  const auto unpacked = [&](const std::string& name) {
    const http::Response response = ask("/" + name);
    EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(response.headers.get("Last-Modified"), "Mon, 02 Feb 2026 02:40:00 GMT");
    EXPECT_EQ(body("/" + name + ".sha256"),
              "SHA256 (" + name + ") = " + Sha256::of(response.body).hex() + "\n");
    return platform::gunzip(response.body, 1 << 20).value_or("damaged");
  };
  EXPECT_EQ(unpacked("packages.gz"),
            "# AUR package list, generated on Mon, 02 Feb 2026 02:40:00 GMT\n"
            "llm-worker\nllm-worker-bin\nocr-worker\ntts-worker\n");
  EXPECT_THAT(unpacked("pkgbase.gz"), testing::EndsWith("GMT\nllm-worker\nllm-worker-bin\n"
                                                        "ocr-worker\ntts-worker\n"));
  EXPECT_THAT(unpacked("users.gz"), testing::EndsWith("GMT\n"));
  const std::string meta = unpacked("packages-meta-v1.json.gz");
  EXPECT_THAT(meta, StartsWith("[\n{\"ID\":"));
  EXPECT_THAT(meta, testing::EndsWith("}\n]"));
  EXPECT_EQ(std::count(meta.begin(), meta.end(), '\n'), 5);
  EXPECT_THAT(unpacked("packages-meta-ext-v1.json.gz"), HasSubstr(R"("MakeDepends":["cmake"])"));
  // The same bytes and the same time as long as nothing changes, whatever the clock says.
  const std::string before = body("/packages.gz");
  clock_.now_ += std::chrono::hours(3);
  numbers_ = std::make_shared<NumbersTable>(*numbers_);
  EXPECT_EQ(body("/packages.gz"), before);
  EXPECT_EQ(ask("/packages.gz").headers.get("Last-Modified"), "Mon, 02 Feb 2026 02:40:00 GMT");
}

TEST_F(AurRpc, ServesFilesAndSnapshots) {
  EXPECT_EQ(body("/cgit/aur.git/plain/PKGBUILD?h=llm-worker-bin"),
            GrowingCatalog::recipe("llm-worker-bin",
                                   "provides=('llm-worker=1.0')\nconflicts=('llm-worker')\n"));
  EXPECT_THAT(body("/cgit/aur.git/plain/.SRCINFO?h=llm-worker-bin"),
              StartsWith("pkgbase = llm-worker-bin\n"));
  EXPECT_THAT(body("/cgit/aur.git/plain/worker.toml?h=tts-worker"), StartsWith("[worker]\n"));
  for (const char* target :
       {"/cgit/aur.git/plain/PKGBUILD.bin?h=llm-worker", "/cgit/aur.git/plain/PKGBUILD?h=gone",
        "/cgit/aur.git/plain/PKGBUILD", "/cgit/aur.git/plain/PKGBUILD?h=../x",
        "/cgit/aur.git/log/?h=tts-worker", "/cgit/aur.git/snapshot/gone.tar.gz",
        "/cgit/aur.git/snapshot/.tar.gz", "/packages/gone", "/packages/%3Cb%3E"}) {
    EXPECT_EQ(ask(target).status, 404) << target;
    EXPECT_THAT(ask(target).body, HasSubstr("package-not-found")) << target;
  }
  const http::Response snapshot = ask("/cgit/aur.git/snapshot/tts-worker.tar.gz");
  EXPECT_EQ(snapshot.status, 200);
  EXPECT_EQ(snapshot.body, body("/cgit/aur.git/snapshot/tts-worker.tar.gz"));
  const std::string tar = platform::gunzip(snapshot.body, 1 << 20).value_or("");
  EXPECT_THAT(tar, StartsWith("tts-worker/"));
  EXPECT_THAT(tar, HasSubstr("pkgbase = tts-worker\n"));
  EXPECT_EQ(ask("/packages/llm-worker-bin/").headers.get("Location"),
            "http://market.example/v1/workers/llm-worker");
}

TEST_F(AurRpc, FeedsAreRss) {
  for (const char* path : {"/rss", "/rss/", "/rss/modified"}) {
    const http::Response response = ask(path);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/rss+xml; charset=utf-8");
    EXPECT_THAT(response.body, HasSubstr("<link>http://market.example/packages/tts-worker</link>"));
    EXPECT_THAT(response.body, HasSubstr("<pubDate>Thu, 09 Oct 2025 09:53:20 +0000</pubDate>"));
  }
  EXPECT_EQ(xml_text("<a href=\"x\">&\x01\n"), "&lt;a href=&quot;x&quot;&gt;&amp;\xEF\xBF\xBD ");
}

}  // namespace
}  // namespace rbee::api
