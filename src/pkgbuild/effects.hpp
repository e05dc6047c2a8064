// What a recipe's function may do to files, when somebody lets it: the way from the interpreter to
// a real package tree.
//
// The interpreter itself touches nothing; it hands over expanded words. Whatever an implementation
// does not know ends the run as unsupported, and the caller lets bash do it from the start.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

class Effects {
 public:
  virtual ~Effects() = default;

  /// What ends the run, as a construct ("cp --sparse"); nothing: it was done, with status 0.
  using Refused = std::optional<std::string>;

  /// A command that is no builtin and no text command. `argv` has at least one word.
  virtual Refused run(const std::vector<std::string>& argv) = 0;
  virtual Refused change_directory(const std::string& path) = 0;
  /// `path` gets these bytes, or more of them at its end.
  virtual Refused write(const std::string& path, std::string_view bytes, bool append) = 0;
  /// The names that match, sorted by bytes; none: the pattern stays as it is. In `pattern` a
  /// backslash makes the next character itself. Nothing at all: it cannot be said.
  virtual std::optional<std::vector<std::string>> glob(const std::string& pattern) = 0;
  /// Kind::file, absent, or unknown for anything else. The text is not read.
  virtual FileLook::Kind look(const std::string& path) = 0;
  /// Is `path` a directory? Nothing: it cannot be said.
  virtual std::optional<bool> is_directory(const std::string& path) = 0;
};

/// Variables that makepkg sets before it reads the recipe to run a function.
struct FunctionCall {
  std::string name;     ///< "package", "package_x".
  std::string package;  ///< $pkgname inside package_x().
  std::string srcdir, pkgdir, startdir;
};

/// Read the recipe and run one function of it under `set -e`. Errors: as evaluate's; unsupported
/// names what bash has to do.
tl::expected<void, Refusal> run_function(std::string_view text, const Inputs& inputs,
                                         const FunctionCall& call, Effects& effects);

}  // namespace rbee::pkgbuild
