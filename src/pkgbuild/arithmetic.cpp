// Shell arithmetic: see arithmetic.hpp.
#include "pkgbuild/arithmetic.hpp"

#include <array>
#include <limits>

#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {
namespace {

struct BinaryOperator {
  std::string_view text;
  int precedence;
};
// Longer spellings first. ** binds right; the rest left.
constexpr std::array<BinaryOperator, 19> kBinary = {{{"||", 1},
                                                     {"&&", 2},
                                                     {"**", 11},
                                                     {"==", 6},
                                                     {"!=", 6},
                                                     {"<=", 7},
                                                     {">=", 7},
                                                     {"<<", 8},
                                                     {">>", 8},
                                                     {"|", 3},
                                                     {"^", 4},
                                                     {"&", 5},
                                                     {"<", 7},
                                                     {">", 7},
                                                     {"+", 9},
                                                     {"-", 9},
                                                     {"*", 10},
                                                     {"/", 10},
                                                     {"%", 10}}};
constexpr int kNestingMax = 200;
constexpr int kDepthMax = 20;

std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace

void Arithmetic::fail(std::string what) {
  if (error_.empty()) error_ = std::move(what);
  at_ = text_.size();
}

void Arithmetic::skip() {
  while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '\n')) ++at_;
}

bool Arithmetic::accept(std::string_view op) {
  skip();
  if (!text_.substr(at_).starts_with(op)) return false;
  at_ += op.size();
  return true;
}

std::int64_t Arithmetic::evaluate() {
  skip();
  if (at_ >= text_.size()) return 0;
  if (depth_ > kDepthMax) {
    fail("variables that name each other");
    return 0;
  }
  const std::int64_t value = comma();
  skip();
  if (error_.empty() && at_ < text_.size()) fail("an arithmetic syntax error");
  return error_.empty() ? value : 0;
}

std::int64_t Arithmetic::comma() {
  std::int64_t value = assignment();
  while (error_.empty() && accept(",")) value = assignment();
  return value;
}

