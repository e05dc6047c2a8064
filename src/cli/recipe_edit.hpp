// What `rbee recipe bump` and `rbee recipe sums` share: digests with progress, and writing the
// recipe back.
//
// Reads sources (files, network) and writes one file, whole or not at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/commands.hpp"
#include "cli/recipe_input.hpp"
#include "pkgbuild/edit.hpp"

namespace rbee::cli {

/// Which of a source's checksums are wanted anew.
using WantsDigest = std::function<bool(const pkgbuild::SourceArray& array, std::size_t index)>;

/// The arrays of these algorithms for these sources: "SKIP" where makepkg -g writes it, a fresh
/// digest where `wants` says so, and else what the recipe holds. Every source is read once.
/// Errors: `digests_of_source`'s.
Result<std::vector<pkgbuild::ChecksumArray>> fresh_checksums(
    const std::vector<pkgbuild::SourceArray>& sources, const std::vector<HashAlgorithm>& algorithms,
    const WantsDigest& wants, const RecipeInput& input, Context& context);

/// Errors of the editing engine name the file as it was typed.
Error edit_error(Error error, const std::string& file_name);

/// Replace the file's text: same mode, by one rename, through a link to what it names. Errors:
/// "file-changed" when it is no longer `before`, Errc::io.
Result<void> write_back(const std::string& file, std::string_view before, std::string_view after);

/// The change as a diff, or with --json as {"file","changed","written","edits":[{line,before,
/// after}],"fields":[]} with `more` added.
void print_change(const RecipeInput& input, const std::string& after,
                  const std::vector<std::string>& fields, bool written, boost::json::object more,
                  Context& context);

}  // namespace rbee::cli
