// Scripts from a closed grammar, chosen by a fuzzer's bytes: assignments, quotes and expansions of
// every form, and echo and printf to show what they give.
//
// No script names a program, a file or a redirection, and no text in it can become one: parentheses
// and backticks come from the grammar alone.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <string_view>

namespace rbee::fuzz {

class ExpansionGrammar {
 public:
  ExpansionGrammar(const std::uint8_t* data, std::size_t size) : data_(data, size) {}

  std::string script() {
    if (flip()) out_ += "shopt -s extglob\n";
    statements(0, "\n");
    return std::move(out_);
  }

 private:
  static constexpr int kDepthMax = 4;
  static constexpr std::size_t kBytesMax = 2000;

  bool flip() { return data_.ConsumeBool(); }
  std::size_t upto(std::size_t most) { return data_.ConsumeIntegralInRange<std::size_t>(0, most); }
  template <std::size_t N>
  std::string_view pick(const std::string_view (&list)[N]) {
    return list[upto(N - 1)];
  }
  char letter(std::string_view alphabet) { return alphabet[upto(alphabet.size() - 1)]; }
  void put(std::string_view text) { out_ += text; }
  bool full(int depth) const { return depth > kDepthMax || out_.size() > kBytesMax; }

  void statements(int depth, std::string_view separator) {
    const std::size_t count = 1 + upto(depth == 0 ? 6 : 2);
    for (std::size_t i = 0; i < count; ++i) {
      statement(depth);
      put(separator);
    }
  }

  void statement(int depth) {
    if (full(depth)) return put("echo .");
    switch (upto(15)) {
      case 0:
      case 1:
        return show(depth);
      case 2:
        put("echo ");
        return words(depth);
      case 3:
        return print(depth);
      case 4:
      case 5:
        return assign(depth);
      case 6:
        put("a");
        put(flip() ? "=(" : "+=(");
        words(depth);
        return put(")");
      case 7:
        put("a[");
        arithmetic(depth + 1);
        put(flip() ? "]=" : "]+=");
        return word(depth);
      case 8:
        put("set -- ");
        return words(depth);
      case 9:
        put("for i in ");
        words(depth);
        put("; do ");
        statements(depth + 1, "; ");
        return put("done");
      case 10:
        put("case ");
        word(depth);
        put(" in ");
        pattern(depth);
        put(") ");
        statement(depth + 1);
        put(flip() ? ";; " : flip() ? ";;& " : ";& ");
        pattern(depth);
        put(") ");
        statement(depth + 1);
        return put(" ;; esac");
      case 11:
        put("if ");
        condition(depth);
        put("; then ");
        statement(depth + 1);
        put("; else ");
        statement(depth + 1);
        return put("; fi");
      case 12:
        put("((");
        arithmetic(depth + 1);
        return put(")); echo $?");
      case 13:
        put("f() { ");
        if (flip()) put("local x=l; ");
        statements(depth + 1, "; ");
        put("}; f ");
        return words(depth);
      case 14: {
        static constexpr std::string_view kForms[] = {"shift; echo $?",
                                                      "unset x",
                                                      "unset 'a[0]'",
                                                      "declare -i y=1",
                                                      "declare -u z",
                                                      "IFS=,",
                                                      "unset IFS",
                                                      "declare -A m; m[k]=v; m[l]=w",
                                                      "IFS=' x'",
                                                      "set -f",
                                                      "shopt -u extglob",
                                                      "declare -l y",
                                                      "n=x",
                                                      "n='a[1]'",
                                                      "readonly r=1",
                                                      "export x"};
        return put(pick(kForms));
      }
      default:
        condition(depth);
        return put(" && echo yes");
    }
  }

  void show(int depth) {
    put("printf '<%s>' ");
    words(depth);
    put("; echo");
  }

