// awk: runs a parsed program over lines. Numbers are doubles and texts are bytes, as in POSIX awk.
//
// Where awks differ (letters that are not ASCII, very large numbers), this one refuses.
// Source: POSIX.1-2017 awk; text_commands_test.cpp compares with the machine's awk.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "base/text.hpp"
#include "pkgbuild/text/awk_program.hpp"
#include "pkgbuild/text/awk_value.hpp"
#include "pkgbuild/text/command.hpp"
#include "pkgbuild/text/patterns.hpp"

namespace rbee::pkgbuild::text {

namespace {

using Value = AwkValue;

constexpr std::size_t kFieldsMax = 10'000;

class Machine {
 public:
  Machine(const std::vector<AwkRule>& rules, std::size_t output_max)
      : rules_(rules), output_max_(output_max) {
    variables_["FS"] = Value::of(std::string(" "));
    variables_["OFS"] = Value::of(std::string(" "));
    variables_["ORS"] = Value::of(std::string("\n"));
  }

  void set(const std::string& name, Value value) { variables_[name] = std::move(value); }

  Supported<CommandOutput> run(std::string_view input) {
    bool reads = false;
    for (const AwkRule& rule : rules_) reads = reads || rule.when != AwkRule::When::begin;
    SUPPORTED(Flow flow, run_rules(AwkRule::When::begin));
    if (reads && flow != Flow::exit) {
      for (const std::string_view line : lines_of(input).lines) {
        SUPPORTED_INTO(flow, set_record(std::string(line)));
        ++record_number_;
        SUPPORTED_INTO(flow, run_rules(AwkRule::When::always));
        if (flow == Flow::exit) break;
      }
    }
    if (reads) {
      SUPPORTED_INTO(flow, run_rules(AwkRule::When::end));
    }
    return CommandOutput{status_, std::move(out_), budget_.steps()};
  }

 private:
  enum class Flow { normal, next, exit, stop, again };
  using Answer = Supported<Value>;
  using Kind = AwkExpression::Kind;

  // ---- records and fields ---------------------------------------------------------------------

  Supported<Flow> set_record(std::string text) {
    record_ = std::move(text);
    SUPPORTED(fields_, pieces(record_, variables_["FS"].text, nullptr));
    return Flow::normal;
  }

  /// Split as awk splits: " " at runs of white space, one character literally, more as a pattern.
  Supported<std::vector<std::string>> pieces(const std::string& text, const std::string& separator,
                                             const Regex* pattern) {
    std::vector<std::string> result;
    SUPPORTED(const bool within, budget_.spend(1 + text.size() / 32));
    (void)within;
    if (pattern == nullptr && separator == " ") {
      std::size_t at = 0;
      while (true) {
        at = text.find_first_not_of(" \t\n", at);
        if (at == text.npos) break;
        const std::size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
        result.push_back(text.substr(at, end - at));
        at = end;
      }
      return limited(std::move(result));
    }
    if (text.empty()) return result;
    if (pattern == nullptr && separator.size() == 1) {
      if (separator == "\\") return unsupported("awk with that separator");
      for (const std::string_view piece : split(text, separator[0])) result.emplace_back(piece);
      return limited(std::move(result));
    }
    if (pattern == nullptr) {
      if (separator.empty()) return unsupported("awk with an empty separator");
      if (separator != separator_text_) {
        SUPPORTED(Regex regex,
                  compile_pattern("awk", separator, RegexSyntax::extended, RegexCase::sensitive));
        separator_.emplace(std::move(regex));
        separator_text_ = separator;
      }
      pattern = &*separator_;
    }
    std::size_t at = 0;
    while (true) {
      SUPPORTED(const auto found, budget_.search(*pattern, text, at));
      if (!found) break;
      const RegexGroup match = found->front();
      if (match.begin == match.end) return unsupported("awk with a separator that matches nothing");
      result.push_back(text.substr(at, match.begin - at));
      at = match.end;
    }
    result.push_back(text.substr(at));
    return limited(std::move(result));
  }

  static Supported<std::vector<std::string>> limited(std::vector<std::string> pieces) {
    if (pieces.size() > kFieldsMax) return unsupported("awk with that many fields");
    return pieces;
  }

  void rebuild_record() {
    record_.clear();
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) record_ += variables_["OFS"].text;
      record_ += fields_[i];
    }
  }

  // ---- expressions ----------------------------------------------------------------------------

