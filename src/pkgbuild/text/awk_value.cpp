#include "pkgbuild/text/awk_value.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace rbee::pkgbuild::text {

namespace {

/// A decimal number at the start of a text, and where it ends.
double number_at_start(std::string_view text, std::size_t& end) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n')) ++i;
  const std::size_t begin = i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  std::size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  end = 0;
  if (count == 0) return 0;
  const std::size_t mantissa = i;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (digits() == 0) i = mantissa;
  }
  end = i;
  return std::strtod(std::string(text.substr(begin, i - begin)).c_str(), nullptr);
}

}  // namespace

AwkValue awk_input(std::string_view text) {
  std::size_t end = 0;
  const double number = number_at_start(text, end);
  std::size_t rest = end;
  while (rest < text.size() && (text[rest] == ' ' || text[rest] == '\t' || text[rest] == '\n'))
    ++rest;
  if (end > 0 && rest == text.size())
    return {AwkValue::Kind::numeric_string, number, std::string(text)};
  return AwkValue::of(std::string(text));
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

double number_of(const AwkValue& value) {
  if (value.kind != AwkValue::Kind::string) return value.number;
  std::size_t end = 0;
  return number_at_start(value.text, end);
}

Supported<std::string> text_of(const AwkValue& value) {
  if (value.kind == AwkValue::Kind::unset) return std::string();
  if (value.kind != AwkValue::Kind::number) return value.text;
  if (!std::isfinite(value.number) || std::abs(value.number) >= kAwkExactMax)
    return unsupported("awk with a number that large");
  std::array<char, 64> digits{};
  if (value.number == std::floor(value.number))
    std::snprintf(digits.data(), digits.size(), "%lld", static_cast<long long>(value.number));
  else
    std::snprintf(digits.data(), digits.size(), "%.6g", value.number);
  return std::string(digits.data());
}

bool truth(const AwkValue& value) {
  if (value.kind == AwkValue::Kind::string) return !value.text.empty();
  return value.number != 0;
}

Supported<AwkValue> compare(const std::string& op, const AwkValue& a, const AwkValue& b) {
  int order = 0;
  if (a.kind != AwkValue::Kind::string && b.kind != AwkValue::Kind::string) {
    order = a.number < b.number ? -1 : a.number > b.number;
  } else {
    SUPPORTED(const std::string left, text_of(a));
    SUPPORTED(const std::string right, text_of(b));
    order = left.compare(right);
  }
  if (op == "<") return AwkValue::of(order < 0);
  if (op == "<=") return AwkValue::of(order <= 0);
  if (op == "==") return AwkValue::of(order == 0);
  if (op == "!=") return AwkValue::of(order != 0);
  if (op == ">") return AwkValue::of(order > 0);
  return AwkValue::of(order >= 0);
}

Supported<AwkValue> calculate(const std::string& op, double a, double b) {
  if ((op == "/" || op == "%") && b == 0) return unsupported("awk dividing by zero");
  if (op == "+") return AwkValue::of(a + b);
  if (op == "-") return AwkValue::of(a - b);
  if (op == "*") return AwkValue::of(a * b);
  if (op == "/") return AwkValue::of(a / b);
  if (op == "%") return AwkValue::of(std::fmod(a, b));
  return AwkValue::of(std::pow(a, b));
}

// One C format for each conversion, built from checked parts.
Supported<std::string> formatted(const std::vector<AwkValue>& arguments) {
  SUPPORTED(const std::string format, text_of(arguments[0]));
  std::string out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    std::string spec = "%";
    ++i;
    while (i < format.size() && std::string_view("-+ 0#").find(format[i]) != std::string_view::npos)
      spec += format[i++];
    const std::size_t width_begin = i;
    while (i < format.size() && ((format[i] >= '0' && format[i] <= '9') || format[i] == '.'))
      spec += format[i++];
    if (i >= format.size() || i - width_begin > 6)
      return unsupported("awk printf with that format");
    const std::string width = format.substr(width_begin, i - width_begin);
    if (std::atoi(width.c_str()) > 999 || width.find('.') != width.rfind('.'))
      return unsupported("awk printf with that format");
    const char conversion = format[i];
    if (conversion == '%') {
      if (spec != "%") return unsupported("awk printf with that format");
      out += '%';
      continue;
    }
    if (next >= arguments.size()) return unsupported("awk printf with too few operands");
    const AwkValue& value = arguments[next++];
    std::array<char, 2200> buffer{};
    if (conversion == 's') {
      SUPPORTED(const std::string text, text_of(value));
      if (spec == "%") {
        out += text;
      } else {
        if (!is_ascii(text) || text.size() > 1000) return unsupported("awk printf of that text");
        std::snprintf(buffer.data(), buffer.size(), (spec + "s").c_str(), text.c_str());
        out += buffer.data();
      }
      continue;
    }
    const double n = number_of(value);
    if (!std::isfinite(n) || std::abs(n) >= kAwkExactMax)
      return unsupported("awk printf of a number that large");
    if (conversion == 'd' || conversion == 'i') {
      std::snprintf(buffer.data(), buffer.size(), (spec + "lld").c_str(),
                    static_cast<long long>(n));
    } else if (std::string_view("xXou").find(conversion) != std::string_view::npos) {
      if (n < 0) return unsupported("awk printf of a negative number");
      std::snprintf(buffer.data(), buffer.size(), (spec + "ll" + conversion).c_str(),
                    static_cast<long long>(n));
    } else if (std::string_view("feEgG").find(conversion) != std::string_view::npos) {
      std::snprintf(buffer.data(), buffer.size(), (spec + conversion).c_str(), n);
    } else {
      return unsupported(std::string("awk printf %") + conversion);
    }
    out += buffer.data();
  }
  return out;
}

}  // namespace rbee::pkgbuild::text
