#include "cli/commands.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/config.hpp"

namespace rbee::cli {

const std::vector<Group>& groups() {
  static const std::vector<Group> table = {
      {"worker", "Find, install and run workers"},
      {"recipe", "Read and edit recipes, without running them"},
      {"cache", "The downloads that were kept"},
      {"license", "Licence keys of premium workers"},
      {"config", "Show and change settings"},
      {"telemetry", "Install receipts: what is sent, and whether"},
      {"", "Your account, this machine, and answers about the marketplace itself"},
  };
  return table;
}

const std::vector<Command>& commands() {
  using A = Arguments;
  static const std::vector<Command> table = {
      {"worker",
       "search",
       {"available", "catalog"},
       "Find workers in the marketplace",
       {{"WORDS", "", "what to search for; none: every worker", &A::words},
        {"--tag,-t", "TAG", "only workers with this tag; may be repeated", &A::tags},
        {"--limit,-n", "N", "show at most N workers, 0 for all (default 50)", &A::limit},
        {"--offline", "", "search the list that an earlier search kept, without a network",
         &A::offline},
        {"--refresh", "", "fetch the marketplace's list for --offline now", &A::refresh}},
       "All words must match; the last may be the beginning of one. \"two words\" stand "
       "together, -word excludes (after --), and accelerator: os: arch: license: source: task: "
       "format: owner: and tag: ask for a value. When the marketplace cannot be reached, the kept "
       "list is searched.",
       "rbee worker search\n"
       "rbee worker search text to speech --tag cpu\n"
       "rbee worker search llm accelerator:rocm\n"
       "rbee worker search \"fast inference\" --offline\n"
       "rbee worker search --json | jq -r '.workers[].id'",
       worker_search},
      {"worker",
       "info",
       {"show", "get"},
       "Everything about one worker, and what this machine would get",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--recipe", "FILE", "as if installing with PKGBUILD or PKGBUILD.bin", &A::recipe},
        {"--accelerator", "NAME",
         "as if installing for cpu, cuda, rocm, metal, vulkan, sycl or openvino", &A::accelerator}},
       "",
       "rbee worker info tts-worker\n"
       "rbee worker info llm-worker-rbee-cuda --json",
       worker_info},
      {"worker",
       "install",
       {"download"},
       "Install a worker, or update it",
       {{"ID", "", "the worker's id; ID@VERSION means that release and no other", &A::id},
        {"--recipe", "FILE", "PKGBUILD (build from source) or PKGBUILD.bin (pre-built)",
         &A::recipe},
        {"--accelerator", "NAME",
         "the variant for cpu, cuda, rocm, metal, vulkan, sycl or openvino", &A::accelerator},
        {"--variant", "NAME", "both in one: cuda, linux-x86_64-cpu, cpu:PKGBUILD.bin", &A::variant},
        {"--dry-run,-n", "", "show everything that would happen, and do nothing", &A::dry_run},
        {"--explain", "", "say why this variant was chosen and the others were not", &A::explain},
        {"--diff", "", "show how the recipe differs from the installed one", &A::diff},
        {"--plan", "FILE", "install what a --dry-run --json wrote, and nothing else", &A::plan},
        {"--accept", "KINDS",
         "what is fine: owner, hosts, functions, sources, license, fetch; with commas", &A::accept},
        {"--yes,-y", "", "never ask; what would be asked about ends with 8", &A::yes},
        {"--offline", "", "use what is on this machine, and no network", &A::offline}},
       "Every source is verified before anything of it is used, and builds run in a sandbox "
       "without network.\n"
       "Before an update runs anything, what changed since the installed release is shown. Changes "
       "that somebody who\n"
       "took the worker over would make (another owner, new hosts, other functions) have to be "
       "accepted.\n"
       "Commands are linked into ~/.local/bin. A failure, or Ctrl+C, leaves everything as it was.",
       "rbee worker install tts-worker\n"
       "rbee worker install tts-worker@1.2-1\n"
       "rbee worker install llm-worker-rbee-cpu --variant cpu:PKGBUILD.bin --dry-run\n"
       "rbee worker install tts-worker --accept functions,hosts",
       worker_install},
      {"worker",
       "upgrade",
       {"update"},
       "Bring installed workers to their newest release",
       {{"IDS", "", "which; --all: every one", &A::words},
        {"--all,-a", "", "every installed worker that is not pinned", &A::list_all},
        {"--dry-run,-n", "", "show what is newer, and do nothing", &A::dry_run},
        {"--accept", "KINDS", "as for install", &A::accept},
        {"--yes,-y", "", "never ask; what would be asked about fails that worker with 8", &A::yes},
        {"--no-probe", "", "do not start each worker to see whether it answers", &A::no_probe}},
       "Goes on when one fails, and ends with 9 then. A worker that does not answer after its "
       "upgrade is taken back\n"
       "to the release before. Pinned workers stay as they are.",
       "rbee worker upgrade --all --dry-run\n"
       "rbee worker upgrade tts-worker\n"
       "rbee worker upgrade --all --yes --json",
       worker_upgrade},
      {"worker",
       "history",
       {"generations"},
       "List the states of this machine that can be gone back to",
       {},
       "",
       "rbee worker history\n"
       "rbee worker history --json",
       worker_history},
      {"worker",
       "rollback",
       {},
       "Go back to an earlier state of all workers",
       {{"--to", "N", "the generation's number (default: the one before this)", &A::number}},
       "Makes a new generation with the workers of that one, at once and without a network. "
       "Going back again undoes it.",
       "rbee worker rollback\n"
       "rbee worker rollback --to 3",
       worker_rollback},
      {"worker",
       "pin",
       {"hold"},
       "Keep a worker at its release: upgrade leaves it alone",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker pin tts-worker",
       worker_pin},
      {"worker",
       "unpin",
       {"unhold"},
       "Let upgrade bring a worker to newer releases again",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker unpin tts-worker",
       worker_unpin},
      {"worker",
       "verify",
       {},
       "Compare the files of installed workers with what was installed",
       {{"IDS", "", "which (default: all)", &A::words}},
       "Existence, kind, size, mode and SHA-256 of every file, and the links to the commands. Ends "
       "with 6 on a difference.",
       "rbee worker verify\n"
       "rbee worker verify tts-worker --json",
       worker_verify},
      {"worker",
       "gc",
       {},
       "Drop old generations and the files that only they needed",
       {{"--keep", "N", "so many generations stay (default 3)", &A::keep}},
       "",
       "rbee worker gc\n"
       "rbee worker gc --keep 1",
       worker_gc},
      {"worker",
       "pack",
       {},
       "Write an installed worker as a package for pacman",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--output,-o", "DIR", "where to (default: this folder)", &A::output}},
       "The same worker gives the same bytes. `pacman -U` installs it, bsdtar reads it.",
       "rbee worker pack tts-worker\n"
       "rbee worker pack tts-worker -o /srv/packages",
       worker_pack},
      {"worker",
       "export",
       {"lock"},
       "Write a lock file of all installed workers",
       {{"--output,-o", "FILE", "where to (default: standard output)", &A::output}},
       "It names every variant's sources with digest and size, and holds the recipes: `import` "
       "installs exactly that.",
       "rbee worker export -o rbee.lock",
       worker_export},
      {"worker",
       "import",
       {},
       "Install exactly what a lock file says",
       {{"FILE", "", "the lock file; - is standard input", &A::file, true},
        {"--accept", "KINDS", "as for install", &A::accept},
        {"--yes,-y", "", "never ask", &A::yes},
        {"--offline", "", "use what is on this machine, and no network", &A::offline}},
       "Workers that it does not name stay. Goes on when one fails, and ends with 9 then.",
       "rbee worker import rbee.lock",
       worker_import},
      {"worker",
       "list",
       {"ls"},
       "List the installed workers",
       {{"--starred", "", "rather those that you starred at the marketplace", &A::starred}},
       "",
       "rbee worker list\n"
       "rbee worker list --json\n"
       "rbee worker list --starred",
       worker_list},
      {"worker",
       "remove",
       {"rm", "uninstall"},
       "Remove an installed worker",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker remove tts-worker",
       worker_remove},
      {"worker",
       "run",
       {},
       "Start an installed worker in the foreground",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--port,-p", "N", "port to listen on; 0 or missing: a free one", &A::port},
        {"--host", "ADDRESS", "address to listen on (default 127.0.0.1)", &A::host},
        {"--model,-m", "PATH", "model to load, for workers that need one", &A::model},
        {"--device,-d", "NAME", "device to use, for workers that ask (default 0)", &A::device},
        {"--command", "NAME", "which of the worker's commands, when it has several", &A::command},
        {"--health", "", "say when the worker answers, and fail when it does not", &A::health},
        {"--hive", "", "what follows -- are an rbee hive's flags: translate them", &A::hive}},
       "The worker is started as its [run] table says, with {port}, {host}, {model} and {device} "
       "filled in.\n"
       "What follows -- goes to the worker. Ctrl+C stops it.",
       "rbee worker run tts-worker\n"
       "rbee worker run tts-worker --port 8080 --health\n"
       "rbee worker run llm-worker-rbee-cpu --model ~/models/tiny.gguf -- --verbose",
       worker_run},
      {"worker",
       "check",
       {"lint"},
       "Hold a worker's folder against every rule of the marketplace",
       {{"DIR", "", "the worker's folder (default: this one)", &A::file},
        {"--format", "NAME", "text, json, sarif or github (default: text)", &A::format},
        {"--policy", "FILE", "a host's check-policy.toml", &A::policy}},
       "The same rules, in the same order, as when it is pushed; nothing is executed and nothing "
       "is "
       "sent. What only\n"
       "the marketplace knows (who owns the worker, which names are taken) is looked at there.\n"
       "Ends with 8 when something blocks. What holds goes to a reviewer and does not fail it.",
       "rbee worker check\n"
       "rbee worker check community/tts-worker --format github\n"
       "rbee worker check --json | jq -r '.findings[].rule'",
       worker_check},
      {"worker",
       "new",
       {"init"},
       "Make a folder for a new worker",
       {{"NAME", "", "the worker's id", &A::id, true},
        {"--from", "DIR|URL", "a source tree or a release's archive to look at", &A::root}},
       "Writes worker.toml, PKGBUILD and README.md into community/NAME, or NAME outside a catalog. "
       "What it could not\n"
       "find out stands there as a line to fill in; `rbee worker check` says what is missing.",
       "rbee worker new my-tts\n"
       "rbee worker new my-tts --from ../my-tts-source\n"
       "rbee worker new my-tts --from https://github.com/me/my-tts/archive/v1.2.tar.gz",
       worker_new},
      {"worker",
       "submit",
       {"push"},
       "Commit a worker's folder and push it to the marketplace for review",
       {{"DIR", "", "the worker's folder (default: this one)", &A::file},
        {"--title", "TEXT", "one line that says what changes and why", &A::title},
        {"--dry-run", "", "check it and say what would be pushed", &A::dry_run}},
       "Needs a clone of the catalog around the folder and `rbee login`. What blocks stops it "
       "here, "
       "as it would there.",
       "rbee worker submit community/my-tts --title=Danish\n"
       "rbee worker submit --dry-run",
       worker_submit},
      {"worker",
       "submission",
       {"submissions", "status"},
       "Where a submission stands, or all of yours",
       {{"NUMBER", "", "a submission; none: all of yours", &A::id}},
       "",
       "rbee worker submission\n"
       "rbee worker submission 17 --json | jq -r .state",
       worker_submission},
      {"worker",
       "withdraw",
       {},
       "Take a submission back",
       {{"NUMBER", "", "the submission", &A::id, true}},
       "",
       "rbee worker withdraw 17",
       worker_withdraw},
      {"worker",
       "adopt",
       {},
       "Ask to maintain an orphaned worker",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--reason", "TEXT", "why you should have it", &A::reason}},
       "Two reviewers must agree; everybody who has the worker is told.",
       "rbee worker adopt old-tts --reason=mine",
       worker_adopt},
      {"worker",
       "disown",
       {},
       "Give up a worker; nobody can publish it until somebody adopts it",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker disown old-tts",
       worker_disown},
      {"worker",
       "audit",
       {},
       "Which installed workers were taken off the market, or their release withdrawn",
       {},
       "Ends with 8 when one was.",
       "rbee worker audit\n"
       "rbee worker audit --json",
       worker_audit},
      {"worker",
       "star",
       {},
       "Star a worker: remember it, and show others that it is worth a look",
       {{"ID", "", "the worker's id", &A::id, true}},
       "Needs `rbee login`. `rbee worker list --starred` shows yours.",
       "rbee worker star tts-worker",
       worker_star},
      {"worker",
       "unstar",
       {},
       "Take your star back",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker unstar tts-worker",
       worker_unstar},
      {"worker",
       "vote",
       {},
       "Vote for a worker, as in the AUR: it counts less with every day",
       {{"ID", "", "the worker's id", &A::id, true}},
       "Needs `rbee login`.",
       "rbee worker vote tts-worker",
       worker_vote},
      {"worker",
       "unvote",
       {},
       "Take your vote back",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker unvote tts-worker",
       worker_unvote},
      {"worker",
       "rate",
       {},
       "Rate a worker with 1 to 5, or rate it anew",
       {{"ID", "", "the worker's id", &A::id, true},
        {"RATING", "", "1 to 5", &A::value, true},
        {"--message,-m", "TEXT", "what you found", &A::reason},
        {"--title", "TEXT", "the same in one line", &A::title}},
       "Needs `rbee login`. What you said before is kept. Maintainers cannot rate their own.",
       "rbee worker rate tts-worker 5 --title=Fast",
       worker_rate},
      {"worker",
       "reviews",
       {},
       "What others say of a worker",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--limit", "N", "how many, 1 to 100", &A::limit}},
       "",
       "rbee worker reviews tts-worker\n"
       "rbee worker reviews tts-worker --json | jq .summary",
       worker_reviews},
      {"worker",
       "comments",
       {},
       "What people ask and answer about a worker",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--limit", "N", "how many, 1 to 100", &A::limit}},
       "",
       "rbee worker comments tts-worker",
       worker_comments},
      {"worker",
       "comment",
       {},
       "Comment on a worker, or answer a comment",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--message,-m", "TEXT", "what you say", &A::reason, true},
        {"--reply-to", "N", "the comment that you answer", &A::number}},
       "Needs `rbee login`. Its owner and who follows its comments are told.",
       "rbee worker comment tts-worker --message=Thanks",
       worker_comment},
      {"worker",
       "follow",
       {},
       "Be told of a worker's releases, withdrawals and new owners",
       {{"ID", "", "the worker's id", &A::id, true},
        {"--comments", "", "of its comments too", &A::with_comments}},
       "Needs `rbee login`. `rbee notifications` shows what there is.",
       "rbee worker follow tts-worker",
       worker_follow},
      {"worker",
       "unfollow",
       {},
       "Follow a worker no longer",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee worker unfollow tts-worker",
       worker_unfollow},
      {"",
       "notifications",
       {},
       "What happened to what is yours and to what you follow",
       {{"--all", "", "those too that you read", &A::all},
        {"--read", "", "mark them and what is older as read", &A::mark_read},
        {"--limit", "N", "how many, 1 to 100", &A::limit}},
       "Needs `rbee login`. Newest first.",
       "rbee notifications --read",
       notifications},
      {"",
       "login",
       {},
       "Log in to the marketplace, by a code that you approve in a browser",
       {{"--with-token", "", "read an API token from standard input instead", &A::with_token},
        {"--scopes", "LIST", "of read, community, submit, review, admin (default: the first three)",
         &A::format},
        {"--name", "TEXT", "what the token is called (default: this machine's name)", &A::name}},
       "The token is kept in credentials.json beside the configuration, for this marketplace "
       "alone.",
       "rbee login\n"
       "cat token | rbee login --with-token",
       login},
      {"", "logout", {}, "Forget the marketplace's token", {}, "", "rbee logout", logout},
      {"",
       "whoami",
       {},
       "Whose token this is, and what it may do",
       {},
       "",
       "rbee whoami\n"
       "rbee whoami --json | jq -r .name",
       whoami},
      {"",
       "doctor",
       {},
       "What this machine has, whether workers can be installed here, and what to do if not",
       {{"--offline", "", "do not ask the marketplace", &A::offline}},
       "Looks at the system, memory, disk, every GPU with its evidence, the sandbox, PATH, the "
       "marketplace and the\n"
       "installed workers. Ends with 1 when a problem prevents installing; warnings do not. A file "
       "of what --json\n"
       "prints stands in for the machine where RBEE_MACHINE names it.",
       "rbee doctor\n"
       "rbee doctor --offline --json",
       doctor},
      {"",
       "git-credential",
       {},
       "Git's credential helper for the marketplace, and for no other host",
       {{"ACTION", "", "get, store or erase, as Git says", &A::id, true}},
       "For Git: git config credential.http://127.0.0.1:8787.helper '!rbee git-credential'",
       "rbee git-credential get",
       git_credential},
      {"",
       "explain",
       {},
       "What a rule of the marketplace is about, and what to do instead",
       {{"RULE", "", "a rule's id, such as NET-001; none: all of them", &A::id},
        {"--format", "NAME", "text or markdown (default: text)", &A::format}},
       "",
       "rbee explain NET-001\n"
       "rbee explain --json | jq -r '.rules[].id'",
       explain_rule},
      {"recipe",
       "srcinfo",
       {},
       "Print a recipe as .SRCINFO, without executing it",
       {{"FILE", "", "a PKGBUILD; - is standard input", &A::file, true},
        {"--os", "NAME", "linux, macos or windows (default: this machine's)", &A::os},
        {"--arch", "NAME", "x86_64, aarch64 or armv7h (default: this machine's)", &A::arch},
        {"--accelerator", "NAME", "cpu, cuda, rocm, metal, vulkan, sycl or openvino (default: cpu)",
         &A::accelerator},
        {"--env", "K=V", "a variable that the recipe can read; may be repeated", &A::variables},
        {"--root", "DIR", "folder whose files the recipe may read (default: its own)", &A::root},
        {"--sandbox", "", "let a real bash, in a sandbox, read what cannot be decided otherwise",
         &A::sandbox}},
       "The answer is byte for byte that of `makepkg --printsrcinfo`. A platform that is asked for "
       "is in RBEE_OS and\n"
       "RBEE_ACCELERATOR while the recipe is read. What cannot be decided "
       "without running\n"
       "the recipe ends with 1 and \"unsupported: CONSTRUCT at line N\"; it is never guessed. With "
       "--sandbox a real\n"
       "bash then reads it: without network, with the recipe's folder alone, read-only, for at "
       "most "
       "5 seconds.",
       "rbee recipe srcinfo PKGBUILD\n"
       "rbee recipe srcinfo PKGBUILD --arch aarch64 --env RBEE_FEATURES=cuda\n"
       "rbee recipe srcinfo PKGBUILD --sandbox\n"
       "curl -s URL | rbee recipe srcinfo -",
       recipe_srcinfo},
      {"recipe",
       "matrix",
       {},
       "Show what a recipe yields on every platform, and what differs",
       {{"FILE", "", "a PKGBUILD; - is standard input", &A::file, true},
        {"--os", "NAME", "only linux, macos or windows", &A::os},
        {"--arch", "NAME", "only x86_64, aarch64 or armv7h", &A::arch},
        {"--accelerator", "NAME", "only cpu, cuda, rocm, metal, vulkan, sycl or openvino",
         &A::accelerator},
        {"--env", "K=V", "a variable that the recipe can read; may be repeated", &A::variables},
        {"--root", "DIR", "folder whose files the recipe may read (default: its own)", &A::root}},
       "Every combination of system, architecture and accelerator is a virtual machine: `uname`, "
       "`nvidia-smi` and\n"
       "`rocminfo` answer for it. Platforms on which the recipe yields the same share a heading; "
       "what is the same\n"
       "on all stands first. Exit code 1 when it yields nothing anywhere.",
       "rbee recipe matrix PKGBUILD\n"
       "rbee recipe matrix PKGBUILD --os linux --json | jq '.groups[].fields.source'",
       recipe_matrix},
      {"recipe",
       "explain",
       {},
       "Show where a value of a recipe comes from",
       {{"FILE", "", "a PKGBUILD; - is standard input", &A::file, true},
        {"FIELD", "", "a field such as source, or a variable such as _commit", &A::key, true},
        {"--os", "NAME", "linux, macos or windows (default: this machine's)", &A::os},
        {"--arch", "NAME", "x86_64, aarch64 or armv7h (default: this machine's)", &A::arch},
        {"--accelerator", "NAME", "cpu, cuda, rocm, metal, vulkan, sycl or openvino (default: cpu)",
         &A::accelerator},
        {"--env", "K=V", "a variable that the recipe can read; may be repeated", &A::variables},
        {"--root", "DIR", "folder whose files the recipe may read (default: its own)", &A::root}},
       "The last assignment stands first; below it, indented, the assignments whose values it "
       "used, and theirs. What\n"
       "package functions override stands behind it, package by package.",
       "rbee recipe explain PKGBUILD source\n"
       "rbee recipe explain PKGBUILD depends --accelerator cuda",
       recipe_explain},
      {"recipe",
       "ast",
       {},
       "Show the syntax tree of a recipe",
       {{"FILE", "", "a PKGBUILD; - is standard input", &A::file, true},
        {"--tokens", "", "every byte by what it is, instead of the tree", &A::tokens}},
       "Each node has the bytes, line and column that it stands on. Nothing is evaluated.",
       "rbee recipe ast PKGBUILD\n"
       "rbee recipe ast PKGBUILD --json | jq '.. | select(.kind? == \"function\") | .name'",
       recipe_ast},
      {"recipe",
       "bump",
       {},
       "Change a recipe's version in place",
       {{"FILE", "", "a PKGBUILD", &A::file, true},
        {"--pkgver", "V", "the new version", &A::pkgver, true},
        {"--epoch", "N", "also set epoch, for a version that sorts before the old one", &A::epoch},
        {"--sums", "", "also renew the checksums of the sources that change", &A::sums},
        {"--dry-run", "", "show the change and write nothing", &A::dry_run}},
       "pkgver becomes V and pkgrel 1; comments and layout stay. A pkgver that is built from other "
       "variables is\n"
       "followed to the line that makes it. The edited recipe is evaluated before it is written; "
       "what cannot be\n"
       "changed with certainty is refused with its lines. Nothing is executed.",
       "rbee recipe bump PKGBUILD --pkgver 1.4.0\n"
       "rbee recipe bump PKGBUILD --pkgver 1.4.0 --sums\n"
       "rbee recipe bump PKGBUILD --pkgver 2024.1 --epoch 1 --dry-run",
       recipe_bump},
      {"recipe",
       "sums",
       {},
       "Print a recipe's checksums as makepkg -g does, or write them into it",
       {{"FILE", "", "a PKGBUILD; - is standard input", &A::file, true},
        {"--write,-w", "", "write them into the recipe, in place", &A::write},
        {"--algorithm", "NAME",
         "ck, md5, sha1, sha224, sha256, sha384, sha512 or b2; may be repeated (default: those of "
         "the recipe, or sha256)",
         &A::algorithms},
        {"--arch", "NAME", "only this architecture's sources (default: all)", &A::arch},
        {"--os", "NAME", "linux, macos or windows (default: this machine's)", &A::os},
        {"--accelerator", "NAME", "cpu, cuda, rocm, metal, vulkan, sycl or openvino (default: cpu)",
         &A::accelerator},
        {"--env", "K=V", "a variable that the recipe can read; may be repeated", &A::variables}},
       "Local files are read beside the recipe, http and https sources are downloaded. Sources "
       "under version control\n"
       "and signatures are SKIP. When a download fails, nothing is written (exit 5).",
       "rbee recipe sums PKGBUILD\n"
       "rbee recipe sums PKGBUILD --write\n"
       "rbee recipe sums PKGBUILD --algorithm b2 --algorithm sha256",
       recipe_sums},
      {"cache",
       "ls",
       {"list"},
       "List the downloads that were kept",
       {},
       "",
       "rbee cache ls",
       cache_list},
      {"cache",
       "prune",
       {},
       "Remove downloads that nobody used for a while",
       {{"--days", "N", "not used for so many days (default 30); 0: all of them", &A::days}},
       "What you put into the cache's folder `manual` stays.",
       "rbee cache prune\n"
       "rbee cache prune --days 0",
       cache_prune},
      {"cache",
       "verify",
       {},
       "Check every download against its digest, and remove what is damaged",
       {},
       "",
       "rbee cache verify",
       cache_verify},
      {"license",
       "add",
       {},
       "Keep the licence key of a worker, read from standard input",
       {{"ID", "", "the worker's id", &A::id, true}},
       "It is kept in ~/.config/rbee/licenses.json, mode 0600, and shown to the hosts that the "
       "worker's manifest names\n"
       "and to nobody else. RBEE_LICENSE_KEY and RBEE_LICENSE_TOKEN come before it.",
       "rbee license add pro-worker",
       license_add},
      {"license",
       "list",
       {"ls"},
       "List the workers that a licence key is kept for",
       {},
       "",
       "rbee license list",
       license_list},
      {"license",
       "remove",
       {"rm"},
       "Forget a licence key",
       {{"ID", "", "the worker's id", &A::id, true}},
       "",
       "rbee license remove pro-worker",
       license_remove},
      {"config",
       "get",
       {},
       "Print one setting, and with -v where it comes from",
       {{"KEY", "", "the setting's name", &A::key, true}},
       "",
       "rbee config get catalog",
       config_get},
      {"config",
       "set",
       {},
       "Keep a setting in ~/.config/rbee/config.toml",
       {{"KEY", "", "the setting's name", &A::key, true},
        {"VALUE", "", "its value", &A::value, true}},
       "",
       "rbee config set catalog https://market.example.org",
       config_set},
      {"config",
       "list",
       {},
       "List every setting, its value and where it comes from",
       {},
       "",
       "rbee config list",
       config_list},
      {"telemetry",
       "show",
       {},
       "Print whether receipts are sent, which wait, which were sent, and what one says",
       {},
       "Receipts are off until you agree. `rbee config set telemetry on|off`, RBEE_TELEMETRY=1|0; "
       "DO_NOT_TRACK=1 wins.",
       "rbee telemetry show\n"
       "rbee telemetry show --json | jq .example",
       telemetry_show},
      {"telemetry",
       "send",
       {},
       "Send the receipts that wait, now",
       {},
       "Otherwise a process of its own does so after a command.",
       "rbee telemetry send",
       telemetry_send},
  };
  return table;
}

