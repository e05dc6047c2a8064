// rbee-market backup, restore: the whole marketplace, while it runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/text.hpp"
#include "host_commands.hpp"
#include "ops/backup.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct BackupCommandOptions {
  std::string data, target, catalog, scratch;
  bool json = false, no_secret = false;
};

void print(const ops::BackupManifest& manifest, const BackupCommandOptions& options,
           std::string_view what, const std::string& place) {
  std::uint64_t bytes = 0;
  for (const ops::BackupFile& file : manifest.files) bytes += file.size_bytes;
  if (options.json) {
    fmt::print("{}\n", json::serialize(json::object{{"path", place},
                                                    {"made_at", rfc3339(manifest.made_at)},
                                                    {"commit", manifest.commit},
                                                    {"files", manifest.files.size()},
                                                    {"size_bytes", bytes},
                                                    {"audit_entries", manifest.audit_entries},
                                                    {"manifest_sha256", manifest.sha256}}));
    return;
  }
  fmt::print("{} {}: {} files, {}, catalog at {}, {} audit entries\nmanifest {}\n", what,
             printable_line(place), manifest.files.size(), human_size(bytes),
             manifest.commit.substr(0, 12), manifest.audit_entries, manifest.sha256);
}

int back_up(const BackupCommandOptions& options) {
  if (options.target.empty() || options.data.empty())
    return report_error(
        fail(Errc::usage, "backup-usage", "--data and a target are required",
             {.fix = "rbee-market backup TARGET --data DIR; TARGET is a new directory, or a new "
                     "file that ends in .tar.zst"})
            .value(),
        options.json);
  ops::BackupOptions wanted;
  wanted.data = options.data;
  wanted.target = options.target;
  if (!options.catalog.empty()) wanted.catalog = options.catalog;
  wanted.secrets = options.no_secret ? ops::Secrets::without : ops::Secrets::with;
  wanted.program = "rbee-market " RBEE_VERSION;
  wanted.actor = local_actor();
  const auto done = ops::write_backup(wanted, SystemClock());
  if (!done) return report_error(done.error(), options.json);
  print(*done, options, "backed up into", options.target);
  return 0;
}

int verify(const BackupCommandOptions& options) {
  const fs::path scratch = options.scratch.empty()
                               ? fs::absolute(options.target).lexically_normal().parent_path()
                               : fs::path(options.scratch);
  const auto done = ops::verify_backup(options.target, scratch);
  if (!done) return report_error(done.error(), options.json);
  print(*done, options, "verified", options.target);
  return 0;
}

int restore(const BackupCommandOptions& options) {
  const auto done = ops::restore_backup(options.target, options.data, local_actor(), SystemClock());
  if (!done) return report_error(done.error(), options.json);
  print(*done, options, "restored into", options.data);
  return 0;
}

}  // namespace

void add_backup_commands(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<BackupCommandOptions>();
  CLI::App* backup = app.add_subcommand(
      "backup", "Copy the whole marketplace, while it runs, into a new directory or .tar.zst");
  backup->add_option("--data", options->data, "The server's data directory")
      ->envname("RBEE_MARKET_STORAGE_DATA");
  backup->add_option("--catalog", options->catalog, "The repository, when it is elsewhere");
  backup->add_flag("--no-secret", options->no_secret, "Leave out the server's secret");
  backup->add_flag("--json", options->json, "For programs");
  backup->add_option("TARGET", options->target, "Nothing is there yet");
  backup->require_subcommand(0, 1);
  const auto verified = std::make_shared<BackupCommandOptions>();
  CLI::App* verify_command =
      backup->add_subcommand("verify", "Restore it, look at everything, and throw that away");
  verify_command->add_option("BACKUP", verified->target, "Directory or file")->required();
  verify_command->add_option("--scratch", verified->scratch,
                             "Where it is restored for that; else beside it");
  verify_command->add_flag("--json", verified->json, "For programs");
  backup->callback([options, verified, verify_command, &run] {
    run = [options, verified, is_verify = verify_command->parsed()] {
      return is_verify ? verify(*verified) : back_up(*options);
    };
  });

  const auto restored = std::make_shared<BackupCommandOptions>();
  CLI::App* restore_command =
      app.add_subcommand("restore", "Make a data directory out of a backup, whole or not at all");
  restore_command->add_option("BACKUP", restored->target, "Directory or file")->required();
  restore_command->add_option("--data", restored->data, "Empty, or not there yet")->required();
  restore_command->add_flag("--json", restored->json, "For programs");
  restore_command->callback([restored, &run] { run = [restored] { return restore(*restored); }; });
}

}  // namespace rbee::market
