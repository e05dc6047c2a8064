// Tables as text/csv, safe to open in a spreadsheet.
//
// Pure. RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe before it
// (OWASP, "CSV Injection"): releases and workers are named by strangers.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace rbee::api {

/// One cell.
std::string csv_cell(std::string_view text);

class Csv {
 public:
  explicit Csv(std::initializer_list<std::string_view> heading) { add(heading); }
  void add(std::initializer_list<std::string_view> cells);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Does the request want CSV? `format=csv|json`, else Accept. Errors: Errc::invalid_input
/// "parameter-invalid".
Result<bool> wants_csv(const http::Request& request);

}  // namespace rbee::api
