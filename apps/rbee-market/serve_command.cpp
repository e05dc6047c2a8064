#include "serve_command.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "api/api.hpp"
#include "api/aur.hpp"
#include "api/caller.hpp"
#include "api/feeds.hpp"
#include "api/search_catalog.hpp"
#include "aur_git.hpp"
#include "base/text.hpp"
#include "http/front.hpp"
#include "market_office.hpp"
#include "market_statistics.hpp"
#include "ops/idempotency.hpp"
#include "platform/files.hpp"
#include "platform/gzip.hpp"
#include "platform/service_manager.hpp"
#include "search_service.hpp"
#include "serve_health.hpp"
#include "serve_place.hpp"
#include "served_catalog.hpp"
#include "upstream.hpp"
#include "web/site.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::LogLevel;

namespace {

/// aurutils asks for 5,000 packages in one form.
constexpr std::size_t kBodyBytesMax = 256 * 1024;

/// Beside the program when it is installed, in the source tree when it is not.
fs::path bundled_catalog(const ServeOptions& options) {
  if (options.bundled) return *options.bundled;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = self.parent_path().parent_path() / "share/rbee/catalog";
    if (fs::is_directory(installed, error)) return installed;
  }
  return RBEE_SOURCE_CATALOG;
}

/// Each connection is a descriptor; the usual soft limit of 1,024 is below what we promise.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

std::string names_of(const std::vector<submission::Quarantine>& quarantines) {
  std::string names;
  for (const submission::Quarantine& each : quarantines)
    names += each.worker + "\n" + each.reason + "\n";
  return names;
}

fs::path own_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error);
}

/// Say which recipes the AUR's protocol leaves out, once for the same list.
void log_unlisted(const api::AurView& view, std::string& said, const http::Log& log) {
  std::string now;
  for (const api::AurUnlisted& each : view.unlisted())
    now += each.worker + "\n" + each.base + "\n" + each.reason + "\n";
  if (now == said) return;
  said = std::move(now);
  for (const api::AurUnlisted& each : view.unlisted())
    log.write(LogLevel::warn, "package-unlisted",
              {{"worker", std::string_view(each.worker)},
               {"pkgbase", std::string_view(each.base)},
               {"reason", std::string_view(each.reason)}});
}

UpstreamOptions upstream_options(const ServeOptions& options, const fs::path& data) {
  return {data, *options.upstream, options.upstream_branch,
          std::chrono::seconds(options.upstream_every), options.upstream_accept_rewind};
}

Result<std::string> webhook_secret(const ServeOptions& options) {
  constexpr std::size_t kSecretMin = 16;
  std::string secret = options.upstream_secret;
  std::string where = "RBEE_MARKET_CATALOG_UPSTREAM_SECRET";
  if (secret.empty()) {
    if (!options.upstream_secret_file) return std::string();
    TRY_ASSIGN(secret, platform::read_file(*options.upstream_secret_file, 4096));
    where = options.upstream_secret_file->string();
  }
  secret = trim(secret);
  if (secret.size() < kSecretMin)
    return fail(Errc::usage, "secret-too-short",
                fmt::format("{} holds less than {} characters", where, kSecretMin),
                {.fix = "make one: openssl rand -hex 32 >FILE"});
  return secret;
}

/// A release that somebody but its author approved stands higher; one that its maintainer took back
/// stands last, until there is another.
std::shared_ptr<const api::FlagsTable> search_flags(const MarketOffice* office) {
  auto table = std::make_shared<api::FlagsTable>();
  if (office == nullptr) return table;
  if (const auto yanks = office->service->yanks())
    for (const submission::Yank& yank : *yanks)
      table->insert({yank.worker, {.version = yank.version, .reviewed = false, .dead = true}});
  if (const auto reviewed = office->service->reviewed_releases())
    for (const auto& [worker, version] : *reviewed)
      table->insert({worker, {.version = version, .reviewed = true, .dead = false}});
  return table;
}

extern "C" void end_at_once(int) {
  _exit(130);
}

