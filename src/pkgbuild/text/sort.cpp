// sort: by bytes, by number, by version, by one key or several.
//
// Source: GNU coreutils 9.1 manual, "sort invocation" and "Version sort ordering".
#include <algorithm>
#include <array>

#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

namespace {

int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// How two keys are compared.
struct Order {
  bool numeric = false;
  bool version = false;
  bool reverse = false;
};

/// -k FIRST[.CHAR][,LAST[.CHAR]] with whole fields only.
struct Key {
  std::uint64_t first = 1;
  std::uint64_t last = 0;  ///< 0: the end of the line.
  Order order;
};

// ---- version order (gnulib filevercmp)
// ------------------------------------------------------------

/// Rank of one byte outside digits: "~" before the end, the end before letters, letters before the
/// rest.
int rank(std::string_view text, std::size_t at) {
  if (at >= text.size()) return -1;
  const char c = text[at];
  if (c == '~') return -2;
  if (is_digit(c)) return 0;
  if (is_alpha(c)) return static_cast<unsigned char>(c);
  return static_cast<unsigned char>(c) + 256;
}

/// Debian's order of upstream versions: runs of other bytes by rank, runs of digits as numbers.
int compare_runs(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
      const int left = rank(a, i), right = rank(b, j);
      if (left != right) return left < right ? -1 : 1;
      ++i;
      ++j;
    }
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    int first_difference = 0;
    while (i < a.size() && j < b.size() && is_digit(a[i]) && is_digit(b[j])) {
      if (first_difference == 0) first_difference = sign(a[i] - b[j]);
      ++i;
      ++j;
    }
    if (i < a.size() && is_digit(a[i])) return 1;
    if (j < b.size() && is_digit(b[j])) return -1;
    if (first_difference != 0) return first_difference;
  }
  return 0;
}

/// Length without a file suffix: (\.[A-Za-z~][A-Za-z0-9~]*)*$
std::size_t without_suffix(std::string_view text) {
  std::size_t end = text.size();
  std::size_t i = text.size();
  while (true) {
    std::size_t at = i;
    while (at > 0 && (is_alpha(text[at - 1]) || is_digit(text[at - 1]) || text[at - 1] == '~'))
      --at;
    if (at == i || at == 0 || text[at - 1] != '.' || is_digit(text[at])) break;
    // A name cannot begin with its suffix.
    if (at == 1) break;
    i = at - 1;
    end = i;
  }
  return end;
}

int compare_as_versions(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  if (a.empty() || b.empty()) return a.empty() ? -1 : 1;
  for (const std::string_view special : {".", ".."}) {
    if (a == special) return -1;
    if (b == special) return 1;
  }
  if ((a[0] == '.') != (b[0] == '.')) return a[0] == '.' ? -1 : 1;
  const std::string_view stem_a = a.substr(0, without_suffix(a));
  const std::string_view stem_b = b.substr(0, without_suffix(b));
  const bool same_stem = stem_a == stem_b;
  const int order = same_stem ? compare_runs(a, b) : compare_runs(stem_a, stem_b);
  return order != 0 ? order : compare_runs(a, b);
}

// ---- numbers
// --------------------------------------------------------------------------------------

/// A number as sort -n reads it: blanks, a minus, digits, a fraction. Kept as text, of any length.
struct Number {
  bool negative = false;
  std::string_view whole;     ///< Without leading zeros.
  std::string_view fraction;  ///< Without trailing zeros.
  bool zero() const { return whole.empty() && fraction.empty(); }
};

Number read_number(std::string_view text) {
  Number number;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (text.starts_with('-')) {
    number.negative = true;
    text.remove_prefix(1);
  }
  const auto digits = [&] {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
  };
  number.whole = digits();
  number.whole.remove_prefix(std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    number.fraction = digits();
    while (number.fraction.ends_with('0')) number.fraction.remove_suffix(1);
  }
  return number;
}

int compare_as_numbers(std::string_view left, std::string_view right) {
  const Number a = read_number(left), b = read_number(right);
  const bool below_a = a.negative && !a.zero(), below_b = b.negative && !b.zero();
  if (below_a != below_b) return below_a ? -1 : 1;
  int order = 0;
  if (a.whole.size() != b.whole.size())
    order = a.whole.size() < b.whole.size() ? -1 : 1;
  else
    order = sign(a.whole.compare(b.whole));
  if (order == 0) order = sign(a.fraction.compare(b.fraction));
  return below_a ? -order : order;
}

// ---- keys
// -----------------------------------------------------------------------------------------

