#include "cli/app.hpp"

#include <ostream>

#include "cli/command_line.hpp"
#include "cli/signals.hpp"
#include "cli/telemetry.hpp"

namespace rbee::cli {

namespace {

int dispatch(const std::vector<std::string>& arguments, const std::string& version, World& world) {
  const Result<CommandLine> line = parse_command_line(arguments, version);
  if (!line) {
    Settings settings;
    settings.json = asks_for_json(arguments);
    return report(line.error(), world, settings);
  }
  if (line->command == nullptr) {
    world.out << line->text;
    return 0;
  }
  Context context{world, line->settings};
  Result<int> code = line->command->run(line->arguments, context);
  if (line->command->group != "telemetry") send_receipts_later(context);
  if (code) return *code;
  // Whatever a stopped step called its end: the user knows why.
  if (stop_wanted() && code.error().code != Errc::interrupted)
    code.error().code = Errc::interrupted;
  return report(code.error(), world, line->settings);
}

}  // namespace

int run(const std::vector<std::string>& arguments, const std::string& version, World& world) {
  const int code = dispatch(arguments, version, world);
  world.out.flush();
  world.err.flush();
  if (world.out.good()) return code;
  Settings settings;
  report(Error{Errc::io, "output-lost", "the output could not be written", {}, {}, {}, {}}, world,
         settings);
  return code == 0 ? 1 : code;
}

}  // namespace rbee::cli
