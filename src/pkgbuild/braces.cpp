// Brace expansion: a{b,c}d and {1..9} (interpreter.hpp). Source: bash(1), "Brace Expansion".
#include <algorithm>
#include <charconv>

#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {
namespace {

/// One unquoted character, or a part that braces do not look into.
struct Unit {
  char c = '\0';
  const WordPart* part = nullptr;
  bool is(char wanted) const { return part == nullptr && c == wanted; }
};
using Units = std::vector<Unit>;

struct Braces {
  std::size_t open, close;
  std::vector<std::size_t> commas;
};

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  if (text.starts_with('+') && digits.starts_with('-')) return std::nullopt;
  return value;
}

bool is_letter(std::string_view text) {
  return text.size() == 1 && is_name_start(text[0]) && text[0] != '_';
}

bool pads(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  return digits.size() > 1 && digits[0] == '0';
}

class Expander {
 public:
  Expander(StepMeter& meter, bool& odd) : meter_(meter), odd_(odd) {}

  std::vector<Units> expand(const Units& units, std::size_t from, int depth) {
    if (depth > 100) {
      meter_.spend(~std::uint64_t{0});
      return {};
    }
    for (std::size_t i = from; i < units.size() && !meter_.exhausted(); ++i) {
      if (!units[i].is('{')) continue;
      // "{}" that begins a word or an element is itself.
      if (i == 0 && units.size() > 1 && units[1].is('}')) continue;
      const auto braces = matching(units, i);
      if (!braces) continue;
      std::vector<Units> middle;
      if (!braces->commas.empty()) {
        std::size_t begin = i + 1;
        for (std::size_t k = 0; k <= braces->commas.size(); ++k) {
          const std::size_t end = k < braces->commas.size() ? braces->commas[k] : braces->close;
          const Units piece(units.begin() + static_cast<std::ptrdiff_t>(begin),
                            units.begin() + static_cast<std::ptrdiff_t>(end));
          for (Units& expanded : expand(piece, 0, depth + 1)) middle.push_back(std::move(expanded));
          begin = end + 1;
        }
      } else if (nested_comma(units, *braces)) {
        // bash finds the comma of a pair inside, and takes off the braces of this one.
        middle = expand({units.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                         units.begin() + static_cast<std::ptrdiff_t>(braces->close)},
                        0, depth + 1);
      } else if (!sequence(units, *braces, middle)) {
        i = braces->close;
        continue;
      }
      const Units rest(units.begin() + static_cast<std::ptrdiff_t>(braces->close) + 1, units.end());
      const std::vector<Units> tails = expand(rest, 0, depth + 1);
      std::vector<Units> out;
      for (const Units& piece : middle) {
        for (const Units& tail : tails) {
          if (!meter_.spend(1 + (i + piece.size() + tail.size()) / 8)) return {};
          Units one(units.begin(), units.begin() + static_cast<std::ptrdiff_t>(i));
          one.insert(one.end(), piece.begin(), piece.end());
          one.insert(one.end(), tail.begin(), tail.end());
          out.push_back(std::move(one));
        }
      }
      return out;
    }
    return {units};
  }

 private:
  // The '}' that closes is the first of its depth behind a comma or "..", as in bash.
  std::optional<Braces> matching(const Units& units, std::size_t open) {
    Braces found{open, 0, {}};
    int depth = 0;
    bool dots = false;
    const auto is = [&](std::size_t i, char c) { return i < units.size() && units[i].is(c); };
    if (!meter_.spend(1 + (units.size() - open) / 8)) return std::nullopt;
    for (std::size_t i = open + 1; i < units.size(); ++i) {
      if (units[i].is('{')) ++depth;
      if (units[i].is(',') && depth == 0) found.commas.push_back(i);
      if (depth == 0 && is(i, '.') && is(i + 1, '.') && !is(i + 2, '}')) dots = true;
      if (units[i].is('}')) {
        if (depth > 0) {
          --depth;
        } else if (dots || !found.commas.empty()) {
          found.close = i;
          return found;
        }
      }
    }
    return std::nullopt;
  }

  static bool nested_comma(const Units& units, const Braces& braces) {
    return std::any_of(units.begin() + static_cast<std::ptrdiff_t>(braces.open),
                       units.begin() + static_cast<std::ptrdiff_t>(braces.close),
                       [](const Unit& unit) { return unit.is(','); });
  }

