#include "manifest/spdx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace rbee::manifest {

namespace {

/// What AI workers and what they are built on are usually licensed under. Not on it: a warning, not
/// an error.
constexpr std::array kCommonIds = {"0BSD",
                                   "AFL-3.0",
                                   "AGPL-3.0-only",
                                   "AGPL-3.0-or-later",
                                   "Apache-2.0",
                                   "Artistic-2.0",
                                   "BSD-1-Clause",
                                   "BSD-2-Clause",
                                   "BSD-2-Clause-Patent",
                                   "BSD-3-Clause",
                                   "BSD-3-Clause-Clear",
                                   "BSL-1.0",
                                   "BUSL-1.1",
                                   "CC-BY-4.0",
                                   "CC-BY-NC-4.0",
                                   "CC-BY-NC-SA-4.0",
                                   "CC-BY-SA-4.0",
                                   "CC0-1.0",
                                   "CDDL-1.0",
                                   "CDLA-Permissive-2.0",
                                   "ECL-2.0",
                                   "Elastic-2.0",
                                   "EPL-1.0",
                                   "EPL-2.0",
                                   "EUPL-1.2",
                                   "GFDL-1.3-or-later",
                                   "GPL-2.0-only",
                                   "GPL-2.0-or-later",
                                   "GPL-3.0-only",
                                   "GPL-3.0-or-later",
                                   "HPND",
                                   "ICU",
                                   "IJG",
                                   "ISC",
                                   "LGPL-2.0-only",
                                   "LGPL-2.0-or-later",
                                   "LGPL-2.1-only",
                                   "LGPL-2.1-or-later",
                                   "LGPL-3.0-only",
                                   "LGPL-3.0-or-later",
                                   "Libpng",
                                   "MIT",
                                   "MIT-0",
                                   "MPL-1.1",
                                   "MPL-2.0",
                                   "MS-PL",
                                   "MulanPSL-2.0",
                                   "NCSA",
                                   "OFL-1.1",
                                   "OpenSSL",
                                   "OSL-3.0",
                                   "PolyForm-Noncommercial-1.0.0",
                                   "PostgreSQL",
                                   "PSF-2.0",
                                   "Python-2.0",
                                   "SSPL-1.0",
                                   "Unicode-3.0",
                                   "Unicode-DFS-2016",
                                   "Unlicense",
                                   "UPL-1.0",
                                   "Vim",
                                   "W3C",
                                   "WTFPL",
                                   "X11",
                                   "Zlib",
                                   "curl",
                                   "libtiff",
                                   "NOASSERTION",
                                   "NONE"};
constexpr std::array kCommonExceptions = {
    "Autoconf-exception-3.0", "Bison-exception-2.2",    "Classpath-exception-2.0",
    "Font-exception-2.0",     "GCC-exception-3.1",      "LLVM-exception",
    "Linux-syscall-note",     "OpenSSL-exception",      "openvpn-openssl-exception",
    "Swift-exception",        "WxWindows-exception-3.1"};
/// Deprecated in list 3.0: they do not say whether later versions are meant.
constexpr std::array kVague = {"AGPL-3.0", "GPL-2.0",  "GPL-3.0",
                               "LGPL-2.0", "LGPL-2.1", "LGPL-3.0"};

constexpr int kDepthMax = 16;

bool is_id_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}
bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_id_char);
}

