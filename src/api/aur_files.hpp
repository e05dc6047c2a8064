// What the AUR's cgit serves of a package: single files, and the whole as an archive.
//
// Pure but for `ReadBlob`. Only these two addresses are used by programs; for the history there is
// the repository itself.
#pragma once

#include <string_view>

#include "api/aur_view.hpp"
#include "api/v1.hpp"
#include "http/message.hpp"

namespace rbee::api {

inline constexpr std::string_view kCgitPrefix = "/cgit/aur.git/";

/// /cgit/aur.git/plain/FILE?h=PKGBASE and /cgit/aur.git/snapshot/PKGBASE.tar.gz.
http::Response answer_cgit(const http::Request& request, const AurView& view,
                           const ReadBlob& read_blob);

}  // namespace rbee::api
