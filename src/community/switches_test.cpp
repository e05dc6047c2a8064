// Switches against a real database, from two connections as from two processes.
#include "community/switches.hpp"

#include <gmock/gmock.h>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "community/accounts.hpp"
#include "community/audit.hpp"
#include "community/ownership.hpp"
#include "community/schema.hpp"

namespace rbee::community {
namespace {

using testing::HasSubstr;

class Switches : public fakes::EachDatabase {
 protected:
  std::unique_ptr<platform::Database> open() const {
    auto database = place_.open();
    if (!prepare(*database)) throw std::runtime_error("no database");
    return database;
  }
  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> here_ = open(), there_ = open();
};

TEST_P(Switches, AreAllOpenAtFirst) {
  const auto all = list_switches(*here_);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 5U);
  for (const Switch& each : *all) {
    EXPECT_FALSE(each.frozen);
    EXPECT_TRUE(require_thawed(*here_, each.name));
  }
}

TEST_P(Switches, AFreezeHoldsAtOnceForOthersAndEndsWithAThaw) {
  ASSERT_TRUE(turn_switch(*here_, clock_, "publish", true, "an attack is under way", "ann"));
  const auto refused = require_thawed(*there_, "publish");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "frozen");
  EXPECT_THAT(refused.error().message, HasSubstr("an attack is under way"));
  EXPECT_TRUE(require_thawed(*there_, "reviews"));
  ASSERT_TRUE(turn_switch(*there_, clock_, "publish", false, "it is over", "bob"));
  EXPECT_TRUE(require_thawed(*here_, "publish"));
  const auto log = list_audit(*here_, {.subject = "switch:publish"});
  ASSERT_TRUE(log);
  ASSERT_EQ(log->size(), 2U);
  EXPECT_EQ((*log)[0].action, "switch.thaw");
  EXPECT_EQ((*log)[0].actor, "bob");
  EXPECT_EQ((*log)[1].action, "switch.freeze");
  EXPECT_EQ((*log)[1].details, "an attack is under way");
  EXPECT_TRUE(verify_audit(*here_));
}

TEST_P(Switches, WantAKnownNameAndAReason) {
  EXPECT_EQ(turn_switch(*here_, clock_, "publsh", true, "x", "a").error().fix,
            "did you mean 'publish'?");
  EXPECT_EQ(turn_switch(*here_, clock_, "publish", true, " ", "a").error().id, "reason-missing");
  EXPECT_EQ(turn_switch(*here_, clock_, "publish", true, std::string(501, 'x'), "a").error().id,
            "reason-long");
  EXPECT_TRUE(require_thawed(*here_, "publish"));
  ASSERT_TRUE(turn_switch(*here_, clock_, "publish", true, "a\x1b[2Jb\nc", "a"));
  const auto all = list_switches(*here_);
  EXPECT_EQ((*all)[3].reason.find('\x1b'), std::string::npos);
}

TEST_P(Switches, StopSignUpAndAdoptionWhoeverAsks) {
  Accounts accounts(*here_, clock_);
  Ownership ownership(*here_, clock_, [](const WorkerId&) { return std::vector<std::int64_t>(); });
  const auto ann = accounts.create({"ann", "ann@example.org", "", Role::reviewer}, "local:test");
  ASSERT_TRUE(ann);
  EXPECT_TRUE(accounts.allow_sign_up("192.0.2.1"));
  ASSERT_TRUE(turn_switch(*there_, clock_, "sign-up", true, "spam", "root"));
  ASSERT_TRUE(turn_switch(*there_, clock_, "adoption", true, "spam", "root"));
  EXPECT_EQ(accounts.allow_sign_up("192.0.2.1").error().id, "frozen");
  EXPECT_EQ(
      ownership.request_adoption(*WorkerId::parse("tts-worker"), *ann, "192.0.2.1", "I use it")
          .error()
          .id,
      "frozen");
  EXPECT_EQ(ownership.grant(1, *ann).error().id, "frozen");
  // The host makes accounts all the same.
  EXPECT_TRUE(accounts.create({"bob", "bob@example.org", "", Role::user}, "local:test"));
}

RBEE_EACH_DATABASE(Switches);

}  // namespace
}  // namespace rbee::community
