#include "api/statistics.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "analytics/series.hpp"
#include "analytics/verified_installs.hpp"
#include "api/caller.hpp"
#include "api/download_choice.hpp"
#include "api/receipt.hpp"
#include "api/statistics_views.hpp"
#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using analytics::Event;
using analytics::Fairness;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Statistics>, 6> kStatisticsRoutes{{
    {Method::post, "/v1/receipts", &Statistics::receive},
    {Method::get, "/v1/workers/{id}/stats", &Statistics::worker_stats},
    {Method::get, "/v1/stats/overview", &Statistics::overview},
    {Method::get, "/v1/workers/{id}/{version}/download", &Statistics::download},
    {Method::get, "/v1/users/me/installs", &Statistics::my_installs},
    {Method::del, "/v1/users/me/installs", &Statistics::forget_my_installs},
}};

constexpr std::string_view kDownload = "/v1/workers/{id}/{version}/download";

/// "1.0-1": what tells a release from the other words that stand behind a worker's id.
bool looks_like_release(std::string_view text) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) return false;
  return text.substr(dash + 1).find_first_not_of("0123456789.") == std::string_view::npos;
}

Response throttled(const Request& request, int seconds) {
  Response response = http::problem(
      request, http::Refusal{429, "receipts-throttled",
                             "this address has sent many receipts; send the rest later"});
  response.headers.add("Retry-After", fmt::format("{}", seconds));
  return response;
}

std::string_view bearer(const Request& request) {
  const std::string_view sent = request.headers.get("Authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (sent.size() <= kBearer.size() ||
      !http::equal_ignoring_case(sent.substr(0, kBearer.size()), kBearer))
    return {};
  return trim(sent.substr(kBearer.size()));
}

/// rbee tells of its downloads by receipts, if its user agrees; counting them here would not ask.
bool is_rbee(const Request& request) {
  return request.headers.get("User-Agent").starts_with("rbee/");
}

}  // namespace

bool hides_address(std::string_view path) {
  return path == "/v1/receipts" ||
         (path.starts_with("/v1/workers/") && path.ends_with("/download"));
}

bool Statistics::serves(std::string_view path) const {
  Params params;
  if (http::match_path(kDownload, path, params)) return looks_like_release(params["version"]);
  return http::has_route(kStatisticsRoutes, path);
}

std::vector<http::RouteName> Statistics::routes() const {
  return http::names_of(kStatisticsRoutes);
}

Response Statistics::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));
  Response response = http::route(*this, kStatisticsRoutes, with_base);
  if (response.status == 401)
    response.headers.add("WWW-Authenticate", request.path.ends_with("/download")
                                                 ? "Bearer realm=\"rbee licence\""
                                                 : "Bearer realm=\"rbee\"");
  return response;
}

Result<void> Statistics::tick() {
  TRY_ASSIGN(const bool changed, ledger_.tick());
  if (!changed) return {};
  auto table = std::make_shared<NumbersTable>();
  const auto standings = ledger_.standings();
  table->reserve(standings->size());
  for (const analytics::Standing& each : *standings) {
    Numbers& numbers = (*table)[each.worker];
    numbers.installs = each.installs;
    numbers.installs_30_days = each.installs_30_days;
    numbers.trend = each.trend;
  }
  const std::lock_guard lock(mutex_);
  numbers_ = std::move(table);
  return {};
}

std::shared_ptr<const NumbersTable> Statistics::numbers() const {
  const std::lock_guard lock(mutex_);
  return numbers_;
}

Result<bool> Statistics::is_release(const catalog::Entry& entry, const std::string& version) const {
  if (version == entry.version) return true;
  TRY_ASSIGN(const bool counted,
             analytics::has_counted(ledger_.database(), entry.id.str(), version));
  if (counted) return true;
  TRY(sources_.worker(entry.id.str(), version));
  return true;
}

