// Commands: lists, pipelines, simple commands, functions, redirections, here-documents.
// The public functions of parser.hpp are at the end; the class is parser_state.hpp.
#include "pkgbuild/parser.hpp"

#include <algorithm>
#include <array>

#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {
namespace {

// Commands whose arguments a=b and a=(…) are assignments.
constexpr std::array<std::string_view, 6> kDeclarers = {"declare", "typeset",  "local",
                                                        "export",  "readonly", "eval"};

constexpr std::array<std::string_view, 8> kListEnds = {"then", "else", "elif", "fi",
                                                       "do",   "done", "esac", "}"};

bool is_declarer(std::string_view word) {
  return std::find(kDeclarers.begin(), kDeclarers.end(), word) != kDeclarers.end();
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace

Parser::Depth::Depth(Parser& p) : parser(p), ok(true) {
  if (++parser.depth_ > parser.options_.depth_max) {
    ok = false;
    const std::uint32_t at = parser.lex_.pos();
    parser.fail(SyntaxError::Kind::depth, at, at + 1,
                "commands and quotes are nested more than " +
                    std::to_string(parser.options_.depth_max) + " deep");
  }
}

void Parser::fail(SyntaxError::Kind kind, std::uint32_t begin, std::uint32_t end,
                  std::string message) {
  const auto size = static_cast<std::uint32_t>(script_.text.size());
  if (!error_)
    error_ =
        SyntaxError{kind, span(std::min(begin, size), std::min(end, size)), std::move(message)};
  lex_.seek(lex_.end());
}

// "unexpected X: Y was expected here", X being what stands at the place.
void Parser::fail_here(std::string_view expected) {
  if (failed()) return;
  const std::uint32_t at = lex_.pos();
  std::string found;
  std::uint32_t end = at + 1;
  if (lex_.at_end()) {
    found = "end of the text";
  } else if (lex_.peek() == '\n') {
    found = "end of the line";
  } else {
    const std::string_view op = lex_.operator_here();
    std::string_view word = op.empty() ? lex_.raw_word() : op;
    if (word.size() > 40) word = word.substr(0, 40);
    end = at + static_cast<std::uint32_t>(std::max<std::size_t>(1, word.size()));
    found = quoted(word);
  }
  fail(at, end, "unexpected " + found + ": " + std::string(expected) + " was expected here");
}

std::string_view Parser::keep_text(std::string_view text) {
  if (text.empty()) return {};
  char* memory = static_cast<char*>(script_.arena.allocate(text.size(), 1));
  std::memcpy(memory, text.data(), text.size());
  return {memory, text.size()};
}

Command* Parser::make_command(Command::Kind kind, std::uint32_t begin) {
  Command* command = make<Command>();
  command->kind = kind;
  command->span = {begin, begin};
  return command;
}

const Command* Parser::finish(Command* command) {
  command->span = span_from(command->span.begin);
  return command;
}

void Parser::read_newline() {
  lex_.advance();
  if (here_docs_.empty()) return;
  std::vector<HereDoc> docs = std::move(here_docs_);
  here_docs_.clear();
  for (HereDoc& doc : docs) {
    if (!failed()) read_here_doc(doc);
  }
}

void Parser::skip_newlines() {
  while (true) {
    lex_.skip_blanks();
    if (lex_.peek() != '\n') return;
    read_newline();
  }
}

void Parser::read_here_doc(HereDoc& doc) {
  const std::uint32_t begin = lex_.pos();
  const std::string& text = script_.text;
  std::string stripped;
  bool closed = false;
  std::uint32_t body_end = begin;
  while (!lex_.at_end()) {
    std::uint32_t line = lex_.pos();
    std::uint32_t end = line;
    while (end < lex_.end() && text[end] != '\n') ++end;
    // In a body that is expanded, a backslash joins the next line to this one.
    bool joined = false;
    if (!doc.quoted && end < lex_.end()) {
      std::uint32_t slashes = 0;
      while (end > line + slashes && text[end - 1 - slashes] == '\\') ++slashes;
      joined = slashes % 2 == 1;
    }
    std::uint32_t content = line;
    if (doc.strip_tabs) {
      while (content < end && text[content] == '\t') ++content;
    }
    if (!joined && lex_.slice(content, end) == doc.delimiter) {
      body_end = line;
      lex_.seek(std::min(end + 1, lex_.end()));
      closed = true;
      break;
    }
    while (joined) {
      ++end;
      while (end < lex_.end() && text[end] != '\n') ++end;
      std::uint32_t slashes = 0;
      while (end > line + slashes && text[end - 1 - slashes] == '\\') ++slashes;
      joined = slashes % 2 == 1 && end < lex_.end();
    }
    if (doc.strip_tabs) stripped.append(lex_.slice(content, std::min(end + 1, lex_.end())));
    lex_.seek(std::min(end + 1, lex_.end()));
  }
  if (!closed) {
    fail(doc.redirect->span.begin, doc.redirect->span.end,
         "this here-document has no closing line " + quoted(doc.delimiter));
    return;
  }
  const std::uint32_t after = lex_.pos();
  Redirect& redirect = *doc.redirect;
  redirect.body_span = span(begin, after);
  if (doc.strip_tabs && !doc.quoted) {
    auto child = std::make_shared<Script>();
    child->text = std::move(stripped);
    ParseOptions inner = options_;
    inner.depth_max = options_.depth_max - depth_;
    Parser parser(*child, 0, static_cast<std::uint32_t>(child->text.size()), inner,
                  span(begin, after));
    redirect.body = parser.parse_word({Stop::end, Quoting::here_doc});
    if (parser.error_ && !error_) {
      error_ = parser.error_;
      lex_.seek(lex_.end());
    }
    script_.children.push_back(std::move(child));
  } else if (doc.quoted) {
    const std::string_view body =
        doc.strip_tabs ? keep_text(stripped) : lex_.slice(begin, body_end);
    const std::vector<WordPart> parts = {
        {.kind = WordPart::Kind::single_quoted, .span = span(begin, body_end), .text = body}};
    redirect.body.span = span(begin, body_end);
    redirect.body.parts = keep(parts);
  } else {
    redirect.body = parse_range(begin, body_end, {Stop::end, Quoting::here_doc});
  }
}

bool Parser::at_reserved(std::string_view word) const {
  return lex_.raw_word() == word;
}

bool Parser::at_list_end() const {
  const char c = lex_.peek();
  if (lex_.at_end() || c == ')') return true;
  if (c == ';' && (lex_.peek(1) == ';' || lex_.peek(1) == '&')) return true;
  const std::string_view word = lex_.raw_word();
  return std::find(kListEnds.begin(), kListEnds.end(), word) != kListEnds.end();
}

bool Parser::expect_reserved(std::string_view word, std::uint32_t opened_at,
                             std::string_view opened) {
  lex_.skip_blanks();
  if (at_reserved(word)) {
    lex_.advance(static_cast<std::uint32_t>(word.size()));
    return true;
  }
  if (failed()) return false;
  if (lex_.at_end()) {
    fail(opened_at, opened_at + static_cast<std::uint32_t>(opened.size()),
         "this " + quoted(opened) + " has no " + quoted(word) + ": the text ends first");
  } else {
    fail_here(quoted(word));
  }
  return false;
}

const Command* Parser::parse_program() {
  const Command* list = parse_list(true);
  if (!failed() && !lex_.at_end()) fail_here("a command");
  if (!failed() && !here_docs_.empty()) {
    const Span at = here_docs_.front().redirect->span;
    fail(at.begin, at.end,
         "this here-document has no closing line " + quoted(here_docs_.front().delimiter));
  }
  return list;
}

// shopt -s extglob at top level changes how the lines after it are read.
void Parser::note_shopt(const Command* command) {
  if (command->kind != Command::Kind::simple || command->words.size() < 3) return;
  if (command->words[0].literal() != "shopt") return;
  const std::string_view flag = command->words[1].literal();
  for (const Word& word : command->words) {
    if (word.literal() == "extglob" && (flag == "-s" || flag == "-u")) extglob_ = flag == "-s";
  }
}

// and_or { (; | & | newline) and_or }; null when there is none.
const Command* Parser::parse_list(bool top_level) {
  Depth depth(*this);
  if (!depth.ok) return nullptr;
  std::vector<const Command*> parts;
  std::vector<char> ops;
  skip_newlines();
  std::uint32_t begin = lex_.pos();
  std::uint32_t end = begin;
  std::size_t line_begin = 0;
  const auto end_line = [&] {
    if (!top_level) return;
    for (; line_begin < parts.size(); ++line_begin) note_shopt(parts[line_begin]);
  };
  while (!failed() && !at_list_end()) {
    const Command* command = parse_and_or();
    if (failed()) return nullptr;
    parts.push_back(command);
    end = lex_.pos();
    lex_.skip_blanks();
    char op = ';';
    if (lex_.peek() == '\n') {
      end_line();
      read_newline();
    } else if (lex_.peek() == ';' && lex_.peek(1) != ';' && lex_.peek(1) != '&') {
      lex_.advance();
    } else if (lex_.peek() == '&' && lex_.peek(1) != '&') {
      lex_.advance();
      op = '&';
    } else if (!at_list_end()) {
      fail_here("';', a newline or the end of the command");
      return nullptr;
    }
    ops.push_back(op);
    lex_.skip_blanks();
    if (lex_.peek() == '\n') {
      end_line();
      skip_newlines();
    }
  }
  if (failed() || parts.empty()) return nullptr;
  Command* list = make_command(Command::Kind::sequence, begin);
  list->parts = keep_list(parts);
  list->ops = keep_list(ops);
  list->span = span(begin, end);
  return list;
}

const Command* Parser::parse_required_list(std::string_view after) {
  const Command* list = parse_list(false);
  if (!failed() && list == nullptr) fail_here("a command after " + quoted(after));
  return list;
}

// pipeline { (&& | ||) newlines pipeline }
const Command* Parser::parse_and_or() {
  const std::uint32_t begin = lex_.pos();
  const Command* first = parse_pipeline();
  if (failed()) return nullptr;
  std::vector<const Command*> parts = {first};
  std::vector<char> ops;
  while (true) {
    const std::uint32_t end = lex_.pos();
    lex_.skip_blanks();
    const std::string_view op = lex_.operator_here();
    if (op != "&&" && op != "||") {
      if (parts.size() == 1) return first;
      Command* command = make_command(Command::Kind::and_or, begin);
      command->parts = keep_list(parts);
      command->ops = keep_list(ops);
      command->span = span(begin, end);
      return command;
    }
    lex_.advance(2);
    ops.push_back(op[0]);
    skip_newlines();
    parts.push_back(parse_pipeline());
    if (failed()) return nullptr;
  }
}

// [time [-p]] { ! } command { (| or |&) newlines command }
const Command* Parser::parse_pipeline() {
  Depth depth(*this);
  if (!depth.ok) return nullptr;
  const std::uint32_t begin = lex_.pos();
  bool negated = false, timed = false, bang = false;
  while (true) {
    if (at_reserved("!")) {
      negated = !negated;
      bang = true;
      lex_.advance();
    } else if (at_reserved("time") && !timed) {
      timed = true;
      lex_.advance(4);
      lex_.skip_blanks();
      if (at_reserved("-p")) lex_.advance(2);
    } else {
      break;
    }
    lex_.skip_blanks();
  }
  const Command* first = nullptr;
  if ((bang || timed) && (lex_.at_end() || lex_.peek() == '\n' || lex_.peek() == ';')) {
    first = finish(make_command(Command::Kind::simple, lex_.pos()));
  } else {
    first = parse_command();
  }
  if (failed()) return nullptr;
  std::vector<const Command*> parts = {first};
  std::vector<char> ops;
  std::uint32_t end = lex_.pos();
  while (true) {
    lex_.skip_blanks();
    const std::string_view op = lex_.operator_here();
    if (op != "|" && op != "|&") break;
    lex_.advance(static_cast<std::uint32_t>(op.size()));
    ops.push_back(op == "|" ? '|' : '&');
    skip_newlines();
    parts.push_back(parse_command());
    if (failed()) return nullptr;
    end = lex_.pos();
  }
  if (parts.size() == 1 && !bang && !timed) return first;
  Command* command = make_command(Command::Kind::pipeline, begin);
  command->negated = negated;
  command->timed = timed;
  command->parts = keep_list(parts);
  command->ops = keep_list(ops);
  command->span = span(begin, end);
  return command;
}

const Command* Parser::parse_command() {
  Depth depth(*this);
  if (!depth.ok) return nullptr;
  lex_.skip_blanks();
  if (lex_.peek() == '(') {
    if (lex_.peek(1) == '(' && lex_.closing_double_paren(lex_.pos() + 2) != Lexer::npos) {
      return parse_arithmetic_command();
    }
    return parse_subshell();
  }
  const std::string_view word = lex_.raw_word();
  if (!word.empty() && is_reserved(word)) {
    if (word == "if") return parse_if();
    if (word == "for") return parse_for();
    if (word == "select") return parse_for();
    if (word == "while" || word == "until") return parse_while();
    if (word == "case") return parse_case();
    if (word == "{") return parse_group();
    if (word == "[[") return parse_condition_command();
    if (word == "function") {
      const std::uint32_t begin = lex_.pos();
      lex_.advance(8);
      lex_.skip_blanks();
      const std::string_view name = lex_.raw_word();
      if (name.empty()) {
        fail_here("a function's name");
        return nullptr;
      }
      const std::uint32_t name_at = lex_.pos();
      lex_.advance(static_cast<std::uint32_t>(name.size()));
      const Span name_span = span_from(name_at);
      lex_.skip_blanks();
      if (lex_.peek() == '(') {
        lex_.advance();
        lex_.skip_blanks();
        if (lex_.peek() == ')') {
          lex_.advance();
        } else {
          lex_.seek(name_span.end);  // The body is a subshell.
        }
      }
      return parse_function(begin, name, name_span);
    }
    if (word == "coproc") {
      Command* command = make_command(Command::Kind::coprocess, lex_.pos());
      lex_.advance(6);
      const std::vector<const Command*> parts = {parse_command()};
      if (failed()) return nullptr;
      command->parts = keep_list(parts);
      return finish(command);
    }
    if (word != "in" && word != "time" && word != "!" && word != "]]") {
      fail_here("a command");
      return nullptr;
    }
  }
  return parse_simple();
}

const Command* Parser::parse_function(std::uint32_t begin, std::string_view name, Span name_span) {
  skip_newlines();
  const char c = lex_.peek();
  const std::string_view word = lex_.raw_word();
  const bool compound = c == '(' || word == "{" || word == "if" || word == "for" ||
                        word == "while" || word == "until" || word == "case" || word == "[[" ||
                        word == "select";
  if (!compound) {
    fail_here("the body of function " + quoted(name));
    return nullptr;
  }
  Command* command = make_command(Command::Kind::function, begin);
  command->name = name;
  command->name_span = name_span;
  const std::vector<const Command*> parts = {parse_command()};
  if (failed()) return nullptr;
  command->parts = keep_list(parts);
  return finish(command);
}

bool Parser::at_redirect() const {
  std::uint32_t ahead = 0;
  if (lex_.peek() == '{' && is_name_start(lex_.peek(1))) {
    ahead = 1;
    while (is_name_char(lex_.peek(ahead))) ++ahead;
    if (lex_.peek(ahead) != '}') return false;
    ++ahead;
  } else {
    while (is_digit(lex_.peek(ahead))) ++ahead;
  }
  const char c = lex_.peek(ahead), d = lex_.peek(ahead + 1);
  if (c == '<' || c == '>') return d != '(';
  return ahead == 0 && c == '&' && d == '>';
}

bool Parser::parse_redirect(std::vector<Redirect*>& out) {
  if (!at_redirect()) return false;
  const std::uint32_t begin = lex_.pos();
  Redirect* redirect = make<Redirect>();
  if (lex_.peek() == '{') {
    lex_.advance();
    const std::uint32_t name = lex_.pos();
    while (lex_.peek() != '}') lex_.advance();
    redirect->fd_name = lex_.slice(name, lex_.pos());
    lex_.advance();
  } else if (is_digit(lex_.peek())) {
    redirect->fd = 0;
    while (is_digit(lex_.peek())) {
      redirect->fd = std::min(redirect->fd * 10 + (lex_.peek() - '0'), 9999);
      lex_.advance();
    }
  }
  const std::string_view op = lex_.operator_here();
  lex_.advance(static_cast<std::uint32_t>(op.size()));
  using Kind = Redirect::Kind;
  redirect->kind = op == "<"     ? Kind::read
                   : op == ">"   ? Kind::write
                   : op == ">>"  ? Kind::append
                   : op == ">|"  ? Kind::clobber
                   : op == "<>"  ? Kind::read_write
                   : op == "<&"  ? Kind::dup_in
                   : op == ">&"  ? Kind::dup_out
                   : op == "&>"  ? Kind::both
                   : op == "&>>" ? Kind::both_append
                   : op == "<<<" ? Kind::here_string
                                 : Kind::here_doc;
  lex_.skip_blanks();
  const std::uint32_t target = lex_.pos();
  redirect->target = parse_plain_word();
  if (failed()) return false;
  if (lex_.pos() == target) {
    fail_here("a word after " + quoted(op));
    return false;
  }
  redirect->span = span_from(begin);
  if (redirect->kind == Kind::here_doc) {
    HereDoc doc{redirect, {}, false, op == "<<-"};
    const std::string_view raw = lex_.slice(target, lex_.pos());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '\'' || raw[i] == '"') {
        doc.quoted = true;
      } else if (raw[i] == '\\' && i + 1 < raw.size()) {
        doc.quoted = true;
        doc.delimiter.push_back(raw[++i]);
      } else {
        doc.delimiter.push_back(raw[i]);
      }
    }
    here_docs_.push_back(std::move(doc));
  }
  out.push_back(redirect);
  return true;
}

