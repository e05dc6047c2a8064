// The AUR's own protocol over this marketplace's catalog: what paru, yay, aurutils and auracle ask.
//
// Holds the current view and a thread that follows the database and makes the lists of large
// catalogs. Git itself is served elsewhere (apps/rbee-market/aur_git.hpp). Source: docs/aur.md.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "api/aur_archives.hpp"
#include "api/aur_people.hpp"
#include "api/aur_view.hpp"
#include "api/numbers.hpp"
#include "api/part.hpp"
#include "api/v1.hpp"
#include "base/clock.hpp"

namespace rbee::api {

struct AurOptions {
  ReadBlob read_blob;
  ReadNumbers read_numbers = {};  ///< Not set: zeros.
  /// What was packed while the snapshots were made; `publish` empties it. May be nullptr.
  std::shared_ptr<AurIntake> intake = nullptr;
  AurPeopleDesk* people = nullptr;  ///< nullptr: nobody maintains anything. Outlives the part.
};

class Aur final : public Part {
 public:
  /// `clock` outlives this object.
  Aur(AurOptions options, const Clock& clock);
  ~Aur() override;
  Aur(const Aur&) = delete;
  Aur& operator=(const Aur&) = delete;

  /// From now on requests see this catalog. Before the first request, and from one thread.
  void publish(std::shared_ptr<const catalog::Snapshot> snapshot);
  /// Start the thread. Without it `look` does the same, once.
  void start();
  void look();
  std::shared_ptr<const AurView> view() const { return view_.get(); }

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  /// None: it is another's protocol, and docs/aur.md describes it.
  std::vector<http::RouteName> routes() const override { return {}; }

 private:
  AurState state() const;
  http::Response package_page(const http::Request& request, std::string_view base) const;

  AurOptions options_;
  AurCurrent view_;
  std::shared_ptr<const NumbersTable> no_numbers_;
  std::shared_ptr<const AurPeople> no_people_;
  AurArchiveShelf archives_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, woken_ = false;  ///< Guarded.
  std::thread thread_;
};

}  // namespace rbee::api
