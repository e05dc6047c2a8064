// A binary worker as a Homebrew formula.
//
// Pure. Homebrew downloads one file, checks its SHA-256 and unpacks it; so only variants of one
// source over http with a SHA-256 appear, and a formula without any is none. Source: docs.brew.sh,
// "Formula Cookbook".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/snapshot.hpp"

namespace rbee::api {

/// The formula called "{id}-bin". On macOS its Metal variant if there is one, elsewhere the
/// processor's, else the first. Nothing when no variant fits.
std::optional<std::string> homebrew_formula(const catalog::Worker& worker);

/// "LlmWorkerRbeeBin" of "llm-worker-rbee-bin": what Homebrew derives from the file's name.
std::string formula_class(std::string_view name);

}  // namespace rbee::api
