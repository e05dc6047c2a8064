// Which lines differ between two texts, and the unified diff that says so.
//
// Pure. Source: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986); the unified
// format is POSIX diff -U.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rbee {

/// A run of lines that one text has and the other has not. Lines are counted from 1.
struct LineChange {
  std::uint32_t line_before = 1;  ///< The first line that goes, or before which lines are added.
  std::uint32_t line_after = 1;   ///< The same place in the new text.
  std::vector<std::string> before, after;  ///< Lines without their newline; one may be empty.
};

/// The changes in the order of the text; none when the two are equal. Past 1,000 lines of
/// difference, everything between the first and the last different line is one change.
std::vector<LineChange> line_changes(std::string_view before, std::string_view after);

/// A unified diff with `context` lines around every change; empty when the two are equal.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view name,
                         std::size_t context = 1);

}  // namespace rbee
