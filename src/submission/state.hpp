// The life of a submission, whole: its states, what happens to it, who may make it happen, and what
// it becomes.
//
// Pure. This file is the one place that decides; docs/submissions.md shows the same table, and a
// test holds the two against each other.
//
//   push ──> checking ──> awaiting_review ──> approved ──> merged ──> quarantined
//              │  │  └──> held ─────────────────^   │         ^            │
//              │  └─────> draft                     │         └── release ─┘
//              └── (version bump by the owner) ─────┘
//
// What blocks is refused while it is pushed and never becomes a submission. Every push starts again
// at `checking`: an approval is of bytes, and the bytes are others. rejected, withdrawn, superseded
// are ends: the author pushes another topic.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee::submission {

enum class State {
  draft,              ///< The author says that it is not ready; checked, shown, not in the queue.
  checking,           ///< The machine is looking. Lasts as long as the push does.
  held,               ///< A finding says that a person must look; in the queue, two approvals.
  awaiting_review,    ///< In the queue; nothing was found that needs more than the usual look.
  changes_requested,  ///< A reviewer, or main having moved, asks for another push.
  approved,           ///< All approvals are there; merges as soon as the cooling period is over.
  merged,             ///< In the catalog.
  rejected,           ///< A reviewer refused it, with a reason.
  withdrawn,          ///< The author took it back.
  superseded,         ///< Another submission brought this release or a newer one first.
  quarantined,        ///< It was merged, and an administrator took the worker off the market.
};

enum class Event {
  push,              ///< New commits for it; approvals are void.
  found_draft,       ///< Checked: the title says draft.
  found_trivial,     ///< Checked: nothing that a person must see (risk tier 0).
  found_reviewable,  ///< Checked: one or more approvals, no finding that holds.
  found_holds,       ///< Checked: a finding holds.
  approve,           ///< The last approval that was missing.
  request_changes,   ///< With a reason.
  reject,            ///< With a reason.
  withdraw,
  supersede,
  conflict,  ///< It does not apply to main any more.
  merge,
  quarantine,
  release,  ///< Out of quarantine.
};

/// In whose name something happens to a submission.
enum class Actor { server, author, reviewer, admin };

/// "awaiting-review", "changes-requested": as people read and write them.
std::string_view to_string(State state);
std::string_view to_string(Event event);
std::string_view to_string(Actor actor);
/// Nothing when `text` is none of them.
std::optional<State> parse_state(std::string_view text);

/// One row: who may turn `from` into `to`. An admin may do whatever a reviewer may.
struct Transition {
  State from;
  Event event;
  Actor actor;
  State to;
};

/// The whole table, in the order of a submission's life.
std::span<const Transition> transitions();

/// What becomes of a submission in `state`.
/// Errors: Errc::policy "submission-state" when nothing of that kind can happen now, saying what
/// can; Errc::forbidden "submission-actor" when another must do it.
Result<State> next(State state, Event event, Actor actor);

/// Still to be decided: it may be pushed to, reviewed, withdrawn.
bool is_open(State state);

/// A reviewer finds it in the queue.
bool is_in_queue(State state);

}  // namespace rbee::submission
