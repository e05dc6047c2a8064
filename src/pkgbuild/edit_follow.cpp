#include "pkgbuild/edit_follow.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// A version as runs of digits and of letters, and what stands before each of them.
struct Runs {
  std::vector<std::string> runs;
  std::vector<std::string> gaps;  ///< One more than runs: the last stands after all.
};

Runs runs_of(std::string_view text) {
  Runs out;
  std::string gap;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i]) && !is_letter(text[i])) {
      gap += text[i++];
      continue;
    }
    const bool digits = is_digit(text[i]);
    const std::size_t from = i;
    while (i < text.size() && (digits ? is_digit(text[i]) : is_letter(text[i]))) ++i;
    out.gaps.push_back(std::move(gap));
    gap.clear();
    out.runs.emplace_back(text.substr(from, i - from));
  }
  out.gaps.push_back(std::move(gap));
  return out;
}

/// May `head` and `tail` stay around a new value? They must be names such as "v" or "-final": a
/// number in them, such as a build's or the rest of a commit, would belong to the old value.
bool may_stay(std::string_view head, std::string_view tail) {
  if (std::any_of(tail.begin(), tail.end(), is_digit)) return false;
  if (!tail.empty() && is_letter(tail.front())) return false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!is_digit(head[i]) || (i > 0 && (is_digit(head[i - 1]) || is_letter(head[i - 1]))))
      continue;
    std::size_t end = i;
    while (end < head.size() && is_digit(head[end])) ++end;
    if (end < head.size()) return false;  // Else it is the front of the number: the 20 of 2024.
  }
  return true;
}

/// The part has the whole's runs, with other separators or letters: 1_2_3 makes 1.2.3. The new
/// part has the wanted runs, and each separator becomes what the same one was before.
std::optional<std::string> reshape(std::string_view part, std::string_view whole,
                                   std::string_view wanted) {
  const Runs p = runs_of(part);
  const Runs w = runs_of(whole);
  const Runs n = runs_of(wanted);
  if (w.runs.empty() || p.runs.size() < w.runs.size() || n.runs.empty()) return std::nullopt;
  std::size_t from = 0;
  const auto matches = [&] {
    for (std::size_t i = 0; i < w.runs.size(); ++i)
      if (lower(p.runs[from + i]) != lower(w.runs[i])) return false;
    return true;
  };
  while (from + w.runs.size() <= p.runs.size() && !matches()) ++from;
  if (from + w.runs.size() > p.runs.size()) return std::nullopt;
  // The text before the first and after the last of these runs stays.
  std::string out;
  for (std::size_t i = 0; i < from; ++i) out += p.gaps[i] + p.runs[i];
  out += p.gaps[from];
  const std::string head = out;
  std::string tail;
  for (std::size_t i = from + w.runs.size(); i < p.runs.size(); ++i) tail += p.gaps[i] + p.runs[i];
  tail += p.gaps.back();
  if (!may_stay(head, tail)) return std::nullopt;
  std::map<std::string, std::string> becomes;
  bool consistent = true;
  for (std::size_t i = 1; i < w.runs.size(); ++i) {
    const auto [at, fresh] = becomes.emplace(w.gaps[i], p.gaps[from + i]);
    consistent = consistent && (fresh || at->second == p.gaps[from + i]);
  }
  const bool by_position = n.runs.size() == w.runs.size() &&
                           std::equal(n.gaps.begin() + 1, n.gaps.end() - 1, w.gaps.begin() + 1);
  if (!by_position && !consistent) return std::nullopt;
  for (std::size_t i = 0; i < n.runs.size(); ++i) {
    if (i > 0 && by_position) {
      out += p.gaps[from + i];
    } else if (i > 0) {
      const auto known = becomes.find(n.gaps[i]);
      // A separator that the old value had no example of: none, as in 1.3rc1, stays none.
      if (known == becomes.end() && !n.gaps[i].empty()) return std::nullopt;
      out += known == becomes.end() ? std::string() : known->second;
    }
    const bool unchanged = i < w.runs.size() && n.runs[i] == w.runs[i];
    out += unchanged ? p.runs[from + i] : n.runs[i];
  }
  return out + tail;
}