Result<Url> marketplace_url(Context& context) {
  const Environment& environment = context.world.environment;
  TRY_ASSIGN(const ConfigKey* const key, find_config_key("catalog"));
  TRY_ASSIGN(const std::filesystem::path path, config_path(environment));
  Config config;
  // A flag or a variable is enough: a broken file must not stop who goes round it.
  if (context.settings.catalog.empty() && environment.variable(key->variable).empty()) {
    TRY_ASSIGN(config, load_config(path));
    for (const std::string& warning : config.warnings) context.warn(warning);
  }
  TRY_ASSIGN(const Setting setting,
             effective(*key, context.settings.catalog, environment, config, path));
  return Url::parse(setting.value);
}

Result<sdk::MarketplaceClient> marketplace(Context& context) {
  TRY_ASSIGN(const Url url, marketplace_url(context));
  return sdk::MarketplaceClient(
      url, [&context, told = false](const Url& page, std::uint64_t body_bytes_max,
                                    const sdk::HttpHeaders& headers) mutable {
        auto answer = context.world.get(page, body_bytes_max, headers);
        // A follower says so when it serves what may be old.
        if (answer && !told && !answer->header("rbee-stale-since").empty()) {
          constexpr std::size_t kTimeMax = 40;
          context.warn(
              fmt::format("the marketplace has not seen its upstream catalog since {}: what it "
                          "offers may be old",
                          printable_line(answer->header("rbee-stale-since").substr(0, kTimeMax))));
          told = true;
        }
        return answer;
      });
}

Result<WorkerId> worker_id(const std::string& text) {
  Result<WorkerId> id = WorkerId::parse(text);
  if (!id) id.error().code = Errc::usage;
  return id;
}

}  // namespace rbee::cli
