// Stars, votes, reviews and how workers stand, on both databases, under a clock of ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "../../tests/fakes/each_database.hpp"
#include "../../tests/fakes/manual_clock.hpp"
#include "community/audit.hpp"
#include "community/marks.hpp"
#include "community/reviews.hpp"
#include "community/schema.hpp"
#include "community/standing.hpp"

namespace rbee::community {
namespace {

using ::testing::ElementsAre;

template <typename T>
std::string error_id(const Result<T>& result) {
  return result ? "" : result.error().id;
}

class Opinions : public fakes::EachDatabase {
 protected:
  Opinions() {
    db_ = place_.open();
    if (const auto made = prepare(*db_); !made) throw std::runtime_error(describe(made.error()));
    accounts_ = std::make_unique<Accounts>(*db_, clock_);
    stars_ = std::make_unique<Marks>(*db_, clock_, MarkKind::star);
    votes_ = std::make_unique<Marks>(*db_, clock_, MarkKind::vote);
    reviews_ = std::make_unique<Reviews>(
        *db_, clock_, [this](std::int64_t account, std::string_view worker) {
          const auto found = installs_.find({account, std::string(worker)});
          return Result<std::optional<VerifiedInstall>>(
              found == installs_.end() ? std::nullopt : std::optional(found->second));
        });
    standings_ = std::make_unique<Standings>(*db_, clock_);
  }
  Account add(const std::string& name, Role role = Role::user) {
    auto made = accounts_->create({name, name + "@example.org", "", role}, "local:test");
    if (!made) throw std::runtime_error(describe(made.error()));
    return *made;
  }
  Standing standing(const std::string& worker = "tts-worker") {
    const auto refreshed = standings_->refresh();
    EXPECT_TRUE(refreshed) << describe(refreshed.error());
    const auto table = standings_->table();
    const auto found = table->workers.find(worker);
    return found == table->workers.end() ? Standing{} : found->second;
  }
  Result<Review> rate(const Account& account, int rating, const std::string& comment = "Good.") {
    return reviews_->put(worker_, account,
                         {.rating = rating, .title = {}, .comment = comment, .release = "1.0-1"},
                         owned_by_olga_);
  }

  fakes::ManualClock clock_;
  std::unique_ptr<platform::Database> db_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<Marks> stars_, votes_;
  std::unique_ptr<Reviews> reviews_;
  std::unique_ptr<Standings> standings_;
  std::map<std::pair<std::int64_t, std::string>, VerifiedInstall> installs_;
  WorkerId worker_ = *WorkerId::parse("tts-worker");
  Maintainers owned_by_olga_ = [] {
    Maintainers maintainers;
    maintainers.owner = "olga";
    return maintainers;
  }();
};

TEST_P(Opinions, AStarIsThereOnce) {
  const Account ann = add("ann");
  EXPECT_TRUE(*stars_->set(worker_, ann));
  EXPECT_FALSE(*stars_->set(worker_, ann));
  EXPECT_TRUE(*stars_->has(worker_, ann));
  EXPECT_EQ(*stars_->count(worker_), 1);
  EXPECT_EQ(standing().stars, 1);
  EXPECT_TRUE(*stars_->clear(worker_, ann));
  EXPECT_FALSE(*stars_->clear(worker_, ann));
  EXPECT_EQ(standing().stars, 0);
}

TEST_P(Opinions, WhatAnAccountStarredComesInPages) {
  const Account ann = add("ann");
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(stars_->set(*WorkerId::parse(id), ann));
    clock_.advance(std::chrono::seconds(10));
  }
  const auto first = *stars_->of(ann, std::nullopt, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].worker, "c");
  const auto rest = *stars_->of(ann, first.back(), 2);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].worker, "a");
}

TEST_P(Opinions, NewAccountsMayDoLessInADay) {
  const Account ann = add("ann");
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(votes_->set(*WorkerId::parse("w" + std::to_string(i)), ann)) << i;
  EXPECT_EQ(error_id(votes_->set(worker_, ann)), "too-many-today");
  EXPECT_EQ(standing().votes, 0);
  clock_.advance(std::chrono::hours(25));
  EXPECT_TRUE(votes_->set(worker_, ann));
  clock_.advance(std::chrono::hours(24 * 7));
  for (int i = 20; i < 119; ++i)
    ASSERT_TRUE(votes_->set(*WorkerId::parse("w" + std::to_string(i)), ann)) << i;
}

