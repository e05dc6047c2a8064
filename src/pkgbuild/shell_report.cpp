// Reading a shell's report: untrusted bytes, one pass, nothing is guessed (shell_answer.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.hpp"
#include "pkgbuild/evaluate.hpp"
#include "pkgbuild/shell_answer.hpp"

namespace rbee::pkgbuild {

namespace {

constexpr std::uint32_t kIndexMax = 1'000'000'000;

/// The strings of a report, one after the other. After a fault there are no more.
class Strings {
 public:
  explicit Strings(std::string_view bytes) : bytes_(bytes) {}

  std::string_view next(std::string_view what) {
    if (fault_) return {};
    const std::size_t end = bytes_.find('\0', at_);
    if (end == std::string_view::npos) {
      complain(fmt::format("it ends where {} should stand", what));
      return {};
    }
    begin_ = at_;
    at_ = end + 1;
    return bytes_.substr(begin_, end - begin_);
  }
  void want(std::string_view what, std::string_view text) {
    const std::string_view got = next(what);
    if (!fault_ && got != text) complain(fmt::format("{} is another", what));
  }
  /// A decimal number without sign or leading zeros.
  std::uint32_t number(std::string_view what, std::uint32_t max) {
    const std::string_view text = next(what);
    if (fault_) return 0;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > max ||
        (text.size() > 1 && text.front() == '0')) {
      complain(fmt::format("{} is no number up to {}", what, max));
      return 0;
    }
    return value;
  }
  std::vector<std::string> values() {
    // A value takes a byte at least, so a count beyond what is left is a lie.
    const std::uint32_t count = number("a count", static_cast<std::uint32_t>(bytes_.size() - at_));
    std::vector<std::string> out;
    for (std::uint32_t i = 0; i < count && !fault_; ++i) out.emplace_back(next("a value"));
    return out;
  }
  void complain(std::string what) {
    if (!fault_) fault_ = fmt::format("{}, at byte {}", what, begin_);
  }
  const std::optional<std::string>& fault() const { return fault_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0, begin_ = 0;
  std::optional<std::string> fault_;
};

bool is_identifier(std::string_view name) {
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string schema_name(Strings& in) {
  const std::string_view name = in.next("a name");
  if (!in.fault() && (!is_identifier(name) || !is_schema_name(name)))
    in.complain(fmt::format("'{}' is no name of the schema", printable_line(name.substr(0, 80))));
  return std::string(name);
}

void read_variable(Strings& in, ShellReport& report) {
  std::string name = schema_name(in);
  ShellVariable variable;
  variable.attributes = in.next("attributes");
  if (variable.attributes.find_first_not_of("aAcilnrtux") != std::string::npos)
    in.complain("these are no attributes");
  variable.last_index = in.number("an index", kIndexMax);
  variable.values = in.values();
  if (variable.attributes.find_first_of("aA") == std::string::npos && variable.values.size() > 1)
    in.complain("a plain variable has several values");
  if (!report.variables.emplace(std::move(name), std::move(variable)).second)
    in.complain("a variable is there twice");
}

void read_function(Strings& in, ShellReport& report) {
  std::string name(in.next("a function's name"));
  std::string text(in.next("a function's text"));
  if (name.empty() || text.empty()) in.complain("a function is empty");
  if (!report.functions.emplace(std::move(name), std::move(text)).second)
    in.complain("a function is there twice");
}

void read_override(Strings& in, ShellReport& report) {
  if (report.packages.empty()) return in.complain("an override belongs to no package");
  std::string name = schema_name(in);
  Field field;
  const bool array = in.number("the form", 1) == 1;
  field.form = array ? Field::Form::array : Field::Form::scalar;
  field.values = in.values();
  if (!array && field.values.size() > 1) in.complain("a plain variable has several values");
  if (!report.packages.back().overrides.emplace(std::move(name), std::move(field)).second)
    in.complain("an override is there twice");
}

void read_head(Strings& in, std::string_view nonce, ShellReport& report) {
  in.want("the report's first word", "rbee-shell-report");
  in.want("the format's version", "1");
  in.want("the nonce", nonce);
  const std::string_view status = in.next("the status");
  if (status != "cut-short") {
    int value = 0;
    const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), value);
    if (error != std::errc() || end != status.data() + status.size() || value < 0 || value > 255)
      in.complain("the status is none");
    report.status = value;
  }
  report.flags = in.next("the flags");
  report.separators = in.next("the separators");
}

}  // namespace

std::string_view to_string(Evaluator evaluator) {
  return evaluator == Evaluator::native ? "native" : "sandbox";
}

Result<ShellReport> parse_shell_report(std::string_view bytes, std::string_view nonce) {
  ShellReport report;
  Strings in(bytes);
  if (bytes.size() > kShellReportBytesMax) in.complain("it is larger than a report may be");
  read_head(in, nonce, report);
  // Records come in the order of their kinds.
  constexpr std::string_view kKinds[] = {"variable", "function", "package"};
  std::size_t kind = 0;
  while (!in.fault()) {
    const std::string_view word = in.next("a record");
    if (word == "end") {
      in.want("the nonce at the end", nonce);
      if (!in.fault() && !in.at_end()) in.complain("something follows the end");
      break;
    }
    if (word == "override") {
      read_override(in, report);
      continue;
    }
    const auto at = std::find(std::begin(kKinds) + kind, std::end(kKinds), word);
    if (at == std::end(kKinds)) {
      in.complain(fmt::format("a record '{}' is unknown, or comes too late",
                              printable_line(word.substr(0, 80))));
      break;
    }
    kind = static_cast<std::size_t>(at - std::begin(kKinds));
    if (kind == 0) read_variable(in, report);
    if (kind == 1) read_function(in, report);
    if (kind == 2) report.packages.push_back({std::string(in.next("a package's name")), {}});
  }
  if (!in.fault()) {
    const auto names = report.variables.find("pkgname");
    const std::size_t count = names == report.variables.end() ? 0 : names->second.values.size();
    bool same = count == report.packages.size();
    for (std::size_t i = 0; same && i < count; ++i)
      same = names->second.values[i] == report.packages[i].name;
    if (!same) in.complain("the packages are not those of pkgname");
  }
  if (in.fault())
    return fail(Errc::invalid_input, "shell-report-malformed",
                "what bash reported about the recipe cannot be believed",
                {.evidence = {"the report: " + *in.fault()},
                 .why = "a recipe that takes over the shell which reads it can spoil the report"});
  return report;
}

}  // namespace rbee::pkgbuild
