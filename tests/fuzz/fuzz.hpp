// What the fuzz targets share: a check that stops the run and says which, and the input as text.
//
// Each target states promises of one header as `REQUIRE`; what each asserts: docs/fuzzing.md.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

#include "base/finding.hpp"
#include "base/text.hpp"

namespace rbee::fuzz {

[[noreturn]] inline void broken(const char* file, int line, const char* promise,
                                std::string_view detail) {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n%.*s\n", file, line, promise,
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

#define REQUIRE(condition) \
  (static_cast<bool>(condition) ? void() : ::rbee::fuzz::broken(__FILE__, __LINE__, #condition, {}))
/// The same, with a text that says more.
#define REQUIRE_FOR(condition, detail)   \
  (static_cast<bool>(condition) ? void() \
                                : ::rbee::fuzz::broken(__FILE__, __LINE__, #condition, (detail)))

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// What every finding promises: texts that a terminal can show, and a place inside the text.
inline void require_finding(const Finding& finding, std::string_view text) {
  REQUIRE(!finding.rule.empty() && !finding.message.empty());
  REQUIRE(finding.span.begin <= finding.span.end && finding.span.end <= text.size());
  REQUIRE_FOR(printable_line(finding.message) == finding.message, finding.message);
  REQUIRE_FOR(printable_line(finding.fix) == finding.fix, finding.fix);
  REQUIRE_FOR(is_utf8(describe(finding)), finding.message);
}

/// Processor time of this thread, so that a busy machine is no finding.
inline double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace rbee::fuzz
