// Places in a text: byte offsets, and the lines and columns that people see.
//
// Touches nothing. Offsets are cheap to keep on every token; a `LineMap` turns them into lines when
// somebody asks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rbee {

/// A half-open range of bytes [begin, end) of one source text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// Line and column, both counted from 1; the column in bytes.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

/// Finds lines in one text. Keeps the offsets of the line starts, not the text.
class LineMap {
 public:
  explicit LineMap(std::string_view text);
  /// Position of a byte offset; an offset past the end gives the position of the end.
  Position position(std::uint32_t offset) const;
  /// The bytes of a line (counted from 1) without its newline; empty past the last line.
  static std::string_view line_text(std::string_view text, std::uint32_t line);

 private:
  std::vector<std::uint32_t> starts_;
};

/// The line that holds `span` and a caret line under it, two lines, each indented by two spaces.
/// Tabs are kept in both so that the caret stands right; control bytes are shown as '?'.
std::string excerpt(std::string_view text, Span span);

}  // namespace rbee
