#include "pkgbuild/text/awk_program.hpp"

#include <array>
#include <cstdlib>
#include <set>

#include "pkgbuild/text/awk_tokens.hpp"
#include "pkgbuild/text/patterns.hpp"

namespace rbee::pkgbuild::text {

namespace {

constexpr int kDepthMax = 60;
/// Of binary operators in one program. "1+1+1" is a tree that leans to the left, and what walks or
/// frees a tree needs a stack as deep as it.
constexpr int kOperatorsMax = 500;

const std::set<std::string, std::less<>> kFunctions = {"length",  "substr",  "index", "split",
                                                       "sub",     "gsub",    "match", "toupper",
                                                       "tolower", "sprintf", "int"};
class Parser : private AwkLexer {
 public:
  explicit Parser(std::string_view text) : AwkLexer(text) {}

  Supported<std::vector<AwkRule>> run() {
    std::vector<AwkRule> rules;
    skip_newlines(true);
    while (!at_end()) {
      SUPPORTED(AwkRule rule, one_rule());
      rules.push_back(std::move(rule));
      skip_newlines(true);
    }
    if (!error_.empty()) return unsupported("awk with " + error_);
    return rules;
  }

 private:
  using Kind = AwkExpression::Kind;
  using Parsed = Supported<AwkExpression>;

  static tl::unexpected<CommandUnsupported> syntax() { return unsupported("awk with that syntax"); }

  // ---- rules and statements -------------------------------------------------------------------

  Supported<AwkRule> one_rule() {
    AwkRule rule;
    if (is_word("BEGIN") || is_word("END")) {
      rule.when = is_word("BEGIN") ? AwkRule::When::begin : AwkRule::When::end;
      advance();
      if (!is("{")) return syntax();
    } else if (!is("{")) {
      rule.when = AwkRule::When::match;
      SUPPORTED(rule.pattern, expression());
      if (is(",")) return unsupported("awk with a range of lines");
    }
    if (!is("{")) {
      rule.prints_line = true;
      return rule;
    }
    SUPPORTED(AwkStatement block, block_statement());
    rule.action = std::move(block.body);
    return rule;
  }

  Supported<AwkStatement> block_statement() {
    AwkStatement block;
    block.kind = AwkStatement::Kind::block;
    if (!accept("{")) return syntax();
    skip_newlines(true);
    while (!is("}")) {
      if (at_end()) return syntax();
      SUPPORTED(AwkStatement statement, one_statement());
      block.body.push_back(std::move(statement));
      skip_newlines(true);
    }
    advance();
    return block;
  }

  Supported<AwkStatement> one_statement() {
    if (++depth_ > kDepthMax) return unsupported("awk nested that deep");
    auto statement = statement_inside();
    --depth_;
    return statement;
  }

  Supported<bool> end_of_statement() {
    if (is(";") || token_.kind == Token::Kind::newline) {
      advance();
      return true;
    }
    if (is("}") || at_end()) return true;
    return syntax();
  }

  Supported<AwkStatement> nested() {
    skip_newlines(false);
    if (is(";")) {
      advance();
      AwkStatement empty;
      empty.kind = AwkStatement::Kind::block;
      return empty;
    }
    return one_statement();
  }

