// package_natively: the interpreter over a TreeWriter; needs_tidying: one look at every file.
#include "build/native_package.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::build {

namespace fs = std::filesystem;

namespace {

/// The last word on an option, or makepkg.conf's default.
bool is_on(const std::vector<std::string>& options, std::string_view name, bool otherwise) {
  for (const std::string& option : options) {
    if (option == name) otherwise = true;
    if (option.size() == name.size() + 1 && option[0] == '!' && option.ends_with(name))
      otherwise = false;
  }
  return otherwise;
}

/// usr/, usr/share/, usr/local/, usr/local/share/ or opt/x/, then man/ or info/.
bool is_manual(std::string_view path) {
  for (const std::string_view folder : {"usr/share/", "usr/local/share/", "usr/local/", "usr/"})
    if (path.starts_with(folder) && (path.substr(folder.size()).starts_with("man/") ||
                                     path.substr(folder.size()).starts_with("info/")))
      return true;
  if (!path.starts_with("opt/")) return false;
  const auto slash = path.find('/', 4);
  const std::string_view rest = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  return rest.starts_with("man/") || rest.starts_with("info/");
}

bool is_binary(const fs::path& file) {
  const platform::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  char magic[4] = {};
  if (!fd || ::read(fd.get(), magic, sizeof magic) != sizeof magic) return false;
  const std::string_view text(magic, sizeof magic);
  return text ==
             "\x7f"
             "ELF" ||
         text == "!<ar";
}

}  // namespace

std::optional<std::string> package_natively(const std::string& recipe_text,
                                            const pkgbuild::Inputs& inputs,
                                            const pkgbuild::FunctionCall& call,
                                            TreeWriter::Places places) {
  TreeWriter writer(std::move(places));
  const auto done = pkgbuild::run_function(recipe_text, inputs, call, writer);
  if (done) {
    writer.commit();
    return std::nullopt;
  }
  writer.undo();
  return done.error().findings.front().message;
}

Result<bool> needs_tidying(const fs::path& tree, const std::vector<std::string>& options) {
  if (!is_on(options, "docs", true) || !is_on(options, "emptydirs", true)) return true;
  const bool strip = is_on(options, "strip", true);
  const bool zipman = is_on(options, "zipman", true);
  const bool purge = is_on(options, "purge", true);
  const bool libtool = is_on(options, "libtool", false);
  const bool staticlibs = is_on(options, "staticlibs", false);
  bool needed = false;
  TRY(platform::walk_tree(tree, 64, [&](const platform::WalkEntry& entry) -> Result<void> {
    if (needed || S_ISDIR(entry.mode)) return {};
    const std::string_view path = entry.path;
    needed = (!libtool && path.ends_with(".la")) || (!staticlibs && path.ends_with(".a")) ||
             (zipman && is_manual(path)) ||
             (purge &&
              (path == "usr/info/dir" || path == "usr/share/info/dir" ||
               path.ends_with("/.packlist") || path == ".packlist" || path.ends_with(".pod"))) ||
             (strip && S_ISREG(entry.mode) && entry.size_bytes >= 4 && (entry.mode & 0222) != 0 &&
              is_binary(tree / entry.path));
    return {};
  }));
  return needed;
}

}  // namespace rbee::build