TEST_P(Opinions, PopularityIsTheAursSum) {
  std::mt19937 random(7);
  std::vector<Time> votes;
  for (int i = 0; i < 12; ++i) {
    const Account voter = add("voter-" + std::to_string(i));
    ASSERT_TRUE(votes_->set(worker_, voter));
    votes.push_back(clock_.now());
    clock_.advance(std::chrono::seconds(random() % 400'000));
    if (i % 3 == 0) {
      EXPECT_EQ(standing().votes, i + 1);  // Counted step by step …
    }
  }
  // … and once for all, in another process.
  clock_.advance(std::chrono::hours(2));
  double sum = 0;
  for (const Time vote : votes)
    sum += std::pow(0.98, static_cast<double>((clock_.now() - vote).count()) / 86'400);
  EXPECT_NEAR(standing().popularity, sum, 1e-9);
  Standings other(*db_, clock_);
  ASSERT_TRUE(other.refresh());
  EXPECT_NEAR(other.table()->workers.at("tts-worker").popularity, sum, 1e-9);
  // Half of it is gone after 34.3 days.
  EXPECT_NEAR(faded(1, Time{}, Time(std::chrono::seconds(2'963'520))), 0.5, 0.001);
}

TEST_P(Opinions, AnotherProcessSeesAChangeAtItsNextLook) {
  const Account ann = add("ann");
  Standings other(*db_, clock_);
  ASSERT_TRUE(other.refresh());
  ASSERT_TRUE(stars_->set(worker_, ann));
  EXPECT_TRUE(other.table()->workers.empty());
  EXPECT_TRUE(*other.refresh());
  EXPECT_EQ(other.table()->workers.at("tts-worker").stars, 1);
  EXPECT_FALSE(*other.refresh());
}

TEST_P(Opinions, ADisabledAccountCountsNoMore) {
  const Account ann = add("ann");
  ASSERT_TRUE(stars_->set(worker_, ann));
  ASSERT_TRUE(votes_->set(worker_, ann));
  ASSERT_TRUE(rate(ann, 1));
  EXPECT_EQ(standing().ratings, 1);
  ASSERT_TRUE(accounts_->set_disabled("ann", true, "sock puppet", "local:test"));
  const Standing now = standing();
  EXPECT_EQ(now.stars + now.votes + now.ratings, 0);
  EXPECT_EQ(reviews_->list(worker_, {})->reviews.size(), 0u);
  ASSERT_TRUE(accounts_->set_disabled("ann", false, "", "local:test"));
  EXPECT_EQ(standing().ratings, 1);
}

TEST_P(Opinions, AReviewIsOneForEachAccountAndKeepsWhatItSaid) {
  const Account ann = add("ann");
  add("olga");
  const auto first = rate(ann, 2, "Slow.");
  ASSERT_TRUE(first) << describe(first.error());
  EXPECT_FALSE(first->verified);
  EXPECT_EQ(first->release, "1.0-1");
  EXPECT_EQ(first->edits, 0);
  clock_.advance(std::chrono::hours(1));
  const auto second = rate(ann, 5, "Fast now.");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->edits, 1);
  const auto history = *reviews_->history(first->id);
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].comment, "Slow.");
  EXPECT_EQ(reviews_->summary(worker_)->histogram, (std::array<std::int64_t, 5>{0, 0, 0, 0, 1}));
  ASSERT_TRUE(reviews_->withdraw(worker_, ann));
  EXPECT_EQ(error_id(reviews_->withdraw(worker_, ann)), "review-not-found");
  EXPECT_EQ(standing().ratings, 0);
  EXPECT_TRUE(rate(ann, 3));  // Once more, as another one.
}

TEST_P(Opinions, TheServerKnowsWhoInstalledIt) {
  const Account ann = add("ann");
  installs_[{ann.id, "tts-worker"}] = {"0.9-1", "linux-x86_64-cuda", "cuda-sm89-24g"};
  const auto review = rate(ann, 4);
  ASSERT_TRUE(review);
  EXPECT_TRUE(review->verified);
  EXPECT_EQ(review->release, "0.9-1");
  const ReviewSummary summary = *reviews_->summary(worker_);
  EXPECT_EQ(summary.verified, 1);
  ASSERT_EQ(summary.by_accelerator.size(), 1u);
  EXPECT_EQ(summary.by_accelerator[0].name, "cuda");
  EXPECT_EQ(reviews_->list(worker_, {.accelerator = "cuda"})->reviews.size(), 1u);
  EXPECT_EQ(reviews_->list(worker_, {.accelerator = "cpu"})->reviews.size(), 0u);
  EXPECT_EQ(reviews_->list(worker_, {.verified_only = true})->reviews.size(), 1u);
}

