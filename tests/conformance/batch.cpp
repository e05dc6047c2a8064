// conformance-batch: evaluates many PKGBUILDs in one process and compares each with what makepkg
// said.
//
// Reads paths from standard input, one a line; the answers from --answers (see `oracle`). Writes
// one line of tab-separated fields for each: verdict, detail, path, microseconds, digest, reach
// (reach.hpp), what makepkg does. What differs goes to --report as <digest>.makepkg and
// <digest>.rbee. With --reach it asks nothing and writes reach and path; with --packages,
// whether package() needs a shell (packages.hpp). Runs no package code, but
// with --sandbox: then a real bash in the sandbox is asked too, for what our engine cannot decide
// or for everything, and an answer of its own that equals makepkg's is "identical-sandbox". Used by
// `run`.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "build/shell_evaluator.hpp"
#include "packages.hpp"
#include "pkgbuild/recipe.hpp"
#include "reach.hpp"

namespace {

namespace fs = std::filesystem;
using rbee::pkgbuild::FileLook;
using rbee::pkgbuild::Inputs;
using rbee::pkgbuild::Refusal;

/// makepkg's exit status when a lint rule or a carriage return refuses the file (util/error.sh).
constexpr int kPkgbuildError = 12;

constexpr std::size_t kFileBytesMax = 4 << 20;

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kFileBytesMax)
    return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The files beside one PKGBUILD. `oracle` shows makepkg that folder alone, so nothing stands
/// outside of it.
class Folder final : public rbee::pkgbuild::LocalFiles {
 public:
  explicit Folder(const fs::path& folder) : folder_(fs::weakly_canonical(folder)) {}
  const fs::path& path() const { return folder_; }
  std::optional<std::string> read(std::string_view path) const override {
    std::error_code error;
    const fs::path file = fs::weakly_canonical(folder_ / path, error);
    if (error || !file.native().starts_with(folder_.native() + "/")) return std::nullopt;
    return read_file(file);
  }
  FileLook look(std::string_view path) const override {
    std::optional<std::string> text = read(path);
    if (text) return {FileLook::Kind::file, std::move(*text)};
    return {FileLook::Kind::absent, {}};
  }

 private:
  fs::path folder_;
};

struct Answer {
  int status = 0;
  std::string output;
  std::string errors;
};

struct Options {
  enum class Sandbox { never, undecided, always };
  fs::path answers, report;
  Sandbox sandbox = Sandbox::never;
};

std::string flavour_of(std::string_view text) {
  return text.find("MINGW_PACKAGE_PREFIX") == text.npos ? "arch" : "msys2";
}

/// The variables with which `oracle` asks makepkg.
std::map<std::string, std::string> environment_of(std::string_view flavour) {
  if (flavour != "msys2") return {};
  return {{"MSYSTEM", "MINGW64"},       {"MINGW_PACKAGE_PREFIX", "mingw-w64-x86_64"},
          {"MINGW_PREFIX", "/mingw64"}, {"MINGW_CHOST", "x86_64-w64-mingw32"},
          {"MSYSTEM_CARCH", "x86_64"},  {"MSYSTEM_CHOST", "x86_64-w64-mingw32"}};
}

std::optional<Answer> stored_answer(const fs::path& store) {
  const auto status = read_file(fs::path(store).concat(".status"));
  const auto output = read_file(fs::path(store).concat(".out"));
  const auto errors = read_file(fs::path(store).concat(".err"));
  if (!status || !output || !errors) return std::nullopt;
  return Answer{std::atoi(status->c_str()), *output, *errors};
}

