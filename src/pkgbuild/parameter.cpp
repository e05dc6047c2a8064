// ${…} in all its forms (interpreter.hpp). Source: bash(1), "Parameter Expansion".
#include <algorithm>
#include <charconv>

#include "pkgbuild/host.hpp"
#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {
namespace {

using Op = Parameter::Op;

bool is_ascii_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_ascii_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// 'it'\''s', as ${x@Q} writes it; a quote alone is \'.
std::string single_quote(std::string_view text) {
  if (text == "'") return "\\'";
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  out.push_back('\'');
  return out;
}

bool has_quotes(const List<WordPart>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const WordPart& part) {
    return part.kind == WordPart::Kind::single_quoted ||
           part.kind == WordPart::Kind::double_quoted || part.kind == WordPart::Kind::ansi_c ||
           part.kind == WordPart::Kind::locale;
  });
}

}  // namespace

bool Interpreter::check_meter(Span span) {
  if (meter_.exhausted()) {
    spend(1, span);
    return false;
  }
  if (meter_.doubtful()) {
    unsupported("a character class on letters outside ASCII", span);
    return false;
  }
  return !halted();
}

Pattern Interpreter::make_pattern(const std::string& text, Span span) {
  // A plain text costs a copy of it; anything else an element for each character.
  const bool plain = Pattern::is_plain(text) && (state_.options & kNoCaseMatch) == 0;
  spend(1 + text.size() / (plain ? 64 : 2), span);
  if (stopped()) return Pattern({}, PatternSyntax::plain, PatternCase::sensitive);
  Pattern pattern(
      text, (state_.options & kExtglob) != 0 ? PatternSyntax::extended : PatternSyntax::plain,
      (state_.options & kNoCaseMatch) != 0 ? PatternCase::insensitive : PatternCase::sensitive);
  if (!pattern.is_exact()) unsupported("this pattern", span);
  return pattern;
}

// What stands behind ${x- is split like a value: its blanks separate words when nothing quotes
// them.
void Interpreter::expand_operand(const List<WordPart>& parts, FieldBuilder& builder, bool quoted) {
  const bool held = builder.holds_empty_list();
  const std::size_t before = builder.written();
  builder.note_empty_list(false);
  for (const WordPart& part : parts) {
    if (stopped()) return;
    if (part.kind == WordPart::Kind::literal && !quoted && builder.splits()) {
      builder.expanded(part.text, part.span);
    } else {
      expand_part(part, builder, quoted);
    }
  }
  const bool is_empty_word =
      quoted && builder.written() == before && (builder.holds_empty_list() || has_quotes(parts));
  builder.note_empty_list(held);
  if (stopped() || !is_empty_word) return;
  // "${x-$@}" is a word where "$@" would be none.
  if (held) return unsupported("an empty ${x-…} beside an empty list in quotes", Span{});
  builder.quoted({}, Span{});
  builder.note_empty_word();
}

