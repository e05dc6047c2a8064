// The AUR's RPC at 100,000 workers, in process and over HTTP.
//
//   rpc_bench [WORKERS]
//
// The workers are made in memory from one evaluated recipe, with names, descriptions and
// dependencies of their own. Prints medians and 99th percentiles of wall time; exits 1 when info of
// 150 names takes 2 ms or a publication of one worker 100 ms in the median.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <string>

#include "api/aur.hpp"
#include "http/log.hpp"
#include "http/server.hpp"
#include "http/target.hpp"
#include "platform/http_client.hpp"

namespace {

using namespace rbee;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t kInfoNames = 150;

const std::vector<std::string> kWords = {
    "fast",  "small",  "speech", "vision",  "image", "text",    "neural", "offline",  "worker",
    "model", "server", "voice",  "whisper", "llama", "stable",  "music",  "language", "quantised",
    "local", "batch",  "stream", "ocr",     "code",  "summary", "chat",   "search",   "embedding"};

std::string id_of(std::size_t i) {
  return fmt::format("{}-{}-{}", kWords[i % kWords.size()], kWords[(i / 27) % kWords.size()], i);
}

class Maker {
 public:
  Maker() {
    pkgbuild::Inputs inputs;
    auto recipe = pkgbuild::evaluate(
        "pkgname=x\npkgver=1.0\npkgrel=1\npkgdesc=x\narch=(x86_64)\nurl=https://example.org/x\n"
        "license=(MIT)\ndepends=(gcc-libs)\nmakedepends=(cmake git)\npackage() {\n:\n}\n",
        inputs);
    recipe_ = std::make_unique<pkgbuild::Recipe>(std::move(*recipe));
    manifest_ = *manifest::parse_manifest(
                     "[worker]\nid = \"x\"\nname = \"x\"\ndescription = \"x\"\nlicense = \"MIT\"\n"
                     "tags = [\"llm\", \"audio\"]\n",
                     "x")
                     .manifest;
  }
  /// Another worker for another `turn`.
  std::shared_ptr<const catalog::Worker> make(std::size_t i, int turn) const {
    const std::string id = id_of(i);
    auto recipe = std::make_shared<pkgbuild::Recipe>(*recipe_);
    recipe->pkgbase = id;
    recipe->packages.front().name = id;
    recipe->fields["pkgdesc"].values = {
        fmt::format("A {} {} for {} and {}, release {}", kWords[i % 27], kWords[(i * 7) % 27],
                    kWords[(i * 11) % 27], kWords[(i * 13) % 27], turn)};
    recipe->fields["depends"].values = {"gcc-libs", fmt::format("lib{}", i % 500), "openssl>=3"};
    manifest::Manifest manifest = *manifest_;
    const ObjectId tree = *ObjectId::parse(fmt::format("{:040x}", i * 1000 + std::size_t(turn)));
    std::vector<catalog::RecipeText> texts{{manifest::RecipeKind::source, "", false}};
    std::vector<catalog::Variant> variants(1);
    variants[0].recipe = std::move(recipe);
    return std::make_shared<const catalog::Worker>(
        catalog::Worker{*WorkerId::parse(id),
                        catalog::Origin::community,
                        "community/" + id,
                        tree,
                        tree,
                        Time(std::chrono::seconds(1'700'000'000 + i)),
                        Time(std::chrono::seconds(1'700'000'000 + i)),
                        "Ada",
                        std::move(manifest),
                        "",
                        "",
                        {},
                        std::move(texts),
                        std::move(variants),
                        "1.0-1",
                        {}});
  }

 private:
  std::unique_ptr<pkgbuild::Recipe> recipe_;
  std::optional<manifest::Manifest> manifest_;
};

struct Times {
  double median = 0, p99 = 0;
};
template <typename Task>
Times measure(int rounds, const Task& task) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    task(i);
    all.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(all.begin(), all.end());
  return {all[all.size() / 2], all[std::min(all.size() - 1, all.size() * 99 / 100)]};
}
/// Only `task` is measured, with what `prepare` made for it.
template <typename Prepare, typename Task>
Times measure_prepared(int rounds, const Prepare& prepare, const Task& task) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    const auto made = prepare(i);
    all.push_back(measure(1, [&](int) { task(made); }).median);
  }
  std::sort(all.begin(), all.end());
  return {all[all.size() / 2], all.back()};
}
void print(const std::string& what, const Times& times) {
  fmt::print("{:<44} {:>9.3f} ms median {:>9.3f} ms p99\n", what, times.median, times.p99);
}

double resident_megabytes() {
  std::ifstream in("/proc/self/statm");
  double pages = 0, resident = 0;
  in >> pages >> resident;
  return resident * 4096 / 1e6;
}

http::Request request_of(const std::string& target) {
  http::Request request;
  request.method_text = "GET";
  request.target = target;
  auto parsed = std::get<http::Target>(http::parse_target(target));
  request.path = std::move(parsed.path);
  request.query = std::move(parsed.query);
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 100'000;
  const Maker maker;
  auto intake = std::make_shared<api::AurIntake>();
  std::vector<std::shared_ptr<const catalog::Entry>> entries;
  const auto add = [&](std::size_t i, int turn) {
    const auto worker = maker.make(i, turn);
    intake->take(*worker);
    return std::make_shared<const catalog::Entry>(catalog::entry_of(*worker));
  };
  for (std::size_t i = 0; i < count; ++i) entries.push_back(add(i, 0));
  const auto by_id = [](const auto& a, const auto& b) { return a->id < b->id; };
  std::sort(entries.begin(), entries.end(), by_id);
  const auto snapshot = [&] {
    return std::make_shared<const catalog::Snapshot>(*ObjectId::parse(std::string(40, 'a')), Time{},
                                                     entries, std::vector<catalog::Broken>{},
                                                     std::vector<Finding>{}, nullptr);
  };
  const SystemClock clock;
  api::Aur aur({.read_blob = {}, .intake = intake}, clock);
  double before = resident_megabytes();
  const auto first = snapshot();
  print(fmt::format("the first view of {} workers", count),
        measure(1, [&](int) { aur.publish(first); }));
  fmt::print("{:<44} {:>9.1f} MB\n", "memory that it added", resident_megabytes() - before);

  // As a push does it: one worker is evaluated, its entry replaces the old one.
  const Times publish = measure_prepared(
      21,
      [&](int turn) {
        auto& entry = entries[static_cast<std::size_t>(turn) * 997 % count];
        const std::string& id = entry->id.str();
        entry = add(std::stoul(id.substr(id.rfind('-') + 1)), turn + 1);
        return snapshot();
      },
      [&](const auto& next) { aur.publish(next); });
  print("a publication in which one worker changed", publish);

  std::mt19937 random(7);
  std::vector<std::string> targets;
  for (int i = 0; i < 100; ++i) {
    std::string target = "/rpc?v=5&type=info";
    for (std::size_t n = 0; n < kInfoNames; ++n) target += "&arg%5B%5D=" + id_of(random() % count);
    targets.push_back(std::move(target));
  }
  std::vector<http::Request> requests;
  for (const std::string& target : targets) requests.push_back(request_of(target));
  std::size_t bytes = 0;
  const Times info = measure(400, [&](int i) {
    bytes = aur.respond(requests[static_cast<std::size_t>(i) % requests.size()], "").body.size();
  });
  print(fmt::format("info of {} names ({} kB)", kInfoNames, bytes / 1000), info);
  for (const auto& [what, target] : std::vector<std::pair<std::string, std::string>>{
           {"search, a word that is rare", "/rpc/v5/search/whisper-llama-12"},
           {"search, a word that nobody has", "/rpc/v5/search/zzzqqq"},
           {"search, too many", "/rpc/v5/search/worker"},
           {"search by depends", "/rpc/v5/search/lib77?by=depends"},
           {"suggest", "/rpc/v5/suggest/whisper-l"}}) {
    const http::Request request = request_of(target);
    print(what, measure(100, [&](int) { bytes = aur.respond(request, "").body.size(); }));
  }
  before = resident_megabytes();
  print("all five lists", measure(1, [&](int) { aur.look(); }));
  fmt::print("{:<44} {:>9.1f} MB\n", "memory that they added", resident_megabytes() - before);

  const http::Log log(http::LogLevel::off, http::LogFormat::logfmt);
  http::ServerOptions options;
  options.port = 0;
  options.limits.head.request_line_bytes_max = 16 * 1024;
  const auto server = http::Server::start(
      options, {.respond = [&](const http::Request& request) { return aur.respond(request, ""); }},
      log);
  platform::HttpClient client("bench");
  std::vector<Url> urls;
  for (const std::string& target : targets)
    urls.push_back(*Url::parse((*server)->origin() + target));
  const Times over_http = measure(400, [&](int i) {
    const auto answer = client.get(urls[static_cast<std::size_t>(i) % urls.size()], 1 << 20);
    if (!answer || answer->status != 200) std::abort();
  });
  print("info over HTTP, one connection at a time", over_http);
  return info.median < 2 && publish.median < 100 ? 0 : 1;
}