  Supported<AwkStatement> statement_inside() {
    AwkStatement statement;
    if (is("{")) return block_statement();
    if (is_word("if") || is_word("while")) {
      const bool is_if = is_word("if");
      statement.kind = is_if ? AwkStatement::Kind::if_else : AwkStatement::Kind::while_loop;
      advance();
      if (!accept("(")) return syntax();
      SUPPORTED(AwkExpression condition, expression());
      statement.expressions.push_back(std::move(condition));
      if (!accept(")")) return syntax();
      SUPPORTED(AwkStatement body, nested());
      statement.body.push_back(std::move(body));
      if (!is_if) return statement;
      // "else" may stand behind newlines and one semicolon.
      const auto saved = std::pair(at_, token_);
      skip_newlines(true);
      if (is_word("else")) {
        advance();
        SUPPORTED(AwkStatement other, nested());
        statement.body.push_back(std::move(other));
      } else {
        std::tie(at_, token_) = saved;
      }
      return statement;
    }
    if (is_word("do")) {
      statement.kind = AwkStatement::Kind::do_loop;
      advance();
      SUPPORTED(AwkStatement body, nested());
      statement.body.push_back(std::move(body));
      skip_newlines(true);
      if (!is_word("while")) return syntax();
      advance();
      if (!accept("(")) return syntax();
      SUPPORTED(AwkExpression condition, expression());
      statement.expressions.push_back(std::move(condition));
      if (!accept(")")) return syntax();
      SUPPORTED(const bool ended, end_of_statement());
      (void)ended;
      return statement;
    }
    if (is_word("for")) return for_statement();
    const std::array<std::pair<std::string_view, AwkStatement::Kind>, 3> words = {
        {{"next", AwkStatement::Kind::next},
         {"break", AwkStatement::Kind::stop},
         {"continue", AwkStatement::Kind::again}}};
    for (const auto& [word, kind] : words) {
      if (!is_word(word)) continue;
      statement.kind = kind;
      advance();
      SUPPORTED(const bool ended, end_of_statement());
      (void)ended;
      return statement;
    }
    if (is_word("exit")) {
      statement.kind = AwkStatement::Kind::exit;
      advance();
      if (!is(";") && !is("}") && token_.kind != Token::Kind::newline && !at_end()) {
        SUPPORTED(AwkExpression status, expression());
        statement.expressions.push_back(std::move(status));
      }
    } else if (is_word("print") || is_word("printf")) {
      statement.kind =
          is_word("print") ? AwkStatement::Kind::print : AwkStatement::Kind::print_formatted;
      advance();
      SUPPORTED(statement.expressions, print_operands());
    } else {
      SUPPORTED(AwkExpression value, expression());
      statement.expressions.push_back(std::move(value));
    }
    SUPPORTED(const bool ended, end_of_statement());
    (void)ended;
    return statement;
  }

  Supported<AwkStatement> for_statement() {
    AwkStatement statement;
    statement.kind = AwkStatement::Kind::for_loop;
    advance();
    if (!accept("(")) return syntax();
    for (int i = 0; i < 3; ++i) {
      const std::string_view mark = i < 2 ? ";" : ")";
      statement.present.push_back(!is(mark));
      statement.expressions.emplace_back();
      if (!is(mark)) SUPPORTED_INTO(statement.expressions.back(), expression());
      if (i == 0 && is(")")) return unsupported("awk for (… in …)");
      if (!accept(mark)) return syntax();
      skip_newlines(false);
    }
    SUPPORTED(AwkStatement body, nested());
    statement.body.push_back(std::move(body));
    return statement;
  }

  Supported<std::vector<AwkExpression>> print_operands() {
    std::vector<AwkExpression> operands;
    if (is(">") || is(">>") || is("|") || is("|&"))
      return unsupported("awk with redirected output");
    if (is(";") || is("}") || token_.kind == Token::Kind::newline || at_end()) return operands;
    in_print_ = true;
    // print (a, b): the parentheses belong to print when nothing follows them.
    const auto saved = std::pair(at_, token_);
    if (is("(")) {
      advance();
      in_print_ = false;
      while (true) {
        SUPPORTED(AwkExpression operand, expression());
        operands.push_back(std::move(operand));
        if (!accept(",")) break;
      }
      in_print_ = true;
      if (!accept(")")) return syntax();
      if (is(";") || is("}") || token_.kind == Token::Kind::newline || at_end()) {
        in_print_ = false;
        return operands;
      }
      operands.clear();
      std::tie(at_, token_) = saved;
    }
    while (true) {
      SUPPORTED(AwkExpression operand, expression());
      operands.push_back(std::move(operand));
      if (!accept(",")) break;
      skip_newlines(false);
    }
    in_print_ = false;
    if (is(">") || is(">>") || is("|") || is("|&"))
      return unsupported("awk with redirected output");
    return operands;
  }