void Interpreter::expand_parameter(const Parameter& parameter, Span span, FieldBuilder& builder,
                                   bool quoted) {
  if (!spend(1, span)) return;
  if (parameter.op == Op::bad) return unsupported("a bad substitution", span);
  // $name and ${name} of a plain variable.
  if (parameter.op == Op::none && parameter.subscript == Parameter::Subscript::none &&
      !parameter.indirect && is_name_start(parameter.name[0]) && parameter.name != "BASH_SOURCE") {
    const Variable* variable = read(parameter.name, span);
    if (variable != nullptr && variable->form == Variable::Form::scalar && variable->set) {
      if (quoted) {
        builder.quoted(variable->scalar, span);
      } else {
        builder.expanded(variable->scalar, span);
      }
      return;
    }
  }
  Value value = parameter.op == Op::names || parameter.op == Op::keys
                    ? names_or_keys(parameter, span)
                    : resolve(parameter, span);
  if (stopped()) return;
  switch (parameter.op) {
    case Op::none:
    case Op::names:
    case Op::keys:
      if (!value.set && (state_.options & kNoUnset) != 0)
        return unsupported("an unset variable under set -u", span);
      return emit(value, builder, quoted);
    case Op::use_default:
    case Op::assign_default:
    case Op::error_if_unset:
    case Op::use_alternate: {
      bool missing = !value.set;
      if (parameter.colon && !missing) {
        if (value.list) {
          // Null when all there is is one empty string, or nothing.
          missing = value.items.empty() || (value.items.size() == 1 && value.items[0].empty());
        } else {
          missing = value.scalar.empty();
        }
      }
      if (parameter.op == Op::use_alternate) {
        if (!missing) {
          if (quoted && parameter.operand->parts.empty()) return builder.quoted({}, span);
          return expand_operand(parameter.operand->parts, builder, quoted);
        }
        // Without a parameter "${@:+x}" is nothing, as "$@" is; with an empty one it is empty.
        if (quoted && value.list && !value.star && value.items.empty()) {
          builder.note_empty_list();
        } else if (quoted) {
          builder.quoted({}, span);
        }
        return;
      }
      if (!missing) return emit(value, builder, quoted);
      if (parameter.op == Op::use_default) {
        if (quoted && parameter.operand->parts.empty()) return builder.quoted({}, span);
        return expand_operand(parameter.operand->parts, builder, quoted);
      }
      if (parameter.op == Op::error_if_unset) {
        if (subshells_ > 0) return unsupported("${…?…} in a subshell", span);
        const std::string text = expand_single(*parameter.operand);
        return stop(Refusal::Kind::invalid,
                    std::string(parameter.name) + ": " +
                        (text.empty() ? "parameter null or not set" : text),
                    span);
      }
      if (!is_name_start(parameter.name[0]) || value.list || parameter.indirect) {
        return unsupported("${…:=…} of something that is no variable", span);
      }
      const TaintId outer = std::exchange(taint_, 0);
      FieldBuilder inner(*this, Expand::single);
      expand_parts(parameter.operand->parts, inner, quoted);
      std::string text = inner.take();
      if (stopped()) return;
      Variable& variable = writable(parameter.name, span);
      if (parameter.index != nullptr) {
        store_element(variable, *parameter.index, text, false, span);
      } else {
        store_scalar(variable, text, false, span);
      }
      variable.taint = taint_;
      mark(outer);
      // bash keeps a word here that "$@$x" with an empty x would not be.
      if (quoted && text.empty()) {
        if (builder.holds_empty_list())
          return unsupported("an empty ${x:=…} beside an empty list in quotes", span);
        builder.note_empty_word();
      }
      return quoted ? builder.quoted(text, span) : builder.expanded(text, span);
    }
    case Op::length: {
      std::size_t count = 0;
      if (value.list) {
        count = value.items.size();
      } else {
        if (!spend_bytes(value.scalar.size(), span)) return;
        count = character_count(value.scalar);
      }
      const std::string text = std::to_string(count);
      return quoted ? builder.quoted(text, span) : builder.expanded(text, span);
    }
    default:
      if (!value.set && (state_.options & kNoUnset) != 0)
        return unsupported("an unset variable under set -u", span);
      apply_operator(parameter, value, span, quoted);
      if (!stopped()) emit(value, builder, quoted);
      return;
  }
}

Interpreter::Value Interpreter::resolve(const Parameter& parameter, Span span) {
  Value value = resolve_variable(parameter.name, parameter.subscript, parameter.index, span);
  if (!parameter.indirect || stopped()) return value;
  if (value.list || !value.set || value.scalar.empty()) {
    // bash complains about ${!x} when x is unset; what it then does depends on its version.
    unsupported("${!" + std::string(parameter.name) + "} of an unset variable", span);
    return {};
  }
  return resolve_text(value.scalar, span);
}

// The value of "name", "name[i]", "name[@]" or "1", written in another variable.
Interpreter::Value Interpreter::resolve_text(std::string_view reference, Span span) {
  const std::size_t bracket = reference.find('[');
  const std::string name(reference.substr(0, bracket));
  if (bracket == std::string_view::npos) {
    if (!is_name(name) && !std::all_of(name.begin(), name.end(), is_digit)) {
      unsupported("an indirect reference to '" + name + "'", span);
      return {};
    }
    return resolve_variable(name, Parameter::Subscript::none, nullptr, span);
  }
  if (!is_name(name) || !reference.ends_with(']')) {
    unsupported("an indirect reference to '" + std::string(reference) + "'", span);
    return {};
  }
  const std::string index(reference.substr(bracket + 1, reference.size() - bracket - 2));
  if (index == "@") return resolve_variable(name, Parameter::Subscript::at, nullptr, span);
  if (index == "*") return resolve_variable(name, Parameter::Subscript::star, nullptr, span);
  for (const char c : index) {
    if (!is_name_char(c) && c != '-' && c != '.') {
      unsupported("an indirect reference to '" + std::string(reference) + "'", span);
      return {};
    }
  }
  const WordPart part{.kind = WordPart::Kind::single_quoted, .span = span, .text = index};
  Word word;
  word.span = span;
  word.parts = {&part, 1};
  return resolve_variable(name, Parameter::Subscript::index, &word, span);
}

