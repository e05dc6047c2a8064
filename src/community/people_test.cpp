// Accounts, tokens, log-ins, ownership and the audit log against a real database, under a clock of
// ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "community/accounts.hpp"
#include "community/audit.hpp"
#include "community/device_login.hpp"
#include "community/licenses.hpp"
#include "community/ownership.hpp"
#include "community/schema.hpp"
#include "community/tokens.hpp"

namespace rbee::community::people_tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// "" when it succeeded.
template <typename T>
std::string error_id(const Result<T>& result) {
  return result ? "" : result.error().id;
}

class People : public fakes::EachDatabase {
 protected:
  People() {
    db_ = place_.open();
    if (const auto made = prepare(*db_); !made) throw std::runtime_error(describe(made.error()));
    accounts_ = std::make_unique<Accounts>(*db_, clock_);
    tokens_ = std::make_unique<Tokens>(*db_, clock_);
    ownership_ =
        std::make_unique<Ownership>(*db_, clock_, [this](const WorkerId&) { return audience_; });
  }
  Account add(const std::string& name, Role role = Role::user) {
    auto made = accounts_->create({name, name + "@example.org", "", role}, "local:test");
    if (!made) throw std::runtime_error(describe(made.error()));
    return *made;
  }
  void own(const Account& account) {
    auto transaction = db_->begin();
    ASSERT_TRUE(ownership_->make_owner(*transaction, worker_, account, "first merge", "server"));
    ASSERT_TRUE(transaction->commit());
  }
  std::string bytes() const { return place_.bytes(); }

  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> db_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<Ownership> ownership_;
  std::vector<std::int64_t> audience_;
  WorkerId worker_ = *WorkerId::parse("tts-worker");
};

TEST_P(People, NamesAndAddressesAreChecked) {
  const struct {
    std::string name, email, password, id;
  } rows[] = {
      {"ann", "ann@example.org", "", ""},
      {"a1-b", "b@example.org", "a good password", ""},
      {"ann", "other@example.org", "", "account-taken"},
      {"other", "ANN@example.org", "", "account-taken"},
      {"a", "c@example.org", "", "account-name-invalid"},
      {"-ab", "c@example.org", "", "account-name-invalid"},
      {"Ann", "c@example.org", "", "account-name-invalid"},
      {"a'; drop table accounts", "c@example.org", "", "account-name-invalid"},
      {"admin", "c@example.org", "", "account-name-invalid"},
      {"carl", "carl", "", "email-invalid"},
      {"carl", "c@x@example.org", "", "email-invalid"},
      {"carl", "<c@example.org>", "", "email-invalid"},
      {"carl", "c\n@example.org", "", "email-invalid"},
      {"carl", "c@example.org", "short", "password-weak"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name + " " + row.email);
    EXPECT_EQ(error_id(accounts_->create({row.name, row.email, row.password}, "x")), row.id);
  }
  EXPECT_EQ(accounts_->list()->size(), 2u);
  EXPECT_EQ((*accounts_->by_email("Ann@Example.org"))->name, "ann");
  EXPECT_EQ(*accounts_->by_email("nobody@example.org"), std::nullopt);
}

TEST_P(People, PasswordsAreCheckedAndGuessingIsSlow) {
  ASSERT_TRUE(accounts_->create({"ann", "ann@example.org", "correct horse"}, "x"));
  EXPECT_TRUE(accounts_->log_in("ann", "correct horse", "192.0.2.1"));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(error_id(accounts_->log_in("ann", "wrong horse", "192.0.2.2")), "login-refused");
  EXPECT_EQ(error_id(accounts_->log_in("ann", "correct horse", "192.0.2.3")), "login-throttled");
  EXPECT_EQ(error_id(accounts_->log_in("bob", "correct horse", "192.0.2.2")), "login-throttled");
  clock_.advance(std::chrono::minutes(16));
  EXPECT_TRUE(accounts_->log_in("ann", "correct horse", "192.0.2.2"));
  EXPECT_EQ(error_id(accounts_->log_in("nobody", "correct horse", "192.0.2.9")), "login-refused");
  EXPECT_EQ(bytes().find("correct horse"), std::string::npos);
}

