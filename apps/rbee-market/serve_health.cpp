#include "serve_health.hpp"

#include <map>

#include "community/switches.hpp"
#include "ops/process_metrics.hpp"
#include "web/site.hpp"

namespace rbee::market {

namespace {

using http::AskedMetric;
using http::MetricKind;
using http::Sample;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             Pulse::Clock::now().time_since_epoch())
      .count();
}

std::vector<Sample> one(double value) {
  return {{{}, value}};
}

}  // namespace

void Pulse::beat() {
  last_beat_ms = now_ms();
}

void Pulse::note_build(Clock::duration took, bool served) {
  build_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  ++(served ? builds : failures);
}

bool Pulse::is_alive() const {
  return now_ms() - last_beat_ms < 60'000;
}

std::vector<api::HealthComponent> health_components(const Watched& watched) {
  std::vector<api::HealthComponent> all;
  all.push_back({"loop", true, [&pulse = watched.pulse]() -> Result<void> {
                   if (pulse.is_alive()) return {};
                   return fail(Errc::failed, "loop-stuck", "the catalog is not looked at any more");
                 }});
  if (watched.upstream_is_stale)
    all.push_back({"upstream", false, [stale = watched.upstream_is_stale]() -> Result<void> {
                     if (!stale()) return {};
                     return fail(Errc::unreachable, "upstream-stale",
                                 "the upstream is not reached");
                   }});
  MarketOffice* const office = watched.office;
  if (office == nullptr) return all;
  all.push_back({"database", true, [office]() -> Result<void> {
                   TRY_ASSIGN(const auto rows,
                              office->database->query(
                                  "SELECT count(*) FROM schema_versions WHERE number > 0"));
                   if (rows.empty() || rows[0][0].integer() == 0)
                     return fail(Errc::io, "migrations-pending", "the database has no tables yet");
                   return {};
                 }});
  all.push_back({"git", false, [office]() -> Result<void> {
                   if (office->git != nullptr) return {};
                   return fail(Errc::not_found, "git-missing", "no pushes and clones without Git");
                 }});
  return all;
}

void add_metrics(http::Metrics& metrics, const Watched& watched) {
  for (AskedMetric& each : ops::process_metrics()) metrics.add(std::move(each));
  metrics.add({"rbee_build_info", "The program; always 1.", MetricKind::gauge, [] {
                 return std::vector<Sample>{{{{"version", RBEE_VERSION}}, 1}};
               }});
  metrics.add(
      {"rbee_http_connections", "Open connections.", MetricKind::gauge, [&server = watched.server] {
         const http::Server* const now = server;
         return one(now == nullptr ? 0 : now->connections());
       }});
  const api::Api& api = watched.api;
  metrics.add({"rbee_catalog_workers", "Workers that are served.", MetricKind::gauge,
               [&api] { return one(static_cast<double>(api.snapshot()->workers().size())); }});
  metrics.add({"rbee_catalog_broken_workers", "Folders of the catalog that are no worker.",
               MetricKind::gauge,
               [&api] { return one(static_cast<double>(api.snapshot()->broken().size())); }});
  metrics.add({"rbee_catalog_commit_timestamp_seconds",
               "When the served commit was made, since 1970.", MetricKind::gauge, [&api] {
                 return one(
                     static_cast<double>(api.snapshot()->committed().time_since_epoch().count()));
               }});
  const Pulse& pulse = watched.pulse;
  metrics.add({"rbee_catalog_snapshot_build_seconds", "How long the last snapshot took.",
               MetricKind::gauge,
               [&pulse] { return one(static_cast<double>(pulse.build_us) / 1e6); }});
  metrics.add({"rbee_catalog_snapshots_total", "Snapshots that were built and served.",
               MetricKind::counter, [&pulse] { return one(static_cast<double>(pulse.builds)); }});
  metrics.add({"rbee_catalog_snapshot_failures_total", "Snapshots that could not be served.",
               MetricKind::counter, [&pulse] { return one(static_cast<double>(pulse.failures)); }});
  metrics.add({"rbee_loop_alive", "Whether the serving loop looked at the catalog lately.",
               MetricKind::gauge, [&pulse] { return one(pulse.is_alive() ? 1 : 0); }});
  if (watched.upstream_is_stale)
    metrics.add({"rbee_upstream_stale", "Whether the upstream catalog is not reached.",
                 MetricKind::gauge,
                 [stale = watched.upstream_is_stale] { return one(stale() ? 1 : 0); }});
  MarketOffice* const office = watched.office;
  if (office == nullptr) return;
  metrics.add({"rbee_database_up", "Whether the database answers.", MetricKind::gauge,
               [office] { return one(office->database->query("SELECT 1") ? 1 : 0); }});
  metrics.add(
      {"rbee_submissions_waiting", "Submissions that wait for people, by state.", MetricKind::gauge,
       [office] {
         std::vector<Sample> samples;
         const auto rows = office->database->query(
             "SELECT state, count(*) FROM submissions WHERE is_open = 1 GROUP BY state "
             "ORDER BY state");
         if (rows)
           for (const auto& row : *rows)
             samples.push_back({{{"state", row[0].text()}}, static_cast<double>(row[1].integer())});
         return samples;
       }});
  metrics.add({"rbee_switch_frozen", "What the host has stopped.", MetricKind::gauge, [office] {
                 std::vector<Sample> samples;
                 if (const auto all = community::list_switches(*office->database))
                   for (const community::Switch& each : *all)
                     samples.push_back({{{"switch", each.name}}, each.frozen ? 1.0 : 0.0});
                 return samples;
               }});
}

std::vector<std::string> counted_patterns(const api::Api& api) {
  std::vector<std::string> all;
  for (const http::RouteName& route : api.routes()) all.emplace_back(route.pattern);
  for (const http::RouteName& route : web::Site::routes()) all.emplace_back(route.pattern);
  // rbee's own protocol (docs/rbee-protocol.md) and Git's.
  for (const char* pattern : {"/", "/health", "/workers", "/workers/{id}", "/workers/{id}/PKGBUILD",
                              "/workers/{id}/PKGBUILD.bin", "/{repository}/info/refs",
                              "/{repository}/git-upload-pack", "/{repository}/git-receive-pack"})
    all.emplace_back(pattern);
  return all;
}

}  // namespace rbee::market
