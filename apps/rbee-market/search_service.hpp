// Search while the server runs: its part of the API, and a thread that merges and counts when
// nobody waits.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/search.hpp"
#include "base/clock.hpp"

namespace rbee::market {

class SearchService {
 public:
  SearchService(const Clock& clock, api::SearchCatalogOptions options)
      : catalog_(clock, std::move(options)),
        part_([this] { return catalog_.get(); }),
        thread_([this] { keep_tidy(); }) {}
  ~SearchService() {
    {
      const std::lock_guard lock(mutex_);
      stops_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  SearchService(const SearchService&) = delete;
  SearchService& operator=(const SearchService&) = delete;

  const api::Search& part() const { return part_; }
  std::shared_ptr<const api::SearchState> state() const { return catalog_.get(); }
  /// Searches see it when this returns. One thread.
  void publish(std::shared_ptr<const catalog::Snapshot> snapshot) {
    catalog_.publish(std::move(snapshot));
    const auto now = catalog_.get();
    if (!now->index->wants_compacting()) return;
    const std::lock_guard lock(mutex_);
    is_wanted_ = true;
    changed_.notify_all();
  }

 private:
  void keep_tidy() {
    constexpr std::chrono::seconds kNumbersAge{60};  // How old numbers may be in rankings.
    std::unique_lock lock(mutex_);
    while (!stops_) {
      changed_.wait_for(lock, kNumbersAge, [this] { return stops_ || is_wanted_; });
      if (stops_) return;
      is_wanted_ = false;
      lock.unlock();
      const bool done = catalog_.tidy();
      lock.lock();
      is_wanted_ = is_wanted_ || !done;
    }
  }

  api::SearchCatalog catalog_;
  api::Search part_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stops_ = false, is_wanted_ = false;  ///< Guarded.
  std::thread thread_;
};

}  // namespace rbee::market