  // ---- expressions, from the loosest operator to the tightest -----------------------------------

  static AwkExpression node(Kind kind, std::string text, std::vector<AwkExpression> parts) {
    AwkExpression result;
    result.kind = kind;
    result.text = std::move(text);
    result.parts = std::move(parts);
    return result;
  }

  static bool is_target(const AwkExpression& e) {
    return e.kind == Kind::variable || e.kind == Kind::element || e.kind == Kind::field;
  }

  Parsed expression() {
    if (++depth_ > kDepthMax) return unsupported("awk nested that deep");
    auto result = assignment();
    --depth_;
    return result;
  }

  Parsed assignment() {
    SUPPORTED(AwkExpression left, conditional());
    static constexpr std::array<std::string_view, 7> kOperators = {
        "=", "+=", "-=", "*=", "/=", "%=", "^="};
    for (const std::string_view op : kOperators) {
      if (!is(op)) continue;
      if (!is_target(left)) return syntax();
      advance();
      SUPPORTED(AwkExpression right, expression());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      return node(Kind::assign, std::string(op.substr(0, op.size() - 1)), std::move(parts));
    }
    return left;
  }

  Parsed conditional() {
    SUPPORTED(AwkExpression condition, logical(0));
    if (!accept("?")) return condition;
    SUPPORTED(AwkExpression yes, expression());
    if (!accept(":")) return syntax();
    SUPPORTED(AwkExpression no, expression());
    std::vector<AwkExpression> parts;
    parts.push_back(std::move(condition));
    parts.push_back(std::move(yes));
    parts.push_back(std::move(no));
    return node(Kind::conditional, "", std::move(parts));
  }

  Parsed logical(int level) {
    SUPPORTED(AwkExpression left, level == 0 ? logical(1) : matching());
    while (is(level == 0 ? "||" : "&&")) {
      if (++operators_ > kOperatorsMax) return unsupported("awk of that many operators");
      advance();
      skip_newlines(false);
      SUPPORTED(AwkExpression right, level == 0 ? logical(1) : matching());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      left = node(level == 0 ? Kind::logical_or : Kind::logical_and, "", std::move(parts));
    }
    return left;
  }

  Parsed matching() {
    SUPPORTED(AwkExpression left, comparison());
    while (is("~") || is("!~")) {
      if (++operators_ > kOperatorsMax) return unsupported("awk of that many operators");
      const std::string op = token_.text;
      advance();
      SUPPORTED(AwkExpression right, comparison());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      AwkExpression match = node(Kind::match, op, std::move(parts));
      SUPPORTED(match.regex, regex_of(right));
      left = std::move(match);
    }
    if (is_word("in")) return unsupported("awk in");
    return left;
  }

  /// A pattern must be written as /…/ or as a constant string.
  Supported<std::shared_ptr<const Regex>> regex_of(const AwkExpression& e) {
    if (e.kind == Kind::regex) return e.regex;
    if (e.kind != Kind::string) return unsupported("awk with a computed pattern");
    return compile(e.text);
  }

  Supported<std::shared_ptr<const Regex>> compile(const std::string& pattern) {
    if (pattern.find('{') != pattern.npos) return unsupported("awk with { in a pattern");
    if (pattern.find("[:") != pattern.npos && pattern.find('\\') != pattern.npos)
      return unsupported("awk with that pattern");
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
      if (pattern[i] != '\\') continue;
      const char next = pattern[++i];
      if (is_awk_name_start(next) || is_awk_digit(next))
        return unsupported("awk with an escaped letter in a pattern");
    }
    if (pattern.find("[\\") != pattern.npos || pattern.find("\\]") != pattern.npos)
      return unsupported("awk with \\ in a bracket");
    SUPPORTED(Regex regex,
              compile_pattern("awk", pattern, RegexSyntax::extended, RegexCase::sensitive));
    return std::make_shared<const Regex>(std::move(regex));
  }

