// Install receipts on the user's machine: whether they are wanted, what they say, who sends them.
//
// Nothing is written or sent before the user agreed. Reads and writes the state directory
// ($XDG_STATE_HOME/rbee, or ~/.local/state/rbee); docs/statistics.md says what is in it.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/receipt_spool.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// May receipts be sent, and who says so? DO_NOT_TRACK wins over everything
/// (consoledonottrack.com), then RBEE_TELEMETRY, then the configuration. Off when nobody said
/// anything.
struct TelemetrySetting {
  bool on = false;
  bool asked = false;  ///< Somebody decided.
  std::string origin;
};
Result<TelemetrySetting> telemetry_setting(Context& context);

/// DO_NOT_TRACK is set, and not to 0.
bool do_not_track(const Environment& environment);

/// True on machines that test: CI, GITHUB_ACTIONS, GITLAB_CI, JENKINS_URL, BUILDKITE, TF_BUILD,
/// TRAVIS, CIRCLECI and their like are set (and CI is not "false").
bool is_ci(const Environment& environment);

/// Where receipts wait. Errors: Errc::io "home-missing".
Result<ReceiptSpool> receipt_spool(Context& context);

/// The receipt of one event, as it is sent to the marketplace at `base`. `machine` may be nullptr:
/// then its hardware class is "unknown". `visitor`: `client_id`.
boost::json::object make_receipt(std::string_view event, const install::Installed& installed,
                                 const platform::Machine* machine, const std::string& visitor,
                                 bool ci);

/// After a worker was installed, upgraded or removed: keep a receipt for the next sender, if the
/// user agreed. What fails here fails silently, but for a note with --verbose.
void note_receipt(std::string_view event, const install::Installed& installed,
                  const platform::Machine* machine, Context& context);

/// `note_receipt`; before it, on a terminal where nobody was asked yet, ask.
void note_install(std::string_view event, const install::Installed& installed,
                  const platform::Machine& machine, const Arguments& arguments, Context& context);

/// At the end of a command: have what waits be sent by a process of its own, if something new waits
/// or the last attempt is an hour old.
void send_receipts_later(Context& context);

}  // namespace rbee::cli