/// What a recipe prints while it is read, or from a trap when makepkg ends, does not belong to its
/// .SRCINFO.
std::string without_noise(std::string output) {
  if (!output.starts_with("pkgbase = ")) {
    const std::size_t at = output.find("\npkgbase = ");
    if (at == output.npos) return output;
    output.erase(0, at + 1);
  }
  for (;;) {
    const std::size_t end = output.rfind('\n', output.size() - 2);
    if (end == output.npos || !output.ends_with('\n')) return output;
    const std::string_view last = std::string_view(output).substr(end + 1);
    if (last.starts_with('\t') || last.starts_with("pkgname = ")) return output;
    output.erase(end + 1);
  }
}

/// makepkg's first complaint, without its prefix.
std::string first_error(const std::string& errors) {
  for (const std::string_view line : rbee::split(errors, '\n'))
    if (const std::size_t at = line.find("ERROR: "); at != line.npos)
      return std::string(line.substr(at + 7));
  return std::string(rbee::trim(rbee::split(errors, '\n').front()));
}

/// The construct of "unsupported: <construct> at line N".
std::string construct_of(const Refusal& refusal) {
  std::string text = refusal.findings.empty() ? "no finding" : refusal.findings.front().message;
  if (text.starts_with("unsupported: ")) text.erase(0, 13);
  if (const std::size_t at = text.rfind(" at line "); at != text.npos) text.erase(at);
  return text;
}

struct Verdict {
  std::string_view name;
  std::string detail;
};

void keep(const Options& options, const std::string& digest, const Answer& answer,
          const std::string& ours) {
  if (options.report.empty()) return;
  std::ofstream(options.report / (digest + ".makepkg"), std::ios::binary)
      << (answer.status == 0 ? without_noise(answer.output) : answer.errors);
  std::ofstream(options.report / (digest + ".rbee"), std::ios::binary) << ours;
}

std::string kind_name(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::syntax:
      return "syntax";
    case Refusal::Kind::invalid:
      return "invalid";
    case Refusal::Kind::unsupported:
      return "unsupported";
    case Refusal::Kind::limit:
      return "limit";
  }
  return "";
}

Verdict judge(const Options& options, const std::string& digest, const Answer& answer,
              const tl::expected<rbee::pkgbuild::Recipe, Refusal>& recipe) {
  if (!recipe) {
    const Refusal& refusal = recipe.error();
    if (refusal.kind == Refusal::Kind::unsupported) return {"unsupported", construct_of(refusal)};
    if (refusal.kind == Refusal::Kind::limit)
      return {"unsupported", "limit: " + construct_of(refusal)};
    if (answer.status != 0)
      return {answer.status == 124 || answer.status == 137 ? "oracle-failed" : "identical",
              "both refuse: " + first_error(answer.errors)};
    std::string ours = kind_name(refusal.kind) + "\n";
    for (const rbee::Finding& finding : refusal.findings) ours += rbee::describe(finding) + "\n";
    keep(options, digest, answer, ours);
    return {"different", "we refuse: " + construct_of(refusal)};
  }
  const std::string ours = rbee::pkgbuild::srcinfo(*recipe);
  if (answer.status == kPkgbuildError) {
    keep(options, digest, answer, ours);
    return {"different", "makepkg refuses: " + first_error(answer.errors)};
  }
  if (answer.status != 0)
    return {"oracle-failed",
            fmt::format("status {}: {}", answer.status, first_error(answer.errors))};
  if (ours == without_noise(answer.output)) return {"identical", ""};
  keep(options, digest, answer, ours);
  return {"different", "output"};
}

/// What the sandbox's bash says, judged in the same way.
Verdict judge_shell(const Options& options, const std::string& digest, const Answer& answer,
                    const rbee::build::ShellRequest& request) {
  const auto said = rbee::build::ask_shell(request);
  if (said) {
    Verdict verdict = judge(options, digest, answer, *said);
    if (verdict.name == "identical") verdict.name = "identical-sandbox";
    if (verdict.name == "unsupported") verdict.detail = "sandbox: " + verdict.detail;
    return verdict;
  }
  const rbee::Error& error = said.error();
  const bool refused = answer.status != 0 || answer.output.empty();
  if (error.id == "shell-exited" && refused)
    return {"identical-sandbox", "both refuse: " + error.message};
  std::string detail = "sandbox: " + error.id;
  for (const std::string& fact : error.evidence) detail += "; " + fact;
  return {answer.status == 0 ? "unsupported" : "oracle-failed", detail};
}

