// Builtins over variables and options: declare, local, unset, read, mapfile, set, shopt
// (shell_builtins.hpp).
#include <algorithm>
#include <array>

#include "pkgbuild/host.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/shell_builtins.hpp"

namespace rbee::pkgbuild {

// -aAgirxlu +x; `at` moves to the first name.
bool Builtins::parse_attributes(std::size_t& at, Attributes& out) {
  for (at = 1; at < argv_.size(); ++at) {
    const std::string& argument = argv_[at];
    if (argument == "--") {
      ++at;
      break;
    }
    if (argument.size() < 2 || (argument[0] != '-' && argument[0] != '+')) break;
    const bool on = argument[0] == '-';
    for (const char c : argument.substr(1)) {
      switch (c) {
        case 'a':
          out.array = on;
          break;
        case 'A':
          out.associative = on;
          break;
        case 'g':
          out.global = on;
          break;
        case 'i':
          (on ? out.integer : out.off_integer) = true;
          break;
        case 'r':
          if (!on) {
            refuse("declare +r");
            return false;
          }
          out.readonly = true;
          break;
        case 'x':
          (on ? out.exported : out.off_exported) = true;
          break;
        case 'l':
        case 'u':
          if (!on) {
            refuse("declare +" + std::string(1, c));
            return false;
          }
          out.has_letters = true;
          out.letters = c == 'l' ? Variable::Letters::lower : Variable::Letters::upper;
          break;
        case 'f':
        case 'F':
          out.functions = on;
          break;
        case 'p':
          out.print = on;
          break;
        default:
          refuse(argv_[0] + " " + argument);
          return false;
      }
    }
  }
  return true;
}

void Builtins::declare_one(std::string_view name, const Attributes& attributes,
                           const Assignment* assignment, const std::string* value, bool append) {
  if (!is_name(name)) return refuse("declaring what is no variable's name");
  if (attributes.local) shell_.make_local(name);
  if (attributes.global && !shell_.state_.frames.empty()) {
    for (const ShellState::Frame& frame : shell_.state_.frames) {
      for (const ShellState::Saved& saved : frame.saved) {
        if (saved.name == name) return refuse("declare -g of a name that is also local");
      }
    }
  }
  const bool touches = assignment != nullptr || value != nullptr;
  const bool fresh = shell_.find(name) == nullptr;
  if (fresh && !touches && is_host_variable(name)) {
    // export PATH and the like: the value stays the host's.
    if (!attributes.local) return;
  }
  Variable& variable = shell_.writable(name, span_);
  if (shell_.stopped()) return;
  if (attributes.integer) variable.integer = true;
  if (attributes.off_integer) variable.integer = false;
  if (attributes.has_letters) variable.letters = attributes.letters;
  if (attributes.exported) variable.exported = true;
  if (attributes.off_exported) variable.exported = false;
  const auto become = [&](Variable::Form form) {
    if (variable.form == form) return;
    if (variable.form != Variable::Form::scalar)
      return refuse("changing one kind of array to the other");
    if (variable.set && form == Variable::Form::associative)
      return refuse("a scalar that becomes an associative array");
    if (variable.set) variable.indexed.at_or_new(0) = std::move(variable.scalar);
    variable.scalar.clear();
    variable.form = form;
  };
  if (attributes.associative) become(Variable::Form::associative);
  if (attributes.array) become(Variable::Form::indexed);
  if (shell_.stopped()) return;
  if (assignment != nullptr) {
    shell_.apply_assignment(*assignment);
  } else if (value != nullptr) {
    shell_.store_scalar(variable, *value, append, span_);
    variable.taint = shell_.taint_;
  }
  if (attributes.readonly && !shell_.stopped()) {
    if (Variable* now = shell_.find(name)) now->readonly = true;
  }
}

void Builtins::declare_with(Attributes attributes, std::size_t first) {
  if (attributes.functions) {
    shell_.require_untainted(span_);
    if (argv_.size() == first) return refuse(argv_[0] + " -f");
    bool all = true;
    for (std::size_t i = first; i < argv_.size(); ++i) {
      const auto found = shell_.state_.functions.find(argv_[i]);
      if (found == shell_.state_.functions.end()) {
        if (is_makepkg_function(argv_[i])) return refuse(argv_[0] + " -f " + argv_[i]);
        all = false;
      } else if (shell_.io_.out != nullptr) {
        // Not laid out as bash does it, so only eval may have it.
        const Command& body = *found->second.command->parts[0];
        const std::string_view source = found->second.script->text;
        shell_.mark(shell_.note_taint(std::string(Interpreter::kFunctionText), span_));
        shell_.put(
            argv_[i] + " () \n" +
                std::string(source.substr(body.span.begin, body.span.end - body.span.begin)) + "\n",
            span_);
      }
    }
    return done(all ? 0 : 1);
  }
  if (attributes.print) {
    if (shell_.io_.out != nullptr || argv_.size() == first) return refuse(argv_[0] + " -p");
    bool all = true;
    for (std::size_t i = first; i < argv_.size(); ++i) {
      if (is_host_variable(argv_[i])) return refuse(argv_[0] + " -p " + argv_[i]);
      all = all && shell_.find(argv_[i]) != nullptr;
    }
    return done(all ? 0 : 1);
  }
  const TaintId words_taint = shell_.taint_;
  shell_.substitution_status_ = -1;
  bool any = false;
  for (const Word& word : command_.words) {
    if (word.assignment == nullptr) continue;
    any = true;
    shell_.taint_ = 0;
    declare_one(word.assignment->name, attributes, word.assignment, nullptr, false);
    if (shell_.stopped()) return;
  }
  shell_.taint_ = words_taint;
  for (std::size_t i = first; i < argv_.size(); ++i) {
    any = true;
    const std::string& text = argv_[i];
    std::size_t name_end = 0;
    while (name_end < text.size() && is_name_char(text[name_end])) ++name_end;
    const std::string name = text.substr(0, name_end);
    if (name_end == text.size()) {
      if (shell_.taint_ != 0) return shell_.require_untainted(span_);
      declare_one(name, attributes, nullptr, nullptr, false);
    } else {
      const bool append = text.compare(name_end, 2, "+=") == 0;
      if (!append && text[name_end] != '=') return refuse("this " + argv_[0]);
      std::string value = text.substr(name_end + (append ? 2 : 1));
      if (value.starts_with('(') && value.ends_with(')')) {
        const Variable* present = shell_.find(name);
        const bool array = present != nullptr && present->form != Variable::Form::scalar;
        if (attributes.associative || attributes.readonly || (array && !attributes.array))
          return refuse("an array in quotes after " + argv_[0]);
        if (attributes.array) {
          // bash reads such text once more, as the assignment that it looks like.
          shell_.require_untainted(span_);
          declare_one(name, attributes, nullptr, nullptr, false);
          if (!shell_.stopped()) shell_.run_text(text, span_);
          continue;
        }
      }
      declare_one(name, attributes, nullptr, &value, append);
    }
    if (shell_.stopped()) return;
  }
  if (!any && shell_.io_.out != nullptr) return refuse("the list that " + argv_[0] + " prints");
  done(0);
  shell_.status_taint_ = 0;
}

void Builtins::declare() {
  Attributes attributes;
  std::size_t first = 1;
  if (!parse_attributes(first, attributes)) return;
  attributes.local = !attributes.global && !shell_.state_.frames.empty() && !attributes.functions &&
                     !attributes.print;
  declare_with(attributes, first);
}

void Builtins::local() {
  Attributes attributes;
  std::size_t first = 1;
  if (shell_.state_.frames.empty()) return refuse("local outside a function");
  if (argv_.size() > 1 && argv_[1] == "-") return refuse("local -");
  if (!parse_attributes(first, attributes)) return;
  attributes.local = true;
  declare_with(attributes, first);
}

void Builtins::export_() {
  Attributes attributes;
  std::size_t first = 1;
  if (argv_.size() > 1 && argv_[1] == "-n") {
    attributes.off_exported = true;
    first = 2;
  } else if (argv_.size() > 1 && argv_[1] == "-f") {
    return done(0);
  } else if (argv_.size() > 1 && argv_[1].starts_with('-') && argv_[1] != "--") {
    return refuse("export " + argv_[1]);
  } else {
    attributes.exported = true;
    if (argv_.size() > 1 && argv_[1] == "--") first = 2;
  }
  declare_with(attributes, first);
}

void Builtins::readonly() {
  Attributes attributes;
  std::size_t first = 1;
  if (!parse_attributes(first, attributes)) return;
  if (attributes.functions || attributes.print) return refuse("this readonly");
  attributes.readonly = true;
  declare_with(attributes, first);
}

void Builtins::unset() {
  shell_.require_untainted(span_);
  bool functions = false, variables = false;
  std::size_t first = 1;
  for (; first < argv_.size() && argv_[first].size() > 1 && argv_[first][0] == '-'; ++first) {
    if (argv_[first] == "-f")
      functions = true;
    else if (argv_[first] == "-v")
      variables = true;
    else if (argv_[first] == "--")
      continue;
    else
      return refuse("unset " + argv_[first]);
  }
  done(0);
  for (std::size_t i = first; i < argv_.size() && !shell_.stopped(); ++i) {
    const std::string& name = argv_[i];
    const std::size_t bracket = name.find('[');
    if (functions) {
      const auto found = shell_.state_.functions.find(name);
      if (found != shell_.state_.functions.end()) shell_.state_.functions.erase(found);
    } else if (bracket != std::string::npos && name.ends_with(']')) {
      shell_.unset_element(name.substr(0, bracket),
                           name.substr(bracket + 1, name.size() - bracket - 2), span_);
    } else if (!is_name(name)) {
      return refuse("unset of what is no name");
    } else if (!variables && shell_.find(name) == nullptr &&
               shell_.state_.functions.find(name) != shell_.state_.functions.end()) {
      shell_.state_.functions.erase(name);
    } else {
      shell_.unset_variable(name, span_);
    }
  }
}

// One line of the input, continued lines joined unless raw.
std::string Builtins::split_line(bool& found, bool raw, char delimiter) {
  std::string line;
  found = false;
  Interpreter::Input& in = *shell_.io_.in;
  while (in.pos < in.text->size()) {
    const char c = (*in.text)[in.pos++];
    if (c == delimiter) {
      found = true;
      break;
    }
    if (c == '\\' && !raw && in.pos < in.text->size()) {
      const char next = (*in.text)[in.pos++];
      if (next == '\n') continue;
      // Kept with its backslash, so that splitting does not see it.
      line.push_back('\\');
      line.push_back(next);
      continue;
    }
    line.push_back(c);
  }
  shell_.spend(1 + line.size() / 8, span_);
  return line;
}

void Builtins::read() {
  shell_.require_untainted(span_);
  bool raw = false, array = false;
  char delimiter = '\n';
  std::string array_name;
  std::size_t i = 1;
  for (; i < argv_.size() && argv_[i].size() > 1 && argv_[i][0] == '-'; ++i) {
    if (argv_[i] == "--") {
      ++i;
      break;
    }
    for (std::size_t k = 1; k < argv_[i].size(); ++k) {
      const char c = argv_[i][k];
      if (c == 'r') {
        raw = true;
      } else if (c == 'a' || c == 'd' || c == 'p') {
        std::string value = argv_[i].substr(k + 1);
        if (value.empty()) {
          if (++i >= argv_.size()) return refuse("this read");
          value = argv_[i];
        }
        if (c == 'a') {
          array = true;
          array_name = value;
        } else if (c == 'd') {
          delimiter = value.empty() ? '\0' : value[0];
        }
        break;
      } else if (c != 's') {
        return refuse("read " + argv_[i]);
      }
    }
  }
  if (shell_.io_.in == nullptr) return refuse("reading the host's standard input");
  const TaintId taint = shell_.io_.in->taint;
  bool found = false;
  const std::string line = split_line(found, raw, delimiter);
  const std::string ifs(shell_.ifs());
  if (ifs.size() > 3 && !shell_.spend(1 + line.size() * ifs.size() / 256, span_)) return;
  const auto is_ifs = [&](char c) { return ifs.find(c) != std::string::npos; };
  const auto is_space = [&](char c) { return is_ifs(c) && (c == ' ' || c == '\t' || c == '\n'); };
  std::vector<std::string> names(argv_.begin() + static_cast<std::ptrdiff_t>(i), argv_.end());
  const std::size_t wanted = array ? ~std::size_t{0} : names.empty() ? 1 : names.size();
  std::vector<std::string> fields;
  std::size_t at = 0;
  const auto skip_space = [&] {
    while (at < line.size() && is_space(line[at])) ++at;
  };
  if (!names.empty() || array) skip_space();
  while (at < line.size() && fields.size() < wanted) {
    if (fields.size() + 1 == wanted) {
      // The last name takes the rest, without the separators at its end.
      std::string rest;
      std::vector<bool> escaped;
      for (std::size_t k = at; k < line.size(); ++k) {
        const bool escape = !raw && line[k] == '\\' && k + 1 < line.size();
        if (escape) ++k;
        rest.push_back(line[k]);
        escaped.push_back(escape);
      }
      if (!names.empty()) {
        const auto trim = [&] {
          while (!rest.empty() && is_space(rest.back()) && !escaped[rest.size() - 1])
            rest.pop_back();
        };
        trim();
        // One separator that is no blank goes too when it is the only one in the rest.
        if (!rest.empty() && is_ifs(rest.back()) && !is_space(rest.back()) &&
            !escaped[rest.size() - 1] && std::count_if(rest.begin(), rest.end(), is_ifs) == 1) {
          rest.pop_back();
          trim();
        }
      }
      fields.push_back(std::move(rest));
      at = line.size();
      break;
    }
    std::string field;
    while (at < line.size() && !is_ifs(line[at])) {
      if (!raw && line[at] == '\\' && at + 1 < line.size()) ++at;
      field.push_back(line[at++]);
    }
    fields.push_back(std::move(field));
    skip_space();
    if (at < line.size() && is_ifs(line[at]) && !is_space(line[at])) {
      ++at;
      skip_space();
    } else if (at == line.size()) {
      break;
    }
  }
  if (array) {
    if (!is_name(array_name)) return refuse("this read");
    Variable& variable = shell_.writable(array_name, span_);
    if (shell_.stopped()) return;
    if (variable.form == Variable::Form::associative)
      return refuse("read -a into an associative array");
    shell_.account(variable.memory_bytes(), sizeof(Variable), span_);
    variable.indexed.clear();
    variable.scalar.clear();
    variable.form = Variable::Form::indexed;
    variable.set = true;
    variable.taint = taint;
    for (std::string& field : fields) {
      shell_.account(0, field.size() + sizeof(IndexedArray::Item), span_);
      variable.indexed.append(std::move(field));
    }
  } else {
    if (names.empty()) names.push_back("REPLY");
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (!is_name(names[k])) return refuse("this read");
      Variable& variable = shell_.writable(names[k], span_);
      shell_.store_scalar(variable, k < fields.size() ? fields[k] : std::string(), false, span_);
      if (shell_.stopped()) return;
      variable.taint = taint;
    }
  }
  done(found ? 0 : 1);
  shell_.status_taint_ = taint;
}

