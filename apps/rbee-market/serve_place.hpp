// A server's place in its data directory: alone there, or beside others on one PostgreSQL.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "platform/files.hpp"

namespace rbee::market {

class Place {
 public:
  /// Until `started`, no other server starts: one makes the catalog, the secret and the tables, and
  /// the next one finds them. Errors: Errc::exists "data-in-use".
  static Result<Place> take(const std::filesystem::path& data, const std::string& listen,
                            bool is_shared);
  /// Nobody else worked on the directory when this began.
  bool is_alone() const { return is_alone_; }
  /// For the socket that hooks call: each server its own.
  const std::string& socket_name() const { return socket_name_; }
  Result<void> started();

 private:
  Place(platform::FileLock held, std::optional<platform::FileLock> starting)
      : held_(std::move(held)), starting_(std::move(starting)) {}
  platform::FileLock held_;
  std::optional<platform::FileLock> starting_;
  bool is_alone_ = true, is_shared_ = false;
  std::string socket_name_ = "hook.sock";
};

}  // namespace rbee::market
