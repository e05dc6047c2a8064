// One worker from a plan to its commands, as people see it: what it is, what changed, what will
// happen, done.
//
// install, upgrade and import share these steps, so that none of them runs anything unshown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// A plan beside what is installed now.
struct Prepared {
  install::Plan plan;
  std::optional<install::Installed> before;
  std::vector<check::TrustChange>
      changes;  ///< From `before` to `plan`; of a new owner on a first install, too.
};

/// Errors: `plan_install`'s.
Result<Prepared> prepare(const install::InstallRequest& request, install::WorkerSource& source,
                         const install::Directories& places, const Clock& clock);

/// On standard error: release, variant, origin, and the trust delta.
void show(const Prepared& prepared, Context& context);

/// On standard error: how the recipe differs from the one of the installed release.
void show_recipe_diff(const Prepared& prepared, Context& context);

/// Is the user content with the changes? Risky ones must be named by --accept, or agreed to at the
/// terminal. Errors: Errc::policy "trust-changed" with the command that accepts them;
/// Errc::interrupted when the answer is no.
Result<void> consent(const Prepared& prepared, const Arguments& arguments, Context& context);

/// Download, build, store, link; progress on standard error. Errors: `execute`'s.
Result<install::Installed> perform(const Prepared& prepared, const Arguments& arguments,
                                   Context& context);

/// The command to type for the same again with these words added.
std::string install_command(const std::string& id, std::string_view more);

}  // namespace rbee::cli