TEST_P(People, SignUpsFromOneAddressAreCounted) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(accounts_->allow_sign_up("192.0.2.1"));
  EXPECT_EQ(error_id(accounts_->allow_sign_up("192.0.2.1")), "sign-up-throttled");
  EXPECT_TRUE(accounts_->allow_sign_up("192.0.2.2"));
  clock_.advance(std::chrono::minutes(16));
  EXPECT_TRUE(accounts_->allow_sign_up("192.0.2.1"));
}

TEST_P(People, GuessesAtOneServerCountAtTheOthers) {
  add("ann");
  const auto other_database = place_.open();
  Accounts other(*other_database, clock_);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(error_id((i % 2 == 0 ? *accounts_ : other).log_in("ann", "a guess", "192.0.2.1")),
              "login-refused");
  EXPECT_EQ(error_id(accounts_->log_in("ann", "a guess", "192.0.2.7")), "login-throttled");
  EXPECT_EQ(error_id(other.log_in("bob", "a guess", "192.0.2.1")), "login-throttled");
  EXPECT_EQ(place_.bytes().find("192.0.2"), std::string::npos) << "an address is kept";
}

TEST_P(People, ATokenIsShownOnceAndKeptHashed) {
  const Account ann = add("ann");
  const auto issued = tokens_->issue(ann, "laptop", {Scope::submit}, std::nullopt, "ann");
  ASSERT_TRUE(issued) << describe(issued.error());
  EXPECT_EQ(issued->secret.size(), 48u);
  EXPECT_EQ(bytes().find(issued->secret), std::string::npos);
  const auto identity = tokens_->authenticate(issued->secret);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->account.name, "ann");
  EXPECT_TRUE(require(*identity, Scope::submit));
  EXPECT_EQ(error_id(require(*identity, Scope::review)), "scope-missing");
  EXPECT_EQ(error_id(tokens_->authenticate(issued->secret.substr(0, 47) + "x")), "token-invalid");
  EXPECT_EQ(error_id(tokens_->authenticate("")), "token-invalid");
  EXPECT_EQ(error_id(tokens_->authenticate("rbee_' OR 1=1 --")), "token-invalid");
  EXPECT_TRUE((*tokens_->list(ann))[0].last_used);

  ASSERT_TRUE(tokens_->revoke(ann, issued->token.id, "ann"));
  EXPECT_EQ(error_id(tokens_->authenticate(issued->secret)), "token-invalid");
  EXPECT_EQ(error_id(tokens_->revoke(ann, issued->token.id, "ann")), "token-not-found");
}

TEST_P(People, TokensEnd) {
  const Account ann = add("ann", Role::reviewer);
  const auto soon = clock_.now() + std::chrono::hours(1);
  const std::string expiring = tokens_->issue(ann, "a", {Scope::read}, soon, "ann")->secret;
  const std::string reviewing =
      tokens_->issue(ann, "b", {Scope::read, Scope::review}, std::nullopt, "ann")->secret;
  EXPECT_TRUE(tokens_->authenticate(expiring));
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(error_id(tokens_->authenticate(expiring)), "token-invalid");
  EXPECT_TRUE(tokens_->authenticate(reviewing)->scopes.contains(Scope::review));
  ASSERT_TRUE(accounts_->set_role("ann", Role::user, "local:root"));
  EXPECT_FALSE(tokens_->authenticate(reviewing)->scopes.contains(Scope::review));
  EXPECT_EQ(error_id(tokens_->issue(*accounts_->find("ann"), "c", {Scope::review}, {}, "ann")),
            "scope-not-yours");
  ASSERT_TRUE(accounts_->set_disabled("ann", true, "stolen laptop", "local:root"));
  EXPECT_EQ(error_id(tokens_->authenticate(reviewing)), "token-invalid");
}