Interpreter::Value Interpreter::resolve_variable(std::string_view name,
                                                 Parameter::Subscript subscript, const Word* index,
                                                 Span span) {
  Value value;
  const bool wants_list =
      subscript == Parameter::Subscript::at || subscript == Parameter::Subscript::star;
  if (!is_name_start(name[0]) || name == "_") {
    if (is_digit(name[0])) {
      std::size_t number = 0;
      std::from_chars(name.data(), name.data() + name.size(), number);
      if (number == 0) {
        mark(note_taint("$0", span));
        value.set = true;
        return value;
      }
      mark(state_.parameters_taint);
      if (trace_ != nullptr) trace_->read_parameters();
      if (number <= state_.parameters.size()) {
        value.set = true;
        value.own(state_.parameters[number - 1]);
      }
      return value;
    }
    switch (name[0]) {
      case '@':
      case '*':
        mark(state_.parameters_taint);
        if (trace_ != nullptr) trace_->read_parameters();
        value.list = true;
        value.star = name[0] == '*';
        value.set = !state_.parameters.empty();
        if (spend(1 + state_.parameters.size() / 4, span)) value.items = state_.parameters;
        return value;
      case '#':
        value.set = true;
        value.own(std::to_string(state_.parameters.size()));
        return value;
      case '?':
        mark(status_taint_);
        value.set = true;
        value.own(std::to_string(status_));
        return value;
      default:
        mark(note_taint("$" + std::string(name), span));
        value.set = true;
        return value;
    }
  }
  if (name == "BASH_SOURCE" && calls_ == 0 && !source_names_.empty() && !wants_list &&
      (index == nullptr || index->literal() == "0")) {
    value.set = true;
    value.own(source_names_.back());
    return value;
  }
  const Variable* variable = read(name, span);
  if (variable == nullptr) {
    value.list = wants_list;
    value.star = subscript == Parameter::Subscript::star;
    if (index != nullptr) index_text(*index);
    return value;
  }
  if (wants_list) {
    value.list = true;
    value.star = subscript == Parameter::Subscript::star;
    std::size_t bytes = 0;
    if (variable->form == Variable::Form::indexed) {
      value.items.reserve(variable->indexed.items().size());
      for (const auto& item : variable->indexed.items()) {
        bytes += item.second.size();
        value.items.push_back(item.second);
      }
    } else if (variable->form == Variable::Form::associative) {
      for (const auto& [key, item] : variable->associative.items()) {
        bytes += item->size();
        value.items.push_back(*item);
      }
    } else if (variable->set) {
      value.items.push_back(variable->scalar);
    }
    spend(1 + bytes / 64 + value.items.size() / 4, span);
    value.set = !value.items.empty();
    return value;
  }
  const std::string* element = nullptr;
  if (variable->form == Variable::Form::associative) {
    const std::string key = index != nullptr ? index_text(*index) : "0";
    variable = find(name);  // The index may have changed the table.
    if (variable == nullptr || key.empty()) {
      unsupported("this key", span);
      return value;
    }
    element = variable->associative.find(key);
  } else {
    std::int64_t number = 0;
    if (index != nullptr) {
      const std::string text = index_text(*index);
      number = arithmetic(text, span);
      variable = find(name);
      if (variable == nullptr || stopped()) {
        if (!stopped()) unsupported("this index", span);
        return value;
      }
    }
    if (variable->form == Variable::Form::scalar) {
      // bash counts from the end of an array only.
      if (number < 0) {
        unsupported("a negative index of a variable that is no array", span);
        return value;
      }
      if (variable->set && number == 0) element = &variable->scalar;
    } else {
      if (number < 0) {
        number += variable->indexed.next_index();
        if (number < 0) {
          unsupported("an index before the array's first element", span);
          return value;
        }
      }
      element = variable->indexed.find(number);
    }
  }
  if (element != nullptr) {
    value.set = true;
    value.own(*element);
  }
  return value;
}

