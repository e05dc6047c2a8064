// What is written about installed workers: a generation's manifest.json and a tree's own record.
//
// Pure but for reading the file it is told. Unknown keys are ignored, missing new ones have
// defaults: manifests outlive the program that wrote them.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "install/installer.hpp"

namespace rbee::install {

boost::json::object to_json(const check::TrustFacts& facts);

/// Paths of trees are relative to `data`.
boost::json::object to_json(const Installed& worker, const std::filesystem::path& data);

/// The text of a manifest.json. `current` is not part of it.
std::string manifest_text(const Generation& generation, const std::filesystem::path& data);

/// Errors: Errc::integrity "manifest-damaged"; `read_file`'s.
Result<Generation> read_manifest(const std::filesystem::path& file,
                                 const std::filesystem::path& data);

/// One worker from the record in its tree. Errors: the same.
Result<Installed> read_record(const std::filesystem::path& file, const std::filesystem::path& data);

}  // namespace rbee::install
