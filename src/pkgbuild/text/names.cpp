// basename, dirname, seq, expr: paths and numbers.
//
// Source: POSIX.1-2017 utilities; GNU coreutils 9.1 manual.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pkgbuild/regex.hpp"
#include "pkgbuild/text/command.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild::text {

namespace {

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string base_of(std::string_view path, std::string_view suffix) {
  path = without_trailing_slashes(path);
  if (path == "/") return "/";
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.size() > suffix.size() && name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return std::string(name);
}

std::string folder_of(std::string_view path) {
  path = without_trailing_slashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  std::string_view folder = path.substr(0, slash);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return folder.empty() ? "/" : std::string(folder);
}

/// A whole number of at most 15 digits with an optional minus; nothing else.
std::optional<std::int64_t> integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 15) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

/// A value of expr: text that counts as a number when it looks like one.
using Value = std::string;

bool is_null(const Value& value) {
  if (value.empty()) return true;
  std::string_view digits = value;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  return !digits.empty() && digits.find_first_not_of('0') == digits.npos;
}

/// The grammar of expr(1), one function for each level.
class Expression {
 public:
  explicit Expression(std::span<const std::string> words) : words_(words) {}

  Supported<Value> run() {
    SUPPORTED(Value value, alternative());
    if (at_ != words_.size()) return unsupported("expr with that syntax");
    return value;
  }