// A here-document's body arrives after its command was read, so a redirect is its own node until
// then.
List<Redirect> Parser::finish_redirects(std::vector<Redirect*>& pending) {
  if (pending.empty()) return {};
  auto* memory = static_cast<Redirect*>(
      script_.arena.allocate(sizeof(Redirect) * pending.size(), alignof(Redirect)));
  for (std::size_t i = 0; i < pending.size(); ++i) {
    Redirect* slot = new (memory + i) Redirect(*pending[i]);
    for (HereDoc& doc : here_docs_) {
      if (doc.redirect == pending[i]) doc.redirect = slot;
    }
  }
  return {memory, pending.size()};
}

void Parser::parse_trailing_redirects(Command& command) {
  std::vector<Redirect*> redirects;
  std::uint32_t end = lex_.pos();
  while (!failed()) {
    lex_.skip_blanks();
    if (!parse_redirect(redirects)) break;
    end = lex_.pos();
  }
  if (failed()) return;
  if (redirects.empty()) lex_.seek(end);
  command.redirects = finish_redirects(redirects);
}

// { assignment | redirect } { word | redirect }, or name () body
const Command* Parser::parse_simple() {
  const std::uint32_t begin = lex_.pos();
  std::vector<Assignment> assignments;
  std::vector<Word> words;
  std::vector<Redirect*> redirects;
  bool declares = false;
  std::uint32_t end = begin;
  while (!failed()) {
    if (!words.empty() || !assignments.empty() || !redirects.empty()) lex_.skip_blanks();
    const char c = lex_.peek();
    if (lex_.at_end() || c == '\n') break;
    if (parse_redirect(redirects)) {
      end = lex_.pos();
      continue;
    }
    if (failed()) return nullptr;
    const bool process = (c == '<' || c == '>') && lex_.peek(1) == '(';
    if (is_metacharacter(c) && !process) {
      if (c == '(' && !words.empty()) {
        fail_here("the end of the command (quote the '(' if it is meant as text)");
        return nullptr;
      }
      break;
    }
    std::uint32_t operator_at = 0;
    if (words.empty() && at_assignment(operator_at)) {
      assignments.push_back(parse_assignment());
      if (failed()) return nullptr;
      end = lex_.pos();
      continue;
    }
    const std::uint32_t at = lex_.pos();
    if (declares && at_assignment(operator_at)) {
      Assignment* assignment = make<Assignment>(parse_assignment());
      if (failed()) return nullptr;
      Word word;
      word.span = assignment->span;
      word.assignment = assignment;
      words.push_back(word);
      end = lex_.pos();
      continue;
    }
    if (words.empty() && assignments.empty() && redirects.empty()) {
      const std::string_view name = lex_.raw_word();
      Lexer ahead = lex_;
      ahead.advance(static_cast<std::uint32_t>(name.size()));
      const bool extglob_word =
          extglob_ && !name.empty() && ahead.peek() == '(' &&
          std::string_view("?*+@!").find(name.back()) != std::string_view::npos;
      ahead.skip_blanks();
      // With a quote or a '$' in it, it is the beginning of a word: "$(x)", $(x).
      const bool plain = name.find_first_of("$'\"\\`") == std::string_view::npos;
      if (!name.empty() && plain && ahead.peek() == '(' && !extglob_word) {
        ahead.advance();
        ahead.skip_blanks();
        if (ahead.peek() != ')') {
          lex_.seek(ahead.pos());
          fail_here("')' of a function's definition");
          return nullptr;
        }
        const Span name_span = span(at, at + static_cast<std::uint32_t>(name.size()));
        lex_.seek(ahead.pos() + 1);
        return parse_function(begin, name, name_span);
      }
    }
    Word word = parse_plain_word();
    if (failed()) return nullptr;
    if (lex_.pos() == at) break;
    if (words.empty()) declares = is_declarer(word.literal());
    words.push_back(word);
    end = lex_.pos();
  }
  if (failed()) return nullptr;
  if (words.empty() && assignments.empty() && redirects.empty()) {
    fail_here("a command");
    return nullptr;
  }
  lex_.seek(end);
  Command* command = make_command(Command::Kind::simple, begin);
  command->assignments = keep_list(assignments);
  command->words = keep_list(words);
  command->redirects = finish_redirects(redirects);
  return finish(command);
}

tl::expected<std::shared_ptr<const Script>, SyntaxError> parse(std::string_view text,
                                                               const ParseOptions& options) {
  auto script = std::make_shared<Script>();
  script->text = text;
  script->place = options.place;
  Parser parser(*script, 0, static_cast<std::uint32_t>(script->text.size()), options, std::nullopt);
  script->root = parser.parse_program();
  if (parser.error()) return tl::unexpected<SyntaxError>(*parser.error());
  return script;
}

}  // namespace rbee::pkgbuild
