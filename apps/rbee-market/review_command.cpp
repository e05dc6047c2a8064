// rbee-market review, quarantine, release, and the hook that Git starts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <memory>

#include "base/text.hpp"
#include "community/accounts.hpp"
#include "host_commands.hpp"
#include "market_office.hpp"
#include "platform/git_write.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
using community::Account;
using submission::Submission;

struct ReviewCommandOptions {
  DatabaseChoice database;
  std::string data, as, reason, worker, tree;
  std::int64_t id = 0;
  std::string file;
  std::uint32_t line = 0;
  int cooling_hours = 7 * 24;
  bool json = false, all = false;
};

/// One run: database, service, and the account in whose name it works.
struct ReviewDesk {
  ReviewCommandOptions options;
  SystemClock clock;
  std::unique_ptr<platform::Database> database;
  std::unique_ptr<submission::Service> service;

  Result<void> open() {
    std::error_code code;
    const std::filesystem::path data = std::filesystem::canonical(options.data, code);
    if (code)
      return fail(Errc::not_found, "data-not-found",
                  fmt::format("no data directory is at '{}'", options.data),
                  {.fix = "name the one that `rbee-market serve --data` got"});
    TRY_ASSIGN(database, open_market_database(data, options.database));
    submission::ServiceOptions service_options;
    service_options.repository = data / "catalog.git";
    TRY_ASSIGN(service_options.secret, server_secret(data));
    // A running server sees main move by itself, and quarantines at its next look.
    service = std::make_unique<submission::Service>(
        std::move(service_options), *database, clock,
        []() -> std::shared_ptr<const catalog::Snapshot> { return nullptr; }, [] {});
    return {};
  }
  Result<Account> account() {
    TRY_ASSIGN(Account account, community::Accounts(*database, clock).find(options.as));
    if (account.disabled)
      return fail(Errc::forbidden, "account-disabled",
                  fmt::format("'{}' is disabled", account.name));
    return account;
  }
};

std::string line_of(const Submission& s) {
  return fmt::format("{:>5}  tier {}  {:<18} {:<32} {:<16} {:<16} {}\n", s.id, s.tier,
                     submission::to_string(s.state), s.worker, s.version, s.account,
                     printable_line(s.title));
}

Result<void> list(ReviewDesk& desk) {
  std::vector<Submission> all;
  if (desk.options.all) {
    TRY_ASSIGN(all, submission::list(*desk.database, {.limit = 1000}));
  } else {
    TRY_ASSIGN(all, desk.service->queue());
  }
  if (desk.options.json) {
    json::array out;
    for (const Submission& s : all)
      out.push_back({{"id", s.id},
                     {"worker", s.worker},
                     {"version", s.version},
                     {"account", s.account},
                     {"state", std::string(submission::to_string(s.state))},
                     {"tier", s.tier},
                     {"tree", s.tree.empty() ? s.head : s.tree},
                     {"title", s.title}});
    fmt::print("{}\n", json::serialize(json::object{{"submissions", std::move(out)}}));
    return {};
  }
  for (const Submission& s : all) fmt::print("{}", line_of(s));
  if (all.empty()) fmt::print("nothing waits\n");
  return {};
}

Result<void> show(ReviewDesk& desk) {
  TRY_ASSIGN(const Submission s, submission::get(*desk.database, desk.options.id));
  fmt::print("{}", line_of(s));
  for (const std::string& reason : s.risk) fmt::print("  {}\n", printable_line(reason));
  fmt::print("  head {}  tree {}\n  git -C {}/catalog.git diff {} {}\n\n", s.head,
             s.tree.empty() ? s.head + " (it is removed)" : s.tree, desk.options.data, s.base,
             s.head);
  TRY_ASSIGN(const auto findings, submission::findings_of(*desk.database, s.id, s.revision));
  for (const Finding& finding : findings) fmt::print("{}\n\n", describe(finding));
  TRY_ASSIGN(const auto events, submission::events_of(*desk.database, s.id));
  for (const submission::LogEvent& event : events)
    fmt::print("  {} r{} {:<16} {:<18} {} {}\n", rfc3339(event.at), event.revision, event.actor,
               event.kind, event.to.empty() ? "" : "→ " + event.to, printable_line(event.text));
  TRY_ASSIGN(const auto comments, submission::comments_of(*desk.database, s.id));
  for (const submission::Comment& each : comments)
    fmt::print("  {} {} {}{}: {}\n", rfc3339(each.at), each.author, printable_line(each.file),
               each.line > 0 ? fmt::format(":{}", each.line) : "", printable(each.text));
  return {};
}

Result<void> finish(const Result<Submission>& done) {
  if (!done) return tl::unexpected(done.error());
  fmt::print("{}", line_of(*done));
  return {};
}