// ${!prefix*} and ${!x[@]}
Interpreter::Value Interpreter::names_or_keys(const Parameter& parameter, Span span) {
  Value value;
  value.list = true;
  value.star = parameter.subscript == Parameter::Subscript::star;
  if (parameter.op == Op::names) {
    if (begins_host_variable(parameter.name)) {
      unsupported("${!" + std::string(parameter.name) + "*}", span);
      return value;
    }
    for (auto it = state_.variables.lower_bound(parameter.name);
         it != state_.variables.end() && it->first.starts_with(parameter.name); ++it) {
      if (it->second.set) value.items.push_back(it->first);
    }
    spend(1 + value.items.size() / 4, span);
    value.set = !value.items.empty();
    return value;
  }
  const Variable* variable = read(parameter.name, span);
  if (variable == nullptr) return value;
  if (variable->form == Variable::Form::indexed) {
    for (const auto& item : variable->indexed.items())
      value.items.push_back(std::to_string(item.first));
  } else if (variable->form == Variable::Form::associative) {
    for (const auto& [key, item] : variable->associative.items()) value.items.emplace_back(key);
  } else if (variable->set) {
    value.items.emplace_back("0");
  }
  spend(1 + value.items.size() / 4, span);
  value.set = !value.items.empty();
  return value;
}

void Interpreter::apply_operator(const Parameter& parameter, Value& value, Span span, bool) {
  if (parameter.op == Op::substring) return apply_substring(parameter, value, span);
  const auto each = [&](auto&& change) {
    if (!value.list) {
      value.own(change(value.scalar));
      return;
    }
    for (std::string& item : value.items) {
      if (stopped()) return;
      item = change(item);
    }
  };
  if (!value.list && !value.set) {
    // Not even a pattern that matches the empty text replaces anything; nor is it looked at.
    value.own("");
    if (parameter.op != Op::transform) return;
  }
  if (value.list && value.items.empty()) return;
  if (parameter.op == Op::transform) {
    const std::string_view letter = parameter.operand->literal();
    if (letter.size() != 1) return unsupported("this ${x@…}", span);
    if (!value.set) return;
    if (letter == "a" || letter == "A" || letter == "K" || letter == "k") {
      return unsupported("${x@" + std::string(letter) + "}", span);
    }
    each([&](std::string_view text) { return transform(text, letter[0], span); });
    return;
  }
  std::string text = expand_pattern(*parameter.operand);
  if (stopped()) return;
  switch (parameter.op) {
    case Op::replace:
    case Op::replace_all:
    case Op::replace_prefix:
    case Op::replace_suffix: {
      Op op = parameter.op;
      if (op == Op::replace && (text.starts_with('#') || text.starts_with('%'))) {
        op = text[0] == '#' ? Op::replace_prefix : Op::replace_suffix;
        text.erase(0, 1);
      }
      std::string replacement;
      if (parameter.second != nullptr) {
        const bool ampersand = (state_.options & kNoPatsubReplacement) == 0;
        // Quoted characters come with a backslash, so that only a bare & means the match.
        FieldBuilder builder(*this, ampersand ? Expand::pattern : Expand::single);
        expand_parts(parameter.second->parts, builder, false);
        replacement = builder.take();
      }
      if (stopped() || (text.empty() && op != Op::replace_prefix && op != Op::replace_suffix))
        return;
      const Pattern pattern = make_pattern(text, span);
      if (stopped()) return;
      if (op == Op::replace_suffix && (state_.options & kExtglob) != 0 &&
          text.find("!(") != std::string::npos)
        return unsupported("an excluding pattern at the end of a replacement", span);
      each([&](std::string_view item) {
        // Of an empty value bash matches a pattern that begins with * and no other, but at its end.
        if (item.empty() && op != Op::replace_suffix && !text.empty() && text[0] != '*')
          return std::string();
        return replace(item, pattern, op, replacement, span);
      });
      return;
    }
    case Op::upper_first:
    case Op::upper_all:
    case Op::lower_first:
    case Op::lower_all:
    case Op::toggle_first:
    case Op::toggle_all: {
      // Nothing at all stands for any letter; quotes with nothing in them, for none.
      if (text.empty() && parameter.operand != nullptr && has_quotes(parameter.operand->parts))
        return;
      std::optional<Pattern> pattern;
      if (!text.empty()) pattern = make_pattern(text, span);
      if (stopped()) return;
      each([&](std::string_view item) { return change_case(item, parameter.op, pattern, span); });
      return;
    }
    default: {
      const Pattern pattern = make_pattern(text, span);
      if (stopped()) return;
      each([&](std::string_view item) {
        std::optional<std::size_t> cut;
        const bool prefix =
            parameter.op == Op::remove_prefix || parameter.op == Op::remove_prefix_longest;
        switch (parameter.op) {
          case Op::remove_prefix:
            cut = pattern.shortest_prefix(item, meter_);
            break;
          case Op::remove_prefix_longest:
            cut = pattern.longest_prefix(item, meter_);
            break;
          case Op::remove_suffix:
            cut = pattern.shortest_suffix(item, meter_);
            break;
          default:
            cut = pattern.longest_suffix(item, meter_);
            break;
        }
        check_meter(span);
        spend_bytes(item.size(), span);
        if (!cut) return std::string(item);
        return std::string(prefix ? item.substr(*cut) : item.substr(0, *cut));
      });
      return;
    }
  }
}

