// The AUR's lists of everything: packages.gz, pkgbase.gz, users.gz and the two with metadata.
//
// Pure but for the threads' lock. Made for one state at a time: a small catalog's lists at once, a
// large one's by the thread that calls `work`, while requests get the lists from before. Source:
// aurweb's mkpkglists.py.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "api/aur_answers.hpp"
#include "base/clock.hpp"
#include "http/message.hpp"

namespace rbee::api {

struct AurArchive {
  std::string bytes;   ///< gzip.
  std::string sha256;  ///< Of them, hexadecimal.
};

inline constexpr std::array<std::string_view, 5> kAurArchives = {
    "packages.gz", "pkgbase.gz", "users.gz", "packages-meta-v1.json.gz",
    "packages-meta-ext-v1.json.gz"};

/// All of them, for one state.
struct AurArchives {
  AurState state;
  Time made{};
  std::string content;  ///< Digest of what is in them, the times left out.
  std::array<AurArchive, kAurArchives.size()> files;
};

/// `made` stands in the first line of the lists of names.
AurArchives make_aur_archives(const AurState& state, Time made);

/// "Fri, 27 Nov 2026 10:31:48 GMT" (RFC 9110, 5.6.7).
std::string http_date(Time time);

class AurArchiveShelf {
 public:
  /// `wake` makes somebody call `work` soon.
  AurArchiveShelf(std::function<AurState()> state, const Clock& clock, std::function<void()> wake)
      : state_(std::move(state)), clock_(clock), wake_(std::move(wake)) {}
  static bool serves(std::string_view path);
  http::Response respond(const http::Request& request) const;
  /// Make what was asked for and is out of date; the first time, in any case.
  void work() const;

 private:
  bool is_fresh(const AurArchives& archives, const AurState& state) const;
  std::shared_ptr<const AurArchives> renew(const AurState& state) const;

  std::function<AurState()> state_;
  const Clock& clock_;
  std::function<void()> wake_;
  mutable std::mutex making_;  ///< Held by who makes them.
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const AurArchives> current_;  ///< Guarded.
  mutable bool wanted_ = true;                          ///< Guarded.
  mutable Time tried_{};                                ///< When `work` made them last. Guarded.
};

}  // namespace rbee::api
