// The functions of libarchive that are used, loaded at the first use (shared_library.hpp).
//
// Inside rbee::platform a call by the usual name goes through these pointers.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/result.hpp"

#define RBEE_ARCHIVE_FUNCTIONS(X)             \
  X(archive_entry_digest)                     \
  X(archive_entry_filetype)                   \
  X(archive_entry_free)                       \
  X(archive_entry_hardlink)                   \
  X(archive_entry_is_encrypted)               \
  X(archive_entry_mode)                       \
  X(archive_entry_mtime)                      \
  X(archive_entry_mtime_is_set)               \
  X(archive_entry_mtime_nsec)                 \
  X(archive_entry_new)                        \
  X(archive_entry_pathname)                   \
  X(archive_entry_perm)                       \
  X(archive_entry_set_filetype)               \
  X(archive_entry_set_gid)                    \
  X(archive_entry_set_hardlink)               \
  X(archive_entry_set_mode)                   \
  X(archive_entry_set_mtime)                  \
  X(archive_entry_set_pathname)               \
  X(archive_entry_set_size)                   \
  X(archive_entry_set_symlink)                \
  X(archive_entry_set_uid)                    \
  X(archive_entry_size)                       \
  X(archive_entry_size_is_set)                \
  X(archive_entry_sparse_count)               \
  X(archive_entry_symlink)                    \
  X(archive_error_string)                     \
  X(archive_filter_bytes)                     \
  X(archive_filter_code)                      \
  X(archive_filter_count)                     \
  X(archive_format)                           \
  X(archive_read_data)                        \
  X(archive_read_data_block)                  \
  X(archive_read_free)                        \
  X(archive_read_new)                         \
  X(archive_read_next_header)                 \
  X(archive_read_open)                        \
  X(archive_read_open_fd)                     \
  X(archive_read_open_memory)                 \
  X(archive_read_support_filter_bzip2)        \
  X(archive_read_support_filter_compress)     \
  X(archive_read_support_filter_gzip)         \
  X(archive_read_support_filter_lzip)         \
  X(archive_read_support_filter_lzma)         \
  X(archive_read_support_filter_rpm)          \
  X(archive_read_support_filter_xz)           \
  X(archive_read_support_filter_zstd)         \
  X(archive_read_support_format_7zip)         \
  X(archive_read_support_format_ar)           \
  X(archive_read_support_format_cpio)         \
  X(archive_read_support_format_mtree)        \
  X(archive_read_support_format_raw)          \
  X(archive_read_support_format_tar)          \
  X(archive_read_support_format_zip_seekable) \
  X(archive_set_error)                        \
  X(archive_write_add_filter_gzip)            \
  X(archive_write_add_filter_zstd)            \
  X(archive_write_close)                      \
  X(archive_write_data)                       \
  X(archive_write_free)                       \
  X(archive_write_header)                     \
  X(archive_write_new)                        \
  X(archive_write_open)                       \
  X(archive_write_set_bytes_in_last_block)    \
  X(archive_write_set_format_mtree)           \
  X(archive_write_set_format_pax_restricted)  \
  X(archive_write_set_options)

namespace rbee::platform {

#define RBEE_DECLARE(name) extern decltype(&::name) name;
RBEE_ARCHIVE_FUNCTIONS(RBEE_DECLARE)
#undef RBEE_DECLARE

/// Load libarchive, once for the program. No function may be called before this succeeded.
/// Errors: Errc::failed "library-missing".
Result<void> load_archive();

}  // namespace rbee::platform
