// A package() function's file commands, done on the real trees without a shell.
//
// Reads below srcdir and startdir, writes below pkgdir, and nowhere else, whatever links lie there
// (platform/beneath.hpp). What is not certain to give what coreutils would give is refused; then
// `undo` leaves the sources as they were and the caller lets bash do it.
//
// Files come into the package as second names of the unpacked ones, not as copies: the unpacked
// tree goes away after the package is made.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "build/file_commands.hpp"
#include "pkgbuild/effects.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::build {

class TreeWriter final : public pkgbuild::Effects {
 public:
  struct Places {
    std::string srcdir, pkgdir, startdir;   ///< As the recipe sees them, absolute.
    std::filesystem::path src, pkg, start;  ///< Where they are.
    /// Names in srcdir that are links to sources elsewhere, and those files.
    std::map<std::string, std::filesystem::path> sources;
    /// Asked before every file: the user stopped, or the disk is full.
    std::function<bool()> must_stop = {};
  };
  explicit TreeWriter(Places places);

  Refused run(const std::vector<std::string>& argv) override;
  Refused change_directory(const std::string& path) override;
  Refused write(const std::string& path, std::string_view bytes, bool append) override;
  std::optional<std::vector<std::string>> glob(const std::string& pattern) override;
  pkgbuild::FileLook::Kind look(const std::string& path) override;
  std::optional<bool> is_directory(const std::string& path) override;

  /// Give the unpacked files back the modes they had. What lies in pkgdir is the caller's to
  /// remove.
  void undo();
  /// The package is made: what it shares with the unpacked tree is the package's alone.
  void commit();

 private:
  enum class Root { src, start, pkg };
  struct Place {
    Root root = Root::src;
    std::string path;  ///< Relative to it; may hold "..".
  };
  /// What is to come into the package.
  struct Item {
    platform::FileDescriptor file;  ///< Opened for reading.
    mode_t mode = 0;
    bool ours = false;  ///< In the unpacked tree: it may get a second name.
    Place place;
  };

  std::string absolute(const std::string& path) const;
  std::optional<Place> locate(const std::string& path) const;
  int descriptor(Root root) const;
  platform::FileDescriptor open(const Place& place, int flags) const;
  platform::FileDescriptor open_parent(const Place& place, bool create) const;
  std::optional<Item> open_item(const std::string& path) const;
  Refused put(const Item& item, const Place& to, mode_t mode, bool keep, bool replace,
              bool parents);
  Refused fill(int parent, const std::string& name, const Item& item, mode_t mode, bool keep);

  Refused install(const FileCommand& command);
  Refused copy(const FileCommand& command);
  Refused copy_tree(const Place& from, const Place& to, bool keep, int depth);
  Refused link(const FileCommand& command);
  Refused make_directories(const FileCommand& command);
  Refused make_directory(const Place& place, const std::optional<ModeChange>& mode, bool parents,
                         bool even_if_there);
  Refused change_modes(const FileCommand& command);
  Refused change_mode(const Place& place, const ModeChange& mode, bool recursive, int depth);

  Places places_;
  platform::FileDescriptor src_, start_, pkg_;
  std::string directory_;                         ///< The working directory, as the recipe sees it.
  std::vector<std::pair<Place, mode_t>> linked_;  ///< Second names, and the modes before.
  std::map<std::pair<dev_t, ino_t>, mode_t> given_;  ///< Their inodes, and the modes before.
};

}  // namespace rbee::build
