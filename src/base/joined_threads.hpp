// Threads that come and go, at most so many at once, and are all joined in the end.
//
// A detached thread may still be on its way out when the program ends; these are not.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rbee {

class JoinedThreads {
 public:
  explicit JoinedThreads(std::size_t running_max) : running_max_(running_max) {}
  ~JoinedThreads() { finish(); }
  JoinedThreads(const JoinedThreads&) = delete;
  JoinedThreads& operator=(const JoinedThreads&) = delete;

  /// Run `task` on a thread of its own. False, and nothing happens, when all are busy or `finish`
  /// was called.
  template <typename Task>
  bool start(Task task) {
    const std::lock_guard lock(mutex_);
    join_ended();
    if (finished_ || running_.size() >= running_max_) return false;
    const std::uint64_t id = next_++;
    // The new thread waits for the lock before it looks itself up.
    running_.emplace(id, std::thread([this, id, task = std::move(task)]() mutable {
                       task();
                       const std::lock_guard own(mutex_);
                       ended_.push_back(std::move(running_.extract(id).mapped()));
                       changed_.notify_all();
                     }));
    return true;
  }

  /// Wait until fewer than the most run.
  void wait_for_room() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_.size() < running_max_; });
  }

  /// Start no more, and wait for all.
  void finish() {
    std::unique_lock lock(mutex_);
    finished_ = true;
    changed_.wait(lock, [this] { return running_.empty(); });
    join_ended();
  }

 private:
  /// With the lock held: these have given it back for the last time, or are about to.
  void join_ended() {
    for (std::thread& thread : ended_) thread.join();
    ended_.clear();
  }

  const std::size_t running_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, std::thread> running_;  ///< Guarded, as are the next.
  std::vector<std::thread> ended_;
  std::uint64_t next_ = 0;
  bool finished_ = false;
};

}  // namespace rbee
