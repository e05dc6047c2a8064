#include "pkgbuild/edit_places.hpp"

#include <algorithm>

#include "pkgbuild/generate.hpp"

namespace rbee::pkgbuild {

namespace {

using Where = Place::Where;

class PlaceFinder {
 public:
  explicit PlaceFinder(std::vector<Place>& places) : places_(places) {}

  void visit(const Command& command, Where where) {
    switch (command.kind) {
      case Command::Kind::simple:
        simple(command, where);
        return;
      case Command::Kind::sequence:
        for (std::size_t i = 0; i < command.parts.size(); ++i)
          visit(*command.parts[i], command.ops[i] == '&' ? Where::apart : where);
        return;
      case Command::Kind::group:
        visit(*command.parts[0], where);
        return;
      case Command::Kind::and_or:
        for (std::size_t i = 0; i < command.parts.size(); ++i)
          visit(*command.parts[i], i == 0 ? where : weaker(where, Where::branch));
        return;
      case Command::Kind::if_clause:
      case Command::Kind::case_clause:
        inside(command, weaker(where, Where::branch));
        return;
      case Command::Kind::for_in:
      case Command::Kind::for_arith:
      case Command::Kind::while_loop:
      case Command::Kind::until_loop:
      case Command::Kind::select:
        inside(command, weaker(where, Where::loop));
        return;
      case Command::Kind::function:
        inside(command, Where::function);
        return;
      case Command::Kind::pipeline:
        inside(command, command.parts.size() == 1 ? where : Where::apart);
        return;
      case Command::Kind::subshell:
      case Command::Kind::coprocess:
        inside(command, Where::apart);
        return;
      case Command::Kind::condition:
      case Command::Kind::arithmetic:
        return;
    }
  }

 private:
  static Where weaker(Where a, Where b) { return a > b ? a : b; }

  void inside(const Command& command, Where where) {
    for (const Command* part : command.parts) visit(*part, where);
    for (const CaseItem& item : command.items)
      if (item.body != nullptr) visit(*item.body, where);
  }

  void simple(const Command& command, Where where) {
    // x=1 command: the command's alone.
    for (const Assignment& assignment : command.assignments)
      places_.push_back({&assignment, &command, command.words.empty() ? where : Where::apart});
    for (const Word& word : command.words)
      if (word.assignment != nullptr) places_.push_back({word.assignment, &command, where});
  }

