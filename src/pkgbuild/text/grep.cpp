// grep, egrep, fgrep: which lines, or which parts of them, match.
//
// Source: GNU grep 3.8 manual; text_commands_test.cpp compares with the program.
#include <array>

#include "base/text.hpp"
#include "pkgbuild/text/command.hpp"
#include "pkgbuild/text/patterns.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild::text {

namespace {

constexpr std::array<Option, 22> kOptions = {{{'E', "extended-regexp"},
                                              {'F', "fixed-strings"},
                                              {'G', "basic-regexp"},
                                              {'e', "regexp", true},
                                              {'i', "ignore-case"},
                                              {'y', ""},
                                              {'v', "invert-match"},
                                              {'w', "word-regexp"},
                                              {'x', "line-regexp"},
                                              {'c', "count"},
                                              {'m', "max-count", true},
                                              {'o', "only-matching"},
                                              {'q', "quiet"},
                                              {'Q', "silent"},
                                              {'s', "no-messages"},
                                              {'n', "line-number"},
                                              {'h', "no-filename"},
                                              {'a', "text"},
                                              {'U', "binary"},
                                              {'K', "color", true},
                                              {'l', "files-with-matches"},
                                              {'L', "files-without-match"}}};

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Bytes of the character at `at`; 1 at the end.
std::size_t character_size(std::string_view line, std::size_t at) {
  return at < line.size() ? first_character(line.substr(at)).size : 1;
}

/// All patterns of one call, and the rules of -w that apply to each.
struct Patterns {
  std::vector<Regex> regexes;
  bool whole_words = false;
};

Supported<Patterns> compile_all(const CommandCall& call, const Arguments& arguments,
                                const std::vector<std::string>& texts) {
  Patterns patterns;
  patterns.whole_words = arguments.has('w') && !arguments.has('x');
  const bool fixed = arguments.has('F') || call.argv.front() == "fgrep";
  const bool extended = !fixed && (arguments.has('E') || call.argv.front() == "egrep");
  const auto letter_case =
      arguments.has('i') || arguments.has('y') ? RegexCase::insensitive : RegexCase::sensitive;
  const auto syntax = extended ? RegexSyntax::extended : RegexSyntax::basic;
  for (const std::string& text : texts) {
    for (const std::string_view line : split(text, '\n')) {
      std::string pattern = fixed ? literal_pattern(line) : std::string(line);
      if (patterns.whole_words &&
          (pattern.empty() || !has_fixed_length(pattern, syntax) || !is_utf8(pattern)))
        return unsupported("grep -w with a pattern of variable length");
      // Compile it as written first: what -x adds must not repair it.
      SUPPORTED(Regex regex, compile_pattern("grep", pattern, syntax, letter_case));
      if (arguments.has('x')) {
        pattern = extended ? "^(" + pattern + ")$" : "^\\(" + pattern + "\\)$";
        SUPPORTED(regex, compile_pattern("grep", pattern, syntax, letter_case));
      }
      patterns.regexes.push_back(std::move(regex));
    }
  }
  return patterns;
}

/// The leftmost, then longest match of any pattern at or after `from`.
Supported<std::optional<RegexGroup>> find(const Patterns& patterns, std::string_view line,
                                          std::size_t from, SearchBudget& budget) {
  std::optional<RegexGroup> best;
  for (const Regex& regex : patterns.regexes) {
    for (std::size_t at = from; at <= line.size();) {
      SUPPORTED(const auto found, budget.search(regex, line, at));
      if (!found) break;
      const RegexGroup match = found->front();
      if (patterns.whole_words) {
        const char before = match.begin > 0 ? line[match.begin - 1] : ' ';
        const char after = match.end < line.size() ? line[match.end] : ' ';
        if (static_cast<unsigned char>(before) >= 0x80 || static_cast<unsigned char>(after) >= 0x80)
          return unsupported("grep -w beside letters that are not ASCII");
        if (is_word(before) || is_word(after)) {
          at = match.begin + character_size(line, match.begin);
          continue;
        }
      }
      if (!best || match.begin < best->begin ||
          (match.begin == best->begin && match.end > best->end))
        best = match;
      break;
    }
  }
  return best;
}

}  // namespace

Supported<CommandOutput> run_grep(const CommandCall& call) {
  for (const std::string& word : call.argv)
    if (word.size() > 1 && word[0] == '-' && word[1] != '-' &&
        word.find_first_of("QK") != word.npos)
      return unsupported("grep " + word);
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  if (arguments.has('l') || arguments.has('L')) return unsupported("grep -l");
  if (arguments.has('K') && *arguments.value('K') == "always")
    return unsupported("grep --color=always");
  if (arguments.has('E') + arguments.has('F') + arguments.has('G') > 1)
    return unsupported("grep with two kinds of pattern");
  std::vector<std::string> operands = arguments.operands;
  std::vector<std::string> texts = arguments.values('e');
  if (texts.empty()) {
    if (operands.empty()) return unsupported("grep without a pattern");
    texts.push_back(operands.front());
    operands.erase(operands.begin());
  }
  if (operands.size() > 1 && !arguments.has('h')) return unsupported("grep in several files");
  SUPPORTED(const Patterns patterns, compile_all(call, arguments, texts));
  std::uint64_t most = ~std::uint64_t{0};
  if (const auto text = arguments.value('m')) {
    const auto value = number(*text);
    if (!value || (*value == 0)) return unsupported("grep -m with that count");
    if (operands.size() > 1) return unsupported("grep -m in several files");
    most = *value;
  }
  SUPPORTED(const Input input, read_input(call, operands));
  if (!is_utf8(input.bytes)) return unsupported("grep over text that is not UTF-8");
  if (operands.size() > 1 && arguments.has('c')) return unsupported("grep -c in several files");

  const bool quiet = arguments.has('q') || arguments.has('Q');
  SearchBudget budget("grep");
  std::string out;
  std::uint64_t selected = 0;
  std::uint64_t line_number = 0;
  for (const std::string_view line : lines_of(input.bytes).lines) {
    if (selected >= most) break;
    ++line_number;
    SUPPORTED(auto match, find(patterns, line, 0, budget));
    if (match.has_value() == arguments.has('v')) continue;
    ++selected;
    if (quiet) break;
    if (arguments.has('c')) continue;
    const std::string prefix = arguments.has('n') ? std::to_string(line_number) + ":" : "";
    if (!arguments.has('o')) {
      out.append(prefix).append(line).append("\n");
      continue;
    }
    while (match && !arguments.has('v')) {
      const std::size_t size = match->end - match->begin;
      if (size > 0) out.append(prefix).append(line.substr(match->begin, size)).append("\n");
      const std::size_t next =
          size > 0 ? match->end : match->end + character_size(line, match->end);
      if (next >= line.size()) break;
      SUPPORTED(match, find(patterns, line, next, budget));
    }
    if (out.size() > call.output_bytes_max) return unsupported("grep with that much output");
  }
  if (arguments.has('c') && !quiet) out = std::to_string(selected) + "\n";
  int status = selected > 0 ? 0 : 1;
  if (input.missing_file && !(quiet && selected > 0)) status = 2;
  return CommandOutput{status, quiet ? "" : std::move(out),
                       budget.steps() + linear_steps(input.bytes)};
}

}  // namespace rbee::pkgbuild::text
