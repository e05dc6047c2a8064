// Regular expressions by the C library, after a scan that refuses what could cost too much.
//
// Touches nothing but the calling thread's locale, which it puts back.
#include "pkgbuild/regex.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <regex.h>

#include <algorithm>
#include <array>

namespace rbee::pkgbuild {

namespace {

/// glibc copies the tree of what a counted repetition repeats: the product of nested counts is its
/// size.
constexpr std::uint64_t kExpandedMax = 1'000;
/// Choices (alternatives and repetitions) of a pattern written out. glibc's compiler and matcher
/// both take time that grows with their square.
constexpr std::uint64_t kChoicesMax = 100;
/// Depth of groups, and of repetitions of repetitions, both of which the compiler walks
/// recursively.
constexpr int kGroupDepthMax = 20;
constexpr int kRepeatDepthMax = 5;

/// C.UTF-8 for this thread while it lives. makepkg's scripts run in it too (docs/conformance.md).
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(shared())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t shared() {
    static const locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
    return locale == nullptr ? LC_GLOBAL_LOCALE : locale;
  }
  locale_t before_;
};

/// What the scan knows of one atom or sequence: its size once repetitions are written out, and how
/// deep repetitions nest in it.
struct Weight {
  std::uint64_t size = 0;
  std::uint64_t choices = 0;
  int repeat_depth = 0;
};

/// Walks a pattern once, refusing back-references and what would grow beyond the limits.
class Scan {
 public:
  Scan(std::string_view pattern, RegexSyntax syntax) : text_(pattern), syntax_(syntax) {}

  Result<void> run() {
    if (text_.size() > Regex::pattern_bytes_max)
      return refuse(
          fmt::format("a regular expression of more than {} bytes", Regex::pattern_bytes_max));
    if (text_.find('\0') != std::string_view::npos)
      return refuse("a NUL byte in a regular expression");
    levels_.reserve(kGroupDepthMax + 1);
    while (at_ < text_.size()) {
      TRY(step());
      if (levels_.size() > kGroupDepthMax) return refuse("groups nested too deep");
      if (levels_.back().total.size > kExpandedMax) return refuse("too large a counted repetition");
      if (levels_.back().total.choices + levels_.back().atom.choices > kChoicesMax)
        return refuse("too many alternatives and repetitions");
      if (std::max(levels_.back().total.repeat_depth, levels_.back().atom.repeat_depth) >
          kRepeatDepthMax)
        return refuse("repetitions nested too deep");
    }
    while (levels_.size() > 1) TRY(close());
    fold();
    return {};
  }

  const Weight& weight() const { return levels_.front().total; }

 private:
  struct Level {
    Weight total;
    Weight atom;
  };

  static tl::unexpected<Error> refuse(std::string what) {
    return fail(Errc::unsupported, "regex-too-costly", std::move(what));
  }
  bool extended() const { return syntax_ == RegexSyntax::extended; }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  Result<void> step() {
    const char c = text_[at_];
    if (c == '\\') {
      const char next = peek(1);
      at_ += next == '\0' ? 1 : 2;
      if (next >= '1' && next <= '9') return refuse("a back-reference in a regular expression");
      if (!extended()) {
        if (next == '(') return open();
        if (next == ')') return close();
        if (next == '{') return count();
        if (next == '+' || next == '?') return repeat(1);
        if (next == '|') return alternative();
      }
      return atom();
    }
    if (c == '[') {
      skip_bracket();
      return atom();
    }
    ++at_;
    if (c == '*') return repeat(1);
    if (extended()) {
      if (c == '(') return open();
      if (c == ')') return close();
      if (c == '{') return count();
      if (c == '+' || c == '?') return repeat(1);
      if (c == '|') return alternative();
    }
    return atom();
  }

  Result<void> atom() {
    fold();
    levels_.back().atom = {1, 0, 0};
    return {};
  }

  Result<void> alternative() {
    fold();
    levels_.back().total.choices += 1;
    return {};
  }

  Result<void> open() {
    fold();
    levels_.push_back({});
    return {};
  }

  Result<void> close() {
    if (levels_.size() == 1) return atom();
    fold();
    Weight inner = levels_.back().total;
    inner.size += 2;
    levels_.pop_back();
    levels_.back().atom = inner;
    return {};
  }

  Result<void> count() {
    std::uint64_t most = 0;
    std::uint64_t number = 0;
    std::size_t i = at_;
    for (; i < text_.size() && (text_[i] == ',' || (text_[i] >= '0' && text_[i] <= '9')); ++i) {
      number = text_[i] == ','
                   ? 0
                   : std::min<std::uint64_t>(number * 10 + static_cast<unsigned>(text_[i] - '0'),
                                             kExpandedMax + 1);
      most = std::max(most, number);
    }
    at_ = i;
    return repeat(std::max<std::uint64_t>(most, 1));
  }

