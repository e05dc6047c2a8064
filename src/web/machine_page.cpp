// The visitor's machine: told once, by a form or by what `rbee doctor --json` prints; a cookie.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "base/text.hpp"
#include "web/machine.hpp"
#include "web/pages.hpp"

namespace rbee::web {

namespace {

constexpr std::int64_t kMbPerGb = 1000, kGbMax = 100'000;

template <typename Words, typename Chosen>
Views options_of(const Words& words, Chosen chosen) {
  Views rows;
  for (const auto word : words) {
    View row;
    row.set("value", to_string(word));
    row.set("chosen", chosen(word));
    rows.push_back(std::move(row));
  }
  return rows;
}

http::Response show(Visit& visit, const std::optional<MachineProfile>& machine,
                    std::string_view back, const std::optional<Error>& error) {
  View view;
  view.set("oses", options_of(kOses, [&](Os os) { return machine && machine->os == os; }));
  view.set("arches",
           options_of(kArches, [&](Arch arch) { return machine && machine->arch == arch; }));
  // The processor is there anyway.
  view.set("accelerators", options_of(std::span(kAccelerators).subspan(1), [&](Accelerator each) {
             return machine && std::find(machine->accelerators.begin(), machine->accelerators.end(),
                                         each) != machine->accelerators.end();
           }));
  if (machine) {
    view.set("described", describe(*machine));
    if (machine->ram_mb > 0) view.set("ram", machine->ram_mb / kMbPerGb);
    if (machine->vram_mb > 0) view.set("vram", machine->vram_mb / kMbPerGb);
  }
  view.set("return", local_path(back.empty() ? "/machine" : back));
  if (error) {
    view.set("problem", error->message);
    view.set("fix", error->fix);
  }
  return visit.page("machine", std::move(view),
                    {.title = "Your machine", .status = error ? 400 : 200, .no_index = true});
}

std::int64_t megabytes(const std::string& gigabytes) {
  std::int64_t value = 0;
  std::from_chars(gigabytes.data(), gigabytes.data() + gigabytes.size(), value);
  return std::clamp<std::int64_t>(value, 0, kGbMax) * kMbPerGb;
}

Result<MachineProfile> from_form(const Visit& visit) {
  if (const std::string json = visit.form("doctor"); !trim(json).empty()) return parse_doctor(json);
  MachineProfile machine;
  TRY_ASSIGN(machine.os, parse_os(visit.form("os")));
  TRY_ASSIGN(machine.arch, parse_arch(visit.form("arch")));
  machine.accelerators.clear();
  // The processor last: it is there anyway, and the slowest.
  for (const Accelerator each : kAccelerators)
    if (each != Accelerator::cpu && !visit.form(to_string(each)).empty())
      machine.accelerators.push_back(each);
  machine.accelerators.push_back(Accelerator::cpu);
  machine.ram_mb = megabytes(visit.form("ram"));
  machine.vram_mb = megabytes(visit.form("vram"));
  return machine;
}

}  // namespace

Result<http::Response> machine_page(Visit& visit) {
  return show(visit, parse_machine_cookie(visit.cookie("machine")),
              visit.request.parameter("return"), std::nullopt);
}

Result<http::Response> choose_machine(Visit& visit) {
  const std::string back = visit.form("return");
  constexpr std::string_view kAttributes = "; Path=/; SameSite=Lax; Max-Age=";
  if (!visit.form("forget").empty()) {
    visit.answer_fields.add("Set-Cookie", fmt::format("machine={}0", kAttributes));
    return visit.see_other(back);
  }
  const auto machine = from_form(visit);
  if (!machine) return show(visit, std::nullopt, back, machine.error());
  visit.answer_fields.add("Set-Cookie",
                          fmt::format("machine={}{}31536000", to_cookie(*machine), kAttributes));
  return visit.see_other(back);
}

}  // namespace rbee::web
