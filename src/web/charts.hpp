// Numbers drawn by the server: SVG that follows the page's colours, without script or style of its
// own.
//
// Pure. Each drawing has a title for who does not see it; bars stand in a table with their numbers,
// and beside a line the template puts one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "web/view.hpp"

namespace rbee::web {

struct ChartPoint {
  std::string label;  ///< "2026-11-27"
  double value = 0;
};

/// A line over time with its area, three lines of the grid and the first and last label. Empty
/// without two points.
SafeHtml line_chart(std::string_view title, const std::vector<ChartPoint>& points);
/// A small line without axes, for lists. Empty without two points.
SafeHtml sparkline(const std::vector<ChartPoint>& points);
/// Horizontal bars with label and number, the longest first where they stand so.
SafeHtml bar_chart(std::string_view title, const std::vector<ChartPoint>& bars);
/// Five stars, filled up to `rating` (0 to 5).
SafeHtml stars(double rating);

/// "1,234".
std::string grouped(std::int64_t number);
/// "12.3k".
std::string short_number(std::int64_t number);

}  // namespace rbee::web