  Parsed comparison() {
    SUPPORTED(AwkExpression left, concatenation());
    static constexpr std::array<std::string_view, 6> kOperators = {
        "<", "<=", "==", "!=", ">", ">="};
    for (const std::string_view op : kOperators) {
      if (!is(op) || (in_print_ && op == ">")) continue;
      advance();
      SUPPORTED(AwkExpression right, concatenation());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      return node(Kind::binary, std::string(op), std::move(parts));
    }
    return left;
  }

  bool begins_operand() const {
    switch (token_.kind) {
      case Token::Kind::number:
      case Token::Kind::string:
        return true;
      case Token::Kind::name:
        return !is_word("in");
      case Token::Kind::punctuation:
        return is("$") || is("!") || is("(") || is("-") || is("+") || is("++") || is("--");
      default:
        return false;
    }
  }

  Parsed concatenation() {
    SUPPORTED(AwkExpression left, arithmetic(0));
    while (begins_operand() && !is("+") && !is("-")) {
      if (is("!")) return unsupported("awk with ! in a concatenation");
      if (++operators_ > kOperatorsMax) return unsupported("awk of that many operators");
      SUPPORTED(AwkExpression right, arithmetic(0));
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      left = node(Kind::binary, " ", std::move(parts));
    }
    return left;
  }

  Parsed arithmetic(int level) {
    SUPPORTED(AwkExpression left, level == 0 ? arithmetic(1) : unary());
    while (level == 0 ? is("+") || is("-") : is("*") || is("/") || is("%")) {
      if (++operators_ > kOperatorsMax) return unsupported("awk of that many operators");
      const std::string op = token_.text;
      advance();
      SUPPORTED(AwkExpression right, level == 0 ? arithmetic(1) : unary());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(left));
      parts.push_back(std::move(right));
      left = node(Kind::binary, op, std::move(parts));
    }
    return left;
  }

  Parsed unary() {
    if (++depth_ > kDepthMax) return unsupported("awk nested that deep");
    auto result = unary_inside();
    --depth_;
    return result;
  }

