// The metered interpreter: runs a syntax tree over a virtual shell, and stops rather than guess.
//
// Executes nothing outside itself. Three rules keep its answers sound: a construct that is not
// reproduced ends the run as unsupported; a value that depends on the host is tainted, and a
// tainted value may not decide anything; every command, expansion and byte is counted against
// `Limits`. Source: bash(1). Parts: interpreter.cpp (commands), expand.cpp, parameter.cpp,
// shell_*.cpp (builtins).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/ast.hpp"
#include "pkgbuild/effects.hpp"
#include "pkgbuild/file_view.hpp"
#include "pkgbuild/pattern.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/trace.hpp"
#include "pkgbuild/variables.hpp"

namespace rbee::pkgbuild {

/// A function as it was defined.
struct ShellFunction {
  std::shared_ptr<const Script> script;
  const Command* command = nullptr;  ///< Of kind function.
};

/// What a subshell gets a copy of.
struct ShellState {
  /// A caller's variable, kept while a local one of that name lives; absent when there was none.
  struct Saved {
    std::string name;
    std::optional<Variable> variable;
    std::uint32_t traced = Trace::npos;  ///< What the trace knew of it.
  };
  struct Frame {
    std::vector<Saved> saved;
    std::vector<std::string> parameters;  ///< The caller's.
    TaintId parameters_taint = 0;
  };
  NameMap<Variable> variables;
  NameMap<ShellFunction> functions;
  std::vector<Frame> frames;
  std::vector<std::string> parameters;  ///< $1 …
  TaintId parameters_taint = 0;
  std::uint32_t options = 0;  ///< Bits of ShellOption.
};

enum ShellOption : std::uint32_t {
  kExtglob = 1,
  kNoCaseMatch = 2,
  kNoGlob = 4,
  kNoUnset = 8,
  kErrExit = 16,
  kPipeFail = 32,
  kNoPatsubReplacement = 64,
  kAllExport = 128,
};

class FieldBuilder;

class Interpreter {
 public:
  /// Why a run ended before its end.
  struct Halt {
    Refusal::Kind kind;
    Span span;
    std::string message;  ///< For unsupported: the construct alone.
  };
  /// Where the top level stands: makepkg sources the file inside a function, a test runs it as a
  /// script.
  enum class TopLevel { sourced, script };
  /// How an expansion's pieces come together.
  enum class Expand : std::uint8_t { fields, single, pattern, regex };

  Interpreter(const Inputs& inputs, TopLevel top_level);

  /// Report every read and write of a variable from now on; nullptr: none. The trace outlives the
  /// interpreter.
  void report_to(Trace* trace) { trace_ = trace; }
  Trace* trace() const { return trace_; }
  /// Run a whole script. The status of its last command is `status()`; nothing when it was halted.
  void run(const std::shared_ptr<const Script>& script);
  /// From now on commands and redirections reach `effects`, which outlives the interpreter, from
  /// the working directory `directory`, and `set -e` holds. Files beside the recipe are no longer
  /// read.
  void act_on(Effects& effects, const std::string& directory);
  /// Run a function that the recipe defined, without arguments.
  void call(const std::string& function);
  /// Leave the function in which a sourced file stands: its local variables end.
  void leave_top_level();

  const std::optional<Halt>& halt() const { return halt_; }
  int status() const { return status_; }
  bool exited() const { return flow_ == Flow::exit; }
  TaintId status_taint() const { return status_taint_; }
  ShellState& state() { return state_; }
  const std::string& output() const { return output_; }
  /// What a taint is about: "$HOME" and where it was read.
  const std::pair<std::string, Span>& taint(TaintId id) const { return taints_[id]; }

