// Compound commands: if, for, while, case, groups, (( )) and [[ ]] (parser_state.hpp).
#include <array>

#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr std::array<std::string_view, 13> kBinaryOperators = {
    "==", "=", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt"};

bool is_binary_operator(std::string_view word) {
  for (const std::string_view op : kBinaryOperators) {
    if (op == word) return true;
  }
  return word == "-ot" || word == "-ef";
}

bool is_unary_operator(std::string_view word) {
  return word.size() == 2 && word[0] == '-' &&
         std::string_view("abcdefghknoprstuvwxzGLNORS").find(word[1]) != std::string_view::npos;
}

}  // namespace

// if list then list { elif list then list } [ else list ] fi
const Command* Parser::parse_if() {
  const std::uint32_t begin = lex_.pos();
  Command* command = make_command(Command::Kind::if_clause, begin);
  std::vector<const Command*> parts;
  std::string_view opener = "if";
  lex_.advance(2);
  while (true) {
    parts.push_back(parse_required_list(opener));
    if (failed() || !expect_reserved("then", begin, "if")) return nullptr;
    parts.push_back(parse_required_list("then"));
    if (failed()) return nullptr;
    lex_.skip_blanks();
    if (!at_reserved("elif")) break;
    lex_.advance(4);
    opener = "elif";
  }
  if (at_reserved("else")) {
    lex_.advance(4);
    parts.push_back(parse_required_list("else"));
    if (failed()) return nullptr;
  }
  if (!expect_reserved("fi", begin, "if")) return nullptr;
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// do list done, or { list }
const Command* Parser::parse_loop_body(std::uint32_t begin, std::string_view opened) {
  skip_newlines();
  if (at_reserved("{") && opened == "for") {
    const std::uint32_t brace = lex_.pos();
    lex_.advance();
    const Command* body = parse_required_list("{");
    if (failed() || !expect_reserved("}", brace, "{")) return nullptr;
    return body;
  }
  if (!expect_reserved("do", begin, opened)) return nullptr;
  const Command* body = parse_required_list("do");
  if (failed() || !expect_reserved("done", begin, opened)) return nullptr;
  return body;
}

// for name [in words] (; | newline) body; select likewise
const Command* Parser::parse_for() {
  const std::uint32_t begin = lex_.pos();
  const bool select = lex_.peek() == 's';
  lex_.advance(select ? 6 : 3);
  lex_.skip_blanks();
  if (!select && lex_.peek() == '(' && lex_.peek(1) == '(') return parse_for_arith(begin);
  const std::string_view name = lex_.raw_word();
  if (!is_name(name)) {
    fail_here("a variable's name");
    return nullptr;
  }
  Command* command = make_command(select ? Command::Kind::select : Command::Kind::for_in, begin);
  command->name = name;
  const std::uint32_t name_at = lex_.pos();
  lex_.advance(static_cast<std::uint32_t>(name.size()));
  command->name_span = span_from(name_at);
  lex_.skip_blanks();
  if (lex_.peek() == ';') {
    lex_.advance();
  } else {
    skip_newlines();
    if (at_reserved("in")) {
      lex_.advance(2);
      command->has_in = true;
      std::vector<Word> words;
      while (true) {
        lex_.skip_blanks();
        const char c = lex_.peek();
        if (lex_.at_end() ||
            (is_metacharacter(c) && !((c == '<' || c == '>') && lex_.peek(1) == '(')))
          break;
        words.push_back(parse_plain_word());
        if (failed()) return nullptr;
      }
      command->words = keep_list(words);
      if (lex_.peek() == ';') {
        lex_.advance();
      } else if (lex_.peek() != '\n') {
        fail_here("';' or a newline");
        return nullptr;
      }
    }
  }
  const std::vector<const Command*> parts = {parse_loop_body(begin, select ? "select" : "for")};
  if (failed()) return nullptr;
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// for (( a ; b ; c )) [;] body
const Command* Parser::parse_for_arith(std::uint32_t begin) {
  const std::uint32_t open = lex_.pos();
  const std::uint32_t close = lex_.closing_double_paren(open + 2);
  if (close == Lexer::npos) {
    fail(open, open + 2, "this (( has no closing ))");
    return nullptr;
  }
  std::vector<Word> texts;
  std::uint32_t from = open + 2;
  for (std::uint32_t at = from; at <= close; ++at) {
    if (at != close && script_.text[at] != ';') continue;
    texts.push_back(parse_range(from, at, {Stop::end, Quoting::arithmetic}));
    if (failed()) return nullptr;
    from = at + 1;
  }
  if (texts.size() != 3) {
    fail(open, close + 2, "three expressions, two ';' between them, must stand in for (( ))");
    return nullptr;
  }
  lex_.seek(close + 2);
  Command* command = make_command(Command::Kind::for_arith, begin);
  command->texts = keep_list(texts);
  lex_.skip_blanks();
  if (lex_.peek() == ';') lex_.advance();
  const std::vector<const Command*> parts = {parse_loop_body(begin, "for")};
  if (failed()) return nullptr;
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// (while | until) list do list done
const Command* Parser::parse_while() {
  const std::uint32_t begin = lex_.pos();
  const bool is_while = lex_.peek() == 'w';
  const std::string_view opened = is_while ? "while" : "until";
  lex_.advance(5);
  Command* command =
      make_command(is_while ? Command::Kind::while_loop : Command::Kind::until_loop, begin);
  std::vector<const Command*> parts = {parse_required_list(opened)};
  if (failed()) return nullptr;
  parts.push_back(parse_loop_body(begin, opened));
  if (failed()) return nullptr;
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// case word in { [(] pattern { | pattern } ) [list] (;; | ;& | ;;&) } esac
const Command* Parser::parse_case() {
  const std::uint32_t begin = lex_.pos();
  lex_.advance(4);
  lex_.skip_blanks();
  Command* command = make_command(Command::Kind::case_clause, begin);
  const std::uint32_t word_at = lex_.pos();
  const std::vector<Word> words = {parse_plain_word()};
  if (failed()) return nullptr;
  if (lex_.pos() == word_at) {
    fail_here("a word after 'case'");
    return nullptr;
  }
  command->words = keep_list(words);
  skip_newlines();
  if (!expect_reserved("in", begin, "case")) return nullptr;
  std::vector<CaseItem> items;
  while (true) {
    skip_newlines();
    if (at_reserved("esac")) break;
    if (lex_.at_end()) {
      if (!failed()) fail(begin, begin + 4, "this 'case' has no 'esac': the text ends first");
      return nullptr;
    }
    CaseItem item;
    const std::uint32_t item_at = lex_.pos();
    if (lex_.peek() == '(') lex_.advance();
    std::vector<Word> patterns;
    while (true) {
      lex_.skip_blanks();
      const std::uint32_t at = lex_.pos();
      patterns.push_back(parse_plain_word());
      if (failed()) return nullptr;
      if (lex_.pos() == at) {
        fail_here("a pattern");
        return nullptr;
      }
      lex_.skip_blanks();
      if (lex_.peek() != '|') break;
      lex_.advance();
    }
    if (lex_.peek() != ')') {
      fail_here("')' after the pattern");
      return nullptr;
    }
    lex_.advance();
    item.patterns = keep_list(patterns);
    item.body = parse_list(false);
    if (failed()) return nullptr;
    lex_.skip_blanks();
    const std::string_view op = lex_.operator_here();
    const bool terminated = op == ";;" || op == ";&" || op == ";;&";
    if (terminated) {
      item.end = op == ";;"   ? CaseItem::End::stop
                 : op == ";&" ? CaseItem::End::fall_through
                              : CaseItem::End::test_next;
      lex_.advance(static_cast<std::uint32_t>(op.size()));
    }
    item.span = span_from(item_at);
    items.push_back(item);
    if (!terminated) {
      skip_newlines();
      if (!at_reserved("esac")) {
        if (lex_.at_end()) {
          if (!failed()) fail(begin, begin + 4, "this 'case' has no 'esac': the text ends first");
        } else {
          fail_here("';;' or 'esac'");
        }
        return nullptr;
      }
    }
  }
  lex_.advance(4);
  command->items = keep_list(items);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// { list }
const Command* Parser::parse_group() {
  const std::uint32_t begin = lex_.pos();
  lex_.advance();
  Command* command = make_command(Command::Kind::group, begin);
  const std::vector<const Command*> parts = {parse_required_list("{")};
  if (failed() || !expect_reserved("}", begin, "{")) return nullptr;
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// ( list )
const Command* Parser::parse_subshell() {
  const std::uint32_t begin = lex_.pos();
  lex_.advance();
  Command* command = make_command(Command::Kind::subshell, begin);
  const std::vector<const Command*> parts = {parse_required_list("(")};
  if (failed()) return nullptr;
  lex_.skip_blanks();
  if (lex_.peek() != ')') {
    if (lex_.at_end()) {
      fail(begin, begin + 1, "this ( has no closing ): the text ends first");
    } else {
      fail_here("')'");
    }
    return nullptr;
  }
  lex_.advance();
  command->parts = keep_list(parts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

// (( expression ))
const Command* Parser::parse_arithmetic_command() {
  const std::uint32_t begin = lex_.pos();
  const std::uint32_t close = lex_.closing_double_paren(begin + 2);
  Command* command = make_command(Command::Kind::arithmetic, begin);
  const std::vector<Word> texts = {parse_range(begin + 2, close, {Stop::end, Quoting::arithmetic})};
  if (failed()) return nullptr;
  lex_.seek(close + 2);
  command->texts = keep_list(texts);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

void Parser::skip_condition_blanks() {
  skip_newlines();
}

bool Parser::at_condition_end() {
  skip_condition_blanks();
  return at_reserved("]]") || lex_.at_end();
}

// [[ or-expression ]]
const Command* Parser::parse_condition_command() {
  const std::uint32_t begin = lex_.pos();
  lex_.advance(2);
  Command* command = make_command(Command::Kind::condition, begin);
  command->condition = parse_condition_or();
  if (failed()) return nullptr;
  skip_condition_blanks();
  if (!at_reserved("]]")) {
    if (lex_.at_end()) {
      fail(begin, begin + 2, "this [[ has no closing ]]: the text ends first");
    } else {
      fail_here("']]', '&&' or '||'");
    }
    return nullptr;
  }
  lex_.advance(2);
  parse_trailing_redirects(*command);
  return failed() ? nullptr : finish(command);
}

const Condition* Parser::parse_condition_or() {
  Depth depth(*this);
  if (!depth.ok) return nullptr;
  const std::uint32_t begin = lex_.pos();
  const Condition* left = parse_condition_and();
  while (!failed()) {
    skip_condition_blanks();
    if (lex_.operator_here() != "||") return left;
    lex_.advance(2);
    Condition* node = make<Condition>();
    node->kind = Condition::Kind::disjunction;
    node->op = "||";
    node->a = left;
    node->b = parse_condition_and();
    node->span = span_from(begin);
    left = node;
  }
  return nullptr;
}

const Condition* Parser::parse_condition_and() {
  const std::uint32_t begin = lex_.pos();
  const Condition* left = parse_condition_term();
  while (!failed()) {
    skip_condition_blanks();
    if (lex_.operator_here() != "&&") return left;
    lex_.advance(2);
    Condition* node = make<Condition>();
    node->kind = Condition::Kind::conjunction;
    node->op = "&&";
    node->a = left;
    node->b = parse_condition_term();
    node->span = span_from(begin);
    left = node;
  }
  return nullptr;
}

// ! term | ( or ) | -op word | word [op word]
const Condition* Parser::parse_condition_term() {
  Depth depth(*this);
  if (!depth.ok) return nullptr;
  skip_condition_blanks();
  const std::uint32_t begin = lex_.pos();
  Condition* node = make<Condition>();
  if (at_reserved("!")) {
    lex_.advance();
    node->kind = Condition::Kind::negation;
    node->op = "!";
    node->a = parse_condition_term();
    node->span = span_from(begin);
    return node;
  }
  if (lex_.peek() == '(') {
    lex_.advance();
    node->kind = Condition::Kind::group;
    node->a = parse_condition_or();
    if (failed()) return nullptr;
    skip_condition_blanks();
    if (lex_.peek() != ')') {
      fail_here("')'");
      return nullptr;
    }
    lex_.advance();
    node->span = span_from(begin);
    return node;
  }
  const auto parse_operand_word = [&](Mode mode) {
    const std::uint32_t at = lex_.pos();
    Word word = parse_word(mode);
    if (!failed() && lex_.pos() == at) fail_here("a word of the condition");
    return word;
  };
  const Mode plain{Stop::word, Quoting::none, false, extglob_};
  const std::string_view first = lex_.raw_word();
  if (first == "]]") {
    fail_here("a condition");
    return nullptr;
  }
  if (is_unary_operator(first)) {
    // Never a word by itself, whatever follows: [[ -f ]] is a syntax error.
    node->kind = Condition::Kind::unary;
    node->op = first;
    lex_.advance(2);
    lex_.skip_blanks();
    if (at_reserved("]]")) {
      fail_here("a word of the condition");
      return nullptr;
    }
    node->left = parse_operand_word(plain);
    node->span = span_from(begin);
    return failed() ? nullptr : node;
  }
  node->left = parse_operand_word(plain);
  if (failed()) return nullptr;
  const std::uint32_t left_end = lex_.pos();
  lex_.skip_blanks();
  std::string_view op = lex_.raw_word();
  if (op.empty() && (lex_.operator_here() == "<" || lex_.operator_here() == ">"))
    op = lex_.operator_here();
  if (!is_binary_operator(op)) {
    lex_.seek(left_end);
    node->kind = Condition::Kind::word;
    node->span = span_from(begin);
    return node;
  }
  node->kind = Condition::Kind::binary;
  node->op = op;
  lex_.advance(static_cast<std::uint32_t>(op.size()));
  lex_.skip_blanks();
  if (op == "=~") {
    node->right = parse_operand_word({Stop::regex, Quoting::none});
  } else {
    const bool pattern = op == "==" || op == "=" || op == "!=";
    node->right = parse_operand_word({Stop::word, Quoting::none, false, pattern || extglob_});
  }
  node->span = span_from(begin);
  return failed() ? nullptr : node;
}

}  // namespace rbee::pkgbuild
