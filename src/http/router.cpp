#include "http/router.hpp"

#include <algorithm>
#include <stdexcept>

namespace rbee::http {

std::string_view Params::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < count_; ++i)
    if (all_[i].first == name) return all_[i].second;
  return {};
}

void Params::add(std::string_view name, std::string_view value) {
  if (count_ == all_.size())
    throw std::logic_error("a route's pattern has more placeholders than Params holds");
  all_[count_++] = {name, value};
}

bool match_path(std::string_view pattern, std::string_view path, Params& params) {
  params.clear();
  for (;;) {
    // Both stand on a '/', or one is at its end.
    if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
    if (pattern.front() != '/' || path.front() != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view want = pattern.substr(0, pattern.find('/'));
    if (want.ends_with("...}")) {
      params.add(want.substr(1, want.size() - 5), path);
      return !path.empty();
    }
    const std::string_view have = path.substr(0, path.find('/'));
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      params.add(want.substr(1, want.size() - 2), have);
    } else if (want != have) {
      return false;
    }
    pattern.remove_prefix(want.size());
    path.remove_prefix(have.size());
  }
}

std::string allow_field(std::span<const Method> methods) {
  constexpr std::array<std::pair<Method, std::string_view>, 5> kNames = {
      {{Method::get, "GET, HEAD"},
       {Method::post, "POST"},
       {Method::put, "PUT"},
       {Method::patch, "PATCH"},
       {Method::del, "DELETE"}}};
  std::string out;
  for (const auto& [method, name] : kNames)
    if (std::find(methods.begin(), methods.end(), method) != methods.end())
      out += std::string(name) + ", ";
  return out + "OPTIONS";
}

}  // namespace rbee::http
