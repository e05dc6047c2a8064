#include "cli/selection.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rbee::cli {

Result<install::InstallRequest> install_request(const WorkerId& id, const Arguments& arguments,
                                                const platform::Machine& machine) {
  install::InstallRequest request{
      .id = id, .platform = machine.platform(), .present = machine.present(), .recipe = {}};
  request.capacity.ram_bytes = machine.ram_bytes;
  for (const platform::FoundAccelerator& found : machine.accelerators) {
    if (found.vram_bytes != 0) request.capacity.vram_bytes[found.accelerator] = found.vram_bytes;
    if (found.accelerator == Accelerator::cuda) request.capacity.cuda = found.runtime_max;
  }
  if (!arguments.variant.empty()) {
    // "linux-x86_64-cuda", "cuda", each with ":PKGBUILD" or ":PKGBUILD.bin" behind it.
    const auto colon = arguments.variant.find(':');
    const std::string platform = arguments.variant.substr(0, colon);
    Arguments spelled = arguments;
    spelled.variant.clear();
    if (colon != std::string::npos) spelled.recipe = arguments.variant.substr(colon + 1);
    const auto dash = platform.rfind('-');
    spelled.accelerator = dash == std::string::npos ? platform : platform.substr(dash + 1);
    TRY_ASSIGN(install::InstallRequest chosen, install_request(id, spelled, machine));
    if (dash == std::string::npos) return chosen;
    Result<Platform> whole = parse_platform(platform);
    if (!whole) {
      whole.error().code = Errc::usage;
      return tl::unexpected<Error>(std::move(whole).error());
    }
    if (whole->os != machine.os || whole->arch != machine.arch)
      return fail(Errc::does_not_fit, "variant-other-machine",
                  fmt::format("the variant {} does not run here", printable_line(platform)),
                  {.evidence = {fmt::format("this machine is {}-{}", to_string(machine.os),
                                            to_string(machine.arch))}});
    return chosen;
  }
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
