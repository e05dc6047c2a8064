#include "base/line_diff.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rbee {

namespace {

constexpr std::size_t kDifferenceMax = 1'000;

/// The text's lines; a last line without a newline says so, as it differs from one with.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

bool ends_open(std::string_view text) {
  return !text.empty() && text.back() != '\n';
}

/// For every line, whether it stays: the two lists of kept lines are equal.
struct Kept {
  std::vector<bool> before, after;
};

using Lines = std::vector<std::string_view>;

/// Myers' greedy algorithm between two texts that share neither their first nor their last line.
void mark_common(const Lines& a, const Lines& b, std::size_t from, std::size_t a_end,
                 std::size_t b_end, Kept& kept) {
  const auto n = static_cast<std::ptrdiff_t>(a_end - from);
  const auto m = static_cast<std::ptrdiff_t>(b_end - from);
  const std::ptrdiff_t most =
      std::min<std::ptrdiff_t>(n + m, static_cast<std::ptrdiff_t>(kDifferenceMax));
  // furthest[k + most]: how far in `a` a path on the diagonal k = x - y has come.
  std::vector<std::ptrdiff_t> furthest(static_cast<std::size_t>(2 * most + 2), 0);
  std::vector<std::vector<std::ptrdiff_t>> trace;
  const auto at = [&](std::vector<std::ptrdiff_t>& row, std::ptrdiff_t k) -> std::ptrdiff_t& {
    return row[static_cast<std::size_t>(k + most)];
  };
  const auto same = [&](std::ptrdiff_t x, std::ptrdiff_t y) {
    return a[from + static_cast<std::size_t>(x)] == b[from + static_cast<std::size_t>(y)];
  };
  std::ptrdiff_t found = -1;
  for (std::ptrdiff_t d = 0; d <= most && found < 0; ++d) {
    trace.push_back(furthest);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && at(furthest, k - 1) < at(furthest, k + 1));
      std::ptrdiff_t x = down ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
      while (x < n && x - k < m && x - k >= 0 && same(x, x - k)) ++x;
      at(furthest, k) = x;
      if (x >= n && x - k >= m) found = d;
    }
  }
  if (found < 0) return;
  std::ptrdiff_t x = n;
  std::ptrdiff_t y = m;
  for (std::ptrdiff_t d = found; d >= 0; --d) {
    std::vector<std::ptrdiff_t>& row = trace[static_cast<std::size_t>(d)];
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && at(row, k - 1) < at(row, k + 1));
    const std::ptrdiff_t before_k = down ? k + 1 : k - 1;
    const std::ptrdiff_t before_x = d == 0 ? 0 : at(row, before_k);
    const std::ptrdiff_t before_y = d == 0 ? 0 : before_x - before_k;
    while (x > before_x && y > before_y) {
      --x;
      --y;
      kept.before[from + static_cast<std::size_t>(x)] = true;
      kept.after[from + static_cast<std::size_t>(y)] = true;
    }
    x = before_x;
    y = before_y;
  }
}

}  // namespace

std::vector<LineChange> line_changes(std::string_view before, std::string_view after) {
  std::vector<LineChange> changes;
  if (before == after) return changes;
  const Lines a = lines_of(before);
  const Lines b = lines_of(after);
  Kept kept{std::vector<bool>(a.size()), std::vector<bool>(b.size())};
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) {
    kept.before[head] = kept.after[head] = true;
    ++head;
  }
  std::size_t a_end = a.size();
  std::size_t b_end = b.size();
  while (a_end > head && b_end > head && a[a_end - 1] == b[b_end - 1]) {
    kept.before[--a_end] = kept.after[--b_end] = true;
  }
  mark_common(a, b, head, a_end, b_end, kept);
  // The same last line with a newline on one side only is another line.
  if (ends_open(before) != ends_open(after) && !a.empty() && !b.empty() && kept.before.back() &&
      kept.after.back())
    kept.before.back() = kept.after.back() = false;

  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && kept.before[i] && kept.after[j]) {
      ++i;
      ++j;
      continue;
    }
    LineChange change;
    change.line_before = static_cast<std::uint32_t>(i + 1);
    change.line_after = static_cast<std::uint32_t>(j + 1);
    while (i < a.size() && !kept.before[i]) change.before.emplace_back(a[i++]);
    while (j < b.size() && !kept.after[j]) change.after.emplace_back(b[j++]);
    changes.push_back(std::move(change));
  }
  return changes;
}

std::string unified_diff(std::string_view before, std::string_view after, std::string_view name,
                         std::size_t context) {
  const std::vector<LineChange> changes = line_changes(before, after);
  if (changes.empty()) return {};
  const Lines a = lines_of(before);
  const Lines b = lines_of(after);
  std::string out = "--- " + std::string(name) + "\n+++ " + std::string(name) + "\n";
  const auto range = [](std::size_t first, std::size_t count) {
    // POSIX: an empty range names the line before it.
    std::string text = std::to_string(count == 0 ? first : first + 1);
    if (count != 1) text += "," + std::to_string(count);
    return text;
  };
  const auto line = [](std::string& to, char mark, std::string_view text, bool open) {
    to += mark;
    to.append(text).append("\n");
    if (open) to += "\\ No newline at end of file\n";
  };
  for (std::size_t c = 0; c < changes.size();) {
    std::size_t last = c;
    const auto end_of = [&](std::size_t i) {
      return changes[i].line_before - 1 + changes[i].before.size();
    };
    while (last + 1 < changes.size() &&
           changes[last + 1].line_before - 1 <= end_of(last) + 2 * context)
      ++last;
    const std::size_t lead = std::min<std::size_t>(context, changes[c].line_before - 1);
    const std::size_t begin_a = changes[c].line_before - 1 - lead;
    const std::size_t begin_b = changes[c].line_after - 1 - lead;
    const std::size_t end_a = std::min(a.size(), end_of(last) + context);
    std::string body;
    std::size_t i = begin_a;
    std::size_t j = begin_b;
    for (std::size_t at = c; at <= last; ++at) {
      for (; i < changes[at].line_before - 1; ++i, ++j) line(body, ' ', a[i], false);
      for (const std::string& text : changes[at].before)
        line(body, '-', text, ++i == a.size() && ends_open(before));
      for (const std::string& text : changes[at].after)
        line(body, '+', text, ++j == b.size() && ends_open(after));
    }
    for (; i < end_a; ++i, ++j) line(body, ' ', a[i], i + 1 == a.size() && ends_open(before));
    out += "@@ -" + range(begin_a, i - begin_a) + " +" + range(begin_b, j - begin_b) + " @@\n";
    out += body;
    c = last + 1;
  }
  return out;
}

}  // namespace rbee
