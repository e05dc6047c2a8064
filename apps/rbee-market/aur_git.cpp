#include "aur_git.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"
#include "catalog/package_history.hpp"
#include "http/problem.hpp"
#include "platform/files.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kFolder = "aur-git";
/// So many repositories are kept; beyond it those that nobody asked for longest go. Each can be
/// made again.
constexpr std::size_t kRepositoriesMax = 2'000;
constexpr std::chrono::seconds kPatience{20};
constexpr std::array<std::string_view, 3> kTails = {"/info/refs", "/git-upload-pack",
                                                    "/git-receive-pack"};

fs::path repository_of(const fs::path& data, const api::AurRow& row) {
  return data / kFolder / (row.base() + ".git");
}

catalog::PackageSource source_of(const fs::path& catalog, const api::AurRow& row) {
  return {catalog, row.worker->last_commit, row.worker->directory(), row.worker->origin, row.kind};
}

/// An answer as CGI; the exit code.
int answer(int status, std::string_view text) {
  fmt::print("Status: {}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\n", status, text);
  return 0;
}

/// Keep `kRepositoriesMax`, and not those that somebody works on.
void forget_old_ones(const fs::path& folder) {
  std::error_code code;
  std::vector<std::pair<fs::file_time_type, fs::path>> all;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
    if (it->path().extension() == ".git")
      all.emplace_back(fs::last_write_time(it->path() / "rbee-package", code), it->path());
  if (all.size() <= kRepositoriesMax) return;
  std::sort(all.begin(), all.end());
  all.resize(all.size() - kRepositoriesMax + kRepositoriesMax / 10);
  for (const auto& [used, path] : all) {
    const auto lock = platform::FileLock::acquire(path.string() + ".lock", "aur-git clean-up");
    if (lock) fs::remove_all(path, code);
  }
}

Result<void> build(const catalog::PackageSource& source, const fs::path& repository) {
  std::error_code code;
  fs::create_directories(repository.parent_path(), code);
  const bool is_new = !fs::exists(repository, code);
  {
    TRY_ASSIGN(const auto lock,
               platform::FileLock::wait(repository.string() + ".lock", "aur-git", kPatience));
    if (catalog::is_package_history_current(source, repository)) return {};
    TRY(catalog::build_package_history(source, repository));
  }
  if (is_new) forget_old_ones(repository.parent_path());
  return {};
}

Result<void> build_from_environment() {
  const auto get = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  TRY_ASSIGN(CommitId head, ObjectId::parse(get("RBEE_AUR_HEAD")));
  const catalog::PackageSource source{
      get("RBEE_AUR_CATALOG"), std::move(head), get("RBEE_AUR_DIRECTORY"),
      get("RBEE_AUR_ORIGIN") == "official" ? catalog::Origin::official : catalog::Origin::community,
      get("RBEE_AUR_KIND") == "PKGBUILD.bin" ? manifest::RecipeKind::binary
                                             : manifest::RecipeKind::source};
  return build(source, get("RBEE_AUR_REPOSITORY"));
}

int run_aur_git() {
  if (const auto built = build_from_environment(); !built) {
    const bool is_missing = built.error().code == Errc::not_found;
    return answer(is_missing ? 404 : 500, printable_line(built.error().message));
  }
  // Only Git's parsers are held to this; our own sanitizers want more.
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kGitAddressSpaceBytesMax);
  ::setrlimit(RLIMIT_AS, &limit);
  const char* backend = std::getenv("RBEE_AUR_BACKEND");
  if (backend != nullptr) ::execl(backend, backend, static_cast<char*>(nullptr));
  return answer(500, "git's http-backend cannot be started");
}

}  // namespace

Result<std::unique_ptr<AurGit>> AurGit::open(AurGitOptions options, View view) {
  TRY_ASSIGN(GitPrograms programs, GitPrograms::find());
  return std::unique_ptr<AurGit>(
      new AurGit(std::move(options), std::move(programs), std::move(view)));
}

http::Streamed AurGit::decide(const Request& request) const {
  std::string_view name = request.path, tail;
  for (const std::string_view each : kTails)
    if (name.ends_with(each)) tail = each;
  if (tail.empty()) return std::monostate{};
  name.remove_suffix(tail.size());
  name.remove_prefix(1);
  if (name.ends_with(".git")) name.remove_suffix(4);
  if (name.find('/') != std::string_view::npos || name == "catalog") return std::monostate{};
  const GitAsk ask = parse_git_ask(request, tail.substr(1));
  if (ask.refusal) return *ask.refusal;
  const auto view = view_();
  const api::AurRow* row = api::is_aur_name(name) ? view->find_base(name) : nullptr;
  if (row == nullptr)
    return http::problem(
        request, http::Refusal{404, "package-not-found",
                               fmt::format("no package is called '{}'", printable_line(name))});
  if (ask.service == "git-receive-pack")
    // Plain text: git shows it to who pushes.
    return http::reply(
        403, "text/plain; charset=utf-8",
        fmt::format("this repository is made from the catalog and takes no pushes; change the "
                    "worker '{}' instead: rbee worker submit, or git push "
                    "ADDRESS/catalog.git HEAD:refs/for/main\n",
                    row->worker->id.str()));

  const fs::path repository = repository_of(options_.data, *row);
  const catalog::PackageSource source = source_of(options_.catalog, *row);
  http::CgiCommand command =
      backend_command(programs_, request,
                      {.repository = repository,
                       .directory = options_.data,
                       .service = ask.advertises ? std::string() : ask.service,
                       .query = ask.advertises ? "service=" + ask.service : std::string(),
                       .user = {},
                       .config = {{"http.receivepack", "false"}, {"core.hooksPath", "/dev/null"}}});
  std::error_code code;
  // Within one fetch nothing moves: what was advertised is what is served.
  const bool is_ready = catalog::is_package_history_current(source, repository) ||
                        (!ask.advertises && fs::exists(repository / "rbee-package", code));
  if (is_ready) {
    fs::last_write_time(repository / "rbee-package", fs::file_time_type::clock::now(), code);
    return command;
  }
  auto& argv = command.argv;
  std::erase_if(argv, [](const std::string& word) { return word.starts_with("--as="); });
  argv.back() = options_.self.string();
  argv.emplace_back("aur-git");
  for (const auto& [key, value] :
       {std::pair<std::string_view, std::string>("BACKEND", programs_.backend),
        {"CATALOG", options_.catalog.string()},
        {"REPOSITORY", repository.string()},
        {"HEAD", source.head.str()},
        {"DIRECTORY", source.directory},
        {"ORIGIN", std::string(catalog::to_string(source.origin))},
        {"KIND", std::string(manifest::file_name(source.kind))}})
    command.environment.push_back(fmt::format("RBEE_AUR_{}={}", key, value));
  return command;
}

void add_aur_git_command(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("aur-git", "Started by the server itself");
  command->group("");  // Hidden.
  command->callback([&run] { run = run_aur_git; });
}

}  // namespace rbee::market