Result<Response> Statistics::receive(const Request& request, const Params&) const {
  TRY_ASSIGN(Event event, parse_receipt(request));
  const auto answer =
      ledger_.fairness().ask(request.remote_address, event.worker, ledger_.clock().now());
  if (answer.verdict == Fairness::Verdict::too_many)
    return throttled(request, answer.retry_after_seconds);
  std::optional<std::int64_t> account;
  if (!request.headers.get("Authorization").empty()) {
    if (sources_.tokens == nullptr)
      return fail(Errc::unauthenticated, "token-invalid", "this marketplace has no accounts");
    TRY_ASSIGN(const community::Identity identity, identify(request, *sources_.tokens));
    account = identity.account.id;
  }
  const auto snapshot = sources_.snapshot();
  const auto entry = snapshot->find(event.worker);
  if (entry == nullptr)
    return fail(Errc::not_found, "worker-not-found",
                fmt::format("there is no worker '{}'", event.worker));
  if (const auto known = is_release(*entry, event.release); !known) {
    // Somebody else's question is being answered: not an error of this server.
    if (known.error().id == "history-busy") return throttled(request, 5);
    return tl::unexpected<Error>(known.error());
  }
  if (answer.verdict == Fairness::Verdict::counts)
    TRY(ledger_.recorder().record(std::move(event), account));
  // Whether it counts is not told: who stuffs ballots would learn how.
  return json(202, bj::object{{"status", "accepted"}});
}

Result<Response> Statistics::worker_stats(const Request& request, const Params& params) const {
  TRY_ASSIGN(const StatsQuery query, parse_stats_query(request, ledger_.clock().now()));
  const auto snapshot = sources_.snapshot();
  const auto entry = snapshot->find(params["id"]);
  if (entry == nullptr) {
    // A broken worker, a near name: the catalog knows what to say.
    TRY(sources_.worker(params["id"], {}));
    return fail(Errc::not_found, "worker-not-found", "there is no such worker");
  }
  WorkerStats stats;
  stats.worker = entry->id.str();
  stats.updated = entry->updated;
  if (sources_.people) {
    const auto people = sources_.people();
    if (const auto found = people->find(stats.worker); found != people->end())
      stats.stars = found->second.stars;
  }
  const auto numbers = this->numbers();
  if (const auto found = numbers->find(stats.worker); found != numbers->end()) {
    stats.installs_30_days = found->second.installs_30_days;
    stats.trend = found->second.trend;
  }
  const platform::Database& database = ledger_.database();
  TRY_ASSIGN(stats.totals, analytics::totals(database, stats.worker));
  TRY_ASSIGN(stats.series, analytics::series(database, {stats.worker, query.grain, query.from,
                                                        query.to, query.by}));
  if (!query.csv) {
    const Time since = ledger_.clock().now() - std::chrono::days(29);
    TRY_ASSIGN(stats.versions,
               analytics::shares(database, stats.worker, analytics::GroupBy::version, since));
    TRY_ASSIGN(stats.platforms,
               analytics::shares(database, stats.worker, analytics::GroupBy::platform, since));
    TRY_ASSIGN(stats.accelerators,
               analytics::shares(database, stats.worker, analytics::GroupBy::accelerator, since));
  }
  return render(request, query, stats);
}

Overview Statistics::ranks(const std::shared_ptr<const catalog::Snapshot>& snapshot) const {
  const auto standings = ledger_.standings();
  const auto same = [](const auto& weak, const auto& shared) {
    return !weak.owner_before(shared) && !shared.owner_before(weak);
  };
  {
    const std::lock_guard lock(mutex_);
    if (same(ranks_.snapshot, snapshot) && same(ranks_.standings, standings))
      return ranks_.overview;
  }
  Overview overview = rank(*snapshot, *standings, kOverviewMax);
  const std::lock_guard lock(mutex_);
  ranks_ = {snapshot, standings, overview};
  return overview;
}

Result<Response> Statistics::overview(const Request& request, const Params&) const {
  TRY_ASSIGN(const OverviewQuery query, parse_overview_query(request));
  const platform::Database& database = ledger_.database();
  const auto snapshot = sources_.snapshot();
  Overview overview = ranks(snapshot);
  for (auto* rows : {&overview.top, &overview.trending, &overview.recent})
    if (rows->size() > query.limit) rows->resize(query.limit);
  TRY_ASSIGN(overview.totals, analytics::totals(database, ""));
  const Time since = ledger_.clock().now() - std::chrono::days(29);
  TRY_ASSIGN(overview.platforms,
             analytics::shares(database, "", analytics::GroupBy::platform, since));
  TRY_ASSIGN(overview.accelerators,
             analytics::shares(database, "", analytics::GroupBy::accelerator, since));
  return render(request, query, overview);
}

Result<void> Statistics::check_license(const Request& request,
                                       const catalog::Worker& worker) const {
  const std::string_view key = bearer(request);
  const std::string shop = worker.manifest.premium ? worker.manifest.premium->purchase_url : "";
  const std::string fix = shop.empty() ? "" : "licences are sold at " + printable_line(shop);
  if (key.empty())
    return fail(Errc::unauthenticated, "license-needed",
                fmt::format("{} needs a licence: Authorization: Bearer KEY", worker.id.str()),
                {.fix = fix});
  std::optional<community::License> license;
  if (sources_.licenses != nullptr) {
    TRY_ASSIGN(license, sources_.licenses->find(key));
  }
  if (!license || !license->covers(worker.id.str()))
    return fail(Errc::forbidden, "license-refused",
                fmt::format("this licence is not good for {}", worker.id.str()), {.fix = fix});
  return {};
}

