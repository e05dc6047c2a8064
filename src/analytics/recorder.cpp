#include "analytics/recorder.hpp"

#include <algorithm>

#include "analytics/verified_installs.hpp"

namespace rbee::analytics {

namespace {
constexpr std::size_t kGroupMax = 500, kDownloadsMax = 10'000;
}

Result<bool> Recorder::insert(platform::Transaction& transaction, const Event& event) const {
  const Time now = clock_.now();
  TRY_ASSIGN(
      const std::int64_t changed,
      transaction.execute(
          "INSERT INTO analytics_events (kind, worker, release, platform, recipe, hardware, ci, "
          "hour, day, visitor, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
          "ON CONFLICT (visitor, worker, release, kind, day) DO NOTHING",
          {to_string(event.kind), event.worker, event.release, event.platform, event.recipe,
           event.hardware, event.ci ? 1 : 0, hour_of(now), day_of(now), event.visitor}));
  return changed > 0;
}

Result<bool> Recorder::take_down(platform::Transaction& transaction, const Waiting& each) const {
  const Event& event = *each.event;
  if (each.account && (event.kind == EventKind::install || event.kind == EventKind::upgrade))
    TRY(note_verified_install(
        transaction, *each.account,
        {event.worker, event.release, event.platform, event.hardware, clock_.now()}));
  return insert(transaction, event);
}

Result<void> Recorder::write(const std::vector<Waiting*>& group) const {
  TRY_ASSIGN(auto transaction, database_.begin());
  for (Waiting* each : group) {
    TRY_ASSIGN(each->outcome, take_down(transaction, *each));
  }
  return transaction.commit();
}

Result<bool> Recorder::record(Event event, std::optional<std::int64_t> account) {
  Waiting mine{&event, account};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  while (!mine.done) {
    if (writing_) {
      changed_.wait(lock);
      continue;
    }
    writing_ = true;
    const std::size_t count = std::min(waiting_.size(), kGroupMax);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    const std::vector<Waiting*> group(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    lock.unlock();
    const auto written = write(group);
    // What one event cannot do must not undo the others.
    if (!written)
      for (Waiting* each : group)
        if (const auto alone = group.size() == 1 ? written : write({each}); !alone)
          each->outcome = tl::unexpected<Error>(alone.error());
    lock.lock();
    for (Waiting* each : group) each->done = true;
    writing_ = false;
    changed_.notify_all();
  }
  return std::move(mine.outcome);
}

void Recorder::note_download(Event event) {
  event.kind = EventKind::download;
  const std::lock_guard lock(downloads_mutex_);
  if (downloads_.size() < kDownloadsMax) downloads_.push_back(std::move(event));
}

Result<void> Recorder::flush() {
  std::vector<Event> downloads;
  {
    const std::lock_guard lock(downloads_mutex_);
    downloads.swap(downloads_);
  }
  if (downloads.empty()) return {};
  TRY_ASSIGN(auto transaction, database_.begin());
  for (const Event& event : downloads) TRY(insert(transaction, event));
  return transaction.commit();
}

}  // namespace rbee::analytics