Supported<Key> parse_key(std::string_view text) {
  Key key;
  const auto take_number = [&](std::uint64_t& target) {
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end])) ++end;
    const auto value = number(text.substr(0, end));
    text.remove_prefix(end);
    if (value) target = *value;
    return value.has_value() && *value > 0;
  };
  const auto take_flags = [&] {
    while (!text.empty() && text.front() != ',') {
      const char flag = text.front();
      if (flag == 'n')
        key.order.numeric = true;
      else if (flag == 'V')
        key.order.version = true;
      else if (flag == 'r')
        key.order.reverse = true;
      else
        return false;
      text.remove_prefix(1);
    }
    return true;
  };
  if (!take_number(key.first) || !take_flags()) return unsupported("sort -k with that key");
  if (text.starts_with(',')) {
    text.remove_prefix(1);
    if (!take_number(key.last) || !take_flags() || !text.empty())
      return unsupported("sort -k with that key");
  }
  return key;
}

/// Where field number `field` (counted from 1) begins. Without a separator a field keeps its
/// leading blanks.
std::size_t field_begin(std::string_view line, std::uint64_t field, std::optional<char> separator) {
  std::size_t at = 0;
  for (std::uint64_t i = 1; i < field && at < line.size(); ++i) {
    if (separator) {
      const std::size_t next = line.find(*separator, at);
      if (next == line.npos) return line.size();
      at = next + 1;
    } else {
      while (at < line.size() && is_blank(line[at])) ++at;
      while (at < line.size() && !is_blank(line[at])) ++at;
    }
  }
  return at;
}

std::string_view key_text(std::string_view line, const Key& key, std::optional<char> separator) {
  const std::size_t begin = field_begin(line, key.first, separator);
  if (key.last == 0) return line.substr(begin);
  std::size_t end = begin;
  if (key.last < key.first) return {};
  if (separator) {
    end = field_begin(line, key.last, separator);
    end = std::min(line.find(*separator, end), line.size());
  } else {
    end = field_begin(line, key.last + 1, separator);
  }
  return line.substr(begin, end < begin ? 0 : end - begin);
}

int compare_with(std::string_view a, std::string_view b, const Order& order) {
  const int result = order.numeric   ? compare_as_numbers(a, b)
                     : order.version ? compare_as_versions(a, b)
                                     : sign(a.compare(b));
  return order.reverse ? -result : result;
}

}  // namespace

Supported<CommandOutput> run_sort(const CommandCall& call) {
  static constexpr std::array<Option, 7> kOptions = {{{'V', "version-sort"},
                                                      {'n', "numeric-sort"},
                                                      {'r', "reverse"},
                                                      {'u', "unique"},
                                                      {'s', "stable"},
                                                      {'k', "key", true},
                                                      {'t', "field-separator", true}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const Order global{arguments.has('n'), arguments.has('V'), arguments.has('r')};
  if (global.numeric && global.version) return unsupported("sort -n -V");
  std::vector<Key> keys;
  for (const std::string& text : arguments.values('k')) {
    SUPPORTED(Key key, parse_key(text));
    // A key without options of its own takes the global ones.
    if (!key.order.numeric && !key.order.version && !key.order.reverse) key.order = global;
    keys.push_back(key);
  }
  std::optional<char> separator;
  if (const auto text = arguments.value('t')) {
    if (text->size() != 1 || *text == "\\") return unsupported("sort -t with other than one byte");
    separator = text->front();
  }
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  if (input.missing_file) return CommandOutput{2, "", 1};
  std::vector<std::string_view> lines = lines_of(input.bytes).lines;

  // Each comparison reads both lines; n log n of them.
  std::uint64_t depth = 1;
  while ((std::uint64_t{1} << depth) < lines.size()) ++depth;
  const std::uint64_t steps = 1 + (lines.size() + input.bytes.size() / 64) * depth / 2;
  if (steps > kCallStepsMax) return unsupported("sort of that much text");

  const auto by_keys = [&](std::string_view a, std::string_view b) {
    if (keys.empty()) return compare_with(a, b, global);
    for (const Key& key : keys)
      if (const int order =
              compare_with(key_text(a, key, separator), key_text(b, key, separator), key.order);
          order != 0)
        return order;
    return 0;
  };
  const bool last_resort = !arguments.has('s') && !arguments.has('u');
  std::stable_sort(lines.begin(), lines.end(), [&](std::string_view a, std::string_view b) {
    int order = by_keys(a, b);
    if (order == 0 && last_resort) order = global.reverse ? sign(b.compare(a)) : sign(a.compare(b));
    return order < 0;
  });
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (arguments.has('u') && i > 0 && by_keys(lines[i - 1], lines[i]) == 0) continue;
    out.append(lines[i]).append("\n");
  }
  return CommandOutput{0, std::move(out), steps};
}

}  // namespace rbee::pkgbuild::text
