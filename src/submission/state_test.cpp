// The table of a submission's life: no row twice, no dead end but the ends, nobody does another's
// work.
#include "submission/state.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace rbee::submission {
namespace {

constexpr State kAll[] = {State::draft,           State::checking,          State::held,
                          State::awaiting_review, State::changes_requested, State::approved,
                          State::merged,          State::rejected,          State::withdrawn,
                          State::superseded,      State::quarantined};

TEST(State, NamesAreReadBack) {
  for (const State state : kAll) {
    EXPECT_FALSE(to_string(state).empty());
    EXPECT_EQ(parse_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_state("open"), std::nullopt);
}

TEST(State, NoEventLeadsToTwoStates) {
  std::set<std::tuple<State, Event, Actor>> seen;
  for (const Transition& row : transitions())
    EXPECT_TRUE(seen.insert({row.from, row.event, row.actor}).second)
        << to_string(row.from) << " " << to_string(row.event);
}

TEST(State, EveryOpenStateCanEndAndNoEndGoesOn) {
  for (const State state : kAll) {
    bool leaves = false;
    for (const Transition& row : transitions()) leaves |= row.from == state;
    if (is_open(state)) {
      EXPECT_TRUE(leaves) << to_string(state);
    } else if (state != State::merged && state != State::quarantined) {
      EXPECT_FALSE(leaves) << to_string(state);
    }
  }
}

TEST(State, OnlyTheServerMerges) {
  for (const Transition& row : transitions()) {
    if (row.to != State::merged || row.event == Event::release) continue;
    EXPECT_EQ(row.actor, Actor::server);
    EXPECT_EQ(row.from, State::approved);
  }
}

TEST(State, AnAuthorCannotDecide) {
  for (const Transition& row : transitions()) {
    if (row.actor != Actor::author) continue;
    EXPECT_TRUE(row.to == State::checking || row.to == State::withdrawn) << to_string(row.event);
  }
}

TEST(State, AnAdminMayReview) {
  const auto approved = next(State::awaiting_review, Event::approve, Actor::admin);
  ASSERT_TRUE(approved);
  EXPECT_EQ(*approved, State::approved);
}

TEST(State, RefusalsSayWhatIsPossible) {
  const auto merged = next(State::merged, Event::approve, Actor::reviewer);
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().id, "submission-state");
  EXPECT_EQ(merged.error().message, "a submission that is merged cannot be changed by 'approve'");
  const auto author = next(State::awaiting_review, Event::approve, Actor::author);
  ASSERT_FALSE(author);
  EXPECT_EQ(author.error().id, "submission-actor");
  EXPECT_EQ(author.error().code, Errc::forbidden);
  const auto push = next(State::awaiting_review, Event::merge, Actor::server);
  ASSERT_FALSE(push);
  EXPECT_EQ(push.error().fix, "possible now: supersede");
}

/// docs/submissions.md shows the table to people; it must be this one.
TEST(State, TheDocumentShowsTheTable) {
  std::ifstream file(RBEE_SOURCE_DIR "/docs/submissions.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> rows, wanted;
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("| `") && line.find("` → `") != std::string::npos) rows.insert(line);
  for (const Transition& row : transitions())
    wanted.insert("| `" + std::string(to_string(row.from)) + "` → `" +
                  std::string(to_string(row.to)) + "` | " + std::string(to_string(row.event)) +
                  " | " + std::string(to_string(row.actor)) + " |");
  EXPECT_EQ(rows, wanted);
}

}  // namespace
}  // namespace rbee::submission
