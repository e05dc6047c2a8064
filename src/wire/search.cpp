#include "wire/search.hpp"

#include <boost/json/object.hpp>

#include "wire/json_reader.hpp"

namespace rbee::wire {

namespace json = boost::json;

namespace {

/// Newer than the rest, or there only when there is something to say.
bool has(const json::value& value, std::string_view key) {
  return value.is_object() && value.as_object().contains(key);
}

}  // namespace

Result<SearchAnswer> parse_search_answer(std::string_view text) {
  SearchAnswer out;
  TRY_ASSIGN(out.list, parse_worker_list(text));
  TRY_ASSIGN(const json::value value, parse_json(text));
  std::optional<Error> error;
  const Node root(value, error);
  out.did_you_mean = root.string_or_empty("did_you_mean");
  if (has(value, "corrections"))
    for (const Node& each : root.objects("corrections"))
      out.corrections.push_back({each.string("typed"), each.strings("used")});
  if (has(value, "notes"))
    for (const Node& each : root.objects("notes")) {
      std::string note = each.string("message");
      if (const std::string fix = each.string_or_empty("fix"); !fix.empty()) note += "; " + fix;
      out.notes.push_back(std::move(note));
    }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

Result<IndexLine> parse_index_line(std::string_view text) {
  TRY_ASSIGN(const json::value value, parse_json(text));
  std::optional<Error> error;
  const Node root(value, error);
  IndexLine out;
  if (root.is_object()) {
    out.id = root.string("id");
    out.name = root.string("name");
    out.description = root.string("description");
    out.version = root.string("version");
    out.source = root.string("source");
    out.license = root.string_or_empty("license");
    out.author = root.string_or_empty("author");
    out.tags = root.strings("tags");
    out.tasks = root.strings("tasks");
    out.formats = root.strings("formats");
    out.platforms = root.strings("platforms");
    out.premium = root.optional_boolean("premium").value_or(false);
    out.created_at = root.string_or_empty("created_at");
    out.updated_at = root.string_or_empty("updated_at");
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return out;
}

}  // namespace rbee::wire
