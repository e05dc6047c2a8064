#include "base/result.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rbee {

int exit_code(Errc code) {
  switch (code) {
    case Errc::usage:
      return 2;
    case Errc::not_found:
      return 3;
    case Errc::unauthenticated:
    case Errc::forbidden:
      return 4;
    case Errc::unreachable:
    case Errc::bad_response:
      return 5;
    case Errc::integrity:
      return 6;
    case Errc::does_not_fit:
      return 7;
    case Errc::policy:
      return 8;
    case Errc::partial:
      return 9;
    case Errc::interrupted:
      return 130;
    case Errc::failed:
    case Errc::exists:
    case Errc::invalid_input:
    case Errc::unsupported:
    case Errc::too_large:
    case Errc::io:
      return 1;
  }
  return 1;
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::block:
      return "block";
    case Severity::hold:
      return "hold";
    case Severity::warn:
      return "warn";
    case Severity::info:
      return "info";
  }
  return "block";
}

namespace {

void append_labelled(std::string& out, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  out += fmt::format("\n  {}: ", label);
  for (char c : printable(text)) {
    out += c;
    if (c == '\n') out += "       ";
  }
}

}  // namespace

std::string describe(const Finding& finding) {
  std::string out;
  if (!finding.file.empty())
    out += fmt::format("{}:{}:{}: ", printable_line(finding.file), finding.position.line,
                       finding.position.column);
  out += fmt::format("{} {}: {}", to_string(finding.severity), finding.rule,
                     printable_line(finding.message));
  if (!finding.excerpt.empty()) out += "\n" + printable(finding.excerpt);
  append_labelled(out, "why", finding.why);
  append_labelled(out, "fix", finding.fix);
  return out;
}

std::string describe(const Error& error) {
  std::string out = printable(error.message);
  if (!error.id.empty()) out += fmt::format(" [{}]", error.id);
  for (const std::string& fact : error.evidence) out += "\n  " + printable(fact);
  append_labelled(out, "why", error.why);
  append_labelled(out, "fix", error.fix);
  for (const Finding& finding : error.findings) out += "\n" + describe(finding);
  return out;
}

}  // namespace rbee
