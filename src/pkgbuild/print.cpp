// The tree back as text: see print.hpp.
#include "pkgbuild/print.hpp"

#include <algorithm>

namespace rbee::pkgbuild {
namespace {

/// Writes children in order and, between them, the source's own bytes.
class Printer {
 public:
  explicit Printer(const std::string& source) : source_(source) {}

  void command(const Command& node) {
    for (const Assignment& child : node.assignments) leaf(child.span);
    if (node.kind == Command::Kind::function) leaf(node.name_span);
    for (const Word& child : node.words) leaf(child.span);
    for (const Command* child : node.parts) command(*child);
    for (const CaseItem& child : node.items) {
      for (const Word& pattern : child.patterns) leaf(pattern.span);
      if (child.body != nullptr) command(*child.body);
      leaf({std::max(at_, child.span.begin), child.span.end});
    }
    leaf({std::max(at_, node.span.begin), node.span.end});
  }

  std::string finish() {
    leaf({at_, static_cast<std::uint32_t>(source_.size())});
    return std::move(out_);
  }

 private:
  void leaf(Span span) {
    // What was written already (a redirection between words) is not written twice.
    if (span.end <= at_) return;
    out_.append(source_, at_, span.end - at_);
    at_ = span.end;
  }

  const std::string& source_;
  std::string out_;
  std::uint32_t at_ = 0;
};

}  // namespace

std::string print(const Script& script) {
  Printer printer(script.text);
  if (script.root != nullptr) printer.command(*script.root);
  return printer.finish();
}

std::string print(const Script& script, std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.span.begin < at || edit.span.end < edit.span.begin ||
        edit.span.end > script.text.size())
      continue;
    out.append(script.text, at, edit.span.begin - at);
    out += edit.text;
    at = edit.span.end;
  }
  out.append(script.text, at, std::string::npos);
  return out;
}

}  // namespace rbee::pkgbuild
