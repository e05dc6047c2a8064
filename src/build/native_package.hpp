// package() without a shell, where its body is simple enough.
//
// Runs nothing. Writes below `TreeWriter::Places::pkg` only. Whatever is not understood leaves the
// sources as they were and says why; bash in the sandbox is then asked.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "build/tree_writer.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::build {

/// Run `call` natively. Nothing: it is done. Else the construct that needs a shell.
std::optional<std::string> package_natively(const std::string& recipe_text,
                                            const pkgbuild::Inputs& inputs,
                                            const pkgbuild::FunctionCall& call,
                                            TreeWriter::Places places);

/// Would makepkg's tidying (strip, zipman, libtool …) change this tree under these `options`?
Result<bool> needs_tidying(const std::filesystem::path& tree,
                           const std::vector<std::string>& options);

}  // namespace rbee::build
