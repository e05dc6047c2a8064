// What a template is filled with: a tree of texts, truths, lists and objects.
//
// Pure. Texts are escaped where they stand on the page. HTML that stands as it is has a type of its
// own, `SafeHtml`, and a name that ends in "_html"; templates.hpp refuses any other raw tag.
#pragma once

#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rbee::web {

/// HTML that may stand on a page unescaped. Made by our renderers alone: Markdown, highlighter,
/// charts, icons. Whoever makes one answers for every byte.
class SafeHtml {
 public:
  SafeHtml() = default;
  /// `html`: what a renderer wrote, all text of others in it escaped.
  static SafeHtml by_renderer(std::string html) { return SafeHtml(std::move(html)); }
  const std::string& str() const { return html_; }
  bool empty() const { return html_.empty(); }

 private:
  explicit SafeHtml(std::string html) : html_(std::move(html)) {}
  std::string html_;
};

class View;
using Views = std::vector<View>;

/// One value. A missing or empty one is false to `{{#name}}`, also "" and an empty list.
class View {
 public:
  using Members = std::vector<std::pair<std::string, View>>;
  View() = default;
  explicit View(bool value) : value_(value) {}
  explicit View(std::string text) : value_(std::move(text)) {}
  explicit View(SafeHtml html) : value_(std::move(html)) {}
  explicit View(Views list) : value_(std::move(list)) {}
  explicit View(Members members) : value_(std::move(members)) {}
  /// The JSON of the API as it stands: objects, lists, texts, numbers as digits, truths.
  static View of(const boost::json::value& json);

  /// Replaces the member of that name. Makes an object of an empty View.
  View& set(std::string_view name, View value) &;
  View& set(std::string_view name, std::string_view text) & {
    return set(name, View(std::string(text)));
  }
  View& set(std::string_view name, const char* text) & {
    return set(name, View(std::string(text)));
  }
  View& set(std::string_view name, std::same_as<bool> auto value) & {
    return set(name, View(value));
  }
  View& set(std::string_view name, std::integral auto number) &
      requires(!std::same_as<decltype(number), bool>) {
        return set(name, View(std::to_string(number)));
      }
      /// `name` ends in "_html".
      View& set(std::string_view name, SafeHtml html) & {
    return set(name, View(std::move(html)));
  }
  View& set(std::string_view name, Views list) & { return set(name, View(std::move(list))); }

  const std::variant<std::monostate, bool, std::string, SafeHtml, Views, Members>& value() const {
    return value_;
  }

 private:
  std::variant<std::monostate, bool, std::string, SafeHtml, Views, Members> value_;
};

}  // namespace rbee::web
