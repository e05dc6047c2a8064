#include "web/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "web/highlight.hpp"

namespace rbee::web {

namespace {

/// The drawing is stretched to its place; labels are text of the page beside it.
constexpr double kWidth = 100, kHeight = 100;

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
  std::string out =
      "<div class=\"plot\" role=\"img\" aria-label=\"" + escape(title) + "\"><div class=\"ys\">";
  for (const int quarter : {4, 2, 0})
    out +=
        fmt::format("<span>{}</span>", short_number(static_cast<std::int64_t>(peak * quarter / 4)));
  const std::string path = path_of(points, 0, 0, kWidth, kHeight, peak);
  out += fmt::format(
      "</div><svg class=\"chart\" viewBox=\"0 0 {0} {1}\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><path class=\"grid\" d=\"M0 0H{0}M0 50H{0}M0 {1}H{0}\"/><path "
      "class=\"area\" d=\"{2}L{0} {1}L0 {1}Z\"/><path class=\"stroke\" d=\"{2}\"/></svg>",
      kWidth, kHeight, path);
  out += fmt::format("<div class=\"xs\"><span>{}</span><span>{}</span></div></div>",
                     escape(points.front().label), escape(points.back().label));
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
  std::string out =
      fmt::format("<table class=\"bars\"><caption class=\"vh\">{}</caption>", escape(title));
  for (const ChartPoint& bar : bars)
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td><svg viewBox=\"0 0 100 1\" "
        "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"bar\" width=\"{:.1f}\" "
        "height=\"1\"/></svg></td><td class=\"num\">{}</td></tr>",
        escape(bar.label), std::max(100 * bar.value / peak, 0.5),
        grouped(static_cast<std::int64_t>(bar.value)));
  return SafeHtml::by_renderer(out + "</table>");
}

SafeHtml stars(double rating) {
  std::string out =
      fmt::format("<span class=\"stars\" role=\"img\" aria-label=\"{:.1f} of 5\">", rating);
  for (int i = 1; i <= 5; ++i) {
    const std::string_view css = rating >= i - 0.25 ? "full" : rating >= i - 0.75 ? "half" : "none";
    out += fmt::format(
        "<svg viewBox=\"0 0 16 16\" class=\"{}\" aria-hidden=\"true\"><path "
        "d=\"m8 1.5 2 4.2 4.6.6-3.4 3.2.9 4.6L8 11.8l-4.1 2.3.9-4.6L1.4 6.3 6 "
        "5.7z\"/></svg>",
        css);
  }
  return SafeHtml::by_renderer(out + "</span>");
}

}  // namespace rbee::web
