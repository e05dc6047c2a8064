#include "pkgbuild/text/sed_script.hpp"

#include "pkgbuild/text/patterns.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild::text {

namespace {

constexpr std::size_t kCommandsMax = 200;

class Parser {
 public:
  Parser(std::string_view script, RegexSyntax syntax) : text_(script), syntax_(syntax) {}

  Supported<std::vector<SedCommand>> run() {
    while (true) {
      skip("; \t\n");
      if (at_ >= text_.size()) break;
      if (text_[at_] == '#') {
        if (at_ == 0 && text_.substr(0, 2) == "#n") return unsupported("sed #n");
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      SUPPORTED(SedCommand command, one_command());
      commands_.push_back(std::move(command));
      if (commands_.size() > kCommandsMax) return unsupported("sed with that many commands");
    }
    if (!open_blocks_.empty()) return unsupported("sed with an open {");
    SUPPORTED(const bool linked, link_labels());
    (void)linked;
    return std::move(commands_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool accept(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void skip(std::string_view set) {
    while (at_ < text_.size() && set.find(text_[at_]) != set.npos) ++at_;
  }
  std::optional<std::uint64_t> take_number() {
    const std::size_t begin = at_;
    skip("0123456789");
    return number(text_.substr(begin, at_ - begin));
  }

  Supported<std::optional<SedAddress>> address() {
    SedAddress address;
    const char c = peek();
    if (c >= '0' && c <= '9') {
      const auto first = take_number();
      if (!first) return unsupported("sed with that line number");
      address.first = *first;
      if (accept('~')) {
        const auto step = take_number();
        if (!step) return unsupported("sed with that step");
        address.kind = SedAddress::Kind::every;
        address.step = *step;
      } else if (*first == 0) {
        return unsupported("sed with line 0");
      }
      return address;
    }
    if (accept('$')) {
      address.kind = SedAddress::Kind::last;
      return address;
    }
    if (c != '/' && c != '\\') return std::optional<SedAddress>();
    ++at_;
    char delimiter = '/';
    if (c == '\\') {
      delimiter = peek();
      ++at_;
    }
    SUPPORTED(const std::string pattern, delimited(delimiter, true));
    const bool any_case = accept('I');
    if (peek() == 'M') return unsupported("sed /…/M");
    SUPPORTED(address.regex, compile(pattern, any_case));
    address.kind = SedAddress::Kind::match;
    return address;
  }

  Supported<std::shared_ptr<const Regex>> compile(std::string_view pattern, bool any_case) const {
    if (pattern.empty()) return unsupported("sed with an empty pattern");
    SUPPORTED(Regex regex,
              compile_pattern("sed", pattern, syntax_,
                              any_case ? RegexCase::insensitive : RegexCase::sensitive));
    return std::make_shared<const Regex>(std::move(regex));
  }

  /// Text up to an unescaped delimiter, which is consumed. In a pattern, escapes that sed itself
  /// resolves
  /// (\n, \t …) are resolved here, because the C library does not know them.
  Supported<std::string> delimited(char delimiter, bool is_pattern) {
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\' ||
        static_cast<unsigned char>(delimiter) >= 0x80)
      return unsupported("sed with that delimiter");
    std::string out;
    while (at_ < text_.size() && text_[at_] != delimiter) {
      const char c = text_[at_++];
      if (c == '\n' && is_pattern) return unsupported("sed with an open pattern");
      if (c != '\\') {
        out += c;
        continue;
      }
      const char next = peek();
      if (at_++ >= text_.size()) break;
      if (next == delimiter) {
        // Whether an escaped special character that is the delimiter keeps a meaning differs by
        // version.
        if (std::string_view(".*[]^$+?(){}|&0123456789nt").find(delimiter) !=
            std::string_view::npos)
          return unsupported("sed with an escaped delimiter that is special");
        out += delimiter;
        continue;
      }
      if (is_pattern) {
        static constexpr std::string_view kNames = "nt";
        static constexpr std::string_view kBytes = "\n\t";
        if (const std::size_t at = kNames.find(next); at != kNames.npos) {
          out += kBytes[at];
          continue;
        }
      }
      out += '\\';
      out += next;
    }
    if (!accept(delimiter)) return unsupported("sed with an open pattern");
    return out;
  }

  Supported<SedCommand> one_command() {
    SedCommand command;
    SUPPORTED(command.from, address());
    skip(" \t");
    if (command.from && accept(',')) {
      skip(" \t");
      if (peek() == '+' || peek() == '~') return unsupported("sed with a relative address");
      SUPPORTED(command.to, address());
      if (!command.to || command.to->kind == SedAddress::Kind::every)
        return unsupported("sed with that address");
      if (command.from->kind == SedAddress::Kind::every)
        return unsupported("sed with that address");
    }
    skip(" \t");
    while (accept('!')) {
      command.negated = true;
      skip(" \t");
    }
    if (at_ >= text_.size()) return unsupported("sed with a missing command");
    command.name = text_[at_++];
    switch (command.name) {
      case '{':
        open_blocks_.push_back(commands_.size());
        return command;
      case '}':
        if (open_blocks_.empty() || command.from) return unsupported("sed with an unmatched }");
        commands_[open_blocks_.back()].target = commands_.size() + 1;
        open_blocks_.pop_back();
        break;
      case 's': {
        SUPPORTED(command, substitution(std::move(command)));
        break;
      }
      case 'y': {
        SUPPORTED(command, transliteration(std::move(command)));
        break;
      }
      case ':':
      case 'b':
      case 't': {
        skip(" \t");
        const std::size_t end = std::min(text_.find_first_of(";}\n \t", at_), text_.size());
        command.label = text_.substr(at_, end - at_);
        at_ = end;
        if (command.name == ':' && (command.label.empty() || command.from))
          return unsupported("sed with that label");
        break;
      }
      case 'q':
      case 'Q':
        if (command.to) return unsupported("sed with a range before q");
        break;
      case 'p':
      case 'P':
      case 'd':
      case 'D':
      case 'n':
      case 'N':
      case 'h':
      case 'H':
      case 'g':
      case 'G':
      case 'x':
      case '=':
        break;
      default:
        return unsupported(std::string("sed ") + command.name);
    }
    skip(" \t");
    if (at_ < text_.size() && std::string_view(";}\n#").find(text_[at_]) == std::string_view::npos)
      return unsupported("sed with text after a command");
    return command;
  }

  Supported<SedCommand> substitution(SedCommand command) {
    const char delimiter = peek();
    ++at_;
    SUPPORTED(const std::string pattern, delimited(delimiter, true));
    SUPPORTED(const std::string text, delimited(delimiter, false));
    bool any_case = false;
    for (bool more = true; more;) {
      const char flag = peek();
      if (flag >= '1' && flag <= '9') {
        const auto nth = take_number();
        if (!nth) return unsupported("sed s///N with that number");
        command.nth = *nth;
        continue;
      }
      switch (flag) {
        case 'g':
          command.global = true;
          break;
        case 'p':
          command.print = true;
          break;
        case 'i':
        case 'I':
          any_case = true;
          break;
        case 'e':
        case 'm':
        case 'M':
        case 'w':
          return unsupported(std::string("sed s///") + flag);
        default:
          more = false;
          continue;
      }
      ++at_;
    }
    SUPPORTED(command.regex, compile(pattern, any_case));
    SUPPORTED(command.replacement, replacement(text, pattern));
    return command;
  }

  Supported<std::vector<SedReplacement>> replacement(std::string_view text,
                                                     std::string_view pattern) const {
    using Kind = SedReplacement::Kind;
    std::vector<SedReplacement> parts;
    const auto literal = [&](char c) {
      if (parts.empty() || parts.back().kind != Kind::text) parts.push_back({});
      parts.back().text += c;
    };
    const std::size_t groups = count_groups(pattern);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '&') {
        parts.push_back({Kind::group, "", 0});
        continue;
      }
      if (c != '\\') {
        literal(c);
        continue;
      }
      if (++i >= text.size()) return unsupported("sed with a trailing backslash");
      const char next = text[i];
      if (next >= '0' && next <= '9') {
        const auto group = static_cast<std::size_t>(next - '0');
        if (group > groups) return unsupported("sed with a group that is not there");
        parts.push_back({Kind::group, "", group});
        continue;
      }
      switch (next) {
        case 'n':
          literal('\n');
          continue;
        case 't':
          literal('\t');
          continue;
        case 'U':
          parts.push_back({Kind::upper, "", 0});
          continue;
        case 'L':
          parts.push_back({Kind::lower, "", 0});
          continue;
        case 'u':
          parts.push_back({Kind::upper_one, "", 0});
          continue;
        case 'l':
          parts.push_back({Kind::lower_one, "", 0});
          continue;
        case 'E':
          parts.push_back({Kind::end_case, "", 0});
          continue;
        default:
          break;
      }
      if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))
        return unsupported("sed with an escaped letter in a replacement");
      literal(next);
    }
    return parts;
  }

