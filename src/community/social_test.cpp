// Comments, follows, notifications and what followers are told, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "community/audit.hpp"
#include "community/comments.hpp"
#include "community/follows.hpp"
#include "community/notifications.hpp"
#include "community/reviews.hpp"
#include "community/schema.hpp"
#include "community/switches.hpp"

namespace rbee::community {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename T>
std::string social_error(const Result<T>& result) {
  return result ? "" : result.error().id;
}

class Social : public fakes::EachDatabase {
 protected:
  Social() {
    db_ = place_.open();
    if (const auto made = prepare(*db_); !made) throw std::runtime_error(describe(made.error()));
    accounts_ = std::make_unique<Accounts>(*db_, clock_);
    comments_ = std::make_unique<Comments>(*db_, clock_);
    follows_ = std::make_unique<Follows>(*db_, clock_);
    notifications_ = std::make_unique<Notifications>(*db_, clock_);
    announcements_ = std::make_unique<Announcements>(*db_, clock_);
    olga_ = add("olga");
    ann_ = add("ann");
    bob_ = add("bob");
    rita_ = add("rita", Role::reviewer);
    Ownership ownership(*db_, clock_);
    auto transaction = db_->begin();
    EXPECT_TRUE(ownership.make_owner(*transaction, worker_, olga_, "first merge", "test"));
    EXPECT_TRUE(transaction->commit());
  }
  Account add(const std::string& name, Role role = Role::user) {
    auto made = accounts_->create({name, name + "@example.org", "", role}, "local:test");
    if (!made) throw std::runtime_error(describe(made.error()));
    return *made;
  }
  /// "KIND: TEXT", oldest first.
  std::vector<std::string> heard(const Account& account) {
    std::vector<std::string> all;
    const auto page = *notifications_->list(account, {.limit = 100});
    for (const Notice& each : page.notices) all.insert(all.begin(), each.kind + ": " + each.text);
    return all;
  }
  Maintainers maintainers() { return *Ownership(*db_, clock_).maintainers(worker_); }
  void announce(const std::string& commit, const std::vector<Offered>& changed) {
    clock_.advance(std::chrono::seconds(1));
    const auto done = announcements_->announce(commit, clock_.now(), changed, true);
    ASSERT_TRUE(done) << describe(done.error());
  }

  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> db_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<Comments> comments_;
  std::unique_ptr<Follows> follows_;
  std::unique_ptr<Notifications> notifications_;
  std::unique_ptr<Announcements> announcements_;
  WorkerId worker_ = *WorkerId::parse("tts-worker");
  Account olga_, ann_, bob_, rita_;
};

TEST_P(Social, ACommentIsHeardOfOnceByEachWhoShould) {
  ASSERT_TRUE(*follows_->set(bob_, FollowKind::worker, "tts-worker", true));
  const auto question = comments_->add(worker_, ann_, "Does it speak Dutch?", 0);
  ASSERT_TRUE(question) << describe(question.error());
  EXPECT_THAT(heard(olga_), ElementsAre("comment: ann commented on tts-worker"));
  EXPECT_THAT(heard(bob_), ElementsAre("followed-comment: ann commented on tts-worker"));
  EXPECT_THAT(heard(ann_), IsEmpty());
  const auto answer = comments_->add(worker_, olga_, "It does.", question->id);
  ASSERT_TRUE(answer);
  EXPECT_THAT(heard(ann_), ElementsAre("comment-reply: olga answered your comment on tts-worker"));
  // An answer to an answer joins the thread, and goes to whom it answers.
  const auto thanks = comments_->add(worker_, ann_, "Thanks.", answer->id);
  ASSERT_TRUE(thanks);
  EXPECT_EQ(thanks->reply_to, question->id);
  EXPECT_EQ(heard(olga_).back(), "comment-reply: ann answered your comment on tts-worker");
  const auto page = *comments_->list(worker_, 0, 20);
  ASSERT_EQ(page.threads.size(), 1u);
  EXPECT_EQ(page.threads[0].replies.size(), 2u);
  EXPECT_EQ(social_error(comments_->add(*WorkerId::parse("other"), ann_, "x", question->id)),
            "comment-not-found");
  EXPECT_EQ(social_error(comments_->add(worker_, ann_, " \n", 0)), "comment-text-invalid");
  EXPECT_EQ(social_error(comments_->add(worker_, ann_, std::string(5'001, 'x'), 0)),
            "comment-text-invalid");
}

TEST_P(Social, AnEditKeepsWhatWasSaidAndADeletedOneItsPlace) {
  const auto first = *comments_->add(worker_, ann_, "Slow.", 0);
  EXPECT_EQ(social_error(comments_->edit(first.id, bob_, "x")), "comment-not-yours");
  EXPECT_EQ(comments_->edit(first.id, ann_, "Fast.")->edits, 1);
  EXPECT_EQ((*comments_->history(first.id))[0].text, "Slow.");
  ASSERT_TRUE(comments_->add(worker_, bob_, "Yes.", first.id));
  EXPECT_EQ(social_error(comments_->remove(first.id, bob_)), "comment-not-yours");
  ASSERT_TRUE(comments_->remove(first.id, ann_));
  const auto page = *comments_->list(worker_, 0, 20);
  ASSERT_EQ(page.threads.size(), 1u);
  EXPECT_TRUE(page.threads[0].first.is_gone);
  EXPECT_EQ(page.threads[0].replies.size(), 1u);
  EXPECT_EQ(social_error(comments_->edit(first.id, ann_, "x")), "comment-not-found");
  // One that nobody answered leaves nothing.
  const auto lone = *comments_->add(worker_, ann_, "Oops.", 0);
  ASSERT_TRUE(comments_->remove(lone.id, ann_));
  EXPECT_EQ(comments_->list(worker_, 0, 20)->threads.size(), 1u);
}

TEST_P(Social, CommentsComeInPages) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(comments_->add(worker_, ann_, std::to_string(i), 0));
  const auto first = *comments_->list(worker_, 0, 3);
  ASSERT_EQ(first.threads.size(), 3u);
  EXPECT_EQ(first.threads[0].first.text, "4");
  const auto rest = *comments_->list(worker_, first.next, 3);
  ASSERT_EQ(rest.threads.size(), 2u);
  EXPECT_EQ(rest.next, 0);
}

TEST_P(Social, ANewAccountIsSlowedDown) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(comments_->add(worker_, ann_, "x", 0));
  EXPECT_EQ(social_error(comments_->add(worker_, ann_, "x", 0)), "too-many-this-hour");
  clock_.advance(std::chrono::minutes(61));
  EXPECT_TRUE(comments_->add(worker_, ann_, "x", 0));
}

TEST_P(Social, AFreezeHoldsForReviewsAndComments) {
  const auto before = *comments_->add(worker_, ann_, "x", 0);
  ASSERT_TRUE(turn_switch(*db_, clock_, "reviews", true, "a flood", "local:test"));
  EXPECT_EQ(social_error(comments_->add(worker_, ann_, "x", 0)), "frozen");
  EXPECT_EQ(social_error(comments_->edit(before.id, ann_, "y")), "frozen");
  Reviews reviews(*db_, clock_);
  EXPECT_EQ(social_error(reviews.put(worker_, ann_, {.rating = 5}, maintainers())), "frozen");
  EXPECT_TRUE(comments_->report(before.id, bob_, "spam"));  // That goes on.
}

TEST_P(Social, FiveAreOnTopAndWhatIsHiddenIsNot) {
  std::vector<Comment> all;
  for (const Account* each : {&ann_, &bob_})
    for (int i = 0; i < 3; ++i) all.push_back(*comments_->add(worker_, *each, "x", 0));
  EXPECT_EQ(social_error(comments_->set_pinned(all[0].id, ann_, maintainers(), true)),
            "not-a-maintainer");
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(comments_->set_pinned(all[static_cast<std::size_t>(i)].id,
                                      i % 2 == 0 ? olga_ : rita_, maintainers(), true));
  EXPECT_EQ(social_error(comments_->set_pinned(all[5].id, olga_, maintainers(), true)),
            "too-many-pins");
  EXPECT_EQ(comments_->pinned(worker_)->size(), 5u);
  const auto answer = *comments_->add(worker_, bob_, "x", all[0].id);
  EXPECT_EQ(social_error(comments_->set_pinned(answer.id, olga_, maintainers(), true)),
            "comment-not-pinnable");
  ASSERT_TRUE(comments_->report(all[0].id, bob_, "rude"));
  EXPECT_EQ(social_error(comments_->report(all[0].id, bob_, "rude")), "report-open");
  EXPECT_EQ(open_reports(*db_, Reported::comment)->size(), 1u);
  EXPECT_EQ(social_error(comments_->moderate(all[0].id, bob_, true, "x")), "reviewer-needed");
  EXPECT_EQ(social_error(comments_->moderate(all[0].id, rita_, true, "")), "reason-missing");
  const auto hidden = comments_->moderate(all[0].id, rita_, true, "an insult");
  ASSERT_TRUE(hidden);
  EXPECT_FALSE(hidden->is_shown());
  EXPECT_EQ(comments_->pinned(worker_)->size(), 4u);
  EXPECT_TRUE(open_reports(*db_, Reported::comment)->empty());
  EXPECT_EQ(heard(ann_).back(),
            "comment-hidden: your comment on tts-worker is not shown: an insult");
  EXPECT_EQ(social_error(comments_->edit(all[0].id, ann_, "y")), "comment-hidden");
  EXPECT_TRUE(comments_->moderate(all[0].id, rita_, false, "")->is_shown());
  EXPECT_TRUE(verify_audit(*db_));
}

TEST_P(Social, ADisabledAccountsCommentsHaveNoText) {
  const auto first = *comments_->add(worker_, ann_, "x", 0);
  ASSERT_TRUE(accounts_->set_disabled("ann", true, "sock puppet", "local:test"));
  EXPECT_TRUE(comments_->get(first.id)->is_gone);
  EXPECT_TRUE(comments_->list(worker_, 0, 20)->threads.empty());
}

TEST_P(Social, OnesOwnNotificationsAndNobodyElses) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(comments_->add(worker_, ann_, "x", 0));
  const auto page = *notifications_->list(olga_, {.limit = 2});
  ASSERT_EQ(page.notices.size(), 2u);
  EXPECT_EQ(notifications_->list(olga_, {.before = page.next, .limit = 2})->notices.size(), 1u);
  EXPECT_EQ(*notifications_->unread(olga_), 3);
  EXPECT_EQ(social_error(notifications_->mark_read(ann_, page.notices[0].id)), "notice-not-found");
  ASSERT_TRUE(notifications_->mark_read(olga_, page.notices[0].id));
  EXPECT_EQ(*notifications_->unread(olga_), 2);
  EXPECT_EQ(*notifications_->mark_read_up_to(ann_, page.notices[0].id), 0);
  EXPECT_EQ(*notifications_->mark_read_up_to(olga_, page.notices[1].id), 2);
  EXPECT_TRUE(notifications_->list(olga_, {.unread_only = true})->notices.empty());
}

TEST_P(Social, APreferenceHidesAKindAndTakesNothingAway) {
  ASSERT_TRUE(comments_->add(worker_, ann_, "x", 0));
  EXPECT_FALSE(*wants_mail(*db_, olga_.id, "comment"));
  EXPECT_TRUE(*wants_mail(*db_, olga_.id, "quarantine"));
  ASSERT_TRUE(notifications_->set_preferences(olga_, {{"comment", "", false, true}}));
  EXPECT_TRUE(heard(olga_).empty());
  EXPECT_EQ(*notifications_->unread(olga_), 0);
  EXPECT_TRUE(*wants_mail(*db_, olga_.id, "comment"));
  EXPECT_EQ(notices_of(*db_, olga_)->size(), 1u);
  const auto wrong = notifications_->set_preferences(olga_, {{"coment", "", false, false}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().id, "notice-kind-unknown");
  ASSERT_TRUE(accounts_->set_disabled("olga", true, "x", "local:test"));
  EXPECT_FALSE(*wants_mail(*db_, olga_.id, "comment"));
}

TEST_P(Social, FollowersHearOfEachReleaseOnce) {
  EXPECT_TRUE(*follows_->set(ann_, FollowKind::worker, "tts-worker", false));
  EXPECT_FALSE(*follows_->set(ann_, FollowKind::worker, "tts-worker", true));
  EXPECT_TRUE(*follows_->set(bob_, FollowKind::tag, "audio", false));
  EXPECT_TRUE(*follows_->set(bob_, FollowKind::tag, "speech", false));
  EXPECT_TRUE(*follows_->set(ann_, FollowKind::owner, "olga", false));
  ASSERT_TRUE(
      announcements_->announce("c1", clock_.now(), {{"old-worker", "1.0-1", {"audio"}}}, false));
  EXPECT_TRUE(heard(bob_).empty());
  announce("c2", {{"tts-worker", "1.0-1", {"Audio", "speech"}}});
  EXPECT_THAT(heard(ann_), ElementsAre("new-worker: tts-worker 1.0-1 is new, by olga"));
  EXPECT_THAT(heard(bob_), ElementsAre("new-worker: tts-worker 1.0-1 is new, with the tag audio"));
  const Time old = clock_.now();
  announce("c3", {{"tts-worker", "1.1-1", {"audio"}}});
  announce("c3", {{"tts-worker", "1.1-1", {"audio"}}});  // Another server.
  EXPECT_EQ(heard(ann_).size(), 2u);
  EXPECT_EQ(heard(ann_).back(), "release: tts-worker 1.1-1 is there; it was 1.0-1");
  // One that lags behind.
  EXPECT_EQ(*announcements_->announce("c2", old, {{"tts-worker", "1.0-1", {}}}, true), 0);
  EXPECT_EQ(heard(ann_).size(), 2u);
  EXPECT_EQ(*announcements_->last_commit(), "c3");
  EXPECT_EQ(announcements_->known()->at("tts-worker"), "1.1-1");
  EXPECT_TRUE(*follows_->clear(ann_, FollowKind::worker, "tts-worker"));
  EXPECT_FALSE(*follows_->clear(ann_, FollowKind::worker, "tts-worker"));
  ASSERT_EQ(follows_->of(ann_)->size(), 1u);
  announce("c4", {{"tts-worker", "1.2-1", {}}});
  EXPECT_EQ(heard(ann_).size(), 2u);
}

TEST_P(Social, FollowersHearOfDeedsOnce) {
  ASSERT_TRUE(follows_->set(ann_, FollowKind::worker, "tts-worker", false));
  ASSERT_TRUE(announcements_->announce_deeds());  // What is past is past.
  auto transaction = db_->begin();
  ASSERT_TRUE(append_audit(*transaction, {.at = clock_.now(),
                                          .actor = "rita",
                                          .action = "worker.yank",
                                          .subject = "worker:tts-worker",
                                          .digest = "1.0-1",
                                          .details = "it {crashes}"}));
  ASSERT_TRUE(append_audit(*transaction, {.at = clock_.now(),
                                          .actor = "rita",
                                          .action = "worker.quarantine",
                                          .subject = "worker:other-worker"}));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(*announcements_->announce_deeds(), 2);
  EXPECT_EQ(*announcements_->announce_deeds(), 0);
  EXPECT_THAT(heard(ann_),
              ElementsAre("followed-yank: tts-worker 1.0-1 was withdrawn: it {crashes}"));
  ASSERT_TRUE(Ownership(*db_, clock_).disown(worker_, olga_));
  ASSERT_TRUE(announcements_->announce_deeds());
  EXPECT_EQ(heard(ann_).back(), "followed-owner: tts-worker was given up; nobody owns it");
}

TEST_P(Social, TagsAreCleaned) {
  EXPECT_EQ(*clean_tag("Text-To-Speech"), "text-to-speech");
  for (const char* bad : {"", "%", "-x", "a b", "日本"})
    EXPECT_EQ(social_error(clean_tag(bad)), "tag-invalid") << bad;
  EXPECT_EQ(social_error(clean_tag(std::string(51, 'a'))), "tag-invalid");
}

RBEE_EACH_DATABASE(Social);

}  // namespace
}  // namespace rbee::community
