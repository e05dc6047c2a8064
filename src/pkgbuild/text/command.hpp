// What every text command shares: options, operands, input as lines, and how "not supported"
// travels.
//
// Pure. Nothing here reads the machine: files come from the recipe's folder through `FileView`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "pkgbuild/recipe.hpp"
#include "pkgbuild/text_commands.hpp"

namespace rbee::pkgbuild::text {

/// A value, or what this program does not reproduce exactly.
template <typename T>
using Supported = tl::expected<T, CommandUnsupported>;

inline tl::unexpected<CommandUnsupported> unsupported(std::string construct) {
  return tl::unexpected<CommandUnsupported>(CommandUnsupported{std::move(construct)});
}

/// One option a command knows: both spellings, and whether a value follows.
struct Option {
  char letter;  ///< Also its key in `Arguments`; a letter nobody types when it is long only.
  std::string_view long_name;  ///< Without "--"; may be empty.
  bool takes_value = false;
};

/// A command line taken apart as GNU getopt_long does it: options anywhere, "--" ends them.
class Arguments {
 public:
  /// Refuses an option that is not listed, an abbreviated long one and a missing value.
  static Supported<Arguments> parse(const std::vector<std::string>& argv,
                                    std::span<const Option> options);
  bool has(char letter) const;
  /// The last value given, as getopt users take it.
  std::optional<std::string_view> value(char letter) const;
  /// Every value given, in order.
  std::vector<std::string> values(char letter) const;
  std::vector<std::string> operands;

 private:
  struct Given {
    char letter;
    std::string value;
  };
  std::vector<Given> given_;
};

/// A decimal number without sign; nothing for another text or above 10^9.
std::optional<std::uint64_t> number(std::string_view text);

/// Lines of an input, and whether its last one ended with a newline.
struct Lines {
  std::vector<std::string_view> lines;
  bool ends_with_newline = true;
};
Lines lines_of(std::string_view text);

/// The bytes a command reads: of its operands one after the other, or of its standard input.
struct Input {
  std::string bytes;
  bool missing_file =
      false;  ///< An operand does not exist; the command goes on and ends with a failure.
};
Supported<Input> read_input(const CommandCall& call, std::span<const std::string> operands);

/// One file of the recipe's folder. Refused: absolute paths, "..", and any file when there are no
/// `files`.
Supported<std::optional<std::string>> read_file(const CommandCall& call, std::string_view path);

/// The work of a command that looks at each byte of `bytes` a few times.
std::uint64_t linear_steps(std::string_view bytes);

// The families. Each takes argv[0] to tell its members apart.
Supported<CommandOutput> run_cat(const CommandCall& call);
Supported<CommandOutput> run_head(const CommandCall& call);
Supported<CommandOutput> run_tail(const CommandCall& call);
Supported<CommandOutput> run_tac(const CommandCall& call);
Supported<CommandOutput> run_rev(const CommandCall& call);
Supported<CommandOutput> run_uniq(const CommandCall& call);
Supported<CommandOutput> run_wc(const CommandCall& call);
Supported<CommandOutput> run_sort(const CommandCall& call);
Supported<CommandOutput> run_cut(const CommandCall& call);
Supported<CommandOutput> run_tr(const CommandCall& call);
Supported<CommandOutput> run_paste(const CommandCall& call);
Supported<CommandOutput> run_fold(const CommandCall& call);
Supported<CommandOutput> run_basename(const CommandCall& call);
Supported<CommandOutput> run_dirname(const CommandCall& call);
Supported<CommandOutput> run_seq(const CommandCall& call);
Supported<CommandOutput> run_expr(const CommandCall& call);
Supported<CommandOutput> run_digest(const CommandCall& call);
Supported<CommandOutput> run_base64(const CommandCall& call);
Supported<CommandOutput> run_uname(const CommandCall& call);
Supported<CommandOutput> run_vercmp(const CommandCall& call);
Supported<CommandOutput> run_which(const CommandCall& call);
Supported<CommandOutput> run_grep(const CommandCall& call);
Supported<CommandOutput> run_sed(const CommandCall& call);
Supported<CommandOutput> run_awk(const CommandCall& call);

}  // namespace rbee::pkgbuild::text

/// `SUPPORTED(auto x, expr);` declares or assigns, or returns what is not supported.
#define SUPPORTED(target, expr) SUPPORTED_(RBEE_CONCAT(supported_value_, __COUNTER__), target, expr)
#define SUPPORTED_(temporary, target, expr)                                                      \
  auto temporary = (expr);                                                                       \
  if (!temporary)                                                                                \
    return ::tl::unexpected<::rbee::pkgbuild::CommandUnsupported>(std::move(temporary).error()); \
  target = std::move(*temporary)
/// The same as one statement, for an `if` without braces; `target` must exist.
#define SUPPORTED_INTO(target, expr) \
  do {                               \
    SUPPORTED(target, expr);         \
  } while (false)