  std::size_t count_groups(std::string_view pattern) const {
    std::size_t groups = 0;
    bool in_bracket = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (in_bracket) {
        if (c == ']') in_bracket = false;
      } else if (c == '[') {
        in_bracket = true;
        if (i + 1 < pattern.size() && pattern[i + 1] == '^') ++i;
        if (i + 1 < pattern.size() && pattern[i + 1] == ']') ++i;
      } else if (c == '\\') {
        ++i;
        if (syntax_ == RegexSyntax::basic && i < pattern.size() && pattern[i] == '(') ++groups;
      } else if (c == '(' && syntax_ == RegexSyntax::extended) {
        ++groups;
      }
    }
    return groups;
  }

  Supported<SedCommand> transliteration(SedCommand command) {
    const char delimiter = peek();
    ++at_;
    SUPPORTED(std::string from, delimited(delimiter, false));
    SUPPORTED(std::string to, delimited(delimiter, false));
    for (std::string* set : {&from, &to}) {
      std::string plain;
      for (std::size_t i = 0; i < set->size(); ++i) {
        char c = (*set)[i];
        if (static_cast<unsigned char>(c) >= 0x80)
          return unsupported("sed y with letters that are not ASCII");
        if (c == '\\') {
          const char next = ++i < set->size() ? (*set)[i] : '\0';
          if (next == 'n')
            c = '\n';
          else if (next != '\\')
            return unsupported("sed y with that escape");
        }
        plain += c;
      }
      *set = plain;
    }
    if (from.size() != to.size()) return unsupported("sed y with sets of two lengths");
    for (std::size_t i = 0; i < command.map.size(); ++i) command.map[i] = static_cast<char>(i);
    for (std::size_t i = from.size(); i-- > 0;)
      command.map[static_cast<unsigned char>(from[i])] = to[i];
    return command;
  }

  Supported<bool> link_labels() {
    for (SedCommand& command : commands_) {
      if (command.name != 'b' && command.name != 't') continue;
      command.target = commands_.size();
      bool found = command.label.empty();
      for (std::size_t i = 0; i < commands_.size() && !found; ++i) {
        if (commands_[i].name != ':' || commands_[i].label != command.label) continue;
        command.target = i;
        found = true;
      }
      if (!found) return unsupported("sed with an unknown label");
    }
    return true;
  }

  std::string_view text_;
  RegexSyntax syntax_;
  std::size_t at_ = 0;
  std::vector<SedCommand> commands_;
  std::vector<std::size_t> open_blocks_;
};

}  // namespace

Supported<std::vector<SedCommand>> parse_sed(std::string_view script, RegexSyntax syntax) {
  return Parser(script, syntax).run();
}

}  // namespace rbee::pkgbuild::text
