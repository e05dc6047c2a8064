// AurView's searches: over each bucket's texts, which lie one behind the other in memory.
//
// A substring needs every byte looked at once; memmem does that at gigabytes a second.
#include <algorithm>
#include <cstring>

#include "api/aur_view.hpp"

namespace rbee::api {

namespace {

/// Where `needle` stands in `text` at or behind `from`; nullptr: nowhere.
const char* find_bytes(std::string_view text, std::string_view needle, const char* from) {
  const char* end = text.data() + text.size();
  return static_cast<const char*>(
      ::memmem(from, static_cast<std::size_t>(end - from), needle.data(), needle.size()));
}

/// Calls `found` for each place of `needle` with its row, until that returns what to do next.
enum class Next { place, row, stop };
template <typename Found>
bool scan(std::string_view text, std::string_view needle, const std::vector<AurRow>& rows,
          std::string_view AurRow::*part, const Found& found) {
  const auto end_of = [&](const AurRow& row) { return (row.*part).data() + (row.*part).size(); };
  const char* from = text.data();
  auto row = rows.begin();
  while (from != text.data() + text.size()) {
    const char* at = find_bytes(text, needle, from);
    if (at == nullptr) return true;
    row = std::upper_bound(row, rows.end(), at, [&](const char* place, const AurRow& each) {
      return place < end_of(each);
    });
    if (row == rows.end()) return true;
    switch (found(*row, at)) {
      case Next::stop:
        return false;
      case Next::place:
        from = at + 1;
        break;
      case Next::row:
        from = end_of(*row);
        break;
    }
  }
  return true;
}

bool sorts_before(const AurRow* a, const AurRow* b) {
  return a->name < b->name;
}

}  // namespace

std::vector<const AurRow*> AurView::containing(std::string_view needle, In where,
                                               std::size_t limit) const {
  std::vector<const AurRow*> rows;
  if (needle.empty() || needle.find(kFieldEnd) != std::string_view::npos ||
      needle.find(kLineEnd) != std::string_view::npos)
    return rows;
  for (const auto& bucket : buckets_) {
    const bool go_on = scan(bucket->texts, needle, bucket->rows, &AurRow::text,
                            [&](const AurRow& row, const char* at) {
                              // The first place is in the name, or nowhere in it.
                              const bool in_name = at < row.name.data() + row.name.size();
                              if (where == In::name && !in_name) return Next::row;
                              if (is_listed(row)) rows.push_back(&row);
                              return rows.size() < limit ? Next::row : Next::stop;
                            });
    if (!go_on) break;
  }
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<const AurRow*> AurView::related(AurRelation relation, std::string_view name,
                                            std::size_t limit) const {
  std::vector<const AurRow*> rows;
  if (name.empty() || name.find(kLineEnd) != std::string_view::npos) return rows;
  std::string needle{kLineEnd, static_cast<char>(relation)};
  needle += name;
  for (const auto& bucket : buckets_) {
    const bool go_on =
        scan(bucket->relations, needle, bucket->rows, &AurRow::relations,
             [&](const AurRow& row, const char* at) {
               // The whole name: a version or the end of the line follows.
               if (std::string_view("<>=\n").find(at[needle.size()]) == std::string_view::npos)
                 return Next::place;
               if (is_listed(row)) rows.push_back(&row);
               return rows.size() < limit ? Next::row : Next::stop;
             });
    if (!go_on) break;
  }
  // A package provides itself.
  if (relation == AurRelation::provides)
    if (const AurRow* self = find(name);
        self != nullptr && std::find(rows.begin(), rows.end(), self) == rows.end())
      rows.push_back(self);
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<const AurRow*> AurView::where(const std::function<bool(const AurRow&)>& wants,
                                          std::size_t limit) const {
  std::vector<const AurRow*> rows;
  for (const auto& bucket : buckets_)
    for (const AurRow& row : bucket->rows)
      if (rows.size() < limit && is_listed(row) && wants(row)) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<std::string> AurView::names_with(std::string_view prefix, std::size_t limit) const {
  std::vector<std::string> names;
  for (const auto& bucket : buckets_) {
    auto row = std::lower_bound(bucket->rows.begin(), bucket->rows.end(), prefix,
                                [](const AurRow& a, std::string_view p) { return a.name < p; });
    for (std::size_t taken = 0;
         taken < limit && row != bucket->rows.end() && row->name.starts_with(prefix); ++row)
      if (is_listed(*row)) {
        names.emplace_back(row->name);
        ++taken;
      }
  }
  std::sort(names.begin(), names.end());
  if (names.size() > limit) names.resize(limit);
  return names;
}

std::vector<std::string> AurView::bases_with(std::string_view prefix, std::size_t limit) const {
  // A name that is not its own base begins with the same id; so a few more names hold all bases.
  std::vector<std::string> bases;
  for (const std::string& name : names_with(prefix, 2 * limit)) bases.push_back(find(name)->base());
  std::erase_if(bases, [&](const std::string& base) { return !base.starts_with(prefix); });
  std::sort(bases.begin(), bases.end());
  bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
  if (bases.size() > limit) bases.resize(limit);
  return bases;
}

}  // namespace rbee::api