TEST_P(People, ADeviceLogsInWithACode) {
  const Account ann = add("ann");
  DeviceLogins logins(*db_, clock_);
  const auto login = logins.start({Scope::read, Scope::submit, Scope::review}, "laptop");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user_code.size(), 9u);
  EXPECT_EQ(bytes().find(login->device_code), std::string::npos);
  EXPECT_EQ(error_id(logins.poll(login->device_code)), "authorization_pending");
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(error_id(logins.poll(login->device_code)), "slow_down");
  EXPECT_EQ(error_id(logins.pending("AAAA-AAAA")), "user-code-unknown");
  std::string typed;
  for (const char c : login->user_code)
    if (c != '-') typed += static_cast<char>(std::tolower(c));
  EXPECT_EQ(logins.pending(typed)->token_name, "laptop");
  ASSERT_TRUE(logins.approve(typed, ann));
  EXPECT_EQ(error_id(logins.approve(typed, ann)), "user-code-unknown");
  const auto token = logins.poll(login->device_code);
  ASSERT_TRUE(token) << describe(token.error());
  EXPECT_EQ(to_string(token->token.scopes), "read,submit");  // ann is no reviewer.
  EXPECT_EQ(tokens_->authenticate(token->secret)->account.name, "ann");
  EXPECT_EQ(error_id(logins.poll(login->device_code)), "expired_token");

  const auto denied = logins.start({Scope::read}, "other");
  ASSERT_TRUE(logins.deny(denied->user_code, ann));
  EXPECT_EQ(error_id(logins.poll(denied->device_code)), "access_denied");
  const auto late = logins.start({Scope::read}, "late");
  clock_.advance(std::chrono::minutes(11));
  EXPECT_EQ(error_id(logins.approve(late->user_code, ann)), "user-code-unknown");
  EXPECT_EQ(error_id(logins.poll(late->device_code)), "expired_token");
}

TEST_P(People, OwnersAndCoMaintainers) {
  const Account ann = add("ann"), bob = add("bob"), eve = add("eve");
  EXPECT_FALSE(ownership_->maintainers(worker_)->is_orphan());
  own(ann);
  EXPECT_EQ(ownership_->maintainers(worker_)->owner, "ann");
  EXPECT_EQ(error_id(ownership_->add_co_maintainer(worker_, eve, eve)), "not-the-owner");
  ASSERT_TRUE(ownership_->add_co_maintainer(worker_, ann, bob));
  EXPECT_EQ(error_id(ownership_->add_co_maintainer(worker_, ann, bob)), "already-a-maintainer");
  EXPECT_TRUE(ownership_->maintainers(worker_)->includes("bob"));
  EXPECT_FALSE(ownership_->maintainers(worker_)->includes("eve"));
  EXPECT_FALSE(ownership_->maintainers(worker_)->includes(""));
  EXPECT_THAT(*ownership_->workers_of(bob), ElementsAre("tts-worker"));
  EXPECT_EQ(error_id(ownership_->remove_co_maintainer(worker_, eve, bob)), "not-the-owner");
  ASSERT_TRUE(ownership_->remove_co_maintainer(worker_, bob, bob));  // By oneself.
  EXPECT_EQ(error_id(ownership_->remove_co_maintainer(worker_, ann, bob)), "not-a-maintainer");
  EXPECT_EQ(ownership_->history(worker_)->size(), 2u);
}

