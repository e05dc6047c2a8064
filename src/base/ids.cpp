#include "base/ids.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace rbee {

Result<WorkerId> WorkerId::parse(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool valid =
      !text.empty() && text.size() <= 100 && is_word(text[0]) &&
      std::all_of(text.begin(), text.end(), [&](char c) { return is_word(c) || c == '-'; });
  if (valid) return WorkerId(std::string(text));
  return fail(Errc::invalid_input, "worker-id-invalid",
              fmt::format("'{}' cannot be the id of a worker", printable_line(text.substr(0, 120))),
              {.why = "an id is 1 to 100 lower-case letters, digits and hyphens, and starts with a "
                      "letter or digit"});
}

Result<ObjectId> ObjectId::parse(std::string_view text) {
  const bool valid = text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
  if (valid) return ObjectId(std::string(text));
  return fail(Errc::invalid_input, "object-id-invalid",
              fmt::format("'{}' is not a full Git object id", printable_line(text.substr(0, 60))));
}

}  // namespace rbee
