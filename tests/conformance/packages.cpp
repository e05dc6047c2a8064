// Which package() functions need no shell: the same interpreter and the same parser of arguments as
// src/build/native_package, over files that are taken to be there.
#include "packages.hpp"

#include "build/file_commands.hpp"
#include "pkgbuild/effects.hpp"

namespace rbee::conformance {

namespace {

/// Knows no file, and takes every name for one that is there.
class Pretender final : public pkgbuild::Effects {
 public:
  Refused run(const std::vector<std::string>& argv) override {
    const auto command = build::parse_file_command(argv);
    return command ? Refused() : Refused(command.error());
  }
  Refused change_directory(const std::string&) override { return std::nullopt; }
  Refused write(const std::string&, std::string_view, bool) override { return std::nullopt; }
  std::optional<std::vector<std::string>> glob(const std::string& pattern) override {
    return std::vector<std::string>{pattern};
  }
  pkgbuild::FileLook::Kind look(const std::string&) override {
    return pkgbuild::FileLook::Kind::file;
  }
  std::optional<bool> is_directory(const std::string&) override { return true; }
};

}  // namespace

std::string package_needs(const std::string& text, const pkgbuild::Inputs& inputs) {
  const auto recipe = pkgbuild::evaluate(text, inputs);
  if (!recipe) return "unread";
  std::string needs;
  bool any = false, others = false;
  for (const pkgbuild::Function& function : recipe->functions) {
    others = others || function.name == "build" || function.name == "prepare" ||
             function.name == "pkgver" || function.name == "check";
    if (function.name != "package" && !function.name.starts_with("package_")) continue;
    any = true;
    const std::string package =
        function.name == "package" ? recipe->packages.front().name : function.name.substr(8);
    Pretender files;
    const auto done = pkgbuild::run_function(
        text, inputs,
        {function.name, package, "/build/src", "/build/pkg/" + package, "/build/start"}, files);
    if (!done && needs.empty()) needs = done.error().findings.front().message;
  }
  if (!any) return "no package()";
  if (needs.empty()) return others ? "native, after a build" : "native";
  const auto at = needs.find(" at line ");
  return "shell: " + needs.substr(0, at);
}

}  // namespace rbee::conformance
