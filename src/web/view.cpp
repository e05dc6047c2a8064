#include "web/view.hpp"

#include <boost/json/serialize.hpp>

namespace rbee::web {

View View::of(const boost::json::value& json) {
  switch (json.kind()) {
    case boost::json::kind::object: {
      Members members;
      for (const auto& [key, value] : json.get_object())
        members.emplace_back(std::string(key), of(value));
      return View(std::move(members));
    }
    case boost::json::kind::array: {
      Views list;
      for (const auto& value : json.get_array()) list.push_back(of(value));
      return View(std::move(list));
    }
    case boost::json::kind::string:
      return View(std::string(json.get_string()));
    case boost::json::kind::bool_:
      return View(json.get_bool());
    case boost::json::kind::null:
      return View();
    default:
      return View(boost::json::serialize(json));
  }
}

View& View::set(std::string_view name, View value) & {
  if (!std::holds_alternative<Members>(value_)) value_ = Members();
  auto& members = std::get<Members>(value_);
  for (auto& [key, old] : members)
    if (key == name) {
      old = std::move(value);
      return *this;
    }
  members.emplace_back(std::string(name), std::move(value));
  return *this;
}

}  // namespace rbee::web
