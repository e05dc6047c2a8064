// cut, tr, paste, fold: commands that work inside lines. All count bytes, as GNU's do.
//
// Source: GNU coreutils 9.1 manual; text_commands_test.cpp compares with the programs.
#include <algorithm>
#include <array>
#include <bitset>
#include <limits>

#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

namespace {

CommandOutput done(std::string output, const Input& input) {
  return {input.missing_file ? 1 : 0, std::move(output), linear_steps(input.bytes)};
}

// ---- cut ----------------------------------------------------------------------------------------

struct Range {
  std::uint64_t first = 1;
  std::uint64_t last = 0;  ///< Inclusive.
};

/// "1,3-5,7-" sorted and merged where they overlap; neighbours stay apart, which --output-delimiter
/// shows.
Supported<std::vector<Range>> parse_ranges(std::string_view list) {
  std::vector<Range> ranges;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    const std::size_t hyphen = item.find('-');
    Range range;
    const auto first = number(item.substr(0, hyphen));
    range.first = first.value_or(1);
    if (hyphen == item.npos) {
      if (!first) return unsupported("cut with an invalid list");
      range.last = range.first;
    } else {
      const std::string_view end = item.substr(hyphen + 1);
      const auto last = number(end);
      if ((!first && hyphen > 0) || (!last && !end.empty()) || item == "-")
        return unsupported("cut with an invalid list");
      range.last = last.value_or(std::numeric_limits<std::uint64_t>::max());
    }
    if (range.first == 0 || range.last < range.first)
      return unsupported("cut with an invalid list");
    ranges.push_back(range);
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last)
      merged.back().last = std::max(merged.back().last, range.last);
    else
      merged.push_back(range);
  }
  return merged;
}

bool selected(const std::vector<Range>& ranges, std::uint64_t index, bool complement) {
  const bool inside = std::any_of(ranges.begin(), ranges.end(), [&](const Range& r) {
    return index >= r.first && index <= r.last;
  });
  return inside != complement;
}

// ---- tr -----------------------------------------------------------------------------------------

using ByteSet = std::bitset<256>;

/// The members of a character class in the C.UTF-8 locale, bytes only, in byte order.
std::optional<std::string> class_members(std::string_view name) {
  std::string members;
  const auto add = [&](auto test) {
    for (int c = 0; c < 128; ++c)
      if (test(c)) members += static_cast<char>(c);
    return members;
  };
  const auto upper = [](int c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](int c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](int c) { return c >= '0' && c <= '9'; };
  const auto graph = [](int c) { return c > 0x20 && c < 0x7F; };
  if (name == "upper") return add(upper);
  if (name == "lower") return add(lower);
  if (name == "digit") return add(digit);
  if (name == "alpha") return add([&](int c) { return upper(c) || lower(c); });
  if (name == "alnum") return add([&](int c) { return upper(c) || lower(c) || digit(c); });
  if (name == "space") return add([](int c) { return c == ' ' || (c >= 9 && c <= 13); });
  if (name == "blank") return add([](int c) { return c == ' ' || c == '\t'; });
  if (name == "graph") return add(graph);
  if (name == "print") return add([](int c) { return c >= 0x20 && c < 0x7F; });
  if (name == "cntrl") return add([](int c) { return c < 0x20 || c == 0x7F; });
  if (name == "punct")
    return add([&](int c) { return graph(c) && !upper(c) && !lower(c) && !digit(c); });
  if (name == "xdigit")
    return add([&](int c) { return digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); });
  return std::nullopt;
}

struct TrSet {
  std::string members;
  bool has_class = false;
  std::string class_name;  ///< When the whole set is one [:upper:] or [:lower:].
};

