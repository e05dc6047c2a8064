#include "cli/selection.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rbee::cli {

Result<install::InstallRequest> install_request(const WorkerId& id, const Arguments& arguments,
                                                const platform::Machine& machine) {
  install::InstallRequest request{
      .id = id, .platform = machine.platform(), .present = machine.present(), .recipe = {}};
  if (!arguments.recipe.empty()) {
    if (arguments.recipe != "PKGBUILD" && arguments.recipe != "PKGBUILD.bin")
      return fail(Errc::usage, "recipe-name-invalid",
                  fmt::format("'{}' is not a kind of recipe", printable_line(arguments.recipe)),
                  {.fix = "--recipe PKGBUILD builds from source, --recipe PKGBUILD.bin installs "
                          "what is pre-built"});
    request.recipe = arguments.recipe;
  }
  if (!arguments.accelerator.empty()) {
    Result<Accelerator> chosen = parse_accelerator(arguments.accelerator);
    if (!chosen) {
      chosen.error().code = Errc::usage;
      return tl::unexpected<Error>(std::move(chosen).error());
    }
    request.platform.accelerator = *chosen;
    request.present = {*chosen};
    request.accelerator = *chosen;
  }
  return request;
}

}  // namespace rbee::cli
