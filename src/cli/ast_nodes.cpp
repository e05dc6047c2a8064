// The syntax tree as nodes with names: see ast_nodes.hpp.
#include "cli/ast_nodes.hpp"

#include <algorithm>

namespace rbee::cli {
namespace {

using namespace pkgbuild;

std::string_view name_of(Command::Kind kind) {
  using Kind = Command::Kind;
  switch (kind) {
    case Kind::simple:
      return "simple";
    case Kind::pipeline:
      return "pipeline";
    case Kind::and_or:
      return "and-or";
    case Kind::sequence:
      return "sequence";
    case Kind::group:
      return "group";
    case Kind::subshell:
      return "subshell";
    case Kind::if_clause:
      return "if";
    case Kind::for_in:
      return "for";
    case Kind::for_arith:
      return "for-arithmetic";
    case Kind::while_loop:
      return "while";
    case Kind::until_loop:
      return "until";
    case Kind::select:
      return "select";
    case Kind::case_clause:
      return "case";
    case Kind::function:
      return "function";
    case Kind::condition:
      return "condition";
    case Kind::arithmetic:
      return "arithmetic";
    case Kind::coprocess:
      return "coprocess";
  }
  return "";
}

std::string_view name_of(WordPart::Kind kind) {
  using Kind = WordPart::Kind;
  switch (kind) {
    case Kind::literal:
      return "literal";
    case Kind::escaped:
      return "escaped";
    case Kind::single_quoted:
      return "single-quoted";
    case Kind::ansi_c:
      return "ansi-c-quoted";
    case Kind::double_quoted:
      return "double-quoted";
    case Kind::locale:
      return "locale-quoted";
    case Kind::parameter:
      return "parameter";
    case Kind::command:
      return "command-substitution";
    case Kind::arithmetic:
      return "arithmetic-expansion";
    case Kind::process:
      return "process-substitution";
    case Kind::tilde:
      return "tilde";
  }
  return "";
}

/// The operator as bash(1) spells it, without its operands.
std::string_view spelling(Parameter::Op op, bool colon) {
  using Op = Parameter::Op;
  switch (op) {
    case Op::none:
      return "";
    case Op::use_default:
      return colon ? ":-" : "-";
    case Op::assign_default:
      return colon ? ":=" : "=";
    case Op::error_if_unset:
      return colon ? ":?" : "?";
    case Op::use_alternate:
      return colon ? ":+" : "+";
    case Op::substring:
      return ":";
    case Op::remove_prefix:
      return "#";
    case Op::remove_prefix_longest:
      return "##";
    case Op::remove_suffix:
      return "%";
    case Op::remove_suffix_longest:
      return "%%";
    case Op::replace:
      return "/";
    case Op::replace_all:
      return "//";
    case Op::replace_prefix:
      return "/#";
    case Op::replace_suffix:
      return "/%";
    case Op::upper_first:
      return "^";
    case Op::upper_all:
      return "^^";
    case Op::lower_first:
      return ",";
    case Op::lower_all:
      return ",,";
    case Op::toggle_first:
      return "~";
    case Op::toggle_all:
      return "~~";
    case Op::transform:
      return "@";
    case Op::length:
      return "length";
    case Op::names:
      return "names";
    case Op::keys:
      return "keys";
    case Op::bad:
      return "bad";
  }
  return "";
}

std::string_view spelling(Redirect::Kind kind) {
  using Kind = Redirect::Kind;
  switch (kind) {
    case Kind::read:
      return "<";
    case Kind::write:
      return ">";
    case Kind::append:
      return ">>";
    case Kind::clobber:
      return ">|";
    case Kind::read_write:
      return "<>";
    case Kind::dup_in:
      return "<&";
    case Kind::dup_out:
      return ">&";
    case Kind::both:
      return "&>";
    case Kind::both_append:
      return "&>>";
    case Kind::here_doc:
      return "<<";
    case Kind::here_string:
      return "<<<";
  }
  return "";
}

/// Recursion is as deep as the parser allows a tree to be.
class Builder {
 public:
  AstNode command(std::string_view role, const Command& from) {
    AstNode node{role, name_of(from.kind), from.span, {}, {}};
    if (!from.name.empty()) node.attributes.emplace_back("name", from.name);
    if (from.negated) node.attributes.emplace_back("negated", "true");
    if (from.timed) node.attributes.emplace_back("timed", "true");
    // A list's ';' and newlines say nothing; an '&' does.
    const bool list = from.kind == Command::Kind::sequence;
    if (!from.ops.empty() &&
        (!list || std::find(from.ops.begin(), from.ops.end(), '&') != from.ops.end()))
      node.attributes.emplace_back("operators", operators(from));
    for (const Assignment& assignment : from.assignments)
      node.children.push_back(this->assignment("assignment", assignment));
    for (const Word& word : from.words) node.children.push_back(this->word("word", word));
    for (const Word& word : from.texts) node.children.push_back(this->word("expression", word));
    if (from.condition != nullptr)
      node.children.push_back(condition("expression", *from.condition));
    for (const CaseItem& item : from.items) node.children.push_back(case_item(item));
    for (std::size_t i = 0; i < from.parts.size(); ++i)
      if (from.parts[i] != nullptr)
        node.children.push_back(command(part_role(from, i), *from.parts[i]));
    for (const Redirect& redirect : from.redirects)
      node.children.push_back(this->redirect(redirect));
    return node;
  }