// mapfile [-t] [-d c] [name]
void Builtins::mapfile() {
  shell_.require_untainted(span_);
  bool trim = false;
  char delimiter = '\n';
  std::size_t i = 1;
  for (; i < argv_.size() && argv_[i].starts_with('-'); ++i) {
    if (argv_[i] == "-t") {
      trim = true;
    } else if (argv_[i] == "-d" && i + 1 < argv_.size()) {
      ++i;
      delimiter = argv_[i].empty() ? '\0' : argv_[i][0];
    } else {
      return refuse("mapfile " + argv_[i]);
    }
  }
  const std::string name = i < argv_.size() ? argv_[i] : "MAPFILE";
  if (!is_name(name) || i + 1 < argv_.size()) return refuse("this mapfile");
  if (shell_.io_.in == nullptr) return refuse("reading the host's standard input");
  Variable& variable = shell_.writable(name, span_);
  if (shell_.stopped()) return;
  if (variable.form == Variable::Form::associative)
    return refuse("mapfile into an associative array");
  shell_.account(variable.memory_bytes(), sizeof(Variable), span_);
  variable.form = Variable::Form::indexed;
  variable.scalar.clear();
  variable.indexed.clear();
  variable.set = true;
  Interpreter::Input& in = *shell_.io_.in;
  variable.taint = in.taint;
  while (in.pos < in.text->size() && !shell_.stopped()) {
    const std::size_t end = in.text->find(delimiter, in.pos);
    const std::size_t stop = end == std::string::npos ? in.text->size() : end + 1;
    std::string line = in.text->substr(in.pos, stop - in.pos);
    if (trim && end != std::string::npos) line.pop_back();
    in.pos = stop;
    shell_.account(0, line.size() + sizeof(IndexedArray::Item), span_);
    shell_.spend_bytes(line.size(), span_);
    variable.indexed.append(std::move(line));
  }
  done(0);
}

