// The arguments of install, cp, ln, mkdir and chmod, as package() functions use them.
//
// Pure. Options that are not known are refused, never ignored. Source: coreutils 9.1, "Basic
// operations", "Special file types", "Changing file attributes".
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace rbee::build {

/// "755", "u=rwX,go+r": what chmod(1) makes of a mode.
class ModeChange {
 public:
  /// Nothing for a mode that is not known here (set-id and sticky bits, copies of other bits).
  static std::optional<ModeChange> parse(std::string_view text);
  /// `mode`: permission bits now. Bits without a letter of whom respect a umask of 022.
  mode_t apply(mode_t mode, bool is_directory) const;
  bool is_octal() const { return octal_.has_value(); }

 private:
  struct Clause {
    mode_t who = 0;  ///< 0700, 0070, 0007 in any union; 0: all, by the umask.
    char op = '=';
    mode_t bits = 0;           ///< 0 to 7.
    bool search_only = false;  ///< X.
  };
  std::optional<mode_t> octal_;
  std::vector<Clause> clauses_;
};

/// One command, understood.
struct FileCommand {
  enum class Kind { install, directories, copy, link, mode, nothing };
  Kind kind = Kind::nothing;
  std::vector<std::string> operands;  ///< Without the target directory of `-t`.
  std::optional<std::string> into;    ///< `-t`: the directory that everything goes into.
  std::optional<ModeChange> mode;
  bool parents = false;              ///< install -D, mkdir -p.
  bool mode_of_existing = false;     ///< install -d: a directory that is there gets the mode too.
  bool no_target_directory = false;  ///< -T.
  bool recursive = false;
  bool keep = false;            ///< cp -p, -a; install -p: modes (cp) and times.
  bool follow = true;           ///< cp of a link copies what it leads to.
  bool replace = false;         ///< -f: what stands at the destination goes away.
  bool relative = false;        ///< ln -r.
  bool no_dereference = false;  ///< ln -n.
};

/// Refusals name the construct: "install --strip".
tl::expected<FileCommand, std::string> parse_file_command(const std::vector<std::string>& argv);

}  // namespace rbee::build
