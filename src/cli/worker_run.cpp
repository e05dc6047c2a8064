// rbee worker run: start an installed worker in the foreground and say where it answers.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <chrono>
#include <ostream>
#include <thread>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/health.hpp"
#include "cli/json.hpp"
#include "cli/run_plan.hpp"
#include "cli/signals.hpp"
#include "cli/worker_process.hpp"
#include "install/generations.hpp"

namespace rbee::cli {

namespace {

constexpr std::chrono::seconds kHealthPatience{60};
constexpr std::chrono::milliseconds kHealthStep{100};

void announce(const install::Installed& worker, const std::filesystem::path& program,
              const std::vector<std::string>& words, const std::string& url, pid_t pid,
              std::string_view state, Context& context) {
  if (context.settings.json) {
    boost::json::array command{program.string()};
    for (const std::string& word : words) command.emplace_back(json_text(word));
    context.print(
        boost::json::object{{"id", worker.id},
                            {"version", json_text(worker.version)},
                            {"url", url.empty() ? boost::json::value() : boost::json::value(url)},
                            {"pid", static_cast<std::int64_t>(pid)},
                            {"state", std::string(state)},
                            {"command", std::move(command)}});
  } else if (!url.empty() && !context.settings.quiet) {
    context.print(fmt::format("{} {} {} {}", worker.id, printable_line(worker.version),
                              state == "ready" ? "answers at" : "starts at", url));
  }
  context.world.out.flush();
}

Result<int> run_watched(const install::Installed& worker, const std::filesystem::path& program,
                        const std::vector<std::string>& words, const std::string& url,
                        Context& context) {
  TRY_ASSIGN(const Url health, health_url(worker, url));
  const PoliteStop until_done;
  // With --json, standard output is one line, whatever the worker says before it is healthy.
  TRY_ASSIGN(WorkerProcess process,
             WorkerProcess::start(program, words,
                                  context.settings.json ? WorkerProcess::Output::to_standard_error
                                                        : WorkerProcess::Output::inherited));
  TRY(wait_until_healthy(worker, health, process, kHealthPatience, context.world));
  announce(worker, program, words, url, process.pid(), "ready", context);
  for (;;) {
    if (const auto code = process.ended()) return stop_wanted() ? 130 : *code;
    if (stop_wanted()) {
      process.stop();
      return 130;
    }
    std::this_thread::sleep_for(kHealthStep);
  }
}

/// What a hive passes to whatever worker it starts; of no use to the worker are its id and the
/// queen.
Result<Arguments> from_hive(Arguments arguments) {
  const std::vector<std::string> words = std::move(arguments.trailing);
  arguments.trailing.clear();
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string name = words[i], value;
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    }
    if (name == "--model")
      arguments.model = value;
    else if (name == "--device")
      arguments.device = value;
    else if (name == "--port" &&
             std::from_chars(value.data(), value.data() + value.size(), arguments.port).ec ==
                 std::errc{})
      continue;
    else if (name != "--worker-id" && name != "--queen-url" && name != "--hive-url")
      return fail(Errc::usage, "hive-flag-unknown",
                  fmt::format("the hive passed '{}', which this rbee does not know",
                              printable_line(words[i])));
  }
  return arguments;
}

}  // namespace

Result<int> worker_run(const Arguments& given, Context& context) {
  Arguments arguments = given;
  if (given.hive) {
    TRY_ASSIGN(arguments, from_hive(given));
  }
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  TRY_ASSIGN(const install::Installed worker, install::find_worker(workers, id));
  TRY_ASSIGN(const std::string command, choose_command(worker, arguments.command));
  TRY_ASSIGN(const std::filesystem::path program, program_of(worker, command, places));

  std::uint16_t port = arguments.port;
  std::string url;
  if (listens(worker)) {
    if (port == 0) {
      TRY_ASSIGN(port, free_port(arguments.host));
    }
    url = worker_url(arguments.host, port);
  }
  TRY_ASSIGN(const std::vector<std::string> words, run_arguments(worker, arguments, port));
  if (arguments.health) return run_watched(worker, program, words, url, context);

  announce(worker, program, words, url, getpid(), "starting", context);
  context.world.err.flush();
  return tl::unexpected<Error>(become(program, words));
}

}  // namespace rbee::cli