  void print(int depth) {
    static constexpr std::string_view kFormats[] = {
        "'%s|%s\\n'", "'%5s|%-5s|\\n'", "'%d,'",     "'%03d %x %o\\n'",
        "'%c.%c\\n'", "'%b|'",          "'%q '",     "'%.2s|'",
        "'%%|%s\\n'", "'%+d|% d\\n'",   "'%*s|\\n'", "'\\t%s\\x41\\n'",
        "'%u\\n'",    "'%X|%#x\\n'",    "'%i '",     "'%5.1s|\\n'"};
    put("printf ");
    if (upto(5) == 0) put("-v x ");
    put(pick(kFormats));
    put(" ");
    words(depth);
    put("; echo");
  }

  void assign(int depth) {
    static constexpr std::string_view kNames[] = {"x", "y", "z"};
    put(pick(kNames));
    put(upto(3) == 0 ? "+=" : "=");
    word(depth);
  }

  void words(int depth) {
    const std::size_t count = upto(3);
    for (std::size_t i = 0; i <= count; ++i) {
      if (i > 0) put(" ");
      word(depth);
    }
  }

  void word(int depth) {
    const std::size_t count = upto(3);
    for (std::size_t i = 0; i <= count; ++i) part(depth);
  }

  void literal(std::string_view alphabet) {
    const std::size_t count = upto(4);
    for (std::size_t i = 0; i <= count; ++i) out_ += letter(alphabet);
  }

  void part(int depth) {
    if (full(depth)) return put("w");
    switch (upto(12)) {
      case 0:
      case 1:
        return literal("abxyz019_.,:=+-%@^!/{}~#");
      case 2:
        put("'");
        literal("ab \t\n\\\"$*?[]{},:=~&|;<>#!x1");
        return put("'");
      case 3:
      case 4:
        put("\"");
        quoted(depth);
        return put("\"");
      case 5: {
        // Not $'\\'': bash 5.2 loses its way there inside "$(…${x//"$(…)"})".
        static constexpr std::string_view kForms[] = {
            "$'a\\tb'", "$'\\x41\\\"'", "$'\\u00e9'", "$'\\n'", "$'\\101\\e'", "\\a", "\\ ",
            "\\\\",     "\\\"",         "\\'",        "\\$",    "\\*",         "é",   "''"};
        return put(pick(kForms));
      }
      case 6:
      case 7:
        return simple_parameter();
      case 8:
      case 9:
        return parameter(depth + 1, false);
      case 10:
        return substitution(depth + 1);
      case 11:
        put("$((");
        arithmetic(depth + 1);
        return put("))");
      default:
        return braces(depth + 1);
    }
  }

  void quoted(int depth) {
    const std::size_t count = upto(3);
    for (std::size_t i = 0; i < count; ++i) {
      if (full(depth)) return;
      switch (upto(6)) {
        case 0:
          literal("ab \n'*?[]{},:=~&|;<>#!/x1");
          break;
        case 1: {
          static constexpr std::string_view kForms[] = {"\\\"", "\\\\", "\\$", "\\a", "\\'", "é"};
          put(pick(kForms));
          break;
        }
        case 2:
        case 3:
          simple_parameter();
          break;
        case 4:
          parameter(depth + 1, true);
          break;
        case 5:
          substitution(depth + 1);
          break;
        default:
          put("$((");
          arithmetic(depth + 1);
          put("))");
      }
    }
  }

  void simple_parameter() {
    static constexpr std::string_view kForms[] = {
        "$x",       "$y",       "$z",    "$a",      "${a[@]}", "${a[*]}", "$1",       "$2",
        "$@",       "$*",       "$#",    "$i",      "${x}",    "${a[1]}", "${a[-1]}", "${#x}",
        "${#a[@]}", "${!a[@]}", "${#a}", "${m[k]}", "${m[@]}", "${!n}",   "${#@}",    "$?"};
    put(pick(kForms));
  }