  /// Value for an override: a word as the right side of an assignment, in the global scope.
  /// `place`: where in the recipe the text of the assignment stands, when that is not the recipe
  /// itself.
  void assign(const Assignment& assignment, std::optional<Span> place) {
    eval_place_ = place;
    apply_assignment(assignment);
    eval_place_ = std::nullopt;
  }
  /// From now on only this variable may change; another one ends the run as unsupported. Empty: all
  /// may.
  void freeze_all_but(std::string_view name) {
    only_writable_ = name.empty() ? std::nullopt : std::optional<std::string>(name);
  }
  bool is_builtin_name(std::string_view name) const { return is_builtin(name); }
  void set_scalar(std::string_view name, std::string value, Span span = {});
  void forget_variable(std::string_view name);
  void unsupported(std::string construct, Span span);
  /// Count work that is done outside on its behalf; false when the limit is reached.
  bool spend(std::uint64_t steps, Span span);
  /// Make every read of `name` depend on the host from now on.
  void taint_variable(std::string_view name);

 private:
  friend class FieldBuilder;
  friend class Arithmetic;
  friend class Builtins;
  friend class TestExpression;

  static constexpr std::string_view kFunctionText = "the text of declare -f";

  enum class Flow : std::uint8_t { none, break_loop, continue_loop, return_function, exit, halted };
  struct Input {
    const std::string* text = nullptr;
    std::size_t pos = 0;
    TaintId taint = 0;
  };
  struct Io {
    std::string* out = nullptr;  ///< Absent: dropped.
    std::string* err = nullptr;
    Input* in = nullptr;  ///< Absent: the host's standard input.
  };
  /// Reads of variables from here to the end of the block belong together (trace.hpp).
  struct Traced {
    Traced(Interpreter& i, Trace::Reads reads) : trace(i.trace_), what(reads) {
      if (trace != nullptr) trace->begin_scope();
    }
    ~Traced() {
      if (trace != nullptr) trace->end_scope(what);
    }
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;
    Trace* trace;
    Trace::Reads what;
  };
  struct Depth {
    explicit Depth(Interpreter& interpreter, Span span);
    ~Depth() { --interpreter.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Interpreter& interpreter;
  };
  /// The values of one parameter: one, or a list for $@ and ${x[@]}.
  struct Value {
    bool set = false;
    bool list = false;
    bool star = false;
    std::string scalar;              ///< When not a list.
    std::vector<std::string> items;  ///< When a list.
    void own(std::string text) { scalar = std::move(text); }
  };

  // interpreter.cpp
  bool stopped() const { return flow_ != Flow::none; }
  bool halted() const { return halt_.has_value(); }
  void stop(Refusal::Kind kind, std::string message, Span span);
  bool spend_bytes(std::size_t bytes, Span span) { return spend(1 + bytes / 64, span); }
  void execute(const Command* command);
  void execute_body(const Command& command);
  void execute_condition(const Command* command);
  void execute_list(const Command& command);
  void execute_and_or(const Command& command);
  void execute_pipeline(const Command& command);
  std::uint64_t copy_steps() const;
  void execute_subshell(const Command* body);
  void execute_if(const Command& command);
  void execute_for(const Command& command);
  void execute_for_arith(const Command& command);
  void execute_while(const Command& command);
  void execute_case(const Command& command);
  void execute_simple(const Command& command);
  void execute_assignments(const Command& command);
  void execute_words(const Command& command, std::vector<std::string>& argv);
  void call_function(const ShellFunction& function, std::vector<std::string> argv,
                     TaintId argv_taint, Span span);
  void run_command(const Command& command, std::vector<std::string>& argv);
  void run_external(std::vector<std::string>& argv, Span span);
  bool end_loop_turn();
  bool condition_holds(Span span);
  void require_untainted(Span span);
  void require_status(Span span);
  void run_text(std::string text, Span span);
  /// A file that a redirection opened for writing.
  struct Written {
    std::string path;
    bool append = false;
    const std::string* text = nullptr;
  };
  bool apply_redirects(const Command& command, std::deque<std::string>& texts,
                       std::deque<Input>& inputs, std::vector<Written>& written);
  bool refused(const Effects::Refused& construct, Span span);
  void put(std::string_view text, Span span);
  void complain(Span span);

