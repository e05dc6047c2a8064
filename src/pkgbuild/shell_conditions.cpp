// Conditions: [[ ]] and the test command (interpreter.hpp). Source: bash(1), "CONDITIONAL
// EXPRESSIONS".
#include "pkgbuild/shell_conditions.hpp"

#include <algorithm>
#include <charconv>

#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/regex.hpp"

namespace rbee::pkgbuild {
namespace {

bool is_unary(std::string_view op) {
  return op.size() == 2 && op[0] == '-' &&
         std::string_view("abcdefghknoprstuvwxzGLNORS").find(op[1]) != std::string_view::npos;
}

bool is_binary(std::string_view op) {
  static constexpr std::string_view kOps[] = {"=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
                                              "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

bool compare(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "-eq") return a == b;
  if (op == "-ne") return a != b;
  if (op == "-lt") return a < b;
  if (op == "-le") return a <= b;
  if (op == "-gt") return a > b;
  return a >= b;
}

}  // namespace

bool Interpreter::test_file(char op, std::string_view path, Span span) {
  if (path.empty()) return false;
  if (path == "/dev/null")
    return op != 'f' && op != 'd' && op != 's' && op != 'h' && op != 'L' && op != 'b' && op != 'x';
  if (effects_ != nullptr && (op == 'd' || op == 'f')) {
    require_untainted(span);
    if (op == 'd') {
      if (const auto directory = effects_->is_directory(std::string(path))) return *directory;
    } else if (const auto kind = effects_->look(std::string(path));
               kind != FileLook::Kind::unknown) {
      return kind == FileLook::Kind::file;
    }
  }
  if (!world_changed_ && (op == 'e' || op == 'f' || op == 'r' || op == 's')) {
    const FileLook found = files_.look(path);
    if (found.kind == FileLook::Kind::file) return op != 's' || !found.text.empty();
    // What is no regular file may be a folder, which -f alone does not ask about.
    if (found.kind == FileLook::Kind::absent && op == 'f') return false;
  }
  unsupported(std::string("a question about a file (-") + op + ")", span);
  return false;
}

// -v name, -v name[i]
bool Interpreter::test_variable(std::string_view reference, Span span) {
  const std::size_t bracket = reference.find('[');
  const std::string_view name = reference.substr(0, bracket);
  if (!is_name(name)) {
    unsupported("-v of what is no variable's name", span);
    return false;
  }
  const Variable* variable = read(name, span);
  if (variable == nullptr) return false;
  if (bracket != std::string_view::npos) {
    if (!reference.ends_with(']')) {
      unsupported("-v of what is no variable's name", span);
      return false;
    }
    const std::string index(reference.substr(bracket + 1, reference.size() - bracket - 2));
    if (index == "@" || index == "*") {
      unsupported("-v of x[@]", span);
      return false;
    }
    if (variable->form == Variable::Form::associative)
      return variable->associative.find(index) != nullptr;
    const std::int64_t number = arithmetic(index, span);
    if (number < 0) {
      unsupported("-v of a negative index", span);
      return false;
    }
    if (variable->form == Variable::Form::scalar) return variable->set && number == 0;
    return variable->indexed.find(number) != nullptr;
  }
  if (variable->form == Variable::Form::associative)
    return variable->associative.find("0") != nullptr;
  if (variable->form == Variable::Form::indexed) return variable->indexed.find(0) != nullptr;
  return variable->set;
}

bool Interpreter::test_unary(std::string_view op, std::string_view operand, Span span) {
  switch (op[1]) {
    case 'z':
      return operand.empty();
    case 'n':
      return !operand.empty();
    case 'v':
      return test_variable(operand, span);
    case 't':
      unsupported("-t", span);
      return false;
    case 'o':
    case 'R':
      unsupported("the test " + std::string(op), span);
      return false;
    default:
      return test_file(op[1], operand, span);
  }
}

bool Interpreter::test_condition(const Condition& condition) {
  if (stopped() || !spend(1, condition.span)) return false;
  const Depth depth(*this, condition.span);
  if (stopped()) return false;
  switch (condition.kind) {
    case Condition::Kind::word:
      return !expand_single(condition.left).empty();
    case Condition::Kind::group:
      return test_condition(*condition.a);
    case Condition::Kind::negation:
      return !test_condition(*condition.a);
    case Condition::Kind::conjunction:
      if (!test_condition(*condition.a)) {
        require_untainted(condition.span);
        return false;
      }
      require_untainted(condition.span);
      return test_condition(*condition.b);
    case Condition::Kind::disjunction:
      if (test_condition(*condition.a)) return true;
      require_untainted(condition.span);
      return test_condition(*condition.b);
    case Condition::Kind::unary: {
      const std::string operand = expand_single(condition.left);
      require_untainted(condition.span);
      return !stopped() && test_unary(condition.op, operand, condition.span);
    }
    case Condition::Kind::binary:
      break;
  }
  const std::string left = expand_single(condition.left);
  if (stopped()) return false;
  if (condition.op == "==" || condition.op == "=" || condition.op == "!=") {
    const std::string right = expand_pattern(condition.right);
    require_untainted(condition.span);
    if (stopped()) return false;
    // Inside [[ ]] patterns are always extended ones.
    const bool plain = Pattern::is_plain(right) && (state_.options & kNoCaseMatch) == 0;
    if (!spend(1 + right.size() / (plain ? 64 : 2), condition.span)) return false;
    const Pattern pattern(
        right, PatternSyntax::extended,
        (state_.options & kNoCaseMatch) != 0 ? PatternCase::insensitive : PatternCase::sensitive);
    if (!pattern.is_exact()) unsupported("this pattern", condition.right.span);
    const bool matches = pattern.matches(left, meter_);
    return check_meter(condition.span) && matches == (condition.op != "!=");
  }
  if (condition.op == "=~") {
    const std::string right = expand_regex(condition.right);
    require_untainted(condition.span);
    if (stopped() || !spend(1 + right.size(), condition.span)) return false;
    const auto regex = Regex::compile(
        right, RegexSyntax::extended,
        (state_.options & kNoCaseMatch) != 0 ? RegexCase::insensitive : RegexCase::sensitive);
    if (!regex) {
      unsupported("this regular expression", condition.right.span);
      return false;
    }
    if (!spend(regex->compile_steps() + regex->steps(left.size()), condition.span)) return false;
    const auto found = regex->search(left);
    if (!found) {
      unsupported("a regular expression over so long a text", condition.span);
      return false;
    }
    const std::optional<std::vector<RegexGroup>>& groups = *found;
    Variable& matched = writable("BASH_REMATCH", condition.span);
    if (stopped()) return false;
    matched = Variable{};
    matched.form = Variable::Form::indexed;
    matched.set = true;
    if (!groups) return false;
    for (const RegexGroup& group : *groups) {
      matched.indexed.append(group.begin == std::string_view::npos
                                 ? std::string()
                                 : left.substr(group.begin, group.end - group.begin));
    }
    return true;
  }
  const std::string right = expand_single(condition.right);
  require_untainted(condition.span);
  if (stopped()) return false;
  if (condition.op == "<") return left < right;
  if (condition.op == ">") return left > right;
  if (condition.op == "-nt" || condition.op == "-ot" || condition.op == "-ef") {
    unsupported("the test " + std::string(condition.op), condition.span);
    return false;
  }
  const std::int64_t a = arithmetic(left, condition.span);
  const std::int64_t b = arithmetic(right, condition.span);
  require_untainted(condition.span);
  return compare(condition.op, a, b);
}

int TestExpression::run() {
  if (arguments_.empty()) return 1;
  bool value = false;
  switch (arguments_.size()) {
    case 1:
      value = !arguments_[0].empty();
      break;
    case 2:
      value = two(0);
      break;
    case 3:
      value = three(0);
      break;
    case 4:
      if (arguments_[0] == "!") {
        value = !three(1);
      } else if (arguments_[0] == "(" && arguments_[3] == ")") {
        value = two(1);
      } else {
        value = disjunction();
        if (at_ != arguments_.size()) wrong_ = true;
      }
      break;
    default:
      value = disjunction();
      if (at_ != arguments_.size()) wrong_ = true;
      break;
  }
  if (wrong_) {
    // bash prints a message and answers 2.
    shell_.complain(span_);
    return 2;
  }
  return value ? 0 : 1;
}

bool TestExpression::two(std::size_t at) {
  if (arguments_[at] == "!") return arguments_[at + 1].empty();
  if (is_unary(arguments_[at])) return unary(arguments_[at], arguments_[at + 1]);
  wrong_ = true;
  return false;
}

bool TestExpression::three(std::size_t at) {
  const std::string& op = arguments_[at + 1];
  if (is_binary(op)) return binary(arguments_[at], op, arguments_[at + 2]);
  if (op == "-a") return !arguments_[at].empty() && !arguments_[at + 2].empty();
  if (op == "-o") return !arguments_[at].empty() || !arguments_[at + 2].empty();
  if (arguments_[at] == "!") return !two(at + 1);
  if (arguments_[at] == "(" && arguments_[at + 2] == ")") return !op.empty();
  wrong_ = true;
  return false;
}

bool TestExpression::disjunction() {
  bool value = conjunction();
  while (!wrong_ && at_ < arguments_.size() && arguments_[at_] == "-o") {
    ++at_;
    const bool right = conjunction();
    value = value || right;
  }
  return value;
}

bool TestExpression::conjunction() {
  bool value = term();
  while (!wrong_ && at_ < arguments_.size() && arguments_[at_] == "-a") {
    ++at_;
    const bool right = term();
    value = value && right;
  }
  return value;
}

bool TestExpression::term() {
  if (at_ >= arguments_.size() || ++nesting_ > 50) {
    wrong_ = true;
    return false;
  }
  if (arguments_[at_] == "!") {
    ++at_;
    return !term();
  }
  if (arguments_[at_] == "(") {
    ++at_;
    const bool value = disjunction();
    if (at_ >= arguments_.size() || arguments_[at_] != ")") {
      wrong_ = true;
      return false;
    }
    ++at_;
    return value;
  }
  if (at_ + 2 < arguments_.size() && is_binary(arguments_[at_ + 1])) {
    at_ += 3;
    return binary(arguments_[at_ - 3], arguments_[at_ - 2], arguments_[at_ - 1]);
  }
  if (is_unary(arguments_[at_]) && at_ + 1 < arguments_.size()) {
    at_ += 2;
    return unary(arguments_[at_ - 2], arguments_[at_ - 1]);
  }
  return !arguments_[at_++].empty();
}

bool TestExpression::unary(const std::string& op, const std::string& operand) {
  if (op == "-a") return shell_.test_file('e', operand, span_);
  return shell_.test_unary(op, operand, span_);
}

bool TestExpression::binary(const std::string& left, std::string_view op,
                            const std::string& right) {
  if (op == "=" || op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == "<") return left < right;
  if (op == ">") return left > right;
  if (op == "-nt" || op == "-ot" || op == "-ef") {
    shell_.unsupported("the test " + std::string(op), span_);
    return false;
  }
  return compare(op, integer(left), integer(right));
}

std::int64_t TestExpression::integer(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) wrong_ = true;
  return value;
}

}  // namespace rbee::pkgbuild
