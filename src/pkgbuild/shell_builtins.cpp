// Builtins that print, ask and steer; the table of all (shell_builtins.hpp).
#include "pkgbuild/shell_builtins.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "pkgbuild/ansi_c.hpp"
#include "pkgbuild/arithmetic.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/shell_conditions.hpp"
#include "pkgbuild/text_commands.hpp"

namespace rbee::pkgbuild {

Builtins::Function Builtins::find(std::string_view name) {
  struct Entry {
    std::string_view name;
    Function function;
  };
  static constexpr std::array kTable = {
      Entry{":", &Builtins::colon},
      Entry{"true", &Builtins::colon},
      Entry{"false", &Builtins::false_},
      Entry{"echo", &Builtins::echo},
      Entry{"printf", &Builtins::printf},
      Entry{"test", &Builtins::test},
      Entry{"[", &Builtins::bracket},
      Entry{"type", &Builtins::type},
      Entry{"let", &Builtins::let},
      Entry{"declare", &Builtins::declare},
      Entry{"typeset", &Builtins::declare},
      Entry{"local", &Builtins::local},
      Entry{"export", &Builtins::export_},
      Entry{"readonly", &Builtins::readonly},
      Entry{"unset", &Builtins::unset},
      Entry{"read", &Builtins::read},
      Entry{"mapfile", &Builtins::mapfile},
      Entry{"readarray", &Builtins::mapfile},
      Entry{"shift", &Builtins::shift},
      Entry{"set", &Builtins::set},
      Entry{"shopt", &Builtins::shopt},
      Entry{"break", &Builtins::break_},
      Entry{"continue", &Builtins::continue_},
      Entry{"return", &Builtins::return_},
      Entry{"exit", &Builtins::exit},
      Entry{"eval", &Builtins::eval},
      Entry{"source", &Builtins::source},
      Entry{".", &Builtins::source},
      Entry{"command", &Builtins::command},
      Entry{"cd", &Builtins::cd},
      Entry{"pwd", &Builtins::pwd},
      Entry{"builtin", &Builtins::command},
  };
  for (const Entry& entry : kTable) {
    if (entry.name == name) return entry.function;
  }
  return nullptr;
}

bool Interpreter::is_builtin(std::string_view name) const {
  return Builtins::find(name) != nullptr;
}

bool Interpreter::run_builtin(const Command& command, std::vector<std::string>& argv) {
  const Builtins::Function function = Builtins::find(argv[0]);
  if (function == nullptr) {
    // makepkg's own messages go to the error output and change nothing.
    static constexpr std::array<std::string_view, 6> kMessages = {"msg",     "msg2",  "plain",
                                                                  "warning", "error", "plainerr"};
    if (top_level_ == TopLevel::sourced &&
        std::find(kMessages.begin(), kMessages.end(), argv[0]) != kMessages.end()) {
      if (io_.err != nullptr) unsupported("capturing a message of makepkg", command.span);
      status_ = 0;
      return true;
    }
    return false;
  }
  Builtins builtins(*this, command, argv);
  (builtins.*function)();
  return true;
}

void Builtins::colon() {
  done(0);
}
void Builtins::false_() {
  done(1);
}

bool Builtins::number(std::string_view text, int& out) const {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

void Builtins::echo() {
  bool newline = true, escapes = false;
  std::size_t first = 1;
  for (; first < argv_.size(); ++first) {
    const std::string& argument = argv_[first];
    if (argument.size() < 2 || argument[0] != '-' ||
        argument.find_first_not_of("neE", 1) != std::string::npos)
      break;
    for (const char c : argument.substr(1)) {
      if (c == 'n') newline = false;
      if (c == 'e') escapes = true;
      if (c == 'E') escapes = false;
    }
  }
  std::string out;
  bool stop = false;
  for (std::size_t i = first; i < argv_.size() && !stop; ++i) {
    if (i > first) out.push_back(' ');
    if (!escapes) {
      out += argv_[i];
      continue;
    }
    const std::string& text = argv_[i];
    for (std::size_t at = 0; at < text.size() && !stop;) {
      if (text[at] == '\\') {
        stop = !decode_escape(text, at, OctalForm::leading_zero, out);
      } else {
        out.push_back(text[at++]);
      }
    }
  }
  if (newline && !stop) out.push_back('\n');
  shell_.put(out, span_);
  done(0);
}

void Builtins::test() {
  if (shell_.taint_ != 0) return shell_.require_untainted(span_);
  const std::vector<std::string> arguments(argv_.begin() + 1, argv_.end());
  TestExpression expression(shell_, arguments, span_);
  done(expression.run());
  shell_.require_untainted(span_);
}

void Builtins::bracket() {
  if (argv_.back() != "]") {
    shell_.complain(span_);
    return done(2);
  }
  argv_.pop_back();
  test();
}

void Builtins::let() {
  if (argv_.size() < 2) return refuse("let without an expression");
  std::int64_t value = 0;
  for (std::size_t i = 1; i < argv_.size(); ++i) value = shell_.arithmetic(argv_[i], span_);
  shell_.require_untainted(span_);
  done(value != 0 ? 0 : 1);
}

// type [-t | -p | -P] name …; only forms whose output is plain.
void Builtins::type() {
  shell_.require_untainted(span_);
  char option = '\0';
  std::size_t first = 1;
  if (argv_.size() > 1 && argv_[1].size() == 2 && argv_[1][0] == '-') {
    option = argv_[1][1];
    first = 2;
    if (option != 't' && option != 'p' && option != 'P') return refuse("type " + argv_[1]);
  }
  int status = argv_.size() > first ? 0 : 1;
  for (std::size_t i = first; i < argv_.size(); ++i) {
    const std::string& name = argv_[i];
    const bool function = shell_.state_.functions.find(name) != shell_.state_.functions.end();
    const bool builtin = Builtins::find(name) != nullptr;
    const std::string_view path = virtual_program_path(name, shell_.inputs_.platform);
    if (option != 'P' && is_reserved(name)) {
      if (option == 't') shell_.put("keyword\n", span_);
      if (option == '\0' && shell_.io_.out != nullptr) return refuse("the text of type");
    } else if (option != 'P' && (function || builtin)) {
      if (option == 't') shell_.put(function ? "function\n" : "builtin\n", span_);
      if (option == '\0' && shell_.io_.out != nullptr) return refuse("the text of type");
    } else if (!path.empty()) {
      if (option == 't') shell_.put("file\n", span_);
      if (option == 'p' || option == 'P') shell_.put(std::string(path) + "\n", span_);
      if (option == '\0' && shell_.io_.out != nullptr) return refuse("the text of type");
    } else {
      if (option == '\0') shell_.complain(span_);
      status = 1;
    }
  }
  done(status);
}

// command [-v | -V] name …, command name …, builtin name …
void Builtins::command() {
  if (argv_.size() < 2) return done(0);
  if (argv_[1] == "-v") {
    shell_.require_untainted(span_);
    if (argv_.size() != 3) return refuse("command -v of several names");
    const std::string& name = argv_[2];
    if (shell_.state_.functions.find(name) != shell_.state_.functions.end() ||
        Builtins::find(name) != nullptr || is_reserved(name)) {
      shell_.put(name + "\n", span_);
      return done(0);
    }
    const std::string_view path = virtual_program_path(name, shell_.inputs_.platform);
    if (path.empty()) return done(1);
    shell_.put(std::string(path) + "\n", span_);
    return done(0);
  }
  if (argv_[1].starts_with('-')) return refuse("command " + argv_[1]);
  argv_.erase(argv_.begin());
  if (const Function function = find(argv_[0]); function != nullptr) {
    if (function == &Builtins::declare || function == &Builtins::local ||
        function == &Builtins::export_ || function == &Builtins::readonly) {
      return refuse("command " + argv_[0]);
    }
    return (this->*function)();
  }
  shell_.run_external(argv_, span_);
}

void Builtins::loop_exit(Interpreter::Flow flow) {
  shell_.require_untainted(span_);
  int count = 1;
  if (argv_.size() > 2 || (argv_.size() == 2 && (!number(argv_[1], count) || count < 1)))
    return refuse("this " + argv_[0]);
  if (shell_.loops_ == 0) return refuse(argv_[0] + " outside a loop");
  shell_.flow_count_ = std::min(count, shell_.loops_);
  done(0);
  if (!shell_.stopped()) shell_.flow_ = flow;
}

void Builtins::break_() {
  loop_exit(Interpreter::Flow::break_loop);
}
void Builtins::continue_() {
  loop_exit(Interpreter::Flow::continue_loop);
}

void Builtins::return_() {
  shell_.require_untainted(span_);
  int status = shell_.status_;
  if (argv_.size() > 2 || (argv_.size() == 2 && !number(argv_[1], status)))
    return refuse("this return");
  if (shell_.calls_ == 0 && shell_.sources_ == 0 &&
      shell_.top_level_ == Interpreter::TopLevel::script) {
    return refuse("return outside a function");
  }
  done(status & 0xff);
  if (!shell_.stopped()) shell_.flow_ = Interpreter::Flow::return_function;
}

void Builtins::exit() {
  shell_.require_untainted(span_);
  int status = shell_.status_;
  if (argv_.size() > 2 || (argv_.size() == 2 && !number(argv_[1], status)))
    return refuse("this exit");
  done(status & 0xff);
  if (!shell_.stopped()) shell_.flow_ = Interpreter::Flow::exit;
}

void Builtins::eval() {
  std::size_t first = 1;
  if (argv_.size() > 1 && argv_[1] == "--") first = 2;
  std::string text;
  for (std::size_t i = first; i < argv_.size(); ++i) {
    if (i > first) text.push_back(' ');
    text += argv_[i];
  }
  if (!shell_.is_function_text(shell_.taint_)) shell_.require_untainted(span_);
  if (!shell_.stopped()) shell_.run_text(std::move(text), span_);
}

// cd to where the shell stands already: the recipe's folder.
void Builtins::cd() {
  shell_.require_untainted(span_);
  const std::string& startdir = shell_.inputs_.startdir;
  const std::string place = argv_.size() == 2 ? argv_[1] : "";
  if (shell_.effects_ != nullptr) {
    if (place.empty() || place == "-" || shell_.subshells_ != 0 || shell_.find("CDPATH") != nullptr)
      return refuse("command cd");
    if (!shell_.stopped() && !shell_.refused(shell_.effects_->change_directory(place), span_)) {
      // $PWD would have to be what getcwd(3) says; nobody asked yet.
      shell_.taint_variable("PWD");
      shell_.taint_variable("OLDPWD");
      done(0);
    }
    return;
  }
  if (startdir.empty() ||
      (place != startdir && place != startdir + "/" && place != "." && place != "./"))
    return refuse("command cd");
  // Without this bash would search a relative name in CDPATH.
  if (place[0] == '.' && shell_.find("CDPATH") != nullptr) return refuse("cd with CDPATH");
  done(0);
}

void Builtins::pwd() {
  const std::string& startdir = shell_.inputs_.startdir;
  if (startdir.empty() || shell_.effects_ != nullptr || argv_.size() > 2 ||
      (argv_.size() == 2 && argv_[1] != "-P" && argv_[1] != "-L"))
    return refuse("command pwd");
  shell_.put(startdir + "\n", span_);
  done(0);
}

// source FILE: a file beside the recipe.
void Builtins::source() {
  shell_.require_untainted(span_);
  if (shell_.stopped()) return;
  if (argv_.size() != 2) return refuse("source with arguments");
  if (argv_[1] == "/dev/stdin" && shell_.io_.in != nullptr && shell_.io_.in->text != nullptr) {
    refuse("source of the standard input");
    return;
  }
  const std::string path = argv_[1];
  if (shell_.world_changed_) return refuse("source of a file");
  FileLook found = shell_.files_.look(path);
  if (found.kind == FileLook::Kind::unknown)
    return refuse("source of a file that is not beside the recipe");
  if (found.kind == FileLook::Kind::absent) {
    // Without a slash, the name is looked up in PATH too.
    if (path.find('/') == std::string::npos)
      return refuse("source of a file that is not beside the recipe");
    shell_.complain(span_);
    return done(1);
  }
  if (shell_.inputs_.limits.depth_max < ++shell_.sources_) {
    shell_.stop(Refusal::Kind::limit, "files source each other too deep", span_);
    return;
  }
  if (!shell_.source_names_.empty()) shell_.source_names_.push_back(path);
  shell_.run_text(std::move(found.text), span_);
  if (!shell_.source_names_.empty()) shell_.source_names_.pop_back();
  --shell_.sources_;
  if (shell_.flow_ == Interpreter::Flow::return_function) shell_.flow_ = Interpreter::Flow::none;
}

}  // namespace rbee::pkgbuild
