// What the files of RepositoryWriter share. For files of this layer only.
#pragma once

#include <filesystem>

#include "platform/git_handles.hpp"
#include "platform/git_write.hpp"

namespace rbee::platform {

struct RepositoryWriter::State {
  std::filesystem::path path;
  git_detail::RepositoryHandle repository;
};

}  // namespace rbee::platform
