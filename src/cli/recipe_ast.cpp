// rbee recipe ast: the syntax tree of a recipe, or its tokens.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/ast_nodes.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_input.hpp"
#include "pkgbuild/tokens.hpp"

namespace rbee::cli {

namespace {

/// What a place looks like in both forms.
void put_place(boost::json::object& out, Span span, const LineMap& lines) {
  const Position at = lines.position(span.begin);
  out["span"] = boost::json::array{span.begin, span.end};
  out["line"] = at.line;
  out["column"] = at.column;
}

boost::json::object to_json(const AstNode& node, const LineMap& lines) {
  boost::json::object out;
  out["role"] = node.role;
  out["kind"] = node.kind;
  put_place(out, node.span, lines);
  for (const auto& [name, value] : node.attributes) out[name] = json_text(value);
  if (node.children.empty()) return out;
  boost::json::array children;
  for (const AstNode& child : node.children) children.push_back(to_json(child, lines));
  out["children"] = std::move(children);
  return out;
}

void write_text(const AstNode& node, const LineMap& lines, std::size_t indent, std::string& out) {
  const Position at = lines.position(node.span.begin);
  out.append(indent * 2, ' ');
  out +=
      node.role == node.kind ? std::string(node.kind) : fmt::format("{}: {}", node.role, node.kind);
  for (const auto& [name, value] : node.attributes)
    out += fmt::format(" {}={}", name, printable_line(value));
  out += fmt::format("  {}:{}\n", at.line, at.column);
  for (const AstNode& child : node.children) write_text(child, lines, indent + 1, out);
}

void print_tokens(const pkgbuild::Script& script, const LineMap& lines, Context& context) {
  boost::json::array all;
  std::string out;
  for (const pkgbuild::Token& token : pkgbuild::tokens(script)) {
    const std::string_view text =
        std::string_view(script.text).substr(token.span.begin, token.span.end - token.span.begin);
    if (context.settings.json) {
      boost::json::object one{{"kind", to_string(token.kind)}};
      put_place(one, token.span, lines);
      one["text"] = json_text(text);
      all.push_back(std::move(one));
    } else if (token.kind != pkgbuild::TokenKind::blank &&
               token.kind != pkgbuild::TokenKind::newline) {
      const Position at = lines.position(token.span.begin);
      out += fmt::format("{:<9} {:<13} {}\n", fmt::format("{}:{}", at.line, at.column),
                         to_string(token.kind), printable_line(text));
    }
  }
  if (context.settings.json) {
    context.print(boost::json::object{{"tokens", std::move(all)}});
  } else {
    context.world.out << out;
  }
}

}  // namespace

Result<int> recipe_ast(const Arguments& arguments, Context& context) {
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  const auto script = pkgbuild::parse_recipe(input.text, input.inputs.limits);
  if (!script) return tl::unexpected<Error>(refusal_error(script.error(), input.name));
  const LineMap lines(input.text);
  if (arguments.tokens) {
    print_tokens(**script, lines, context);
    return 0;
  }
  const AstNode root = ast_nodes(**script);
  if (context.settings.json) {
    context.print(to_json(root, lines));
  } else {
    std::string out;
    write_text(root, lines, 0, out);
    context.world.out << out;
  }
  return 0;
}

}  // namespace rbee::cli
