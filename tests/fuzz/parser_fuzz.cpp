// Any bytes to the parser: the same tree or the same fault each time, every node inside its parent,
// and the tree printed again is the text.
#include <algorithm>

#include "fuzz.hpp"
#include "pkgbuild/parser.hpp"
#include "pkgbuild/print.hpp"

namespace {

using namespace rbee;
using namespace rbee::pkgbuild;

/// Walks a tree. `child` texts (`…` with escapes, <<- here-documents) give all nodes one place.
class Walker {
 public:
  explicit Walker(const Script& script) : size_(static_cast<std::uint32_t>(script.text.size())) {}

  void command(const Command& node, Span parent) {
    nodes_ += 1;
    inside(node.span, parent);
    // A here-document's body follows the line, outside of its command.
    for (const Redirect& redirect : node.redirects) {
      inside(redirect.span, node.span);
      word(redirect.target, redirect.span);
      inside(redirect.body_span, {0, size_});
      if (redirect.kind == Redirect::Kind::here_doc) word(redirect.body, redirect.body_span);
    }
    if (!node.name.empty()) inside(node.name_span, node.span);
    ordered(node.assignments, [&](const Assignment& a) { assignment(a, node.span); });
    ordered(node.words, [&](const Word& w) { word(w, node.span); });
    std::uint32_t at = 0;
    for (const Command* part : node.parts) {
      REQUIRE(part != nullptr && part->span.begin >= at);
      at = part->span.begin;
      command(*part, node.span);
    }
    if (node.kind == Command::Kind::sequence) REQUIRE(node.ops.size() == node.parts.size());
    if (node.kind == Command::Kind::and_or) REQUIRE(node.ops.size() + 1 == node.parts.size());
    ordered(node.items, [&](const CaseItem& item) {
      inside(item.span, node.span);
      REQUIRE(!item.patterns.empty());
      ordered(item.patterns, [&](const Word& w) { word(w, item.span); });
      if (item.body != nullptr) command(*item.body, item.span);
    });
    ordered(node.texts, [&](const Word& w) { word(w, node.span); });
    if (node.kind == Command::Kind::condition) {
      REQUIRE(node.condition != nullptr);
      condition(*node.condition, node.span);
    }
  }
  std::size_t nodes() const { return nodes_; }

 private:
  template <typename T, typename Visit>
  void ordered(const List<T>& list, Visit visit) {
    std::uint32_t at = 0;
    for (const T& item : list) {
      REQUIRE(item.span.begin >= at);
      at = item.span.begin;
      visit(item);
    }
  }

  void inside(Span span, Span parent) {
    REQUIRE(span.begin <= span.end && span.end <= size_);
    REQUIRE(span.begin >= parent.begin && span.end <= parent.end);
  }

  void word(const Word& node, Span parent) {
    nodes_ += 1;
    inside(node.span, parent);
    if (node.assignment != nullptr) assignment(*node.assignment, node.span);
    ordered(node.parts, [&](const WordPart& p) { part(p, node.span); });
  }

  void part(const WordPart& node, Span parent) {
    nodes_ += 1;
    inside(node.span, parent);
    ordered(node.parts, [&](const WordPart& p) { part(p, node.span); });
    if (node.command != nullptr) command(*node.command, node.span);
    REQUIRE((node.kind == WordPart::Kind::parameter) == (node.parameter != nullptr));
    if (node.parameter == nullptr) return;
    const Parameter& parameter = *node.parameter;
    inside(parameter.name_span, node.span);
    for (const Word* one : {parameter.index, parameter.operand, parameter.second}) {
      if (one != nullptr) word(*one, node.span);
    }
  }

  void assignment(const Assignment& node, Span parent) {
    inside(node.span, parent);
    inside(node.name_span, node.span);
    inside(node.value_span, node.span);
    REQUIRE(!node.name.empty());
    if (node.index != nullptr) word(*node.index, node.span);
    if (!node.array) word(node.value, node.value_span);
    ordered(node.elements, [&](const ArrayElement& element) {
      inside(element.span, node.value_span);
      if (element.index != nullptr) word(*element.index, element.span);
      word(element.value, element.span);
    });
  }

  void condition(const Condition& node, Span parent) {
    nodes_ += 1;
    inside(node.span, parent);
    using Kind = Condition::Kind;
    if (node.kind == Kind::word || node.kind == Kind::unary || node.kind == Kind::binary)
      word(node.left, node.span);
    if (node.kind == Kind::binary) word(node.right, node.span);
    if (node.a != nullptr) condition(*node.a, node.span);
    if (node.b != nullptr) condition(*node.b, node.span);
  }

  std::uint32_t size_;
  std::size_t nodes_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  if (text.find('\0') != std::string_view::npos) return 0;  // parse() is never given one.
  ParseOptions options;
  if ((data[0] & 1) != 0) options.extglob = Extglob::on;
  if ((data[0] & 2) != 0) options.depth_max = 8;
  const double start = fuzz::processor_seconds();
  const auto script = parse(text, options);
  REQUIRE(fuzz::processor_seconds() - start < 1);
  const auto again = parse(text, options);
  REQUIRE(script.has_value() == again.has_value());
  if (!script) {
    const SyntaxError& error = script.error();
    REQUIRE(error.message == again.error().message && error.kind == again.error().kind);
    REQUIRE(error.span == again.error().span);
    REQUIRE(!error.message.empty());
    REQUIRE(error.span.begin <= error.span.end && error.span.end <= text.size());
    return 0;
  }
  REQUIRE((*script)->text == text);
  REQUIRE_FOR(print(**script) == text, print(**script));
  const Span whole{0, static_cast<std::uint32_t>(text.size())};
  Walker first(**script), second(**again);
  if ((*script)->root != nullptr) first.command(*(*script)->root, whole);
  if ((*again)->root != nullptr) second.command(*(*again)->root, whole);
  REQUIRE(first.nodes() == second.nodes());
  return 0;
}