void Interpreter::apply_substring(const Parameter& parameter, Value& value, Span span) {
  const auto number = [&](const Word& word) {
    const std::int64_t result = arithmetic(word.parts, word.span);
    return result;
  };
  std::int64_t offset = number(*parameter.operand);
  std::optional<std::int64_t> length;
  if (parameter.second != nullptr) length = number(*parameter.second);
  if (stopped()) return;
  if (!value.list) {
    const std::string text = value.scalar;
    if (!spend_bytes(text.size() * 2, span)) return;  // Counted, then walked.
    const auto count = static_cast<std::int64_t>(character_count(text));
    if (offset < 0) offset += count;
    if (offset < 0 || offset > count) {
      value.own("");
      return;
    }
    std::int64_t end = count;
    if (length) end = *length < 0 ? count + *length : offset + std::min(*length, count - offset);
    if (end < offset) return unsupported("a substring that ends before it begins", span);
    std::size_t from = 0;
    std::int64_t seen = 0;
    while (seen < offset) from += character_length(text, from), ++seen;
    std::size_t to = from;
    while (seen < end) to += character_length(text, to), ++seen;
    value.own(text.substr(from, to - from));
    return;
  }
  if (length && *length < 0) return unsupported("a negative length of a list", span);
  std::vector<std::string> out;
  if (parameter.name == "@" || parameter.name == "*") {
    const auto count = static_cast<std::int64_t>(value.items.size());
    if (offset == 0) return unsupported("${@:0}", span);
    if (offset < 0) offset += count + 1;
    if (offset == 0) return unsupported("${@:0}", span);
    if (offset < 0) {
      value.items.clear();
      return;
    }
    for (std::int64_t i = offset - 1; i < count && (!length || i < offset - 1 + *length); ++i) {
      out.push_back(std::move(value.items[static_cast<std::size_t>(i)]));
    }
    value.items = std::move(out);
    return;
  }
  const Variable* variable = find(parameter.name);
  if (parameter.indirect || variable == nullptr || variable->form == Variable::Form::associative) {
    if (value.items.empty() && !parameter.indirect) return;
    return unsupported("a part of this list", span);
  }
  if (variable->form == Variable::Form::scalar) {
    if (offset < 0) offset += 1;
    if (offset != 0 || (length && *length == 0)) value.items.clear();
    return;
  }
  // The offset is an index; the length counts elements.
  const auto& items = variable->indexed.items();
  if (offset < 0) offset += variable->indexed.next_index();
  if (offset >= 0) {
    for (const auto& item : items) {
      if (item.first < offset) continue;
      if (length && static_cast<std::int64_t>(out.size()) >= *length) break;
      out.push_back(item.second);
    }
  }
  value.items = std::move(out);
}

