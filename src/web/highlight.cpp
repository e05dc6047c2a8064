#include "web/highlight.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "pkgbuild/parser.hpp"
#include "pkgbuild/tokens.hpp"

namespace rbee::web {

namespace {

using pkgbuild::TokenKind;

/// The class of a token's <span>; empty: none.
std::string_view class_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::comment:
      return "c";
    case TokenKind::operator_:
    case TokenKind::continuation:
      return "o";
    case TokenKind::reserved:
      return "k";
    case TokenKind::string:
    case TokenKind::here_document:
      return "s";
    case TokenKind::name:
      return "n";
    case TokenKind::expansion:
      return "v";
    default:
      return {};
  }
}

/// Text in classes, cut into lines that are elements of their own.
class Lines {
 public:
  explicit Lines(std::map<std::int64_t, std::string> below) : below_(std::move(below)) { open(); }

  void add(std::string_view text, std::string_view css) {
    for (;;) {
      const std::size_t end = text.find('\n');
      const std::string_view part = text.substr(0, end);
      if (!part.empty()) {
        if (css.empty()) {
          out_ += escape(part);
        } else {
          out_ += fmt::format("<span class=\"{}\">{}</span>", css, escape(part));
        }
      }
      if (end == std::string_view::npos) return;
      close();
      ++line_;
      open();
      text.remove_prefix(end + 1);
    }
  }

  SafeHtml finish() {
    close();
    return SafeHtml::by_renderer("<div class=\"code\" tabindex=\"0\"><pre>" + out_ +
                                 "</pre></div>");
  }

 private:
  void open() {
    out_ += fmt::format(
        "<span class=\"line\" id=\"L{0}\"><a href=\"#L{0}\" class=\"ln\" "
        "aria-label=\"line {0}\" data-n=\"{0}\"></a><code>",
        line_);
  }
  void close() {
    out_ += "\n</code></span>";
    if (const auto found = below_.find(line_); found != below_.end()) out_ += found->second;
  }

  std::map<std::int64_t, std::string> below_;
  std::string out_;
  std::int64_t line_ = 1;
};

std::string_view text_at(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

std::map<std::int64_t, std::string> notes_of(const boost::json::value& findings,
                                             std::string_view file) {
  std::map<std::int64_t, std::string> notes;
  if (!findings.is_array()) return notes;
  for (const auto& each : findings.get_array()) {
    const auto* finding = each.if_object();
    if (finding == nullptr || text_at(*finding, "file") != file) continue;
    const auto* line = finding->if_contains("line");
    if (line == nullptr || !line->is_int64() || line->get_int64() < 1) continue;
    const std::string_view severity = text_at(*finding, "severity");
    notes[line->get_int64()] += fmt::format(
        "<span class=\"note {0}\"><b>{0}</b> {1} <a href=\"/docs/checks/{2}\">{2}</a></span>",
        escape(severity), escape(text_at(*finding, "message")), escape(text_at(*finding, "rule")));
  }
  return notes;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string clean;
  if (!is_utf8(text)) {
    clean = printable(text);
    text = clean;
  }
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

SafeHtml highlight_recipe(std::string_view text, const boost::json::value& findings,
                          std::string_view file) {
  Lines lines(notes_of(findings, file));
  const auto script = pkgbuild::parse(text);
  if (!script) {
    lines.add(text, {});
    return lines.finish();
  }
  for (const pkgbuild::Token& token : pkgbuild::tokens(**script))
    lines.add(text.substr(token.span.begin, token.span.end - token.span.begin),
              class_of(token.kind));
  return lines.finish();
}

SafeHtml number_lines(std::string_view text) {
  Lines lines({});
  lines.add(text, {});
  return lines.finish();
}

SafeHtml highlight_diff(std::string_view patch) {
  std::string out = "<div class=\"code diff\" tabindex=\"0\"><pre>";
  for (const std::string_view line : split(patch, '\n')) {
    std::string_view css = "same";
    if (line.starts_with("diff ") || line.starts_with("+++") || line.starts_with("---") ||
        line.starts_with("index ")) {
      css = "file";
    } else if (line.starts_with("@@")) {
      css = "hunk";
    } else if (line.starts_with('+')) {
      css = "add";
    } else if (line.starts_with('-')) {
      css = "del";
    }
    out += fmt::format("<span class=\"line {}\"><code>{}\n</code></span>", css, escape(line));
  }
  return SafeHtml::by_renderer(out + "</pre></div>");
}

SafeHtml mark_text(std::string_view text, const boost::json::value* marks) {
  std::string out;
  std::size_t at = 0;
  if (marks != nullptr && marks->is_array())
    for (const auto& pair : marks->get_array()) {
      if (!pair.is_array() || pair.get_array().size() != 2) continue;
      const auto number = [&](std::size_t i) {
        const auto& value = pair.get_array()[i];
        return value.is_int64() && value.get_int64() >= 0
                   ? static_cast<std::size_t>(value.get_int64())
                   : text.size();
      };
      const std::size_t begin = number(0), end = number(1);
      if (begin < at || end <= begin || end > text.size()) continue;
      out += escape(text.substr(at, begin - at));
      out += "<mark>" + escape(text.substr(begin, end - begin)) + "</mark>";
      at = end;
    }
  return SafeHtml::by_renderer(out + escape(text.substr(at)));
}

}  // namespace rbee::web
