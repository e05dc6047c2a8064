// rbee recipe matrix: what one recipe yields on every platform.
#include <fmt/format.h>

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_input.hpp"
#include "pkgbuild/matrix.hpp"

namespace rbee::cli {

namespace {

using pkgbuild::MatrixGroup;

/// The platforms that the options leave over.
std::vector<Platform> wanted(const Arguments& arguments, const Platform& asked) {
  std::vector<Platform> platforms = pkgbuild::all_platforms();
  std::erase_if(platforms, [&](const Platform& platform) {
    return (!arguments.os.empty() && platform.os != asked.os) ||
           (!arguments.arch.empty() && platform.arch != asked.arch) ||
           (!arguments.accelerator.empty() && platform.accelerator != asked.accelerator);
  });
  return platforms;
}

boost::json::value to_json(const pkgbuild::Field& field) {
  boost::json::array values;
  for (const std::string& value : field.values)
    values.push_back(boost::json::string(json_text(value)));
  if (field.form == pkgbuild::Field::Form::scalar && values.size() == 1) return values[0];
  return values;
}

boost::json::object to_json(const pkgbuild::Fields& fields,
                            const std::vector<std::string>* only = nullptr) {
  boost::json::object out;
  for (const auto& [name, field] : fields)
    if (only == nullptr || std::find(only->begin(), only->end(), name) != only->end())
      out[json_text(name)] = to_json(field);
  return out;
}

void write_field(std::string_view name, const pkgbuild::Field& field, std::string& out) {
  if (field.values.empty()) out += fmt::format("  {:<14}\n", printable_line(name));
  bool first = true;
  for (const std::string& value : field.values) {
    out += fmt::format("  {:<14} {}\n", first ? printable_line(name) : "", printable_line(value));
    first = false;
  }
}

void print_text(const pkgbuild::Matrix& matrix, Context& context) {
  std::string out;
  if (!matrix.common.empty()) {
    out += context.styled("everywhere", Style::bold) + '\n';
    for (const auto& [name, field] : matrix.common) write_field(name, field, out);
  }
  for (const MatrixGroup& group : matrix.groups) {
    if (!out.empty()) out += '\n';
    out += context.styled(pkgbuild::describe_platforms(group.platforms), Style::bold) + '\n';
    if (group.refusal) {
      out +=
          fmt::format("  nothing: {}\n", printable_line(group.refusal->findings.front().message));
      continue;
    }
    if (matrix.differing.empty()) out += "  as everywhere\n";
    for (const std::string& name : matrix.differing)
      if (const auto field = group.fields.find(name); field != group.fields.end())
        write_field(name, field->second, out);
  }
  context.world.out << out;
}

void print_json(const pkgbuild::Matrix& matrix, Context& context) {
  boost::json::array groups;
  for (const MatrixGroup& group : matrix.groups) {
    boost::json::array platforms;
    for (const Platform& platform : group.platforms)
      platforms.push_back(boost::json::string(to_string(platform)));
    boost::json::object one{{"platforms", std::move(platforms)}};
    if (group.refusal) {
      boost::json::array findings;
      for (const Finding& finding : group.refusal->findings)
        findings.push_back(cli::to_json(finding));
      one["findings"] = std::move(findings);
      one["fields"] = nullptr;
    } else {
      one["fields"] = to_json(group.fields, &matrix.differing);
    }
    groups.push_back(std::move(one));
  }
  boost::json::array differing;
  for (const std::string& name : matrix.differing)
    differing.push_back(boost::json::string(json_text(name)));
  context.print(boost::json::object{{"everywhere", to_json(matrix.common)},
                                    {"differs", std::move(differing)},
                                    {"groups", std::move(groups)}});
}

}  // namespace

Result<int> recipe_matrix(const Arguments& arguments, Context& context) {
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  // Each platform brings its own.
  for (const char* name : {"RBEE_OS", "RBEE_ACCELERATOR"})
    if (std::none_of(arguments.variables.begin(), arguments.variables.end(),
                     [&](const std::string& v) { return v.starts_with(std::string(name) + "="); }))
      input.inputs.environment.erase(name);
  const pkgbuild::Matrix matrix =
      pkgbuild::evaluate_matrix(input.text, input.inputs, wanted(arguments, input.inputs.platform));
  const bool any = std::any_of(matrix.groups.begin(), matrix.groups.end(),
                               [](const MatrixGroup& group) { return !group.refusal; });
  // A recipe that is refused everywhere for one reason is refused.
  if (!any && matrix.groups.size() == 1)
    return tl::unexpected<Error>(refusal_error(*matrix.groups.front().refusal, input.name));
  if (context.settings.json) {
    print_json(matrix, context);
  } else {
    print_text(matrix, context);
  }
  return any ? 0 : 1;
}

}  // namespace rbee::cli
