#include "platform/markdown.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>

namespace rbee::platform {

namespace {

constexpr std::size_t kBytesMax = 512 * 1024;

using Parser = std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)>;
using Tree = std::unique_ptr<cmark_node, decltype(&cmark_node_free)>;
using Iterator = std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)>;

std::string_view text_of(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

void append_escaped(std::string& out, std::string_view text) {
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
        // Other control characters mean nothing in HTML.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
  }
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What may be clicked: an address of the web or of mail, a place on this page, a file beside it.
/// Empty: nothing.
std::string safe_url(std::string_view url, const MarkdownOptions& options) {
  std::string clean;
  for (const char c : url)
    // Browsers leave tabs and newlines out of addresses, and spaces before them.
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7F) clean += c;
  if (clean.empty()) return {};
  if (clean[0] == '#') return "#" + options.id_prefix + clean.substr(1);
  const std::size_t end = clean.find_first_of(":/?#\\");
  if (end != std::string::npos && clean[end] == ':') {
    std::string scheme;
    for (const char c : clean.substr(0, end))
      scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return scheme == "http" || scheme == "https" || scheme == "mailto" ? clean : std::string();
  }
  // "//host" and "\host" would be other sites, "../" another worker.
  if (options.link_base.empty() || clean[0] == '/' || clean.find('\\') != std::string::npos ||
      clean.find("..") != std::string::npos)
    return {};
  if (clean.starts_with("./")) clean.erase(0, 2);
  return options.link_base + clean;
}

std::string slug_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter(c) || (c >= '0' && c <= '9') || c == '_') {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if ((c == ' ' || c == '-') && !out.empty() && out.back() != '-') {
      out += '-';
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      out += c;
    }
  }
  return out.empty() ? "section" : out;
}

