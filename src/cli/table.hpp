// Columns of text, aligned as a terminal shows them.
//
// Pure. Width is counted in terminal cells: East Asian wide characters and emoji take two,
// combining marks none. Source: Unicode Standard Annex 11.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbee::cli {

/// Cells that `text` takes on a terminal. Call it with `printable_line` text: no control
/// characters.
int display_width(std::string_view text);

/// `text` within `columns` cells; what is cut off is marked by a final "…" (one cell). Not cut
/// inside a character.
std::string truncate(std::string_view text, int columns);

/// `text` and spaces up to `columns` cells.
std::string pad(std::string_view text, int columns);

/// `text` broken between words into lines of at most `columns` cells; a longer word stands alone
/// and is kept.
std::vector<std::string> wrap(std::string_view text, int columns);

/// Rows of cells under a heading. Every cell goes through `printable_line`.
class Table {
 public:
  explicit Table(std::vector<std::string> heading);
  /// Missing cells are empty; further ones than the heading has are dropped.
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.size() <= 1; }

  /// Lines, each with its newline: columns as wide as their widest cell and two spaces apart, no
  /// spaces at the end. With `columns` over 0 the last column is cut, and then, if it must be, the
  /// widest others. 0: nothing is cut.
  std::string render(int columns) const;

 private:
  std::vector<std::vector<std::string>> rows_;  ///< The heading is the first.
};

}  // namespace rbee::cli
