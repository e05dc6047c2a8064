// Group manifest: what worker.toml and texts for people must not say.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/report.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Addressed to a machine that reviews: who, and what it shall do.
constexpr auto kWho = std::to_array<std::string_view>({"ai reviewer",
                                                       "ai review",
                                                       "automated reviewer",
                                                       "automated review",
                                                       "ai assistant",
                                                       "ai agent",
                                                       "language model",
                                                       "llm reviewer",
                                                       "llms reading",
                                                       "claude",
                                                       "chatgpt",
                                                       "gpt-",
                                                       "copilot",
                                                       "gemini",
                                                       "ai model",
                                                       "reviewing agent",
                                                       "review bot",
                                                       "to the reviewer",
                                                       "dear reviewer",
                                                       "note to reviewer",
                                                       "code reviewer",
                                                       "system prompt",
                                                       "ai:"});
constexpr auto kWhat = std::to_array<std::string_view>(
    {"approve",          "ignore previous",  "ignore all previous",
     "ignore the above", "ignore any",       "is safe",
     "are safe",         "already reviewed", "already been reviewed",
     "do not flag",      "don't flag",       "not flag",
     "mark as safe",     "mark this",        "no findings",
     "skip this",        "skip the",         "trusted",
     "must pass",        "disregard",        "you must",
     "you should",       "report no",        "lgtm",
     "false positive"});
constexpr auto kAlone = std::to_array<std::string_view>(
    {"ignore previous instructions", "ignore all previous instructions", "ignore your instructions",
     "disregard previous instructions", "disregard all previous", "<|im_start|>", "[system]",
     "### instruction", "you are now", "begin system prompt"});

void check_prompts(Report& report, std::string_view file, std::string_view text) {
  const std::string all = lower(text);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = all.find('\n', begin);
    if (end == std::string::npos) end = all.size();
    // A sentence may go over three lines.
    std::size_t window = end;
    for (int i = 0; i < 2 && window < all.size(); ++i) {
      window = all.find('\n', window + 1);
      if (window == std::string::npos) window = all.size();
    }
    const std::string_view line = std::string_view(all).substr(begin, end - begin);
    const std::string_view near =
        std::string_view(all).substr(begin, std::min<std::size_t>(window - begin, 600));
    const auto in = [](std::string_view where) {
      return [where](std::string_view word) { return where.find(word) != std::string_view::npos; };
    };
    const bool alone = std::any_of(kAlone.begin(), kAlone.end(), in(line));
    const bool both = std::any_of(kWho.begin(), kWho.end(), in(line)) &&
                      std::any_of(kWhat.begin(), kWhat.end(), in(near));
    if (alone || both)
      report.add_in_file("PROM-001", file, text,
                         {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                         "this is addressed to an automated reviewer");
    begin = end + 1;
  }
}

bool is_secret_name(std::string_view name) {
  std::string text = lower(name);
  return text.find("license_key") != std::string::npos ||
         text.find("licence_key") != std::string::npos ||
         text.find("license_token") != std::string::npos ||
         text.find("rbee_license") != std::string::npos ||
         text.find("licensekey") != std::string::npos ||
         text.find("serial_key") != std::string::npos ||
         text.find("activation_code") != std::string::npos ||
         text.find("activation_key") != std::string::npos;
}

}  // namespace

void check_manifest(Report& report) {
  for (const SubjectFile& file : report.subject().now.files) {
    const bool is_recipe = file.path == "PKGBUILD" || file.path == "PKGBUILD.bin";
    // In a README, who speaks of "AI assistant" speaks of the worker; only the plain attempts
    // count.
    if (is_recipe || file.path == "worker.toml") check_prompts(report, file.path, file.bytes);
  }
  if (const SubjectFile* readme = report.subject().now.file("README.md")) {
    const std::string all = lower(readme->bytes);
    for (const std::string_view word : kAlone)
      if (const std::size_t at = all.find(word); at != std::string::npos && word != "you are now" &&
                                                 word != "[system]" && word != "<|im_start|>" &&
                                                 word != "### instruction")
        report.add_in_file(
            "PROM-001", "README.md", readme->bytes,
            {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + word.size())},
            "this is addressed to an automated reviewer");
  }
  for (const RecipeView& view : report.recipes()) {
    if (view.commands == nullptr) continue;
    for (const AssignmentView& assignment : view.commands->assignments())
      if (is_secret_name(assignment.name))
        report.add("LIC-001", view, assignment.span,
                   fmt::format("'{}' is a licence secret", assignment.name));
    // Uses of one: in any word of the text.
    const std::string& text = view.recipe->text;
    for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
      std::size_t begin = at + 1;
      while (begin < text.size() && (text[begin] == '{' || text[begin] == '!')) ++begin;
      std::size_t end = begin;
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
        ++end;
      if (end > begin && is_secret_name(std::string_view(text).substr(begin, end - begin)))
        report.add("LIC-001", view,
                   {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)},
                   fmt::format("'{}' is a licence secret", text.substr(begin, end - begin)));
    }
  }
}

}  // namespace rbee::check
