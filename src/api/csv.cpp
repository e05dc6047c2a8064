#include "api/csv.hpp"

#include "base/text.hpp"

namespace rbee::api {

std::string csv_cell(std::string_view text) {
  std::string cell(text);
  if (!cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos)
    cell.insert(cell.begin(), '\'');
  if (cell.find_first_of("\",\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void Csv::add(std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (const std::string_view cell : cells) {
    if (!first) text_ += ',';
    first = false;
    text_ += csv_cell(cell);
  }
  text_ += "\r\n";
}

Result<bool> wants_csv(const http::Request& request) {
  const std::string_view format = request.parameter("format");
  if (format == "csv") return true;
  if (format == "json") return false;
  if (!format.empty())
    return fail(Errc::invalid_input, "parameter-invalid",
                "the parameter 'format' is 'json' or 'csv'");
  for (const std::string_view part : split(request.headers.get("Accept"), ',')) {
    const std::string_view type = trim(part.substr(0, part.find(';')));
    if (type == "text/csv") return true;
    if (type == "application/json" || type == "*/*") return false;  // The first one that we have.
  }
  return false;
}

}  // namespace rbee::api
