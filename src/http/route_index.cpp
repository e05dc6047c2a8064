#include "http/route_index.hpp"

#include <algorithm>

namespace rbee::http {

RouteIndex::RouteIndex(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (std::find(patterns_.begin(), patterns_.end(), pattern) != patterns_.end()) continue;
    Node* node = &root_;
    bool takes_rest = false;
    for (std::string_view path = pattern; path.starts_with('/');) {
      path.remove_prefix(1);
      const std::string_view word = path.substr(0, path.find('/'));
      path.remove_prefix(word.size());
      if (word.ends_with("...}")) {
        takes_rest = true;
        break;
      }
      auto& next = word.starts_with('{') ? node->any : node->words[std::string(word)];
      if (next == nullptr) next = std::make_unique<Node>();
      node = next.get();
    }
    (takes_rest ? node->rest : node->here) = patterns_.size();
    patterns_.push_back(pattern);
  }
}

std::size_t RouteIndex::find(std::string_view path) const {
  const std::size_t found = find(root_, path);
  return found == kNone ? patterns_.size() : found;
}

std::size_t RouteIndex::find(const Node& node, std::string_view path) const {
  if (path.empty()) return node.here;
  if (path.front() != '/') return kNone;
  const std::string_view below = path.substr(1);
  const std::string_view word = below.substr(0, below.find('/'));
  const std::string_view left = below.substr(word.size());
  if (const auto next = node.words.find(word); next != node.words.end())
    if (const std::size_t found = find(*next->second, left); found != kNone) return found;
  if (node.any != nullptr && !word.empty())
    if (const std::size_t found = find(*node.any, left); found != kNone) return found;
  return below.empty() ? kNone : node.rest;
}

}  // namespace rbee::http