  Result<void> repeat(std::uint64_t times) {
    Weight& last = levels_.back().atom;
    last.size *= times;
    last.choices = (last.choices + 1) * times;
    last.repeat_depth += 1;
    if (last.size > kExpandedMax || last.choices > kChoicesMax)
      return refuse("too large a counted repetition");
    return {};
  }

  /// Add the last atom to its sequence.
  void fold() {
    Level& level = levels_.back();
    level.total.size += level.atom.size;
    level.total.choices += level.atom.choices;
    level.total.repeat_depth = std::max(level.total.repeat_depth, level.atom.repeat_depth);
    level.atom = {};
  }

  /// POSIX bracket expression: "]" first is literal, and "[:", "[." and "[=" have an end of their
  /// own.
  void skip_bracket() {
    ++at_;
    if (peek() == '^') ++at_;
    if (peek() == ']') ++at_;
    while (at_ < text_.size() && text_[at_] != ']') {
      const char kind = peek(1);
      if (text_[at_] == '[' && (kind == ':' || kind == '.' || kind == '=')) {
        const std::size_t end = text_.find(std::string{kind, ']'}, at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        ++at_;
      }
    }
    if (at_ < text_.size()) ++at_;
  }

  std::string_view text_;
  RegexSyntax syntax_;
  std::size_t at_ = 0;
  std::vector<Level> levels_{1};
};

}  // namespace

struct Regex::State {
  regex_t compiled{};
  bool anchored = false;
  std::uint64_t choices = 0, size = 0;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { regfree(&compiled); }

  /// Fitted to the slowest patterns known (regex_test.cpp): 200,000 steps stay below 50 ms.
  std::uint64_t steps(std::uint64_t bytes, std::uint64_t starts) const {
    if (choices == 0) return 1 + (bytes * 16 + starts * size) / 64;
    const std::uint64_t factor = 16 + choices * choices + 2 * size;
    return 1 + (bytes * factor + (anchored ? 0 : starts * bytes / 8 * factor)) / 64;
  }
};

Regex::Regex(std::unique_ptr<State> state) : state_(std::move(state)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view pattern, RegexSyntax syntax, RegexCase letter_case) {
  Scan scan(pattern, syntax);
  TRY(scan.run());
  auto state = std::make_unique<State>();
  state->choices = scan.weight().choices;
  state->size = scan.weight().size;
  state->anchored = pattern.starts_with('^') && pattern.find('|') == std::string_view::npos;
  int flags = syntax == RegexSyntax::extended ? REG_EXTENDED : 0;
  if (letter_case == RegexCase::insensitive) flags |= REG_ICASE;
  const Utf8Locale locale;
  const int status = regcomp(&state->compiled, std::string(pattern).c_str(), flags);
  if (status != 0) {
    std::array<char, 128> message{};
    regerror(status, &state->compiled, message.data(), message.size());
    // After a failed regcomp there is nothing to free.
    state->compiled = regex_t{};
    return fail(Errc::invalid_input, "regex-invalid", message.data());
  }
  return Regex(std::move(state));
}

Result<std::optional<std::vector<RegexGroup>>> Regex::search(std::string_view text,
                                                             std::size_t from) const {
  if (text.size() > text_bytes_max)
    return fail(
        Errc::too_large, "regex-text-too-large",
        fmt::format("a regular expression over more than {} bytes of text", text_bytes_max));
  std::optional<std::vector<RegexGroup>> none;
  if (from > text.size()) return none;
  std::vector<regmatch_t> matches(state_->compiled.re_nsub + 1);
  matches[0].rm_so = static_cast<regoff_t>(from);
  matches[0].rm_eo = static_cast<regoff_t>(text.size());
  const Utf8Locale locale;
  const char* begin = text.data() == nullptr ? "" : text.data();
  if (regexec(&state_->compiled, begin, matches.size(), matches.data(), REG_STARTEND) != 0)
    return none;
  std::vector<RegexGroup> groups;
  groups.reserve(matches.size());
  for (const regmatch_t& m : matches)
    groups.push_back(m.rm_so < 0 ? RegexGroup{}
                                 : RegexGroup{static_cast<std::size_t>(m.rm_so),
                                              static_cast<std::size_t>(m.rm_eo)});
  return std::optional(std::move(groups));
}

std::uint64_t Regex::steps(std::string_view text) const {
  const char* may_begin = state_->compiled.fastmap;
  if (may_begin == nullptr || state_->compiled.can_be_null) return steps(text.size());
  const auto starts = std::count_if(text.begin(), text.end(), [&](char c) {
    return may_begin[static_cast<unsigned char>(c)] != 0;
  });
  return state_->steps(text.size(), static_cast<std::uint64_t>(starts));
}

std::uint64_t Regex::compile_steps() const {
  return 16 + 12 * state_->size;
}

std::uint64_t Regex::steps(std::size_t text_bytes) const {
  return state_->steps(text_bytes, text_bytes);
}

}  // namespace rbee::pkgbuild
