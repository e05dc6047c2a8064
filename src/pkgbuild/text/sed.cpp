// sed: runs a parsed script over lines, with pattern space and hold space.
//
// Source: GNU sed 4.9 manual; text_commands_test.cpp compares with the program.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "pkgbuild/text/command.hpp"
#include "pkgbuild/text/patterns.hpp"
#include "pkgbuild/text/sed_script.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild::text {

namespace {

/// Appends replaced text, letter case changed as \U \L \u \l say.
class CaseWriter {
 public:
  explicit CaseWriter(std::string& out) : out_(out) {}

  void set(SedReplacement::Kind kind) {
    using Kind = SedReplacement::Kind;
    if (kind == Kind::upper_one || kind == Kind::lower_one)
      next_ = kind;
    else
      all_ = kind;
  }

  /// False for a letter that is not ASCII where its case would change.
  bool write(std::string_view text) {
    using Kind = SedReplacement::Kind;
    for (const char c : text) {
      const Kind kind = next_ != Kind::end_case ? next_ : all_;
      next_ = Kind::end_case;
      if (kind != Kind::end_case && static_cast<unsigned char>(c) >= 0x80) return false;
      const bool upper = kind == Kind::upper || kind == Kind::upper_one;
      const bool lower = kind == Kind::lower || kind == Kind::lower_one;
      if (upper && c >= 'a' && c <= 'z')
        out_ += static_cast<char>(c - 'a' + 'A');
      else if (lower && c >= 'A' && c <= 'Z')
        out_ += static_cast<char>(c - 'A' + 'a');
      else
        out_ += c;
    }
    return true;
  }

 private:
  std::string& out_;
  SedReplacement::Kind all_ = SedReplacement::Kind::end_case;
  SedReplacement::Kind next_ = SedReplacement::Kind::end_case;
};

class Machine {
 public:
  Machine(const std::vector<SedCommand>& commands, Lines lines, bool quiet, std::size_t output_max)
      : commands_(commands),
        input_(std::move(lines)),
        quiet_(quiet),
        output_max_(output_max),
        range_active_(commands.size(), false),
        range_end_(commands.size(), 0) {}

  Supported<CommandOutput> run() {
    while (!quit_ && next_line()) {
      SUPPORTED(const bool more, cycle());
      if (!more) break;
    }
    return CommandOutput{0, std::move(out_), budget_.steps()};
  }

 private:
  enum class Flow { next_command, end_cycle, end_cycle_silently };

  bool is_last() const { return line_ >= input_.lines.size(); }

  bool next_line() {
    if (keep_pattern_space_) {
      keep_pattern_space_ = false;
      return true;
    }
    if (is_last()) return false;
    pattern_ = input_.lines[line_++];
    return true;
  }

  /// A line of output. Only what comes from the last line may lack its newline.
  void print(std::string_view text) {
    if (missing_newline_) out_ += '\n';
    out_ += text;
    missing_newline_ = is_last() && !input_.ends_with_newline;
    if (!missing_newline_) out_ += '\n';
  }
  void print_line(std::string_view text) {
    if (missing_newline_) out_ += '\n';
    missing_newline_ = false;
    out_.append(text).append("\n");
  }

  /// Run the script once. False: stop.
  Supported<bool> cycle() {
    substituted_ = false;
    for (std::size_t i = 0; i < commands_.size();) {
      SUPPORTED(const bool within, budget_.spend(1));
      (void)within;
      if (pattern_.size() + hold_.size() + out_.size() > output_max_)
        return unsupported("sed with that much output");
      const SedCommand& command = commands_[i];
      SUPPORTED(const bool chosen, selects(command, i));
      if (chosen == command.negated) {
        i = command.name == '{' ? command.target : i + 1;
        continue;
      }
      std::size_t next = i + 1;
      SUPPORTED(const Flow flow, execute(command, next));
      if (flow == Flow::end_cycle_silently) return !quit_;
      if (flow == Flow::end_cycle) break;
      i = next;
    }
    if (!quiet_) print(pattern_);
    return !quit_;
  }