/// Stopping may take `drain_max`; whoever asks twice does not want to wait.
void let_a_second_signal_end_us() {
  struct sigaction action {};
  action.sa_handler = end_at_once;
  for (int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

constexpr int kGzipLevel = 4;

/// One server at a time does what the clock asks for; the others look again in a second.
Result<void> tick_in_turn(MarketOffice& office) {
  TRY_ASSIGN(const auto turn, office.database->try_lock("tick"));
  if (!turn) return {};
  return office.service->tick();
}

/// /metrics and the probes on an address of their own, for who may reach that.
Result<std::unique_ptr<http::Server>> serve_metrics(const ServeOptions& options,
                                                    const api::Health& health,
                                                    const http::Log& log) {
  TRY_ASSIGN(const Endpoint endpoint, parse_listen(options.metrics_listen));
  http::ServerOptions server_options;
  server_options.address = endpoint.address;
  server_options.port = endpoint.port;
  TRY_ASSIGN(auto server, http::Server::start(server_options,
                                              {.respond =
                                                   [&health](const http::Request& request) {
                                                     return health.respond_inside(request);
                                                   }},
                                              log));
  const std::string origin = server->origin();
  log.write(LogLevel::info, "listening-for-metrics", {{"url", std::string_view(origin)}});
  fmt::print("metrics on {}/metrics\n", origin);
  return server;
}

}  // namespace

Result<Endpoint> parse_listen(std::string_view text) {
  const auto refuse = [&] {
    return fail(Errc::usage, "listen-invalid",
                fmt::format("'{}' is not an address to listen on", printable_line(text)),
                {.fix = "write ADDRESS:PORT, for example 127.0.0.1:8787 or [::1]:8787"});
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return refuse();
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();
  }
  endpoint.address = host == "localhost" ? "127.0.0.1" : std::string(host);
  if (endpoint.address.empty()) return refuse();
  return endpoint;
}

Result<void> run_serve(const ServeOptions& options) {
  TRY_ASSIGN(const Endpoint endpoint, parse_listen(options.listen));
  api::ApiOptions api_options;
  api_options.version = RBEE_VERSION;
  if (!options.public_url.empty()) {
    TRY_ASSIGN(api_options.public_url, api::parse_public_url(options.public_url));
  }
  std::error_code error;
  fs::create_directories(options.data, error);
  if (error)
    return fail(Errc::io, "data-unwritable",
                fmt::format("cannot make {}: {}", options.data.string(), error.message()),
                {.fix = "choose a directory that this user may write: --data DIR"});
  const fs::path data = fs::canonical(options.data, error);
  TRY_ASSIGN(const DatabaseChoice database, remembered_choice(data, options.database));
  TRY_ASSIGN(Place place, Place::take(data, options.listen, is_postgres(database)));

  // Before any thread starts, so that all of them leave these signals to the loop below.
  const sigset_t signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_descriptors();

  const http::Log log(options.log_level, options.log_format);
  check::Policy policy;
  if (options.policy) {
    TRY_ASSIGN(const std::string text, platform::read_file(*options.policy, 64 * 1024));
    TRY_ASSIGN(policy, check::Policy::parse(text));
  }
  // SIGHUP wakes the loop below, which reads the catalog again.
  const auto look_again = [] { ::kill(::getpid(), SIGHUP); };
  const SystemClock clock;
  std::unique_ptr<UpstreamFollower> follower;
  std::unique_ptr<CheckedCatalog> checked;
  if (options.upstream) {
    TRY_ASSIGN(follower,
               UpstreamFollower::start(upstream_options(options, data), look_again, clock, log));
    checked = std::make_unique<CheckedCatalog>(data / "catalog.git", policy);
  }
  const auto aur_intake = std::make_shared<api::AurIntake>();
  catalog::BuildOptions build;
  build.extract = [aur_intake](const catalog::Worker& worker) -> std::shared_ptr<const void> {
    aur_intake->take(worker);
    return api::keep_page(worker);  // For the search.
  };
  TRY_ASSIGN(const auto served,
             ServedCatalog::open({data, options.catalog, bundled_catalog(options), build}, log));
  api::Api api(
      api_options, served->snapshot(),
      [&served](const ObjectId& id) { return served->read_blob(id); },
      [&served](const catalog::Worker& worker) { return served->read_releases(worker); });

  api.set_policy(policy);

  // A catalog that somebody else keeps is served, not written to.
  std::unique_ptr<MarketOffice> office;
  std::unique_ptr<api::AurPeopleDesk> aur_people;
  std::unique_ptr<api::Aur> aur;
  std::string unlisted;
  std::vector<submission::Quarantine> quarantines;
  SearchService search(clock, {.numbers =
                                   [&office] {
                                     return office == nullptr
                                                ? std::make_shared<const api::NumbersTable>()
                                                : office->numbers->table();
                                   },
                               .flags = [&office] { return search_flags(office.get()); }});
  api.add(search.part());
  const api::Feeds feeds([&search] { return search.state(); },
                         [&office](std::string_view account) -> Result<std::vector<std::string>> {
                           return office == nullptr
                                      ? Result<std::vector<std::string>>(std::vector<std::string>())
                                      : office->people->workers_of(account);
                         });
  api.add(feeds);
  const auto publish = [&]() -> Result<void> {
    auto snapshot = served->snapshot();
    if (checked != nullptr) {
      TRY_ASSIGN(snapshot, checked->without_blocked(std::move(snapshot)));
    }
    if (office != nullptr)
      // While the database is away, what was known holds: nothing comes back by that.
      if (auto now = office->service->quarantines()) quarantines = std::move(*now);
    snapshot = without_quarantined(std::move(snapshot), quarantines);
    search.publish(snapshot);
    aur->publish(snapshot);
    log_unlisted(*aur->view(), unlisted, log);
    api.publish(std::move(snapshot));
    return {};
  };
  // The host's commands write to the same database.
  const auto quarantine_changed = [&] {
    if (office == nullptr) return false;
    const auto now = office->service->quarantines();
    return now && names_of(*now) != names_of(quarantines);
  };
  if (options.submissions && !options.catalog) {
    OfficeOptions office_options;
    office_options.data = data;
    office_options.repository = served->repository();
    office_options.database = database;
    office_options.is_alone = place.is_alone();
    office_options.socket_name = place.socket_name();
    office_options.url = api_options.public_url;
    office_options.sign_up = options.sign_up;
    office_options.risk.cooling = std::chrono::hours(options.cooling_hours);
    office_options.policy = policy;
    office_options.submit_at = options.upstream.value_or("");
    TRY_ASSIGN(office, MarketOffice::open(
                           office_options, [&api] { return api.snapshot(); }, look_again, log));
    TRY(remember(data, database));
    api.add(*office->people);
    api.add(*office->office);
    api.add(*office->operations);
    api.add(*office->opinions);
    api.add(*office->comments);
    api.add(*office->notifications);
    api.add(*office->follows);
    api.ask_for_owners(
        [&office](std::string_view account) { return office->people->workers_of(account); });
    api.ask_for_yanks([&office](const std::string& worker, const std::string& version) {
      return office->office->yank_reason(worker, version);
    });
  }
  TRY_ASSIGN(const auto statistics, MarketStatistics::open(data, office.get(), api));
  api.add(*statistics->part);
  if (office != nullptr) {
    statistics->part->ask_for_people([&office] { return office->numbers->table(); });
    api.ask_for_numbers([&office] { return office->numbers->table(); });
  } else {
    api.ask_for_numbers([&statistics] { return statistics->part->numbers(); });
  }
  std::optional<api::Upstream> upstream;
  if (follower != nullptr) {
    TRY_ASSIGN(std::string secret, webhook_secret(options));
    upstream.emplace([&follower] { return follower->state(); }, [&follower] { follower->wake(); },
                     std::move(secret));
    api.follow(*upstream);
  }
  if (office != nullptr) aur_people = std::make_unique<api::AurPeopleDesk>(*office->database);
  aur = std::make_unique<api::Aur>(
      api::AurOptions{.read_blob = [&served](const ObjectId& id) { return served->read_blob(id); },
                      .read_numbers = [&api] { return api.numbers(); },
                      .intake = aur_intake,
                      .people = aur_people.get()},
      clock);
  api.add(*aur);
  auto aur_git = AurGit::open({data, fs::absolute(served->repository()), own_path()},
                              [&aur] { return aur->view(); });
  if (!aur_git)
    log.write(LogLevel::warn, "git-missing",
              {{"reason", std::string_view(aur_git.error().message)},
               {"fix", std::string_view(aur_git.error().fix)}});
  TRY(publish());
  TRY(place.started());
  aur->start();

  Pulse pulse;
  pulse.beat();
  std::atomic<http::Server*> running = nullptr;
  const Watched watched{api, pulse, office.get(),
                        follower == nullptr
                            ? std::function<bool()>()
                            : [&follower] { return follower->state().stale_since.has_value(); },
                        running};
  std::unique_ptr<http::Metrics> metrics;
  api::Health health({RBEE_VERSION, [&api] { return api.snapshot(); }, health_components(watched),
                      [&metrics] { return metrics->text(); }, options.metrics_allow});
  api.add(health);
  metrics = std::make_unique<http::Metrics>(counted_patterns(api));
  add_metrics(*metrics, watched);
  std::optional<ops::Idempotency> idempotency;
  if (office != nullptr && options.idempotency.count() > 0)
    idempotency.emplace(
        *office->database, office->clock,
        [&office](const http::Request& request) -> std::optional<std::string> {
          const auto identity = api::identify(request, office->people->tokens());
          return identity ? std::optional(identity->account.name) : std::nullopt;
        },
        options.idempotency);
  const auto ask = [&](const http::Request& request) -> http::Response {
    if (office != nullptr)
      if (auto frozen = office->operations->refuse_frozen(request)) return *frozen;
    if (!idempotency) return api.respond(request);
    return idempotency->respond(request,
                                [&api](const http::Request& each) { return api.respond(each); });
  };
  web::SiteOptions site_options{ask, api_options.public_url, api_options.version};
  if (office != nullptr) {
    TRY_ASSIGN(site_options.secret, server_secret(data));
  }
  TRY_ASSIGN(const auto site, web::Site::open(std::move(site_options)));
  const auto respond = [&](const http::Request& request) -> http::Response {
    if (auto page = site->respond(request)) return std::move(*page);
    return site->dress(request, ask(request));
  };
  http::FrontOptions front_options{options.trusted_proxies, options.rates, options.cors, {}};
  if (options.gzip)
    front_options.gzip = [](std::string_view bytes) { return platform::gzip(bytes, kGzipLevel); };
  http::Front front(std::move(front_options), *metrics);

  http::ServerOptions server_options;
  server_options.address = endpoint.address;
  server_options.port = endpoint.port;
  server_options.threads =
      options.threads > 0 ? options.threads
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  server_options.limits.body_bytes_max = kBodyBytesMax;
  server_options.limits.connections_max = options.connections;
  server_options.limits.connections_per_address_max = options.connections_per_address;
  server_options.limits.drain_max = options.drain_max;
  TRY_ASSIGN(
      const auto server,
      http::Server::start(
          server_options,
          front.before(
              {.respond = respond,
               .refuse = [&api](
                             const http::Request& request,
                             const http::Refusal& refusal) { return api.refuse(request, refusal); },
               .is_private =
                   [](const http::Request& request) { return api::hides_address(request.path); },
               .stream = [&office, &aur_git](const http::Request& request) -> http::Streamed {
                 http::Streamed answer;
                 if (office != nullptr) answer = office->stream(request);
                 if (std::holds_alternative<std::monostate>(answer) && aur_git)
                   answer = (*aur_git)->decide(request);
                 return answer;
               }}),
          log));
  const std::string origin = server->origin();
  if (office != nullptr && api_options.public_url.empty()) office->service->set_url(origin);
  log.write(LogLevel::info, "listening",
            {{"url", std::string_view(origin)}, {"threads", std::int64_t{server_options.threads}}});
  std::unique_ptr<http::Server> metrics_server;
  if (!options.metrics_listen.empty()) {
    TRY_ASSIGN(metrics_server, serve_metrics(options, health, log));
  }
  running = server.get();
  platform::notify_service_manager("READY=1");
  const bool is_watched = platform::watchdog_interval().has_value();
  fmt::print("listening on {}\n", origin);
  std::fflush(stdout);

  std::string trouble;
  LoggedOnce statistics_trouble("statistics", log);
  for (;;) {
    const timespec second{1, 0};
    const int signal = ::sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) {
      log.write(LogLevel::info, "stopping",
                {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"},
                 {"connections", std::int64_t{server->connections()}}});
      break;
    }
    pulse.beat();
    if (is_watched) platform::notify_service_manager("WATCHDOG=1");
    const auto when =
        signal == SIGHUP ? ServedCatalog::When::always : ServedCatalog::When::if_moved;
    if (office != nullptr) {
      // The numbers are in this process's memory: each reads its own.
      auto ticked = tick_in_turn(*office);
      if (ticked) ticked = office->announcer->tick(api.snapshot());
      if (ticked) ticked = office->numbers->refresh(statistics->part->numbers());
      // The same trouble every second is one line.
      const std::string now_wrong = ticked ? "" : ticked.error().message;
      if (!ticked && now_wrong != trouble)
        log.write(
            LogLevel::error, "tick",
            {{"id", std::string_view(ticked.error().id)}, {"reason", std::string_view(now_wrong)}});
      trouble = now_wrong;
    }
    statistics_trouble.see(statistics->part->tick());
    const auto begin = Pulse::Clock::now();
    const bool refreshed = served->refresh(when) != nullptr;
    if (!refreshed && signal != SIGHUP && !quarantine_changed()) continue;
    // Rather the old catalog than one that nobody looked at.
    const auto published = publish();
    if (!published)
      log.write(LogLevel::error, "catalog-unchecked",
                {{"reason", std::string_view(published.error().message)}});
    pulse.note_build(Pulse::Clock::now() - begin, published.has_value());
  }
  let_a_second_signal_end_us();
  platform::notify_service_manager("STOPPING=1");
  // Who balances load sees 503 first, and sends its requests elsewhere while these are answered.
  health.drain();
  std::this_thread::sleep_for(options.drain_delay);
  server->stop();
  running = nullptr;
  statistics_trouble.see(statistics->part->tick());  // What came since the last one.
  log.write(LogLevel::info, "stopped", {});
  return {};
}

}  // namespace rbee::market
