// rbee telemetry show and send.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/telemetry.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

json::array to_json(const std::vector<SpooledReceipt>& receipts) {
  json::array all;
  for (const SpooledReceipt& each : receipts)
    all.push_back(
        json::object{{"catalog", printable_line(each.catalog)}, {"receipt", each.receipt}});
  return all;
}

void print_list(std::string_view heading, const std::vector<SpooledReceipt>& receipts,
                Context& context) {
  if (receipts.empty()) return;
  context.print(heading);
  for (const SpooledReceipt& each : receipts)
    context.print(fmt::format("  to {}  {}", printable_line(each.catalog),
                              printable_line(json::serialize(each.receipt))));
}

/// What an install would say: of a worker that is here, or of none.
Result<json::object> example(Context& context) {
  install::Installed installed;
  installed.id = "WORKER";
  installed.version = "VERSION";
  installed.recipe = "PKGBUILD";
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const platform::Machine machine, context.world.machine());
  installed.platform = to_string(machine.platform());
  if (const auto workers = install::list_installed(places); workers && !workers->empty())
    installed = workers->front();
  return make_receipt("install", installed, &machine, std::string(16, '0'),
                      is_ci(context.world.environment));
}

}  // namespace

Result<int> telemetry_show(const Arguments&, Context& context) {
  TRY_ASSIGN(const TelemetrySetting setting, telemetry_setting(context));
  TRY_ASSIGN(const ReceiptSpool spool, receipt_spool(context));
  TRY_ASSIGN(const json::object sample, example(context));
  if (context.settings.json) {
    context.print(json::object{{"telemetry", setting.on ? "on" : "off"},
                               {"origin", printable_line(setting.origin)},
                               {"asked", setting.asked},
                               {"ci", is_ci(context.world.environment)},
                               {"waiting", to_json(spool.waiting())},
                               {"sent", to_json(spool.sent())},
                               {"example", sample}});
    return 0;
  }
  context.print(fmt::format(
      "receipts are {} ({})", setting.on ? "on" : "off",
      setting.asked ? tilde(context.world.environment, setting.origin) : "nobody was asked yet"));
  print_list("waiting to be sent:", spool.waiting(), context);
  print_list("sent last:", spool.sent(), context);
  context.print(fmt::format("an install {} say:", setting.on ? "will" : "would"));
  context.print("  " + printable_line(json::serialize(sample)));
  context.print(std::string_view("client_id is random and another one each week"));
  return 0;
}

Result<int> telemetry_send(const Arguments&, Context& context) {
  TRY_ASSIGN(const TelemetrySetting setting, telemetry_setting(context));
  TRY_ASSIGN(ReceiptSpool spool, receipt_spool(context));
  if (!setting.on || !context.world.post_briefly) {
    context.note(fmt::format("receipts are off ({})", printable_line(setting.origin)));
    return 0;
  }
  using Fate = ReceiptSpool::Fate;
  std::string last_refusal;
  const auto send = [&](const SpooledReceipt& each) {
    const auto url = Url::parse(each.catalog + "/v1/receipts");
    if (!url) return Fate::unwanted;
    sdk::HttpHeaders headers{{"Content-Type", "application/json"}};
    // RBEE_TOKEN is for one marketplace and does not say which: only what is kept for this one.
    const auto credential = find_kept_credential(context, each.catalog);
    if (credential && *credential)
      headers.emplace_back("Authorization", "Bearer " + (*credential)->token);
    const std::string body = json::serialize(each.receipt);
    auto answer = context.world.post_briefly(*url, body, headers);
    // A token that has ended is no reason to lose the receipt.
    if (answer && answer->status == 401 && headers.size() > 1) {
      headers.pop_back();
      answer = context.world.post_briefly(*url, body, headers);
    }
    if (answer && answer->status >= 200 && answer->status <= 299) return Fate::delivered;
    last_refusal = answer
                       ? fmt::format("{} answered {}", printable_line(each.catalog), answer->status)
                       : printable_line(answer.error().message);
    // Later may be better; any other refusal stays one.
    if (!answer || answer->status == 408 || answer->status == 429 || answer->status >= 500)
      return Fate::kept;
    return Fate::unwanted;
  };
  TRY_ASSIGN(const std::size_t delivered, spool.send_all(send, context.world.clock.now()));
  const std::size_t left = spool.waiting().size();
  if (context.settings.json)
    context.print(json::object{{"delivered", delivered}, {"waiting", left}});
  else
    context.note(fmt::format("{} sent, {} wait{}", delivered, left,
                             last_refusal.empty() ? "" : "; " + last_refusal));
  return 0;
}

}  // namespace rbee::cli
