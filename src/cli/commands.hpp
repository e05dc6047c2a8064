// The commands as a table: names, help, options, and the function that does it.
//
// The table is data; command_line.cpp turns it into a parser, the handlers live in a file each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "cli/context.hpp"

namespace rbee::cli {

/// What a command may be told beside `Settings`. Each command uses the fields that its row
/// declares.
struct Arguments {
  std::string id;                  ///< Of a worker, as typed.
  std::vector<std::string> words;  ///< To search for.
  std::vector<std::string> tags;
  std::uint64_t limit = 50;  ///< 0: all.
  std::string recipe;        ///< "PKGBUILD", "PKGBUILD.bin" or empty.
  std::string os, arch, accelerator;
  std::uint16_t port = 0;  ///< 0: a free one.
  std::string host = "127.0.0.1";
  std::string model, device, command;
  bool health = false;
  std::vector<std::string> trailing;   ///< After "--", for the worker.
  std::string file;                    ///< "-" is standard input.
  std::string root;                    ///< How far up a recipe may read files.
  bool tokens = false;                 ///< Rather than the tree.
  std::vector<std::string> variables;  ///< "K=V".
  bool sandbox = false;                ///< Ask a real bash for what the engine cannot decide.
  std::string format, policy;
  std::string title, reason, name;  ///< Of a submission or a log-in.
  bool with_token = false, list_all = false;
  std::string pkgver, epoch;
  bool sums = false, dry_run = false, write = false;
  std::vector<std::string> algorithms;
  std::string key, value;
  std::string variant, plan, output;
  std::vector<std::string> accept;  ///< Kinds of changes, each a list with commas.
  bool yes = false, explain = false, diff = false, offline = false, no_probe = false,
       refresh = false, hive = false;
  std::uint64_t number = 0;  ///< Of a generation.
  std::uint64_t keep = 3;    ///< How many generations.
  std::uint64_t days = 30;
  bool all = false;
  bool starred = false;
  bool mark_read = false, with_comments = false;
};

using Handler = Result<int> (*)(const Arguments& arguments, Context& context);

/// The field of `Arguments` that an argument fills. Its type says what is accepted: one text,
/// several, a count, a port, or nothing but the option's name.
using Field =
    std::variant<std::string Arguments::*, std::vector<std::string> Arguments::*,
                 std::uint64_t Arguments::*, std::uint16_t Arguments::*, bool Arguments::*>;

/// One option or positional argument.
struct ArgumentRow {
  std::string_view spelling;  ///< "--tag,-t" for an option, "ID" for a positional argument.
  std::string_view value;     ///< What help calls an option's value: "TAG". Empty for a flag.
  std::string_view summary;
  Field field;
  bool required = false;
};

struct Command {
  std::string_view group;  ///< "worker"
  std::string_view name;   ///< "search"
  std::vector<std::string_view> aliases;
  std::string_view summary;
  std::vector<ArgumentRow> arguments;
  std::string_view details;   ///< What help says beside the summary; may be empty.
  std::string_view examples;  ///< Lines, each a command that works.
  Handler run = nullptr;
};

struct Group {
  std::string_view name, summary;
};

const std::vector<Group>& groups();
const std::vector<Command>& commands();

Result<int> worker_search(const Arguments& arguments, Context& context);
Result<int> worker_info(const Arguments& arguments, Context& context);
Result<int> worker_install(const Arguments& arguments, Context& context);
Result<int> worker_upgrade(const Arguments& arguments, Context& context);
Result<int> worker_history(const Arguments& arguments, Context& context);
Result<int> worker_rollback(const Arguments& arguments, Context& context);
Result<int> worker_pin(const Arguments& arguments, Context& context);
Result<int> worker_unpin(const Arguments& arguments, Context& context);
Result<int> worker_verify(const Arguments& arguments, Context& context);
Result<int> worker_gc(const Arguments& arguments, Context& context);
Result<int> worker_pack(const Arguments& arguments, Context& context);
Result<int> worker_export(const Arguments& arguments, Context& context);
Result<int> worker_import(const Arguments& arguments, Context& context);
Result<int> cache_list(const Arguments& arguments, Context& context);
Result<int> cache_prune(const Arguments& arguments, Context& context);
Result<int> cache_verify(const Arguments& arguments, Context& context);
Result<int> license_add(const Arguments& arguments, Context& context);
Result<int> license_list(const Arguments& arguments, Context& context);
Result<int> license_remove(const Arguments& arguments, Context& context);
Result<int> worker_list(const Arguments& arguments, Context& context);
Result<int> worker_remove(const Arguments& arguments, Context& context);
Result<int> worker_run(const Arguments& arguments, Context& context);
Result<int> worker_check(const Arguments& arguments, Context& context);
Result<int> worker_new(const Arguments& arguments, Context& context);
Result<int> worker_submit(const Arguments& arguments, Context& context);
Result<int> worker_submission(const Arguments& arguments, Context& context);
Result<int> worker_withdraw(const Arguments& arguments, Context& context);
Result<int> worker_adopt(const Arguments& arguments, Context& context);
Result<int> worker_disown(const Arguments& arguments, Context& context);
Result<int> worker_audit(const Arguments& arguments, Context& context);
Result<int> worker_comments(const Arguments& arguments, Context& context);
Result<int> worker_comment(const Arguments& arguments, Context& context);
Result<int> worker_follow(const Arguments& arguments, Context& context);
Result<int> worker_unfollow(const Arguments& arguments, Context& context);
Result<int> notifications(const Arguments& arguments, Context& context);
Result<int> worker_star(const Arguments& arguments, Context& context);
Result<int> worker_unstar(const Arguments& arguments, Context& context);
Result<int> worker_vote(const Arguments& arguments, Context& context);
Result<int> worker_unvote(const Arguments& arguments, Context& context);
Result<int> worker_rate(const Arguments& arguments, Context& context);
Result<int> worker_reviews(const Arguments& arguments, Context& context);
Result<int> login(const Arguments& arguments, Context& context);
Result<int> logout(const Arguments& arguments, Context& context);
Result<int> whoami(const Arguments& arguments, Context& context);
Result<int> doctor(const Arguments& arguments, Context& context);
Result<int> git_credential(const Arguments& arguments, Context& context);
Result<int> explain_rule(const Arguments& arguments, Context& context);
Result<int> recipe_srcinfo(const Arguments& arguments, Context& context);
Result<int> recipe_matrix(const Arguments& arguments, Context& context);
Result<int> recipe_explain(const Arguments& arguments, Context& context);
Result<int> recipe_ast(const Arguments& arguments, Context& context);
Result<int> recipe_bump(const Arguments& arguments, Context& context);
Result<int> recipe_sums(const Arguments& arguments, Context& context);
Result<int> config_get(const Arguments& arguments, Context& context);
Result<int> config_set(const Arguments& arguments, Context& context);
Result<int> config_list(const Arguments& arguments, Context& context);
Result<int> telemetry_show(const Arguments& arguments, Context& context);
Result<int> telemetry_send(const Arguments& arguments, Context& context);

/// The URL of the marketplace that this run talks to: --catalog, RBEE_CATALOG, the configuration,
/// or the default.
Result<Url> marketplace_url(Context& context);

/// The marketplace at that URL.
Result<sdk::MarketplaceClient> marketplace(Context& context);

/// `text` as a worker's id. Errors: Errc::usage "worker-id-invalid".
Result<WorkerId> worker_id(const std::string& text);

}  // namespace rbee::cli
