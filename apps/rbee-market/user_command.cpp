// rbee-market user, token, audit.
#include <fmt/format.h>
#include <pwd.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <memory>

#include "base/text.hpp"
#include "community/accounts.hpp"
#include "community/audit.hpp"
#include "community/tokens.hpp"
#include "host_commands.hpp"
#include "market_office.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
using community::Account;
using community::Accounts;
using community::Tokens;

struct UserCommandOptions {
  DatabaseChoice database;
  std::string data, name, email, role = "user", reason, token_name = "token",
                                 scopes = "read,community,submit";
  std::int64_t token = 0;
  int days = 0;
  bool json = false, no_password = false;
  std::string subject, actor;
  int limit = 100;
};

/// A line without echo from a terminal; as it comes from a pipe.
Result<std::string> read_password() {
  termios before{};
  const bool terminal = ::isatty(STDIN_FILENO) != 0 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    fmt::print(stderr, "password: ");
  }
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    fmt::print(stderr, "\n");
  }
  if (!read || line.empty())
    return fail(Errc::usage, "password-missing", "no password was given",
                {.fix = "type it, or pipe it in: … <password-file; or --no-password"});
  return line;
}

std::string or_dash(const std::optional<Time>& time) {
  return time ? rfc3339(*time) : "-";
}

/// One run: the database open, the options at hand.
struct UserDesk {
  UserCommandOptions options;
  SystemClock clock;
  std::unique_ptr<platform::Database> database;

  Result<void> open() {
    TRY_ASSIGN(database, open_market_database(options.data, options.database));
    return {};
  }
};

Result<void> user_add(UserDesk& desk) {
  const auto role = community::parse_role(desk.options.role);
  if (!role)
    return fail(Errc::usage, "role-unknown",
                fmt::format("there is no role '{}'", printable_line(desk.options.role)),
                {.fix = "roles are user, reviewer and admin"});
  std::string password;
  if (!desk.options.no_password) {
    TRY_ASSIGN(password, read_password());
  }
  Accounts accounts(*desk.database, desk.clock);
  TRY_ASSIGN(
      const Account made,
      accounts.create({desk.options.name, desk.options.email, password, *role}, local_actor()));
  fmt::print("{} ({})\n", made.name, community::to_string(made.role));
  return {};
}

Result<void> user_list(UserDesk& desk) {
  TRY_ASSIGN(const auto all, Accounts(*desk.database, desk.clock).list());
  if (desk.options.json) {
    json::array users;
    for (const Account& each : all)
      users.push_back(
          {{"name", each.name},
           {"email", each.email},
           {"role", std::string(community::to_string(each.role))},
           {"created_at", rfc3339(each.created)},
           {"disabled_at", each.disabled ? json::value(rfc3339(*each.disabled)) : json::value()}});
    fmt::print("{}\n", json::serialize(json::object{{"users", std::move(users)}}));
    return {};
  }
  for (const Account& each : all)
    fmt::print("{:<40} {:<9} {}{}\n", each.name, community::to_string(each.role),
               rfc3339(each.created), each.disabled ? "  disabled" : "");
  return {};
}

Result<void> user_role(UserDesk& desk) {
  const auto role = community::parse_role(desk.options.role);
  if (!role)
    return fail(Errc::usage, "role-unknown",
                fmt::format("there is no role '{}'", printable_line(desk.options.role)),
                {.fix = "roles are user, reviewer and admin"});
  return Accounts(*desk.database, desk.clock).set_role(desk.options.name, *role, local_actor());
}

Result<void> user_password(UserDesk& desk) {
  TRY_ASSIGN(const std::string password, read_password());
  return Accounts(*desk.database, desk.clock)
      .set_password(desk.options.name, password, local_actor());
}

Result<void> user_disable(UserDesk& desk) {
  return Accounts(*desk.database, desk.clock)
      .set_disabled(desk.options.name, true, desk.options.reason, local_actor());
}

Result<void> user_enable(UserDesk& desk) {
  return Accounts(*desk.database, desk.clock)
      .set_disabled(desk.options.name, false, desk.options.reason, local_actor());
}

Result<void> token_create(UserDesk& desk) {
  TRY_ASSIGN(const Account account, Accounts(*desk.database, desk.clock).find(desk.options.name));
  TRY_ASSIGN(const community::Scopes scopes, community::parse_scopes(desk.options.scopes));
  std::optional<Time> expires;
  if (desk.options.days > 0) expires = desk.clock.now() + std::chrono::days(desk.options.days);
  TRY_ASSIGN(const auto issued,
             Tokens(*desk.database, desk.clock)
                 .issue(account, desk.options.token_name, scopes, expires, local_actor()));
  if (desk.options.json)
    fmt::print("{}\n", json::serialize(json::object{{"id", issued.token.id},
                                                    {"token", issued.secret},
                                                    {"scopes", community::to_string(scopes)}}));
  else
    fmt::print("{}\n", issued.secret);
  if (::isatty(STDERR_FILENO) != 0)
    fmt::print(stderr, "It is shown this once; the database keeps its digest.\n");
  return {};
}

Result<void> token_list(UserDesk& desk) {
  TRY_ASSIGN(const Account account, Accounts(*desk.database, desk.clock).find(desk.options.name));
  TRY_ASSIGN(const auto all, Tokens(*desk.database, desk.clock).list(account));
  for (const community::Token& each : all)
    fmt::print("{:>4} {:<24} {:<24} used {} expires {}{}\n", each.id, each.name,
               community::to_string(each.scopes), or_dash(each.last_used), or_dash(each.expires),
               each.revoked ? "  ended" : "");
  return {};
}