template <std::size_t N>
bool contains(const std::array<const char*, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { advance(); }

  SpdxResult run() {
    if (token_.empty()) {
      error({0, static_cast<std::uint32_t>(text_.size())}, "the licence expression is empty",
            "for example: MIT");
    } else if (expression(0) && !token_.empty()) {
      const bool lower = token_ == "and" || token_ == "or" || token_ == "with";
      error(
          span(),
          fmt::format("'{}' stands where AND, OR or the end was expected", printable_line(token_)),
          lower ? "operators are written in capitals" : "");
    }
    return std::move(result_);
  }

 private:
  // expression := term { "OR" term };  term := factor { "AND" factor }. One loop: we keep no
  // precedence.
  bool expression(int depth) {
    if (depth > kDepthMax) return error(span(), "parentheses nest too deep", "");
    for (;;) {
      if (!factor(depth)) return false;
      if (token_ != "AND" && token_ != "OR") return true;
      advance();
    }
  }

  // factor := "(" expression ")" | license [ "WITH" exception ]
  bool factor(int depth) {
    if (token_ == "(") {
      const Span open = span();
      advance();
      if (!expression(depth + 1)) return false;
      if (token_ != ")") return error(open, "this parenthesis is not closed", "");
      advance();
      return true;
    }
    if (!license()) return false;
    if (token_ != "WITH") return true;
    advance();
    if (!is_id(token_))
      return error(span(), "WITH is not followed by the name of an exception", "");
    if (!contains(kCommonExceptions, token_))
      remark_unknown(token_, kCommonExceptions, "exception");
    advance();
    return true;
  }

  // license := id ["+"] | ["DocumentRef-" id ":"] "LicenseRef-" id
  bool license() {
    if (token_.empty() || token_ == ")" || token_ == "AND" || token_ == "OR" || token_ == "WITH")
      return error(span(), "a licence identifier is missing here", "");
    std::string_view id = token_;
    if (id.starts_with("DocumentRef-")) {
      const std::size_t colon = id.find(':');
      if (colon == std::string_view::npos || !is_id(id.substr(12, colon - 12)))
        return error(
            span(), fmt::format("'{}' is not DocumentRef-name:LicenseRef-name", printable_line(id)),
            "");
      id.remove_prefix(colon + 1);
      if (!id.starts_with("LicenseRef-"))
        return error(span(), "a LicenseRef- must follow the colon of a DocumentRef-", "");
    }
    if (id.starts_with("LicenseRef-")) {
      if (!is_id(id.substr(11)))
        return error(
            span(),
            fmt::format("'{}' is not LicenseRef- and a name of letters, digits, '-' and '.'",
                        printable_line(id)),
            "");
      result_.ids.emplace(token_);
      advance();
      return true;
    }
    if (id.ends_with('+')) id.remove_suffix(1);
    if (!is_id(id)) {
      return error(span(),
                   fmt::format("'{}' is not an SPDX licence identifier", printable_line(token_)),
                   "see https://spdx.org/licenses/, or write LicenseRef-yourname and put the text "
                   "beside the recipe");
    }
    if (contains(kVague, id)) {
      result_.remarks.push_back(
          {span(), fmt::format("'{}' does not say whether later versions are meant", id),
           fmt::format("write {0}-only or {0}-or-later", id), false});
    } else if (!contains(kCommonIds, id)) {
      remark_unknown(id, kCommonIds, "licence");
    }
    result_.ids.emplace(token_);
    advance();
    return true;
  }

  template <std::size_t N>
  void remark_unknown(std::string_view id, const std::array<const char*, N>& list,
                      std::string_view what) {
    const std::vector<std::string> candidates(list.begin(), list.end());
    const auto near = did_you_mean(id, candidates);
    result_.remarks.push_back({span(),
                               fmt::format("'{}' is not a common SPDX {} identifier", id, what),
                               near ? fmt::format("did you mean '{}'?", *near) : "", false});
  }

  bool error(Span span, std::string message, std::string fix) {
    result_.remarks.push_back({span, std::move(message), std::move(fix), true});
    return false;
  }

  Span span() const {
    return {static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(begin_ + token_.size())};
  }

  void advance() {
    begin_ = text_.find_first_not_of(' ', begin_ + token_.size());
    if (begin_ == std::string_view::npos) {
      begin_ = text_.size();
      token_ = {};
    } else if (text_[begin_] == '(' || text_[begin_] == ')') {
      token_ = text_.substr(begin_, 1);
    } else {
      token_ = text_.substr(begin_, text_.find_first_of(" ()", begin_) - begin_);
    }
  }

  std::string_view text_, token_;
  std::size_t begin_ = 0;
  SpdxResult result_;
};

}  // namespace

SpdxResult parse_spdx(std::string_view expression) {
  return Parser(expression).run();
}

}  // namespace rbee::manifest