std::string field(std::string_view text) {
  return rbee::printable_line(text);
}

void compare(const Options& options, const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    fmt::print("oracle-failed\tnot readable\t{}\t0\t\tplain\tsilent\n", field(path));
    return;
  }
  const std::string digest = rbee::Sha256::of(*text).hex();
  const std::string flavour = flavour_of(*text);
  const auto answer = stored_answer(options.answers / flavour / digest);
  const Folder folder(fs::absolute(path).parent_path());
  Inputs inputs;
  inputs.environment = environment_of(flavour);
  inputs.files = &folder;
  inputs.startdir = folder.path().string();
  const auto begin = std::chrono::steady_clock::now();
  const auto recipe = rbee::pkgbuild::evaluate(*text, inputs);
  auto spent = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  Verdict verdict{"oracle-failed", "not asked"};
  if (answer)
    verdict = judge(options, digest, *answer, recipe);
  else if (!recipe)
    verdict.detail +=
        "; we say " + kind_name(recipe.error().kind) + ": " + construct_of(recipe.error());
  const bool ask =
      options.sandbox == Options::Sandbox::always ||
      (options.sandbox == Options::Sandbox::undecided && verdict.name == "unsupported");
  if (answer && ask) {
    const rbee::build::ShellRequest request{
        .text = *text,
        .inputs = inputs,
        .folder = fs::weakly_canonical(path).parent_path(),
        .file_name = fs::path(path).filename(),
        .start_directory = fs::weakly_canonical(path).parent_path()};
    const auto asked = std::chrono::steady_clock::now();
    verdict = judge_shell(options, digest, *answer, request);
    spent = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                  asked);
  }
  // A time limit is no word of makepkg's.
  const bool silent = !answer || answer->status == 124 || answer->status == 137;
  fmt::print("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", verdict.name, field(verdict.detail), field(path),
             spent.count(), digest, rbee::conformance::reach_of(*text),
             silent                ? "silent"
             : answer->status == 0 ? "accepts"
                                   : "refuses");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (argc == 2 && std::string_view(argv[1]) == "--reach") {
    for (std::string path; std::getline(std::cin, path);)
      if (const auto text = read_file(path))
        fmt::print("{}\t{}\n", rbee::conformance::reach_of(*text), field(path));
    return 0;
  }
  if (argc == 2 && std::string_view(argv[1]) == "--packages") {
    for (std::string path; std::getline(std::cin, path);) {
      const auto text = read_file(path);
      if (!text) continue;
      const Folder folder(fs::absolute(path).parent_path());
      Inputs inputs;
      inputs.environment = environment_of(flavour_of(*text));
      inputs.files = &folder;
      inputs.startdir = folder.path().string();
      fmt::print("{}\t{}\n", field(rbee::conformance::package_needs(*text, inputs)), field(path));
    }
    return 0;
  }
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--answers") options.answers = argv[i + 1];
    if (name == "--report") options.report = argv[i + 1];
    if (name == "--sandbox")
      options.sandbox = std::string_view(argv[i + 1]) == "always" ? Options::Sandbox::always
                                                                  : Options::Sandbox::undecided;
  }
  if (options.answers.empty() || argc % 2 == 0) {
    fmt::print(stderr,
               "usage: conformance-batch --answers DIR [--report DIR] [--sandbox undecided|always] "
               "< paths\n"
               "       conformance-batch --reach < paths\n"
               "       conformance-batch --packages < paths\n");
    return 2;
  }
  for (std::string path; std::getline(std::cin, path);) compare(options, path);
  return 0;
}
