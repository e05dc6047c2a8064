// The printf builtin (shell_builtins.hpp). Source: bash(1), "printf"; POSIX.1-2017 "printf".
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "pkgbuild/ansi_c.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/shell_builtins.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr int kWidthMax = 10'000;

// As bash's %q: a backslash before what the shell would read.
bool quote_word(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += "''";
    return true;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) return false;
    const bool plain =
        is_name_char(c) || std::string_view("%+-./:=@").find(c) != std::string_view::npos;
    // A tilde is one at the beginning and where a path of a list could begin.
    const bool harmless =
        (c == '#' && i > 0) || (c == '~' && i > 0 && text[i - 1] != ':' && text[i - 1] != '=');
    if (!plain && !harmless) out.push_back('\\');
    out.push_back(c);
  }
  return true;
}

struct Spec {
  std::string flags;
  int width = 0;
  int precision = -1;
};

void pad(const Spec& spec, std::string_view text, std::string& out) {
  const auto width = static_cast<std::size_t>(spec.width);
  const bool left = spec.flags.find('-') != std::string::npos;
  const std::size_t fill = text.size() < width ? width - text.size() : 0;
  if (!left) out.append(fill, ' ');
  out.append(text);
  if (left) out.append(fill, ' ');
}

}  // namespace

void Builtins::printf() {
  std::size_t first = 1;
  std::string variable;
  if (argv_.size() > 2 && argv_[1] == "-v") {
    variable = argv_[2];
    first = 3;
  } else if (argv_.size() > 1 && argv_[1].starts_with("-v") && argv_[1].size() > 2) {
    variable = argv_[1].substr(2);
    first = 2;
  }
  if (first < argv_.size() && argv_[first] == "--") ++first;
  if (first >= argv_.size()) return refuse("printf without a format");
  std::string out;
  done(0);
  const std::vector<std::string> arguments(argv_.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                                           argv_.end());
  format(argv_[first], arguments, out);
  if (shell_.stopped()) return;
  if (first == 1 || variable.empty()) {
    shell_.put(out, span_);
    return;
  }
  const std::size_t bracket = variable.find('[');
  const std::string name = variable.substr(0, bracket);
  if (!is_name(name) || (bracket != std::string::npos && !variable.ends_with(']')))
    return refuse("this printf -v");
  Variable& target = shell_.writable(name, span_);
  if (shell_.stopped()) return;
  // printf -v ends the text at a NUL byte, as C does.
  out.erase(std::min(out.find('\0'), out.size()));
  if (bracket == std::string::npos) {
    shell_.store_scalar(target, out, false, span_);
    target.taint = shell_.taint_;
  } else {
    const std::string index = variable.substr(bracket + 1, variable.size() - bracket - 2);
    shell_.store_element_text(target, index, out, false, span_);
    if (shell_.taint_ != 0) target.taint = shell_.taint_;
  }
}