/// One set of tr: characters, escapes, ranges and classes.
Supported<TrSet> parse_set(std::string_view text) {
  TrSet set;
  struct Unit {
    char c;
    bool escaped;
  };
  const std::string_view whole = text;
  const auto take = [&]() -> Supported<Unit> {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') return Unit{c, false};
    if (text.empty()) return unsupported("tr with a trailing backslash");
    const char next = text.front();
    text.remove_prefix(1);
    static constexpr std::string_view kNames = "abfnrtv\\";
    static constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\";
    if (const std::size_t at = kNames.find(next); at != kNames.npos) return Unit{kBytes[at], true};
    if (next >= '0' && next <= '7') {
      int value = next - '0';
      for (int i = 0; i < 2 && !text.empty() && text.front() >= '0' && text.front() <= '7'; ++i) {
        if (value * 8 + (text.front() - '0') > 255) break;
        value = value * 8 + (text.front() - '0');
        text.remove_prefix(1);
      }
      return Unit{static_cast<char>(value), true};
    }
    return Unit{next, true};
  };
  while (!text.empty()) {
    if (text.starts_with("[:")) {
      const std::size_t end = text.find(":]", 2);
      if (end == text.npos) return unsupported("tr with an open character class");
      const std::string_view name = text.substr(2, end - 2);
      const auto members = class_members(name);
      if (!members) return unsupported("tr with an unknown character class");
      set.members += *members;
      set.has_class = true;
      text.remove_prefix(end + 2);
      if (whole.size() == name.size() + 4) set.class_name = name;
      continue;
    }
    if (text.starts_with("[=")) return unsupported("tr with an equivalence class");
    if (text.size() > 2 && text[0] == '[' && text.find('*', 1) != text.npos &&
        text.find(']', 1) != text.npos)
      return unsupported("tr with a repeated character");
    SUPPORTED(const Unit first, take());
    if (text.size() >= 2 && text.front() == '-') {
      text.remove_prefix(1);
      SUPPORTED(const Unit last, take());
      const auto from = static_cast<unsigned char>(first.c);
      const auto to = static_cast<unsigned char>(last.c);
      if (to < from) return unsupported("tr with a range in reverse order");
      for (int c = from; c <= to; ++c) set.members += static_cast<char>(c);
    } else {
      set.members += first.c;
    }
  }
  return set;
}

ByteSet bytes_of(const std::string& members, bool complement) {
  ByteSet set;
  for (const char c : members) set.set(static_cast<unsigned char>(c));
  return complement ? ~set : set;
}

}  // namespace

