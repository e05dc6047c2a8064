// The version of a crate, as Cargo reads it. Source: the Cargo book, "The manifest format",
// "Workspaces".
#include <fmt/format.h>

#include "base/text.hpp"
#include "manifest/manifest.hpp"
#include "manifest/report.hpp"

namespace rbee::manifest {

namespace {

Result<toml::table> parse_cargo(std::string_view text, std::string_view what) {
  Report report(text, "Cargo.toml");
  if (check_raw_toml(text, report)) {
    if (auto table = parse_toml(text, report)) return std::move(*table);
  }
  return fail(Errc::invalid_input, "cargo-toml-invalid", fmt::format("{} cannot be read", what),
              {.findings = report.take()});
}

bool asks_for_workspace(const toml::table& cargo) {
  return cargo.at_path("package.version.workspace").value<bool>().value_or(false);
}

/// Semantic versions only: what Cargo itself would accept, and safe in a recipe and a URL.
Result<std::string> accept(const std::optional<std::string>& version, std::string_view where) {
  if (!version)
    return fail(Errc::invalid_input, "cargo-version-missing",
                fmt::format("{} has no version", where));
  const bool plain = !version->empty() && version->size() <= 64 &&
                     version->find_first_not_of(
                         "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+") ==
                         std::string::npos &&
                     (*version)[0] >= '0' && (*version)[0] <= '9';
  if (!plain)
    return fail(Errc::invalid_input, "cargo-version-missing",
                fmt::format("{} is '{}', which is not a semantic version", where,
                            printable_line(version->substr(0, 64))));
  return *version;
}

}  // namespace

Result<std::string> cargo_version(std::string_view text,
                                  std::optional<std::string_view> workspace_text) {
  TRY_ASSIGN(const toml::table cargo, parse_cargo(text, "Cargo.toml"));
  if (!asks_for_workspace(cargo))
    return accept(cargo.at_path("package.version").value<std::string>(),
                  "[package].version of Cargo.toml");
  if (!workspace_text)
    return fail(Errc::invalid_input, "cargo-version-missing",
                "Cargo.toml takes its version from a workspace, and no folder above it has one",
                {.fix = "put the workspace's Cargo.toml into the worker's folder, or write the "
                        "version into the crate's"});
  TRY_ASSIGN(const toml::table workspace,
             parse_cargo(*workspace_text, "the workspace's Cargo.toml"));
  return accept(workspace.at_path("workspace.package.version").value<std::string>(),
                "[workspace.package].version of the workspace's Cargo.toml");
}

bool cargo_version_is_inherited(std::string_view text) {
  const auto cargo = parse_cargo(text, "Cargo.toml");
  return cargo && asks_for_workspace(*cargo);
}

}  // namespace rbee::manifest