  Parsed unary_inside() {
    for (const std::string_view op :
         {std::string_view("!"), std::string_view("-"), std::string_view("+")}) {
      if (!accept(op)) continue;
      SUPPORTED(AwkExpression operand, unary());
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(operand));
      return node(Kind::unary, std::string(op), std::move(parts));
    }
    SUPPORTED(AwkExpression base, postfix());
    if (!accept("^")) return base;
    SUPPORTED(AwkExpression exponent, unary());
    std::vector<AwkExpression> parts;
    parts.push_back(std::move(base));
    parts.push_back(std::move(exponent));
    return node(Kind::binary, "^", std::move(parts));
  }

  Parsed postfix() {
    for (const std::string_view op : {"++", "--"}) {
      if (!accept(op)) continue;
      SUPPORTED(AwkExpression target, primary());
      if (!is_target(target)) return syntax();
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(target));
      AwkExpression result = node(Kind::increment, std::string(op), std::move(parts));
      result.value = 1;
      return result;
    }
    SUPPORTED(AwkExpression operand, primary());
    if ((is("++") || is("--")) && is_target(operand)) {
      const std::string op = token_.text;
      advance();
      std::vector<AwkExpression> parts;
      parts.push_back(std::move(operand));
      return node(Kind::increment, op, std::move(parts));
    }
    return operand;
  }

  Parsed primary() {
    AwkExpression result;
    if (!error_.empty()) return unsupported("awk with " + error_);
    switch (token_.kind) {
      case Token::Kind::number:
        result.value = std::strtod(token_.text.c_str(), nullptr);
        advance();
        return result;
      case Token::Kind::string: {
        SUPPORTED(result.text, awk_unescape(token_.text));
        result.kind = Kind::string;
        advance();
        return result;
      }
      case Token::Kind::regex: {
        result.kind = Kind::regex;
        SUPPORTED(result.regex, compile(token_.text));
        advance();
        return result;
      }
      case Token::Kind::name:
        return name();
      default:
        break;
    }
    if (accept("$")) {
      if (++depth_ > kDepthMax) return unsupported("awk nested that deep");
      std::vector<AwkExpression> parts;
      SUPPORTED(AwkExpression index, (is("++") || is("--")) ? postfix() : primary());
      --depth_;
      parts.push_back(std::move(index));
      return node(Kind::field, "", std::move(parts));
    }
    if (accept("(")) {
      const bool outer = std::exchange(in_print_, false);
      auto inner = expression();
      in_print_ = outer;
      if (!inner) return inner;
      if (!accept(")")) return syntax();
      return inner;
    }
    return syntax();
  }

  Parsed name() {
    const std::string word = token_.text;
    advance();
    if (kFunctions.contains(word)) {
      AwkExpression result = node(Kind::call, word, {});
      if (!is("(")) {
        if (word != "length") return syntax();
        return result;
      }
      advance();
      const bool outer = std::exchange(in_print_, false);
      while (!is(")")) {
        SUPPORTED(AwkExpression argument, expression());
        result.parts.push_back(std::move(argument));
        if (!accept(",")) break;
        skip_newlines(false);
      }
      in_print_ = outer;
      if (!accept(")")) return syntax();
      SUPPORTED(const bool checked, check_call(result));
      (void)checked;
      return result;
    }
    if (is("(") && !token_.after_blank) return unsupported("awk calling " + word);
    if (!accept("[")) return node(Kind::variable, word, {});
    AwkExpression element = node(Kind::element, word, {});
    SUPPORTED(AwkExpression index, expression());
    if (is(",")) return unsupported("awk with an index of several parts");
    element.parts.push_back(std::move(index));
    if (!accept("]")) return syntax();
    return element;
  }

  /// Number of arguments, and the pattern where one belongs.
  Supported<bool> check_call(AwkExpression& call) {
    const std::size_t n = call.parts.size();
    const auto between = [&](std::size_t least, std::size_t most) {
      return n >= least && n <= most;
    };
    const std::string& f = call.text;
    const bool right = f == "length"                  ? between(0, 1)
                       : f == "substr"                ? between(2, 3)
                       : f == "split"                 ? between(2, 3)
                       : f == "sub" || f == "gsub"    ? between(2, 3)
                       : f == "index" || f == "match" ? n == 2
                       : f == "sprintf"               ? between(1, 50)
                                                      : n == 1;
    if (!right) return syntax();
    if (f == "sub" || f == "gsub") {
      SUPPORTED(call.regex, regex_of(call.parts[0]));
      if (n == 3 && !is_target(call.parts[2])) return syntax();
    }
    if (f == "match") SUPPORTED_INTO(call.regex, regex_of(call.parts[1]));
    if (f == "split") {
      if (call.parts[1].kind != Kind::variable) return syntax();
      if (n == 3 && (call.parts[2].kind == Kind::regex ||
                     (call.parts[2].kind == Kind::string && call.parts[2].text.size() > 1)))
        SUPPORTED_INTO(call.regex, regex_of(call.parts[2]));
    }
    return true;
  }

  int depth_ = 0;
  int operators_ = 0;
  bool in_print_ = false;
};

}  // namespace

Supported<std::string> awk_unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    static constexpr std::string_view kNames = "nt\\\"/";
    static constexpr std::string_view kBytes = "\n\t\\\"/";
    const std::size_t at = kNames.find(text[++i]);
    if (at == kNames.npos) return unsupported("awk with that escape");
    out += kBytes[at];
  }
  return out;
}

Supported<std::vector<AwkRule>> parse_awk(std::string_view program) {
  return Parser(program).run();
}

}  // namespace rbee::pkgbuild::text
