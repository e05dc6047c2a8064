// Any bytes as a shell's report: no crash, and what is accepted keeps the promises of
// shell_answer.hpp. A line of the input stands for a string, so that the fuzzer finds its way.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "pkgbuild/shell_answer.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rbee;
  const std::string raw(reinterpret_cast<const char*>(data), size);
  std::string report = raw;
  std::replace(report.begin(), report.end(), '\n', '\0');
  const auto parsed = pkgbuild::parse_shell_report(report, "n");
  if (!parsed) {
    require(parsed.error().id == "shell-report-malformed");
    require(is_utf8(describe(parsed.error())));
    return 0;
  }
  require(!parsed->status || (*parsed->status >= 0 && *parsed->status <= 255));
  for (const auto& [name, variable] : parsed->variables) {
    const bool array = variable.attributes.find_first_of("aA") != std::string::npos;
    require(!name.empty() && (array || variable.values.size() <= 1));
  }
  const auto recipe = pkgbuild::recipe_of(*parsed, raw, {});
  if (!recipe) {
    require(!recipe.error().findings.empty());
    return 0;
  }
  require(!recipe->packages.empty() && !recipe->pkgbase.empty());
  for (const pkgbuild::Function& function : recipe->functions)
    require(function.tree != nullptr && function.body != nullptr);
  require(pkgbuild::srcinfo(*recipe).starts_with("pkgbase = "));
  return 0;
}
