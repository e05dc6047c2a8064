#include "web/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "web/highlight.hpp"

namespace rbee::web {

namespace {

constexpr double kWidth = 720, kHeight = 180, kLeft = 44, kRight = 8, kTop = 10, kBottom = 24;

double peak_of(const std::vector<ChartPoint>& points) {
  double peak = 0;
  for (const ChartPoint& point : points) peak = std::max(peak, point.value);
  return peak;
}

/// The next of 1, 2, 5, 10, 20 … that is not below `value`: an axis with round numbers.
double round_up(double value) {
  if (value <= 4) return 4;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 4.0, 5.0, 8.0, 10.0})
    if (step * power >= value) return step * power;
  return 10 * power;
}

std::string path_of(const std::vector<ChartPoint>& points, double left, double top, double width,
                    double height, double peak) {
  std::string path;
  const double step = points.size() > 1 ? width / static_cast<double>(points.size() - 1) : 0;
  for (std::size_t i = 0; i < points.size(); ++i)
    path += fmt::format("{}{:.1f} {:.1f}", i == 0 ? "M" : "L", left + step * static_cast<double>(i),
                        top + height * (1 - points[i].value / peak));
  return path;
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string short_number(std::int64_t number) {
  if (number < 10'000) return grouped(number);
  const auto value = static_cast<double>(number);
  if (number < 1'000'000)
    return number < 100'000 ? fmt::format("{:.1f}k", value / 1e3)
                            : fmt::format("{:.0f}k", value / 1e3);
  return fmt::format("{:.1f}M", value / 1e6);
}

SafeHtml line_chart(std::string_view title, const std::vector<ChartPoint>& points) {
  if (points.size() < 2) return {};
  const double peak = round_up(peak_of(points));
  const double width = kWidth - kLeft - kRight, height = kHeight - kTop - kBottom;
  std::string out = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, kHeight,
      escape(title));
  for (int i = 0; i <= 4; i += 2) {
    const double y = kTop + height * (1 - i / 4.0);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{} {:.1f}H{}\"/><text class=\"axis\" x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>",
        kLeft, y, kWidth - kRight, kLeft - 8, y + 4,
        short_number(static_cast<std::int64_t>(peak * i / 4)));
  }
  const std::string path = path_of(points, kLeft, kTop, width, height, peak);
  out += fmt::format("<path class=\"area\" d=\"{}L{:.1f} {:.1f}L{:.1f} {:.1f}Z\"/>", path,
                     kLeft + width, kTop + height, kLeft, kTop + height);
  out += fmt::format("<path class=\"stroke\" d=\"{}\"/>", path);
  out += fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\">{}</text>", kLeft, kHeight - 6,
                     escape(points.front().label));
  out += fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text></svg>",
                     kWidth - kRight, kHeight - 6, escape(points.back().label));
  return SafeHtml::by_renderer(std::move(out));
}

SafeHtml sparkline(const std::vector<ChartPoint>& points) {
  if (points.size() < 2) return {};
  const double peak = std::max(1.0, peak_of(points));
  return SafeHtml::by_renderer(
      fmt::format("<svg class=\"spark\" viewBox=\"0 0 120 28\" aria-hidden=\"true\"><path "
                  "class=\"stroke\" d=\"{}\"/></svg>",
                  path_of(points, 1, 2, 118, 24, peak)));
}

SafeHtml bar_chart(std::string_view title, const std::vector<ChartPoint>& bars) {
  if (bars.empty()) return {};
  const double peak = std::max(1.0, peak_of(bars));
  const double row = 26, height = row * static_cast<double>(bars.size());
  std::string out = fmt::format(
      "<svg class=\"chart bars\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth,
      height, escape(title));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = row * static_cast<double>(i);
    const double width = (kWidth - 260) * bars[i].value / peak;
    out += fmt::format(
        "<text class=\"label\" x=\"0\" y=\"{0:.1f}\">{1}</text><rect class=\"track\" x=\"190\" "
        "y=\"{2:.1f}\" width=\"{3}\" height=\"10\" rx=\"5\"/><rect class=\"bar\" x=\"190\" "
        "y=\"{2:.1f}\" width=\"{4:.1f}\" height=\"10\" rx=\"5\"/><text class=\"label\" x=\"{5}\" "
        "y=\"{0:.1f}\" text-anchor=\"end\">{6}</text>",
        y + 17, escape(bars[i].label), y + 8, kWidth - 260, std::max(width, 2.0), kWidth,
        grouped(static_cast<std::int64_t>(bars[i].value)));
  }
  return SafeHtml::by_renderer(out + "</svg>");
}

SafeHtml stars(double rating) {
  std::string out =
      fmt::format("<span class=\"stars\" role=\"img\" aria-label=\"{:.1f} of 5\">", rating);
  for (int i = 1; i <= 5; ++i) {
    const std::string_view css = rating >= i - 0.25 ? "full" : rating >= i - 0.75 ? "half" : "none";
    out += fmt::format("<svg viewBox=\"0 0 16 16\" class=\"{}\" aria-hidden=\"true\"><path "
                       "d=\"m8 1.5 2 4.2 4.6.6-3.4 3.2.9 4.6L8 11.8l-4.1 2.3.9-4.6L1.4 6.3 6 "
                       "5.7z\"/></svg>",
                       css);
  }
  return SafeHtml::by_renderer(out + "</span>");
}

}  // namespace rbee::web