// place = value, place += value …; anything else is a conditional
std::int64_t Arithmetic::assignment() {
  if (++nesting_ > kNestingMax) {
    fail("arithmetic nested too deep");
    --nesting_;
    return 0;
  }
  const std::size_t begin = at_;
  skip();
  std::int64_t result = 0;
  bool assigned = false;
  if (at_ < text_.size() && is_name_start(text_[at_])) {
    ++unevaluated_;
    Operand left = primary();
    --unevaluated_;
    skip();
    const std::string_view rest = text_.substr(at_);
    std::string_view op;
    for (const std::string_view candidate :
         {"<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "="}) {
      if (rest.starts_with(candidate)) {
        op = candidate;
        break;
      }
    }
    if (error_.empty() && left.place.valid && !op.empty() &&
        !(op == "=" && rest.starts_with("=="))) {
      at_ += op.size();
      assigned = true;
      // What stands left is read before what stands right is worked out, but for a plain '='.
      const std::int64_t before = op == "=" || unevaluated_ > 0 ? 0 : read(left.place);
      const std::int64_t right = error_.empty() ? assignment() : 0;
      if (error_.empty()) {
        result = op == "=" ? right : apply(op.substr(0, op.size() - 1), before, right);
        if (unevaluated_ == 0 && error_.empty()) write(left.place, result);
      }
    }
  }
  if (!assigned && error_.empty()) {
    at_ = begin;
    result = conditional();
  }
  --nesting_;
  return result;
}

std::int64_t Arithmetic::conditional() {
  const std::int64_t condition = binary(1);
  skip();
  if (!error_.empty() || !accept("?")) return condition;
  if (condition == 0) ++unevaluated_;
  const std::int64_t when_true = comma();
  if (condition == 0) --unevaluated_;
  if (!accept(":")) {
    fail("an arithmetic syntax error");
    return 0;
  }
  // No assignment in bash: 1?2:x=3 assigns to what is no variable.
  if (++nesting_ > kNestingMax) fail("arithmetic nested too deep");
  if (condition != 0) ++unevaluated_;
  const std::int64_t when_false = error_.empty() ? conditional() : 0;
  if (condition != 0) --unevaluated_;
  --nesting_;
  return condition != 0 ? when_true : when_false;
}

std::string_view Arithmetic::binary_operator() const {
  const std::string_view rest = text_.substr(at_);
  for (const BinaryOperator& op : kBinary) {
    if (!rest.starts_with(op.text)) continue;
    // Not the beginning of an assignment: a += b, a <<= b. (a <= b, a == b were found before.)
    if (op.text != "==" && op.text != "!=" && op.text != "<=" && op.text != ">=" &&
        op.text != "&&" && op.text != "||" && op.text != "**" &&
        rest.substr(op.text.size()).starts_with('=') &&
        !rest.substr(op.text.size()).starts_with("==")) {
      return {};
    }
    return op.text;
  }
  return {};
}

std::int64_t Arithmetic::binary(int precedence) {
  if (++nesting_ > kNestingMax) {
    fail("arithmetic nested too deep");
    --nesting_;
    return 0;
  }
  std::int64_t left = unary().value;
  while (error_.empty()) {
    skip();
    const std::string_view op = binary_operator();
    int level = 0;
    for (const BinaryOperator& known : kBinary) {
      if (known.text == op) level = known.precedence;
    }
    if (op.empty() || level < precedence) break;
    at_ += op.size();
    if (op == "&&" || op == "||") {
      const bool skipped = (op == "&&") == (left == 0);
      if (skipped) ++unevaluated_;
      const std::int64_t right = binary(level + 1);
      if (skipped) --unevaluated_;
      left = op == "&&" ? (left != 0 && right != 0) : (left != 0 || right != 0);
      continue;
    }
    const std::int64_t right = binary(op == "**" ? level : level + 1);
    if (error_.empty()) left = apply(op, left, right);
  }
  --nesting_;
  return left;
}

Arithmetic::Operand Arithmetic::unary() {
  if (++nesting_ > kNestingMax) {
    fail("arithmetic nested too deep");
    --nesting_;
    return {};
  }
  Operand result;
  skip();
  const std::string_view rest = text_.substr(at_);
  const auto steps_name = [&] {
    std::size_t i = 2;
    while (i < rest.size() && is_blank(rest[i])) ++i;
    return i < rest.size() && is_name_start(rest[i]);
  };
  if ((rest.starts_with("++") || rest.starts_with("--")) && steps_name()) {
    at_ += 2;
    const Operand operand = primary();
    result.value = wrap(bits(operand.value) + (rest[0] == '+' ? 1u : ~std::uint64_t{0}));
    if (unevaluated_ == 0 && error_.empty()) write(operand.place, result.value);
  } else if (!rest.empty() && std::string_view("+-!~").find(rest[0]) != std::string_view::npos) {
    ++at_;
    const std::int64_t value = unary().value;
    result.value = rest[0] == '+'   ? value
                   : rest[0] == '-' ? wrap(0 - bits(value))
                   : rest[0] == '!' ? value == 0
                                    : ~value;
  } else {
    result = primary();
    skip();
    const std::string_view after = text_.substr(at_);
    if (error_.empty() && result.place.valid &&
        (after.starts_with("++") || after.starts_with("--"))) {
      at_ += 2;
      if (unevaluated_ == 0)
        write(result.place, wrap(bits(result.value) + (after[0] == '+' ? 1u : ~std::uint64_t{0})));
      result.place.valid = false;
    }
  }
  --nesting_;
  return result;
}

Arithmetic::Operand Arithmetic::primary() {
  Operand result;
  skip();
  if (at_ >= text_.size()) {
    fail("an arithmetic syntax error");
    return result;
  }
  if (accept("(")) {
    result.value = comma();
    if (error_.empty() && !accept(")")) fail("an arithmetic syntax error");
    return result;
  }
  const std::size_t begin = at_;
  if (is_digit(text_[at_])) {
    while (at_ < text_.size() &&
           (is_name_char(text_[at_]) || text_[at_] == '#' || text_[at_] == '@'))
      ++at_;
    result.value = number(text_.substr(begin, at_ - begin));
    return result;
  }
  if (!is_name_start(text_[at_])) {
    fail("an arithmetic syntax error");
    return result;
  }
  while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
  result.place.name = text_.substr(begin, at_ - begin);
  result.place.valid = true;
  if (at_ < text_.size() && text_[at_] == '[') {
    const std::size_t open = ++at_;
    int depth = 0;
    while (at_ < text_.size() && (text_[at_] != ']' || depth > 0)) {
      if (text_[at_] == '[') ++depth;
      if (text_[at_] == ']') --depth;
      ++at_;
    }
    if (at_ >= text_.size()) {
      fail("an arithmetic syntax error");
      return result;
    }
    result.place.indexed = true;
    result.place.index = text_.substr(open, at_ - open);
    ++at_;
  }
  if (unevaluated_ == 0) result.value = read(result.place);
  return result;
}

// 12, 0x1f, 017, base#digits
std::int64_t Arithmetic::number(std::string_view digits) {
  std::uint64_t base = 10, value = 0;
  if (const std::size_t mark = digits.find('#'); mark != std::string_view::npos) {
    base = 0;
    for (const char c : digits.substr(0, mark)) {
      if (!is_digit(c) || base > 64) {
        fail("an invalid number");
        return 0;
      }
      base = base * 10 + static_cast<std::uint64_t>(c - '0');
    }
    digits.remove_prefix(mark + 1);
    if (base < 2 || base > 64 || digits.empty()) {
      fail("an invalid number");
      return 0;
    }
  } else if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits[0] == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  for (const char c : digits) {
    std::uint64_t digit = 64;
    if (is_digit(c))
      digit = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'Z')
      digit = static_cast<std::uint64_t>(c - 'A') + (base <= 36 ? 10 : 36);
    else if (c == '@')
      digit = 62;
    else if (c == '_')
      digit = 63;
    if (digit >= base) {
      fail("a number with a digit too great for its base");
      return 0;
    }
    value = value * base + digit;
  }
  return wrap(value);
}