TEST_P(People, AnOrphanIsAdoptedByTheWordOfTwo) {
  const Account ann = add("ann"), eve = add("eve", Role::reviewer);
  const Account rex = add("rex", Role::reviewer), ria = add("ria", Role::reviewer);
  const Account fan = add("fan");
  audience_ = {fan.id};
  own(ann);
  EXPECT_EQ(error_id(ownership_->request_adoption(worker_, eve, "mine", "192.0.2.1")),
            "not-an-orphan");
  EXPECT_EQ(error_id(ownership_->disown(worker_, eve)), "not-the-owner");
  ASSERT_TRUE(ownership_->disown(worker_, ann));
  EXPECT_TRUE(ownership_->maintainers(worker_)->is_orphan());
  EXPECT_EQ(error_id(ownership_->request_adoption(worker_, eve, "", "192.0.2.1")),
            "adoption-reason-missing");
  const auto request = ownership_->request_adoption(worker_, eve, "I use it", "192.0.2.1");
  ASSERT_TRUE(request) << describe(request.error());
  EXPECT_EQ(error_id(ownership_->request_adoption(worker_, eve, "again", "192.0.2.1")),
            "adoption-open");
  EXPECT_EQ(*ownership_->requests_lately(eve, ""), 1);
  EXPECT_EQ(*ownership_->requests_lately(fan, "192.0.2.1"), 1);
  EXPECT_EQ(*ownership_->requests_lately(fan, "192.0.2.7"), 0);

  EXPECT_EQ(error_id(ownership_->grant(request->id, eve)), "own-request");
  EXPECT_EQ(error_id(ownership_->grant(request->id, fan)), "reviewer-needed");
  ASSERT_TRUE(ownership_->grant(request->id, rex));
  EXPECT_EQ(error_id(ownership_->grant(request->id, rex)), "already-granted");
  EXPECT_TRUE(ownership_->maintainers(worker_)->is_orphan());
  const auto granted = ownership_->grant(request->id, ria);
  ASSERT_TRUE(granted) << describe(granted.error());
  EXPECT_EQ(granted->state, AdoptionState::granted);
  EXPECT_THAT(granted->granted_by, ElementsAre("rex", "ria"));
  const auto now = ownership_->maintainers(worker_);
  EXPECT_EQ(now->owner, "eve");
  EXPECT_FALSE(now->owner_is_first);
  EXPECT_EQ(error_id(ownership_->grant(request->id, rex)), "adoption-decided");
  EXPECT_EQ(notices_of(*db_, fan)->size(), 3u);  // Orphaned, asked for, adopted.
  EXPECT_THAT(*ownership_->open_requests(std::nullopt), IsEmpty());
}

TEST_P(People, ARefusalNeedsAReason) {
  const Account ann = add("ann"), eve = add("eve"), rex = add("rex", Role::reviewer);
  own(ann);
  ASSERT_TRUE(ownership_->disown(worker_, ann));
  const auto request = ownership_->request_adoption(worker_, eve, "I use it", "");
  EXPECT_EQ(error_id(ownership_->refuse(request->id, rex, "")), "reason-missing");
  EXPECT_EQ(ownership_->refuse(request->id, rex, "too new")->state, AdoptionState::refused);
  EXPECT_EQ(error_id(ownership_->refuse(request->id, rex, "again")), "adoption-decided");
  EXPECT_EQ((*notices_of(*db_, eve))[0].text, "too new");
  EXPECT_EQ(error_id(ownership_->grant(99, rex)), "adoption-not-found");
}

TEST_P(People, TheAuditLogHoldsEverythingAndCannotBeChanged) {
  const Account ann = add("ann");
  ASSERT_TRUE(tokens_->issue(ann, "laptop", {Scope::read}, std::nullopt, "ann"));
  const auto entries = list_audit(*db_, {.subject = "account:ann"});
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].action, "token.create");
  EXPECT_EQ((*entries)[1].action, "account.create");
  EXPECT_EQ((*entries)[1].actor, "local:test");
  const auto state = verify_audit(*db_);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->entries, 2);
  EXPECT_EQ(state->last_hash, (*entries)[0].hash);
  {
    auto transaction = db_->begin();
    EXPECT_FALSE(transaction->execute("UPDATE audit SET actor = 'eve' WHERE id = 1"));
    EXPECT_FALSE(transaction->execute("DELETE FROM audit"));
  }
  if (db_->is_shared()) {
    auto transaction = db_->begin();
    EXPECT_EQ(error_id(transaction->execute("TRUNCATE audit")), "database-constraint");
  }
  // Somebody with the file in hand can; the chain tells.
  auto transaction = db_->begin();
  ASSERT_TRUE(transaction->execute(db_->is_shared() ? "DROP TRIGGER audit_no_update ON audit"
                                                    : "DROP TRIGGER audit_no_update"));
  ASSERT_TRUE(transaction->execute("UPDATE audit SET actor = 'eve' WHERE id = 1"));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(error_id(verify_audit(*db_)), "audit-chain-broken");
}