void Builtins::shift() {
  shell_.require_untainted(span_);
  int count = 1;
  if (argv_.size() > 2 || (argv_.size() == 2 && (!number(argv_[1], count) || count < 0)))
    return refuse("this shift");
  std::vector<std::string>& parameters = shell_.state_.parameters;
  if (static_cast<std::size_t>(count) > parameters.size()) return done(1);
  if (!shell_.spend(1 + parameters.size() / 64, span_)) return;
  parameters.erase(parameters.begin(), parameters.begin() + count);
  done(0);
}

void Builtins::set() {
  const auto assign_parameters = [&](std::size_t from) {
    shell_.state_.parameters.assign(argv_.begin() + static_cast<std::ptrdiff_t>(from), argv_.end());
    shell_.state_.parameters_taint = shell_.taint_;
    done(0);
  };
  if (argv_.size() == 1) return refuse("the list that set prints");
  std::size_t i = 1;
  for (; i < argv_.size(); ++i) {
    const std::string& argument = argv_[i];
    if (argument == "--") return assign_parameters(i + 1);
    if (argument.size() < 2 || (argument[0] != '-' && argument[0] != '+'))
      return assign_parameters(i);
    const bool on = argument[0] == '-';
    const auto flip = [&](std::uint32_t bit) {
      shell_.state_.options = on ? shell_.state_.options | bit : shell_.state_.options & ~bit;
    };
    for (const char c : argument.substr(1)) {
      switch (c) {
        case 'e':
          flip(kErrExit);
          break;
        case 'u':
          flip(kNoUnset);
          break;
        case 'f':
          flip(kNoGlob);
          break;
        case 'a':
          flip(kAllExport);
          break;
        case 'x':
        case 'v':
        case 'h':
          break;  // Changes what is traced, not what is done.
        case 'o': {
          if (++i >= argv_.size()) return refuse("the list that set -o prints");
          const std::string& name = argv_[i];
          if (name == "errexit")
            flip(kErrExit);
          else if (name == "nounset")
            flip(kNoUnset);
          else if (name == "noglob")
            flip(kNoGlob);
          else if (name == "pipefail")
            flip(kPipeFail);
          else if (name == "allexport")
            flip(kAllExport);
          else if (name != "xtrace" && name != "verbose")
            return refuse("set -o " + name);
          break;
        }
        default:
          return refuse("set " + argument);
      }
    }
  }
  done(0);
}

