// rbee's own protocol: golden answers, and re-implementations of what each of its programs parses
// and runs.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "api/fixture.hpp"
#include "api/rbee.hpp"
#include "base/text.hpp"
#include "http/server.hpp"

namespace rbee::api::rbee_protocol {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;

const CatalogFixture& fixture() {
  static const CatalogFixture made;
  return made;
}
http::Response ask(const std::string& target, http::Method method = http::Method::get,
                   const std::string& origin = {}) {
  static const Api api = fixture().api();
  http::Request request = get_request(target, method);
  if (!origin.empty()) request.headers.add("Origin", origin);
  return api.respond(request);
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Compares with tests/golden/NAME; RBEE_ACCEPT=1 writes it instead.
void expect_golden(const std::string& name, const std::string& text) {
  const fs::path path = fs::path(RBEE_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("RBEE_ACCEPT") != nullptr) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(slurp(path), text) << "if the new answer is right: RBEE_ACCEPT=1 api_test";
}

std::string whole(const http::Response& response) {
  std::string out = std::to_string(response.status) + "\n";
  for (const auto& [name, value] : response.headers.all())
    if (name != "ETag") out += name + ": " + value + "\n";
  return out + "\n" + response.body + "\n";
}

TEST(RbeeGolden, AnswersByteForByte) {
  expect_golden("rbee-workers.http", whole(ask("/workers")));
  expect_golden("rbee-worker.http", whole(ask("/workers/llm-worker-rbee-cpu")));
  expect_golden("rbee-virtual.http", whole(ask("/workers/tts-worker-vulkan")));
  expect_golden("rbee-legacy-pkgbuild.http", whole(ask("/workers/llm-worker-rbee-cpu/PKGBUILD")));
  expect_golden("rbee-preflight.http",
                whole(ask("/workers", http::Method::options, "http://localhost:7845")));
}

struct Row {
  const char* name;
  const char* target;
  int status;
  const char* body;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}
class RbeeRoutes : public testing::TestWithParam<Row> {};
TEST_P(RbeeRoutes, AnswerAsTheirs) {
  const http::Response response = ask(GetParam().target);
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.body, GetParam().body);
  EXPECT_EQ(response.headers.get("Server"), "rbee-gwc");
  EXPECT_EQ(response.headers.get("X-Frame-Options"), "DENY");
}
constexpr const char* kFormat =
    R"({"error":"Invalid worker ID format","message":"Worker ID must contain only lowercase letters, numbers, and hyphens"})";
const std::string kLongId = "/workers/" + std::string(101, 'a');
const std::string kLongBadId = "/workers/" + std::string(101, 'A');
INSTANTIATE_TEST_SUITE_P(
    Rows, RbeeRoutes,
    testing::Values(Row{"health", "/health", 200,
                        R"({"status":"ok","service":"worker-catalog","version":"0.1.0"})"},
                    Row{"root", "/", 301, ""}, Row{"unknown", "/nope", 404, "404 Not Found"},
                    Row{"trailing_slash", "/workers/", 404, "404 Not Found"},
                    Row{"upper_case", "/workers/Llm", 400, kFormat},
                    Row{"underscore", "/workers/a_b", 400, kFormat},
                    Row{"escaped_slash", "/workers/a%2Fb", 400, kFormat},
                    Row{"too_long", kLongId.c_str(), 400, R"({"error":"Worker ID too long"})"},
                    Row{"format_before_length", kLongBadId.c_str(), 400, kFormat},
                    Row{"unknown_id", "/workers/none", 404, R"({"error":"Worker not found"})"},
                    Row{"leading_hyphen", "/workers/-x", 404, R"({"error":"Worker not found"})"},
                    Row{"virtual_of_no_worker", "/workers/none-cpu", 404,
                        R"({"error":"Worker not found"})"},
                    Row{"virtual_without_variant", "/workers/tts-worker-cuda", 404,
                        R"({"error":"Worker not found"})"},
                    Row{"pkgbuild_unknown_id", "/workers/none/PKGBUILD", 404,
                        R"({"error":"Worker not found"})"},
                    Row{"pkgbuild_bad_id", "/workers/A/PKGBUILD", 400, kFormat},
                    Row{"pkgbuilds", "/pkgbuilds", 404, "404 Not Found"},
                    Row{"workers_below", "/workers/tts-worker/PKGBUILD/x", 404, "404 Not Found"},
                    Row{"arch_unknown", "/pkgbuilds/arch/none-bin.PKGBUILD", 404, "404 Not Found"},
                    Row{"arch_no_git", "/pkgbuilds/arch/llm-worker-rbee-cpu-git.PKGBUILD", 404,
                        "404 Not Found"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Rbee, RefusesOtherMethodsBeforeCors) {
  const http::Response response = ask("/workers", http::Method::post, "http://localhost:7845");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(
      response.body,
      R"({"error":"Method not allowed","message":"POST is not supported. Only GET requests are allowed."})");
  EXPECT_EQ(response.headers.get("Access-Control-Allow-Origin"), "");
}

TEST(Rbee, AllowsOnlyItsOwnOrigins) {
  EXPECT_EQ(ask("/workers", http::Method::get, "https://marketplace.rbee.dev")
                .headers.get("Access-Control-Allow-Origin"),
            "https://marketplace.rbee.dev");
  for (const char* other : {"https://evil.example", "http://localhost:7846", "null",
                            "https://rbee.dev.evil.example", "https://RBEE.dev"})
    EXPECT_EQ(ask("/workers", http::Method::get, other).headers.get("Access-Control-Allow-Origin"),
              "")
        << other;
}

TEST(Rbee, ServesTheRealRecipesWherePackagersLookForThem) {
  EXPECT_EQ(ask("/pkgbuilds/arch/llm-worker-rbee-cpu-bin.PKGBUILD").body,
            ask("/v1/workers/llm-worker-rbee-cpu/PKGBUILD.bin").body);
  EXPECT_EQ(ask("/pkgbuilds/arch/tts-worker-git.PKGBUILD").body,
            ask("/v1/workers/tts-worker/PKGBUILD").body);
}

TEST(Rbee, ShowsWhatPeopleDidWithAWorker) {
  Api api = fixture().api();
  auto numbers = std::make_shared<const NumbersTable>(
      NumbersTable{{"tts-worker", {.stars = 7, .installs = 41}}});
  api.ask_for_numbers([&] { return numbers; });
  const auto body = [&](const std::string& target) {
    return api.respond(get_request(target)).body;
  };
  for (const char* target : {"/workers/tts-worker", "/workers/tts-worker-vulkan", "/workers"})
    EXPECT_THAT(body(target), HasSubstr(R"(,"downloads":41,"likes":7,"stars":7})")) << target;
  EXPECT_THAT(body("/workers/vision-worker"),
              testing::EndsWith(R"(,"downloads":0,"likes":0,"stars":0})"));
  // Another number is another entity.
  for (const char* target : {"/workers/tts-worker", "/workers"}) {
    http::Request request = get_request(target);
    request.headers.add("If-None-Match", std::string(api.respond(request).headers.get("ETag")));
    EXPECT_EQ(api.respond(request).status, 304) << target;
    const auto before = numbers;
    numbers = std::make_shared<const NumbersTable>(
        NumbersTable{{"tts-worker", {.stars = 8, .installs = 41}}});
    EXPECT_EQ(api.respond(request).status, 200) << target;
    numbers = before;
  }
}

TEST(Rbee, HasAHomebrewFormulaWhereAChecksumIsKnown) {
  const http::Response response = ask("/pkgbuilds/homebrew/llm-worker-rbee-cpu-bin.rb");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(response.body, R"rb(class LlmWorkerRbeeCpuBin < Formula
  desc "Runs it's \"language\" models ${HOME} `id` {on} the processor"
  homepage "https://example.org"
  version "0.1.0"
  license "GPL-3.0-or-later"

  on_linux do
    on_arm do
      url "https://releases.example.org/llm.tar.gz"
      sha256 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    end
    on_intel do
      url "https://releases.example.org/llm.tar.gz"
      sha256 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    end
  end

  def install
    files = ["llm-worker-rbee-cpu", "llm-worker-rbee"].flat_map { |name| Dir["**/#{name}"] }.select { |path| File.file?(path) }
    files = Dir["**/*"].select { |path| File.file?(path) } if files.empty?
    odie "none of the unpacked files has the name of the worker's command" if files.length != 1
    bin.install files.first => "llm-worker-rbee-cpu"
  end
end
)rb");
  EXPECT_THAT(ask("/workers/llm-worker-rbee-cpu").body,
              HasSubstr(R"("homebrewFormula":"/pkgbuilds/homebrew/llm-worker-rbee-cpu-bin.rb")"));
  EXPECT_THAT(ask("/workers/tts-worker").body, HasSubstr(R"("homebrewFormula":"")"));
  for (const char* target :
       {"/pkgbuilds/homebrew/tts-worker-bin.rb", "/pkgbuilds/homebrew/llm-worker-rbee-cpu-git.rb",
        "/pkgbuilds/homebrew/none-bin.rb", "/pkgbuilds/homebrew/-bin.rb"}) {
    EXPECT_EQ(ask(target).status, 404) << target;
    EXPECT_EQ(ask(target).body, "404 Not Found") << target;
  }
}

TEST(Rbee, ItsScriptInstallsNothingThatIsNotThere) {
  const http::Response response = ask("/install.sh");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(response.headers.get("Cache-Control"), "public, max-age=300");
  const fs::path folder = fs::temp_directory_path() / ("rbee-script." + std::to_string(::getpid()));
  fs::create_directories(folder / "bin");
  std::ofstream(folder / "install.sh") << response.body;
  const auto run = [&](const std::string& path) {
    const std::string script =
        "cd '" + folder.string() + "' && PATH='" + path + "' /bin/sh install.sh >out 2>&1";
    return WEXITSTATUS(std::system(script.c_str()));  // NOLINT: a test's own folder.
  };
  EXPECT_EQ(run("/nonexistent"), 1);
  EXPECT_THAT(slurp(folder / "out"), HasSubstr("rbee is not installed"));
  std::ofstream(folder / "bin/rbee") << "#!/bin/sh\necho rbee 1.2.3\n";
  fs::permissions(folder / "bin/rbee", fs::perms::owner_all);
  EXPECT_EQ(run((folder / "bin").string()), 0);
  EXPECT_THAT(slurp(folder / "out"), HasSubstr("export RBEE_CATALOG=http://market.example:8787\n"));
  fs::remove_all(folder);
  EXPECT_THAT(ask("/pkgbuilds/README.md").body,
              HasSubstr("git clone http://market.example:8787/ID.git"));
  EXPECT_EQ(ask("/install.sh", http::Method::post).status, 405);
}

TEST(Rbee, SaysWhyASourceWorkerHasNoLegacyRecipe) {
  const http::Response response = ask("/workers/tts-worker/PKGBUILD");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, testing::StartsWith(R"({"error":"PKGBUILD not found")"));
  EXPECT_THAT(response.body, HasSubstr("rbee worker install tts-worker"));
}

// What each program reads. A thrown exception is a reader that fails.

const json::object& object(const json::value& value) {
  return value.as_object();
}
std::string text(const json::object& from, const char* key) {
  const json::string& value = from.at(key).as_string();
  return {value.data(), value.size()};
}
std::vector<std::string> texts(const json::object& from, const char* key) {
  std::vector<std::string> out;
  for (const json::value& value : from.at(key).as_array())
    out.emplace_back(value.as_string().c_str());
  return out;
}
void one_of(const std::string& value, std::initializer_list<const char*> words) {
  if (std::find(words.begin(), words.end(), value) == words.end())
    throw std::runtime_error("unknown variant " + value);
}

/// A: the hive's installer, on Linux x86_64.
void read_as_a(const json::object& worker) {
  text(worker, "id"), text(worker, "name"), text(worker, "version");
  const auto platforms = texts(worker, "platforms"), architectures = texts(worker, "architectures");
  if (std::find(platforms.begin(), platforms.end(), "linux") == platforms.end())
    throw std::runtime_error("not for linux");
  if (std::find(architectures.begin(), architectures.end(), "x86_64") == architectures.end())
    throw std::runtime_error("not for x86_64");
  if (worker.contains("depends")) texts(worker, "depends");
}
/// C: the hive's list and get operations.
void read_as_c(const json::object& worker) {
  for (const char* key : {"id", "name", "worker_type", "description"}) text(worker, key);
  texts(worker, "platforms");
}
/// D: the hive's web page: generation 1 names; a missing array is a TypeError.
void read_as_d(const json::object& worker) {
  for (const char* key : {"id", "implementation", "worker_type", "version", "name", "description",
                          "license", "pkgbuild_url", "build_system", "binary_name", "install_path"})
    text(worker, key);
  for (const char* key :
       {"platforms", "architectures", "depends", "makedepends", "supported_formats"})
    texts(worker, key);
  object(worker.at("source")), object(worker.at("build"));
  worker.at("supports_streaming").as_bool(), worker.at("supports_batching").as_bool();
}
/// E: the keeper's desktop app: serde with closed enumerations; one unknown word fails the list.
void read_as_e(const json::object& worker) {
  for (const char* key : {"id", "version", "name", "description", "license", "pkgbuildUrl",
                          "binaryName", "installPath"})
    text(worker, key);
  one_of(text(worker, "implementation"), {"rust", "python", "cpp"});
  one_of(text(worker, "workerType"), {"cpu", "cuda", "metal", "rocm"});
  one_of(text(worker, "buildSystem"), {"cargo", "make", "cmake"});
  for (const std::string& os : texts(worker, "platforms"))
    one_of(os, {"linux", "macos", "windows"});
  for (const std::string& arch : texts(worker, "architectures"))
    one_of(arch, {"x86_64", "aarch64"});
  const json::object& source = object(worker.at("source"));
  one_of(text(source, "type"), {"git", "tarball"});
  text(source, "url");
  for (const char* key : {"branch", "tag", "path"})
    if (source.contains(key)) text(source, key);
  const json::object& build = object(worker.at("build"));
  for (const char* key : {"features", "flags"})
    if (build.contains(key)) texts(build, key);
  for (const char* key : {"depends", "makedepends", "supportedFormats"}) texts(worker, key);
  if (worker.contains("maxContextLength")) worker.at("maxContextLength").to_number<std::uint32_t>();
  worker.at("supportsStreaming").as_bool(), worker.at("supportsBatching").as_bool();
}
/// F: the marketplace site: generation 3.
void read_as_f(const json::object& worker) {
  for (const char* key :
       {"id", "implementation", "version", "name", "description", "license", "buildSystem"})
    text(worker, key);
  for (const json::value& value : worker.at("variants").as_array()) {
    const json::object& variant = object(value);
    one_of(text(variant, "backend"), {"cpu", "cuda", "metal", "rocm"});
    for (const char* key : {"platforms", "architectures", "depends", "makedepends"})
      texts(variant, key);
    for (const char* key : {"pkgbuildUrl", "pkgbuildUrlGit", "homebrewFormula",
                            "homebrewFormulaGit", "binaryName", "installPath"})
      text(variant, key);
    if (ask(text(variant, "pkgbuildUrl")).status != 200)
      throw std::runtime_error("pkgbuildUrl is a dead link");
    if (ask(text(variant, "pkgbuildUrlGit")).status != 200)
      throw std::runtime_error("pkgbuildUrlGit is a dead link");
    object(variant.at("build"));
  }
  const json::object& capabilities = object(worker.at("capabilities"));
  texts(capabilities, "supportedFormats");
  capabilities.at("supportsStreaming").as_bool(), capabilities.at("supportsBatching").as_bool();
  if (const json::value* compatibility = worker.if_contains("marketplaceCompatibility"))
    if (const json::value* face = object(*compatibility).if_contains("huggingface"))
      for (const char* key : {"tasks", "libraries", "formats"}) texts(object(*face), key);
}

TEST(RbeeClients, AllReadTheListAndEachWorker) {
  const json::value list = json::parse(ask("/workers").body);
  std::vector<json::value> all(object(list).at("workers").as_array().begin(),
                               object(list).at("workers").as_array().end());
  ASSERT_EQ(all.size(), 3u);
  for (const char* id : {"llm-worker-rbee-cpu", "tts-worker", "vision-worker", "tts-worker-cpu",
                         "tts-worker-vulkan", "vision-worker-openvino"}) {
    const http::Response response = ask(std::string("/workers/") + id);
    ASSERT_EQ(response.status, 200) << id;
    all.push_back(json::parse(response.body));
    EXPECT_EQ(text(object(all.back()), "id"), id);
  }
  for (const json::value& value : all)
    for (const auto read : {read_as_a, read_as_c, read_as_d, read_as_e, read_as_f})
      EXPECT_NO_THROW(read(object(value))) << value.at("id");
}

TEST(RbeeClients, VirtualEntriesHoldTheirOwnVariantOnly) {
  const json::value vulkan = json::parse(ask("/workers/tts-worker-vulkan").body);
  ASSERT_EQ(vulkan.at("variants").as_array().size(), 1u);
  EXPECT_EQ(vulkan.at("variants").at(0).at("accelerator"), "vulkan");
  EXPECT_EQ(vulkan.at("variants").at(0).at("backend"), "cpu");
  EXPECT_EQ(texts(object(vulkan), "architectures"), std::vector<std::string>{"x86_64"});
  const json::value vision = json::parse(ask("/workers/vision-worker").body);
  EXPECT_EQ(vision.at("buildSystem"), "make");
  EXPECT_EQ(vision.at("build").at("system"), "pip");
  EXPECT_EQ(vision.at("source").at("tag"), "v2.0.0");
}

/// The hive's reader of recipes, by the rules of docs/rbee-protocol.md: nothing expanded, lines
/// trimmed, braces counted.
struct LegacyParsed {
  std::map<std::string, std::string> scalars;
  std::map<std::string, std::vector<std::string>> arrays;
  std::optional<std::string> build, package;
};

std::string unquote(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && value.front() == value.back() &&
      (value.front() == '"' || value.front() == '\''))
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

LegacyParsed legacy_parse(const std::string& recipe) {
  std::vector<std::string_view> lines;
  for (std::string_view line : split(recipe, '\n')) lines.push_back(trim(line));
  LegacyParsed out;
  const auto body = [&](std::size_t& i) {
    std::string text;
    int depth = 1;
    for (++i; i < lines.size(); ++i) {
      depth += static_cast<int>(std::count(lines[i].begin(), lines[i].end(), '{') -
                                std::count(lines[i].begin(), lines[i].end(), '}'));
      if (depth == 0) return text;
      text += std::string(lines[i]) + "\n";
    }
    throw std::runtime_error("InvalidFunction");
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.empty() || line.starts_with('#')) continue;
    if (const std::size_t equals = line.find('='); equals != std::string_view::npos) {
      const std::string key(trim(line.substr(0, equals)));
      const std::string_view value = trim(line.substr(equals + 1));
      out.scalars[key] = unquote(value);
      if (value.starts_with('(') && value.ends_with(')')) {
        std::istringstream words{std::string(value.substr(1, value.size() - 2))};
        out.arrays[key];
        for (std::string word; words >> word;)
          if (!unquote(word).empty()) out.arrays[key].push_back(unquote(word));
      }
    } else if (line.starts_with("build()")) {
      out.build = body(i);
    } else if (line.starts_with("package()")) {
      out.package = body(i);
    }
  }
  for (const char* key : {"pkgname", "pkgver", "pkgrel"})
    if (!out.scalars.count(key)) throw std::runtime_error(std::string("MissingField ") + key);
  return out;
}

TEST(LegacyRecipe, IsReadByTheHivesParser) {
  const LegacyParsed recipe = legacy_parse(ask("/workers/llm-worker-rbee-cpu/PKGBUILD").body);
  EXPECT_EQ(recipe.scalars.at("pkgname"), "llm-worker-rbee-cpu");
  EXPECT_EQ(recipe.scalars.at("pkgver"), "0.1.0");
  EXPECT_EQ(recipe.scalars.at("pkgrel"), "2");
  EXPECT_EQ(recipe.scalars.at("pkgdesc"),
            "Runs its \"language\" models $HOME `id` on the processor");
  EXPECT_EQ(recipe.arrays.at("source"),
            std::vector<std::string>{"llm-x86_64.tar.gz::https://releases.example.org/llm.tar.gz"});
  EXPECT_EQ(recipe.arrays.at("arch"), (std::vector<std::string>{"x86_64", "aarch64"}));
  EXPECT_EQ(recipe.arrays.at("depends"), std::vector<std::string>{"gcc-libs"});
  ASSERT_TRUE(recipe.build && recipe.package);
  EXPECT_EQ(recipe.scalars.size(), 9u) << "nothing inside a function was read as a field";
}

/// Their executor: five variables, one function's body, set -e and -u, in a directory of its own.
int run_legacy(const fs::path& work, const LegacyParsed& recipe, const std::string& phase,
               std::string& output) {
  std::ofstream script(work / (phase + ".sh"));
  script << "#!/bin/bash\nset -e\nset -u\n";
  for (const char* key : {"pkgname", "pkgver", "pkgrel"})
    script << "export " << key << "=\"" << recipe.scalars.at(key) << "\"\n";
  script << "export srcdir=\"" << (work / "src").string() << "\"\nexport pkgdir=\""
         << (work / "pkg").string() << "\"\n";
  script << (phase == "build" ? *recipe.build : *recipe.package);
  script.close();
  const std::string command = "cd '" + work.string() + "' && env -i PATH=\"$PATH\" bash " + phase +
                              ".sh > " + phase + ".log 2>&1";
  const int status = std::system(command.c_str());
  output = slurp(work / (phase + ".log"));
  return WEXITSTATUS(status);
}

/// An archive with the worker's command in it, served on loopback.
class LegacyInstall : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "rbee-legacy-test.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    work_ = pattern;
    fs::create_directories(work_ / "src");
    fs::create_directories(work_ / "pkg");
    fs::create_directories(work_ / "archive/dir");
    std::ofstream(work_ / "archive/dir/llm-worker-rbee") << "#!/bin/sh\necho worker runs\n";
    std::ofstream(work_ / "archive/LICENSE") << "free\n";
    ASSERT_EQ(std::system(("tar -czf '" + (work_ / "llm.tar.gz").string() + "' -C '" +
                           (work_ / "archive").string() + "' .")
                              .c_str()),
              0);
    archive_ = slurp(work_ / "llm.tar.gz");
    http::ServerOptions options;
    options.port = 0;
    auto server = http::Server::start(options,
                                      {.respond =
                                           [this](const http::Request&) {
                                             return http::reply(200, "application/gzip", archive_);
                                           },
                                       .refuse = {}},
                                      log_);
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(work_);
  }
  LegacyParsed recipe(const std::string& sha256) const {
    const CatalogFixture catalog(server_->origin(), sha256);
    return legacy_parse(
        catalog.api().respond(get_request("/workers/llm-worker-rbee-cpu/PKGBUILD")).body);
  }

  const http::Log log_{http::LogLevel::off, http::LogFormat::logfmt};
  fs::path work_;
  std::string archive_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(LegacyInstall, InstallsTheCommandUnderThePackagesName) {
  const LegacyParsed parsed = recipe(Sha256::of(archive_).hex());
  std::string output;
  ASSERT_EQ(run_legacy(work_, parsed, "build", output), 0) << output;
  ASSERT_EQ(run_legacy(work_, parsed, "package", output), 0) << output;
  const fs::path installed = work_ / "pkg/usr/local/bin/llm-worker-rbee-cpu";
  ASSERT_TRUE(fs::exists(installed));
  EXPECT_EQ(std::system(("'" + installed.string() + "' | grep -qx 'worker runs'").c_str()), 0);
}

TEST_F(LegacyInstall, StopsAtAWrongChecksum) {
  const LegacyParsed parsed = recipe(std::string(64, 'a'));
  std::string output;
  EXPECT_NE(run_legacy(work_, parsed, "build", output), 0);
  EXPECT_THAT(output, HasSubstr("is not the file that the recipe names"));
  EXPECT_FALSE(fs::exists(work_ / "src/llm-x86_64.tar.gz"));
  EXPECT_TRUE(fs::is_empty(work_ / "src/unpacked"));
}

}  // namespace
}  // namespace rbee::api::rbee_protocol