TEST_P(People, AnAddressIsOnePersonsInAnyCase) {
  ASSERT_TRUE(accounts_->create({"ann", "Ann@Example.org"}, "x"));
  EXPECT_EQ(error_id(accounts_->create({"bob", "aNN@example.ORG"}, "x")), "account-taken");
  EXPECT_EQ((*accounts_->by_email("ANN@EXAMPLE.ORG"))->name, "ann");
  EXPECT_FALSE(*accounts_->by_email("ann@example.com"));
}

TEST_P(People, NothingIsRecordedWhenATransactionFails) {
  ASSERT_TRUE(accounts_->create({"ann", "ann@example.org"}, "x"));
  EXPECT_FALSE(accounts_->create({"ann", "x@example.org"}, "x"));
  EXPECT_EQ(verify_audit(*db_)->entries, 1);
}

TEST_P(People, ALicenceIsForItsWorkersUntilItEnds) {
  Licenses licenses(*db_, clock_);
  const auto issued = licenses.issue("ann@example.org", {"gold-worker", "ore-worker"},
                                     clock_.now() + std::chrono::days(30), "local:root");
  ASSERT_TRUE(issued);
  EXPECT_EQ(bytes().find(issued->key), std::string::npos) << "the key itself is kept";
  const auto found = licenses.find(issued->key);
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->covers("gold-worker"));
  EXPECT_TRUE((*found)->covers("ore-worker"));
  EXPECT_FALSE((*found)->covers("gold-worker2"));
  EXPECT_FALSE((*found)->covers(""));
  for (const std::string& wrong : {std::string(), std::string("rbee_lic_"), issued->key + "x",
                                   issued->key.substr(0, 40), std::string(10'000, 'a')})
    EXPECT_FALSE(licenses.find(wrong)->has_value()) << wrong.substr(0, 50);
  clock_.advance(std::chrono::days(30));
  EXPECT_FALSE(licenses.find(issued->key)->has_value()) << "its time is over";

  const auto everything = licenses.issue("bob", {}, std::nullopt, "local:root");
  ASSERT_TRUE(everything);
  EXPECT_TRUE((*licenses.find(everything->key))->covers("anything"));
  EXPECT_TRUE(licenses.revoke(everything->license.id, "local:root"));
  EXPECT_FALSE(licenses.find(everything->key)->has_value());
  EXPECT_EQ(error_id(licenses.revoke(everything->license.id, "local:root")), "license-not-found");
  EXPECT_EQ(error_id(licenses.revoke(99, "local:root")), "license-not-found");
  EXPECT_EQ(error_id(licenses.issue("", {}, std::nullopt, "x")), "license-holder-invalid");
  EXPECT_EQ(error_id(licenses.issue("a\nb", {}, std::nullopt, "x")), "license-holder-invalid");
  EXPECT_EQ(error_id(licenses.issue("a", {"../x"}, std::nullopt, "x")), "worker-id-invalid");
  EXPECT_EQ(error_id(licenses.issue("a", {}, clock_.now(), "x")), "license-expired");
  EXPECT_EQ(licenses.list()->size(), 2U);
  EXPECT_TRUE(verify_audit(*db_));
}

RBEE_EACH_DATABASE(People);

}  // namespace
}  // namespace rbee::community::people_tests