std::string Interpreter::replace(std::string_view text, const Pattern& pattern, Op op,
                                 std::string_view replacement, Span span) {
  std::string out;
  const bool ampersand = (state_.options & kNoPatsubReplacement) == 0;
  const auto put_replacement = [&](std::string_view matched) {
    const std::size_t times =
        ampersand && matched.size() > 1
            ? static_cast<std::size_t>(std::count(replacement.begin(), replacement.end(), '&'))
            : 0;
    if (!spend_bytes(replacement.size() + times * matched.size(), span)) return;
    if (!ampersand) {
      out.append(replacement);
      return;
    }
    for (std::size_t i = 0; i < replacement.size(); ++i) {
      if (replacement[i] == '\\' && i + 1 < replacement.size()) {
        out.push_back(replacement[++i]);
      } else if (replacement[i] == '&') {
        out.append(matched);
      } else {
        out.push_back(replacement[i]);
      }
    }
  };
  if (!spend_bytes(text.size() + replacement.size(), span)) return {};
  if (op == Op::replace_prefix) {
    const auto end = pattern.longest_prefix(text, meter_);
    if (!check_meter(span) || !end) return std::string(text);
    put_replacement(text.substr(0, *end));
    out.append(text.substr(*end));
    return out;
  }
  if (op == Op::replace_suffix) {
    const auto begin = pattern.longest_suffix(text, meter_);
    if (!check_meter(span) || !begin) return std::string(text);
    out.append(text.substr(0, *begin));
    put_replacement(text.substr(*begin));
    return out;
  }
  if (text.empty()) {
    // bash replaces in an empty value too when the pattern matches nothing at all.
    if (pattern.matches(text, meter_)) put_replacement(text);
    check_meter(span);
    return out;
  }
  std::size_t at = 0;
  bool done = false;
  while (at < text.size() && !done) {
    if (pattern.literal()) {
      const std::size_t found = text.find(*pattern.literal(), at);
      if (found == std::string_view::npos) break;
      out.append(text.substr(at, found - at));
      put_replacement(*pattern.literal());
      at = found + pattern.literal()->size();
      if (!spend_bytes(replacement.size() + 8, span)) return {};
      done = op == Op::replace;
      continue;
    }
    const auto end = pattern.longest_at(text, at, meter_);
    if (!check_meter(span) || !spend_bytes(8, span)) return {};
    if (end && *end > at) {
      put_replacement(text.substr(at, *end - at));
      if (!spend_bytes(replacement.size(), span)) return {};
      at = *end;
      done = op == Op::replace;
      continue;
    }
    if (end) {
      unsupported("a pattern that matches the empty text in a replacement", span);
      return {};
    }
    const std::size_t length = character_length(text, at);
    out.append(text.substr(at, length));
    at += length;
  }
  out.append(text.substr(at));
  return out;
}

std::string Interpreter::change_case(std::string_view text, Op op,
                                     const std::optional<Pattern>& pattern, Span span) {
  std::string out;
  const bool first_only = op == Op::upper_first || op == Op::lower_first || op == Op::toggle_first;
  if (!spend_bytes(text.size() * (pattern ? 8 : 1), span)) return out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    const std::string_view one = text.substr(at, length);
    char c = one[0];
    const bool chosen = (!first_only || at == 0) && (!pattern || pattern->matches(one, meter_));
    if (chosen && static_cast<unsigned char>(c) >= 0x80) {
      unsupported("the case of letters outside ASCII", span);
      return out;
    }
    if (chosen) {
      const bool up = op == Op::upper_first || op == Op::upper_all;
      const bool down = op == Op::lower_first || op == Op::lower_all;
      if ((up && is_ascii_lower(c)) || (down && is_ascii_upper(c)) ||
          (!up && !down && (is_ascii_lower(c) || is_ascii_upper(c)))) {
        c = static_cast<char>(c ^ 0x20);
      }
      out.push_back(c);
    } else {
      out.append(one);
    }
    at += length;
  }
  check_meter(span);
  return out;
}

std::string Interpreter::transform(std::string_view text, char letter, Span span) {
  const std::optional<Pattern> any;
  switch (letter) {
    case 'U':
      return change_case(text, Op::upper_all, any, span);
    case 'u':
      return change_case(text, Op::upper_first, any, span);
    case 'L':
      return change_case(text, Op::lower_all, any, span);
    case 'Q':
      for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
          unsupported("${x@Q} of text that is not plain", span);
          break;
        }
      }
      return single_quote(text);
    default:
      unsupported(std::string("${x@") + letter + "}", span);
      return {};
  }
}

}  // namespace rbee::pkgbuild