  // variables, in assign.cpp
  Variable* find(std::string_view name);
  const Variable* read(std::string_view name, Span span);
  Variable& writable(std::string_view name, Span span);
  void make_local(std::string_view name);
  void apply_assignment(const Assignment& assignment);
  void assign_array(Variable& variable, const Assignment& assignment);
  void store_scalar(Variable& variable, std::string value, bool append, Span span);
  void store_element(Variable& variable, const Word& index, std::string value, bool append,
                     Span span);
  void store_element_text(Variable& variable, std::string_view index, std::string value,
                          bool append, Span span);
  std::string cast(const Variable& variable, std::string value, Span span);
  void account(std::size_t before, std::size_t after, Span span);
  void unset_variable(std::string_view name, Span span);
  void unset_element(std::string_view name, std::string_view index, Span span);
  bool is_dynamic(std::string_view name) const;
  TaintId note_taint(std::string construct, Span span);
  void mark(TaintId id) {
    if (id != 0 && (taint_ == 0 || is_function_text(taint_))) taint_ = id;
  }
  /// The taint of what `declare -f` prints: only eval may use it.
  bool is_function_text(TaintId id) const { return taints_[id].first == kFunctionText; }
  void pop_frame();

  // expand.cpp
  std::vector<std::string> expand_words(const List<Word>& words);
  void expand_fields(const Word& word, std::vector<std::string>& out);
  std::string expand_single(const Word& word);
  std::string expand_pattern(const Word& word);
  std::string expand_regex(const Word& word);
  void expand_parts(const List<WordPart>& parts, FieldBuilder& builder, bool quoted);
  void expand_part(const WordPart& part, FieldBuilder& builder, bool quoted);
  void emit(const Value& value, FieldBuilder& builder, bool quoted);
  std::string command_output(const WordPart& part);
  std::string_view ifs();
  std::vector<std::vector<WordPart>> expand_braces(const Word& word,
                                                   std::deque<std::string>& texts);
  void glob_fields(FieldBuilder& builder, Span span);

  // parameter.cpp
  void expand_parameter(const Parameter& parameter, Span span, FieldBuilder& builder, bool quoted);
  void expand_operand(const List<WordPart>& parts, FieldBuilder& builder, bool quoted);
  Value resolve(const Parameter& parameter, Span span);
  Value resolve_variable(std::string_view name, Parameter::Subscript subscript, const Word* index,
                         Span span);
  Value resolve_text(std::string_view reference, Span span);
  Value names_or_keys(const Parameter& parameter, Span span);
  void apply_operator(const Parameter& parameter, Value& value, Span span, bool quoted);
  void apply_substring(const Parameter& parameter, Value& value, Span span);
  std::string replace(std::string_view text, const Pattern& pattern, Parameter::Op op,
                      std::string_view replacement, Span span);
  std::string change_case(std::string_view text, Parameter::Op op,
                          const std::optional<Pattern>& pattern, Span span);
  std::string transform(std::string_view text, char letter, Span span);
  Pattern make_pattern(const std::string& text, Span span);
  bool check_meter(Span span);
  std::string index_text(const Word& index);

  // arithmetic.cpp
  std::int64_t arithmetic(std::string_view text, Span span);
  std::int64_t arithmetic(const List<WordPart>& parts, Span span);

  // shell_conditions.cpp
  bool test_condition(const Condition& condition);
  bool test_file(char op, std::string_view path, Span span);
  bool test_unary(std::string_view op, std::string_view operand, Span span);
  bool test_variable(std::string_view reference, Span span);

  // shell_builtins.cpp
  /// True when `name` is a builtin, which has then run.
  bool run_builtin(const Command& command, std::vector<std::string>& argv);
  bool is_builtin(std::string_view name) const;