Result<void> claim(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  return finish(desk.service->claim(desk.options.id, account));
}
Result<void> approve(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  TRY_ASSIGN(const Submission s, submission::get(*desk.database, desk.options.id));
  if (!desk.options.tree.empty())
    return finish(desk.service->approve(s.id, account, desk.options.tree));
  // A push ends every claim, so what was claimed is what it is now.
  const bool is_claimed =
      s.claimed_by == account.name && s.claimed_until && *s.claimed_until > desk.clock.now();
  const std::string& tree = s.tree.empty() ? s.head : s.tree;
  if (!is_claimed)
    return fail(
        Errc::usage, "approval-of-what",
        fmt::format("submission {} is not claimed by {}, and no tree is named", s.id, account.name),
        {.evidence = {fmt::format("it is now: {}", tree)},
         .why = "an approval is of the bytes that were looked at, and a push may have come",
         .fix = fmt::format("rbee-market review show {0}, then review approve {0} --tree "
                            "TREE; or review claim {0} before looking",
                            s.id)});
  return finish(desk.service->approve(s.id, account, tree));
}
Result<void> request_changes(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  return finish(desk.service->request_changes(desk.options.id, account, desk.options.reason));
}
Result<void> reject(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  return finish(desk.service->reject(desk.options.id, account, desk.options.reason));
}
Result<void> comment(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  return desk.service->comment(desk.options.id, account, desk.options.file, desk.options.line,
                               desk.options.reason);
}
Result<void> quarantine(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(desk.options.worker));
  return desk.service->quarantine(worker, account, desk.options.reason);
}
Result<void> release(ReviewDesk& desk) {
  TRY_ASSIGN(const Account account, desk.account());
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(desk.options.worker));
  return desk.service->release(worker, account);
}

}  // namespace

void add_review_commands(CLI::App& app, std::function<int()>& run) {
  const auto desk = std::make_shared<ReviewDesk>();
  const auto id = [](CLI::App& command, ReviewCommandOptions& options) {
    command.add_option("ID", options.id, "The submission's number")->required();
  };
  const auto by = [&](CLI::App& command, ReviewCommandOptions& options) {
    id(command, options);
    command.add_option("--as", options.as, "The reviewer's account")->required();
  };
  const auto reasoned = [&](CLI::App& command, ReviewCommandOptions& options) {
    by(command, options);
    command.add_option("--reason", options.reason, "What the author should know")->required();
  };
  CLI::App* review = app.add_subcommand("review", "The review queue");
  review->require_subcommand(1);
  add_desk_command(*review, "list", "What waits, most urgent first", list, desk, run,
                   [](CLI::App& command, ReviewCommandOptions& options) {
                     command.add_flag("--all", options.all, "Decided ones too");
                   });
  add_desk_command(*review, "show", "One submission: risk, findings, history", show, desk, run, id);
  add_desk_command(*review, "claim", "Hold it for two hours, so that two do not look at once",
                   claim, desk, run, by);
  add_desk_command(*review, "approve", "Approve what was looked at; the last approval merges it",
                   approve, desk, run, [&](CLI::App& command, ReviewCommandOptions& options) {
                     by(command, options);
                     command.add_option(
                         "--tree", options.tree,
                         "What was looked at, as `show` prints it; not needed after `claim`");
                   });
  add_desk_command(*review, "request-changes", "Send it back to its author", request_changes, desk,
                   run, reasoned);
  add_desk_command(*review, "reject", "Refuse it for good", reject, desk, run, reasoned);
  add_desk_command(*review, "comment", "Say something about it, or about a line", comment, desk,
                   run, [&](CLI::App& command, ReviewCommandOptions& options) {
                     by(command, options);
                     command.add_option("--text", options.reason, "The comment")->required();
                     command.add_option("--file", options.file, "A file of the worker's folder");
                     command.add_option("--line", options.line, "A line of it");
                   });
  const auto worker = [](CLI::App& command, ReviewCommandOptions& options) {
    command.add_option("WORKER", options.worker, "The worker's id")->required();
    command.add_option("--as", options.as, "The administrator's account")->required();
  };
  add_desk_command(
      app, "quarantine", "Take a worker off the market; its history stays", quarantine, desk, run,
      [&](CLI::App& command, ReviewCommandOptions& options) {
        worker(command, options);
        command.add_option("--reason", options.reason, "Shown to everybody who has it")->required();
      });
  add_desk_command(app, "release", "Put a worker back on the market", release, desk, run, worker);
}

void add_hook_command(CLI::App& app, std::function<int()>& run) {
  const auto name = std::make_shared<std::string>();
  CLI::App* hook = app.add_subcommand("hook", "For Git: asks the server about a push");
  hook->group("");  // Nobody types it.
  hook->add_option("NAME", *name)->required();
  hook->callback([name, &run] {
    run = [name] {
      const auto variable = [](const char* key) {
        const char* value = std::getenv(key);
        return std::string(value == nullptr ? "" : value);
      };
      return run_hook(
          {*name, variable("RBEE_SOCKET"), variable("RBEE_PUSH"), variable("GIT_QUARANTINE_PATH")},
          stdin, stdout, stderr);
    };
  });
}

}  // namespace rbee::market
