// Scripts of a closed grammar through our engine and through the real bash: the same output and the
// same status, or ours says that it cannot decide.
//
// Without /bin/bash there is nothing to compare with, and the target only runs our half. The script
// of an input is printed when RBEE_SHOW is set.
#include "bash_coprocess.hpp"
#include "expansion_grammar.hpp"
#include "fuzz.hpp"
#include "pkgbuild/evaluate.hpp"

namespace {

using namespace rbee;
using namespace rbee::pkgbuild;

/// How many scripts ended how; told at the end, so that nobody takes silence for agreement.
struct Tally {
  std::uint64_t compared = 0, refused = 0, without_bash = 0;
  ~Tally() {
    std::fprintf(
        stderr, "scripts: %llu compared with bash, %llu refused by us, %llu without bash\n",
        static_cast<unsigned long long>(compared), static_cast<unsigned long long>(refused),
        static_cast<unsigned long long>(without_bash));
  }
};

std::string shown(const std::string& script, const std::string& ours, int our_status,
                  const fuzz::BashCoprocess::Run& bash) {
  return "--- script\n" + script + "\n--- ours, status " + std::to_string(our_status) + "\n" +
         ours + "\n--- bash, status " + std::to_string(bash.status) + "\n" + bash.output + "\n---";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::BashCoprocess bash;
  static Tally tally;
  static const bool has_bash = ::access("/bin/bash", X_OK) == 0;
  static const bool show = std::getenv("RBEE_SHOW") != nullptr;
  const std::string script = fuzz::ExpansionGrammar(data, size).script();
  if (show) std::fprintf(stderr, "%s\n", script.c_str());
  Inputs inputs;
  inputs.limits.steps_max = 20'000;
  const auto ours = run_script(script, inputs);
  if (!ours && ours.error().kind != Refusal::Kind::syntax) {
    ++tally.refused;
    return 0;
  }
  const auto theirs = has_bash ? bash.run(script) : std::nullopt;
  if (!theirs) {
    ++tally.without_bash;
    return 0;
  }
  ++tally.compared;
  if (!ours) {
    // bash runs what stands before the fault, then fails.
    REQUIRE_FOR(theirs->status != 0,
                shown(script, ours.error().findings.at(0).message, -1, *theirs));
    return 0;
  }
  REQUIRE_FOR(ours->output == theirs->output && ours->status == theirs->status,
              shown(script, ours->output, ours->status, *theirs));
  return 0;
}
