#include "manifest/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "base/url.hpp"

namespace rbee::manifest {

namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kAlnum =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_in(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

bool made_of(std::string_view text, std::string_view set, std::string_view more = {}) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_in(c, set) || is_in(c, more); });
}

bool is_dotted_number(std::string_view text) {
  for (const std::string_view part : split(text, '.'))
    if (part.empty() || part.size() > 9 || !made_of(part, kDigits)) return false;
  return true;
}

/// Length of a leading comparison (">=", "<=", "==", "=", ">", "<"); 0 when there is none.
std::size_t comparison_length(std::string_view text) {
  for (const std::string_view op : {">=", "<=", "==", "=", ">", "<"})
    if (text.starts_with(op)) return op.size();
  return 0;
}

}  // namespace

std::string check_tag(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 32 && text[0] != '-' && made_of(text, kLower, "0123456789-");
  return good ? ""
              : "is not a tag: at most 32 lower-case letters, digits and '-', a letter or digit "
                "first";
}

std::string check_word(std::string_view text) {
  const bool good = text.size() <= 64 && is_in(text[0], kAlnum) && made_of(text, kAlnum, "._+-");
  return good ? "" : "must be at most 64 letters, digits and '. _ + -', a letter or digit first";
}

std::string check_feature(std::string_view text) {
  const bool good = text.size() <= 64 && (is_in(text[0], kAlnum) || text[0] == '_') &&
                    made_of(text, kAlnum, "_+-./");
  return good ? "" : "is not a feature name: at most 64 letters, digits and '_ + - . /'";
}

std::string check_dependency(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of("<>="), text.size());
  const std::string_view name = text.substr(0, end), condition = text.substr(end);
  if (name.empty() || !is_in(name[0], "abcdefghijklmnopqrstuvwxyz0123456789@_+") ||
      !made_of(name, kLower, "0123456789@._+-"))
    return "is not a package name: lower-case letters, digits and '@ . _ + -'";
  if (condition.empty()) return "";
  const std::string_view version = condition.substr(comparison_length(condition));
  const bool good =
      comparison_length(condition) != 0 && !version.empty() && made_of(version, kAlnum, "._+:~-");
  return good ? "" : "has a version condition that is not like '>=1.2'";
}

std::string check_version(std::string_view text) {
  const bool good = text.size() <= 64 && is_in(text[0], kDigits) && made_of(text, kAlnum, "._+-");
  return good ? "" : "is not a version: a digit first, then letters, digits and '. _ + -'";
}

std::string check_condition(std::string_view text) {
  const std::size_t length = comparison_length(text);
  return length != 0 && is_dotted_number(text.substr(length)) ? ""
                                                              : "is not a condition like '>=12.0'";
}

std::string check_url(std::string_view text) {
  const auto url = Url::parse(text);
  if (!url) return "is not a URL that can be used: " + url.error().why;
  return url->scheme() == "http" || url->scheme() == "https" ? "" : "must be an http or https URL";
}

std::string check_secure_url(std::string_view text) {
  const auto url = Url::parse(text);
  if (!url) return "is not a URL that can be used: " + url.error().why;
  const bool here =
      url->host() == "localhost" || url->host() == "127.0.0.1" || url->host() == "[::1]";
  return url->scheme() == "https" || (url->scheme() == "http" && here) ? ""
                                                                       : "must be an https URL";
}

std::string check_host(std::string_view text) {
  bool good = text.size() <= 253 && text.find('.') != std::string_view::npos && text != "127.0.0.1";
  for (const std::string_view label : split(text, '.'))
    good = good && !label.empty() && label.size() <= 63 && label.front() != '-' &&
           label.back() != '-' && made_of(label, kLower, "0123456789-");
  good = good && !is_dotted_number(text);
  // Tests and private set-ups serve from this machine.
  return good || text == "localhost" || text == "127.0.0.1"
             ? ""
             : "is not a host name in lower case, without port";
}

std::string check_license_env(std::string_view text) {
  constexpr std::string_view prefix = "RBEE_LICENSE_";
  const bool good = text.starts_with(prefix) && text.size() > prefix.size() && text.size() <= 64 &&
                    made_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  return good ? ""
              : "must begin with RBEE_LICENSE_, so that no other secret of the user can be asked "
                "for";
}

