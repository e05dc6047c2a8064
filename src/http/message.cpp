#include "http/message.hpp"

#include <algorithm>

#include "http/ascii.hpp"

namespace rbee::http {

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(all_, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
  all_.emplace_back(name, std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [field, value] : all_)
    if (equal_ignoring_case(field, name)) return value;
  return {};
}

std::string_view Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

}  // namespace rbee::http
