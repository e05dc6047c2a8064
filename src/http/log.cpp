#include "http/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/problem.hpp"

namespace rbee::http {

namespace {

constexpr std::array<std::pair<LogLevel, std::string_view>, 5> kLevels = {
    {{LogLevel::debug, "debug"},
     {LogLevel::info, "info"},
     {LogLevel::warn, "warn"},
     {LogLevel::error, "error"},
     {LogLevel::off, "off"}}};

std::string_view name_of(LogLevel level) {
  for (const auto& [value, name] : kLevels)
    if (value == level) return name;
  return "info";
}

std::string logfmt_value(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '=' && c != '\\';
  });
  // printable: what is invisible or reorders text in a terminal must not hide in a log either.
  return plain ? std::string(text) : json_quote(printable(text));
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const auto& [level, name] : kLevels)
    if (name == text) return level;
  return fail(Errc::usage, "log-option-invalid",
              fmt::format("'{}' is not a log level", printable_line(text)),
              {.fix = "one of debug info warn error off"});
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "logfmt") return LogFormat::logfmt;
  if (text == "json") return LogFormat::json;
  return fail(Errc::usage, "log-option-invalid",
              fmt::format("'{}' is not a log format", printable_line(text)),
              {.fix = "one of logfmt json"});
}

std::string format_log_line(LogFormat format, std::chrono::system_clock::time_point time,
                            LogLevel level, std::string_view event, LogFields fields) {
  const auto since = time.time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  const std::string stamp = fmt::format(
      "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms);
  std::string out;
  const auto add = [&](std::string_view key, const LogValue& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    const std::string_view text = number ? std::string_view() : std::get<std::string_view>(value);
    if (format == LogFormat::json) {
      out += out.empty() ? "{" : ",";
      out +=
          json_quote(key) + ":" + (number ? fmt::to_string(*number) : json_quote(printable(text)));
    } else {
      if (!out.empty()) out += ' ';
      out += fmt::format("{}={}", key, number ? fmt::to_string(*number) : logfmt_value(text));
    }
  };
  add("time", std::string_view(stamp));
  add("level", name_of(level));
  add("event", event);
  for (const auto& [key, value] : fields) add(key, value);
  if (format == LogFormat::json) out += '}';
  return out;
}

struct Log::State {
  spdlog::logger logger{"rbee-market", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(LogLevel level, LogFormat format)
    : level_(level), format_(format), state_(std::make_unique<State>()) {
  state_->logger.set_pattern("%v");
  state_->logger.set_level(spdlog::level::trace);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view event, LogFields fields) const {
  if (!wants(level)) return;
  state_->logger.info(
      "{}", format_log_line(format_, std::chrono::system_clock::now(), level, event, fields));
}

}  // namespace rbee::http