 private:
  bool accept(std::string_view word) {
    if (at_ >= words_.size() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

  Supported<Value> alternative() {
    SUPPORTED(Value left, conjunction());
    while (accept("|")) {
      SUPPORTED(Value right, conjunction());
      if (is_null(left)) left = is_null(right) ? "0" : std::move(right);
    }
    return left;
  }

  Supported<Value> conjunction() {
    SUPPORTED(Value left, comparison());
    while (accept("&")) {
      SUPPORTED(const Value right, comparison());
      if (is_null(left) || is_null(right)) left = "0";
    }
    return left;
  }

  Supported<Value> comparison() {
    SUPPORTED(Value left, sum());
    static constexpr std::array<std::string_view, 7> kOperators = {
        "<", "<=", "=", "==", "!=", ">=", ">"};
    while (at_ < words_.size() &&
           std::find(kOperators.begin(), kOperators.end(), words_[at_]) != kOperators.end()) {
      const std::string& op = words_[at_++];
      SUPPORTED(const Value right, sum());
      const auto a = integer(left), b = integer(right);
      const int order = a && b ? (*a < *b ? -1 : *a > *b) : left.compare(right);
      const bool holds = op == "<"    ? order < 0
                         : op == "<=" ? order <= 0
                         : op == ">"  ? order > 0
                         : op == ">=" ? order >= 0
                         : op == "!=" ? order != 0
                                      : order == 0;
      left = holds ? "1" : "0";
    }
    return left;
  }

  Supported<Value> sum() {
    SUPPORTED(Value left, product());
    while (at_ < words_.size() && (words_[at_] == "+" || words_[at_] == "-")) {
      const bool add = words_[at_++] == "+";
      SUPPORTED(const Value right, product());
      const auto a = integer(left), b = integer(right);
      if (!a || !b) return unsupported("expr with a number it cannot read");
      left = std::to_string(add ? *a + *b : *a - *b);
    }
    return left;
  }

  Supported<Value> product() {
    SUPPORTED(Value left, match());
    while (at_ < words_.size() &&
           (words_[at_] == "*" || words_[at_] == "/" || words_[at_] == "%")) {
      const char op = words_[at_++][0];
      SUPPORTED(const Value right, match());
      const auto a = integer(left), b = integer(right);
      if (!a || !b || (op != '*' && *b == 0))
        return unsupported("expr with a number it cannot read");
      if (op == '*' && (std::abs(*a) > 1'000'000'000 || std::abs(*b) > 1'000'000'000))
        return unsupported("expr with numbers that large");
      left = std::to_string(op == '*' ? *a * *b : op == '/' ? *a / *b : *a % *b);
    }
    return left;
  }

  Supported<Value> match() {
    SUPPORTED(Value left, term());
    while (accept(":")) {
      SUPPORTED(const Value pattern, term());
      SUPPORTED(left, match_of(left, pattern));
    }
    return left;
  }

  /// expr's patterns are anchored at the start: the first group, or the length of the match.
  static Supported<Value> match_of(const Value& text, const Value& pattern) {
    if (pattern.starts_with('^') || pattern.starts_with('*') || pattern.find("\\|") != pattern.npos)
      return unsupported("expr with that pattern");
    const auto regex = Regex::compile("^" + pattern, RegexSyntax::basic, RegexCase::sensitive);
    if (!regex) return unsupported("expr with " + regex.error().message);
    if (regex->steps(text.size()) > kCallStepsMax) return unsupported("expr over that much text");
    const auto found = regex->search(text);
    if (!found) return unsupported("expr over that much text");
    const bool group = pattern.find("\\(") != pattern.npos;
    if (!*found) return group ? "" : "0";
    if (!group)
      return std::to_string(count_characters(std::string_view(text).substr(0, (**found)[0].end)));
    const RegexGroup first = (**found)[1];
    return first.begin == std::string_view::npos
               ? ""
               : text.substr(first.begin, first.end - first.begin);
  }

  Supported<Value> term() {
    if (at_ >= words_.size()) return unsupported("expr with that syntax");
    if (accept("(")) {
      SUPPORTED(Value value, alternative());
      if (!accept(")")) return unsupported("expr with that syntax");
      return value;
    }
    if (words_.size() - at_ >= 2) {
      if (accept("length")) {
        SUPPORTED(const Value text, term());
        return std::to_string(count_characters(text));
      }
      if (accept("match")) {
        SUPPORTED(const Value text, term());
        SUPPORTED(const Value pattern, term());
        return match_of(text, pattern);
      }
      for (const std::string_view word : {"substr", "index", "+"})
        if (words_[at_] == word) return unsupported("expr " + words_[at_]);
    }
    return words_[at_++];
  }

  std::span<const std::string> words_;
  std::size_t at_ = 0;
};

}  // namespace

Supported<CommandOutput> run_basename(const CommandCall& call) {
  static constexpr std::array<Option, 2> kOptions = {{{'a', "multiple"}, {'s', "suffix", true}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const auto& names = arguments.operands;
  const bool multiple = arguments.has('a') || arguments.has('s');
  if (names.empty() || (!multiple && names.size() > 2))
    return unsupported("basename with that many operands");
  std::string out;
  const std::size_t count = multiple ? names.size() : 1;
  std::string_view suffix = arguments.value('s').value_or("");
  if (!multiple && names.size() == 2) suffix = names[1];
  for (std::size_t i = 0; i < count; ++i) out += base_of(names[i], suffix) + "\n";
  return CommandOutput{0, std::move(out), 1};
}

Supported<CommandOutput> run_dirname(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, {}));
  if (arguments.operands.empty()) return unsupported("dirname without operands");
  std::string out;
  for (const std::string& path : arguments.operands) out += folder_of(path) + "\n";
  return CommandOutput{0, std::move(out), 1};
}

Supported<CommandOutput> run_seq(const CommandCall& call) {
  std::vector<std::int64_t> numbers;
  std::string separator = "\n";
  bool equal_width = false;
  for (std::size_t i = 1; i < call.argv.size(); ++i) {
    const std::string& word = call.argv[i];
    if (word == "-w") {
      equal_width = true;
    } else if (word.starts_with("-s") && (word.size() > 2 || i + 1 < call.argv.size())) {
      separator = word.size() > 2 ? word.substr(2) : call.argv[++i];
      if (separator.find('\\') != separator.npos)
        return unsupported("seq with an escaped separator");
    } else if (const auto value = integer(word);
               value && (word == "0" || (word[0] != '0' && !word.starts_with("-0")))) {
      numbers.push_back(*value);
    } else {
      return unsupported("seq with other than whole numbers");
    }
  }
  if (numbers.empty() || numbers.size() > 3) return unsupported("seq with that many numbers");
  const std::int64_t first = numbers.size() > 1 ? numbers[0] : 1;
  const std::int64_t step = numbers.size() == 3 ? numbers[1] : 1;
  const std::int64_t last = numbers.back();
  if (step == 0) return unsupported("seq with a step of 0");
  if (equal_width && (first < 0 || last < 0)) return unsupported("seq -w with negative numbers");
  std::size_t width = 0;
  if (equal_width) width = std::max(std::to_string(first).size(), std::to_string(last).size());
  std::string out;
  std::uint64_t count = 0;
  for (std::int64_t n = first; step > 0 ? n <= last : n >= last; n += step) {
    if (++count > kCallStepsMax || out.size() > call.output_bytes_max)
      return unsupported("seq with that many numbers");
    if (n != first) out += separator;
    const std::string digits = std::to_string(n);
    out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
  }
  if (count > 0) out += '\n';
  return CommandOutput{0, std::move(out), 1 + count / 4};
}

Supported<CommandOutput> run_expr(const CommandCall& call) {
  std::span<const std::string> words(call.argv);
  words = words.subspan(1);
  if (!words.empty() && words[0] == "--") words = words.subspan(1);
  if (words.size() > 200) return unsupported("expr with that many operands");
  SUPPORTED(const Value value, Expression(words).run());
  return CommandOutput{is_null(value) ? 1 : 0, value + "\n", kCallStepsMax / 100};
}

}  // namespace rbee::pkgbuild::text
