// The server's log: one line an event, as logfmt or JSON, safe to print whatever a client sent.
//
// Writes standard error through spdlog. Thread-safe.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.hpp"

namespace rbee::http {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { logfmt, json };

/// Errors: Errc::usage "log-option-invalid".
Result<LogLevel> parse_log_level(std::string_view text);
Result<LogFormat> parse_log_format(std::string_view text);

/// A value of a log line; text is escaped, numbers are written as they are.
using LogValue = std::variant<std::string_view, std::int64_t>;
using LogFields = std::initializer_list<std::pair<std::string_view, LogValue>>;

/// One line without its newline: time, level, event, then `fields` in order.
/// logfmt: `time=… level=info event=request status=200`; values with blanks, quotes or controls are
/// quoted.
std::string format_log_line(LogFormat format, std::chrono::system_clock::time_point time,
                            LogLevel level, std::string_view event, LogFields fields);

class Log {
 public:
  Log(LogLevel level, LogFormat format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  bool wants(LogLevel level) const { return level >= level_ && level_ != LogLevel::off; }
  void write(LogLevel level, std::string_view event, LogFields fields) const;

 private:
  struct State;
  LogLevel level_;
  LogFormat format_;
  std::unique_ptr<State> state_;
};

}  // namespace rbee::http
