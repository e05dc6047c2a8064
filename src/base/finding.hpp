// A finding: one result of one check, or of a parser, about a text that somebody wrote.
//
// Touches nothing. The same type goes to the terminal, the API, SARIF and the push output.
#pragma once

#include <string>

#include "base/span.hpp"

namespace rbee {

/// What a finding does to a submission, strongest first (shared word list: docs/architecture.md).
enum class Severity {
  block,  ///< Refused until it is mended.
  hold,   ///< A person must look.
  warn,
  info,
};

/// "block", "hold", "warn" or "info".
std::string_view to_string(Severity severity);

struct Finding {
  std::string rule;  ///< Stable id: "SRC-001", or a parser's own such as "toml-unknown-key".
  Severity severity = Severity::block;
  std::string file;     ///< Path inside the worker's directory; empty when it is about no one file.
  Position position;    ///< Of the first byte concerned.
  Span span;            ///< The bytes concerned; empty when unknown.
  std::string message;  ///< What is wrong, one sentence without a final full stop.
  std::string excerpt;  ///< The line and a caret (base/span.hpp); empty when there is no text.
  std::string why;      ///< Why it matters; may be empty.
  std::string fix;      ///< What to write instead; may be empty.
};

/// "file:line:column: severity rule: message", then excerpt, why and fix, each on lines of its own.
std::string describe(const Finding& finding);

}  // namespace rbee