Result<void> token_revoke(UserDesk& desk) {
  TRY_ASSIGN(const Account account, Accounts(*desk.database, desk.clock).find(desk.options.name));
  return Tokens(*desk.database, desk.clock).revoke(account, desk.options.token, local_actor());
}

Result<void> audit_list(UserDesk& desk) {
  TRY_ASSIGN(const auto all,
             community::list_audit(*desk.database, {desk.options.subject, desk.options.actor, 0,
                                                    desk.options.limit}));
  if (desk.options.json) {
    json::array entries;
    for (const community::AuditEntry& each : all)
      entries.push_back({{"id", each.id},
                         {"at", rfc3339(each.at)},
                         {"actor", each.actor},
                         {"action", each.action},
                         {"subject", each.subject},
                         {"digest", each.digest},
                         {"details", printable(each.details)},
                         {"hash", each.hash}});
    fmt::print("{}\n", json::serialize(json::object{{"entries", std::move(entries)}}));
    return {};
  }
  for (const community::AuditEntry& each : all)
    fmt::print("{:>6} {} {:<20} {:<28} {:<28} {} {}\n", each.id, rfc3339(each.at),
               printable_line(each.actor), each.action, printable_line(each.subject),
               each.digest.substr(0, 12), printable_line(each.details));
  return {};
}

Result<void> audit_verify(UserDesk& desk) {
  TRY_ASSIGN(const community::AuditState state, community::verify_audit(*desk.database));
  fmt::print("{} entries, unbroken; the last is {}\n", state.entries, state.last_hash);
  return {};
}

}  // namespace

int report_error(const Error& error, bool as_json) {
  const int code = exit_code(error.code);
  if (!as_json) {
    fmt::print(stderr, "rbee-market: {}\n", describe(error));
    return code;
  }
  const json::object answer{
      {"error",
       {{"id", error.id},
        {"message", error.message},
        {"evidence", json::array(error.evidence.begin(), error.evidence.end())},
        {"why", error.why},
        {"fix", error.fix}}},
      {"exit_code", code}};
  fmt::print("{}\n", json::serialize(answer));
  return code;
}

std::string local_actor() {
  const passwd* entry = ::getpwuid(::geteuid());
  return fmt::format("local:{}", entry != nullptr ? entry->pw_name : std::to_string(::geteuid()));
}

void add_user_commands(CLI::App& app, std::function<int()>& run) {
  const auto desk = std::make_shared<UserDesk>();
  const auto name = [](CLI::App& command, UserCommandOptions& options) {
    command.add_option("NAME", options.name, "The account's name")->required();
  };
  CLI::App* user = app.add_subcommand("user", "Accounts");
  user->require_subcommand(1);
  add_desk_command(
      *user, "add", "Make an account; its password comes from the terminal or a pipe", user_add,
      desk, run, [&](CLI::App& command, UserCommandOptions& options) {
        name(command, options);
        command.add_option("--email", options.email, "Its e-mail address; nobody else sees it")
            ->required();
        command.add_option("--role", options.role, "user, reviewer or admin")
            ->capture_default_str();
        command.add_flag("--no-password", options.no_password, "It lives by tokens alone");
      });
  add_desk_command(*user, "list", "All accounts", user_list, desk, run,
                   [](CLI::App&, UserCommandOptions&) {});
  add_desk_command(
      *user, "role", "Give it another role", user_role, desk, run,
      [&](CLI::App& command, UserCommandOptions& options) {
        name(command, options);
        command.add_option("ROLE", options.role, "user, reviewer or admin")->required();
      });
  add_desk_command(*user, "password", "Give it another password; all its tokens end", user_password,
                   desk, run, name);
  add_desk_command(
      *user, "disable", "It can do nothing any more; its tokens end", user_disable, desk, run,
      [&](CLI::App& command, UserCommandOptions& options) {
        name(command, options);
        command.add_option("--reason", options.reason, "For the audit log")->required();
      });
  add_desk_command(*user, "enable", "It can log in again", user_enable, desk, run, name);

  CLI::App* token = app.add_subcommand("token", "API tokens");
  token->require_subcommand(1);
  add_desk_command(
      *token, "create", "Make a token and print it, once", token_create, desk, run,
      [&](CLI::App& command, UserCommandOptions& options) {
        name(command, options);
        command.add_option("--name", options.token_name, "What it is for")->capture_default_str();
        command.add_option("--scopes", options.scopes, "Of read, community, submit, review, admin")
            ->capture_default_str();
        command.add_option("--days", options.days, "How long it is good; 0: until it is ended");
      });
  add_desk_command(*token, "list", "The tokens of an account", token_list, desk, run, name);
  add_desk_command(*token, "revoke", "End a token", token_revoke, desk, run,
                   [&](CLI::App& command, UserCommandOptions& options) {
                     name(command, options);
                     command.add_option("ID", options.token, "Its number")->required();
                   });

  CLI::App* audit = app.add_subcommand("audit", "The audit log");
  audit->require_subcommand(1);
  add_desk_command(
      *audit, "list", "What happened, newest first", audit_list, desk, run,
      [](CLI::App& command, UserCommandOptions& options) {
        command.add_option("--subject", options.subject,
                           "Only this: worker:NAME, submission:N, account:NAME");
        command.add_option("--actor", options.actor, "Only what this account did");
        command.add_option("--limit", options.limit, "At most so many")->check(CLI::Range(1, 1000));
      });
  add_desk_command(*audit, "verify", "Walk the chain of hashes", audit_verify, desk, run,
                   [](CLI::App&, UserCommandOptions&) {});
}

}  // namespace rbee::market
