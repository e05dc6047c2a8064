#include "api/aur_query.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>
#include <utility>

#include "api/aur_records.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/ascii.hpp"

namespace rbee::api {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kV5 = "/rpc/v5";
constexpr std::array<std::string_view, 8> kTypes = {"info",
                                                    "multiinfo",
                                                    "search",
                                                    "msearch",
                                                    "suggest",
                                                    "suggest-pkgbase",
                                                    "opensearch-suggest",
                                                    "opensearch-suggest-pkgbase"};
constexpr std::array<std::string_view, 15> kBys = {
    "",          "name",        "name-desc",  "maintainer",   "submitter",
    "depends",   "makedepends", "optdepends", "checkdepends", "provides",
    "conflicts", "replaces",    "groups",     "keywords",     "comaintainers"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The WHATWG form encoding; a malformed escape stays as it is.
std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (const auto byte = text[i] == '%' && i + 2 < text.size()
                                     ? from_hex(text.substr(i + 1, 2))
                                     : std::nullopt) {
      out += static_cast<char>((*byte)[0]);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Pairs parse_form(std::string_view body) {
  Pairs pairs;
  for (const std::string_view each : split(trim(body), '&')) {
    if (each.empty()) continue;
    const std::size_t equals = std::min(each.find('='), each.size());
    pairs.emplace_back(form_decode(each.substr(0, equals)),
                       equals < each.size() ? form_decode(each.substr(equals + 1)) : "");
  }
  return pairs;
}

std::string_view first_of(const Pairs& pairs, std::string_view key) {
  for (const auto& [name, value] : pairs)
    if (name == key) return value;
  return {};
}

/// If the last of all is "arg", it alone counts; if it is "arg[]", the run of those at the end.
void take_args(const Pairs& pairs, AurQuery& query) {
  std::string_view wanted;
  std::vector<std::string> reversed;
  for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
    if (pair->first != "arg" && pair->first != "arg[]") continue;
    if (wanted.empty()) wanted = pair->first;
    if (pair->first != wanted) break;
    reversed.push_back(ascii_lower(pair->second));
    if (wanted == "arg") break;
  }
  if (wanted.empty()) return;
  query.has_arg = true;
  query.args.assign(reversed.rbegin(), reversed.rend());
}

/// aurweb's own form of POST: {"arg":["a","b"]} for info, {"arg":"a","by":"name"} for search.
void take_json(std::string_view body, bool is_info, AurQuery& query) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object()) {
    query.malformed = "the body must be a JSON object";
    return;
  }
  const auto text_of = [](const boost::json::value& v) {
    return std::string(v.get_string().data(), v.get_string().size());
  };
  if (const auto* by = value.get_object().if_contains("by")) {
    if (!by->is_string()) {
      query.malformed = "the 'by' parameter must be of string type";
      return;
    }
    query.by = text_of(*by);
  }
  const auto* arg = value.get_object().if_contains("arg");
  if (arg == nullptr) return;
  query.has_arg = true;
  if (is_info) {
    query.malformed = "the 'arg' parameter must be of array type";
    if (!arg->is_array()) return;
    for (const auto& each : arg->get_array()) {
      if (!each.is_string()) return;
      query.args.push_back(ascii_lower(text_of(each)));
    }
    query.malformed.clear();
  } else if (arg->is_string()) {
    query.args = {ascii_lower(text_of(*arg))};
  } else {
    query.malformed = "the 'arg' parameter must be of string type";
  }
}

bool is_json(const http::Request& request) {
  std::string_view type = request.headers.get("Content-Type");
  type = trim(type.substr(0, type.find(';')));
  return http::equal_ignoring_case(type, "application/json");
}

}  // namespace

bool is_rpc_path(std::string_view path) {
  if (path == "/rpc" || path == "/rpc/" || path == "/rpc.php" || path == "/rpc.php/") return true;
  return path == kV5 || (path.starts_with(kV5) && path[kV5.size()] == '/');
}

AurQuery parse_aur_query(const http::Request& request) {
  AurQuery query;
  std::string_view path = request.path;
  std::optional<std::string> path_arg;
  bool is_v5 = false;
  if (path.starts_with(kV5)) {
    is_v5 = true;
    path.remove_prefix(kV5.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    query.type = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (path.ends_with('/')) path.remove_suffix(1);
    if (!path.empty()) path_arg = ascii_lower(path);
  }

  Pairs pairs;
  const bool is_post = request.method == http::Method::post;
  const bool takes_json = is_post && is_json(request);
  if (is_post && !takes_json) pairs = parse_form(request.body);
  pairs.insert(pairs.end(), request.query.begin(), request.query.end());
  query.by = first_of(pairs, "by");
  query.callback = first_of(pairs, "callback");
  if (is_v5) {
    query.version = 5;
    query.has_version = true;
  } else {
    query.type = first_of(pairs, "type");
    const std::string_view version = first_of(pairs, "v");
    query.has_version = !version.empty();
    int number = 0;
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    if (error == std::errc() && end == version.data() + version.size() && query.has_version)
      query.version = number;
  }
  take_args(pairs, query);
  const bool is_info = query.type == "info" || query.type == "multiinfo";
  if (takes_json) take_json(request.body, is_info, query);
  if (path_arg) {
    query.has_arg = true;
    query.args = {*path_arg};
  }
  // A '+' that was not escaped came out as a blank, which no name has.
  if (is_info)
    for (std::string& arg : query.args) std::replace(arg.begin(), arg.end(), ' ', '+');
  return query;
}

bool is_callback(std::string_view name) {
  return name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '(' || c == ')' || c == '_' || c == '.';
         });
}

std::string aur_complaint(const AurQuery& query) {
  if (!query.has_version) return "Please specify an API version.";
  if (query.version != 5) return "Invalid version specified.";
  if (query.type.empty()) return "No request type/data specified.";
  if (!is_one_of(kTypes, query.type)) return "Incorrect request type specified.";
  if (!is_one_of(kBys, query.by)) return "Incorrect by field specified.";
  const bool by_maintainer = query.by == "maintainer" || query.type == "msearch";
  if (!query.has_arg && !by_maintainer) return "No request type/data specified.";
  if (query.type == "search" && !by_maintainer && query.args.front().size() < 2)
    return "Query arg too small.";
  if (!is_callback(query.callback)) return "Invalid callback name.";
  return {};
}

}  // namespace rbee::api
