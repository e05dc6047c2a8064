#include "web/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "wire/json_reader.hpp"

namespace rbee::web {

namespace {

constexpr std::int64_t kBytesPerMb = 1'000'000, kMbMax = 100'000'000;

std::optional<std::int64_t> parse_mb(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > kMbMax)
    return std::nullopt;
  return value;
}

}  // namespace

std::string to_cookie(const MachineProfile& machine) {
  std::string accelerators;
  for (const Accelerator each : machine.accelerators)
    accelerators += (accelerators.empty() ? "" : "-") + std::string(to_string(each));
  return fmt::format("{}.{}.{}.{}.{}", to_string(machine.os), to_string(machine.arch), accelerators,
                     machine.ram_mb, machine.vram_mb);
}

std::optional<MachineProfile> parse_machine_cookie(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 5) return std::nullopt;
  const auto os = parse_os(parts[0]);
  const auto arch = parse_arch(parts[1]);
  const auto ram = parse_mb(parts[3]), vram = parse_mb(parts[4]);
  if (!os || !arch || !ram || !vram) return std::nullopt;
  MachineProfile machine{*os, *arch, {}, *ram, *vram};
  for (const std::string_view word : split(parts[2], '-')) {
    const auto accelerator = parse_accelerator(word);
    if (!accelerator || machine.accelerators.size() > kAccelerators.size()) return std::nullopt;
    machine.accelerators.push_back(*accelerator);
  }
  return machine;
}

Result<MachineProfile> parse_doctor(std::string_view text_in) {
  const auto refuse = [] {
    return fail(Errc::invalid_input, "machine-invalid",
                "this is not what `rbee doctor --json` prints",
                {.fix = "run `rbee doctor --json` and paste all of it"});
  };
  const auto parsed = wire::parse_json(text_in);
  if (!parsed) return refuse();
  const Json& machine = at(*parsed, "machine").is_object() ? at(*parsed, "machine") : *parsed;
  const auto os = parse_os(text(machine, "os"));
  const auto arch = parse_arch(text(machine, "arch"));
  if (!os || !arch) return refuse();
  MachineProfile out{*os, *arch, {}, 0, 0};
  out.ram_mb = std::min(count(at(machine, "memory"), "total_bytes") / kBytesPerMb, kMbMax);
  for (const Json& each : list(machine, "accelerators")) {
    const auto accelerator = parse_accelerator(text(each, "accelerator"));
    if (!accelerator || std::find(out.accelerators.begin(), out.accelerators.end(), *accelerator) !=
                            out.accelerators.end())
      continue;
    out.accelerators.push_back(*accelerator);
    if (*accelerator != Accelerator::cpu)
      out.vram_mb =
          std::clamp<std::int64_t>(count(each, "vram_bytes") / kBytesPerMb, out.vram_mb, kMbMax);
  }
  if (std::find(out.accelerators.begin(), out.accelerators.end(), Accelerator::cpu) ==
      out.accelerators.end())
    out.accelerators.push_back(Accelerator::cpu);
  return out;
}

std::string describe(const MachineProfile& machine) {
  std::string out = fmt::format("{} {}", to_string(machine.os), to_string(machine.arch));
  for (const Accelerator each : machine.accelerators) out += fmt::format(", {}", to_string(each));
  if (machine.ram_mb > 0) out += ", " + size_of_mb(machine.ram_mb);
  if (machine.vram_mb > 0) out += " + " + size_of_mb(machine.vram_mb) + " on the GPU";
  return out;
}

std::string why_not(const Json& variant, const Json& detail, const MachineProfile& machine) {
  const std::string os = text(variant, "os"), arch = text(variant, "arch"),
                    accelerator = text(variant, "accelerator");
  if (os != to_string(machine.os))
    return fmt::format("your machine runs {}", to_string(machine.os));
  if (arch != to_string(machine.arch))
    return fmt::format("your machine is {}", to_string(machine.arch));
  if (std::none_of(machine.accelerators.begin(), machine.accelerators.end(),
                   [&](Accelerator each) { return to_string(each) == accelerator; }))
    return fmt::format("your machine has no {}", accelerator);
  const Json& hardware = at(detail, "hardware");
  const std::int64_t vram = count(hardware, "vram_mb"), ram = count(hardware, "ram_mb");
  if (accelerator != "cpu" && machine.vram_mb > 0 && vram > machine.vram_mb)
    return fmt::format("it needs {} of GPU memory, and yours has {}", size_of_mb(vram),
                       size_of_mb(machine.vram_mb));
  if (machine.ram_mb > 0 && ram > machine.ram_mb)
    return fmt::format("it needs {} of memory, and yours has {}", size_of_mb(ram),
                       size_of_mb(machine.ram_mb));
  return {};
}

Verdict judge(const Json& detail, const MachineProfile& machine) {
  Verdict verdict;
  std::string best;
  std::size_t best_rank = machine.accelerators.size();
  for (const Json& variant : list(detail, "variants")) {
    const std::string accelerator = text(variant, "accelerator");
    if (const std::string reason = why_not(variant, detail, machine); !reason.empty()) {
      std::string line = fmt::format("{}-{}-{}: {}", text(variant, "os"), text(variant, "arch"),
                                     accelerator, reason);
      if (std::find(verdict.reasons.begin(), verdict.reasons.end(), line) == verdict.reasons.end())
        verdict.reasons.push_back(std::move(line));
      continue;
    }
    for (std::size_t rank = 0; rank < best_rank; ++rank)
      if (to_string(machine.accelerators[rank]) == accelerator) {
        best_rank = rank;
        best = accelerator;
      }
  }
  if (best.empty()) {
    verdict.headline = "Does not run on your machine";
    return verdict;
  }
  verdict.reasons.clear();
  verdict.kind = Verdict::Kind::fits;
  verdict.headline = fmt::format("Runs on your machine, on {}", best);
  if (best == "cpu" && machine.accelerators.front() != Accelerator::cpu) {
    verdict.kind = Verdict::Kind::slow;
    verdict.headline = "Runs on your machine, on the processor alone";
    verdict.reasons.push_back(
        fmt::format("it has no variant for {}", to_string(machine.accelerators.front())));
  }
  const Json& hardware = at(detail, "hardware");
  for (const auto& [name, key] : {std::pair<std::string_view, std::string_view>("memory", "ram_mb"),
                                  {"GPU memory", "vram_mb"},
                                  {"disk space", "disk_mb"}})
    if (const std::int64_t mb = count(hardware, key); mb > 0)
      verdict.reasons.push_back(fmt::format("needs {} of {}", size_of_mb(mb), name));
  return verdict;
}

}  // namespace rbee::web