  Supported<bool> matches(const SedAddress& address) {
    switch (address.kind) {
      case SedAddress::Kind::line:
        return line_ == address.first;
      case SedAddress::Kind::last:
        return is_last();
      case SedAddress::Kind::every:
        return address.step == 0
                   ? line_ == address.first
                   : line_ >= address.first && (line_ - address.first) % address.step == 0;
      case SedAddress::Kind::match: {
        SUPPORTED(const auto found, budget_.search(*address.regex, pattern_));
        return found.has_value();
      }
    }
    return false;
  }

  Supported<bool> selects(const SedCommand& command, std::size_t index) {
    if (!command.from) return true;
    if (!command.to) return matches(*command.from);
    if (range_active_[index]) {
      if (command.to->kind == SedAddress::Kind::line) {
        // A range whose end is behind is one line long.
        if (line_ >= range_end_[index]) range_active_[index] = false;
        return line_ <= range_end_[index];
      }
      SUPPORTED(const bool ends, matches(*command.to));
      if (ends) range_active_[index] = false;
      return true;
    }
    SUPPORTED(const bool begins, matches(*command.from));
    if (!begins) return false;
    if (command.to->kind == SedAddress::Kind::line) {
      range_end_[index] = command.to->first;
      range_active_[index] = line_ < command.to->first;
    } else if (command.to->kind == SedAddress::Kind::last) {
      range_active_[index] = !is_last();
    } else {
      range_active_[index] = true;
    }
    return true;
  }

  Supported<Flow> execute(const SedCommand& command, std::size_t& next) {
    switch (command.name) {
      case 's': {
        SUPPORTED(const bool done, substitute(command));
        substituted_ = substituted_ || done;
        if (done && command.print) print(pattern_);
        break;
      }
      case 'y':
        for (char& c : pattern_) c = command.map[static_cast<unsigned char>(c)];
        break;
      case 'p':
        print(pattern_);
        break;
      case 'P':
        print_line(pattern_.substr(0, pattern_.find('\n')));
        break;
      case '=':
        print_line(std::to_string(line_));
        break;
      case 'd':
        return Flow::end_cycle_silently;
      case 'D': {
        const std::size_t newline = pattern_.find('\n');
        if (newline == pattern_.npos) return Flow::end_cycle_silently;
        pattern_.erase(0, newline + 1);
        keep_pattern_space_ = true;
        return Flow::end_cycle_silently;
      }
      case 'n':
        if (is_last()) {
          quit_ = true;
          return Flow::end_cycle;
        }
        if (!quiet_) print(pattern_);
        pattern_ = input_.lines[line_++];
        break;
      case 'N':
        if (is_last()) {
          quit_ = true;
          return Flow::end_cycle;
        }
        pattern_.append("\n").append(input_.lines[line_++]);
        break;
      case 'h':
        hold_ = pattern_;
        break;
      case 'H':
        hold_.append("\n").append(pattern_);
        break;
      case 'g':
        pattern_ = hold_;
        break;
      case 'G':
        pattern_.append("\n").append(hold_);
        break;
      case 'x':
        std::swap(pattern_, hold_);
        break;
      case 'q':
        quit_ = true;
        return Flow::end_cycle;
      case 'Q':
        quit_ = true;
        return Flow::end_cycle_silently;
      case 'b':
        next = command.target;
        break;
      case 't':
        if (substituted_) next = command.target;
        substituted_ = false;
        break;
      default:
        break;  // { } and labels do nothing themselves.
    }
    return Flow::next_command;
  }

