// Word expansion in bash's order: braces, tilde, parameters, commands, arithmetic, splitting,
// globs. (interpreter.hpp; braces.cpp and parameter.cpp hold those two.)
#include <algorithm>

#include "pkgbuild/interpreter.hpp"

namespace rbee::pkgbuild {
namespace {

bool is_glob_character(char c) {
  return c == '*' || c == '?' || c == '[';
}

// A pattern can only match a file when its brackets close.
bool is_glob(std::string_view text, const std::vector<std::uint32_t>& globs) {
  const std::size_t last_close = text.rfind(']');
  for (const std::uint32_t at : globs) {
    if (text[at] != '[' || (last_close != std::string_view::npos && last_close > at)) return true;
  }
  return false;
}

}  // namespace

void FieldBuilder::note_globs(std::size_t from) {
  for (std::size_t i = from; i < current_.size(); ++i) {
    if (is_glob_character(current_[i])) globs_.push_back(static_cast<std::uint32_t>(i));
  }
}

void FieldBuilder::literal(std::string_view text, Span span) {
  if (!shell_.spend_bytes(text.size(), span)) return;
  const std::size_t from = current_.size();
  current_.append(text);
  if (splits()) {
    note_globs(from);
    if (!text.empty()) active_ = true;
  }
}

void FieldBuilder::quoted(std::string_view text, Span span) {
  if (!shell_.spend_bytes(text.size(), span)) return;
  active_ = true;
  switch (mode_) {
    case Interpreter::Expand::fields:
    case Interpreter::Expand::single:
      current_.append(text);
      return;
    case Interpreter::Expand::pattern:
      for (const char c : text) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
        if (!word) current_.push_back('\\');
        current_.push_back(c);
      }
      return;
    case Interpreter::Expand::regex:
      if (!shell_.spend(1 + current_.size() / 256, span)) return;
      if (const std::size_t open = current_.rfind('[');
          open != std::string::npos && !text.empty() &&
          current_.find(']', open + 2) == std::string::npos &&
          (open == 0 || current_[open - 1] != '\\')) {
        return shell_.unsupported("quotes inside [ ] of a regular expression", span);
      }
      for (const char c : text) {
        if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos)
          current_.push_back('\\');
        current_.push_back(c);
      }
      return;
  }
}

void FieldBuilder::expanded(std::string_view text, Span span) {
  if (!splits()) return literal(text, span);
  if (!shell_.spend_bytes(text.size(), span)) return;
  const std::string_view ifs = shell_.ifs();
  if (ifs.size() > 3 && !shell_.spend(1 + text.size() * ifs.size() / 256, span)) return;
  if (text.find_first_of(ifs) == std::string_view::npos) {
    if (!text.empty()) {
      const std::size_t from = current_.size();
      current_.append(text);
      note_globs(from);
      active_ = true;
    }
    return;
  }
  bool blank_ended =
      false;  // A blank has ended a field, and a separator that follows belongs to it.
  for (const char c : text) {
    if (ifs.find(c) == std::string_view::npos) {
      if (is_glob_character(c)) globs_.push_back(static_cast<std::uint32_t>(current_.size()));
      current_.push_back(c);
      active_ = true;
      blank_ended = false;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (active_ || !current_.empty()) {
        end_field(span);
        blank_ended = true;
      }
    } else if (blank_ended) {
      blank_ended = false;
    } else {
      end_field(span);
    }
  }
}

void FieldBuilder::separate(char joiner, Span span) {
  if (splits()) {
    if (active_ || !current_.empty()) end_field(span);
  } else if (joiner != '\0') {
    literal(std::string_view(&joiner, 1), span);
  }
}

void FieldBuilder::end_field(Span span) {
  if (!globs_.empty() && (shell_.state_.options & kNoGlob) == 0 && is_glob(current_, globs_)) {
    // "https://…?x=*" names a directory "https:" that no recipe has beside it; it stays as it is.
    const std::size_t scheme = current_.find("://");
    if (scheme == std::string::npos || scheme > globs_.front()) {
      if (shell_.effects_ != nullptr && shell_.taint_ == 0) return end_glob(span);
      shell_.unsupported("a pattern that file names could match", span);
    }
  }
  if (shell_.spend(1, span)) fields_.push_back(std::move(current_));
  current_.clear();
  globs_.clear();
  active_ = false;
}

