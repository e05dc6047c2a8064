// Every command of a recipe as the checks see it: as written, after quote removal, and with
// constants carried through variables, wrappers taken off, nested shell texts opened.
//
// Work and memory are bounded whatever the text is (ShellValues::charge); what did not fit is told
// by `exhausted`, and a person looks at it. Pure. Source: docs/checks.md; bash(1), "Simple
// Commands", "Pipelines".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"
#include "check/shell_values.hpp"
#include "pkgbuild/ast.hpp"

namespace rbee::check {

/// One way in which a command may be read: a name and its arguments, after everything.
struct Invocation {
  std::string path;  ///< The command word: "curl", "/usr/bin/curl", "./configure"; may hold holes.
  std::string name;  ///< Its last path segment.
  std::vector<std::string> args;
  bool has(std::string_view arg) const;
  /// First argument that is no option; empty when there is none.
  std::string_view first_operand() const;
  /// Path and arguments with blanks between them.
  std::string line() const;
};

struct RedirectView {
  pkgbuild::Redirect::Kind kind = pkgbuild::Redirect::Kind::read;
  std::vector<std::string> targets;  ///< Texts of the target; of a here-document its body.
  bool expands = true;               ///< Here-documents: false when the delimiter is quoted.
  Span span;
};

/// Neighbours in Commands::all(): from `begin` to before `end`.
struct IndexRange {
  std::size_t begin = 0, end = 0;
};

struct CommandView {
  std::string file;      ///< The text it stands in, when that is not the recipe: a local script.
  Span span;             ///< In the recipe (or `file`); of the outer word for nested texts.
  std::string function;  ///< The nearest one; empty at top level.
  std::string raw;       ///< As written.
  std::vector<Invocation> invocations;  ///< At least one when it has words.
  std::vector<std::string> wrappers;    ///< Names taken off: sudo, env, xargs, sh …
  Assembly assembly;                    ///< Of the command word as written.
  bool word_is_unknown = false;         ///< No invocation's name is known.
  std::vector<std::string> words;       ///< All words' first texts, wrappers included.
  std::vector<RedirectView> redirects;
  std::vector<std::string> assigned;  ///< Names assigned in front: LD_PRELOAD=… cmd.
  std::vector<IndexRange> upstream;   ///< Commands before it in the pipelines around it.
  IndexRange inner;                   ///< Commands inside its words: $(…), <(…).
  bool substituted = false;           ///< Inside $(…), <(…) or backticks.
  bool background = false;
  bool coprocess = false;
};

struct FunctionView {
  std::string name;
  Span span;
};

struct AssignmentView {
  std::string name;
  std::vector<std::string> texts;
  Span span;
  std::string function;
};

class Commands {
 public:
  /// `script` must outlive this object.
  explicit Commands(const pkgbuild::Script& script);

  const std::vector<CommandView>& all() const { return all_; }
  const std::vector<FunctionView>& functions() const { return functions_; }
  const std::vector<AssignmentView>& assignments() const { return assignments_; }
  const ShellValues& values() const { return values_; }
  /// True when prepare() reaches the command by calls, and no other standard function does.
  bool runs_in_prepare_only(const CommandView& command) const;
  /// True when some of the text could not be looked into: too deep, too much.
  bool exhausted() const { return exhausted_ || values_.exhausted(); }

  /// Look into a local script that the recipe runs, as if it stood in `function`.
  void open_file(std::string_view file, std::string_view text, const CommandView& runner);

 private:
  friend class CommandCollector;
  std::vector<CommandView> all_;
  std::vector<FunctionView> functions_;
  std::vector<AssignmentView> assignments_;
  ShellValues values_;
  std::vector<std::shared_ptr<const pkgbuild::Script>> nested_;
  std::map<std::string, std::set<std::string>> calls_;  ///< By function: names it calls.
  std::set<std::string> in_prepare_, in_others_;        ///< Functions that these reach.
  bool exhausted_ = false;
};

/// Names that makepkg itself calls.
bool is_standard_function(std::string_view name);
/// sh, bash, python3.11, perl …: runs what it reads or is told.
bool is_interpreter(std::string_view name);
bool is_shell(std::string_view name);
/// "/usr/bin/curl" is "curl".
std::string_view base_name(std::string_view path);

}  // namespace rbee::check
