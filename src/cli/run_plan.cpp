#include "cli/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace rbee::cli {

Result<std::string> choose_command(const install::Installed& worker, const std::string& wanted) {
  const auto has = [&](const std::string& name) {
    return std::find(worker.commands.begin(), worker.commands.end(), name) != worker.commands.end();
  };
  const std::string all = fmt::format("its commands: {}", fmt::join(worker.commands, " "));
  if (!wanted.empty()) {
    if (has(wanted)) return wanted;
    const auto nearest = did_you_mean(wanted, worker.commands);
    return fail(Errc::not_found, "command-missing",
                fmt::format("{} has no command '{}'", worker.id, printable_line(wanted)),
                {.evidence = {all},
                 .fix = nearest ? fmt::format("did you mean '{}'?", *nearest) : std::string()});
  }
  if (worker.commands.size() == 1) return worker.commands.front();
  if (has(worker.id)) return worker.id;
  if (worker.commands.empty())
    return fail(Errc::not_found, "command-missing",
                fmt::format("{} has no command to start", worker.id),
                {.evidence = {"it is installed in " + worker.tree}});
  return fail(
      Errc::usage, "command-ambiguous", fmt::format("{} has several commands", worker.id),
      {.evidence = {all},
       .fix = fmt::format("rbee worker run {} --command {}", worker.id, worker.commands.front())});
}

bool listens(const install::Installed& worker) {
  return worker.run &&
         std::any_of(worker.run->args.begin(), worker.run->args.end(), [](const std::string& word) {
           return word.find("{port}") != std::string::npos;
         });
}

Result<std::vector<std::string>> run_arguments(const install::Installed& worker,
                                               const Arguments& arguments, std::uint16_t port) {
  const std::string device = arguments.device.empty() ? "0" : arguments.device;
  const std::string port_text = std::to_string(port);
  const std::pair<std::string_view, const std::string*> names[] = {{"{port}", &port_text},
                                                                   {"{host}", &arguments.host},
                                                                   {"{model}", &arguments.model},
                                                                   {"{device}", &device}};
  std::vector<std::string> words;
  for (const std::string& word : worker.run ? worker.run->args : std::vector<std::string>()) {
    std::string filled;
    for (std::size_t at = 0; at < word.size();) {
      const auto* name = std::find_if(std::begin(names), std::end(names), [&](const auto& each) {
        return word.compare(at, each.first.size(), each.first) == 0;
      });
      if (name == std::end(names)) {
        filled += word[at++];
        continue;
      }
      if (name->second->empty())
        return fail(Errc::usage, "model-missing",
                    fmt::format("{} needs to be told which model to load", worker.id),
                    {.fix = fmt::format("rbee worker run {} --model PATH", worker.id)});
      filled += *name->second;
      at += name->first.size();
    }
    words.push_back(std::move(filled));
  }
  words.insert(words.end(), arguments.trailing.begin(), arguments.trailing.end());
  return words;
}

std::string worker_url(const std::string& host, std::uint16_t port) {
  std::string name = host;
  if (name == "0.0.0.0") name = "127.0.0.1";
  if (name == "::") name = "::1";
  if (name.find(':') != std::string::npos) name = "[" + name + "]";
  return fmt::format("http://{}:{}", name, port);
}

}  // namespace rbee::cli