void FieldBuilder::end_glob(Span span) {
  if (shell_.odd_globs_ || shell_.find("GLOBIGNORE") != nullptr)
    return shell_.unsupported("a pattern under GLOBIGNORE or dotglob and its like", span);
  std::string pattern;
  std::size_t next = 0;
  for (std::size_t i = 0; i < current_.size(); ++i) {
    const bool wild = next < globs_.size() && globs_[next] == i;
    if (wild) ++next;
    // Inside brackets every character counts as it stands; quotes there are not told apart.
    if (current_[i] == '[' && wild)
      return shell_.unsupported("a pattern with brackets that file names could match", span);
    if (!wild && std::string_view("*?[]\\").find(current_[i]) != std::string_view::npos)
      pattern += '\\';
    pattern += current_[i];
  }
  const auto names = shell_.effects_->glob(pattern);
  if (!names) return shell_.unsupported("a pattern that file names could match", span);
  if (!shell_.spend(1 + names->size(), span)) return;
  if (names->empty()) {
    fields_.push_back(std::move(current_));
  } else {
    fields_.insert(fields_.end(), names->begin(), names->end());
  }
  current_.clear();
  globs_.clear();
  active_ = false;
}

void FieldBuilder::finish(Span span) {
  if (active_ || !current_.empty()) end_field(span);
}

