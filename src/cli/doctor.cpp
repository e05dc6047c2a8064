// rbee doctor: what this machine is, whether workers can be installed on it, and what to do if not.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/checkup.hpp"
#include "cli/commands.hpp"
#include "cli/machine_json.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

namespace {

using Status = Check::Status;

Style style_of(Status status) {
  switch (status) {
    case Status::ok:
      return Style::good;
    case Status::warning:
      return Style::warning;
    case Status::problem:
      return Style::bad;
    case Status::skipped:
      return Style::dim;
  }
  return Style::plain;
}

/// Status, label, text; what follows stands below the text.
class Report {
 public:
  explicit Report(Context& context) : context_(context) {}

  void add(const Check& check) {
    print(check.message,
          context_.styled(pad(to_string(check.status), kStatusWidth), style_of(check.status)) +
              context_.styled(pad(check.label, kLabelWidth), Style::bold),
          Style::plain);
    const std::string below(kStatusWidth + kLabelWidth, ' ');
    if (!check.fix.empty()) print("fix: " + check.fix, below, Style::plain);
    for (const std::string& detail : check.details) print(detail, below, Style::dim);
  }

 private:
  static constexpr int kStatusWidth = 9, kLabelWidth = 14;

  void print(const std::string& text, std::string lead, Style style) {
    constexpr int kIndent = kStatusWidth + kLabelWidth;
    const std::string shown = printable_line(text);
    const int columns = context_.columns();
    const auto lines = columns == 0 ? std::vector<std::string>{shown}
                                    : wrap(shown, std::max(20, columns - kIndent));
    for (const std::string& line : lines) {
      context_.print(lead + context_.styled(line, style));
      lead.assign(kIndent, ' ');
    }
  }

  Context& context_;
};

std::string summary(const std::vector<Check>& checks) {
  const auto count = [&](Status status) {
    return std::count_if(checks.begin(), checks.end(),
                         [&](const Check& check) { return check.status == status; });
  };
  const auto problems = count(Status::problem), warnings = count(Status::warning);
  std::string text =
      problems == 0 ? "Workers can be installed here." : "Workers cannot be installed here yet.";
  const auto add = [&](auto number, std::string_view word) {
    if (number != 0)
      text += fmt::format("{} {} {}{}", text.ends_with('.') ? "" : ",", number, word,
                          number == 1 ? "" : "s");
  };
  add(problems, "problem");
  add(warnings, "warning");
  return text.ends_with('.') ? text : text + ".";
}

boost::json::array to_json(const std::vector<Check>& checks) {
  boost::json::array out;
  for (const Check& check : checks)
    out.push_back(boost::json::object{
        {"id", check.id},
        {"status", to_string(check.status)},
        {"message", printable_line(check.message)},
        {"fix", check.fix.empty() ? boost::json::value()
                                  : boost::json::value(printable_line(check.fix))}});
  return out;
}

}  // namespace

Result<int> doctor(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(platform::Machine machine, context.world.machine());
  const std::vector<Check> checks =
      check_up(machine, arguments.offline ? Network::offline : Network::ask, context);
  const bool stuck = std::any_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.status == Status::problem;
  });
  if (context.settings.json) {
    boost::json::object value = to_json(machine);
    value["checks"] = to_json(checks);
    context.print(value);
    return stuck ? 1 : 0;
  }
  if (const std::string_view file = context.world.environment.variable("RBEE_MACHINE");
      !file.empty())
    context.note(fmt::format("system to GPU are as RBEE_MACHINE says: {}", printable_line(file)));
  Report report(context);
  for (const Check& check : checks)
    if (!context.settings.quiet || check.status == Status::warning ||
        check.status == Status::problem)
      report.add(check);
  if (!context.settings.quiet) context.print("\n" + summary(checks));
  return stuck ? 1 : 0;
}

}  // namespace rbee::cli
