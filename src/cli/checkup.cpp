#include "cli/checkup.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "install/generations.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;
using platform::Gpu;
using platform::Machine;
using Status = Check::Status;

constexpr std::uint64_t kMegabyte = 1'000'000;

/// An error as a check: its evidence are the details.
Check of_error(std::string id, std::string label, Status status, const Error& error) {
  Check check{std::move(id), status, std::move(label), printable_line(error.message), {}, {}};
  check.fix = printable_line(error.fix);
  for (const std::string& fact : error.evidence) check.details.push_back(printable_line(fact));
  if (!error.why.empty()) check.details.push_back(printable_line(error.why));
  return check;
}

Check system_check(const Machine& machine) {
  Check check{"system", Status::ok,
              "system", fmt::format("{} {}", to_string(machine.os), to_string(machine.arch)),
              {},       {}};
  if (machine.libc.kind != platform::LibcKind::unknown)
    check.message += fmt::format(", {}{}{}", to_string(machine.libc.kind),
                                 machine.libc.version.empty() ? "" : " ", machine.libc.version);
  if (machine.libc.kind == platform::LibcKind::musl) {
    check.status = Status::warning;
    check.message += ": pre-built workers for glibc do not start here";
    check.fix = "install what is built from source: rbee worker install ID --recipe PKGBUILD";
  }
  return check;
}

Check cpu_check(const Machine& machine) {
  Check check{"cpu", Status::ok, "processor", machine.cpu.model, {}, {}};
  const auto add = [&](const std::string& text) {
    check.message += (check.message.empty() ? "" : ", ") + text;
  };
  if (machine.cpu.cores != 0)
    add(fmt::format("{} {}", machine.cpu.cores, machine.cpu.cores == 1 ? "core" : "cores"));
  if (!machine.cpu.level.empty()) add(machine.cpu.level);
  if (check.message.empty()) check.message = "unknown";
  if (!machine.cpu.features.empty())
    check.details.push_back(fmt::format("{}", fmt::join(machine.cpu.features, " ")));
  return check;
}

Check memory_check(const Machine& machine) {
  Check check{"memory", Status::ok, "memory", "unknown", {}, {}};
  if (machine.ram_bytes != 0) check.message = human_size(machine.ram_bytes);
  if (machine.available_ram_bytes == 0) return check;
  check.message += fmt::format(", {} available", human_size(machine.available_ram_bytes));
  if (machine.available_ram_bytes < 1'000 * kMegabyte) {
    check.status = Status::warning;
    check.fix = "end what uses memory before you start a worker with a model";
  }
  return check;
}

/// True when this user may make files in `path`, or make `path` in its nearest parent.
bool can_write(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored) && path != path.parent_path())
    path = path.parent_path();
  return fs::is_directory(path, ignored) && ::access(path.c_str(), W_OK | X_OK) == 0;
}

Check disk_check(const install::Directories& places, const Context& context, Machine& machine) {
  const Environment& environment = context.world.environment;
  Check check{"disk", Status::ok, "disk", {}, {}, {}};
  if (!machine.disk) {
    const Result<std::uint64_t> bytes = platform::free_bytes(places.data);
    if (!bytes) return of_error("disk", "disk", Status::problem, bytes.error());
    machine.disk = platform::Disk{printable_line(places.data.string()), *bytes};
  }
  const std::uint64_t free = machine.disk->free_bytes;
  check.message = fmt::format("{} free at {}", human_size(free),
                              tilde(environment, fs::path(machine.disk->path)));
  if (!can_write(places.data)) {
    check.status = Status::problem;
    check.message += fmt::format("; nothing can be written to {}", tilde(environment, places.data));
    check.fix = "give the directory to this user, or name another with XDG_DATA_HOME";
  } else if (free < 200 * kMegabyte) {
    check.status = Status::problem;
    check.fix = "make room: rbee's own downloads go with `rbee cache prune`";
  } else if (free < 5'000 * kMegabyte) {
    check.status = Status::warning;
    check.message += "; models often take more";
    check.fix = "make room: rbee's own downloads go with `rbee cache prune`";
  }
  return check;
}

/// "NVIDIA GeForce RTX 4090, 24.0 GB, driver nvidia 550.54.14, CUDA up to 12.4 …".
std::string facts_of(const Gpu& gpu) {
  std::vector<std::string> parts;
  if (!gpu.name.empty()) parts.push_back(gpu.name);
  if (gpu.vram_bytes != 0) parts.push_back(human_size(gpu.vram_bytes));
  if (!gpu.driver.empty() || !gpu.driver_version.empty())
    parts.push_back(fmt::format("driver {}{}{}", gpu.driver,
                                gpu.driver.empty() || gpu.driver_version.empty() ? "" : " ",
                                gpu.driver_version));
  if (!gpu.cuda_max.empty()) parts.push_back("CUDA up to " + gpu.cuda_max);
  if (!gpu.compute_capability.empty())
    parts.push_back("compute capability " + gpu.compute_capability);
  if (!gpu.gfx_target.empty()) parts.push_back(gpu.gfx_target);
  return fmt::format("{}", fmt::join(parts, ", "));
}

