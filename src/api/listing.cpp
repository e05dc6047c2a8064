#include "api/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "api/answers.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

tl::unexpected<Error> refused_value(std::string_view name, const Error& error) {
  std::string why = error.message;
  for (const std::string& fact : error.evidence) why += "; " + fact;
  return fail(Errc::invalid_input, "parameter-invalid",
              fmt::format("the parameter '{}' cannot be used", name),
              {.why = std::move(why), .fix = error.fix});
}

constexpr std::array<std::pair<std::string_view, Sort>, 8> kSorts = {
    {{"relevance", Sort::relevance},
     {"stars", Sort::stars},
     {"popularity", Sort::popularity},
     {"rating", Sort::rating},
     {"trending", Sort::trending},
     {"installs", Sort::installs},
     {"newest", Sort::newest},
     {"updated", Sort::updated}}};

/// "KEY.ID"
Result<std::pair<std::int64_t, std::string>> parse_cursor(std::string_view text) {
  std::int64_t key = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, key);
  if (error == std::errc() && at != end && *at == '.')
    if (const auto id = WorkerId::parse(std::string_view(at + 1, end)))
      return std::pair(key, id->str());
  return invalid_parameter("cursor", text, "it is not one that this server gave out");
}

Result<void> add_word(std::vector<std::string>& words, std::string_view name,
                      const std::string& value) {
  if (value.empty()) return {};
  if (words.size() == 16) return invalid_parameter(name, value, "there are at most 16 of them");
  words.push_back(value);
  return {};
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
    if (again && name != "tag" && name != "id" && name != "task" && name != "format")
      return invalid_parameter(printable_line(name), value, "it stands twice");
    if (name == "q") {
      if (value.size() > 200) return invalid_parameter(name, value, "it is longer than 200 bytes");
      query.text = lower(trim(value));
      query.words.clear();
      for (std::string_view word : split(query.text, ' '))
        if (!trim(word).empty()) query.words.emplace_back(trim(word));
    } else if (name == "tag") {
      TRY(add_word(query.tags, name, value));
    } else if (name == "task") {
      TRY(add_word(query.tasks, name, value));
    } else if (name == "format") {
      TRY(add_word(query.formats, name, value));
    } else if (name == "license") {
      if (value.size() > 200) return invalid_parameter(name, value, "it is longer than 200 bytes");
      query.license = value;
    } else if (name == "owner") {
      if (value.size() > 39)
        return invalid_parameter(name, value, "no account's name is that long");
      query.owner = value;
    } else if (name == "premium") {
      if (value != "0" && value != "1") return invalid_parameter(name, value, "it is 0 or 1");
      query.premium = value == "1";
    } else if (name == "min_rating") {
      double rating = 0;
      const auto [at, error] = std::from_chars(value.data(), value.data() + value.size(), rating);
      if (error != std::errc() || at != value.data() + value.size() ||
          !(rating >= 0 && rating <= 5))
        return invalid_parameter(name, value, "it is a number from 0 to 5");
      query.min_rating = rating;
    } else if (name == "sort") {
      const auto known = std::find_if(kSorts.begin(), kSorts.end(),
                                      [&](const auto& sort) { return sort.first == value; });
      if (known == kSorts.end()) {
        std::string words;
        for (const auto& [word, sort] : kSorts) words += fmt::format(" {}", word);
        return invalid_parameter(name, value, "it is one of" + words);
      }
      query.sort = known->second;
    } else if (name == "id") {
      auto parsed = WorkerId::parse(value);
      if (!parsed) return refused_value(name, parsed.error());
      if (query.ids.size() == kPageMax)
        return invalid_parameter(name, value, fmt::format("there are at most {} ids", kPageMax));
      query.ids.push_back(parsed->str());
    } else if (name == "accelerator") {
      auto parsed = parse_accelerator(value);
      if (!parsed) return refused_value(name, parsed.error());
      accelerator = *parsed;
    } else if (name == "os") {
      auto parsed = parse_os(value);
      if (!parsed) return refused_value(name, parsed.error());
      os = *parsed;
    } else if (name == "arch") {
      auto parsed = parse_arch(value);
      if (!parsed) return refused_value(name, parsed.error());
      arch = *parsed;
    } else if (name == "source") {
      if (value != "official" && value != "community")
        return invalid_parameter(name, value, "it is 'official' or 'community'");
      query.source = value == "official" ? catalog::Origin::official : catalog::Origin::community;
    } else if (name == "limit") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error != std::errc() || end != value.data() + value.size() || query.limit < 1 ||
          query.limit > kPageMax)
        return invalid_parameter(name, value, fmt::format("it is a number from 1 to {}", kPageMax));
    } else if (name == "cursor") {
      TRY_ASSIGN(query.after, parse_cursor(value));
    } else {
      const std::vector<std::string> known = {
          "q",      "tag",     "id",    "accelerator", "os",         "arch", "source", "task",
          "format", "license", "owner", "premium",     "min_rating", "sort", "limit",  "cursor"};
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

bool has_all(const std::vector<std::string>& words, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  });
}