  const Inputs& inputs_;
  FileView files_;
  Effects* effects_ = nullptr;
  Trace* trace_ = nullptr;
  TopLevel top_level_;
  ShellState state_;
  std::shared_ptr<const Script> script_;
  std::vector<std::shared_ptr<const Script>> scripts_;
  std::string output_;
  Io io_;
  StepMeter meter_;
  std::size_t memory_bytes_ = 0;
  std::size_t texts_bytes_ = 0;  ///< Of all trees that eval and source made; kept to the end.
  int depth_ = 0;
  int calls_ = 0;
  int loops_ = 0;
  int conditions_ = 0;  ///< Commands under way whose failure `set -e` overlooks.
  int subshells_ = 0;
  int sources_ = 0;
  std::vector<std::string> source_names_;  ///< $BASH_SOURCE, innermost last; empty: not known.
  Flow flow_ = Flow::none;
  int flow_count_ = 0;
  int status_ = 0;
  TaintId status_taint_ = 0;
  TaintId taint_ = 0;             ///< Of the words expanded since it was last cleared.
  TaintId stream_taint_ = 0;      ///< Of what was written since it was last cleared.
  int substitution_status_ = -1;  ///< Of the last $(…) in the words at hand; -1: there was none.
  std::vector<std::pair<std::string, Span>> taints_;
  std::optional<Span> eval_place_;
  std::optional<Halt> halt_;
  std::optional<std::string> only_writable_;
  bool odd_globs_ = false;      ///< An option says that patterns match other names than usual.
  bool world_changed_ = false;  ///< A command that was not run may have written files.
};

/// Collects an expansion's text as fields, one string, a glob pattern or a regular expression.
class FieldBuilder {
 public:
  FieldBuilder(Interpreter& interpreter, Interpreter::Expand mode)
      : shell_(interpreter), mode_(mode) {}

  void literal(std::string_view text, Span span);
  void quoted(std::string_view text, Span span);
  void expanded(std::string_view text, Span span);
  /// Between two items of a list.
  void separate(char joiner, Span span);
  void finish(Span span);
  bool splits() const { return mode_ == Interpreter::Expand::fields; }
  Interpreter::Expand mode() const { return mode_; }
  /// One pair of double quotes: begins, and ends. Quotes that hold nothing are an empty field, but
  /// not when an empty "$@" stands in them.
  struct Quotes {
    bool active, empty_list, empty_word;
    std::size_t fields, bytes;
  };
  Quotes open_quotes() {
    const Quotes before{active_, empty_list_, empty_word_, fields_.size(), current_.size()};
    empty_list_ = empty_word_ = false;
    return before;
  }
  void close_quotes(const Quotes& before) {
    if (empty_list_ && fields_.size() == before.fields && current_.size() == before.bytes)
      active_ = before.active;
    empty_list_ = before.empty_list;
    empty_word_ = before.empty_word;
  }
  /// Grows with everything that is put in.
  std::size_t written() const { return fields_.size() + current_.size(); }
  void note_empty_list(bool there = true) { empty_list_ = there; }
  bool holds_empty_list() const { return empty_list_; }
  /// What is a word for bash although it is empty; beside an empty "$@" that depends on too much.
  void note_empty_word() { empty_word_ = true; }
  bool holds_empty_word() const { return empty_word_; }
  std::string take() { return std::move(current_); }
  std::vector<std::string>& fields() { return fields_; }

 private:
  void note_globs(std::size_t from);
  void end_field(Span span);
  void end_glob(Span span);

  Interpreter& shell_;
  Interpreter::Expand mode_;
  std::vector<std::string> fields_;
  std::string current_;
  bool active_ = false;
  bool empty_list_ = false;           ///< An empty "$@" stood in the present quotes.
  bool empty_word_ = false;           ///< So did an empty ${x=…} or ${x-"…"}.
  std::vector<std::uint32_t> globs_;  ///< Offsets of unquoted * ? [ in the current field.
};

}  // namespace rbee::pkgbuild
