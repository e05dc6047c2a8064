#include "api/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/ids.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

constexpr int kRankMax = 3;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

tl::unexpected<Error> invalid(std::string_view name, std::string_view value, std::string expected) {
  return fail(Errc::invalid_input, "parameter-invalid",
              fmt::format("the parameter {}='{}' cannot be used", name,
                          printable_line(value.substr(0, 60))),
              {.why = std::move(expected)});
}

tl::unexpected<Error> invalid(std::string_view name, const Error& error) {
  std::string why = error.message;
  for (const std::string& fact : error.evidence) why += "; " + fact;
  return fail(Errc::invalid_input, "parameter-invalid",
              fmt::format("the parameter '{}' cannot be used", name),
              {.why = std::move(why), .fix = error.fix});
}

Result<std::pair<int, std::string>> parse_cursor(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == 1 && text[0] >= '0' && text[0] <= '0' + kRankMax)
    if (const auto id = WorkerId::parse(text.substr(2))) return std::pair(text[0] - '0', id->str());
  return invalid("cursor", text, "it is not one that this server gave out");
}

}  // namespace

Result<ListQuery> parse_list_query(
    const std::vector<std::pair<std::string, std::string>>& parameters) {
  ListQuery query;
  std::set<std::string_view> seen;
  PlatformSet platforms = PlatformSet::all();
  std::optional<Accelerator> accelerator;
  std::optional<Os> os;
  std::optional<Arch> arch;
  for (const auto& [name, value] : parameters) {
    const bool again = !seen.insert(name).second;
    if (again && name != "tag" && name != "id")
      return invalid(printable_line(name), value, "it stands twice");
    if (name == "q") {
      if (value.size() > 200) return invalid(name, value, "it is longer than 200 bytes");
      query.text = lower(trim(value));
      query.words.clear();
      for (std::string_view word : split(query.text, ' '))
        if (!trim(word).empty()) query.words.emplace_back(trim(word));
    } else if (name == "tag") {
      if (value.empty()) continue;
      if (query.tags.size() == 16) return invalid(name, value, "there are at most 16 tags");
      query.tags.push_back(value);
    } else if (name == "id") {
      auto parsed = WorkerId::parse(value);
      if (!parsed) return invalid(name, parsed.error());
      if (query.ids.size() == kPageMax)
        return invalid(name, value, fmt::format("there are at most {} ids", kPageMax));
      query.ids.push_back(parsed->str());
    } else if (name == "accelerator") {
      auto parsed = parse_accelerator(value);
      if (!parsed) return invalid(name, parsed.error());
      accelerator = *parsed;
    } else if (name == "os") {
      auto parsed = parse_os(value);
      if (!parsed) return invalid(name, parsed.error());
      os = *parsed;
    } else if (name == "arch") {
      auto parsed = parse_arch(value);
      if (!parsed) return invalid(name, parsed.error());
      arch = *parsed;
    } else if (name == "source") {
      if (value != "official" && value != "community")
        return invalid(name, value, "it is 'official' or 'community'");
      query.source = value == "official" ? catalog::Origin::official : catalog::Origin::community;
    } else if (name == "limit") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error != std::errc() || end != value.data() + value.size() || query.limit < 1 ||
          query.limit > kPageMax)
        return invalid(name, value, fmt::format("it is a number from 1 to {}", kPageMax));
    } else if (name == "cursor") {
      TRY_ASSIGN(query.after, parse_cursor(value));
    } else {
      const std::vector<std::string> known = {"q",    "tag",    "id",    "accelerator", "os",
                                              "arch", "source", "limit", "cursor"};
      const auto near = did_you_mean(name, known);
      return fail(
          Errc::invalid_input, "parameter-unknown",
          fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))),
          {.why = fmt::format("known: {}", fmt::join(known, " ")),
           .fix = near ? fmt::format("did you mean '{}'?", *near) : std::string()});
    }
  }
  if (accelerator) platforms = platforms & PlatformSet::of(*accelerator);
  if (os) platforms = platforms & PlatformSet::of(*os);
  if (arch) platforms = platforms & PlatformSet::of(*arch);
  if (accelerator || os || arch) query.platforms = platforms;
  std::sort(query.ids.begin(), query.ids.end());
  query.ids.erase(std::unique(query.ids.begin(), query.ids.end()), query.ids.end());
  return query;
}

SearchText search_text(const catalog::Entry& worker) {
  std::string rest = lower(worker.description);
  for (const std::string& tag : worker.tags) rest += "\n" + tag;
  for (const std::string& task : worker.tasks) rest += "\n" + lower(task);
  return {worker.id.str(), lower(worker.name), std::move(rest)};
}

namespace {

/// The worker's place among the matches, or nothing when it is none.
std::optional<int> rank(const SearchText& text, const ListQuery& query) {
  if (query.words.empty()) return 0;
  const auto in = [](const std::string& where, const std::string& word) {
    return where.find(word) != std::string::npos;
  };
  bool all_in_name = true;
  for (const std::string& word : query.words) {
    const bool in_name = in(text.name, word);
    if (!in_name && !in(text.id, word) && !in(text.rest, word)) return std::nullopt;
    all_in_name = all_in_name && in_name;
  }
  if (text.id == query.text) return 0;
  if (text.id.starts_with(query.text)) return 1;
  return all_in_name ? 2 : 3;
}

bool passes(const catalog::Entry& worker, const ListQuery& query) {
  if (query.source && worker.origin != *query.source) return false;
  for (const std::string& tag : query.tags)
    if (std::find(worker.tags.begin(), worker.tags.end(), tag) == worker.tags.end()) return false;
  return !query.platforms || worker.platforms.intersects(*query.platforms);
}

}  // namespace

Page list_page(const catalog::Snapshot& snapshot,
               const std::vector<std::shared_ptr<const SearchText>>& texts,
               const ListQuery& query) {
  const auto& workers = snapshot.workers();
  // Workers are sorted by id, so each rank's matches are too.
  std::array<std::vector<std::size_t>, kRankMax + 1> by_rank;
  Page page;
  const auto judge = [&](std::size_t i) {
    const auto place = rank(*texts[i], query);
    if (!place || !passes(*workers[i], query)) return;
    ++page.total;
    const bool seen = query.after && std::pair(*place, texts[i]->id) <= *query.after;
    if (!seen) by_rank[static_cast<std::size_t>(*place)].push_back(i);
  };
  if (query.ids.empty()) {
    for (std::size_t i = 0; i < workers.size(); ++i) judge(i);
  } else {
    // Both are sorted: whoever asks for 50 of 100,000 pays for 50.
    auto at = texts.begin();
    for (const std::string& id : query.ids) {
      at = std::lower_bound(at, texts.end(), id, [](const auto& text, const std::string& key) {
        return text->id < key;
      });
      if (at != texts.end() && (*at)->id == id) judge(static_cast<std::size_t>(at - texts.begin()));
    }
  }
  for (std::size_t place = 0; place < by_rank.size(); ++place)
    for (std::size_t i : by_rank[place]) {
      if (page.indexes.size() == query.limit) return page;
      page.indexes.push_back(i);
      page.next = fmt::format("{}.{}", place, texts[i]->id);
    }
  page.next.reset();  // This page reaches the end.
  return page;
}

}  // namespace rbee::api
