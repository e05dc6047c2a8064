// What a host does beside serving: people, tokens, the audit log, reviews, checking a catalog; and
// the hook that Git starts.
//
// Each adds its commands to the program's; the one that was typed is in `run` after parsing. They
// work on the data directory itself, also while a server runs on it.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "market_database.hpp"

namespace rbee::market {

void add_user_commands(CLI::App& app, std::function<int()>& run);
void add_license_commands(CLI::App& app, std::function<int()>& run);
void add_review_commands(CLI::App& app, std::function<int()>& run);
void add_check_command(CLI::App& app, std::function<int()>& run);
void add_backup_commands(CLI::App& app, std::function<int()>& run);
void add_database_commands(CLI::App& app, std::function<int()>& run);
/// Its "status".
void add_database_status(CLI::App& database, std::function<int()>& run);
void add_switch_commands(CLI::App& app, std::function<int()>& run);
void add_hook_command(CLI::App& app, std::function<int()>& run);

/// Say it on standard error, or as a JSON object on standard output; the exit code.
int report_error(const Error& error, bool as_json = false);

/// A command that works at a desk: `Desk` has `options` with `data`, `database` and `json`, and
/// opens itself.
template <typename Desk>
void add_desk_command(CLI::App& parent, const std::string& name, const std::string& summary,
                      Result<void> (*task)(Desk&), const std::shared_ptr<Desk>& desk,
                      std::function<int()>& run,
                      const std::function<void(CLI::App&, decltype(Desk::options)&)>& more) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->add_option("--data", desk->options.data, "The server's data directory")
      ->envname("RBEE_MARKET_STORAGE_DATA")
      ->required();
  add_database_options(*command, desk->options.database);
  command->add_flag("--json", desk->options.json, "For programs");
  more(*command, desk->options);
  command->callback([desk, task, &run] {
    run = [desk, task] {
      if (const auto opened = desk->open(); !opened) return report_error(opened.error());
      const auto done = task(*desk);
      return done ? 0 : report_error(done.error());
    };
  });
}

/// "local:USER": how the audit log names who works on the host.
std::string local_actor();

}  // namespace rbee::market
