// The parameters of GET /v1/search, and all its matches at once for lists with an order of their
// own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/answers.hpp"
#include "api/listing.hpp"
#include "api/search.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

constexpr std::array<std::string_view, 16> kKnown = {
    "q",      "tag",   "accelerator", "os",      "arch",  "license", "source",  "task",
    "format", "owner", "min_rating",  "premium", "limit", "cursor",  "explain", "facets"};

Result<bool> yes_or_no(std::string_view name, std::string_view value) {
  if (value == "1" || value == "true" || value == "yes") return true;
  if (value == "0" || value == "false" || value == "no") return false;
  return invalid_parameter(name, value, "it is 1 or 0");
}

template <typename Number>
Result<Number> number(std::string_view name, std::string_view value, Number least, Number most) {
  Number out{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size() || !(out >= least && out <= most))
    return invalid_parameter(name, value, fmt::format("it is a number from {} to {}", least, most));
  return out;
}

/// "1834.tts-worker": points and id of the last hit.
Result<search::Hit> parse_cursor(std::string_view text) {
  search::Hit hit;
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + dot, hit.score);
    const auto id = WorkerId::parse(text.substr(dot + 1));
    if (error == std::errc() && end == text.data() + dot && id) {
      hit.id = id->str();
      return hit;
    }
  }
  return invalid_parameter("cursor", text, "it is not one that this server gave out");
}

tl::unexpected<Error> refuse_unknown(std::string_view name) {
  std::vector<std::string> known(kKnown.begin(), kKnown.end());
  known.insert(known.end(), {"snippets", "words"});
  const auto near = did_you_mean(name, known);
  return fail(Errc::invalid_input, "parameter-unknown",
              fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))),
              {.why = fmt::format("known: {}", fmt::join(known, " ")),
               .fix = near ? fmt::format("did you mean '{}'?", *near) : std::string()});
}

}  // namespace

Result<SearchParameters> parse_search_parameters(
    const std::vector<std::pair<std::string, std::string>>& parameters,
    const std::vector<std::string_view>& known_too) {
  SearchParameters out;
  std::string text;
  std::set<std::string_view> seen;
  std::vector<search::Filter> filters;
  for (const auto& [name, value] : parameters) {
    if (std::find(known_too.begin(), known_too.end(), name) != known_too.end()) continue;
    const auto field = search::parse_field(name);
    if (!seen.insert(name).second && !field)
      return invalid_parameter(name, value, "it stands twice");
    if (name == "q") {
      text = value;
    } else if (field && name != "licence") {
      if (value.empty()) continue;
      if (value.size() > search::kQueryBytesMax || filters.size() == search::kQueryTermsMax)
        return invalid_parameter(name, value.substr(0, 60),
                                 fmt::format("at most {} filters of {} bytes",
                                             search::kQueryTermsMax, search::kQueryBytesMax));
      if (const auto checked = search::check_value(*field, value); !checked)
        return invalid_parameter(name, value, checked.error().message);
      filters.push_back({*field, value, false});
    } else if (name == "premium") {
      TRY_ASSIGN(out.request.query.premium, yes_or_no(name, value));
    } else if (name == "min_rating") {
      TRY_ASSIGN(out.request.min_rating, number(name, value, 1.0, 5.0));
    } else if (name == "limit") {
      TRY_ASSIGN(out.request.limit, number<std::size_t>(name, value, 1, kPageMax));
    } else if (name == "cursor") {
      TRY_ASSIGN(out.request.after, parse_cursor(value));
    } else if (name == "explain") {
      TRY_ASSIGN(out.request.explain, yes_or_no(name, value));
    } else if (name == "facets") {
      TRY_ASSIGN(out.request.facets, yes_or_no(name, value));
    } else if (name == "snippets") {
      TRY_ASSIGN(out.snippets, yes_or_no(name, value));
    } else if (name == "words") {
      if (value != "whole" && value != "typing")
        return invalid_parameter(name, value, "it is 'whole' or 'typing'");
      out.whole_words = value == "whole";
    } else {
      return refuse_unknown(name);
    }
  }
  search::ParsedQuery parsed = search::parse_query(
      text, out.whole_words ? search::LastWord::whole : search::LastWord::beginning);
  if (parsed.blocked()) {
    const Finding& first =
        *std::find_if(parsed.findings.begin(), parsed.findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::block; });
    return fail(Errc::invalid_input, "query-invalid", first.message, {.fix = first.fix});
  }
  if (out.request.query.premium && !parsed.query.premium)
    parsed.query.premium = out.request.query.premium;
  parsed.query.filters.insert(parsed.query.filters.end(), filters.begin(), filters.end());
  out.request.query = std::move(parsed.query);
  out.notes = std::move(parsed.findings);
  return out;
}

std::vector<RankedWorker> ranked_workers(const SearchState& state,
                                         const search::SearchRequest& request) {
  search::SearchRequest all = request;
  all.limit = state.index->size();
  all.after.reset();
  all.explain = all.facets = false;
  const auto& workers = state.snapshot->workers();
  std::vector<RankedWorker> ranked;
  for (const search::Hit& hit : state.index->search(all).hits) {
    const auto at = std::lower_bound(
        workers.begin(), workers.end(), hit.id,
        [](const auto& entry, const std::string& id) { return entry->id.str() < id; });
    if (at != workers.end() && (*at)->id.str() == hit.id)
      ranked.push_back({static_cast<std::size_t>(at - workers.begin()), hit.score});
  }
  return ranked;
}

}  // namespace rbee::api
