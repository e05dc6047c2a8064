// Every byte of a recipe by what it is: see tokens.hpp.
#include "pkgbuild/tokens.hpp"

#include <algorithm>
#include <string>

#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {
namespace {

/// Collects the leaves of a tree. Nodes are visited as they lie in their parents, which is not
/// always the order of the text: a redirection may stand between words.
class Leaves {
 public:
  explicit Leaves(const Script& script) : script_(script) {}

  void visit(const Command* command) {
    if (command == nullptr) return;
    if (command->name_span.end > command->name_span.begin) add(TokenKind::name, command->name_span);
    for (const Assignment& assignment : command->assignments) visit(assignment);
    for (const Word& word : command->words) visit(word);
    for (const Word& text : command->texts) visit(text);
    for (const Redirect& redirect : command->redirects) visit(redirect);
    if (command->condition != nullptr) visit(*command->condition);
    for (const CaseItem& item : command->items) {
      for (const Word& pattern : item.patterns) visit(pattern);
      visit(item.body);
    }
    for (const Command* part : command->parts) visit(part);
  }

  std::vector<Token> take() {
    std::sort(leaves_.begin(), leaves_.end(),
              [](const Token& a, const Token& b) { return a.span.begin < b.span.begin; });
    return std::move(leaves_);
  }

 private:
  void add(TokenKind kind, Span span) {
    if (span.end > span.begin) leaves_.push_back({kind, span});
  }

  void visit(const Assignment& assignment) {
    add(TokenKind::name, assignment.name_span);
    if (assignment.index != nullptr) visit(*assignment.index);
    if (!assignment.array) return visit(assignment.value);
    for (const ArrayElement& element : assignment.elements) {
      if (element.index != nullptr) visit(*element.index);
      visit(element.value);
    }
  }

  void visit(const Redirect& redirect) {
    if (redirect.fd >= 0 || !redirect.fd_name.empty()) {
      // 2> or {name}>: what stands before the operator.
      std::uint32_t end = redirect.span.begin;
      while (end < redirect.target.span.begin && script_.text[end] != '<' &&
             script_.text[end] != '>')
        ++end;
      add(TokenKind::word, {redirect.span.begin, end});
    }
    visit(redirect.target);
    if (redirect.kind == Redirect::Kind::here_doc)
      add(TokenKind::here_document, redirect.body_span);
  }

  void visit(const Condition& condition) {
    using Kind = Condition::Kind;
    if (condition.kind == Kind::word || condition.kind == Kind::unary ||
        condition.kind == Kind::binary)
      visit(condition.left);
    if (condition.kind == Kind::binary) visit(condition.right);
    if (condition.a != nullptr) visit(*condition.a);
    if (condition.b != nullptr) visit(*condition.b);
  }

  void visit(const Word& word) {
    if (word.assignment != nullptr) return visit(*word.assignment);
    for (const WordPart& part : word.parts) visit(part, TokenKind::word);
  }

  void visit(const WordPart& part, TokenKind plain) {
    using Kind = WordPart::Kind;
    switch (part.kind) {
      case Kind::literal:
      case Kind::escaped:
      case Kind::tilde:
        return add(plain, part.span);
      case Kind::single_quoted:
      case Kind::ansi_c:
        return add(TokenKind::string, part.span);
      case Kind::double_quoted:
      case Kind::locale:
        for (const WordPart& inner : part.parts) visit(inner, TokenKind::string);
        return;
      case Kind::arithmetic:
        for (const WordPart& inner : part.parts) visit(inner, TokenKind::word);
        return;
      case Kind::parameter:
        return visit(*part.parameter, part.span);
      case Kind::command:
      case Kind::process:
        // Text that lost its backslashes before it was parsed is a script of its own.
        if (part.backtick && holds_escapes(part.span)) return add(TokenKind::expansion, part.span);
        return visit(part.command);
    }
  }

  void visit(const Parameter& parameter, Span span) {
    if (parameter.op == Parameter::Op::bad) return add(TokenKind::expansion, span);
    add(TokenKind::expansion, parameter.name_span);
    for (const Word* word : {parameter.index, parameter.operand, parameter.second})
      if (word != nullptr) visit(*word);
  }