std::int64_t Arithmetic::expression_value(std::string_view text) {
  // Most values are plain numbers.
  if (!text.empty() && text.size() < 18 && text[0] != '0') {
    std::int64_t value = 0;
    bool plain = true;
    for (const char c : text) {
      plain = plain && is_digit(c);
      value = value * 10 + (c - '0');
    }
    if (plain) return value;
  }
  const std::string copy(text);
  if (!shell_.spend(1 + copy.size() * 3 / 4, span_)) return 0;
  Arithmetic inner(shell_, copy, span_, depth_ + 1);
  const std::int64_t value = inner.evaluate();
  if (!inner.error_.empty()) fail(inner.error_);
  return value;
}

std::int64_t Arithmetic::read(Place& place) {
  if (!shell_.spend(1, span_)) {
    fail("the limit");
    return 0;
  }
  const Variable* variable = shell_.read(place.name, span_);
  if (variable == nullptr) {
    if ((shell_.state_.options & kNoUnset) != 0) fail("an unset variable under set -u");
    return 0;
  }
  const std::string* value = nullptr;
  if (variable->form == Variable::Form::associative) {
    value = variable->associative.find(place.indexed ? place.index : "0");
  } else {
    std::int64_t index = place.indexed ? expression_value(place.index) : 0;
    if (!error_.empty()) return 0;
    if (place.indexed) place.index = std::to_string(index);
    // Working it out may have changed the variables' table.
    variable = shell_.find(place.name);
    if (variable == nullptr) return 0;
    if (variable->form == Variable::Form::scalar) {
      if (index == 0 && variable->set) value = &variable->scalar;
    } else {
      if (index < 0) index += variable->indexed.next_index();
      value = variable->indexed.find(index);
    }
  }
  return value == nullptr ? 0 : expression_value(*value);
}

void Arithmetic::write(const Place& place, std::int64_t value) {
  Variable& variable = shell_.writable(place.name, span_);
  if (shell_.stopped()) return;
  if (place.indexed) {
    std::string index = place.index;
    if (variable.form != Variable::Form::associative)
      index = std::to_string(expression_value(place.index));
    if (error_.empty())
      shell_.store_element_text(variable, index, std::to_string(value), false, span_);
  } else {
    shell_.store_scalar(variable, std::to_string(value), false, span_);
  }
  variable.taint = shell_.taint_;
}

std::int64_t Arithmetic::apply(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "+") return wrap(bits(a) + bits(b));
  if (op == "-") return wrap(bits(a) - bits(b));
  if (op == "*") return wrap(bits(a) * bits(b));
  if (op == "/" || op == "%") {
    if (b == 0) {
      if (unevaluated_ == 0) fail("a division by zero");
      return 0;
    }
    if (b == -1) return op == "/" ? wrap(0 - bits(a)) : 0;
    return op == "/" ? a / b : a % b;
  }
  if (op == "**") {
    if (b < 0) {
      fail("an exponent less than 0");  // In bash even where nothing is evaluated.
      return 0;
    }
    std::uint64_t result = 1, factor = bits(a);
    for (std::uint64_t left = bits(b); left != 0; left >>= 1) {
      if ((left & 1) != 0) result *= factor;
      factor *= factor;
    }
    return wrap(result);
  }
  if (op == "<<" || op == ">>") {
    if (b < 0 || b > 63) {
      if (unevaluated_ == 0) fail("a shift by more than 63");
      return 0;
    }
    return op == "<<" ? wrap(bits(a) << b) : a >> b;
  }
  if (op == "<") return a < b;
  if (op == ">") return a > b;
  if (op == "<=") return a <= b;
  if (op == ">=") return a >= b;
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "&") return a & b;
  if (op == "^") return a ^ b;
  return a | b;
}

std::int64_t Interpreter::arithmetic(std::string_view text, Span span) {
  if (stopped() || !spend(1 + text.size() * 3 / 4, span)) return 0;
  Arithmetic expression(*this, text, span, 0);
  const std::int64_t value = expression.evaluate();
  if (!expression.error().empty() && !stopped()) unsupported(expression.error(), span);
  return value;
}

std::int64_t Interpreter::arithmetic(const List<WordPart>& parts, Span span) {
  FieldBuilder builder(*this, Expand::single);
  for (const WordPart& part : parts) {
    if (part.kind == WordPart::Kind::double_quoted) {
      expand_parts(part.parts, builder, true);
    } else {
      expand_part(part, builder, true);
    }
  }
  const std::string text = builder.take();
  return arithmetic(text, span);
}

}  // namespace rbee::pkgbuild
