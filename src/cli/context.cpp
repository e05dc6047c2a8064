#include "cli/context.hpp"

#include <boost/json/serialize.hpp>
#include <ostream>

#include "base/text.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

std::string paint(std::string_view text, Style style, bool colour) {
  const char* code = nullptr;
  switch (style) {
    case Style::plain:
      break;
    case Style::bold:
      code = "1";
      break;
    case Style::dim:
      code = "2";
      break;
    case Style::good:
      code = "32";
      break;
    case Style::bad:
      code = "1;31";
      break;
    case Style::warning:
      code = "33";
      break;
  }
  if (code == nullptr || !colour) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Context::print(std::string_view text) {
  world.out << text << '\n';
}
void Context::print(const boost::json::value& value) {
  world.out << boost::json::serialize(value) << '\n';
}

void Context::print(const Table& table) {
  const std::string text = table.render(columns());
  const std::size_t heading_end = text.find('\n');
  world.out << styled(text.substr(0, heading_end), Style::bold) << text.substr(heading_end);
}

void Context::note(std::string_view text) {
  if (!settings.quiet && !settings.json) world.err << text << '\n';
}

void Context::warn(std::string_view text) {
  world.err << paint("warning:", Style::warning, world.environment.err.colour) << ' ' << text
            << '\n';
}

std::string Context::styled(std::string_view text, Style style) const {
  return paint(text, style, world.environment.out.colour);
}

int Context::columns() const {
  return world.environment.out.is_terminal ? world.environment.out.columns : 0;
}

int report(const Error& error, World& world, const Settings& settings) {
  if (settings.json) {
    world.out << boost::json::serialize(to_json(error)) << '\n';
  } else {
    world.err << paint("error:", Style::bad, world.environment.err.colour) << ' ' << describe(error)
              << '\n';
  }
  return exit_code(error.code);
}

}  // namespace rbee::cli
