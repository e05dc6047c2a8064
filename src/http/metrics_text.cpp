// A strict reader of the text format 0.0.4: what `promtool check metrics` and the scraper would
// refuse, and what they would take in silence and lose.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/metrics.hpp"

namespace rbee::http {

namespace {

bool is_name(std::string_view text, bool with_colon) {
  if (text.empty() || is_digit(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_alpha(c) || c == '_' || (with_colon && c == ':');
  });
}

bool is_number(std::string_view text) {
  if (text == "+Inf" || text == "-Inf" || text == "NaN") return true;
  const std::string copy(text);
  char* end = nullptr;
  std::strtod(copy.c_str(), &end);
  return !copy.empty() && end == copy.c_str() + copy.size() && !is_alpha(copy[0]) &&
         copy[0] != ' ' && copy[0] != '\t';
}

struct Line {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// Empty when the sample is well-formed.
std::string parse(std::string_view text, Line& line) {
  const std::size_t end = text.find_first_of("{ ");
  if (end == std::string_view::npos) return "a sample has no value";
  line.name = text.substr(0, end);
  if (!is_name(line.name, true)) return "a metric's name is none";
  std::string_view rest = text.substr(end);
  if (rest.front() == '{') {
    rest.remove_prefix(1);
    while (!rest.starts_with('}')) {
      const std::size_t sign = rest.find('=');
      if (sign == std::string_view::npos) return "a label has no value";
      const std::string label(rest.substr(0, sign));
      if (!is_name(label, false) || label.starts_with("__")) return "a label's name is none";
      rest.remove_prefix(sign + 1);
      if (!rest.starts_with('"')) return "a label's value is not quoted";
      rest.remove_prefix(1);
      std::string value;
      for (; !rest.empty() && rest.front() != '"'; rest.remove_prefix(1)) {
        if (rest.front() == '\\') {
          rest.remove_prefix(1);
          if (rest.empty() ||
              std::string_view("\\\"n").find(rest.front()) == std::string_view::npos)
            return "an escape is unknown";
        }
        value += rest.front();
      }
      if (rest.empty()) return "a label's value has no end";
      rest.remove_prefix(1);
      if (!line.labels.emplace(label, value).second) return "a label stands twice";
      if (rest.starts_with(',')) {
        rest.remove_prefix(1);
        if (rest.starts_with('}')) return "a comma stands before '}'";
      } else if (!rest.starts_with('}')) {
        return "labels are not separated by ','";
      }
    }
    rest.remove_prefix(1);
  }
  if (!rest.starts_with(' ')) return "no space before the value";
  rest.remove_prefix(1);
  if (!is_number(rest)) return "the value is no number";
  line.value = std::strtod(std::string(rest).c_str(), nullptr);
  return {};
}

struct Family {
  std::string type;
  bool has_help = false;
  bool closed = false;  ///< Another family began since.
  std::set<std::string> series;
  /// Of a histogram, by the labels beside "le".
  std::map<std::string, std::vector<std::pair<double, double>>> buckets;
  std::map<std::string, double> counts;
  std::set<std::string> sums;
};

std::string key_of(const Line& line, bool without_le) {
  std::string key = without_le ? "" : line.name;
  for (const auto& [name, value] : line.labels)
    if (!without_le || name != "le") key += "," + name + "=" + value;
  return key;
}

std::string check_histogram(const Family& family) {
  for (const auto& [key, buckets] : family.buckets) {
    if (!std::is_sorted(buckets.begin(), buckets.end())) return "buckets do not grow";
    double before = 0;
    for (const auto& [bound, count] : buckets) {
      if (count < before) return "a bucket counts less than the one below it";
      before = count;
    }
    if (buckets.empty() || buckets.back().first != HUGE_VAL) return "there is no bucket +Inf";
    const auto count = family.counts.find(key);
    if (count == family.counts.end() || count->second != buckets.back().second)
      return "_count is not the bucket +Inf";
    if (!family.sums.contains(key)) return "there is no _sum";
  }
  return {};
}

}  // namespace

std::string check_metrics_text(std::string_view text) {
  if (!text.empty() && text.back() != '\n') return "the last line has no end";
  if (!is_utf8(text)) return "it is not UTF-8";
  std::map<std::string, Family> families;
  std::string current;
  std::size_t number = 0;
  const auto wrong = [&](std::string_view why) { return fmt::format("line {}: {}", number, why); };
  for (std::string_view line : split(text.substr(0, text.empty() ? 0 : text.size() - 1), '\n')) {
    ++number;
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      const auto words = split(line, ' ');
      if (words.size() < 4 || words[0] != "#" || (words[1] != "HELP" && words[1] != "TYPE"))
        return wrong("a comment that is neither HELP nor TYPE");
      const std::string name(words[2]);
      if (!is_name(name, true)) return wrong("a metric's name is none");
      if (name != current) {
        if (families.contains(name)) return wrong("a family's lines are not together");
        current = name;
      }
      Family& family = families[name];
      if (words[1] == "HELP") {
        if (family.has_help) return wrong("HELP stands twice");
        family.has_help = true;
        continue;
      }
      if (!family.type.empty()) return wrong("TYPE stands twice");
      if (!family.series.empty()) return wrong("TYPE stands behind a sample");
      family.type = words[3];
      const std::set<std::string> types = {"counter", "gauge", "histogram", "summary", "untyped"};
      if (!types.contains(family.type) || words.size() != 4) return wrong("TYPE is unknown");
      continue;
    }
    Line sample;
    if (const std::string why = parse(line, sample); !why.empty()) return wrong(why);
    std::string base = sample.name;
    if (current != base)
      for (const std::string_view suffix : {"_bucket", "_sum", "_count"})
        if (base == current + std::string(suffix) && families[current].type == "histogram")
          base = current;
    if (base != current) return wrong("a sample stands outside its family");
    Family& family = families[current];
    if (family.type.empty() || !family.has_help) return wrong("a family has no TYPE or no HELP");
    if (!family.series.insert(key_of(sample, false)).second) return wrong("a series stands twice");
    if (family.type == "counter") {
      if (!base.ends_with("_total")) return wrong("a counter's name does not end in _total");
      if (!(sample.value >= 0)) return wrong("a counter is negative");
    }
    if (family.type != "histogram") continue;
    const std::string key = key_of(sample, true);
    if (sample.name.ends_with("_bucket")) {
      const auto bound = sample.labels.find("le");
      if (bound == sample.labels.end() || !is_number(bound->second))
        return wrong("a bucket has no bound");
      family.buckets[key].emplace_back(std::strtod(bound->second.c_str(), nullptr), sample.value);
    } else if (sample.name.ends_with("_count")) {
      family.counts[key] = sample.value;
    } else {
      family.sums.insert(key);
    }
  }
  for (const auto& [name, family] : families)
    if (const std::string why = check_histogram(family); !why.empty()) return name + ": " + why;
  return {};
}

}  // namespace rbee::http