  std::vector<Place>& places_;
};

bool is_plain(std::string_view text) {
  return text.find_first_of("*?[") == std::string_view::npos;
}

bool append_constant(const List<WordPart>& parts, bool in_quotes, std::string& out) {
  for (const WordPart& part : parts) {
    switch (part.kind) {
      case WordPart::Kind::literal:
        if (!in_quotes && !is_plain(part.text)) return false;
        [[fallthrough]];
      case WordPart::Kind::escaped:
      case WordPart::Kind::single_quoted:
      case WordPart::Kind::ansi_c:
        out += part.text;
        break;
      case WordPart::Kind::double_quoted:
      case WordPart::Kind::locale:
        if (!append_constant(part.parts, true, out)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

class NameFinder {
 public:
  std::set<std::string, std::less<>> names;

  void word(const Word* node) {
    if (node != nullptr) parts(node->parts);
  }
  void parts(const List<WordPart>& nodes) {
    for (const WordPart& part : nodes) {
      parts(part.parts);
      if (part.parameter != nullptr) {
        names.emplace(part.parameter->name);
        word(part.parameter->index);
        word(part.parameter->operand);
        word(part.parameter->second);
      }
      if (part.command != nullptr) command(*part.command);
    }
  }
  void command(const Command& node) {
    for (const Assignment& each : node.assignments) {
      word(&each.value);
      for (const ArrayElement& element : each.elements) word(&element.value);
    }
    for (const Word& each : node.words) word(&each);
    for (const Word& each : node.texts) word(&each);
    for (const Redirect& each : node.redirects) {
      word(&each.target);
      word(&each.body);
    }
    for (const Command* each : node.parts) command(*each);
    for (const CaseItem& each : node.items)
      if (each.body != nullptr) command(*each.body);
  }
};

class OutlineWriter {
 public:
  explicit OutlineWriter(const std::vector<Span>& spans) : spans_(spans) {}
  std::string out;

  void command(const Command& node) {
    out += static_cast<char>('A' + static_cast<int>(node.kind));
    out.append(node.negated ? "!" : "").append(node.has_in ? "i" : "").append(node.name);
    out += '{';
    for (const Assignment& each : node.assignments) assignment(each);
    for (const Word& each : node.words) {
      if (each.assignment != nullptr)
        assignment(*each.assignment);
      else
        out += 'w';
    }
    for (const Redirect& each : node.redirects)
      out += static_cast<char>('a' + static_cast<int>(each.kind));
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      if (is_new(*node.parts[i])) continue;
      command(*node.parts[i]);
      if (i < node.ops.size()) out += node.ops[i];
    }
    for (const CaseItem& each : node.items) {
      out.append(std::to_string(each.patterns.size()))
          .append(1, static_cast<char>('0' + static_cast<int>(each.end)));
      if (each.body != nullptr) command(*each.body);
    }
    out.append(node.texts.size(), 't').append(node.condition != nullptr ? "c" : "").append("}");
  }

 private:
  /// A command that stands on an edit as a whole: it was added.
  bool is_new(const Command& node) const {
    return node.kind == Command::Kind::simple &&
           std::any_of(spans_.begin(), spans_.end(), [&](Span span) {
             return span.begin <= node.span.begin && node.span.end <= span.end;
           });
  }
  void assignment(const Assignment& node) {
    out.append(node.name).append(node.append ? "+=" : "=").append(node.array ? "(" : "");
    out.append(node.index != nullptr ? "[" : "");
    const bool edited = std::any_of(spans_.begin(), spans_.end(), [&](Span span) {
      return span.begin <= node.span.end && node.span.begin <= span.end;
    });
    if (!edited) out += std::to_string(node.elements.size());
    out += ' ';
  }

  const std::vector<Span>& spans_;
};

}  // namespace

std::vector<Place> places_of(const Script& script) {
  std::vector<Place> places;
  PlaceFinder finder(places);
  if (script.root != nullptr) finder.visit(*script.root, Where::top);
  return places;
}

const Place* find_place(const std::vector<Place>& places, std::string_view name, Span span) {
  const auto found = std::find_if(places.begin(), places.end(), [&](const Place& place) {
    return place.assignment->span == span && place.assignment->name == name;
  });
  return found == places.end() ? nullptr : &*found;
}

std::optional<std::string> constant(const Word& word) {
  std::string value;
  if (word.may_brace || word.assignment != nullptr || !append_constant(word.parts, false, value))
    return std::nullopt;
  return value;
}

std::set<std::string, std::less<>> names_in(const Word& word) {
  NameFinder finder;
  finder.word(&word);
  return std::move(finder.names);
}

std::optional<std::string> sole_variable(const Word& word) {
  if (word.parts.size() != 1) return std::nullopt;
  const WordPart* part = &word.parts[0];
  if (part->kind == WordPart::Kind::double_quoted && part->parts.size() == 1)
    part = &part->parts[0];
  if (part->kind != WordPart::Kind::parameter || part->parameter->op != Parameter::Op::none ||
      part->parameter->indirect || part->parameter->subscript != Parameter::Subscript::none)
    return std::nullopt;
  return std::string(part->parameter->name);
}

bool is_bare(std::string_view value) {
  constexpr std::string_view kOther = "._+@%,^:-=/~";
  const bool tilde = value.starts_with('~') || value.find(":~") != value.npos ||
                     value.find("=~") != value.npos;  // Would name a home directory.
  return !value.empty() && !tilde && std::all_of(value.begin(), value.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOther.find(c) != kOther.npos;
  });
}

std::string in_hand_of(const Word* model, std::string_view value) {
  if (model == nullptr || model->parts.empty()) {
    // After a bare "x=" nothing says how the author quotes.
    return model != nullptr && is_bare(value) ? std::string(value) : quote(value);
  }
  switch (model->parts[0].kind) {
    case WordPart::Kind::double_quoted: {
      std::string out = "\"";
      for (const char c : value) {
        if (std::string_view("\\\"$`").find(c) != std::string_view::npos) out += '\\';
        out += c;
      }
      return out + "\"";
    }
    case WordPart::Kind::literal:
    case WordPart::Kind::escaped:
      return is_bare(value) ? std::string(value) : quote(value);
    default:
      return quote(value);
  }
}

std::string outline(const Script& script, const std::vector<Span>& spans) {
  OutlineWriter writer(spans);
  if (script.root != nullptr) writer.command(*script.root);
  return std::move(writer.out);
}

}  // namespace rbee::pkgbuild