  Answer evaluate(const AwkExpression& e) {
    SUPPORTED(const bool within, budget_.spend(1));
    (void)within;
    switch (e.kind) {
      case Kind::number:
        return Value::of(e.value);
      case Kind::string:
        return Value::of(e.text);
      case Kind::regex: {
        SUPPORTED(const auto found, budget_.search(*e.regex, record_));
        return Value::of(found.has_value());
      }
      case Kind::match: {
        SUPPORTED(const Value left, evaluate(e.parts[0]));
        SUPPORTED(const std::string text, text_of(left));
        SUPPORTED(const auto found, budget_.search(*e.regex, text));
        return Value::of(found.has_value() == (e.text == "~"));
      }
      case Kind::variable:
      case Kind::element:
      case Kind::field:
        return read(e);
      case Kind::assign: {
        SUPPORTED(Value right, evaluate(e.parts[1]));
        if (!e.text.empty()) {
          SUPPORTED(const Value left, read(e.parts[0]));
          SUPPORTED_INTO(right, calculate(e.text, number_of(left), number_of(right)));
        }
        return write(e.parts[0], std::move(right));
      }
      case Kind::increment: {
        SUPPORTED(const Value before, read(e.parts[0]));
        const double old = number_of(before);
        SUPPORTED(Value after, write(e.parts[0], Value::of(e.text == "++" ? old + 1 : old - 1)));
        return e.value == 1 ? after : Value::of(old);
      }
      case Kind::unary: {
        SUPPORTED(const Value operand, evaluate(e.parts[0]));
        if (e.text == "!") return Value::of(!truth(operand));
        const double n = number_of(operand);
        // -0 is printed as "-0" by some awks and as "0" by others.
        return Value::of(e.text == "-" && n != 0 ? -n : n);
      }
      case Kind::binary:
        return binary(e);
      case Kind::logical_and:
      case Kind::logical_or: {
        SUPPORTED(const Value left, evaluate(e.parts[0]));
        if (truth(left) != (e.kind == Kind::logical_and)) return Value::of(truth(left));
        SUPPORTED(const Value right, evaluate(e.parts[1]));
        return Value::of(truth(right));
      }
      case Kind::conditional: {
        SUPPORTED(const Value condition, evaluate(e.parts[0]));
        return evaluate(e.parts[truth(condition) ? 1 : 2]);
      }
      case Kind::call:
        return call(e);
      case Kind::in_array:
        break;
    }
    return unsupported("awk with that expression");
  }

  Answer binary(const AwkExpression& e) {
    SUPPORTED(const Value left, evaluate(e.parts[0]));
    SUPPORTED(const Value right, evaluate(e.parts[1]));
    if (e.text == " ") {
      SUPPORTED(std::string text, text_of(left));
      SUPPORTED(const std::string more, text_of(right));
      text += more;
      if (text.size() > output_max_) return unsupported("awk with that much text");
      return Value::of(std::move(text));
    }
    static const std::set<std::string, std::less<>> kComparisons = {
        "<", "<=", "==", "!=", ">", ">="};
    if (kComparisons.contains(e.text)) return compare(e.text, left, right);
    return calculate(e.text, number_of(left), number_of(right));
  }

  Supported<std::size_t> field_index(const AwkExpression& e) {
    SUPPORTED(const Value index, evaluate(e.parts[0]));
    const double n = number_of(index);
    if (!(n >= 0 && n <= static_cast<double>(kFieldsMax)) || n != std::floor(n))
      return unsupported("awk with that field");
    return static_cast<std::size_t>(n);
  }

  Supported<Value*> element(const AwkExpression& e) {
    SUPPORTED(const Value index, evaluate(e.parts[0]));
    SUPPORTED(const std::string key, text_of(index));
    auto& array = arrays_[e.text];
    if (array.size() > kFieldsMax) return unsupported("awk with that many elements");
    return &array[key];
  }

  Answer read(const AwkExpression& e) {
    if (e.kind == Kind::field) {
      SUPPORTED(const std::size_t index, field_index(e));
      if (index == 0) return awk_input(record_);
      return index <= fields_.size() ? awk_input(fields_[index - 1]) : Value{};
    }
    if (e.kind == Kind::element) {
      SUPPORTED(const Value* value, element(e));
      return *value;
    }
    if (e.text == "NF") return Value::of(static_cast<double>(fields_.size()));
    if (e.text == "NR" || e.text == "FNR") return Value::of(static_cast<double>(record_number_));
    static const std::set<std::string, std::less<>> kRefused = {
        "RS", "CONVFMT", "OFMT", "SUBSEP", "ENVIRON", "ARGV", "ARGC", "FILENAME"};
    if (kRefused.contains(e.text)) return unsupported("awk " + e.text);
    const auto found = variables_.find(e.text);
    return found == variables_.end() ? Value{} : found->second;
  }

