// Maintainers and requests in the AUR's records, from a real database, followed as they change.
#include "api/aur_people.hpp"

#include <gmock/gmock.h>

#include "../../tests/fakes/manual_clock.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "api/aur.hpp"
#include "api/aur_fixture.hpp"
#include "community/accounts.hpp"
#include "community/ownership.hpp"
#include "community/schema.hpp"
#include "submission/service.hpp"
#include "submission/store.hpp"

namespace rbee::api {
namespace {

using testing::HasSubstr;

TEST(AurPeople, FollowWhatPeopleDo) {
  GrowingCatalog catalog;
  catalog.worker("community/one", GrowingCatalog::recipe("one"), "");
  catalog.worker("community/two", GrowingCatalog::recipe("two"), "");
  catalog.commit();
  fakes::TempDir root;
  fakes::ManualClock clock;
  auto database = platform::Database::open(root / "market.db");
  ASSERT_TRUE(database);
  ASSERT_TRUE(community::prepare(**database));
  ASSERT_TRUE(submission::prepare(**database));
  community::Accounts accounts(**database, clock);
  community::Ownership ownership(**database, clock);
  const auto add = [&](const std::string& name, community::Role role = community::Role::user) {
    return *accounts.create({name, name + "@example.org", "", role}, "test");
  };
  const community::Account ann = add("ann"), bob = add("bob"), cid = add("cid");
  const WorkerId one = *WorkerId::parse("one");

  AurPeopleDesk desk(**database);
  Aur aur({.read_blob = [&](const ObjectId& id) { return catalog.read_blob(id); }, .people = &desk},
          clock);
  aur.publish(catalog.snapshot());
  const auto ask = [&](const std::string& target) {
    return aur.respond(get_request(target), "").body;
  };
  aur.look();
  EXPECT_THAT(ask("/rpc/v5/info/one"), HasSubstr(R"("Maintainer":null,"Submitter":null,)"));

  {
    auto transaction = (*database)->begin();
    ASSERT_TRUE(ownership.make_owner(*transaction, one, ann, "first merge", "server"));
    ASSERT_TRUE(transaction->commit());
  }
  ASSERT_TRUE(ownership.add_co_maintainer(one, ann, cid));
  ASSERT_TRUE(ownership.add_co_maintainer(one, ann, bob));
  EXPECT_TRUE(*desk.refresh());
  EXPECT_FALSE(*desk.refresh());  // Nothing happened since.
  EXPECT_THAT(ask("/rpc/v5/info/one"), HasSubstr(R"("Maintainer":"ann","Submitter":"ann",)"));
  EXPECT_THAT(ask("/rpc/v5/info/one"),
              HasSubstr(R"("PendingRequests":0,"CoMaintainers":["bob","cid"]})"));
  EXPECT_THAT(ask("/rpc/v5/search/ANN?by=maintainer"), HasSubstr(R"("Name":"one")"));
  EXPECT_THAT(ask("/rpc?v=5&type=msearch&arg=ann"), HasSubstr(R"("resultcount":1)"));
  EXPECT_THAT(ask("/rpc?v=5&type=msearch&arg=bob"), HasSubstr(R"("resultcount":0)"));
  EXPECT_THAT(ask("/rpc/v5/search/bob?by=comaintainers"), HasSubstr(R"("Name":"one")"));
  EXPECT_THAT(ask("/rpc/v5/search/ann?by=submitter"), HasSubstr(R"("Name":"one")"));
  EXPECT_THAT(ask("/rpc?v=5&type=search&by=maintainer&arg="), HasSubstr(R"("Name":"two")"));

  // Out of date, and two requests that wait for somebody.
  submission::Service service(
      {.repository = catalog.repository(), .url = {}, .secret = "x", .risk = {}, .policy = {}},
      **database, clock, [&] { return catalog.snapshot(); }, [] {});
  ASSERT_TRUE(service.ask(one, "out-of-date", bob, "2.0 is out", ""));
  clock.advance(std::chrono::hours(1));
  ASSERT_TRUE(service.ask(one, "out-of-date", cid, "it really is", ""));
  const auto deletion = service.ask(one, "deletion", bob, "it is a copy", "");
  ASSERT_TRUE(deletion);
  ASSERT_TRUE(ownership.disown(one, ann));
  ASSERT_TRUE(ownership.request_adoption(one, bob, "I use it every day", "192.0.2.1"));
  EXPECT_TRUE(*desk.refresh());
  const std::int64_t flagged = (clock.now() - std::chrono::hours(1)).time_since_epoch().count();
  EXPECT_THAT(ask("/rpc/v5/info/one"), HasSubstr("\"OutOfDate\":" + std::to_string(flagged) +
                                                 R"(,"Maintainer":null,"Submitter":"ann",)"));
  EXPECT_THAT(ask("/rpc/v5/info/one"), HasSubstr(R"("PendingRequests":2})"));
  ASSERT_TRUE(service.close_request(*deletion, add("rex", community::Role::reviewer), "no copy"));
  EXPECT_TRUE(*desk.refresh());
  EXPECT_THAT(ask("/rpc/v5/info/one"), HasSubstr(R"("PendingRequests":1})"));
}

}  // namespace
}  // namespace rbee::api
