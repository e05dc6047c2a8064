// Glob patterns over sets of positions: see pattern.hpp.
#include "pkgbuild/pattern.hpp"

#include <algorithm>
#include <cstring>

namespace rbee::pkgbuild {
namespace {

constexpr int kGroupDepthMax = 20;
/// Of '[' that nothing closes: each is looked for to the end of the pattern.
constexpr int kOpenBracketsMax = 20;

// The code point at `at`; a malformed byte b is 0x110000 + b, so that it is equal to itself only.
std::uint32_t decode(std::string_view text, std::size_t at, std::size_t& length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  length = 1;
  if (first < 0x80) return first;
  const std::size_t wanted = first >= 0xf0 && first < 0xf5 ? 4
                             : first >= 0xe0               ? 3
                             : first >= 0xc2               ? 2
                                                           : 1;
  if (wanted == 1 || first >= 0xf5 || at + wanted > text.size()) return 0x110000u + first;
  std::uint32_t code = first & (0x7fu >> wanted);
  for (std::size_t i = 1; i < wanted; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0x110000u + first;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  if ((wanted == 3 && code < 0x800) || (wanted == 4 && (code < 0x10000 || code > 0x10ffff)))
    return 0x110000u + first;
  length = wanted;
  return code;
}

// Where the character that ends at `end` begins.
std::size_t previous(std::string_view text, std::size_t end) {
  for (std::size_t back = 1; back <= 4 && back <= end; ++back) {
    if ((static_cast<unsigned char>(text[end - back]) & 0xc0) == 0x80) continue;
    std::size_t length = 0;
    decode(text, end - back, length);
    return length == back ? end - back : end - 1;
  }
  return end - 1;
}

std::uint32_t lower(std::uint32_t code) {
  return code >= 'A' && code <= 'Z' ? code + 32 : code;
}
std::uint32_t upper(std::uint32_t code) {
  return code >= 'a' && code <= 'z' ? code - 32 : code;
}

constexpr std::string_view kClasses[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
                                         "digit", "graph", "lower", "print", "punct",
                                         "space", "upper", "word",  "xdigit"};

bool in_class(std::string_view name, std::uint32_t code) {
  const bool digit = code >= '0' && code <= '9';
  const bool low = code >= 'a' && code <= 'z', up = code >= 'A' && code <= 'Z';
  if (name == "alnum") return digit || low || up;
  if (name == "alpha") return low || up;
  if (name == "ascii") return code < 0x80;
  if (name == "blank") return code == ' ' || code == '\t';
  if (name == "cntrl") return code < 0x20 || code == 0x7f;
  if (name == "digit") return digit;
  if (name == "graph") return code > 0x20 && code < 0x7f;
  if (name == "lower") return low;
  if (name == "print") return code >= 0x20 && code < 0x7f;
  if (name == "punct") return code > 0x20 && code < 0x7f && !digit && !low && !up;
  if (name == "space") return code == ' ' || (code >= '\t' && code <= '\r');
  if (name == "upper") return up;
  if (name == "word") return digit || low || up || code == '_';
  return digit || (code >= 'a' && code <= 'f') || (code >= 'A' && code <= 'F');  // xdigit
}

void normalise(std::vector<std::uint32_t>& positions) {
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
}

}  // namespace

std::size_t character_length(std::string_view text, std::size_t at) {
  std::size_t length = 0;
  decode(text, at, length);
  return length;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += character_length(text, at)) ++count;
  return count;
}

bool Pattern::is_plain(std::string_view text) {
  // "(" alone begins a group only behind one of ? * + @ !, which is not looked for here.
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '*' || c == '?' || c == '[' || c == '\\' || c == '(' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

Pattern::Pattern(std::string_view text, PatternSyntax syntax, PatternCase letter_case)
    : extended_(syntax == PatternSyntax::extended),
      insensitive_(letter_case == PatternCase::insensitive) {
  if (!insensitive_ && is_plain(text)) {
    literal_ = text;
    is_plain_ = true;
    return;
  }
  std::size_t at = 0;
  sequence_ = compile(text, at, false, 0);
  if (insensitive_) return;
  std::string plain;
  for (std::size_t i = 0, seen = 0; seen < sequence_.size(); ++seen) {
    if (sequence_[seen].kind != Element::Kind::character) return;
    // The bytes as written, so that malformed ones stay what they are.
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    const std::size_t length = character_length(text, i);
    plain.append(text.substr(i, length));
    i += length;
  }
  literal_ = std::move(plain);
}

Pattern::Sequence Pattern::compile(std::string_view text, std::size_t& at, bool in_group,
                                   int depth) {
  Sequence out;
  while (at < text.size()) {
    const char c = text[at];
    if (in_group && (c == '|' || c == ')')) return out;
    Element element;
    if (extended_ && at + 1 < text.size() && text[at + 1] == '(' &&
        std::strchr("?*+@!", c) != nullptr) {
      // Only when the group closes; otherwise the characters are themselves.
      std::size_t inside = at + 2;
      Element group;
      group.kind = Element::Kind::group;
      group.group = c;
      bool closed = false;
      if (depth >= kGroupDepthMax) {
        exact_ = false;
        at = text.size();
        return out;
      }
      while (inside <= text.size()) {
        group.alternatives.push_back(compile(text, inside, true, depth + 1));
        if (inside >= text.size()) break;
        closed = text[inside] == ')';
        ++inside;
        if (closed) break;
      }
      if (closed) {
        at = inside;
        // bash 5.2 does not try the empty text at the end for *!(a), and takes *?!(a)b to match
        // wherever the ? are all that is left of the text.
        const auto before = std::find_if(out.rbegin(), out.rend(), [](const Element& each) {
          return each.kind != Element::Kind::any;
        });
        if (c == '!' && before != out.rend() && before->kind == Element::Kind::star) exact_ = false;
        out.push_back(std::move(group));
        continue;
      }
      exact_ = false;
      at = text.size();
      return out;
    }
    if (c == '*') {
      element.kind = Element::Kind::star;
      ++at;
      if (!out.empty() && out.back().kind == Element::Kind::star) continue;
    } else if (c == '?') {
      element.kind = Element::Kind::any;
      ++at;
    } else if (c == '[' && compile_bracket(text, at, element)) {
      // Done there.
    } else {
      if (c == '\\' && at + 1 < text.size()) ++at;
      std::size_t length = 0;
      element.code = decode(text, at, length);
      at += length;
    }
    out.push_back(std::move(element));
  }
  return out;
}

// [abc] [!a-z] [[:alpha:]]; false, and nothing used, when no ] closes it.
bool Pattern::compile_bracket(std::string_view text, std::size_t& at, Element& out) {
  std::size_t i = at + 1;
  Element element;
  element.kind = Element::Kind::bracket;
  if (i < text.size() && (text[i] == '!' || text[i] == '^')) {
    element.negated = true;
    ++i;
  }
  bool first = true;
  while (i < text.size()) {
    if (text[i] == ']' && !first) {
      at = i + 1;
      tidy(element);
      out = std::move(element);
      return true;
    }
    first = false;
    if (text[i] == '[' && i + 1 < text.size() &&
        (text[i + 1] == ':' || text[i + 1] == '.' || text[i + 1] == '=')) {
      const char mark = text[i + 1];
      const bool may_close = unclosed_.find(mark) == std::string::npos;
      const std::size_t close =
          may_close ? text.find(std::string{mark, ']'}, i + 2) : std::string_view::npos;
      if (may_close && close == std::string_view::npos) unclosed_.push_back(mark);
      if (close != std::string_view::npos) {
        const std::string_view name = text.substr(i + 2, close - i - 2);
        if (mark != ':' ||
            std::find(std::begin(kClasses), std::end(kClasses), name) == std::end(kClasses)) {
          exact_ = false;
        }
        element.classes.emplace_back(name);
        i = close + 2;
        continue;
      }
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    std::size_t length = 0;
    const std::uint32_t low = decode(text, i, length);
    i += length;
    std::uint32_t high = low;
    if (i + 1 < text.size() && text[i] == '-' && text[i + 1] != ']') {
      ++i;
      if (text[i] == '[' && i + 1 < text.size() && text[i + 1] == '.') exact_ = false;
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      high = decode(text, i, length);
      i += length;
    }
    element.ranges.push_back({low, high});
  }
  if (++open_brackets_ > kOpenBracketsMax) {
    exact_ = false;
    at = text.size();
    return true;
  }
  return false;
}

// One lookup each, however long the bracket is.
void Pattern::tidy(Element& bracket) {
  std::vector<Range>& ranges = bracket.ranges;
  std::erase_if(ranges, [](const Range& range) { return range.low > range.high; });
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.low < b.low; });
  std::size_t kept = 0;
  for (const Range& range : ranges) {
    if (kept > 0 && range.low <= ranges[kept - 1].high + 1) {
      ranges[kept - 1].high = std::max(ranges[kept - 1].high, range.high);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
  std::sort(bracket.classes.begin(), bracket.classes.end());
  bracket.classes.erase(std::unique(bracket.classes.begin(), bracket.classes.end()),
                        bracket.classes.end());
}

bool Pattern::matches_one(const Element& element, std::uint32_t code, StepMeter& meter) const {
  if (code >= 0x80 && (insensitive_ || !element.classes.empty())) meter.doubt();
  switch (element.kind) {
    case Element::Kind::character:
      return element.code == code || (insensitive_ && lower(element.code) == lower(code));
    case Element::Kind::any:
      return true;
    case Element::Kind::bracket: {
      const auto holds = [&](std::uint32_t c) {
        const auto after =
            std::upper_bound(element.ranges.begin(), element.ranges.end(), c,
                             [](std::uint32_t code, const Range& r) { return code < r.low; });
        if (after != element.ranges.begin() && c <= std::prev(after)->high) return true;
        for (const std::string& name : element.classes) {
          if (in_class(name, c)) return true;
        }
        return false;
      };
      const bool inside =
          holds(code) || (insensitive_ && (holds(lower(code)) || holds(upper(code))));
      return inside != element.negated;
    }
    default:
      return false;
  }
}

Pattern::Positions Pattern::run(const Sequence& sequence, Positions from, std::string_view text,
                                Direction direction, StepMeter& meter) const {
  for (std::size_t i = 0; i < sequence.size() && !from.empty(); ++i) {
    const std::size_t index = direction == Direction::forward ? i : sequence.size() - 1 - i;
    from = run_element(sequence[index], from, text, direction, meter);
    if (meter.exhausted()) return {};
  }
  return from;
}

Pattern::Positions Pattern::run_element(const Element& element, const Positions& from,
                                        std::string_view text, Direction direction,
                                        StepMeter& meter) const {
  Positions out;
  const bool forward = direction == Direction::forward;
  const auto size = static_cast<std::uint32_t>(text.size());
  const auto every = [&](std::uint32_t start, auto&& keep) {
    // All character boundaries from `start` to the end of that direction.
    for (std::uint32_t at = start;;) {
      keep(at);
      if (forward ? at >= size : at == 0) break;
      at = static_cast<std::uint32_t>(forward ? at + character_length(text, at)
                                              : previous(text, at));
    }
  };
  if (!meter.spend(1 + from.size() / 8)) return out;
  switch (element.kind) {
    case Element::Kind::star: {
      const std::uint32_t start = forward ? from.front() : from.back();
      if (!meter.spend((forward ? size - start : start) / 8)) return out;
      every(start, [&](std::uint32_t at) { out.push_back(at); });
      if (!forward) std::reverse(out.begin(), out.end());
      return out;
    }
    case Element::Kind::group: {
      const auto once = [&](const Positions& starts) {
        Positions ends;
        for (const Sequence& alternative : element.alternatives) {
          const Positions found = run(alternative, starts, text, direction, meter);
          ends.insert(ends.end(), found.begin(), found.end());
        }
        normalise(ends);
        return ends;
      };
      if (element.group == '@') return once(from);
      if (element.group == '!') {
        std::vector<bool> reached(std::size_t{size} + 1, false);
        if (!meter.spend(1 + size / 64)) return {};
        for (const std::uint32_t start : from) {
          const Positions excluded = once({start});
          if (!meter.spend(1 + (forward ? size - start : start) / 8)) return {};
          every(start, [&](std::uint32_t at) {
            if (!std::binary_search(excluded.begin(), excluded.end(), at)) reached[at] = true;
          });
        }
        for (std::uint32_t at = 0; at <= size; ++at) {
          if (reached[at]) out.push_back(at);
        }
        return out;
      }
      if (element.group == '?' || element.group == '*') out = from;
      Positions fresh = from;
      while (!fresh.empty() && !meter.exhausted()) {
        Positions next = once(fresh);
        fresh.clear();
        for (const std::uint32_t at : next) {
          if (!std::binary_search(out.begin(), out.end(), at)) fresh.push_back(at);
        }
        const auto middle = static_cast<std::ptrdiff_t>(out.size());
        out.insert(out.end(), fresh.begin(), fresh.end());
        std::inplace_merge(out.begin(), out.begin() + middle, out.end());
        if (element.group == '?') break;
        if (!meter.spend(1 + out.size() / 8)) return {};
      }
      return out;
    }
    default:
      for (const std::uint32_t at : from) {
        if (forward ? at >= size : at == 0) continue;
        const std::size_t begin = forward ? at : previous(text, at);
        std::size_t length = 0;
        const std::uint32_t code = decode(text, begin, length);
        if (matches_one(element, code, meter))
          out.push_back(static_cast<std::uint32_t>(forward ? begin + length : begin));
      }
      return out;
  }
}

bool Pattern::matches(std::string_view text, StepMeter& meter) const {
  if (literal_) return *literal_ == text;
  const Positions ends = run(sequence_, {0}, text, Direction::forward, meter);
  return !ends.empty() && ends.back() == text.size();
}

std::optional<std::size_t> Pattern::longest_at(std::string_view text, std::size_t from,
                                               StepMeter& meter) const {
  if (literal_) {
    if (text.substr(from).starts_with(*literal_)) return from + literal_->size();
    return std::nullopt;
  }
  const Positions ends =
      run(sequence_, {static_cast<std::uint32_t>(from)}, text, Direction::forward, meter);
  if (ends.empty()) return std::nullopt;
  return ends.back();
}

std::optional<std::size_t> Pattern::longest_prefix(std::string_view text, StepMeter& meter) const {
  return longest_at(text, 0, meter);
}

std::optional<std::size_t> Pattern::shortest_prefix(std::string_view text, StepMeter& meter) const {
  if (literal_) return longest_at(text, 0, meter);
  const Positions ends = run(sequence_, {0}, text, Direction::forward, meter);
  if (ends.empty()) return std::nullopt;
  return ends.front();
}

std::optional<std::size_t> Pattern::shortest_suffix(std::string_view text, StepMeter& meter) const {
  if (is_plain_) return literal_suffix(text);
  const Positions starts =
      run(sequence_, {static_cast<std::uint32_t>(text.size())}, text, Direction::backward, meter);
  if (starts.empty()) return std::nullopt;
  return starts.back();
}

std::optional<std::size_t> Pattern::literal_suffix(std::string_view text) const {
  if (text.ends_with(*literal_)) return text.size() - literal_->size();
  return std::nullopt;
}

std::optional<std::size_t> Pattern::longest_suffix(std::string_view text, StepMeter& meter) const {
  if (is_plain_) return literal_suffix(text);
  const Positions starts =
      run(sequence_, {static_cast<std::uint32_t>(text.size())}, text, Direction::backward, meter);
  if (starts.empty()) return std::nullopt;
  return starts.front();
}

}  // namespace rbee::pkgbuild
