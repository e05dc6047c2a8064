// cat, head, tail, tac, rev, uniq, wc: commands that choose, turn or count lines.
//
// Source: GNU coreutils 9.1 and util-linux 2.38 manual pages; text_commands_test.cpp compares with
// them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pkgbuild/text/command.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild::text {

namespace {

CommandOutput done(std::string output, bool failed, std::string_view read) {
  return {failed ? 1 : 0, std::move(output), linear_steps(read)};
}

/// "-5" as the old spelling of "-n 5", in first place only.
std::vector<std::string> with_old_count(const std::vector<std::string>& argv) {
  std::vector<std::string> words = argv;
  if (words.size() > 1 && words[1].size() > 1 && words[1][0] == '-' &&
      number(std::string_view(words[1]).substr(1))) {
    words[1].erase(0, 1);
    words.insert(words.begin() + 1, "-n");
  }
  return words;
}

/// What -n and -c of head and tail say.
struct Count {
  bool bytes = false;
  char sign = '\0';  ///< '-' or '+' when written.
  std::uint64_t value = 10;
};

Supported<Count> count_of(const Arguments& arguments, const std::string& command) {
  Count count;
  const auto lines = arguments.value('n');
  const auto bytes = arguments.value('c');
  if (lines && bytes) return unsupported(command + " with both -n and -c");
  count.bytes = bytes.has_value();
  std::string_view text = lines ? *lines : bytes ? *bytes : "10";
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    count.sign = text[0];
    text.remove_prefix(1);
  }
  const auto value = number(text);
  if (!value) return unsupported(command + " with a count that is not a plain number");
  count.value = *value;
  return count;
}

constexpr std::array<Option, 3> kHeadOptions = {
    {{'n', "lines", true}, {'c', "bytes", true}, {'q', "quiet"}}};

/// Offset of the end of the first `count` lines.
std::size_t end_of_lines(std::string_view text, std::uint64_t count) {
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count && at < text.size(); ++i) {
    const std::size_t end = text.find('\n', at);
    at = end == text.npos ? text.size() : end + 1;
  }
  return at;
}

}  // namespace

Supported<CommandOutput> run_cat(const CommandCall& call) {
  static constexpr std::array<Option, 1> kOptions = {{{'u', ""}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  SUPPORTED(Input input, read_input(call, arguments.operands));
  return done(input.bytes, input.missing_file, input.bytes);
}

Supported<CommandOutput> run_head(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(with_old_count(call.argv), kHeadOptions));
  SUPPORTED(const Count count, count_of(arguments, "head"));
  if (arguments.operands.size() > 1) return unsupported("head of several files");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const std::string_view text = input.bytes;
  if (count.sign == '+') return unsupported("head -n +N");
  std::uint64_t value = count.value;
  const std::uint64_t have = count.bytes ? text.size() : lines_of(text).lines.size();
  if (count.sign == '-') value = have - std::min(have, value);
  const std::size_t end =
      count.bytes ? std::min<std::size_t>(value, text.size()) : end_of_lines(text, value);
  return done(std::string(text.substr(0, end)), input.missing_file, text);
}

Supported<CommandOutput> run_tail(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(with_old_count(call.argv), kHeadOptions));
  SUPPORTED(const Count count, count_of(arguments, "tail"));
  if (arguments.operands.size() > 1) return unsupported("tail of several files");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const std::string_view text = input.bytes;
  const std::uint64_t have = count.bytes ? text.size() : lines_of(text).lines.size();
  const std::uint64_t skip =
      count.sign == '+' ? std::min(have, count.value - std::min<std::uint64_t>(1, count.value))
                        : have - std::min(have, count.value);
  const std::size_t begin = count.bytes ? skip : end_of_lines(text, skip);
  return done(std::string(text.substr(begin)), input.missing_file, text);
}

Supported<CommandOutput> run_tac(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, {}));
  if (arguments.operands.size() > 1) return unsupported("tac of several files");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const Lines lines = lines_of(input.bytes);
  std::string out;
  for (std::size_t i = lines.lines.size(); i-- > 0;) {
    out += lines.lines[i];
    if (i + 1 < lines.lines.size() || lines.ends_with_newline) out += '\n';
  }
  return done(std::move(out), input.missing_file, input.bytes);
}

Supported<CommandOutput> run_rev(const CommandCall& call) {
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, {}));
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const Lines lines = lines_of(input.bytes);
  std::string out;
  for (std::size_t i = 0; i < lines.lines.size(); ++i) {
    const std::string_view line = lines.lines[i];
    out.append(line.size(), '\0');
    std::size_t place = out.size();
    for (std::string_view rest = line; !rest.empty();) {
      const Character c = first_character(rest);
      if (!c.valid) return unsupported("rev of text that is not UTF-8");
      place -= c.size;
      rest.copy(out.data() + place, c.size);
      rest.remove_prefix(c.size);
    }
    if (i + 1 < lines.lines.size() || lines.ends_with_newline) out += '\n';
  }
  return done(std::move(out), input.missing_file, input.bytes);
}

Supported<CommandOutput> run_uniq(const CommandCall& call) {
  static constexpr std::array<Option, 3> kOptions = {
      {{'c', "count"}, {'d', "repeated"}, {'u', "unique"}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  if (arguments.operands.size() > 1) return unsupported("uniq with an output file");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  const auto lines = lines_of(input.bytes).lines;
  std::string out;
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t end = i + 1;
    while (end < lines.size() && lines[end] == lines[i]) ++end;
    const bool repeated = end - i > 1;
    if (!(arguments.has('d') && !repeated) && !(arguments.has('u') && repeated)) {
      if (arguments.has('c')) out += fmt::format("{:7} ", end - i);
      out.append(lines[i]).append("\n");
    }
    i = end;
  }
  return done(std::move(out), input.missing_file, input.bytes);
}

Supported<CommandOutput> run_wc(const CommandCall& call) {
  static constexpr std::array<Option, 4> kOptions = {
      {{'l', "lines"}, {'w', "words"}, {'c', "bytes"}, {'m', "chars"}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  const int asked =
      arguments.has('l') + arguments.has('w') + arguments.has('c') + arguments.has('m');
  if (asked != 1) return unsupported("wc with other than one count");
  if (arguments.operands.size() > 1) return unsupported("wc of several files");
  SUPPORTED(const Input input, read_input(call, arguments.operands));
  if (input.missing_file) return unsupported("wc of a missing file");
  std::uint64_t count = 0;
  if (arguments.has('l')) {
    count = static_cast<std::uint64_t>(std::count(input.bytes.begin(), input.bytes.end(), '\n'));
  } else if (arguments.has('c')) {
    count = input.bytes.size();
  } else {
    bool in_word = false;
    for (std::string_view rest = input.bytes; !rest.empty();) {
      const Character c = first_character(rest);
      if (!c.valid || (c.code >= 0x80 && arguments.has('w')))
        return unsupported("wc of words that are not ASCII");
      if (c.code < 0x20 && !is_space(c) && arguments.has('w'))
        return unsupported("wc of control characters");
      if (arguments.has('m')) ++count;
      if (arguments.has('w') && !is_space(c) && !in_word) ++count;
      in_word = !is_space(c);
      rest.remove_prefix(c.size);
    }
  }
  std::string out = fmt::format("{}", count);
  if (!arguments.operands.empty()) out += ' ' + arguments.operands.front();
  return done(out + '\n', false, input.bytes);
}

}  // namespace rbee::pkgbuild::text