void Statistics::count_download(const Request& request, Event event) const {
  event.visitor = ledger_.fairness().visitor_of(request.remote_address, ledger_.clock().now());
  ledger_.recorder().note_download(std::move(event));
}

Result<Response> Statistics::download(const Request& request, const Params& params) const {
  for (const auto& [name, value] : request.query)
    if (name != "platform")
      return fail(
          Errc::invalid_input, "parameter-unknown",
          fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))));
  TRY_ASSIGN(const auto worker, sources_.worker(params["id"], params["version"]));
  TRY_ASSIGN(const DownloadChoice choice, choose_download(*worker, request.parameter("platform")));
  const std::string_view base = request.headers.get("X-Rbee-Base");
  const bool sold_here =
      choice.source.url.starts_with(fmt::format("{}/premium/{}/", base, worker->id.str()));
  if (worker->manifest.premium && sold_here) {
    if (const auto good = check_license(request, *worker); !good) {
      http::Refusal refusal{http::status_of(good.error().code), good.error().id,
                            good.error().message};
      refusal.more.emplace_back("purchase_url", worker->manifest.premium->purchase_url);
      return http::problem(request, refusal);
    }
  }
  bj::object answer = to_json(*worker, choice);
  if (sources_.yanked) {
    const std::string why = sources_.yanked(worker->id.str(), worker->version);
    answer["yanked"] = why.empty() ? bj::value() : bj::value(printable_line(why));
  }
  // A file that is sold here is counted when it is sent.
  if (request.method == Method::get && !sold_here && !is_rbee(request))
    count_download(request, {.worker = worker->id.str(),
                             .release = worker->version,
                             .platform = to_string(choice.platform),
                             .recipe = std::string(manifest::file_name(choice.recipe))});
  return json(200, answer);
}

void Statistics::note_premium_file(const Request& request, const std::string& worker,
                                   const std::string& file) const {
  // The rest of a download that was cut is no other one.
  const std::string_view range = request.headers.get("Range");
  if (request.method != Method::get || is_rbee(request) ||
      (!range.empty() && !range.starts_with("bytes=0-")))
    return;
  Event event{.worker = worker};
  // Whose file it is, the present release knows; an older one's file is of an unknown release.
  if (const auto present = sources_.worker(worker, {})) {
    const std::string end = fmt::format("/premium/{}/{}", worker, file);
    for (const catalog::Variant& variant : (*present)->variants) {
      if (variant.recipe == nullptr || !event.release.empty()) continue;
      for (const pkgbuild::SourceEntry& source : variant.recipe->sources(variant.platform.arch))
        if (source.url.ends_with(end)) {
          event.release = (*present)->version;
          event.platform = to_string(variant.platform);
          event.recipe = manifest::file_name(variant.kind);
          break;
        }
    }
  }
  count_download(request, std::move(event));
}

Result<Response> Statistics::my_installs(const Request& request, const Params&) const {
  if (sources_.tokens == nullptr)
    return fail(Errc::not_found, "no-such-resource", "this marketplace has no accounts");
  TRY_ASSIGN(const community::Identity identity,
             identify(request, *sources_.tokens, community::Scope::read));
  TRY_ASSIGN(const auto installs,
             analytics::verified_installs(ledger_.database(), identity.account.id));
  bj::array all;
  for (const analytics::VerifiedInstall& each : installs)
    all.push_back({{"worker", each.worker},
                   {"version", printable_line(each.release)},
                   {"platform", each.platform},
                   {"hardware_class", each.hardware},
                   {"day", rfc3339(each.day).substr(0, 10)}});
  return json(200, bj::object{{"installs", std::move(all)}});
}

Result<Response> Statistics::forget_my_installs(const Request& request, const Params&) const {
  if (sources_.tokens == nullptr)
    return fail(Errc::not_found, "no-such-resource", "this marketplace has no accounts");
  TRY_ASSIGN(const community::Identity identity, identify(request, *sources_.tokens));
  TRY_ASSIGN(const std::int64_t count,
             analytics::forget_verified_installs(ledger_.database(), identity.account.id));
  return json(200, bj::object{{"forgotten", count}});
}

}  // namespace rbee::api
