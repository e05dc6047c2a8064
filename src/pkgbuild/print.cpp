// The tree back as text: see print.hpp.
#include "pkgbuild/print.hpp"

#include <algorithm>

#include "pkgbuild/tokens.hpp"

namespace rbee::pkgbuild {
std::string print(const Script& script) {
  std::string out;
  out.reserve(script.text.size());
  for (const Token& token : tokens(script))
    out.append(script.text, token.span.begin, token.span.end - token.span.begin);
  return out;
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
