// Which of many patterns a path follows, in time that does not grow with their number: for metrics,
// whose labels are patterns, never paths that a client made up.
//
// Pure. A word wins over "{name}", that over "{name...}".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::http {

class RouteIndex {
 public:
  /// Patterns as router.hpp has them; repeated ones count once.
  explicit RouteIndex(const std::vector<std::string>& patterns);
  /// A position in `patterns()`; its size when none fits.
  std::size_t find(std::string_view path) const;
  const std::vector<std::string>& patterns() const { return patterns_; }

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> words;
    std::unique_ptr<Node> any;
    std::size_t here = kNone, rest = kNone;
  };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t find(const Node& node, std::string_view path) const;

  std::vector<std::string> patterns_;
  Node root_;
};

}  // namespace rbee::http
