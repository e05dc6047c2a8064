// Shell variables: scalars, indexed and associative arrays, and the order in which bash walks them.
//
// Touches nothing. Source: bash(1), "Arrays"; bash 5.2's hashlib.c for the order of associative
// arrays.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.hpp"

namespace rbee::pkgbuild {

/// Indexed array: sparse, sorted by index.
class IndexedArray {
 public:
  using Item = std::pair<std::int64_t, std::string>;
  const std::string* find(std::int64_t index) const;
  std::string& at_or_new(std::int64_t index);
  void erase(std::int64_t index);
  void append(std::string value);
  void clear() { items_.clear(); }
  /// How many elements stand behind `index`: what inserting or erasing there has to move.
  std::size_t behind(std::int64_t index) const { return items_.size() - lower_bound(index); }
  /// One more than the highest index; 0 when empty.
  std::int64_t next_index() const { return items_.empty() ? 0 : items_.back().first + 1; }
  const std::vector<Item>& items() const { return items_; }

 private:
  std::size_t lower_bound(std::int64_t index) const;
  std::vector<Item> items_;
};

/// Associative array. `items` come in bash's own order: by bucket, the newest first.
class AssociativeArray {
 public:
  /// Bash grows its table past this number of keys, which changes the order.
  static constexpr std::size_t kKeysMax = 1024;
  const std::string* find(const std::string& key) const;
  std::string& at_or_new(const std::string& key);
  void erase(const std::string& key) { values_.erase(key); }
  void clear() { values_.clear(); }
  std::size_t size() const { return values_.size(); }
  std::vector<std::pair<std::string_view, const std::string*>> items() const;
  /// Of all keys and values.
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    std::string value;
    std::uint64_t serial;
  };
  std::map<std::string, Entry> values_;
  std::uint64_t serial_ = 0;
};

/// Index of a note on what in the host a value depends on; 0: nothing.
using TaintId = std::uint32_t;

struct Variable {
  enum class Form : std::uint8_t { scalar, indexed, associative };
  enum class Letters : std::uint8_t { as_is, lower, upper };
  Form form = Form::scalar;
  bool set = false;  ///< False for `declare x` and for an array without elements' scalar.
  bool readonly = false;
  bool exported = false;
  bool integer = false;
  Letters letters = Letters::as_is;
  TaintId taint = 0;
  std::string scalar;
  IndexedArray indexed;
  AssociativeArray associative;
  Span span;  ///< Of the assignment that made the present value.

  /// Bytes of all values and keys.
  std::size_t memory_bytes() const;
};

/// Sorted, not hashed: a recipe chooses the names, and could choose ones that collide.
template <typename T>
using NameMap = std::map<std::string, T, std::less<>>;

}  // namespace rbee::pkgbuild