  void subject() {
    static constexpr std::string_view kNames[] = {
        "x", "y", "z", "a[@]", "a[*]", "a[1]", "a", "1", "@", "*", "m[k]", "m[@]", "u", "!n", "i"};
    put(pick(kNames));
  }

  void parameter(int depth, bool in_quotes) {
    put("${");
    subject();
    switch (upto(6)) {
      case 0:
      case 1: {
        static constexpr std::string_view kOps[] = {"-", ":-", "=", ":=", "+", ":+"};
        put(pick(kOps));
        if (in_quotes) {
          quoted(depth);
        } else {
          operand(depth);
        }
        break;
      }
      case 2:
        put(":");
        put(flip() ? " " : " -");
        put(std::to_string(upto(5)));
        if (flip()) {
          put(":");
          if (upto(3) == 0) put(" -");
          put(std::to_string(upto(5)));
        }
        break;
      case 3: {
        static constexpr std::string_view kOps[] = {"#", "##", "%", "%%"};
        put(pick(kOps));
        pattern(depth);
        break;
      }
      case 4: {
        static constexpr std::string_view kOps[] = {"/", "//", "/#", "/%"};
        put(pick(kOps));
        pattern(depth);
        if (flip()) {
          put("/");
          if (upto(3) == 0) put("<&>");
          operand(depth);
        }
        break;
      }
      case 5: {
        static constexpr std::string_view kOps[] = {"^", "^^", ",", ",,"};
        put(pick(kOps));
        if (flip()) pattern(depth);
        break;
      }
      default: {
        static constexpr std::string_view kOps[] = {"@Q", "@U", "@L", "@u"};
        put(pick(kOps));
      }
    }
    put("}");
  }

  void operand(int depth) {
    if (full(depth)) return put("d");
    switch (upto(5)) {
      case 0:
        return literal("ab x1,.:*");
      case 1:
        put("'");
        literal("ab *$\\x&");
        return put("'");
      case 2:
        put("\"");
        quoted(depth);
        return put("\"");
      case 3:
        return simple_parameter();
      case 4:
        return;
      default:
        return parameter(depth + 1, false);
    }
  }

  void pattern(int depth) {
    const std::size_t count = upto(3);
    for (std::size_t i = 0; i <= count; ++i) {
      if (full(depth)) return put("p");
      switch (upto(8)) {
        case 0:
        case 1:
          literal("abx1.,:-");
          break;
        case 2:
          put("*");
          break;
        case 3:
          put("?");
          break;
        case 4: {
          static constexpr std::string_view kForms[] = {"[ab]",        "[!a]",         "[a-c]",
                                                        "[[:digit:]]", "[^x]",         "[]a]",
                                                        "[a",          "[[:upper:]b]", "[!-a]"};
          put(pick(kForms));
          break;
        }
        case 5: {
          // Without extglob these are a syntax error here and there, which both say.
          static constexpr std::string_view kForms[] = {"?(a)", "*(a|b)", "+(a|ab)", "@(a|*b)",
                                                        "!(a)", "!(a|b)", "*(?)",    "+([ab])"};
          put(pick(kForms));
          break;
        }
        case 6:
          put("'");
          literal("ab*?[\\");
          put("'");
          break;
        case 7:
          put("\"");
          quoted(depth + 1);
          put("\"");
          break;
        default:
          simple_parameter();
      }
    }
  }

  void substitution(int depth) {
    put("$(");
    if (flip()) {
      put("echo ");
      words(depth);
    } else {
      statement(depth);
    }
    put(")");
  }

  void braces(int depth) {
    if (full(depth)) return put("{b,c}");
    switch (upto(4)) {
      case 0: {
        static constexpr std::string_view kForms[] = {
            "{1..3}", "{3..1}", "{a..c}", "{01..03}",  "{1..9..4}", "{-1..1}",
            "{a}",    "{}",     "{1..x}", "{c..a..2}", "{,}",       "{a,b"};
        return put(pick(kForms));
      }
      case 1:
        put("{");
        braces(depth + 1);
        put(",");
        part(depth);
        return put("}");
      default:
        put("{");
        part(depth);
        put(",");
        if (flip()) {
          part(depth);
          put(",");
        }
        if (flip()) part(depth);
        return put("}");
    }
  }