  bool holds_escapes(Span span) const {
    return std::string_view(script_.text).substr(span.begin, span.end - span.begin).find('\\') !=
           std::string_view::npos;
  }

  const Script& script_;
  std::vector<Token> leaves_;
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes the bytes between two leaves apart.
class Gap {
 public:
  Gap(std::string_view text, std::vector<Token>& out) : text_(text), out_(out) {}

  void read(std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t at = begin; at < end;) {
      const std::uint32_t next = token_end(at, end);
      out_.push_back({kind_, {at, next}});
      at = next;
    }
  }

 private:
  std::uint32_t token_end(std::uint32_t at, std::uint32_t end) {
    const char c = text_[at];
    const auto run = [&](auto belongs) {
      std::uint32_t to = at + 1;
      while (to < end && belongs(text_[to])) ++to;
      return to;
    };
    if (is_blank(c)) return kind_ = TokenKind::blank, run(is_blank);
    if (c == '\n') return kind_ = TokenKind::newline, at + 1;
    if (c == '\\' && at + 1 < end && text_[at + 1] == '\n')
      return kind_ = TokenKind::continuation, at + 2;
    if (c == '#' && (at == 0 || is_metacharacter(text_[at - 1]) || text_[at - 1] == '\n'))
      return kind_ = TokenKind::comment, run([](char d) { return d != '\n'; });
    if (is_letter(c) || (c == '-' && at + 1 < end && is_letter(text_[at + 1]))) {
      const std::uint32_t to = run(is_letter);
      const std::string_view word = text_.substr(at, to - at);
      // -f of a condition, -p of time.
      kind_ = c == '-'            ? TokenKind::operator_
              : is_reserved(word) ? TokenKind::reserved
                                  : TokenKind::unknown;
      return to;
    }
    const std::string_view rest = text_.substr(at, end - at);
    for (const std::string_view word : {"[[", "]]"})
      if (rest.starts_with(word)) return kind_ = TokenKind::reserved, at + 2;
    if (c == '{' || c == '}' || c == '!') {
      const bool before = at == 0 || is_metacharacter(text_[at - 1]);
      return kind_ = before ? TokenKind::reserved : TokenKind::operator_, at + 1;
    }
    static constexpr std::string_view kOperators = ";&|()<>=+[]$\"`:?-#%/^,~@*";
    kind_ =
        kOperators.find(c) != std::string_view::npos ? TokenKind::operator_ : TokenKind::unknown;
    if (kind_ == TokenKind::unknown) return at + 1;
    return run([&](char d) {
      return d == c || (d == '=' && c != '(' && c != ')') || (c == '=' && d == '~');
    });
  }

  std::string_view text_;
  std::vector<Token>& out_;
  TokenKind kind_ = TokenKind::unknown;
};

}  // namespace

std::string_view to_string(TokenKind kind) {
  switch (kind) {
    case TokenKind::blank:
      return "blank";
    case TokenKind::newline:
      return "newline";
    case TokenKind::continuation:
      return "continuation";
    case TokenKind::comment:
      return "comment";
    case TokenKind::operator_:
      return "operator";
    case TokenKind::reserved:
      return "reserved";
    case TokenKind::word:
      return "word";
    case TokenKind::string:
      return "string";
    case TokenKind::name:
      return "name";
    case TokenKind::expansion:
      return "expansion";
    case TokenKind::here_document:
      return "here-document";
    case TokenKind::unknown:
      return "unknown";
  }
  return "";
}

std::vector<Token> tokens(const Script& script) {
  Leaves leaves(script);
  leaves.visit(script.root);
  std::vector<Token> out;
  Gap gap(script.text, out);
  std::uint32_t at = 0;
  for (const Token& leaf : leaves.take()) {
    // A fault of the parser, should it ever make a leaf inside another: nothing is said twice.
    if (leaf.span.begin < at) continue;
    gap.read(at, leaf.span.begin);
    out.push_back(leaf);
    at = leaf.span.end;
  }
  gap.read(at, static_cast<std::uint32_t>(script.text.size()));
  return out;
}

}  // namespace rbee::pkgbuild