std::string check_relative_path(std::string_view text) {
  if (text.size() > 200) return "is longer than 200 bytes";
  for (const std::string_view segment : split(text, '/'))
    if (segment.empty() || segment == "." || segment == ".." || segment[0] == '-' ||
        segment.size() > 100 || !made_of(segment, kAlnum, "._+@-{} ") || segment.back() == ' ' ||
        segment.front() == ' ')
      return "is not a relative path of plain names ('..' and leading '-' are not allowed)";
  return "";
}

std::string check_git_ref(std::string_view text) {
  if (auto wrong = check_placeholders(text, {"version"}); !wrong.empty()) return wrong;
  bool good = text.size() <= 200 && made_of(text, kAlnum, "._+@/{}-") &&
              text.find("..") == std::string_view::npos &&
              text.find("@{") == std::string_view::npos;
  for (const std::string_view segment : split(text, '/'))
    good = good && !segment.empty() && segment[0] != '-' && segment[0] != '.' &&
           !segment.ends_with(".lock") && segment.back() != '.';
  return good ? "" : "is not the name of a Git tag or branch";
}

std::string check_commit(std::string_view text) {
  return text.size() == 40 && made_of(text, "0123456789abcdef")
             ? ""
             : "is not a full commit id: 40 lower-case "
               "hexadecimal digits";
}

std::string check_sha256(std::string_view text) {
  return text.size() == 64 && from_hex(text) ? "" : "is not a SHA-256: 64 hexadecimal digits";
}

std::string check_argument(std::string_view text) {
  return check_placeholders(text, {"port", "host", "model", "device"});
}

std::string check_url_path(std::string_view text) {
  const bool good = text[0] == '/' && text.size() <= 200 && made_of(text, kAlnum, "/._~-") &&
                    text.find("//") == std::string_view::npos &&
                    text.find("..") == std::string_view::npos;
  return good ? "" : "is not a path such as '/health'";
}

std::string check_release_url(std::string_view text) {
  if (auto wrong = check_placeholders(text, {"version", "os", "arch", "accelerator"});
      !wrong.empty())
    return wrong;
  if (text.find('#') != std::string_view::npos) return "must not have a fragment ('#')";
  return check_secure_url(expand_placeholders(text, "1.0", Platform{}));
}

std::string check_versioned_path(std::string_view text) {
  if (auto wrong = check_placeholders(text, {"version"}); !wrong.empty()) return wrong;
  return check_relative_path(text);
}

std::string check_source_url(std::string_view text) {
  if (auto wrong = check_placeholders(text, {"version"}); !wrong.empty()) return wrong;
  // makepkg gives both a meaning in the URL of a repository: signed commits and the branch to take.
  if (text.find_first_of("#?") != std::string_view::npos)
    return "must not have a query or a fragment ('?' or '#')";
  return check_secure_url(expand_placeholders(text, "1.0", Platform{}));
}

std::string check_placeholders(std::string_view text,
                               std::initializer_list<std::string_view> allowed) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return "has a '{' without its '}'";
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const std::vector<std::string> candidates(allowed.begin(), allowed.end());
    const auto near = did_you_mean(name, candidates);
    return fmt::format("has the unknown placeholder '{{{}}}'{}", name.substr(0, 40),
                       near ? fmt::format("; did you mean '{{{}}}'?", *near) : "");
  }
  return "";
}

std::string expand_placeholders(std::string_view text, std::string_view version,
                                const Platform& platform) {
  const std::pair<std::string_view, std::string_view> values[] = {
      {"{version}", version},
      {"{os}", to_string(platform.os)},
      {"{arch}", to_string(platform.arch)},
      {"{accelerator}", to_string(platform.accelerator)}};
  std::string out;
  while (!text.empty()) {
    const auto* found = std::find_if(std::begin(values), std::end(values), [&](const auto& value) {
      return text.starts_with(value.first);
    });
    if (found != std::end(values)) {
      out += found->second;
      text.remove_prefix(found->first.size());
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace rbee::manifest
