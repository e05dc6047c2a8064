// Which file a release is downloaded as on one platform: GET /v1/workers/{id}/{version}/download.
//
// Pure over one evaluated worker. Shape: rbee's planned API (docs/rbee-protocol.md).
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "catalog/snapshot.hpp"

namespace rbee::api {

struct DownloadChoice {
  Platform platform;
  manifest::RecipeKind recipe = manifest::RecipeKind::binary;
  pkgbuild::SourceEntry source;  ///< Its first one that is fetched over http or https.
};

/// The pre-built variant where there is one. `platform` without an accelerator ("linux-x86_64")
/// means the processor, and where the worker does not run on that, its first accelerator.
/// Errors: Errc::invalid_input "parameter-missing"; Errc::not_found "variant-not-found" with the
/// platforms that there are, "download-none" for one that is built from files of the catalog or
/// from Git alone.
Result<DownloadChoice> choose_download(const catalog::Worker& worker, std::string_view platform);

/// `download_url`, `checksum` ("sha256:…", the strongest there is; null: none) and what it is.
boost::json::object to_json(const catalog::Worker& worker, const DownloadChoice& choice);

}  // namespace rbee::api