std::string plain_text(cmark_node* node) {
  std::string out;
  const Iterator walk(cmark_iter_new(node), cmark_iter_free);
  for (cmark_event_type event; (event = cmark_iter_next(walk.get())) != CMARK_EVENT_DONE;) {
    cmark_node* at = cmark_iter_get_node(walk.get());
    const cmark_node_type type = cmark_node_get_type(at);
    if (event == CMARK_EVENT_ENTER && (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE))
      out += text_of(cmark_node_get_literal(at));
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const MarkdownOptions& options) : options_(options) {}

  std::string write(cmark_node* root) {
    const Iterator walk(cmark_iter_new(root), cmark_iter_free);
    for (cmark_event_type event; (event = cmark_iter_next(walk.get())) != CMARK_EVENT_DONE;)
      visit(cmark_iter_get_node(walk.get()), event == CMARK_EVENT_ENTER);
    return std::move(out_);
  }

 private:
  void visit(cmark_node* node, bool enter) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_TEXT:
        return append_escaped(out_, text_of(cmark_node_get_literal(node)));
      case CMARK_NODE_SOFTBREAK:
        out_ += '\n';
        return;
      case CMARK_NODE_LINEBREAK:
        out_ += "<br>\n";
        return;
      case CMARK_NODE_CODE:
        return element("code", text_of(cmark_node_get_literal(node)));
      case CMARK_NODE_CODE_BLOCK:
        // A region of its own to scroll, for the keyboard, too.
        out_ += "<pre tabindex=\"0\">";
        element("code", text_of(cmark_node_get_literal(node)));
        out_ += "</pre>\n";
        return;
      case CMARK_NODE_EMPH:
        return tag("em", enter);
      case CMARK_NODE_STRONG:
        return tag("strong", enter);
      case CMARK_NODE_BLOCK_QUOTE:
        return tag("blockquote", enter, "\n");
      case CMARK_NODE_THEMATIC_BREAK:
        out_ += "<hr>\n";
        return;
      case CMARK_NODE_PARAGRAPH:
        if (!is_tight(node)) tag("p", enter, "\n");
        return;
      case CMARK_NODE_HEADING:
        return heading(node, enter);
      case CMARK_NODE_LIST:
        return list(node, enter);
      case CMARK_NODE_ITEM:
        tag("li", enter, "\n");
        if (enter && text_of(cmark_node_get_type_string(node)) == "tasklist")
          out_ += cmark_gfm_extensions_get_tasklist_item_checked(node) ? "☑ " : "☐ ";
        return;
      case CMARK_NODE_LINK:
        return link(node, enter);
      case CMARK_NODE_IMAGE:
        // Nothing is loaded from elsewhere: what it shows is a click away.
        if (enter) out_ += "[image: ";
        link(node, enter);
        if (!enter) out_ += ']';
        return;
      case CMARK_NODE_HTML_BLOCK:
      case CMARK_NODE_HTML_INLINE:
        return;
      default:
        return extension(node, enter);
    }
  }

  void extension(cmark_node* node, bool enter) {
    const std::string_view type = text_of(cmark_node_get_type_string(node));
    if (type == "table") {
      if (enter) out_ += "<div class=\"scroll\" tabindex=\"0\">";
      tag("table", enter, "\n");
      if (!enter) out_ += "</div>\n";
    } else if (type == "table_header") {
      is_head_ = enter;
      if (enter) out_ += "<thead>";
      tag("tr", enter);
      if (!enter) out_ += "</thead>\n";
    } else if (type == "table_row") {
      tag("tr", enter, "\n");
    } else if (type == "table_cell") {
      // An empty heading is none to who listens to the table.
      tag(is_head_ && cmark_node_first_child(node) != nullptr ? "th" : "td", enter);
    } else if (type == "strikethrough") {
      tag("del", enter);
    }
  }

  void tag(std::string_view name, bool enter, std::string_view after = "") {
    out_ += enter ? "<" : "</";
    out_ += name;
    out_ += '>';
    if (!enter) out_ += after;
  }

  void element(std::string_view name, std::string_view text) {
    tag(name, true);
    append_escaped(out_, text);
    tag(name, false);
  }

  static bool is_tight(cmark_node* paragraph) {
    cmark_node* item = cmark_node_parent(paragraph);
    cmark_node* list = item == nullptr ? nullptr : cmark_node_parent(item);
    return list != nullptr && cmark_node_get_type(list) == CMARK_NODE_LIST &&
           cmark_node_get_list_tight(list) != 0;
  }

  void heading(cmark_node* node, bool enter) {
    const int level = std::min(6, cmark_node_get_heading_level(node) + options_.heading_shift);
    if (!enter) {
      out_ += fmt::format("</h{}>\n", level);
      return;
    }
    std::string id = slug_of(plain_text(node));
    const int seen = ids_[id]++;
    if (seen > 0) id += fmt::format("-{}", seen);
    out_ += fmt::format("<h{} id=\"", level);
    append_escaped(out_, options_.id_prefix + id);
    out_ += "\">";
  }

  void list(cmark_node* node, bool enter) {
    const bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    const int start = cmark_node_get_list_start(node);
    if (enter && ordered && start != 1) {
      out_ += fmt::format("<ol start=\"{}\">\n", start);
    } else {
      tag(ordered ? "ol" : "ul", enter, "\n");
    }
  }

  /// A link within a link is text: an image's, in the link around it.
  void link(cmark_node* node, bool enter) {
    if (enter) {
      const std::string url = safe_url(text_of(cmark_node_get_url(node)), options_);
      const bool opens = !url.empty() && depth_ == 0;
      if (depth_++ == 0) open_ = opens;
      if (!opens) return;
      out_ += "<a href=\"";
      append_escaped(out_, url);
      out_ += options_.untrusted ? "\" rel=\"nofollow ugc noopener\">" : "\">";
    } else if (--depth_ == 0 && open_) {
      out_ += "</a>";
    }
  }

  const MarkdownOptions& options_;
  std::string out_;
  std::map<std::string, int> ids_;
  bool is_head_ = false, open_ = false;
  int depth_ = 0;  ///< Of links.
};

}  // namespace

std::string markdown_to_html(std::string_view text, const MarkdownOptions& options) {
  static std::once_flag registered;
  std::call_once(registered, cmark_gfm_core_extensions_ensure_registered);
  constexpr int kFlags = CMARK_OPT_VALIDATE_UTF8;
  const Parser parser(cmark_parser_new(kFlags), cmark_parser_free);
  for (const char* name : {"table", "strikethrough", "autolink", "tasklist"})
    if (cmark_syntax_extension* extension = cmark_find_syntax_extension(name))
      cmark_parser_attach_syntax_extension(parser.get(), extension);
  text = text.substr(0, kBytesMax);
  cmark_parser_feed(parser.get(), text.data(), text.size());
  const Tree tree(cmark_parser_finish(parser.get()), cmark_node_free);
  return Writer(options).write(tree.get());
}

}  // namespace rbee::platform
