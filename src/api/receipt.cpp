#include "api/receipt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/caller.hpp"
#include "base/hardware_class.hpp"
#include "base/ids.hpp"
#include "base/platform.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

constexpr std::size_t kReleaseBytesMax = 100, kClientVersionBytesMax = 32;

tl::unexpected<Error> refuse(std::string_view key, std::string_view value, std::string_view what) {
  return fail(Errc::invalid_input, "receipt-invalid",
              fmt::format("'{}' is '{}': {}", key, printable_line(value.substr(0, 60)), what));
}

bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Result<analytics::Event> parse_receipt(const http::Request& request) {
  TRY_ASSIGN(const Body body,
             Body::parse(request, {"worker", "version", "platform", "recipe", "hardware_class",
                                   "event", "client_id", "ci", "client_version"}));
  analytics::Event event;
  TRY_ASSIGN(const std::string worker, body.text("worker", true));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(worker));
  event.worker = id.str();
  TRY_ASSIGN(event.release, body.text("version", true));
  if (event.release.size() > kReleaseBytesMax || !is_one_word(event.release))
    return refuse("version", event.release, "a release is one word of at most 100 characters");
  TRY_ASSIGN(const std::string platform, body.text("platform", true));
  const auto parsed = parse_platform(platform);
  // In full: "linux-x86_64" alone leaves open what it runs on.
  if (!parsed || to_string(*parsed) != platform)
    return refuse("platform", platform, "a platform such as linux-x86_64-cpu is expected");
  event.platform = platform;
  TRY_ASSIGN(event.recipe, body.text("recipe", true));
  if (event.recipe != "PKGBUILD" && event.recipe != "PKGBUILD.bin")
    return refuse("recipe", event.recipe, "PKGBUILD or PKGBUILD.bin is expected");
  TRY_ASSIGN(event.hardware, body.text("hardware_class", true));
  if (!is_hardware_class(event.hardware))
    return refuse("hardware_class", event.hardware, "docs/statistics.md lists the classes");
  TRY_ASSIGN(const std::string kind, body.text("event", true));
  const auto known = analytics::parse_event_kind(kind);
  // Downloads are what the server itself sees.
  if (!known || *known == analytics::EventKind::download)
    return refuse("event", kind, "install, upgrade or remove is expected");
  event.kind = *known;
  TRY_ASSIGN(event.visitor, body.text("client_id", true));
  if (!analytics::is_visitor(event.visitor))
    return refuse("client_id", event.visitor, "16 hexadecimal digits are expected");
  TRY_ASSIGN(const auto ci, body.boolean("ci"));
  event.ci = ci.value_or(false);
  // Looked at and not kept: it tells apart what nobody asks about.
  TRY_ASSIGN(const std::string client, body.text("client_version"));
  if (client.size() > kClientVersionBytesMax || !is_one_word(client))
    return refuse("client_version", client, "one word of at most 32 characters is expected");
  return event;
}

}  // namespace rbee::api
