// The seam between Git's hooks and what the marketplace makes of a push.
//
// Touches nothing. Source: githooks(5), "pre-receive" and "proc-receive"; git-receive-pack(1),
// "QUARANTINE ENVIRONMENT".
#pragma once

#include <filesystem>
#include <string>

#include "base/ids.hpp"

namespace rbee::submission {

/// One push as Git handed it to the hooks: exactly one ref below refs/for/main.
struct Push {
  std::string id;       ///< Of this push; random, made by the server for each request.
  std::string account;  ///< Who authenticated.
  std::string remote_address;
  std::string topic;                 ///< Empty for refs/for/main itself.
  ObjectId new_id;                   ///< All zeros: a withdrawal.
  std::filesystem::path quarantine;  ///< Objects that came with it; empty: there are none.

  bool withdraws() const { return new_id.str().find_first_not_of('0') == std::string::npos; }
};

/// What the pusher reads, and whether Git may go on.
struct PushAnswer {
  bool accepted = false;
  std::string text;        ///< For people, lines; printable.
  std::string result_ref;  ///< "refs/submissions/17/head", when one was made or moved.
  std::string reason;      ///< One line for Git's own report when it was refused.
};

class PushReceiver {
 public:
  virtual ~PushReceiver() = default;
  /// pre-receive: the objects are in quarantine, nothing is visible yet.
  virtual PushAnswer check(const Push& push) = 0;
  /// proc-receive: the objects are in the repository. When it returns, the push is on the record.
  virtual PushAnswer record(const Push& push) = 0;
};

}  // namespace rbee::submission