 private:
  static std::string_view part_role(const Command& from, std::size_t i) {
    using Kind = Command::Kind;
    if (from.kind == Kind::if_clause)
      return i % 2 == 0 && i + 1 < from.parts.size() ? "condition" : "body";
    if (from.kind == Kind::while_loop || from.kind == Kind::until_loop)
      return i == 0 ? "condition" : "body";
    if (from.kind == Kind::pipeline || from.kind == Kind::and_or || from.kind == Kind::sequence)
      return "command";
    return "body";
  }

  static std::string operators(const Command& from) {
    std::string out;
    for (const char op : from.ops) {
      if (!out.empty()) out += ' ';
      if (from.kind == Command::Kind::and_or) {
        out += op == '&' ? "&&" : "||";
      } else if (from.kind == Command::Kind::pipeline) {
        out += op == '|' ? "|" : "|&";
      } else {
        out += op;
      }
    }
    return out;
  }

  AstNode assignment(std::string_view role, const Assignment& from) {
    AstNode node{role, from.array ? "array-assignment" : "assignment", from.span, {}, {}};
    node.attributes.emplace_back("name", from.name);
    if (from.append) node.attributes.emplace_back("append", "true");
    if (from.index != nullptr) node.children.push_back(word("index", *from.index));
    if (!from.array) {
      node.children.push_back(word("value", from.value));
      return node;
    }
    for (const ArrayElement& element : from.elements) {
      AstNode inner{"element", "element", element.span, {}, {}};
      if (element.append) inner.attributes.emplace_back("append", "true");
      if (element.index != nullptr) inner.children.push_back(word("index", *element.index));
      inner.children.push_back(word("value", element.value));
      node.children.push_back(std::move(inner));
    }
    return node;
  }

  AstNode word(std::string_view role, const Word& from) {
    if (from.assignment != nullptr) return assignment(role, *from.assignment);
    AstNode node{role, "word", from.span, {}, {}};
    for (const WordPart& part : from.parts) node.children.push_back(this->part(part));
    return node;
  }

  AstNode part(const WordPart& from) {
    AstNode node{"part", name_of(from.kind), from.span, {}, {}};
    using Kind = WordPart::Kind;
    if (from.kind == Kind::literal || from.kind == Kind::escaped ||
        from.kind == Kind::single_quoted || from.kind == Kind::ansi_c || from.kind == Kind::tilde)
      node.attributes.emplace_back("text", from.text);
    if (from.backtick) node.attributes.emplace_back("backtick", "true");
    if (from.parameter != nullptr) parameter(*from.parameter, node);
    for (const WordPart& inner : from.parts) node.children.push_back(part(inner));
    if (from.command != nullptr) node.children.push_back(command("command", *from.command));
    return node;
  }

  void parameter(const Parameter& from, AstNode& node) {
    node.attributes.emplace_back("name", from.name);
    if (from.op != Parameter::Op::none)
      node.attributes.emplace_back("operator", spelling(from.op, from.colon));
    if (from.indirect) node.attributes.emplace_back("indirect", "true");
    if (from.subscript == Parameter::Subscript::at) node.attributes.emplace_back("subscript", "@");
    if (from.subscript == Parameter::Subscript::star)
      node.attributes.emplace_back("subscript", "*");
    if (from.index != nullptr) node.children.push_back(word("index", *from.index));
    if (from.operand != nullptr) node.children.push_back(word("operand", *from.operand));
    if (from.second != nullptr) node.children.push_back(word("second", *from.second));
  }

  AstNode redirect(const Redirect& from) {
    AstNode node{"redirect", "redirect", from.span, {}, {}};
    node.attributes.emplace_back("operator", spelling(from.kind));
    if (from.fd >= 0) node.attributes.emplace_back("fd", std::to_string(from.fd));
    if (!from.fd_name.empty()) node.attributes.emplace_back("fd", from.fd_name);
    node.children.push_back(word("target", from.target));
    if (from.kind == Redirect::Kind::here_doc) {
      AstNode body{"body", "here-document", from.body_span, {}, {}};
      for (const WordPart& part : from.body.parts) body.children.push_back(this->part(part));
      node.children.push_back(std::move(body));
    }
    return node;
  }

  AstNode case_item(const CaseItem& from) {
    AstNode node{"item", "case-item", from.span, {}, {}};
    if (from.end != CaseItem::End::stop)
      node.attributes.emplace_back("end", from.end == CaseItem::End::fall_through ? ";&" : ";;&");
    for (const Word& pattern : from.patterns) node.children.push_back(word("pattern", pattern));
    if (from.body != nullptr) node.children.push_back(command("body", *from.body));
    return node;
  }

  AstNode condition(std::string_view role, const Condition& from) {
    using Kind = Condition::Kind;
    static constexpr std::string_view kNames[] = {"word", "unary", "binary", "not",
                                                  "and",  "or",    "group"};
    AstNode node{role, kNames[static_cast<std::size_t>(from.kind)], from.span, {}, {}};
    if (!from.op.empty()) node.attributes.emplace_back("operator", from.op);
    if (from.kind == Kind::word || from.kind == Kind::unary || from.kind == Kind::binary)
      node.children.push_back(word("left", from.left));
    if (from.kind == Kind::binary) node.children.push_back(word("right", from.right));
    if (from.a != nullptr) node.children.push_back(condition("left", *from.a));
    if (from.b != nullptr) node.children.push_back(condition("right", *from.b));
    return node;
  }
};

}  // namespace

AstNode ast_nodes(const Script& script) {
  AstNode root{"root", "script", {0, static_cast<std::uint32_t>(script.text.size())}, {}, {}};
  if (script.root != nullptr) root.children.push_back(Builder().command("body", *script.root));
  return root;
}

}  // namespace rbee::cli