void Builtins::format(std::string_view format, const std::vector<std::string>& arguments,
                      std::string& out) {
  std::size_t next = 0;
  const auto argument = [&]() -> std::string_view {
    return next < arguments.size() ? std::string_view(arguments[next++]) : std::string_view{};
  };
  const auto integer = [&](std::string_view text) -> long long {
    if (text.empty()) return 0;
    if (text[0] == '\'' || text[0] == '"') {
      if (text.size() < 2) return 0;
      if (static_cast<unsigned char>(text[1]) >= 0x80)
        refuse("the number of a character outside ASCII");
      return static_cast<unsigned char>(text[1]);
    }
    const std::string copy(text);
    char* end = nullptr;
    errno = 0;
    const long long value = std::strtoll(copy.c_str(), &end, 0);
    if (*end != '\0' || errno != 0) refuse("printf of what is no number");
    return value;
  };
  bool again = true;
  while (again && !shell_.stopped()) {
    const std::size_t before = next;
    if (!shell_.spend_bytes(format.size() + 8, span_)) return;
    for (std::size_t at = 0; at < format.size() && !shell_.stopped();) {
      const char c = format[at];
      if (c == '\\') {
        if (at + 1 < format.size() &&
            (format[at + 1] == '"' || format[at + 1] == '\'' || format[at + 1] == '?')) {
          out.push_back(format[at + 1]);
          at += 2;
        } else if (!decode_escape(format, at, OctalForm::plain, out)) {
          return;
        }
        continue;
      }
      if (c != '%') {
        out.push_back(c);
        ++at;
        continue;
      }
      if (at + 1 < format.size() && format[at + 1] == '%') {
        out.push_back('%');
        at += 2;
        continue;
      }
      ++at;
      Spec spec;
      while (at < format.size() &&
             std::string_view("-+ #0").find(format[at]) != std::string_view::npos) {
        spec.flags.push_back(format[at++]);
      }
      const auto read_number = [&]() {
        int value = 0;
        if (at < format.size() && format[at] == '*') {
          ++at;
          const long long given = integer(argument());
          if (given < -kWidthMax || given > kWidthMax) refuse("this width in printf");
          return static_cast<int>(given);
        }
        while (at < format.size() && is_digit(format[at])) {
          value = std::min(value * 10 + (format[at++] - '0'), kWidthMax + 1);
        }
        if (value > kWidthMax) refuse("this width in printf");
        return value;
      };
      spec.width = read_number();
      if (spec.width < 0) {
        spec.width = -spec.width;
        spec.flags.push_back('-');
      }
      if (at < format.size() && format[at] == '.') {
        ++at;
        spec.precision = read_number();
      }
      while (at < format.size() &&
             std::string_view("hlLjzt").find(format[at]) != std::string_view::npos)
        ++at;
      if (at >= format.size()) return refuse("a printf format that ends in %");
      const char conversion = format[at++];
      if (shell_.stopped()) return;
      if (!shell_.spend_bytes(static_cast<std::size_t>(spec.width) + 8, span_)) return;
      const auto numeric = [&](const char* length, auto value) {
        // Digits are made one by one; blanks are not.
        const auto digits = static_cast<std::size_t>(spec.width + std::max(spec.precision, 0));
        if (!shell_.spend(1 + digits / 16, span_)) return;
        std::string spelled = "%" + spec.flags + std::to_string(spec.width);
        if (spec.width == 0) spelled = "%" + spec.flags;
        if (spec.precision >= 0) spelled += "." + std::to_string(spec.precision);
        spelled += length;
        spelled.push_back(conversion);
        std::string buffer(digits + 400, '\0');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        const int written = std::snprintf(buffer.data(), buffer.size(), spelled.c_str(), value);
#pragma GCC diagnostic pop
        if (written < 0 || static_cast<std::size_t>(written) >= buffer.size())
          return refuse("this printf");
        out.append(buffer, 0, static_cast<std::size_t>(written));
      };
      switch (conversion) {
        case 's': {
          std::string_view text = argument();
          if (spec.precision >= 0) text = text.substr(0, static_cast<std::size_t>(spec.precision));
          if (!shell_.spend_bytes(text.size(), span_)) return;
          pad(spec, text, out);
          break;
        }
        case 'c': {
          // The first byte; of an empty text that is the NUL at its end.
          const std::string_view text = argument();
          pad(spec, text.empty() ? std::string_view("\0", 1) : text.substr(0, 1), out);
          break;
        }
        case 'b': {
          const std::string_view text = argument();
          std::string decoded;
          bool stop = false;
          for (std::size_t i = 0; i < text.size() && !stop;) {
            if (text[i] != '\\') {
              decoded.push_back(text[i++]);
            } else if (i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '7') {
              stop = !decode_escape(text, i, OctalForm::plain, decoded);
            } else {
              // Quotes and ? keep their backslash here, unlike in the format.
              stop = !decode_escape(text, i, OctalForm::leading_zero, decoded);
            }
          }
          pad(spec, decoded, out);
          if (stop) return;
          break;
        }
        case 'q': {
          const std::string_view text = argument();
          std::string quoted;
          if (!quote_word(text, quoted)) return refuse("printf %q of text that is not plain");
          pad(spec, quoted, out);
          break;
        }
        case 'd':
        case 'i':
          numeric("ll", integer(argument()));
          break;
        case 'o':
        case 'u':
        case 'x':
        case 'X':
          numeric("ll", static_cast<unsigned long long>(integer(argument())));
          break;
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G': {
          const std::string text(argument());
          char* end = nullptr;
          const long double value = text.empty() ? 0 : std::strtold(text.c_str(), &end);
          if (!text.empty() && *end != '\0') return refuse("printf of what is no number");
          numeric("L", value);
          break;
        }
        default:
          return refuse(std::string("printf %") + conversion);
      }
    }
    again = next < arguments.size() && next > before;
  }
}

}  // namespace rbee::pkgbuild
