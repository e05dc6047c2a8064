// Names that were checked once and stay valid: worker ids and Git object ids.
//
// Touches nothing. None has a default constructor: who holds one knows that `parse` accepted it.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee {

/// The name of a worker: ^[a-z0-9][a-z0-9-]{0,99}$ (docs/architecture.md). Safe in a path, a URL
/// and a ref.
class WorkerId {
 public:
  /// Errors: Errc::invalid_input "worker-id-invalid".
  static Result<WorkerId> parse(std::string_view text);
  const std::string& str() const { return text_; }
  friend auto operator<=>(const WorkerId&, const WorkerId&) = default;

 private:
  explicit WorkerId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A Git object id: 40 lower-case hexadecimal digits (SHA-1 repositories, gitformat-signature(5)).
class ObjectId {
 public:
  /// Errors: Errc::invalid_input "object-id-invalid".
  static Result<ObjectId> parse(std::string_view text);
  const std::string& str() const { return text_; }
  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

 private:
  explicit ObjectId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A commit's id. The same digits as an `ObjectId`; a word of its own where only a commit will do.
using CommitId = ObjectId;

}  // namespace rbee

template <>
struct std::hash<rbee::WorkerId> {
  std::size_t operator()(const rbee::WorkerId& id) const {
    return std::hash<std::string>{}(id.str());
  }
};
template <>
struct std::hash<rbee::ObjectId> {
  std::size_t operator()(const rbee::ObjectId& id) const {
    return std::hash<std::string>{}(id.str());
  }
};
