// rbee worker run: start an installed worker in the foreground and say where it answers.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <ostream>
#include <thread>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/run_plan.hpp"
#include "cli/signals.hpp"
#include "cli/worker_process.hpp"

namespace rbee::cli {

namespace {

constexpr std::chrono::seconds kHealthPatience{60};
constexpr std::chrono::milliseconds kHealthStep{100};
constexpr std::uint64_t kHealthBytesMax = 1 << 20;

Result<install::Installed> find_installed(const WorkerId& id, const install::Directories& places) {
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  std::vector<std::string> ids;
  for (const install::Installed& worker : workers) {
    if (worker.id == id.str()) return worker;
    ids.push_back(worker.id);
  }
  const auto nearest = did_you_mean(id.str(), ids);
  return fail(Errc::not_found, "worker-not-installed", fmt::format("{} is not installed", id.str()),
              {.fix = nearest ? fmt::format("did you mean '{}'?", *nearest)
                              : fmt::format("rbee worker install {}", id.str())});
}

/// The program behind the command: through the link in the bin directory, which must still be ours.
Result<std::filesystem::path> program_of(const install::Installed& worker,
                                         const std::string& command,
                                         const install::Directories& places) {
  const std::filesystem::path link = places.bin / command;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::canonical(link, error);
  const std::filesystem::path tree =
      error ? std::filesystem::path() : std::filesystem::canonical(worker.tree, error);
  const std::string inside = tree.string() + "/";
  if (error || !program.string().starts_with(inside))
    return fail(Errc::integrity, "command-replaced",
                fmt::format("{} is not the command of {}", link.string(), worker.id),
                {.evidence = {error ? error.message() : "it is " + program.string()},
                 .fix = fmt::format("rbee worker install {} puts it back", worker.id)});
  return link;
}

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

Error ended_early(const install::Installed& worker, int code) {
  return fail(
             Errc::failed, "worker-ended", fmt::format("{} ended before it answered", worker.id),
             {.evidence = {fmt::format("exit code {}", code)}, .fix = "what it wrote stands above"})
      .value();
}

/// Wait until `url` answers 200, the worker ends, or the user has had enough.
Result<void> wait_until_healthy(const install::Installed& worker, const Url& url,
                                WorkerProcess& process, World& world) {
  const auto deadline = std::chrono::steady_clock::now() + kHealthPatience;
  std::string last;
  while (std::chrono::steady_clock::now() < deadline) {
    if (stop_wanted()) return fail(Errc::interrupted, "interrupted", "stopped");
    if (const auto code = process.ended()) return tl::unexpected<Error>(ended_early(worker, *code));
    const Result<platform::HttpAnswer> answer = world.get_once(url, kHealthBytesMax, {});
    if (answer && answer->status == 200) return {};
    last = answer ? fmt::format("status {}", answer->status) : answer.error().message;
    std::this_thread::sleep_for(kHealthStep);
  }
  return fail(
      Errc::unreachable, "worker-not-healthy",
      fmt::format("{} did not answer within {} seconds", worker.id, kHealthPatience.count()),
      {.evidence = {"GET " + url.str(), std::move(last)}});
}

Result<int> run_watched(const install::Installed& worker, const std::filesystem::path& program,
                        const std::vector<std::string>& words, const std::string& url,
                        Context& context) {
  if (url.empty() || worker.run->health.empty())
    return fail(Errc::usage, "health-unknown",
                fmt::format("{} does not say where its health can be asked", worker.id),
                {.why = "its manifest has no health path in [run]",
                 .fix = fmt::format("rbee worker run {}", worker.id)});
  TRY_ASSIGN(const Url health, Url::parse(url + (worker.run->health.starts_with('/') ? "" : "/") +
                                          worker.run->health));
  const PoliteStop until_done;
  // With --json, standard output is one line, whatever the worker says before it is healthy.
  TRY_ASSIGN(WorkerProcess process,
             WorkerProcess::start(program, words,
                                  context.settings.json ? WorkerProcess::Output::to_standard_error
                                                        : WorkerProcess::Output::inherited));
  TRY(wait_until_healthy(worker, health, process, context.world));
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

}  // namespace

Result<int> worker_run(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const install::Installed worker, find_installed(id, places));
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
