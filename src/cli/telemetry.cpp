#include "cli/telemetry.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <istream>
#include <ostream>

#include "base/hardware_class.hpp"
#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/config.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

/// The hardware class of `machine`, as the variant that was installed uses it.
std::string class_of(const platform::Machine& machine, const install::Installed& installed) {
  HardwareFacts facts;
  facts.arch = machine.arch;
  if (const auto platform = parse_platform(installed.platform))
    facts.accelerator = platform->accelerator;
  facts.target = machine.cpu.level;
  facts.memory_bytes = machine.ram_bytes;
  if (facts.accelerator != Accelerator::cpu) {
    const platform::FoundAccelerator* found = machine.find(facts.accelerator);
    facts.target = found == nullptr || found->targets.empty() ? "" : found->targets.front();
    facts.memory_bytes = found == nullptr ? 0 : found->vram_bytes;
  }
  return hardware_class(facts);
}

Result<void> keep(std::string_view event, const install::Installed& installed,
                  const platform::Machine* machine, Context& context) {
  TRY_ASSIGN(const TelemetrySetting setting, telemetry_setting(context));
  if (!setting.on) return {};
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  // What another marketplace sent is none of this one's business.
  if (installed.catalog != base) return {};
  TRY_ASSIGN(ReceiptSpool spool, receipt_spool(context));
  const Time now = context.world.clock.now();
  TRY_ASSIGN(const std::string visitor, spool.client_id(base, now));
  return spool.add(
      {base, iso_week(now),
       make_receipt(event, installed, machine, visitor, is_ci(context.world.environment))});
}

void tell_quietly(const Result<void>& result, Context& context) {
  if (!result && context.settings.verbosity > 0)
    context.note("no receipt was kept: " + printable_line(result.error().message));
}

/// True when there is somebody to ask, and asking was not forbidden.
bool may_ask(const TelemetrySetting& setting, const Arguments& arguments, const Context& context) {
  const Environment& environment = context.world.environment;
  return !setting.asked && environment.in_is_terminal && environment.err.is_terminal &&
         !arguments.yes && !context.settings.json && !context.settings.quiet && !is_ci(environment);
}

/// Ask once, and keep the answer, whatever it is.
Result<void> ask(const install::Installed& installed, const platform::Machine& machine,
                 Context& context) {
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  if (installed.catalog != base) return {};
  const json::object sample =
      make_receipt("install", installed, &machine, std::string(16, '0'), false);
  context.world.err << fmt::format(
      "\n{0} counts installs, so that authors see that their work is used and others find what "
      "is.\n"
      "May rbee send a receipt after each install, upgrade and removal? It would say\n"
      "  {1}\n"
      "client_id is another one each week. No address is kept with it, and no name or path is "
      "sent. "
      "When you are logged\n"
      "in, your account's installs are noted too, for \"verified install\" beside your reviews.\n"
      "`rbee telemetry show` prints what is sent, `rbee config set telemetry off` ends it.\n"
      "Send receipts? [y/N] ",
      printable_line(base), printable_line(json::serialize(sample)));
  context.world.err.flush();
  std::string answer;
  // Somebody who pressed Ctrl+D was not asked.
  if (!std::getline(context.world.in, answer)) return {};
  answer = std::string(trim(answer));
  const bool yes = answer == "y" || answer == "Y" || answer == "yes";
  TRY_ASSIGN(const ConfigKey* const key, find_config_key("telemetry"));
  TRY_ASSIGN(const std::filesystem::path path, config_path(context.world.environment));
  TRY_ASSIGN(const std::string text, read_config_text(path));
  TRY_ASSIGN(const std::string edited, edit_config(text, path.string(), *key, yes ? "on" : "off"));
  TRY(save_config(path, edited));
  context.note(yes ? "receipts are on" : "no receipts; you will not be asked again");
  return {};
}

}  // namespace

bool do_not_track(const Environment& environment) {
  const std::string_view value = environment.variable("DO_NOT_TRACK");
  return !value.empty() && value != "0";
}

bool is_ci(const Environment& environment) {
  for (const char* name : kCiVariables) {
    const std::string_view value = environment.variable(name);
    if (!value.empty() && value != "false" && value != "0") return true;
  }
  return false;
}

Result<TelemetrySetting> telemetry_setting(Context& context) {
  const Environment& environment = context.world.environment;
  if (do_not_track(environment)) return TelemetrySetting{false, true, "DO_NOT_TRACK"};
  TRY_ASSIGN(const ConfigKey* const key, find_config_key("telemetry"));
  TRY_ASSIGN(const std::filesystem::path path, config_path(environment));
  TRY_ASSIGN(const Config config, load_config(path));
  TRY_ASSIGN(const Setting setting, effective(*key, "", environment, config, path));
  return TelemetrySetting{setting.value == "on", setting.origin != "default", setting.origin};
}

Result<ReceiptSpool> receipt_spool(Context& context) {
  TRY_ASSIGN(const std::filesystem::path folder, state_directory(context.world.environment));
  return ReceiptSpool(folder);
}

json::object make_receipt(std::string_view event, const install::Installed& installed,
                          const platform::Machine* machine, const std::string& visitor, bool ci) {
  return {{"worker", installed.id},
          {"version", installed.version},
          {"platform", installed.platform},
          {"recipe", installed.recipe},
          {"hardware_class", machine == nullptr ? "unknown" : class_of(*machine, installed)},
          {"event", event},
          {"client_id", visitor},
          {"ci", ci},
          {"client_version", RBEE_VERSION}};
}

void note_receipt(std::string_view event, const install::Installed& installed,
                  const platform::Machine* machine, Context& context) {
  tell_quietly(keep(event, installed, machine, context), context);
}

void note_install(std::string_view event, const install::Installed& installed,
                  const platform::Machine& machine, const Arguments& arguments, Context& context) {
  const auto setting = telemetry_setting(context);
  if (setting && may_ask(*setting, arguments, context))
    tell_quietly(ask(installed, machine, context), context);
  note_receipt(event, installed, &machine, context);
}

void send_receipts_later(Context& context) {
  if (!context.world.start_sender) return;
  const auto spool = receipt_spool(context);
  // One look at the disk, and mostly there is nothing.
  if (!spool || !spool->is_due(std::filesystem::file_time_type::clock::now())) return;
  const auto setting = telemetry_setting(context);
  if (setting && setting->on) context.world.start_sender();
}

}  // namespace rbee::cli
