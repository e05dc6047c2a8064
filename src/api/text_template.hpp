// A text that was rendered once, with markers where something goes that is known per request only.
//
// Pure. The marketplace's own address may follow the Host header and the catalog's commit is
// another after every merge, so they are filled in; the rest is copied.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rbee::api {

class TextTemplate {
 public:
  using Values = std::initializer_list<std::string_view>;

  TextTemplate() = default;
  /// Cuts `text` at every one of `markers`; none of them is part of another.
  TextTemplate(std::string_view text, Values markers);
  /// `values` in the order of the markers, at least as many.
  std::string fill(Values values) const;
  void append_to(std::string& out, Values values) const;

 private:
  std::string text_;  ///< Without the markers.
  /// Where each stood, and which it was.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> cuts_;
};

}  // namespace rbee::api