std::string_view Interpreter::ifs() {
  const Variable* variable = find("IFS");
  if (variable == nullptr || !variable->set || variable->form != Variable::Form::scalar)
    return " \t\n";
  mark(variable->taint);
  // bash joins and splits by characters, which may be several bytes.
  if (std::any_of(variable->scalar.begin(), variable->scalar.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    unsupported("an IFS outside ASCII", variable->span);
  return variable->scalar;
}

std::vector<std::string> Interpreter::expand_words(const List<Word>& words) {
  std::vector<std::string> out;
  out.reserve(words.size());
  for (const Word& word : words) {
    if (stopped()) break;
    expand_fields(word, out);
  }
  return out;
}

void Interpreter::expand_fields(const Word& word, std::vector<std::string>& out) {
  if (stopped()) return;
  // Most words are one literal or one pair of quotes around one.
  if (word.parts.size() == 1 && !word.may_brace) {
    const WordPart* part = &word.parts[0];
    if (part->kind == WordPart::Kind::double_quoted && part->parts.size() == 1 &&
        part->parts[0].kind == WordPart::Kind::literal) {
      part = &part->parts[0];
    } else if (part->kind == WordPart::Kind::literal &&
               part->text.find_first_of("*?[") != std::string_view::npos) {
      part = nullptr;
    }
    if (part != nullptr &&
        (part->kind == WordPart::Kind::literal || part->kind == WordPart::Kind::single_quoted)) {
      if (spend_bytes(part->text.size(), word.span)) out.emplace_back(part->text);
      return;
    }
  }
  FieldBuilder builder(*this, Expand::fields);
  if (word.may_brace) {
    std::deque<std::string> texts;
    for (const std::vector<WordPart>& parts : expand_braces(word, texts)) {
      expand_parts({parts.data(), parts.size()}, builder, false);
      builder.finish(word.span);
      if (stopped()) return;
    }
  } else {
    expand_parts(word.parts, builder, false);
    builder.finish(word.span);
  }
  std::vector<std::string>& fields = builder.fields();
  if (out.empty()) {
    out.swap(fields);
  } else {
    std::move(fields.begin(), fields.end(), std::back_inserter(out));
  }
}

std::string Interpreter::expand_single(const Word& word) {
  FieldBuilder builder(*this, Expand::single);
  expand_parts(word.parts, builder, false);
  return builder.take();
}

std::string Interpreter::expand_pattern(const Word& word) {
  FieldBuilder builder(*this, Expand::pattern);
  expand_parts(word.parts, builder, false);
  return builder.take();
}

std::string Interpreter::expand_regex(const Word& word) {
  FieldBuilder builder(*this, Expand::regex);
  expand_parts(word.parts, builder, false);
  return builder.take();
}

void Interpreter::expand_parts(const List<WordPart>& parts, FieldBuilder& builder, bool quoted) {
  for (const WordPart& part : parts) {
    if (stopped()) return;
    expand_part(part, builder, quoted);
  }
}

void Interpreter::expand_part(const WordPart& part, FieldBuilder& builder, bool quoted) {
  const Depth depth(*this, part.span);
  if (stopped()) return;
  switch (part.kind) {
    case WordPart::Kind::literal:
      return quoted ? builder.quoted(part.text, part.span) : builder.literal(part.text, part.span);
    case WordPart::Kind::escaped:
      if (part.text.empty()) return;
      if (!quoted && builder.mode() == Expand::regex) {
        // \w and its like are the C library's own.
        const char c = part.text[0];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
          return unsupported("a backslash before a letter in a regular expression", part.span);
        }
        return builder.quoted(part.text, part.span);
      }
      return builder.quoted(part.text, part.span);
    case WordPart::Kind::single_quoted:
    case WordPart::Kind::ansi_c:
      return builder.quoted(part.text, part.span);
    case WordPart::Kind::double_quoted:
    case WordPart::Kind::locale: {
      if (part.parts.empty()) return builder.quoted({}, part.span);
      const FieldBuilder::Quotes quotes = builder.open_quotes();
      expand_parts(part.parts, builder, true);
      return builder.close_quotes(quotes);
    }
    case WordPart::Kind::parameter:
      return expand_parameter(*part.parameter, part.span, builder, quoted);
    case WordPart::Kind::command: {
      std::string output = command_output(part);
      output.erase(output.find_last_not_of('\n') + 1);
      return quoted ? builder.quoted(output, part.span) : builder.expanded(output, part.span);
    }
    case WordPart::Kind::arithmetic: {
      const std::string text = std::to_string(arithmetic(part.parts, part.span));
      return quoted ? builder.quoted(text, part.span) : builder.expanded(text, part.span);
    }
    case WordPart::Kind::process:
      return unsupported("process substitution", part.span);
    case WordPart::Kind::tilde:
      mark(note_taint(std::string(part.text), part.span));
      return builder.quoted(part.text, part.span);
  }
}

// $( … ): its output, in a subshell. `taint_` also takes in what the output depends on.
std::string Interpreter::command_output(const WordPart& part) {
  std::string output;
  if (part.command == nullptr) {
    substitution_status_ = 0;
    return output;
  }
  // $(< file)
  const Command* only = part.command->parts.size() == 1 ? part.command->parts[0] : nullptr;
  const bool reads_file =
      only != nullptr && only->kind == Command::Kind::simple && only->words.empty() &&
      only->assignments.empty() && only->redirects.size() == 1 &&
      only->redirects[0].kind == Redirect::Kind::read && only->redirects[0].fd <= 0;
  const Io outer = io_;
  const TaintId outer_taint = taint_, outer_stream = stream_taint_,
                outer_status_taint = status_taint_;
  const int outer_status = status_;
  if (reads_file) {
    std::deque<std::string> texts;
    std::deque<Input> inputs;
    std::vector<Written> none;  // The one redirection reads.
    if (apply_redirects(*only, texts, inputs, none)) output = *io_.in->text;
    status_ = 0;
    stream_taint_ = 0;
    status_taint_ = 0;
  } else {
    io_.out = &output;
    stream_taint_ = 0;
    status_taint_ = 0;
    execute_subshell(part.command);
  }
  io_ = outer;
  substitution_status_ = status_;
  taint_ = outer_taint;
  mark(stream_taint_);
  stream_taint_ = outer_stream;
  if (status_taint_ == 0) status_taint_ = outer_status_taint;
  status_ = outer_status;
  if (output.find('\0') != std::string::npos)
    unsupported("a NUL byte in a command's output", part.span);
  return output;
}

// A list or one value, as "$@", "${x[*]}", $x … put it.
void Interpreter::emit(const Value& value, FieldBuilder& builder, bool quoted) {
  const Span span{};
  if (!value.list) {
    return quoted ? builder.quoted(value.scalar, span) : builder.expanded(value.scalar, span);
  }
  const std::string_view separators = ifs();
  const char first = separators.empty() ? '\0' : separators[0];
  if (quoted && !value.star && value.items.empty()) {
    if (builder.holds_empty_word())
      return unsupported("an empty ${x=…} or ${x-…} beside an empty list in quotes", span);
    builder.note_empty_list();
  }
  if (value.star && quoted) {
    std::string joined;
    for (std::size_t i = 0; i < value.items.size() && !stopped(); ++i) {
      if (i > 0 && first != '\0') joined.push_back(first);
      if (!spend_bytes(value.items[i].size(), span)) return;
      joined.append(value.items[i]);
    }
    return builder.quoted(joined, span);
  }
  for (std::size_t i = 0; i < value.items.size() && !stopped(); ++i) {
    if (i > 0) builder.separate(value.star ? first : ' ', span);
    if (quoted) {
      builder.quoted(value.items[i], span);
    } else {
      builder.expanded(value.items[i], span);
    }
  }
}

}  // namespace rbee::pkgbuild
