// A submission and what people say of it, as values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/finding.hpp"
#include "base/ids.hpp"
#include "submission/state.hpp"

namespace rbee::submission {

struct Submission {
  std::int64_t id = 0;
  std::string account;  ///< Whose it is.
  std::string topic, title;
  std::string worker;     ///< "tts-worker"
  std::string directory;  ///< "community/tts-worker"
  State state = State::checking;
  int tier = 0;
  int approvals_needed = 0;
  int revision = 1;         ///< Rises with every push.
  std::string version;      ///< Of the worker, as it would be; empty for a removal.
  std::string head;         ///< Commit.
  std::string base;         ///< The commit of main that it was checked against.
  std::string tree;         ///< Of the worker's folder: what an approval is of. Empty: removed.
  std::string before_tree;  ///< Of the folder in `base`; empty: there was none.
  Time created{}, updated{};
  std::optional<Time> cooling_until;
  std::string claimed_by;  ///< Empty when nobody holds it now.
  std::optional<Time> claimed_until;
  std::string merged;             ///< Commit of main that holds it.
  std::string reason;             ///< Of the last refusal or request for changes.
  std::vector<std::string> risk;  ///< Why it has its tier.
};

struct LogEvent {
  Time at{};
  std::string actor, kind, from, to, text;
  int revision = 0;
};

struct Comment {
  std::int64_t id = 0;
  Time at{};
  std::string author, file, text;
  int revision = 0;
  std::uint32_t line = 0;  ///< 0: about the whole.
};

struct Approval {
  std::string reviewer, tree;
  int revision = 0;
  Time at{};
};

}  // namespace rbee::submission