void Builtins::shopt() {
  shell_.require_untainted(span_);
  bool set = false, unset = false, quiet = false;
  std::size_t i = 1;
  for (; i < argv_.size() && argv_[i].starts_with('-'); ++i) {
    if (argv_[i] == "-s")
      set = true;
    else if (argv_[i] == "-u")
      unset = true;
    else if (argv_[i] == "-q")
      quiet = true;
    else
      return refuse("shopt " + argv_[i]);
  }
  if (i == argv_.size() || (!set && !unset && !quiet && shell_.io_.out != nullptr))
    return refuse("the list that shopt prints");
  int status = 0;
  for (; i < argv_.size(); ++i) {
    const std::string& name = argv_[i];
    std::uint32_t bit = 0;
    bool inverse = false;
    if (name == "extglob")
      bit = kExtglob;
    else if (name == "nocasematch")
      bit = kNoCaseMatch;
    else if (name == "patsub_replacement")
      bit = kNoPatsubReplacement, inverse = true;
    else if (name == "checkwinsize" || name == "nocaseglob" || name == "dotglob" ||
             name == "globstar") {
      shell_.odd_globs_ = shell_.odd_globs_ || (set && name != "checkwinsize");
      continue;
    } else
      return refuse("shopt " + name);
    if (set || unset) {
      const bool on = set != inverse;
      shell_.state_.options = on ? shell_.state_.options | bit : shell_.state_.options & ~bit;
    } else if (((shell_.state_.options & bit) != 0) == inverse) {
      status = 1;
    }
  }
  done(status);
}

}  // namespace rbee::pkgbuild
