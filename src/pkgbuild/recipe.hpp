// A recipe, evaluated: what `makepkg --printsrcinfo` would print, and where each value stands.
//
// Pure: reads no disk, runs no command, asks no clock. Source: PKGBUILD(5) and makepkg 6.0.2's
// scripts. How the text becomes this: text > tokens (lexer.hpp) > tree (ast.hpp) > values
// (evaluate.hpp).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/finding.hpp"
#include "base/platform.hpp"
#include "base/span.hpp"

namespace rbee::pkgbuild {

struct Script;   // ast.hpp: the whole file as a syntax tree.
struct Command;  // ast.hpp: one command; a function's body is one.

/// One variable or array of the recipe's schema (PKGBUILD(5)).
struct Field {
  enum class Form { scalar, array };
  Form form = Form::scalar;
  std::vector<std::string> values;  ///< One for a scalar; any number, none included, for an array.
  Span span;                        ///< Of the last assignment that made it.
};

/// Fields by name ("pkgver", "depends", "source_x86_64"). Only those that are set.
using Fields = std::map<std::string, Field, std::less<>>;

/// One entry of `pkgname`, with what its package function overrides.
struct Package {
  std::string name;
  Fields overrides;  ///< makepkg's rule: an override that is set and empty empties the field.
};

struct Function {
  std::string name;
  Span span;                           ///< From the name to the closing brace.
  std::shared_ptr<const Script> tree;  ///< Keeps `body` alive.
  const Command* body = nullptr;
};

/// One `source` entry for one architecture, with its partner from every checksum array.
struct SourceEntry {
  std::string entry;      ///< As written: "name::url", a URL, or a file's name.
  std::string file_name;  ///< What makepkg saves it as.
  std::string url;        ///< Without "name::"; for a local file, its name.
  std::string protocol;   ///< "https", "git+https" → "git", "local", …
  std::map<HashAlgorithm, std::string> checksums;  ///< "SKIP" included.
  Span span;
};

/// A recipe that makepkg would accept, evaluated for one platform. Immutable once made.
struct Recipe {
  std::string pkgbase;
  std::vector<Package> packages;  ///< At least one.
  Fields fields;                  ///< The global ones: pkgver, arch, depends, source_x86_64 …
  std::vector<Function> functions;

  /// First value of a field; empty when it is not set.
  std::string_view scalar(std::string_view name) const;
  /// Values of a field; none when it is not set.
  const std::vector<std::string>& array(std::string_view name) const;
  const Function* function(std::string_view name) const;
  /// "[epoch:]pkgver-pkgrel": the release.
  std::string version() const;
  /// `source` then `source_<arch>` with their checksums: what makepkg downloads on that
  /// architecture.
  std::vector<SourceEntry> sources(Arch arch) const;
  /// The entries of one array: `source` for "", `source_i686` for "_i686".
  std::vector<SourceEntry> sources_of(std::string_view suffix) const;
  /// True when `arch` holds "any" or this architecture.
  bool supports(Arch arch) const;
};

/// What stands at a path.
struct FileLook {
  enum class Kind {
    file,     ///< A regular file; `text` is what it holds.
    absent,   ///< No regular file, for certain.
    unknown,  ///< Nobody can say: a recipe that asks is unsupported.
  };
  Kind kind = Kind::unknown;
  std::string text;
};

/// Files beside the recipe, for recipes that read them.
class LocalFiles {
 public:
  virtual ~LocalFiles() = default;
  /// The text of a file of the folder; nothing where there is none. `path` is relative and has no
  /// "..".
  virtual std::optional<std::string> read(std::string_view path) const = 0;
  /// The same for any relative path; one that begins with "../" leads out of the folder. By default
  /// what `read` does not give is unknown.
  virtual FileLook look(std::string_view path) const {
    if (path.starts_with("../")) return {};
    std::optional<std::string> text = read(path);
    if (!text) return {};
    return {FileLook::Kind::file, std::move(*text)};
  }
};

/// How much work one evaluation may ask for (hostile-input.md: 64 KB within 50 ms and 64 MB).
struct Limits {
  std::size_t source_bytes_max = 64 * 1024;
  std::uint64_t steps_max = 200'000;        ///< Commands, expansions and pattern steps.
  std::size_t memory_bytes_max = 16 << 20;  ///< Of all variable values together.
  int depth_max = 100;                      ///< Of nesting and of calls.
};

/// What the recipe can see of the world: a virtual machine of this platform, and nothing else.
struct Inputs {
  Platform platform;  ///< Sets CARCH and CHOST; answers uname and the GPU probes.
  std::map<std::string, std::string> environment;  ///< For example RBEE_FEATURES.
  const LocalFiles* files = nullptr;               ///< None: every read of a file is unsupported.
  /// Physical path of the recipe's folder: $startdir, $PWD, and $BASH_SOURCE with "/PKGBUILD"
  /// behind it. Empty: a recipe whose fields depend on it is unsupported.
  std::string startdir = {};
  Limits limits = {};
};

/// Why there is no recipe.
struct Refusal {
  enum class Kind {
    syntax,       ///< bash would refuse to parse it.
    invalid,      ///< makepkg would refuse it (lint), or it ends with a failure.
    unsupported,  ///< bash would go on; this engine cannot decide. Never a guess.
    limit,        ///< It asked for more work than `Limits` allows.
  };
  Kind kind = Kind::invalid;
  std::vector<Finding> findings;  ///< At least one; for unsupported the message is "unsupported:
                                  ///< <construct> at line N".
};

/// The syntax tree of a PKGBUILD's text. Refusals: syntax and limit.
tl::expected<std::shared_ptr<const Script>, Refusal> parse_recipe(std::string_view text,
                                                                  const Limits& limits = {});

/// Evaluate the text of a PKGBUILD. Never executes anything.
tl::expected<Recipe, Refusal> evaluate(std::string_view text, const Inputs& inputs);

/// The recipe as .SRCINFO, byte for byte as makepkg 6.0.2 writes it.
std::string srcinfo(const Recipe& recipe);

}  // namespace rbee::pkgbuild
