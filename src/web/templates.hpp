// The pages' templates: mustache, parsed once, filled by Views.
//
// Pure. Partials (`{{> name}}`) are put in where they stand before parsing, so a page is one
// template; they do not nest in circles. Text is escaped; a raw tag (`{{{name}}}`) takes SafeHtml
// alone. Source: mustache(5).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"
#include "base/result.hpp"
#include "web/view.hpp"

namespace rbee::web {

class Templates {
 public:
  /// Of every file "templates/NAME.mustache". Errors: Errc::invalid_input "template-invalid":
  /// mustache's own complaint, an unknown or circular partial, a raw tag whose name does not end in
  /// "_html".
  static Result<Templates> parse(std::span<const EmbeddedFile> files);
  Templates(Templates&&) noexcept;
  ~Templates();

  /// The text of template `name`, which exists, filled with `view`. Thread-safe.
  std::string render(std::string_view name, const View& view) const;
  bool has(std::string_view name) const;

 private:
  struct State;
  explicit Templates(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::web