bool passes(const catalog::Entry& worker, const Numbers& numbers, const ListQuery& query) {
  if (query.source && worker.origin != *query.source) return false;
  if (query.premium && worker.is_premium != *query.premium) return false;
  if (numbers.rating < query.min_rating) return false;
  if (!query.license.empty() && worker.license != query.license) return false;
  if (query.platforms && !worker.platforms.intersects(*query.platforms)) return false;
  return has_all(worker.tags, query.tags) && has_all(worker.tasks, query.tasks) &&
         has_all(worker.formats, query.formats);
}

/// The least comes first.
std::int64_t sort_key(Sort sort, const catalog::Entry& worker, const Numbers& numbers, int place) {
  constexpr double kExact = 1e6;
  switch (sort) {
    case Sort::relevance:
      return place;
    case Sort::stars:
      return -numbers.stars;
    case Sort::popularity:
      return -static_cast<std::int64_t>(numbers.popularity * kExact);
    case Sort::rating:
      return -static_cast<std::int64_t>(numbers.rating * kExact);
    case Sort::trending:
      return -static_cast<std::int64_t>(numbers.trend * kExact);
    case Sort::installs:
      return -numbers.installs;
    case Sort::newest:
      return -worker.created.time_since_epoch().count();
    case Sort::updated:
      return -worker.updated.time_since_epoch().count();
  }
  return 0;
}

}  // namespace

std::vector<Numbers> numbers_of(const catalog::Snapshot& snapshot, const NumbersTable& table) {
  std::vector<Numbers> all(snapshot.workers().size());
  for (const auto& [id, numbers] : table) {
    const auto& workers = snapshot.workers();
    const auto at = std::lower_bound(
        workers.begin(), workers.end(), id,
        [](const auto& worker, const auto& key) { return worker->id.str() < key; });
    if (at != workers.end() && (*at)->id.str() == id)
      all[static_cast<std::size_t>(at - workers.begin())] = numbers;
  }
  return all;
}

Page list_page(const catalog::Snapshot& snapshot,
               const std::vector<std::shared_ptr<const SearchText>>& texts,
               const std::vector<Numbers>& numbers, const ListQuery& query) {
  const auto& workers = snapshot.workers();
  struct Match {
    std::int64_t key;
    std::size_t place;  ///< Workers are sorted by id: this is the order of equal keys, too.
  };
  std::vector<Match> matches;
  Page page;
  const auto judge = [&](std::size_t i) {
    const auto place = rank(*texts[i], query);
    if (!place || !passes(*workers[i], numbers[i], query)) return;
    ++page.total;
    const std::int64_t key = sort_key(query.sort, *workers[i], numbers[i], *place);
    if (query.after && (key < query.after->first ||
                        (key == query.after->first && texts[i]->id <= query.after->second)))
      return;
    matches.push_back({key, i});
  };
  if (query.ids.empty() && query.owner.empty()) {
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
  const std::size_t count = std::min(query.limit, matches.size());
  std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(count),
                    matches.end(), [](const Match& a, const Match& b) {
                      return a.key != b.key ? a.key < b.key : a.place < b.place;
                    });
  for (std::size_t i = 0; i < count; ++i) page.indexes.push_back(matches[i].place);
  if (matches.size() > count)
    page.next = fmt::format("{}.{}", matches[count - 1].key, texts[matches[count - 1].place]->id);
  return page;
}

}  // namespace rbee::api
