// AurView's searches: over each bucket's texts, which lie one behind the other in memory.
//
// A substring needs every byte looked at once; memmem does that at gigabytes a second.
#include <algorithm>
#include <cstring>

#include "api/aur_view.hpp"

namespace rbee::api {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Where `needle` stands in `text` at or behind `from`.
std::size_t find_bytes(std::string_view text, std::string_view needle, std::size_t from) {
  if (from >= text.size()) return kNone;
  const void* at = ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return at == nullptr ? kNone
                       : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// Calls `found` for each row whose part of `text` holds `needle`, with the offset in that part;
/// until it returns false. `end_of` is where a row's part ends.
template <typename Found>
bool scan(std::string_view text, std::string_view needle, const std::vector<AurRow>& rows,
          std::uint32_t AurRow::*end_of, const Found& found) {
  std::size_t from = 0;
  for (auto row = rows.begin(); row != rows.end();) {
    const std::size_t at = find_bytes(text, needle, from);
    if (at == kNone) return true;
    row = std::upper_bound(row, rows.end(), at, [&](std::size_t offset, const AurRow& each) {
      return offset < each.*end_of;
    });
    if (row == rows.end()) return true;
    const std::size_t begin = row == rows.begin() ? 0 : (*std::prev(row)).*end_of;
    if (!found(*row, at - begin)) return false;
    from = (*row).*end_of;
    ++row;
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
      needle.find(kRelationEnd) != std::string_view::npos)
    return rows;
  for (const auto& bucket : buckets_) {
    const bool go_on = scan(bucket->texts, needle, bucket->rows, &AurRow::text_end,
                            [&](const AurRow& row, std::size_t offset) {
                              // The first place is in the name, or nowhere in it.
                              if (where == In::name && offset >= row.name.size()) return true;
                              if (is_listed(*row.base)) rows.push_back(&row);
                              return rows.size() < limit;
                            });
    if (!go_on) break;
  }
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<const AurRow*> AurView::related(AurRelation relation, std::string_view name,
                                            std::size_t limit) const {
  std::vector<const AurRow*> rows;
  if (name.empty() || name.find(kRelationEnd) != std::string_view::npos) return rows;
  std::string needle{kRelationEnd, static_cast<char>(relation)};
  needle += name;
  needle += kRelationEnd;
  for (const auto& bucket : buckets_) {
    const bool go_on = scan(bucket->relations, needle, bucket->rows, &AurRow::relations_end,
                            [&](const AurRow& row, std::size_t) {
                              if (is_listed(*row.base)) rows.push_back(&row);
                              return rows.size() < limit;
                            });
    if (!go_on) break;
  }
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<const AurRow*> AurView::where(const std::function<bool(const AurRow&)>& wants,
                                          std::size_t limit) const {
  std::vector<const AurRow*> rows;
  for (const auto& bucket : buckets_)
    for (const AurRow& row : bucket->rows)
      if (rows.size() < limit && is_listed(*row.base) && wants(row)) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), sorts_before);
  return rows;
}

std::vector<std::string_view> AurView::names_with(std::string_view prefix,
                                                  std::size_t limit) const {
  std::vector<std::string_view> names;
  for (const auto& bucket : buckets_) {
    auto row = std::lower_bound(bucket->rows.begin(), bucket->rows.end(), prefix,
                                [](const AurRow& a, std::string_view p) { return a.name < p; });
    for (std::size_t taken = 0;
         taken < limit && row != bucket->rows.end() && row->name.starts_with(prefix); ++row)
      if (is_listed(*row->base)) {
        names.push_back(row->name);
        ++taken;
      }
  }
  std::sort(names.begin(), names.end());
  if (names.size() > limit) names.resize(limit);
  return names;
}

std::vector<std::string_view> AurView::bases_with(std::string_view prefix,
                                                  std::size_t limit) const {
  std::vector<std::string_view> names;
  for (const auto& bucket : buckets_) {
    auto base = std::lower_bound(bucket->bases.begin(), bucket->bases.end(), prefix,
                                 [](const AurBase& a, std::string_view p) { return a.name < p; });
    for (std::size_t taken = 0;
         taken < limit && base != bucket->bases.end() && base->name.starts_with(prefix); ++base)
      if (is_listed(*base)) {
        names.push_back(base->name);
        ++taken;
      }
  }
  std::sort(names.begin(), names.end());
  if (names.size() > limit) names.resize(limit);
  return names;
}

}  // namespace rbee::api
