#include "web/templates.hpp"

#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "web/highlight.hpp"
// The only includer: it costs seconds.
#include <kainjow/mustache.hpp>

namespace rbee::web {

namespace mustache = kainjow::mustache;

namespace {

constexpr std::string_view kTemplateFolder = "templates/", kSuffix = ".mustache";
constexpr std::size_t kDepthMax = 8;

using Texts = std::map<std::string, std::string_view, std::less<>>;

auto refuse(std::string_view name, std::string what) {
  return fail(Errc::invalid_input, "template-invalid", fmt::format("{}: {}", name, what));
}

/// `text` with its partials in place. A line that holds a partial alone goes as a whole.
Result<std::string> join(std::string_view name, const Texts& texts, std::size_t depth) {
  const auto found = texts.find(name);
  if (found == texts.end()) return refuse(name, "there is no such template");
  if (depth > kDepthMax) return refuse(name, "partials within each other without end");
  std::string out;
  std::string_view rest = found->second;
  for (;;) {
    const std::size_t begin = rest.find("{{>");
    out += rest.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = rest.find("}}", begin);
    if (end == std::string_view::npos) return refuse(name, "a partial's tag does not end");
    TRY_ASSIGN(const std::string partial,
               join(trim(rest.substr(begin + 3, end - begin - 3)), texts, depth + 1));
    out += partial;
    rest.remove_prefix(end + 2);
  }
}

/// Raw tags stand for SafeHtml alone, whose names tell.
Result<void> check_raw_tags(std::string_view name, std::string_view text) {
  for (std::size_t at = 0; (at = text.find("{{", at)) != std::string_view::npos; at += 2) {
    const char kind = at + 2 < text.size() ? text[at + 2] : ' ';
    if (kind == '=') return refuse(name, "delimiters stay as they are");
    if (kind != '{' && kind != '&') continue;
    const std::size_t end = text.find("}}", at);
    const std::string_view tag = trim(text.substr(at + 3, end - at - 3));
    if (!tag.ends_with("_html"))
      return refuse(name, fmt::format("'{}' would stand unescaped, and is not called …_html", tag));
    at = end;
  }
  return {};
}

mustache::data convert(const View& view, bool is_html);

struct Converter {
  bool is_html;  ///< By its name.
  mustache::data operator()(std::monostate) const { return mustache::data(false); }
  mustache::data operator()(bool value) const { return mustache::data(value); }
  mustache::data operator()(const std::string& text) const {
    // No text of others becomes raw by its key.
    if (text.empty() || is_html) return mustache::data(false);
    return mustache::data(text);
  }
  mustache::data operator()(const SafeHtml& html) const {
    if (html.empty() || !is_html) return mustache::data(false);
    return mustache::data(html.str());
  }
  mustache::data operator()(const Views& list) const {
    mustache::data out(mustache::data::type::list);
    for (const View& each : list) out.push_back(convert(each, false));
    return out;
  }
  mustache::data operator()(const View::Members& members) const {
    mustache::data out(mustache::data::type::object);
    for (const auto& [name, value] : members)
      out.set(name, convert(value, name.ends_with("_html")));
    return out;
  }
};

mustache::data convert(const View& view, bool is_html) {
  return std::visit(Converter{is_html}, view.value());
}

}  // namespace

struct Templates::State {
  // kainjow's render() keeps its error in the object; each render works on shared, parsed parts.
  mutable std::map<std::string, mustache::mustache, std::less<>> by_name;
};

Templates::Templates(std::unique_ptr<State> state) : state_(std::move(state)) {}
Templates::Templates(Templates&&) noexcept = default;
Templates::~Templates() = default;

Result<Templates> Templates::parse(std::span<const EmbeddedFile> files) {
  Texts texts;
  for (const EmbeddedFile& file : files) {
    if (!file.name.starts_with(kTemplateFolder) || !file.name.ends_with(kSuffix)) continue;
    const std::string_view name = file.name.substr(
        kTemplateFolder.size(), file.name.size() - kTemplateFolder.size() - kSuffix.size());
    texts.emplace(name, file.text);
  }
  auto state = std::make_unique<State>();
  for (const auto& [name, text] : texts) {
    if (name.starts_with('_')) continue;  // A partial, and nothing by itself.
    TRY_ASSIGN(const std::string joined, join(name, texts, 0));
    TRY(check_raw_tags(name, joined));
    mustache::mustache parsed(joined);
    if (!parsed.is_valid()) return refuse(name, parsed.error_message());
    parsed.set_custom_escape([](const std::string& each) { return escape(each); });
    state->by_name.emplace(name, std::move(parsed));
  }
  return Templates(std::move(state));
}

bool Templates::has(std::string_view name) const {
  return state_->by_name.contains(name);
}

std::string Templates::render(std::string_view name, const View& view) const {
  std::string out;
  state_->by_name.find(name)->second.render(convert(view, false),
                                            [&out](const std::string& part) { out += part; });
  return out;
}

}  // namespace rbee::web
