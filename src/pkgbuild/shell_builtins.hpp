// The shell's own commands: echo, declare, read, set … over the interpreter's state.
//
// Pure but for that state. Options that are not reproduced end the run as unsupported.
// Source: bash(1), "SHELL BUILTIN COMMANDS".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/interpreter.hpp"

namespace rbee::pkgbuild {

class Builtins {
 public:
  Builtins(Interpreter& shell, const Command& command, std::vector<std::string>& argv)
      : shell_(shell), command_(command), argv_(argv), span_(command.span) {}

  using Function = void (Builtins::*)();
  /// The function of a builtin; null for another name.
  static Function find(std::string_view name);

 private:
  // Text
  void echo();
  void printf();
  // Questions
  void test();
  void bracket();
  void type();
  void let();
  // Variables
  void declare();
  void local();
  void export_();
  void readonly();
  void unset();
  void read();
  void mapfile();
  void shift();
  void set();
  void shopt();
  // Control
  void colon();
  void false_();
  void break_();
  void continue_();
  void return_();
  void exit();
  void eval();
  void source();
  void cd();
  void pwd();
  void command();

  struct Attributes {
    bool array = false, associative = false, global = false, local = false;
    bool readonly = false, exported = false, integer = false;
    bool off_exported = false, off_integer = false;
    bool functions = false, print = false;
    Variable::Letters letters = Variable::Letters::as_is;
    bool has_letters = false;
  };
  bool parse_attributes(std::size_t& at, Attributes& out);
  void declare_with(Attributes attributes, std::size_t first);
  void declare_one(std::string_view name, const Attributes& attributes,
                   const Assignment* assignment, const std::string* value, bool append);
  void format(std::string_view format, const std::vector<std::string>& arguments, std::string& out);
  std::string split_line(bool& found, bool raw, char delimiter);
  void loop_exit(Interpreter::Flow flow);
  bool number(std::string_view text, int& out) const;
  void done(int status) { shell_.status_ = status; }
  void refuse(std::string construct) { shell_.unsupported(std::move(construct), span_); }

  Interpreter& shell_;
  const Command& command_;
  std::vector<std::string>& argv_;
  Span span_;
};

}  // namespace rbee::pkgbuild