  Answer write(const AwkExpression& e, Value value) {
    if (e.kind == Kind::field) {
      SUPPORTED(const std::size_t index, field_index(e));
      SUPPORTED(std::string text, text_of(value));
      if (index == 0) {
        SUPPORTED(const Flow flow, set_record(std::move(text)));
        (void)flow;
      } else {
        if (index > fields_.size()) fields_.resize(index);
        fields_[index - 1] = std::move(text);
        rebuild_record();
      }
      return value;
    }
    if (e.kind == Kind::element) {
      SUPPORTED(Value * target, element(e));
      *target = value;
      return value;
    }
    static const std::set<std::string, std::less<>> kRefused = {
        "NF", "NR", "FNR", "RS", "CONVFMT", "OFMT", "SUBSEP", "RSTART", "RLENGTH", "FILENAME"};
    if (kRefused.contains(e.text)) return unsupported("awk setting " + e.text);
    if (e.text == "FS" || e.text == "OFS" || e.text == "ORS") {
      SUPPORTED(std::string text, text_of(value));
      value = Value::of(std::move(text));
    }
    variables_[e.text] = value;
    return value;
  }

  // ---- functions ------------------------------------------------------------------------------

  Answer call(const AwkExpression& e) {
    if (e.text == "sub" || e.text == "gsub") return substitute(e);
    if (e.text == "split") return split_into(e);
    std::vector<Value> arguments;
    for (const AwkExpression& part : e.parts) {
      if (e.text == "match" && arguments.size() == 1) break;
      SUPPORTED(Value value, evaluate(part));
      arguments.push_back(std::move(value));
    }
    if (e.text == "sprintf") {
      SUPPORTED(std::string text, formatted(arguments));
      return Value::of(std::move(text));
    }
    if (e.text == "int") return Value::of(std::trunc(number_of(arguments[0])) + 0.0);
    std::string text = record_;
    if (!arguments.empty()) SUPPORTED_INTO(text, text_of(arguments[0]));
    if (!is_ascii(text)) return unsupported("awk " + e.text + " of text that is not ASCII");
    if (e.text == "length") return Value::of(static_cast<double>(text.size()));
    if (e.text == "toupper" || e.text == "tolower") {
      for (char& c : text) {
        if (e.text == "toupper" && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (e.text == "tolower" && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      }
      return Value::of(std::move(text));
    }
    if (e.text == "index") {
      SUPPORTED(const std::string part, text_of(arguments[1]));
      const std::size_t at = text.find(part);
      return Value::of(at == text.npos ? 0.0 : static_cast<double>(at + 1));
    }
    if (e.text == "match") {
      SUPPORTED(const auto found, budget_.search(*e.regex, text));
      const RegexGroup match = found ? found->front() : RegexGroup{};
      variables_["RSTART"] = Value::of(found ? static_cast<double>(match.begin + 1) : 0.0);
      variables_["RLENGTH"] =
          Value::of(found ? static_cast<double>(match.end - match.begin) : -1.0);
      return variables_["RSTART"];
    }
    // substr. Awks disagree on a start before the text and on fractions.
    const double begin = number_of(arguments[1]);
    const double size = static_cast<double>(text.size());
    double end = size + 1;
    if (arguments.size() == 3) end = begin + number_of(arguments[2]);
    if (!(begin >= 1 && begin < kAwkExactMax && end < kAwkExactMax) || begin != std::floor(begin) ||
        end != std::floor(end))
      return unsupported("awk substr with that position");
    const double from = std::max(begin, 1.0), to = std::min(end, size + 1);
    if (to <= from) return Value::of(std::string());
    return Value::of(
        text.substr(static_cast<std::size_t>(from) - 1, static_cast<std::size_t>(to - from)));
  }

  Answer split_into(const AwkExpression& e) {
    SUPPORTED(const Value value, evaluate(e.parts[0]));
    SUPPORTED(const std::string text, text_of(value));
    std::string separator = variables_["FS"].text;
    if (e.parts.size() == 3 && !e.regex) {
      SUPPORTED(const Value given, evaluate(e.parts[2]));
      SUPPORTED_INTO(separator, text_of(given));
    }
    SUPPORTED(const std::vector<std::string> parts, pieces(text, separator, e.regex.get()));
    auto& array = arrays_[e.parts[1].text];
    array.clear();
    for (std::size_t i = 0; i < parts.size(); ++i)
      array[std::to_string(i + 1)] = awk_input(parts[i]);
    return Value::of(static_cast<double>(parts.size()));
  }

  Answer substitute(const AwkExpression& e) {
    SUPPORTED(const Value replacement_value, evaluate(e.parts[1]));
    SUPPORTED(const std::string replacement, text_of(replacement_value));
    if (replacement.find('\\') != replacement.npos) return unsupported("awk sub with a backslash");
    AwkExpression whole;
    whole.kind = Kind::field;
    whole.parts.emplace_back();
    const AwkExpression& target = e.parts.size() == 3 ? e.parts[2] : whole;
    SUPPORTED(const Value value, read(target));
    SUPPORTED(const std::string text, text_of(value));
    std::string result;
    std::size_t at = 0, last_end = std::string::npos;
    int count = 0;
    while (at <= text.size()) {
      SUPPORTED(const auto found, budget_.search(*e.regex, text, at));
      if (!found) break;
      const RegexGroup match = found->front();
      result += text.substr(at, match.begin - at);
      if (!(match.begin == match.end && match.begin == last_end)) {
        for (const char c : replacement) {
          if (c == '&')
            result += text.substr(match.begin, match.end - match.begin);
          else
            result += c;
        }
        ++count;
        if (result.size() > output_max_) return unsupported("awk with that much text");
      }
      at = last_end = match.end;
      if (e.text == "sub") break;
      if (match.begin == match.end) {
        if (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80)
          return unsupported("awk gsub of nothing in text that is not ASCII");
        if (at < text.size()) result += text[at];
        ++at;
      }
    }
    if (at < text.size()) result += text.substr(at);
    if (count > 0) {
      SUPPORTED(const Value written, write(target, Value::of(std::move(result))));
      (void)written;
    }
    return Value::of(static_cast<double>(count));
  }

  // ---- statements -----------------------------------------------------------------------------

  Supported<Flow> run_rules(AwkRule::When when) {
    for (const AwkRule& rule : rules_) {
      const bool main_rule =
          rule.when == AwkRule::When::always || rule.when == AwkRule::When::match;
      if (when == AwkRule::When::always ? !main_rule : rule.when != when) continue;
      if (rule.when == AwkRule::When::match) {
        SUPPORTED(const Value chosen, evaluate(rule.pattern));
        if (!truth(chosen)) continue;
      }
      if (rule.prints_line) {
        out_ += record_ + variables_["ORS"].text;
        continue;
      }
      SUPPORTED(const Flow flow, run_all(rule.action));
      if (flow == Flow::exit || flow == Flow::next) return flow;
    }
    return Flow::normal;
  }

  Supported<Flow> run_all(const std::vector<AwkStatement>& statements) {
    for (const AwkStatement& statement : statements) {
      SUPPORTED(const Flow flow, run_one(statement));
      if (flow != Flow::normal) return flow;
    }
    return Flow::normal;
  }

  Supported<Flow> run_one(const AwkStatement& s) {
    using What = AwkStatement::Kind;
    if (out_.size() > output_max_) return unsupported("awk with that much output");
    switch (s.kind) {
      case What::block:
        return run_all(s.body);
      case What::expression: {
        SUPPORTED(const Value value, evaluate(s.expressions[0]));
        (void)value;
        return Flow::normal;
      }
      case What::print:
      case What::print_formatted: {
        std::vector<Value> values;
        for (const AwkExpression& e : s.expressions) {
          SUPPORTED(Value value, evaluate(e));
          values.push_back(std::move(value));
        }
        if (s.kind == What::print_formatted) {
          if (values.empty()) return unsupported("awk printf without a format");
          SUPPORTED(const std::string text, formatted(values));
          out_ += text;
          return Flow::normal;
        }
        if (values.empty()) out_ += record_;
        for (std::size_t i = 0; i < values.size(); ++i) {
          SUPPORTED(const std::string text, text_of(values[i]));
          out_ += (i > 0 ? variables_["OFS"].text : "") + text;
        }
        out_ += variables_["ORS"].text;
        return Flow::normal;
      }
      case What::if_else: {
        SUPPORTED(const Value condition, evaluate(s.expressions[0]));
        if (truth(condition)) return run_one(s.body[0]);
        return s.body.size() > 1 ? run_one(s.body[1]) : Flow::normal;
      }
      case What::while_loop:
      case What::do_loop:
      case What::for_loop:
        return run_loop(s);
      case What::next:
        return Flow::next;
      case What::exit:
        if (!s.expressions.empty()) {
          SUPPORTED(const Value status, evaluate(s.expressions[0]));
          status_ = static_cast<int>(number_of(status)) & 255;
        }
        return Flow::exit;
      case What::stop:
        return Flow::stop;
      case What::again:
        return Flow::again;
    }
    return Flow::normal;
  }

  Supported<Flow> run_loop(const AwkStatement& s) {
    using What = AwkStatement::Kind;
    const bool is_for = s.kind == What::for_loop;
    const auto part = [&](std::size_t i) -> Answer {
      if (is_for && !s.present[i]) return Value::of(1.0);
      return evaluate(s.expressions[is_for ? i : 0]);
    };
    if (is_for) {
      SUPPORTED(const Value init, part(0));
      (void)init;
    }
    for (bool first = true;; first = false) {
      SUPPORTED(const bool within, budget_.spend(1));
      (void)within;
      if (s.kind != What::do_loop || !first) {
        SUPPORTED(const Value condition, part(1));
        if (!truth(condition)) break;
      }
      SUPPORTED(const Flow flow, run_one(s.body[0]));
      if (flow == Flow::stop) break;
      if (flow == Flow::next || flow == Flow::exit) return flow;
      if (is_for) {
        SUPPORTED(const Value step, part(2));
        (void)step;
      }
    }
    return Flow::normal;
  }

  const std::vector<AwkRule>& rules_;
  std::size_t output_max_;
  SearchBudget budget_{"awk"};
  std::map<std::string, Value, std::less<>> variables_;
  std::map<std::string, std::map<std::string, Value, std::less<>>, std::less<>> arrays_;
  std::string record_, out_;
  std::vector<std::string> fields_;
  std::uint64_t record_number_ = 0;
  int status_ = 0;
  std::optional<Regex> separator_;
  std::string separator_text_;
};

}  // namespace

Supported<CommandOutput> run_awk(const CommandCall& call) {
  // Options end at the program: what follows belongs to it.
  static constexpr std::array<Option, 2> kOptions = {{{'F', "", true}, {'v', "", true}}};
  std::vector<std::string> argv = call.argv;
  std::size_t program = 1;
  while (program < argv.size() && argv[program].size() > 1 && argv[program][0] == '-' &&
         argv[program] != "--")
    program += argv[program].size() == 2 ? 2 : 1;
  if (program < argv.size() && argv[program] != "--")
    argv.insert(argv.begin() + static_cast<std::ptrdiff_t>(program), "--");
  SUPPORTED(const Arguments arguments, Arguments::parse(argv, kOptions));
  if (arguments.operands.empty()) return unsupported("awk without a program");
  if (arguments.operands.size() > 2) return unsupported("awk of several files");
  if (arguments.operands.size() == 2 && arguments.operands[1].find('=') != std::string::npos)
    return unsupported("awk with an assignment as operand");
  if (!is_utf8(arguments.operands[0])) return unsupported("awk with a program that is not UTF-8");
  SUPPORTED(const auto rules, parse_awk(arguments.operands[0]));
  Machine machine(rules, call.output_bytes_max);
  if (const auto separator = arguments.value('F')) {
    if (*separator == "t" || *separator == "\\") return unsupported("awk -F with that separator");
    SUPPORTED(std::string text, awk_unescape(*separator));
    machine.set("FS", Value::of(std::move(text)));
  }
  for (const std::string& assignment : arguments.values('v')) {
    const std::size_t equals = assignment.find('=');
    if (equals == assignment.npos) return unsupported("awk -v without a value");
    const std::string name = assignment.substr(0, equals);
    static const std::set<std::string, std::less<>> kSeparators = {"FS", "OFS", "ORS"};
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") != name.npos &&
        !kSeparators.contains(name))
      return unsupported("awk -v " + name);
    SUPPORTED(const std::string text,
              awk_unescape(std::string_view(assignment).substr(equals + 1)));
    machine.set(name, kSeparators.contains(name) ? Value::of(text) : awk_input(text));
  }
  const std::span<const std::string> files(arguments.operands.begin() + 1,
                                           arguments.operands.end());
  SUPPORTED(const Input input, read_input(call, files));
  if (!is_utf8(input.bytes)) return unsupported("awk over text that is not UTF-8");
  SUPPORTED(CommandOutput output, machine.run(input.bytes));
  if (input.missing_file) output.status = 2;
  return output;
}

}  // namespace rbee::pkgbuild::text