TEST_P(Opinions, RefusesWhatIsNoReview) {
  const Account ann = add("ann"), olga = add("olga");
  EXPECT_EQ(error_id(rate(ann, 0)), "rating-invalid");
  EXPECT_EQ(error_id(rate(ann, 6)), "rating-invalid");
  EXPECT_EQ(error_id(rate(ann, 3, std::string(5'001, 'x'))), "review-text-invalid");
  EXPECT_EQ(error_id(rate(ann, 3, "\x1b[31m")), "review-text-invalid");
  EXPECT_EQ(error_id(rate(ann, 3, "\xff")), "review-text-invalid");
  EXPECT_EQ(error_id(rate(olga, 5)), "review-own-worker");
  EXPECT_TRUE(rate(ann, 3, "両方とも\nvery 'nice'; DROP TABLE reviews"));
  EXPECT_EQ(standing().ratings, 1);
}

TEST_P(Opinions, ListsInTheOrderThatIsAskedForPageByPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    const Account each = add("user-" + std::to_string(i));
    ASSERT_TRUE(rate(each, i + 1));
    clock_.advance(std::chrono::seconds(60));
  }
  const auto walk = [&](ReviewQuery query) {
    std::vector<int> ratings;
    query.limit = 2;
    for (;;) {
      const auto page = reviews_->list(worker_, query);
      if (!page) throw std::runtime_error(describe(page.error()));
      for (const Review& review : page->reviews) ratings.push_back(review.rating);
      if (!page->next) return ratings;
      query.after = page->next;
    }
  };
  EXPECT_THAT(walk({}), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(walk({.order = ReviewOrder::lowest}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(walk({.order = ReviewOrder::highest}), ElementsAre(5, 4, 3, 2, 1));
  const Account fan = add("fan");
  ASSERT_TRUE(reviews_->set_helpful(reviews_->list(worker_, {})->reviews[3].id, fan, true));
  EXPECT_THAT(walk({.order = ReviewOrder::helpful}), ElementsAre(2, 5, 4, 3, 1));
  EXPECT_THAT(walk({.rating = 3}), ElementsAre(3));
  // (5 * 3.5 + 15) / 10
  EXPECT_DOUBLE_EQ(standing().rating, 3.25);
}

TEST_P(Opinions, HelpfulAndReportsAreOneForEachAccount) {
  const Account ann = add("ann"), bob = add("bob"), rita = add("rita", Role::reviewer);
  const std::int64_t id = rate(ann, 1, "It mines coins!")->id;
  EXPECT_EQ(error_id(reviews_->set_helpful(id, ann, true)), "review-own");
  EXPECT_EQ(reviews_->set_helpful(id, bob, true)->helpful, 1);
  EXPECT_EQ(reviews_->set_helpful(id, bob, true)->helpful, 1);
  EXPECT_EQ(reviews_->set_helpful(id, bob, false)->helpful, 0);
  EXPECT_EQ(error_id(reviews_->report(id, bob, " ")), "reason-missing");
  ASSERT_TRUE(reviews_->report(id, bob, "not true"));
  EXPECT_EQ(error_id(reviews_->report(id, bob, "not true")), "report-open");
  ASSERT_EQ(reviews_->open_reports()->size(), 1u);
  EXPECT_EQ(error_id(reviews_->moderate(id, bob, true, "x")), "reviewer-needed");
  EXPECT_EQ(error_id(reviews_->moderate(id, rita, true, "")), "reason-missing");
  ASSERT_TRUE(reviews_->moderate(id, rita, true, "an untrue statement"));
  EXPECT_TRUE(reviews_->open_reports()->empty());
  EXPECT_EQ(reviews_->list(worker_, {})->reviews.size(), 0u);
  EXPECT_EQ(reviews_->list(worker_, {.with_hidden = true})->reviews.size(), 1u);
  EXPECT_EQ(standing().ratings, 0);
  EXPECT_EQ(list_audit(*db_, {.subject = "review:" + std::to_string(id)})->size(), 1u);
  ASSERT_TRUE(reviews_->moderate(id, rita, false, ""));
  EXPECT_EQ(standing().ratings, 1);
  EXPECT_TRUE(verify_audit(*db_));
}

TEST_P(Opinions, MaintainersAnswer) {
  const Account ann = add("ann"), olga = add("olga");
  const std::int64_t id = rate(ann, 2)->id;
  EXPECT_EQ(error_id(reviews_->reply(id, ann, owned_by_olga_, "no")), "not-a-maintainer");
  const auto replied = reviews_->reply(id, olga, owned_by_olga_, "Mended in 1.1.");
  ASSERT_TRUE(replied);
  ASSERT_TRUE(replied->reply);
  EXPECT_EQ(replied->reply->account, "olga");
  EXPECT_FALSE(reviews_->reply(id, olga, owned_by_olga_, "")->reply);
}

RBEE_EACH_DATABASE(Opinions);

}  // namespace
}  // namespace rbee::community