  /// True when something was replaced.
  Supported<bool> substitute(const SedCommand& command) {
    std::string result;
    std::size_t at = 0;
    std::size_t last_end = std::string::npos;
    std::uint64_t count = 0;
    bool replaced = false;
    const std::string_view text = pattern_;
    while (at <= text.size()) {
      SUPPORTED(const auto found, budget_.search(*command.regex, text, at));
      if (!found) break;
      const RegexGroup match = found->front();
      result += text.substr(at, match.begin - at);
      // An empty match right behind the last one is none.
      const bool counts = !(match.begin == match.end && match.begin == last_end);
      if (counts && ++count >= command.nth) {
        if (!write(result, command, *found, text))
          return unsupported("sed \\U with letters that are not ASCII");
        replaced = true;
        if (result.size() > output_max_) return unsupported("sed with that much output");
      } else {
        result += text.substr(match.begin, match.end - match.begin);
      }
      at = last_end = match.end;
      if (replaced && !command.global) break;
      if (match.begin == match.end) {
        if (at >= text.size()) {
          at = text.size() + 1;
          break;
        }
        const std::size_t size = first_character(text.substr(at)).size;
        result += text.substr(at, size);
        at += size;
      }
    }
    if (!replaced) return false;
    if (at < text.size()) result += text.substr(at);
    pattern_ = std::move(result);
    return true;
  }

  static bool write(std::string& out, const SedCommand& command,
                    const std::vector<RegexGroup>& groups, std::string_view text) {
    CaseWriter writer(out);
    for (const SedReplacement& part : command.replacement) {
      if (part.kind == SedReplacement::Kind::text) {
        if (!writer.write(part.text)) return false;
      } else if (part.kind == SedReplacement::Kind::group) {
        if (part.group >= groups.size()) continue;
        const RegexGroup group = groups[part.group];
        if (group.begin != std::string_view::npos &&
            !writer.write(text.substr(group.begin, group.end - group.begin)))
          return false;
      } else {
        writer.set(part.kind);
      }
    }
    return true;
  }

  const std::vector<SedCommand>& commands_;
  Lines input_;
  bool quiet_;
  std::size_t output_max_;
  std::vector<bool> range_active_;
  std::vector<std::uint64_t> range_end_;
  SearchBudget budget_{"sed"};
  std::string pattern_, hold_, out_;
  std::uint64_t line_ = 0;  ///< Lines read; the number of the current one.
  bool substituted_ = false, quit_ = false, keep_pattern_space_ = false, missing_newline_ = false;
};

}  // namespace

Supported<CommandOutput> run_sed(const CommandCall& call) {
  static constexpr std::array<Option, 5> kOptions = {{{'n', "quiet"},
                                                      {'E', "regexp-extended"},
                                                      {'r', ""},
                                                      {'e', "expression", true},
                                                      {'u', "unbuffered"}}};
  SUPPORTED(const Arguments arguments, Arguments::parse(call.argv, kOptions));
  std::vector<std::string> operands = arguments.operands;
  std::string script;
  const std::vector<std::string> parts = arguments.values('e');
  if (parts.empty()) {
    if (operands.empty()) return unsupported("sed without a script");
    script = operands.front();
    operands.erase(operands.begin());
  }
  for (std::size_t i = 0; i < parts.size(); ++i) script += (i > 0 ? "\n" : "") + parts[i];
  const auto syntax =
      arguments.has('E') || arguments.has('r') ? RegexSyntax::extended : RegexSyntax::basic;
  SUPPORTED(const auto commands, parse_sed(script, syntax));
  if (operands.size() > 1) return unsupported("sed of several files");
  SUPPORTED(const Input input, read_input(call, operands));
  if (!is_utf8(input.bytes) || !is_utf8(script))
    return unsupported("sed over text that is not UTF-8");
  SUPPORTED(
      CommandOutput output,
      Machine(commands, lines_of(input.bytes), arguments.has('n'), call.output_bytes_max).run());
  if (input.missing_file) output.status = 2;
  return output;
}

}  // namespace rbee::pkgbuild::text