void gpu_checks(const Machine& machine, std::vector<Check>& checks) {
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const Gpu& gpu = machine.gpus[i];
    Check check{fmt::format("gpu-{}", i), Status::ok, "GPU", facts_of(gpu), gpu.fix, gpu.evidence};
    if (!gpu.problem.empty()) {
      check.status = Status::warning;
      check.details.insert(check.details.begin(), check.message);
      check.message = gpu.problem;
    } else if (gpu.accelerator == Accelerator::cpu) {
      check.status = Status::warning;
      check.message += ": nothing here can use it";
    }
    checks.push_back(std::move(check));
  }
  Check summary{"accelerators", Status::ok, "accelerators", {}, {}, {}};
  for (const platform::FoundAccelerator& found : machine.accelerators) {
    if (found.accelerator == Accelerator::cpu) continue;
    summary.message +=
        fmt::format("{}{}{}", summary.message.empty() ? "" : ", ", to_string(found.accelerator),
                    found.runtime_max.empty() ? "" : " " + found.runtime_max);
    // A GPU above has its evidence; what RBEE_PLATFORM says has none.
    if (machine.gpus.empty())
      summary.details.push_back(
          fmt::format("{}: {}", to_string(found.accelerator), found.evidence));
  }
  if (summary.message.empty())
    summary.message = fmt::format("none{}: workers run on the processor",
                                  machine.gpus.empty() ? " found" : " that works");
  summary.details.insert(summary.details.end(), machine.notes.begin(), machine.notes.end());
  checks.push_back(std::move(summary));
}

Check sandbox_check(const World& world) {
  const Result<void> works = world.sandbox();
  if (!works) return of_error("sandbox", "sandbox", Status::problem, works.error());
  return {"sandbox", Status::ok, "sandbox", "bubblewrap works", {}, {}};
}

Check path_check(const install::Directories& places, const Environment& environment) {
  const std::string shown = tilde(environment, places.bin);
  if (is_in_path(environment, places.bin))
    return {"path", Status::ok, "PATH", fmt::format("has {}", shown), {}, {}};
  return {"path",
          Status::warning,
          "PATH",
          fmt::format("{} is not in it: workers' commands are not found by name", shown),
          fmt::format("export PATH=\"{}:$PATH\"",
                      shown.starts_with("~") ? "$HOME" + shown.substr(1) : shown),
          {}};
}

Check marketplace_check(Network network, Context& context) {
  constexpr const char* kName = "marketplace";
  const Result<Url> url = marketplace_url(context);
  if (!url) return of_error(kName, kName, Status::warning, url.error());
  if (network == Network::offline)
    return {kName, Status::skipped,
            kName, fmt::format("{}: not asked", printable_line(url->str())),
            {},    {}};
  const World& world = context.world;
  sdk::MarketplaceClient client(*url, world.get_briefly ? world.get_briefly : world.get);
  sdk::SearchQuery query;
  query.limit = 1;
  const Result<wire::WorkerList> list = client.search(query);
  if (!list) {
    Check check = of_error(kName, kName, Status::warning, list.error());
    check.details.resize(std::min<std::size_t>(check.details.size(), 1));
    return check;
  }
  return {kName,
          Status::ok,
          kName,
          fmt::format("{} offers {} {}", printable_line(client.base()), list->total,
                      list->total == 1 ? "worker" : "workers"),
          {},
          {}};
}

Check workers_check(const install::Directories& places) {
  constexpr const char* kId = "workers";
  constexpr const char* kLabel = "installed";
  const auto workers = install::list_installed(places);
  if (!workers) return of_error(kId, kLabel, Status::problem, workers.error());
  Check check{kId, Status::ok, kLabel, "no workers yet", {}, {}};
  if (workers->empty()) return check;
  check.message =
      fmt::format("{} {}, all there", workers->size(), workers->size() == 1 ? "worker" : "workers");
  std::vector<std::string> damaged;
  std::error_code ignored;
  for (const install::Installed& worker : *workers) {
    const bool whole =
        fs::is_directory(worker.tree, ignored) &&
        std::all_of(worker.commands.begin(), worker.commands.end(),
                    [&](const std::string& command) {
                      return fs::exists(places.data / "current/bin" / command, ignored);
                    });
    if (!whole) damaged.push_back(printable_line(worker.id));
  }
  if (!damaged.empty()) {
    check.status = Status::warning;
    check.message = fmt::format("files are missing of {}", fmt::join(damaged, ", "));
    check.fix = fmt::format("rbee worker remove {0} && rbee worker install {0}", damaged.front());
  } else if (!install::links_agree(places)) {
    check.status = Status::warning;
    check.message = "the links to commands are not those of the installed workers";
    check.fix = fmt::format("rbee worker install {}", printable_line(workers->front().id));
  }
  return check;
}

}  // namespace

std::string_view to_string(Check::Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::warning:
      return "warning";
    case Status::problem:
      return "problem";
    case Status::skipped:
      return "skipped";
  }
  return "skipped";
}

std::vector<Check> check_up(Machine& machine, Network network, Context& context) {
  const Environment& environment = context.world.environment;
  const Result<install::Directories> places = directories(environment);
  std::vector<Check> checks = {system_check(machine), cpu_check(machine), memory_check(machine)};
  checks.push_back(places ? disk_check(*places, context, machine)
                          : of_error("disk", "disk", Status::problem, places.error()));
  gpu_checks(machine, checks);
  checks.push_back(sandbox_check(context.world));
  if (places) checks.push_back(path_check(*places, environment));
  checks.push_back(marketplace_check(network, context));
  if (places) checks.push_back(workers_check(*places));
  return checks;
}

}  // namespace rbee::cli
