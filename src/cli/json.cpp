#include "cli/json.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <vector>

#include "base/text.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

json::array strings(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(json_text(text));
  return array;
}

}  // namespace

std::string json_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  return printable(bytes);
}

std::string shown_text(const json::object& object, std::string_view key) {
  const json::value* field = object.if_contains(key);
  if (field == nullptr) return {};
  if (field->is_string()) return printable_line(std::string_view(field->get_string()));
  if (field->is_int64()) return std::to_string(field->get_int64());
  if (field->is_double()) return fmt::format("{:.2f}", field->get_double());
  return {};
}

Result<json::object> object_of(Result<json::value> answer) {
  if (!answer) return tl::unexpected<Error>(std::move(answer).error());
  if (!answer->is_object())
    return fail(Errc::bad_response, "response-json", "the marketplace's answer is no object");
  return std::move(answer->get_object());
}

json::value to_json(const Finding& finding) {
  return json::object{{"rule", json_text(finding.rule)},
                      {"severity", std::string(to_string(finding.severity))},
                      {"file", json_text(finding.file)},
                      {"line", finding.position.line},
                      {"column", finding.position.column},
                      {"message", json_text(finding.message)},
                      {"excerpt", json_text(finding.excerpt)},
                      {"why", json_text(finding.why)},
                      {"fix", json_text(finding.fix)}};
}

json::value to_json(const Error& error) {
  json::array findings;
  for (const Finding& finding : error.findings) findings.push_back(to_json(finding));
  return json::object{{"error", json::object{{"id", json_text(error.id)},
                                             {"message", json_text(error.message)},
                                             {"evidence", strings(error.evidence)},
                                             {"why", json_text(error.why)},
                                             {"fix", json_text(error.fix)},
                                             {"findings", std::move(findings)}}},
                      {"exit_code", exit_code(error.code)}};
}

json::value to_json(const install::Installed& installed) {
  json::value run = nullptr;
  if (installed.run)
    run = json::object{{"protocol", json_text(installed.run->protocol)},
                       {"args", strings(installed.run->args)},
                       {"health", json_text(installed.run->health)}};
  return json::object{{"id", json_text(installed.id)},
                      {"version", json_text(installed.version)},
                      {"name", json_text(installed.name)},
                      {"catalog", json_text(installed.catalog)},
                      {"platform", json_text(installed.platform)},
                      {"recipe", json_text(installed.recipe)},
                      {"tree", json_text(installed.tree)},
                      {"installed_at", json_text(installed.installed_at)},
                      {"size_bytes", installed.size_bytes},
                      {"commands", strings(installed.commands)},
                      {"run", std::move(run)}};
}

}  // namespace rbee::cli