  void arithmetic(int depth) {
    if (full(depth)) return put("1");
    switch (upto(7)) {
      case 0:
      case 1:
        return put(std::to_string(upto(12)));
      case 2: {
        static constexpr std::string_view kForms[] = {"x", "y",   "z",   "a[1]", "$x",    "${#x}",
                                                      "i", "x++", "--y", "0x1f", "2#101", "017"};
        return put(pick(kForms));
      }
      case 3: {
        static constexpr std::string_view kForms[] = {"-", "!", "~", "+", "- -"};
        put(pick(kForms));
        return arithmetic(depth + 1);
      }
      case 4:
        put("(");
        arithmetic(depth + 1);
        return put(")");
      case 5: {
        static constexpr std::string_view kForms[] = {"x=", "y+=", "z*=", "a[0]=", "x-="};
        put(pick(kForms));
        return arithmetic(depth + 1);
      }
      case 6:
        arithmetic(depth + 1);
        put("?");
        arithmetic(depth + 1);
        put(":");
        return arithmetic(depth + 1);
      default: {
        static constexpr std::string_view kOps[] = {
            "+",  "-",  "*",  "/",  "%", "**", "<<", ">>", "<",  ">",
            "<=", ">=", "==", "!=", "&", "|",  "^",  "&&", "||", ","};
        arithmetic(depth + 1);
        put(" ");
        put(pick(kOps));
        put(" ");
        return arithmetic(depth + 1);
      }
    }
  }

  void condition(int depth) {
    if (full(depth)) return put("[[ a ]]");
    switch (upto(6)) {
      case 0: {
        static constexpr std::string_view kOps[] = {" == ", " != ", " = "};
        put("[[ ");
        word(depth);
        put(pick(kOps));
        pattern(depth);
        return put(" ]]");
      }
      case 1: {
        static constexpr std::string_view kOps[] = {"-z ", "-n ", "-v ", "! -n "};
        put("[[ ");
        put(pick(kOps));
        word(depth);
        return put(" ]]");
      }
      case 2: {
        static constexpr std::string_view kOps[] = {" -eq ", " -lt ", " -ge ", " -ne "};
        put("[[ ");
        arithmetic_word();
        put(pick(kOps));
        arithmetic_word();
        return put(" ]]");
      }
      case 3: {
        static constexpr std::string_view kForms[] = {"a", "^a", "b+$", "[ab]*", "a|b", ".x", "$x"};
        put("[[ ");
        word(depth);
        put(" =~ ");
        put(pick(kForms));
        return put(" ]]");
      }
      case 4: {
        static constexpr std::string_view kOps[] = {" = ", " != ", " \\< ", " -eq "};
        put("[ \"");
        quoted(depth);
        put("\"");
        put(pick(kOps));
        put("\"");
        quoted(depth);
        return put("\" ]");
      }
      case 5:
        put("[[ ");
        word(depth);
        put(flip() ? " && " : " || ");
        put(flip() ? "! " : "");
        word(depth);
        return put(" ]]");
      default: {
        static constexpr std::string_view kForms[] = {"((x))", "! ((y > 1))", "[ -n \"$x\" ]",
                                                      "[ ]",   "test a = a",  "[[ $x < $y ]]"};
        return put(pick(kForms));
      }
    }
  }

  void arithmetic_word() {
    static constexpr std::string_view kForms[] = {"1", "x", "$#", "2+1", "${#x}", "0"};
    put(pick(kForms));
  }

  FuzzedDataProvider data_;
  std::string out_;
};

}  // namespace rbee::fuzz