Supported<CommandOutput> run_cut(const CommandCall& call) {
  static constexpr std::array<Option, 8> kOptions = {{{'d', "delimiter", true},
                                                      {'f', "fields", true},
                                                      {'c', "characters", true},
                                                      {'b', "bytes", true},
                                                      {'s', "only-delimited"},
                                                      {'n', ""},
                                                      {'C', "complement"},
                                                      {'O', "output-delimiter", true}}};
  for (const std::string& word : call.argv)
    if (word == "-C" || word == "-O") return unsupported("cut " + word);
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const bool by_field = arguments.has('f');
  const auto list = by_field             ? arguments.value('f')
                    : arguments.has('c') ? arguments.value('c')
                                         : arguments.value('b');
  if (!list || arguments.has('f') + arguments.has('c') + arguments.has('b') != 1)
    return unsupported("cut with other than one list");
  const std::string_view delimiter = arguments.value('d').value_or("\t");
  if (delimiter.size() > 1) return unsupported("cut with a delimiter of several bytes");
  if (!by_field && (arguments.has('d') || arguments.has('s')))
    return unsupported("cut -d without -f");
  const char mark = delimiter.empty() ? '\0' : delimiter[0];
  SUPPORTED(const auto ranges, parse_ranges(*list));
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const bool complement = arguments.has('C');
  const auto separator = arguments.value('O');
  if (!by_field && separator) return unsupported("cut -c with --output-delimiter");
  std::string out;
  std::uint64_t steps = linear_steps(input.bytes);
  for (const std::string_view line : lines_of(input.bytes).lines) {
    steps += line.size() * ranges.size() / 16;
    if (steps > kCallStepsMax) return unsupported("cut over that much text");
    if (!by_field) {
      for (std::size_t i = 0; i < line.size(); ++i)
        if (selected(ranges, i + 1, complement)) out += line[i];
      out += '\n';
      continue;
    }
    if (line.find(mark) == line.npos) {
      if (!arguments.has('s')) out.append(line).append("\n");
      continue;
    }
    bool first = true;
    std::uint64_t index = 1;
    for (std::string_view rest = line;; ++index) {
      const std::size_t end = rest.find(mark);
      if (selected(ranges, index, complement)) {
        if (!first) out += separator ? *separator : std::string_view(&mark, 1);
        out += rest.substr(0, end);
        first = false;
      }
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
    out += '\n';
  }
  CommandOutput output = done(std::move(out), input);
  output.steps = steps;
  return output;
}

Supported<CommandOutput> run_tr(const CommandCall& call) {
  static constexpr std::array<Option, 5> kOptions = {{{'d', "delete"},
                                                      {'s', "squeeze-repeats"},
                                                      {'c', "complement"},
                                                      {'C', ""},
                                                      {'t', "truncate-set1"}}};
  // POSIX order: tr's operands may look like options once the first was seen.
  std::vector<std::string> argv = call.argv;
  const auto operand = std::find_if(argv.begin() + 1, argv.end(), [](const std::string& word) {
    return word.size() < 2 || word[0] != '-' || word == "--";
  });
  if (operand != argv.end() && *operand != "--") argv.insert(operand, "--");
  SUPPORTED(const Arguments arguments, Arguments::parse(argv, kOptions));
  const bool remove = arguments.has('d');
  const bool squeeze = arguments.has('s');
  const bool complement = arguments.has('c') || arguments.has('C');
  const auto& sets = arguments.operands;
  const std::size_t wanted_min = remove && squeeze ? 2 : remove || squeeze ? 1 : 2;
  const std::size_t wanted_max = remove && !squeeze ? 1 : 2;
  if (sets.size() < wanted_min || sets.size() > wanted_max)
    return unsupported("tr with that many sets");
  SUPPORTED(const TrSet from, parse_set(sets[0]));
  TrSet to;
  if (sets.size() == 2) {
    SUPPORTED(to, parse_set(sets[1]));
  }
  const bool translate = sets.size() == 2 && !remove;
  const ByteSet members = bytes_of(from.members, complement);

  std::array<char, 256> map{};
  for (std::size_t i = 0; i < map.size(); ++i) map[i] = static_cast<char>(i);
  if (translate) {
    std::string source = from.members;
    if (complement) {
      if (from.has_class && to.members.size() > 1)
        return unsupported("tr -c of a class to several characters");
      source.clear();
      for (std::size_t i = 0; i < map.size(); ++i)
        if (members.test(i)) source += static_cast<char>(i);
    }
    std::string target = to.members;
    if (to.has_class && (to.class_name.empty() || from.class_name.empty()))
      return unsupported("tr to a character class");
    if (to.has_class && to.class_name != "upper" && to.class_name != "lower")
      return unsupported("tr to a character class");
    if (to.has_class && from.class_name != "upper" && from.class_name != "lower")
      return unsupported("tr to a character class");
    if (target.empty()) return unsupported("tr to an empty set");
    if (arguments.has('t'))
      source.resize(std::min(source.size(), target.size()));
    else if (target.size() < source.size())
      target.resize(source.size(), target.back());
    for (std::size_t i = 0; i < source.size(); ++i)
      map[static_cast<unsigned char>(source[i])] = target[i];
  }
  // GNU: the last set is the one whose repeats are squeezed.
  const ByteSet squeezed = sets.size() == 2 ? bytes_of(to.members, false) : members;

  std::string out;
  for (const char c : call.input) {
    const auto byte = static_cast<unsigned char>(c);
    if (remove && members.test(byte)) continue;
    const char result = translate ? map[byte] : c;
    if (squeeze && !out.empty() && out.back() == result &&
        squeezed.test(static_cast<unsigned char>(result)))
      continue;
    out += result;
  }
  return CommandOutput{0, std::move(out), linear_steps(call.input)};
}

Supported<CommandOutput> run_paste(const CommandCall& call) {
  static constexpr std::array<Option, 2> kOptions = {{{'s', "serial"}, {'d', "delimiters", true}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  if (!arguments.has('s')) return unsupported("paste without -s");
  if (arguments.operands.size() > 1) return unsupported("paste of several files");
  const std::string_view marks = arguments.value('d').value_or("\t");
  if (marks.empty() || marks.find('\\') != marks.npos)
    return unsupported("paste with an empty or escaped delimiter");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const auto lines = lines_of(input.bytes).lines;
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += marks[(i - 1) % marks.size()];
    out += lines[i];
  }
  return done(out + '\n', input);
}

Supported<CommandOutput> run_fold(const CommandCall& call) {
  static constexpr std::array<Option, 1> kOptions = {{{'w', "width", true}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const auto width = number(arguments.value('w').value_or("80"));
  if (!width || *width == 0) return unsupported("fold with that width");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  std::string out;
  std::uint64_t column = 0;
  for (const char c : input.bytes) {
    if (c == '\t' || c == '\b' || c == '\r' || static_cast<unsigned char>(c) >= 0x80)
      return unsupported("fold of tabs, control or non-ASCII characters");
    if (c == '\n') {
      column = 0;
    } else if (++column > *width) {
      out += '\n';
      column = 1;
    }
    out += c;
  }
  return done(std::move(out), input);
}

}  // namespace rbee::pkgbuild::text