  // {a..b[..step]}
  bool sequence(const Units& units, const Braces& braces, std::vector<Units>& out) {
    std::string text;
    for (std::size_t i = braces.open + 1; i < braces.close; ++i) {
      if (units[i].part != nullptr) return false;
      text.push_back(units[i].c);
    }
    const std::size_t first_dots = text.find("..");
    if (first_dots == std::string::npos) return false;
    const std::string_view view = text;
    const std::string_view begin = view.substr(0, first_dots);
    std::string_view end = view.substr(first_dots + 2);
    std::int64_t step = 1;
    if (const std::size_t second = end.find(".."); second != std::string_view::npos) {
      const auto parsed = integer(end.substr(second + 2));
      if (!parsed) return false;
      step = *parsed;
      end = end.substr(0, second);
    }
    const bool letters = is_letter(begin) && is_letter(end);
    const auto low = letters ? std::optional<std::int64_t>(begin[0]) : integer(begin);
    const auto high = letters ? std::optional<std::int64_t>(end[0]) : integer(end);
    if (!low || !high) return false;
    if (letters && ((begin[0] >= 'a') != (end[0] >= 'a'))) {
      odd_ = true;  // Runs over characters that are no letters, the backslash among them.
      return false;
    }
    constexpr std::int64_t kFar = std::int64_t{1} << 40;
    if (*low > kFar || *low < -kFar || *high > kFar || *high < -kFar || step > kFar ||
        step < -kFar) {
      meter_.spend(~std::uint64_t{0});
      return false;
    }
    step = step == 0 ? 1 : std::abs(step);
    const std::size_t width =
        !letters && (pads(begin) || pads(end)) ? std::max(begin.size(), end.size()) : 0;
    const bool up = *low <= *high;
    const std::int64_t count = std::abs(*high - *low) / step + 1;
    if (!meter_.spend(static_cast<std::uint64_t>(count))) return false;
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t value = up ? *low + k * step : *low - k * step;
      std::string item =
          letters ? std::string(1, static_cast<char>(value)) : std::to_string(std::abs(value));
      if (!letters) {
        const std::size_t sign = value < 0 ? 1 : 0;
        if (item.size() + sign < width) item.insert(0, width - item.size() - sign, '0');
        if (sign != 0) item.insert(0, 1, '-');
      }
      Units piece;
      for (const char c : item) piece.push_back({c, nullptr});
      out.push_back(std::move(piece));
    }
    return true;
  }

  StepMeter& meter_;
  bool& odd_;
};

// Braces come first in bash: $x{a,b} is $xa and $xb, {$,}x may be $x, and {~,a} has a tilde. Here
// the parts were found before.
bool reads_differently(const Units& units) {
  if (!units.empty() && units[0].is('~')) return true;
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    const Unit& next = units[i + 1];
    if (units[i].is('$') && (next.part != nullptr || next.c != ' ')) return true;
    if (units[i].part == nullptr || next.part != nullptr) continue;
    const Parameter* parameter = units[i].part->parameter;
    if (parameter != nullptr && !parameter->braced && is_name_start(parameter->name[0]) &&
        is_name_char(next.c))
      return true;
  }
  return false;
}

}  // namespace

/// The words that a word with braces stands for; `texts` keeps the new literals alive.
std::vector<std::vector<WordPart>> Interpreter::expand_braces(const Word& word,
                                                              std::deque<std::string>& texts) {
  Units units;
  for (const WordPart& part : word.parts) {
    if (part.kind == WordPart::Kind::literal) {
      for (const char c : part.text) units.push_back({c, nullptr});
    } else {
      units.push_back({'\0', &part});
    }
  }
  bool odd = false;
  Expander expander(meter_, odd);
  const std::vector<Units> words = expander.expand(units, 0, 0);
  if (odd) unsupported("a brace sequence from upper to lower case", word.span);
  for (const Units& one : words) {
    if (reads_differently(one)) {
      unsupported("braces that make a name or a tilde with what stands beside them", word.span);
    }
  }
  if (!check_meter(word.span)) return {};
  std::vector<std::vector<WordPart>> out;
  for (const Units& one : words) {
    std::vector<WordPart> parts;
    for (std::size_t i = 0; i < one.size();) {
      if (one[i].part != nullptr) {
        parts.push_back(*one[i++].part);
        continue;
      }
      std::string& text = texts.emplace_back();
      while (i < one.size() && one[i].part == nullptr) text.push_back(one[i++].c);
      parts.push_back({.kind = WordPart::Kind::literal, .span = word.span, .text = text});
    }
    out.push_back(std::move(parts));
  }
  return out;
}

}  // namespace rbee::pkgbuild
