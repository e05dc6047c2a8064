#include "announcer.hpp"

namespace rbee::market {

namespace {

constexpr std::size_t kFirstTimeAtOnce = 2'000;  // Others want to write in between.

community::Offered offered(const catalog::Entry& entry) {
  return {entry.id.str(), entry.version, entry.tags};
}

}  // namespace

std::vector<community::Offered> changed_workers(const catalog::Snapshot& before,
                                                const catalog::Snapshot& now) {
  std::vector<community::Offered> changed;
  auto old = before.workers().begin();
  const auto end = before.workers().end();
  for (const auto& each : now.workers()) {
    if (old != end && *old == each) {
      ++old;
      continue;
    }
    while (old != end && (*old)->id.str() < each->id.str()) ++old;
    const bool is_there = old != end && (*old)->id == each->id;
    if (!is_there || (*old)->version != each->version) changed.push_back(offered(*each));
    if (is_there) ++old;
  }
  return changed;
}

Result<void> Announcer::tick(const std::shared_ptr<const catalog::Snapshot>& now) {
  TRY_ASSIGN(const auto turn, database_.try_lock("announce"));
  if (!turn) return {};
  TRY(announcements_.announce_deeds());
  if (now == nullptr || now == seen_) return {};
  const std::string commit = now->commit().str();
  if (seen_ != nullptr) {
    const auto changed = changed_workers(*seen_, *now);
    if (!changed.empty()) TRY(announcements_.announce(commit, now->committed(), changed, true));
    seen_ = now;
    return {};
  }
  TRY_ASSIGN(const std::string last, announcements_.last_commit());
  TRY_ASSIGN(const auto known, announcements_.known());
  std::vector<community::Offered> changed;
  for (const auto& each : now->workers()) {
    const auto found = known.find(each->id.str());
    if (found == known.end() || found->second != each->version) changed.push_back(offered(*each));
  }
  if (last.empty()) {
    while (changed.size() > kFirstTimeAtOnce) {
      const auto some = changed.end() - static_cast<std::ptrdiff_t>(kFirstTimeAtOnce);
      TRY(announcements_.announce("", now->committed(), {some, changed.end()}, false));
      changed.erase(some, changed.end());
    }
  }
  if (!changed.empty() || last.empty())
    TRY(announcements_.announce(commit, now->committed(), changed, !last.empty()));
  seen_ = now;
  return {};
}

}  // namespace rbee::market
