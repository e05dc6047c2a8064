#include "cli/health.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/text.hpp"
#include "cli/run_plan.hpp"
#include "cli/signals.hpp"

namespace rbee::cli {

namespace {

constexpr std::chrono::milliseconds kHealthStep{100};
constexpr std::uint64_t kHealthBytesMax = 1 << 20;
constexpr std::chrono::seconds kProbePatience{10};

Error ended_early(const install::Installed& worker, int code) {
  return fail(
             Errc::failed, "worker-ended", fmt::format("{} ended before it answered", worker.id),
             {.evidence = {fmt::format("exit code {}", code)}, .fix = "what it wrote stands above"})
      .value();
}

}  // namespace

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

Result<Url> health_url(const install::Installed& worker, const std::string& url) {
  if (!url.empty() && worker.run && !worker.run->health.empty())
    return Url::parse(url + (worker.run->health.starts_with('/') ? "" : "/") + worker.run->health);
  return fail(Errc::usage, "health-unknown",
              fmt::format("{} does not say where its health can be asked", worker.id),
              {.why = "its manifest has no health path in [run]",
               .fix = fmt::format("rbee worker run {}", worker.id)});
}

Result<void> wait_until_healthy(const install::Installed& worker, const Url& url,
                                WorkerProcess& process, std::chrono::seconds patience,
                                World& world) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string last;
  while (std::chrono::steady_clock::now() < deadline) {
    if (stop_wanted()) return fail(Errc::interrupted, "interrupted", "stopped");
    if (const auto code = process.ended()) return tl::unexpected<Error>(ended_early(worker, *code));
    const Result<platform::HttpAnswer> answer = world.get_once(url, kHealthBytesMax, {});
    if (answer && answer->status == 200) return {};
    last = answer ? fmt::format("status {}", answer->status) : answer.error().message;
    std::this_thread::sleep_for(kHealthStep);
  }
  return fail(Errc::unreachable, "worker-not-healthy",
              fmt::format("{} did not answer within {} seconds", worker.id, patience.count()),
              {.evidence = {"GET " + url.str(), std::move(last)}});
}

Result<bool> probe_health(const install::Installed& worker, Context& context) {
  if (!worker.run || worker.run->health.empty() || !listens(worker)) return false;
  for (const std::string& word : worker.run->args)
    if (word.find("{model}") != std::string::npos) return false;
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::string command, choose_command(worker, ""));
  TRY_ASSIGN(const std::filesystem::path program, program_of(worker, command, places));
  const Arguments defaults;
  TRY_ASSIGN(const std::uint16_t port, free_port(defaults.host));
  TRY_ASSIGN(const std::vector<std::string> words, run_arguments(worker, defaults, port));
  TRY_ASSIGN(const Url health, health_url(worker, worker_url(defaults.host, port)));
  const PoliteStop until_done;
  TRY_ASSIGN(WorkerProcess process,
             WorkerProcess::start(program, words, WorkerProcess::Output::discarded));
  TRY(wait_until_healthy(worker, health, process, kProbePatience, context.world));
  process.stop();
  return true;
}

}  // namespace rbee::cli
