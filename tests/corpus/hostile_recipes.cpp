// The rows of hostile_recipes.hpp, by what they attack: the parser, words, values, commands, lint.
#include "hostile_recipes.hpp"

#include <string_view>

namespace rbee::pkgbuild {
namespace {

constexpr std::size_t kBytes = 64 * 1024;
constexpr std::string_view kHead = "pkgname=a\npkgver=1\npkgrel=1\narch=(any)\n";

std::string times(std::string_view unit, std::size_t count) {
  std::string out;
  out.reserve(unit.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += unit;
  return out;
}

/// `before`, as many of `unit` as fit into 64 KB, `after`.
std::string filled(std::string_view before, std::string_view unit, std::string_view after = "\n") {
  std::string out(kHead);
  out += before;
  const std::size_t room = kBytes - out.size() - after.size();
  out += times(unit, room / unit.size());
  out += after;
  return out;
}

/// The same with a number in each unit: `unit` holds '@' where it stands.
std::string numbered(std::string_view before, std::string_view unit,
                     std::string_view after = "\n") {
  std::string out(kHead);
  out += before;
  for (int i = 0;; ++i) {
    std::string one;
    for (const char c : unit) c == '@' ? one += std::to_string(i) : one += c;
    if (out.size() + one.size() + after.size() > kBytes) break;
    out += one;
  }
  out += after;
  return out;
}

/// A short recipe.
std::string small(std::string_view text) {
  return std::string(kHead) + std::string(text);
}

/// `open`, `count` times, then `inside`, then `close` as often.
std::string nested(std::string_view open, std::string_view inside, std::string_view close) {
  const std::size_t count =
      (kBytes - kHead.size() - inside.size() - 1) / (open.size() + close.size());
  return small(times(open, count) + std::string(inside) + times(close, count) + "\n");
}

/// `…` in `…`: each level writes the backslashes of the one inside twice.
std::string backticks() {
  std::string inside = "echo x", last;
  while (true) {
    std::string escaped;
    for (const char c : inside) {
      if (c == '`' || c == '\\') escaped += '\\';
      escaped += c;
    }
    const std::string outer = "echo `" + escaped + "`";
    if (kHead.size() + outer.size() + 3 > kBytes) return small(last + "\n");
    last = inside = outer;
  }
}

std::string conditions(std::string_view open, std::string_view inside, std::string_view close) {
  return small("[[ " + times(open, 10'000) + std::string(inside) + times(close, 10'000) + " ]]\n");
}

void add_nesting(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  add("nested groups", nested("{ ", ":", "; }"));
  add("nested subshells", nested("( ", ":", ")"));
  add("nested if", nested("if :; then ", ":", "; fi"));
  add("nested while", nested("while :; do ", ":", "; done"));
  add("nested for", nested("for i in 1; do ", ":", "; done"));
  add("nested case", nested("case x in x) ", ":", ";; esac"));
  add("nested functions", nested("f() { ", ":", "; }"));
  add("nested command substitutions", nested("x=$(", ":", ")"));
  add("nested quoted substitutions", nested("echo \"$(", ":", ")\""));
  add("nested process substitutions", nested("cat <(", ":", ")"));
  add("nested defaults", nested("${a:-", "x", "}"));
  add("nested subscripts", nested("${a[", "0", "]}"));
  add("nested offsets", nested("${a:", "0", "}"));
  add("nested replacements", nested("${a//x/", "y", "}"));
  add("nested arithmetic expansions", nested("x=$((", "1", "))"));
  add("nested arithmetic parentheses",
      small("x=$((" + times("(", 32'000) + "1" + times(")", 32'000) + "))\n"));
  add("nested conditions", conditions("( ", "a", " )"));
  add("nested negated conditions", filled("[[ ", "! ", "a ]]\n"));
  add("nested extended globs", small("shopt -s extglob\n[[ x == " + times("+(", 16'000) + "x" +
                                     times(")", 16'000) + " ]]\n"));
  add("nested braces", nested("{a,", "b", "}"));
  add("nested backticks, escaped", backticks());
  add("nested coproc", filled("", "coproc ", ":\n"));
  add("open groups", filled("", "{ "));
  add("open parentheses", filled("", "("));
  add("open arithmetic expansions", filled("x=\"", "$((", "\"\n"));
  add("open braces", filled("x=", "{"));
  add("open braces, expanded", filled("x=(", "{", ")\n"));
}

void add_scans(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  add("double parentheses that never close", filled("", "((# ((((((\n:);:)\n"));
  add("dollar double parentheses that never close", filled("", ": $((# ((((((\n:);:)\n"));
  add("subscripts that never close, declared", filled("declare ", "a[ "));
  add("subscripts that never close, in an array", filled("a=(", "[ ", ")\n"));
  add("subscripts that never close, as commands", filled("", "a[;"));
  add("long subscripts", filled("", "a[0000000000000000]=1;"));
  add("backslashes in a word", filled("x=", "\\\\"));
  add("backslashes at every line's end", filled("x=", "a\\\n"));
  add("backslashes in a here-document",
      filled("cat <<E >/dev/null\n", "\\\\\\\\\\\\\\\\\\\n", "\nE\n"));
  add("a run of backslashes in a here-document", filled("cat <<E >/dev/null\n", "\\\\", "\nE\n"));
  add("quotes in a word", filled("x=", "''"));
  add("double quotes in a word", filled("x=", "\"\""));
  add("bracket openers that nothing closes in a class", filled("[[ a == [[:", "[:", " ]]\n"));
  add("bracket openers that nothing closes in a value", filled("x='", "[", "'\ny=($x $x $x $x)\n"));
  add("quoted pieces of a regular expression", filled("[[ a =~ ", "\"a\"", " ]]\n"));
  add("here-documents opened on one line", filled("cat ", "<<A "));
  add("here-documents opened and closed",
      small("cat" + times(" <<A", 6'000) + "\n" + times("A\n", 6'000)));
  add("here-documents, one after another", filled("", "cat <<A\nA\n"));
  add("here-documents with tabs", filled("", ": <<-A\n\t$x\n\tA\n"));
  add("a long here-document", filled("x=$(cat <<A\n", "$x text of a line\n", "A\n)\n"));
  add("backticks with escapes", filled("x=", "`\\\\`"));
  add("many small assignments", filled("", "a=;"));
  add("many appending assignments", filled("", "a+=b;"));
  add("many commands", filled("", ":;"));
  add("many words", filled(":", " a"));
  add("many array elements", filled("a=(", "b ", ")\n"));
  add("many keyed elements", filled("a=(", "[1]= ", ")\n"));
  add("many parameters", filled("x=1\ny=", "$x"));
  add("many unset parameters", filled("y=", "${x}"));
  add("many host parameters", filled("y=", "$HOME"));
  add("many redirections", filled(":", " >&2"));
  add("a long pipeline", filled(":", "|:"));
  add("a long and-or list", filled(":", "&&:"));
  add("many elif", filled("if false; then :; ", "elif false; then :; ", "fi\n"));
  add("many case clauses", filled("case b in ", "a);; ", "esac\n"));
  add("many case patterns", filled("case b in a", "|a", ");; esac\n"));
  add("many functions", numbered("", "f@(){ :;};"));
  add("many comments", filled("", "#\n"));
  add("many command substitutions", filled("x=", "$(:)"));
  add("many arithmetic operators", filled("x=$((1", "+1", "))\n"));
  add("many ternaries", filled("x=$((1", "?1:1", "))\n"));
  add("many assignments in arithmetic", filled("x=$((1", ",a=1", "))\n"));
  add("many prefix operators", filled("x=$((", "- ", "1))\n"));
  add("many conditions", filled("[[ a", " && a", " ]]\n"));
  add("many arguments of test", filled("[ a", " -a a", " ]\n"));
  add("many negations of test", filled("[ ", "! ", "a ]\n"));
}

void add_values(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  add("a sequence of a thousand million", small("x=({1..999999999})\n"));
  add("a sequence of large numbers", small("x=({-9223372036854775808..9223372036854775807})\n"));
  add("a sequence of 90,000", small("x=({1..90000})\n"));
  add("a padded sequence", small("x=({0000000000000000000000000000001..40000})\n"));
  add("a product of braces", filled("x=(", "{a,b}", ")\n"));
  add("a product of three braces", small("x=({1..40}{1..40}{1..40})\n"));
  add("a brace of many commas", filled("x=({", ",", "})\n"));
  add("while :", small("while :; do :; done\n"));
  add("until false", small("until false; do x=1; done\n"));
  add("for (( ; ; ))", small("for ((;;)); do :; done\n"));
  add("string doubling", small("x=aaaaaaaa\nwhile :; do x=$x$x; done\n"));
  add("string doubling by +=", small("x=aaaaaaaa\nwhile :; do x+=$x; done\n"));
  add("array doubling", small("a=(1 2)\nwhile :; do a+=(\"${a[@]}\"); done\n"));
  add("array doubling by assignment",
      small("a=(1 2)\nwhile :; do a=(\"${a[@]}\" \"${a[@]}\"); done\n"));
  add("element doubling", small("a=(aaaaaaaa)\nwhile :; do a[0]+=${a[0]}; done\n"));
  add("an element appended to", filled("a=('", "a", "')\nwhile :; do a[0]+=b; done\n"));
  add("a scalar appended to", filled("a='", "a", "'\nwhile :; do a+=b; done\n"));
  add("an array filled from its end", small("for ((i=100000; i; i--)); do a[i]=; done\n"));
  add("an array emptied from its start",
      small("a=({1..20000})\nfor i in {0..20000}; do unset \"a[$i]\"; done\n"));
  add("huge indices",
      small("for ((i=0; ; i++)); do a[9223372036854775000-i*1000000007]=x; done\n"));
  add("huge offsets", small("x=abc\ny=${x:9223372036854775807}${x:1:9223372036854775807}${x: "
                            "-9223372036854775807}\n"));
  add("offsets of a long text", filled("x='", "a", "'\nwhile :; do y=${x: -1}; done\n"));
  add("offsets of a long list", small("set -- {1..20000}\nwhile :; do y=${@:1:1}; done\n"));
  add("offsets of a long array", small("a=({1..20000})\nwhile :; do y=${a[@]:1:1}; done\n"));
  add("shift over a long list", small("set -- {1..60000}\nwhile shift; do :; done\n"));
  add("for over the parameters",
      small("set -- {1..20000}\nwhile :; do for i; do break; done; done\n"));
  add("an array as a command's environment",
      small("a=({1..40000})\nfor i in {1..30000}; do a= :; done\n"));
  add("a text as a command's environment", filled("a='", "a", "'\nwhile :; do a= :; done\n"));
  add("names by prefix", numbered("", "a@=;", "\nwhile :; do : ${!b_*}; done\n"));
  add("names by prefix, all", numbered("", "a@=;", "\nwhile :; do x=${!a*}; done\n"));
  add("subshells with many variables", numbered("", "a@=;", "\nwhile :; do x=$(:); done\n"));
  add("subshells with many functions", numbered("", "f@(){ :;};", "\nwhile :; do x=$(:); done\n"));
  add("subshells with many parameters",
      small("set -- {1..20000}\nf() { x=$(:); }\nwhile :; do f; done\n"));
  add("subshells under many parameters", small("g() { while :; do x=$(:); done; }\nf() { (($# % "
                                               "100 == 0)) && g; f \"$@\" 1; }\nf {1..1000}\n"));
  add("subshells with a long array", small("a=({1..20000})\nwhile :; do x=$(:); done\n"));
  add("nested subshells with a long text", filled("a='", "a", "'\nf() { x=$(f); }\nf\n"));
  add("many local variables", numbered("f() { local ", "a@ ", "; }\nwhile :; do f; done\n"));
  add("unset under many local variables",
      numbered("g() { while :; do unset b; done; }\nf() { local ", "a@ ", "; g; }\nf\n"));
  add("keys of an associative array",
      small("declare -A a\nfor ((i=0;;i++)); do a[k$i]=$i; done\n"));
  add("keys of an associative array, read",
      small("declare -A a\nfor i in {1..1000}; do a[k$i]=$i; done\nwhile :; do x=${a[@]}; done\n"));
  add("a copy of a long array in a loop",
      small("a=({1..20000})\nwhile :; do b=(\"${a[@]}\"); done\n"));
  add("declare -p and ${x@A}", small("a=({1..20000})\nwhile :; do x=$(declare -p a); done\n"));
  add("local copies of a long array",
      small("a=({1..20000})\nf() { local a=(\"${a[@]}\"); f; }\nf\n"));
  add("an integer appended to",
      filled("declare -i a=1\nx='1", "+1", "'\nwhile :; do a+=$x; done\n"));
  add("letters made upper case, appended to",
      filled("declare -u a='", "a", "'\nwhile :; do a+=b; done\n"));
  add("small texts evaluated again and again", small("while :; do eval :; done\n"));
  add("small functions defined again and again", small("while :; do eval 'f() { :; }'; done\n"));
  add("set -- again and again", small("set -- {1..20000}\nwhile :; do set -- \"$@\"; done\n"));
  add("arguments of many functions",
      small("f() { :; }\nset -- {1..20000}\nwhile :; do f \"$@\"; done\n"));
  add("an export of everything",
      numbered("set -a\n", "a@=;", "\nset +a\nwhile :; do x=$(env); done\n"));
  add("variables that name each other", small("a=b\nb=a\nx=$((a))\n"));
  add("variables that name two each",
      small("a=b+b\nb=c+c\nc=d+d\nd=e+e\ne=f+f\nf=g+g\ng=h+h\nh=i+i\ni=j+j\nj=k+k\nk=l+l\nl=m+m\nm="
            "n+n\nn=o+o\no=p+p\np=q+q\nq=1\nx=$((a))\n"));
  add("long arithmetic again and again", filled("x='1", "+1", "'\nwhile :; do ((y=x)); done\n"));
  add("a long number", filled("x=$((", "9", "))\n"));
  add("eval of itself", small("x='eval \"$x\"'\neval \"$x\"\n"));
  add("eval that doubles", small("x=:\nwhile :; do x=\"$x;$x\"; eval \"$x\"; done\n"));
  add("eval of long texts", filled("x='", "a;", "'\na() { :; }\nwhile :; do eval \"$x\"; done\n"));
  add("eval of long functions",
      filled("x='", "a;", "'\nfor ((i=0;;i++)); do eval \"f$i() { $x }\"; done\n"));
  add("function recursion", small("f() { f; }\nf\n"));
  add("function recursion with arguments", small("f() { f \"$@\" \"$@\"; }\nf a b\n"));
  add("function recursion, twice each",
      small("f() { (($1)) && f $(($1-1)) && f $(($1-1)); :; }\nf 90\n"));
  add("functions that redefine themselves",
      small("f() { eval \"f() { $(declare -f f); f; }\"; }\nf\n"));
  add("a long IFS", filled("IFS='", "x",
                           "'\nx=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nwhile "
                           ":; do : $x; done\n"));
  add("splitting a long text", filled("x='", "a ", "'\nwhile :; do : $x; done\n"));
}

void add_patterns(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  const auto over = [&](std::string name, std::string_view commands, std::string_view unit = "a") {
    add(std::move(name),
        filled("shopt -s extglob\nx='", unit, "'\n" + std::string(commands) + "\n"));
  };
  over("stars against a long text", "[[ $x == *a*a*a*a*a*a*a*a*a*a*b ]]");
  over("replace every star", "y=${x//*/b}");
  over("replace what is not there", "y=${x//*b/c}");
  over("replace each with the whole", "y=${x//a/$x}");
  over("replace by many ampersands", "z=${x//a/&}\ny=${x/*/${x//a/&}}\n");
  add("replace by ampersands of a long match",
      small("x=$(printf 'a%.0s' {1..16000})\ny='" + times("&", 16'000) + "'\nz=${x/*/$y}\n"));
  over("repeated groups", "[[ $x == *(a) ]]");
  over("nested repeated groups", "[[ $x == +(+(+(a|aa)|aaa))b ]]");
  over("excluded groups", "[[ $x == !(b)!(c)!(d)e ]]");
  over("excluded groups behind stars", "[[ $x == *!(b)*!(c)*!(d) ]]");
  over("nested excluded groups", "[[ $x == !(!(!(a*b)*)*) ]]");
  over("optional groups", "[[ $x == ?(a)?(a)?(a)?(a)?(a)?(a)?(a)*b ]]");
  over("suffixes", "y=${x%%*b} z=${x%b*} v=${x##*b} w=${x#*b}");
  over("cases with a pattern", "y=${x^^[b-z]} z=${x^^?(a|b)}");
  over("a long bracket", "[[ $x == *[$x]*[$x]b ]]");
  over("a long bracket of classes", "[[ abcdefghijklmnopqrstuvwxyz == *[$x]*[$x] ]]", "[:alpha:]");
  over("a long bracket of ranges", "y=${x//[$x]/}", "a-bc-de-f");
  over("a long pattern many times",
       "case b in $x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x|$x);; esac");
  over("a long literal in a loop", "while :; do [[ $x == $x ]]; done");
  over("a long literal in a loop, either case",
       "shopt -s nocasematch; while :; do [[ $x == $x ]]; done");
  over("a long quoted literal in a loop", "while :; do [[ $x == \"$x\" ]]; done");
  over("letters outside ASCII", "[[ $x == *é*é*é*z ]]", "é");
  over("bytes that are no UTF-8", "y=${x//?z/} z=${#x}", "\xf0\x9f");
  add("a regular expression of nested groups",
      small("[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab =~ ^((a+)+)+$ ]]\n"));
  over("a regular expression of many alternatives", "[[ $x =~ (a|aa|aaa|aaaa|aaaaa)*b ]]");
  over("a regular expression of optional letters",
       "[[ $x =~ a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaab ]]");
  over("a counted regular expression", "[[ $x =~ (a{1,200}){1,200}b ]]");
  over("a regular expression that starts everywhere", "[[ $x =~ a.*a.*a.*b ]]");
  over("a long regular expression", "[[ a =~ $x ]]");
  add("a regular expression compiled in a loop",
      small("while :; do [[ a =~ ([[:alpha:]]{1,30}){1,3}|(a|b|c|d|e|f|g|h){1,9} ]]; done\n"));
  add("a long regular expression compiled in a loop",
      small("x=" + times("[^a-y]", 160) + "\nwhile :; do [[ a =~ $x ]]; done\n"));
  add("a regular expression in a loop",
      small("x=$(printf 'a%.0s' {1..1000})\nwhile :; do [[ $x =~ (a|b)*c ]]; done\n"));
}

void add_commands(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  const auto over = [&](std::string name, std::string_view commands, std::string_view unit = "a") {
    add(std::move(name), filled("x='", unit, "'\n" + std::string(commands) + "\n"));
  };
  add("a wide printf", small("x=$(printf %1000000s)\n"));
  add("a wide printf, allowed and repeated", small("while :; do printf -v x %9999s; done\n"));
  add("a precise printf", filled("printf -v x '", "%.9999d", "'\n"));
  add("a precise printf of floats", filled("printf -v x '", "%.9999f", "'\n"));
  add("a precise printf of large floats", filled("printf -v x '", "%.9999f", "' 1e4000\n"));
  over("a printf of a long number", "printf -v y %f $x$x$x", "9");
  over("a printf of many arguments", "printf -v y '%s%s%s' $x", "a ");
  over("a printf of escapes", "printf -v y %b \"$x$x\"", "\\x41");
  add("a long seq", small("x=$(seq 1 999999999)\n"));
  add("a seq in a loop", small("while :; do x=$(seq 1 5000); done\n"));
  over("sed in a loop", "while :; do y=$(sed 's/a/b/g' <<<\"$x\"); done");
  over("sed that loops", "y=$(sed ':a;s/a/aa/;ta' <<<\"$x\")");
  add("sed that branches for ever", small("y=$(sed ':a;ba' <<<x)\n"));
  add("sed that branches for ever, in a loop", small("while :; do y=$(sed ':a;ba' <<<x); done\n"));
  add("awk that loops, in a loop", small("while :; do y=$(awk 'BEGIN{while(1)x=1}'); done\n"));
  add("grep that is refused, in a loop", small("while :; do y=$(grep -P a <<<x); done\n"));
  add("a heavy pattern compiled by sed in a loop",
      small("while :; do y=$(sed -E 's/([[:alpha:]]{1,30}){1,3}|(a|b|c|d|e|f|g|h){1,9}/x/' <<<x); "
            "done\n"));
  add("a program parsed by awk in a loop",
      filled("x='BEGIN{", "a=1;", "}'\nwhile :; do y=$(awk \"$x\"); done\n"));
  add("a script parsed by sed in a loop",
      filled("x='", "s/a/b/;", "'\nwhile :; do y=$(sed \"$x\" <<<a); done\n"));
  add("sed that branches, in a loop", small("while :; do y=$(sed ':a;s/x/y/;s/y/z/;s/z/w/;ta' "
                                            "<<<xxxxxxxxxxxxxxxxxxxxxxxxx); done\n"));
  over("sed with a heavy pattern", "y=$(sed -E 's/(a*)*b/c/g' <<<\"$x\")");
  over("sed that holds", "y=$(sed 'H;G;G' <<<\"$x\")", "a\n");
  over("awk that loops", "y=$(awk 'BEGIN{while(1)x=x \"a\"}')");
  over("awk that doubles", "y=$(awk 'BEGIN{x=\"a\";while(1)x=x x}')");
  over("awk over fields", "y=$(awk '{for(i=1;i<=NF;i++)$i=$i $i;print}' <<<\"$x\")", "a ");
  over("awk with an array",
       "y=$(awk '{for(i=1;i<=NF;i++)a[i]=$i}END{for(k in a)print k}' <<<\"$x\")", "a ");
  over("awk with heavy patterns", "y=$(awk '{gsub(/(a*)*b/,\"c\");print}' <<<\"$x\")");
  over("grep with a heavy pattern", "y=$(grep -E '(a|aa)*(a|aa)*b' <<<\"$x\")");
  over("grep -o of each letter", "y=$(grep -o a <<<\"$x\")");
  over("grep in a loop", "while :; do y=$(grep -c a <<<\"$x\"); done", "a\n");
  over("sort of many lines", "y=$(sort <<<\"$x\")", "b\na\n");
  over("sort in a loop", "while :; do y=$(sort -V <<<\"$x\"); done", "b1.10\na2\n");
  over("sort of versions", "y=$(sort -V <<<\"$x\")", "111111111111111111111111111111.1\n");
  over("uniq, tr, cut, head in a loop",
       "while :; do y=$(tr a b <<<\"$x\" | cut -c1- | uniq | head -n 1); done", "a\n");
  over("cut with many ranges", "y=$(cut -d, -f\"${x}9\" <<<\"$x\")", "1,3,");
  over("mapfile", "while :; do mapfile -t y <<<\"$x\"; done", "a\n");
  over("read in a loop", "while :; do while read -r l; do :; done <<<\"$x\"; done", "a\n");
  over("read into an array", "while :; do read -ra y <<<\"$x\"; done", "a ");
  over("read of a long line", "while :; do read -r y <<<\"$x\"; done");
  over("digests in a loop", "while :; do y=$(sha512sum <<<\"$x\"); done");
  over("base64 in a loop", "while :; do y=$(base64 <<<\"$x\"); done");
  over("rev and tac in a loop", "while :; do y=$(rev <<<\"$x\"); z=$(tac <<<\"$x\"); done");
  over("a pipeline of cats",
       "y=$(cat <<<\"$x\"|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat|cat)");
  over("basename, dirname in a loop", "while :; do y=$(basename \"$x\"); z=$(dirname \"$x\"); done",
       "a/");
  over("expr in a loop", "while :; do y=$(expr \"$x\" : 'a*'); done");
  over("echo -e in a loop", "while :; do echo -e \"$x\" >/dev/null; done", "\\x41");
  over("a here-string in a loop", "while :; do : <<<\"$x\"; done");
  over("case modification in a loop", "while :; do y=${x^^}; done");
  over("quoting in a loop", "while :; do y=${x@Q}; done");
}

void add_recipes(std::vector<HostileRecipe>& rows) {
  const auto add = [&](std::string name, std::string text) {
    rows.push_back({std::move(name), std::move(text)});
  };
  add("many packages", small("pkgname=({1..30000})\n"));
  add("many packages and architectures", small("pkgname=({1..3000})\narch=(x{1..3000})\n"));
  add("many packages with functions", small("pkgname=({1..500})\nfor i in ${pkgname[@]}; do eval "
                                            "\"package_$i() { depends=({1..50}); }\"; done\n"));
  add("one architecture many times",
      small("arch=(x{,,,,,,,,,}{,,,,,,,,,})\nsource_x=(a{1..1000})\nmd5sums_x=(SKIP{,,,,"
            ",,,,,}{,,,,,,,,,}{,,,,,,,,,})\n"));
  add("many architectures", small("arch=(x{1..20000})\n"));
  add("many wrong values", small("depends=('<'{1..20000})\n"));
  add("many wrong values of a long line", filled("options=(", "< ", ")\n").replace(0, 0, ""));
  add("many values", small("depends=(a{1..40000})\nsource=(a{1..10000})\n"));
  add("a long value", small("pkgdesc=$(printf ' %9999s' {1..900})\n"));
  add("many overrides", filled("package() {\n", "depends+=(a)\n", "}\n"));
  add("many overrides of many names", numbered("package() {\n", "depends_@=(a)\n", "}\n"));
  add("an override of continued lines", filled("package() {\ndepends=($(:", " \\\n", "))\n}\n"));
  add("one function for many packages", filled("pkgname=({1..500})\npackage() {\n", ":\n", "}\n"));
  add("a value of blanks", small("pkgdesc=$(printf '%9999s' {1..800})\nx=({1..10})\n"));
  add("many lines in a function", filled("package() {\n", "a\n", "}\n"));
  add("many lines in a quoted text", filled("package() {\n: \"\n", "a\n", "\"\n}\n"));
  add("overrides of a long array",
      small("depends=({1..20000})\npkgname=({1..300})\nfor i in ${pkgname[@]}; do eval "
            "\"package_$i() { depends+=(a); }\"; done\n"));
}

}  // namespace

std::vector<HostileRecipe> hostile_recipes() {
  std::vector<HostileRecipe> rows;
  add_nesting(rows);
  add_scans(rows);
  add_values(rows);
  add_patterns(rows);
  add_commands(rows);
  add_recipes(rows);
  return rows;
}

}  // namespace rbee::pkgbuild
