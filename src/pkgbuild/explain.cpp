// Where the values of a recipe come from: see explain.hpp.
#include "pkgbuild/explain.hpp"

#include <algorithm>
#include <map>

#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {
namespace {

/// The compound commands and functions around a place.
class Enclosing {
 public:
  Enclosing(Span place, std::vector<Span>& out) : place_(place), out_(out) {}

  void visit(const Command* command) {
    if (command == nullptr || !holds(command->span)) return;
    using Kind = Command::Kind;
    const Kind kind = command->kind;
    if (kind != Kind::simple && kind != Kind::pipeline && kind != Kind::and_or &&
        kind != Kind::sequence && kind != Kind::group)
      out_.push_back(command->span);
    for (const Command* part : command->parts) visit(part);
    for (const CaseItem& item : command->items) visit(item.body);
  }

 private:
  bool holds(Span span) const {
    return span.begin <= place_.begin && place_.end <= span.end && !(span == place_);
  }

  Span place_;
  std::vector<Span>& out_;
};

/// Copies the events that a value rests on, each once.
class Collector {
 public:
  Collector(const Trace& trace, const Command* root, Explanation& out)
      : trace_(trace), root_(root), out_(out) {}

  std::uint32_t collect(std::uint32_t event, std::string_view shown_name) {
    if (const auto known = known_.find(event); known != known_.end()) return known->second;
    const Trace::Event& from = trace_.events()[event];
    const auto index = static_cast<std::uint32_t>(out_.steps.size());
    known_.emplace(event, index);
    ExplainedStep step;
    step.name = from.name == kOverrideResult ? std::string(shown_name) : from.name;
    step.span = from.span;
    step.array = from.array;
    step.values = from.values;
    step.cut = from.cut;
    step.given = from.given;
    Enclosing(from.span, step.within).visit(root_);
    out_.steps.push_back(std::move(step));
    // An event reads only events before it, so this ends.
    for (const std::uint32_t read : from.reads) {
      if (read >= event) continue;
      const std::uint32_t inner = collect(read, shown_name);
      out_.steps[index].reads.push_back(inner);
    }
    return index;
  }

 private:
  const Trace& trace_;
  const Command* root_;
  Explanation& out_;
  std::map<std::uint32_t, std::uint32_t> known_;
};

}  // namespace

tl::expected<Explanation, Refusal> explain(std::string_view text, const Inputs& inputs,
                                           std::string_view name) {
  Trace trace;
  const tl::expected<Recipe, Refusal> recipe = evaluate(text, inputs, &trace);
  if (!recipe) return tl::unexpected<Refusal>(recipe.error());
  const auto script = parse_recipe(text, inputs.limits);
  Explanation out;
  Collector collector(trace, script ? (*script)->root : nullptr, out);
  if (const std::uint32_t event = trace.latest(name); event != Trace::npos) {
    ExplainedField field;
    field.name = name;
    const auto known = recipe->fields.find(name);
    if (known != recipe->fields.end()) {
      field.values = known->second.values;
      field.array = known->second.form == Field::Form::array;
    } else {
      field.values = trace.events()[event].values;
      field.array = trace.events()[event].array;
    }
    field.step = collector.collect(event, name);
    out.fields.push_back(std::move(field));
  }
  for (const Package& package : recipe->packages) {
    const auto own = package.overrides.find(name);
    if (own == package.overrides.end()) continue;
    std::uint32_t event = Trace::npos;
    for (std::uint32_t i = 0; i < trace.events().size(); ++i) {
      const Trace::Event& candidate = trace.events()[i];
      // Two packages may share a function: their values tell them apart.
      if (candidate.name == kOverrideResult && candidate.span == own->second.span &&
          (event == Trace::npos || candidate.values == own->second.values))
        event = i;
    }
    if (event == Trace::npos) continue;
    ExplainedField field;
    field.package = package.name;
    field.name = name;
    field.values = own->second.values;
    field.array = own->second.form == Field::Form::array;
    field.step = collector.collect(event, name);
    out.fields.push_back(std::move(field));
  }
  return out;
}

tl::expected<std::vector<std::string>, Refusal> variables_of(std::string_view text,
                                                             const Inputs& inputs) {
  Trace trace;
  const tl::expected<Recipe, Refusal> recipe = evaluate(text, inputs, &trace);
  if (!recipe) return tl::unexpected<Refusal>(recipe.error());
  std::vector<std::string> names;
  for (const auto& [name, event] : trace.names())
    if (name != kOverrideResult) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rbee::pkgbuild
