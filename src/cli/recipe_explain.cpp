// rbee recipe explain: where a value of a recipe comes from.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_input.hpp"
#include "cli/table.hpp"
#include "pkgbuild/explain.hpp"

namespace rbee::cli {

namespace {

constexpr int kTextWidth = 100;  ///< Of an assignment or a value, in cells.

/// Bytes of the recipe on one line, runs of blanks as one.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : printable_line(text)) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out.push_back(c);
  }
  return truncate(out, kTextWidth);
}

std::string values_text(const std::vector<std::string>& values, bool array, bool cut) {
  std::string out;
  for (const std::string& value : values) {
    if (!out.empty()) out += ' ';
    out += array ? fmt::format("'{}'", value) : value;
  }
  if (cut) out += " …";
  if (array) out = "(" + out + ")";
  return out.empty() ? "''" : one_line(out);
}

/// What a name that no assignment made stands for.
std::string given_text(const std::string& name, const pkgbuild::Inputs& inputs) {
  if (inputs.environment.contains(name))
    return fmt::format("{} from the environment: '{}'", name,
                       one_line(inputs.environment.find(name)->second));
  if (name == "CARCH" || name == "CHOST")
    return fmt::format("{} of {}", name, to_string(inputs.platform));
  if (name == "startdir" || name == "PWD" || name == "BASH_SOURCE")
    return fmt::format("{} of the recipe's folder", name);
  return fmt::format("{}, which is not set", printable_line(name));
}

class Writer {
 public:
  Writer(const RecipeInput& input, const pkgbuild::Explanation& explanation)
      : input_(input), explanation_(explanation), lines_(input.text) {}

  std::string text() {
    std::string out;
    for (const pkgbuild::ExplainedField& field : explanation_.fields) {
      out += fmt::format("{}{} = {}\n",
                         field.package.empty() ? "" : printable_line(field.package) + ": ",
                         printable_line(field.name), values_text(field.values, field.array, false));
      step(field.step, 1, out);
    }
    return out;
  }

  boost::json::object json() const {
    boost::json::array fields, steps;
    for (const pkgbuild::ExplainedField& field : explanation_.fields)
      fields.push_back(boost::json::object{
          {"package", field.package.empty() ? boost::json::value(nullptr)
                                            : boost::json::value(json_text(field.package))},
          {"name", json_text(field.name)},
          {"array", field.array},
          {"values", texts(field.values)},
          {"step", field.step}});
    for (const pkgbuild::ExplainedStep& from : explanation_.steps) {
      const Position at = lines_.position(from.span.begin);
      boost::json::array within, reads;
      for (const Span& span : from.within) {
        const Position place = lines_.position(span.begin);
        within.push_back(boost::json::object{
            {"line", place.line}, {"column", place.column}, {"text", json_text(first_line(span))}});
      }
      for (const std::uint32_t read : from.reads) reads.push_back(read);
      steps.push_back(boost::json::object{{"name", json_text(from.name)},
                                          {"span", {from.span.begin, from.span.end}},
                                          {"line", at.line},
                                          {"column", at.column},
                                          {"text", json_text(slice(from.span))},
                                          {"array", from.array},
                                          {"values", texts(from.values)},
                                          {"cut", from.cut},
                                          {"reads", std::move(reads)},
                                          {"given", texts(from.given)},
                                          {"within", std::move(within)}});
    }
    return {{"fields", std::move(fields)}, {"steps", std::move(steps)}};
  }

 private:
  static boost::json::array texts(const std::vector<std::string>& values) {
    boost::json::array out;
    for (const std::string& value : values) out.push_back(boost::json::string(json_text(value)));
    return out;
  }
  std::string_view slice(Span span) const {
    return std::string_view(input_.text).substr(span.begin, span.end - span.begin);
  }
  std::string_view first_line(Span span) const {
    const std::string_view text = slice(span);
    return text.substr(0, text.find('\n'));
  }
  std::string place(Span span) const {
    const Position at = lines_.position(span.begin);
    return fmt::format("{}:{}", at.line, at.column);
  }

  void step(std::uint32_t index, std::size_t depth, std::string& out) {
    const pkgbuild::ExplainedStep& from = explanation_.steps[index];
    const std::string indent(depth * 2, ' ');
    const std::string text = one_line(slice(from.span));
    if (!shown_.insert(index).second) {
      out += fmt::format("{}{}  {}  (as above)\n", indent, place(from.span), text);
      return;
    }
    out += fmt::format("{}{}  {}", indent, place(from.span), text);
    const std::string values = values_text(from.values, from.array, from.cut);
    // pkgver=1.2 says it all.
    if (text != from.name + "=" + values && text != fmt::format("{}='{}'", from.name, values) &&
        text != fmt::format("{}=\"{}\"", from.name, values))
      out += fmt::format("  → {}", values);
    out += '\n';
    for (const Span& within : from.within)
      out +=
          fmt::format("{}  inside {}  {}\n", indent, place(within), one_line(first_line(within)));
    for (const std::string& given : from.given)
      out += fmt::format("{}  {}\n", indent, given_text(given, input_.inputs));
    for (const std::uint32_t read : from.reads) {
      const std::uint32_t before = before_the_loop(read, from);
      if (before == pkgbuild::Trace::npos) continue;
      step(before, depth + 1, out);
    }
  }

  /// x+=… in a loop reads what it made in the turn before: the value that the first turn began
  /// with, or npos when there was none.
  std::uint32_t before_the_loop(std::uint32_t index, const pkgbuild::ExplainedStep& from) const {
    const pkgbuild::ExplainedStep* turn = &explanation_.steps[index];
    while (turn->span == from.span && turn->name == from.name) {
      const auto earlier = std::find_if(
          turn->reads.begin(), turn->reads.end(),
          [&](std::uint32_t read) { return explanation_.steps[read].name == from.name; });
      if (earlier == turn->reads.end()) return pkgbuild::Trace::npos;
      index = *earlier;
      turn = &explanation_.steps[index];
    }
    return index;
  }

  const RecipeInput& input_;
  const pkgbuild::Explanation& explanation_;
  LineMap lines_;
  std::set<std::uint32_t> shown_;
};

}  // namespace

Result<int> recipe_explain(const Arguments& arguments, Context& context) {
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  const auto explanation = pkgbuild::explain(input.text, input.inputs, arguments.key);
  if (!explanation) return tl::unexpected<Error>(refusal_error(explanation.error(), input.name));
  if (explanation->fields.empty()) {
    const auto names = pkgbuild::variables_of(input.text, input.inputs);
    const auto near = names ? did_you_mean(arguments.key, *names) : std::nullopt;
    return fail(Errc::not_found, "field-not-set",
                fmt::format("'{}' never sets {}", printable_line(input.name),
                            printable_line(arguments.key)),
                {.evidence = {names ? fmt::format("it sets {}", fmt::join(*names, ", ")) : ""},
                 .fix = near ? fmt::format("did you mean {}?", *near) : ""});
  }
  Writer writer(input, *explanation);
  if (context.settings.json) {
    context.print(writer.json());
  } else {
    context.world.out << writer.text();
  }
  return 0;
}

}  // namespace rbee::cli
