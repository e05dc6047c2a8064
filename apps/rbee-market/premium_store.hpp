// DIR/premium: files that only holders of a licence may download, as /premium/WORKER/FILE.
//
// Reads and writes below the data directory. `license` and `premium` are the host's commands.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "community/licenses.hpp"
#include "http/server.hpp"

namespace rbee::market {

class PremiumStore {
 public:
  /// Called when a file is about to be sent.
  using Sent =
      std::function<void(const http::Request&, const std::string& worker, const std::string& file)>;

  /// `purchase_url` tells where a worker's licences are sold; empty: nobody says.
  PremiumStore(std::filesystem::path data, community::Licenses licenses,
               std::function<std::string(const std::string& worker)> purchase_url)
      : folder_(data / "premium"), licenses_(licenses), purchase_url_(std::move(purchase_url)) {}

  /// Before the first request.
  void tell(Sent sent) { sent_ = std::move(sent); }

  /// The file for who shows a licence for its worker (Authorization: Bearer), 401 "license-needed"
  /// without one, 403 "license-refused" with another; nothing for other paths.
  http::Streamed decide(const http::Request& request);

 private:
  std::filesystem::path folder_;
  community::Licenses licenses_;
  std::function<std::string(const std::string& worker)> purchase_url_;
  Sent sent_;
};

/// A name for a file: letters, digits, and . _ + - inside, at most 150 bytes.
bool is_premium_file_name(std::string_view name);

}  // namespace rbee::market