/// The whole is the part without some separators, as 20240702 is 2024-07-02: the wanted characters
/// take the places of the old ones, kind by kind. Only where every number beside a lost separator
/// has two digits and more: 1.2.3 as 123 does not say what 130 is.
std::optional<std::string> put_back_separators(std::string_view part, std::string_view whole,
                                               std::string_view wanted) {
  if (wanted.size() != whole.size() || part.size() <= whole.size()) return std::nullopt;
  const auto run_at = [&](std::size_t i, int step) {
    std::size_t size = 0;
    for (; i < part.size() && is_digit(part[i]); i += static_cast<std::size_t>(step)) ++size;
    return size;
  };
  std::string out;
  std::size_t j = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (j < whole.size() && part[i] == whole[j]) {
      if (is_digit(part[i]) ? !is_digit(wanted[j]) : part[i] != wanted[j]) return std::nullopt;
      out += wanted[j++];
      continue;
    }
    if (is_digit(part[i]) || is_letter(part[i]) || i == 0 || run_at(i - 1, -1) < 2 ||
        run_at(i + 1, 1) < 2)
      return std::nullopt;
    out += part[i];
  }
  if (j != whole.size()) return std::nullopt;
  return out;
}

bool only_dotted_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

std::size_t dots(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
}

void divide_from(const std::vector<Piece>& pieces, std::size_t at, std::string_view rest,
                 std::vector<std::string>& values, std::vector<std::vector<std::string>>& found) {
  constexpr std::size_t kFoundMax = 64;
  if (found.size() >= kFoundMax) return;
  if (at == pieces.size()) {
    if (rest.empty()) found.push_back(values);
    return;
  }
  if (!pieces[at].variable) {
    if (rest.starts_with(pieces[at].text))
      divide_from(pieces, at + 1, rest.substr(pieces[at].text.size()), values, found);
    return;
  }
  for (std::size_t size = 1; size <= rest.size(); ++size) {
    values.emplace_back(rest.substr(0, size));
    divide_from(pieces, at + 1, rest.substr(size), values, found);
    values.pop_back();
  }
}

}  // namespace

std::vector<std::string> guesses(std::string_view part_before, std::string_view whole_before,
                                 std::string_view wanted) {
  std::vector<std::string> out;
  const auto add = [&](std::string value) {
    if (!value.empty() && std::find(out.begin(), out.end(), value) == out.end())
      out.push_back(std::move(value));
  };
  if (part_before.empty() || whole_before.empty()) return out;
  // v1.2 holds 1.2.
  if (const std::size_t at = part_before.find(whole_before); at != part_before.npos) {
    const std::string_view head = part_before.substr(0, at);
    const std::string_view tail = part_before.substr(at + whole_before.size());
    // Nothing else that is tried below could know better.
    if (!may_stay(head, tail)) return out;
    add(std::string(head) + std::string(wanted) + std::string(tail));
  }
  // 1.2 is in 1.2.r5.
  for (std::size_t at = whole_before.find(part_before); at != whole_before.npos;
       at = whole_before.find(part_before, at + 1)) {
    const std::string_view head = whole_before.substr(0, at);
    const std::string_view tail = whole_before.substr(at + part_before.size());
    if (wanted.size() > head.size() + tail.size() && wanted.starts_with(head) &&
        wanted.ends_with(tail))
      add(std::string(wanted.substr(head.size(), wanted.size() - head.size() - tail.size())));
  }
  if (auto value = reshape(part_before, whole_before, wanted)) add(std::move(*value));
  if (auto value = put_back_separators(part_before, whole_before, wanted)) add(std::move(*value));
  // Where neither has a separator but the same dots, nothing could be written otherwise.
  if (only_dotted_digits(wanted) && dots(part_before) == dots(whole_before) &&
      std::all_of(part_before.begin(), part_before.end(),
                  [](char c) { return is_digit(c) || is_letter(c) || c == '.'; }) &&
      is_digit(part_before.front()))
    add(std::string(wanted));
  return out;
}

std::vector<std::string> divide(const std::vector<Piece>& pieces, std::string_view wanted) {
  constexpr std::size_t kPiecesMax = 9;
  constexpr std::size_t kWantedMax = 64;
  if (pieces.size() > kPiecesMax || wanted.size() > kWantedMax) return {};
  std::vector<std::vector<std::string>> found;
  std::vector<std::string> values;
  divide_from(pieces, 0, wanted, values, found);
  if (found.size() == 1) return found.front();
  std::vector<std::string> before;
  for (const Piece& piece : pieces)
    if (piece.variable) before.push_back(piece.text);
  std::erase_if(found, [&](const std::vector<std::string>& each) {
    for (std::size_t i = 0; i < each.size(); ++i)
      if (dots(each[i]) != dots(before[i])) return true;
    return false;
  });
  return found.size() == 1 ? found.front() : std::vector<std::string>();
}

}  // namespace rbee::pkgbuild
