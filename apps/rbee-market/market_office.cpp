#include "market_office.hpp"

#include <fmt/format.h>

#include <fstream>

#include "analytics/verified_installs.hpp"
#include "catalog/findings.hpp"
#include "community/schema.hpp"
#include "ops/idempotency.hpp"
#include "platform/files.hpp"
#include "platform/random.hpp"
#include "submission/store.hpp"

namespace rbee::market {

namespace fs = std::filesystem;

Result<std::string> server_secret(const fs::path& data) {
  const fs::path path = data / "secret";
  std::ifstream in(path);
  std::string text;
  if (std::getline(in, text) && text.size() >= 43) return text;
  text = platform::random_token(32);
  TRY(platform::write_file_atomically(path, text + "\n", 0600));
  return text;
}

std::shared_ptr<const catalog::Snapshot> without_quarantined(
    std::shared_ptr<const catalog::Snapshot> snapshot,
    const std::vector<submission::Quarantine>& quarantines) {
  std::vector<catalog::Broken> taken;
  for (const submission::Quarantine& each : quarantines)
    if (const auto worker = snapshot->find(each.worker))
      taken.push_back({worker->directory(),
                       {catalog::make_finding("quarantined", "",
                                              fmt::format("it was taken off the market on {}: {}",
                                                          rfc3339(each.since), each.reason))},
                       worker->tree});
  return taken.empty() ? snapshot : snapshot->without(std::move(taken));
}

namespace {

/// What an account's own receipts tell of a worker.
community::FindInstall find_install(const platform::Database& database) {
  return [&database](std::int64_t account,
                     std::string_view worker) -> Result<std::optional<community::VerifiedInstall>> {
    TRY_ASSIGN(auto found, analytics::verified_install(database, account, worker));
    if (!found) return std::optional<community::VerifiedInstall>();
    return community::VerifiedInstall{std::move(found->release), std::move(found->platform),
                                      std::move(found->hardware)};
  };
}

}  // namespace

http::Streamed MarketOffice::stream(const http::Request& request) {
  http::Streamed answer = premium->decide(request);
  if (!std::holds_alternative<std::monostate>(answer) || git == nullptr) return answer;
  return git->decide(request);
}

Result<std::unique_ptr<MarketOffice>> MarketOffice::open(const OfficeOptions& options,
                                                         submission::Service::Snapshot snapshot,
                                                         std::function<void()> moved,
                                                         const http::Log& log) {
  auto office = std::make_unique<MarketOffice>();
  const submission::Service::Snapshot current = snapshot;
  TRY_ASSIGN(office->database, open_market_database(options.data, options.database));
  submission::ServiceOptions service;
  service.repository = options.repository;
  service.url = options.url;
  TRY_ASSIGN(service.secret, server_secret(options.data));
  service.risk = options.risk;
  service.policy = options.policy;
  service.is_alone = options.is_alone;
  office->service = std::make_unique<submission::Service>(
      std::move(service), *office->database, office->clock, std::move(snapshot), std::move(moved));
  TRY(office->service->start());
  office->people = std::make_unique<api::People>(*office->database, office->clock,
                                                 api::PeopleOptions{options.sign_up});
  office->premium = std::make_unique<PremiumStore>(
      options.data, office->people->licenses(), [current](const std::string& worker) {
        const auto id = WorkerId::parse(worker);
        const auto catalog = current();
        const auto entry = id && catalog ? catalog->find(id->str()) : nullptr;
        if (entry == nullptr || !entry->is_premium) return std::string();
        const auto found = catalog->load(*entry);
        return found && (*found)->manifest.premium ? (*found)->manifest.premium->purchase_url
                                                   : std::string();
      });
  office->opinions =
      std::make_unique<api::Opinions>(*office->database, office->clock, office->people->tokens(),
                                      current, find_install(*office->database));
  office->comments = std::make_unique<api::Comments>(*office->database, office->clock,
                                                     office->people->tokens(), current);
  office->notifications = std::make_unique<api::Notifications>(*office->database, office->clock,
                                                               office->people->tokens());
  office->follows = std::make_unique<api::Follows>(*office->database, office->clock,
                                                   office->people->tokens(), current);
  office->announcer = std::make_unique<Announcer>(*office->database, office->clock);
  office->numbers = std::make_unique<MarketNumbers>(*office->database, office->clock);
  TRY(office->numbers->refresh(nullptr));
  office->office = std::make_unique<api::Office>(*office->service, office->people->tokens());
  office->operations =
      std::make_unique<api::Operations>(*office->database, office->clock, office->people->tokens());
  std::error_code code;
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  community::Tokens& tokens = office->people->tokens();
  const auto authenticate = [&tokens](std::string_view name,
                                      std::string_view token) -> Result<std::string> {
    TRY_ASSIGN(const auto identity, tokens.authenticate(token));
    if (!name.empty() && name != "token" && name != identity.account.name)
      return fail(Errc::unauthenticated, "token-invalid", "the token is another account's");
    TRY(community::require(identity, community::Scope::submit));
    return identity.account.name;
  };
  auto git = GitService::open(
      {options.data, options.repository, self, options.socket_name, options.submit_at},
      options.submit_at.empty() ? AuthenticatePush(authenticate) : nullptr);
  // Everything else works without Git's programs.
  if (!git && git.error().id == "git-missing") {
    log.write(http::LogLevel::warn, "git-missing",
              {{"reason", std::string_view(git.error().message)},
               {"fix", std::string_view(git.error().fix)}});
    return office;
  }
  if (!git) return tl::unexpected<Error>(git.error());
  office->git = std::move(*git);
  if (!options.submit_at.empty()) return office;
  TRY_ASSIGN(office->hooks, HookServer::start(office->git->socket_path(), office->git->pushers(),
                                              *office->service, log));
  return office;
}

}  // namespace rbee::market
