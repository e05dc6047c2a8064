// How much of bash a recipe needs while it is read: see reach.hpp.
#include "reach.hpp"

#include <algorithm>

#include "pkgbuild/parser.hpp"

namespace rbee::conformance {
namespace {

using namespace rbee::pkgbuild;

bool plain(const Word& word);

bool plain(const Parameter& parameter) {
  for (const Word* word : {parameter.index, parameter.operand, parameter.second})
    if (word != nullptr && !plain(*word)) return false;
  return true;
}

bool plain(const WordPart& part) {
  using Kind = WordPart::Kind;
  if (part.kind == Kind::command || part.kind == Kind::process || part.kind == Kind::arithmetic)
    return false;
  if (part.parameter != nullptr && !plain(*part.parameter)) return false;
  return std::all_of(part.parts.begin(), part.parts.end(),
                     [](const WordPart& inner) { return plain(inner); });
}

bool plain(const Word& word) {
  return std::all_of(word.parts.begin(), word.parts.end(),
                     [](const WordPart& part) { return plain(part); });
}

bool plain(const Assignment& assignment) {
  if (assignment.index != nullptr || !plain(assignment.value)) return false;
  return std::all_of(assignment.elements.begin(), assignment.elements.end(),
                     [](const ArrayElement& e) { return e.index == nullptr && plain(e.value); });
}

bool plain(const Command& command) {
  if (command.kind == Command::Kind::function) return true;
  if (command.kind != Command::Kind::simple || !command.words.empty() || !command.redirects.empty())
    return false;
  return std::all_of(command.assignments.begin(), command.assignments.end(),
                     [](const Assignment& assignment) { return plain(assignment); });
}

}  // namespace

std::string_view reach_of(std::string_view recipe) {
  const auto script = parse(recipe);
  if (!script) return "broken";
  const Command* root = (*script)->root;
  if (root == nullptr) return "plain";
  return std::all_of(root->parts.begin(), root->parts.end(),
                     [](const Command* part) { return plain(*part); })
             ? "plain"
             : "beyond";
}

}  // namespace rbee::conformance
