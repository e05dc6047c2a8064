// A text that was rendered once with a marker where the marketplace's own address goes.
//
// Pure. The address may follow the Host header, so it is filled in per request; the rest is copied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbee::api {

class TextTemplate {
 public:
  TextTemplate() = default;
  /// Cuts `text` at every `marker`.
  TextTemplate(std::string_view text, std::string_view marker);
  std::string fill(std::string_view base) const;
  void append_to(std::string& out, std::string_view base) const;

 private:
  std::string text_;               ///< Without the markers.
  std::vector<std::size_t> cuts_;  ///< Where each stood.
};

}  // namespace rbee::api
