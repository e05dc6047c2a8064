// Takes events down: those that somebody waits for in groups, one commit for all who wait together;
// downloads a moment later.
//
// Writes the database. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "analytics/event.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

class Recorder {
 public:
  Recorder(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// When it returns without an error, the event is on the disk. True: it counts. False: the same
  /// visitor has told the same today. `account`: also note that it has the worker (an install or
  /// an upgrade; verified_installs.hpp).
  /// Errors: as platform::Transaction.
  Result<bool> record(Event event, std::optional<std::int64_t> account = std::nullopt);

  /// Remember a download; it is on the disk after the next `flush`. Beyond 10,000 that wait, more
  /// are dropped.
  void note_download(Event event);
  /// Called once a second.
  Result<void> flush();

 private:
  struct Waiting {
    const Event* event;
    std::optional<std::int64_t> account;
    Result<bool> outcome = false;
    bool done = false;
  };
  Result<bool> insert(platform::Transaction& transaction, const Event& event) const;
  Result<bool> take_down(platform::Transaction& transaction, const Waiting& each) const;
  Result<void> write(const std::vector<Waiting*>& group) const;

  platform::Database& database_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waiting_;  ///< Guarded. Each on the stack of the thread that waits.
  bool writing_ = false;           ///< Guarded: a thread is writing for others, too.
  std::mutex downloads_mutex_;
  std::vector<Event> downloads_;  ///< Guarded.
};

}  // namespace rbee::analytics
