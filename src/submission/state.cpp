#include "submission/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rbee::submission {

namespace {

constexpr std::array<std::pair<State, std::string_view>, 11> kStates{{
    {State::draft, "draft"},
    {State::checking, "checking"},
    {State::held, "held"},
    {State::awaiting_review, "awaiting-review"},
    {State::changes_requested, "changes-requested"},
    {State::approved, "approved"},
    {State::merged, "merged"},
    {State::rejected, "rejected"},
    {State::withdrawn, "withdrawn"},
    {State::superseded, "superseded"},
    {State::quarantined, "quarantined"},
}};

constexpr std::array<std::pair<Event, std::string_view>, 14> kEvents{{
    {Event::push, "push"},
    {Event::found_draft, "found-draft"},
    {Event::found_trivial, "found-trivial"},
    {Event::found_reviewable, "found-reviewable"},
    {Event::found_holds, "found-holds"},
    {Event::approve, "approve"},
    {Event::request_changes, "request-changes"},
    {Event::reject, "reject"},
    {Event::withdraw, "withdraw"},
    {Event::supersede, "supersede"},
    {Event::conflict, "conflict"},
    {Event::merge, "merge"},
    {Event::quarantine, "quarantine"},
    {Event::release, "release"},
}};

constexpr std::array<std::pair<Actor, std::string_view>, 4> kActors{{
    {Actor::server, "server"},
    {Actor::author, "author"},
    {Actor::reviewer, "reviewer"},
    {Actor::admin, "admin"},
}};

constexpr auto kTransitions = std::to_array<Transition>({
    // The machine's word, at the end of every push.
    {State::checking, Event::found_draft, Actor::server, State::draft},
    {State::checking, Event::found_trivial, Actor::server, State::approved},
    {State::checking, Event::found_reviewable, Actor::server, State::awaiting_review},
    {State::checking, Event::found_holds, Actor::server, State::held},
    // Pushed again: whatever was said of it was said of other bytes.
    {State::draft, Event::push, Actor::author, State::checking},
    {State::held, Event::push, Actor::author, State::checking},
    {State::awaiting_review, Event::push, Actor::author, State::checking},
    {State::changes_requested, Event::push, Actor::author, State::checking},
    {State::approved, Event::push, Actor::author, State::checking},
    // People.
    {State::held, Event::approve, Actor::reviewer, State::approved},
    {State::awaiting_review, Event::approve, Actor::reviewer, State::approved},
    {State::held, Event::request_changes, Actor::reviewer, State::changes_requested},
    {State::awaiting_review, Event::request_changes, Actor::reviewer, State::changes_requested},
    {State::approved, Event::request_changes, Actor::reviewer, State::changes_requested},
    {State::held, Event::reject, Actor::reviewer, State::rejected},
    {State::awaiting_review, Event::reject, Actor::reviewer, State::rejected},
    {State::changes_requested, Event::reject, Actor::reviewer, State::rejected},
    {State::approved, Event::reject, Actor::reviewer, State::rejected},
    {State::draft, Event::withdraw, Actor::author, State::withdrawn},
    {State::held, Event::withdraw, Actor::author, State::withdrawn},
    {State::awaiting_review, Event::withdraw, Actor::author, State::withdrawn},
    {State::changes_requested, Event::withdraw, Actor::author, State::withdrawn},
    {State::approved, Event::withdraw, Actor::author, State::withdrawn},
    // What main does to those that wait.
    {State::draft, Event::supersede, Actor::server, State::superseded},
    {State::held, Event::supersede, Actor::server, State::superseded},
    {State::awaiting_review, Event::supersede, Actor::server, State::superseded},
    {State::changes_requested, Event::supersede, Actor::server, State::superseded},
    {State::approved, Event::supersede, Actor::server, State::superseded},
    {State::approved, Event::conflict, Actor::server, State::changes_requested},
    {State::approved, Event::merge, Actor::server, State::merged},
    // After the fact.
    {State::merged, Event::quarantine, Actor::admin, State::quarantined},
    {State::quarantined, Event::release, Actor::admin, State::merged},
});

template <typename Key, std::size_t N>
constexpr std::string_view name_of(const std::array<std::pair<Key, std::string_view>, N>& names,
                                   Key key) {
  for (const auto& [each, name] : names)
    if (each == key) return name;
  return "";
}

bool may_act_as(Actor actor, Actor wanted) {
  return actor == wanted || (actor == Actor::admin && wanted == Actor::reviewer);
}

}  // namespace

std::string_view to_string(State state) {
  return name_of(kStates, state);
}
std::string_view to_string(Event event) {
  return name_of(kEvents, event);
}
std::string_view to_string(Actor actor) {
  return name_of(kActors, actor);
}

std::optional<State> parse_state(std::string_view text) {
  for (const auto& [state, name] : kStates)
    if (name == text) return state;
  return std::nullopt;
}

std::span<const Transition> transitions() {
  return kTransitions;
}

Result<State> next(State state, Event event, Actor actor) {
  std::string possible;
  const Transition* wants_another = nullptr;
  for (const Transition& row : kTransitions) {
    if (row.from != state) continue;
    if (row.event == event) {
      if (may_act_as(actor, row.actor)) return row.to;
      wants_another = &row;
    }
    if (may_act_as(actor, row.actor))
      possible += fmt::format("{}{}", possible.empty() ? "" : ", ", to_string(row.event));
  }
  if (wants_another != nullptr)
    return fail(Errc::forbidden, "submission-actor",
                fmt::format("{} is for the {} of a submission", to_string(event),
                            to_string(wants_another->actor)),
                {.evidence = {fmt::format("asked as: {}", to_string(actor))}});
  return fail(Errc::policy, "submission-state",
              fmt::format("a submission that is {} cannot be changed by '{}'", to_string(state),
                          to_string(event)),
              {.fix = possible.empty() ? "nothing can be done with it any more; push a new topic"
                                       : "possible now: " + possible});
}

bool is_open(State state) {
  switch (state) {
    case State::draft:
    case State::checking:
    case State::held:
    case State::awaiting_review:
    case State::changes_requested:
    case State::approved:
      return true;
    case State::merged:
    case State::rejected:
    case State::withdrawn:
    case State::superseded:
    case State::quarantined:
      return false;
  }
  return false;
}

bool is_in_queue(State state) {
  return state == State::held || state == State::awaiting_review;
}

}  // namespace rbee::submission
