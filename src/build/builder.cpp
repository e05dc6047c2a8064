// build: lay out makepkg's directories, unpack, run the phases in two sandboxes (package() in its
// own, as makepkg's fakeroot has it), and look at what came out.
#include "build/builder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "build/driver.hpp"
#include "build/native_package.hpp"
#include "build/package_files.hpp"
#include "build/package_tree.hpp"
#include "platform/archive.hpp"
#include "platform/files.hpp"
#include "platform/git_program.hpp"
#include "platform/net_gateway.hpp"
#include "platform/random.hpp"
#include "platform/sandbox.hpp"

namespace rbee::build {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kTailLines = 25;

/// Splits the driver's reports from the recipe's own output, and remembers the last lines of the
/// latter.
class Listener {
 public:
  Listener(Observer& observer, std::string nonce)
      : observer_(observer), mark_(fmt::format("\n\x1e{} ", nonce)) {}

  void hear(std::string_view bytes) {
    pending_ += bytes;
    for (;;) {
      const auto at = pending_.find(mark_);
      if (at == std::string::npos) break;
      const auto end = pending_.find('\n', at + mark_.size());
      if (end == std::string::npos) break;
      pass_on(pending_.substr(0, at));
      report(pending_.substr(at + mark_.size(), end - at - mark_.size()));
      pending_.erase(0, end + 1);
    }
    // What could be the beginning of a report waits for the rest.
    const auto newline = pending_.rfind(mark_.substr(0, 2));
    std::size_t keep = newline == std::string::npos ? pending_.size() : newline;
    if (keep == pending_.size() && pending_.ends_with('\n')) --keep;
    if (pending_.size() - keep > 4096) keep = pending_.size();
    pass_on(pending_.substr(0, keep));
    pending_.erase(0, keep);
  }

  void finish() {
    pass_on(pending_);
    pending_.clear();
  }

  std::string phase = "recipe";  ///< Where it stands, or stood when it failed.
  std::string version;           ///< What pkgver() printed.

  std::vector<std::string> last_lines() const {
    std::vector<std::string> out(lines_.begin(), lines_.end());
    if (!line_.empty()) out.push_back(line_);
    for (std::string& line : out) line = printable_line(line);
    return out;
  }

 private:
  void pass_on(std::string_view bytes) {
    if (bytes.empty()) return;
    observer_.output(bytes);
    for (const char c : bytes) {
      if (c == '\n') {
        if (!trim(line_).empty()) lines_.push_back(line_);
        line_.clear();
        if (lines_.size() > kTailLines) lines_.pop_front();
      } else if (line_.size() < 500) {
        line_ += c;
      }
    }
  }

  void report(const std::string& text) {
    const auto words = split(text, ' ');
    if (words.size() < 2) return;
    if (words[0] == "pkgver") version = words[1];
    if (words[0] != "phase") return;
    phase = words[1];
    for (const Phase known :
         {Phase::prepare, Phase::pkgver, Phase::build, Phase::check, Phase::package})
      if (to_string(known) == phase) observer_.phase(known, "");
  }

  Observer& observer_;
  std::string mark_;
  std::string pending_ = "";
  std::string line_;
  std::deque<std::string> lines_;
};

bool has_option(const pkgbuild::Recipe& recipe, std::string_view name) {
  const auto& options = recipe.array("options");
  return std::find(options.begin(), options.end(), name) != options.end();
}

/// The environment of every phase. The flags are Arch's, which recipes expect.
std::map<std::string, std::string> environment_of(const Request& request) {
  std::map<std::string, std::string> out = request.environment;
  out["TZ"] = "UTC";
  out["LC_ALL"] = "C.UTF-8";
  out["TERM"] = "dumb";
  out["HOME"] = "/home/builder";
  out["USER"] = "builder";
  out["TAR_OPTIONS"] = "--no-same-owner";
  out["SOURCE_DATE_EPOCH"] = std::to_string(request.source_date_epoch);
  out["CHOST"] = fmt::format("{}-linux-gnu", to_string(request.platform.arch));
  if (!has_option(request.recipe, "!buildflags")) {
    const std::string flags =
        "-O2 -pipe -fno-plt -fexceptions -Wformat -Werror=format-security -fstack-clash-protection";
    out["CPPFLAGS"] = "-D_FORTIFY_SOURCE=2";
    out["CFLAGS"] = flags;
    out["CXXFLAGS"] = flags + " -Wp,-D_GLIBCXX_ASSERTIONS";
    out["LDFLAGS"] = "-Wl,-O1,--sort-common,--as-needed,-z,relro,-z,now";
  }
  if (!has_option(request.recipe, "!makeflags"))
    out["MAKEFLAGS"] = fmt::format("-j{}", std::max(1U, std::thread::hardware_concurrency()));
  return out;
}

/// Write one of the worker's own files below `start`.
Result<void> place_file(int start, const std::string& path, std::string_view bytes, mode_t mode) {
  const auto slash = path.rfind('/');
  TRY_ASSIGN(const platform::FileDescriptor parent,
             platform::open_directory_beneath(
                 start, slash == std::string::npos ? std::string_view()
                                                   : std::string_view(path).substr(0, slash)));
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == ".." || printable_line(path) != path)
    return fail(Errc::invalid_input, "local-file-name",
                fmt::format("'{}' is no name for a file of a worker", printable_line(path)));
  const platform::FileDescriptor file(::openat(
      parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return tl::unexpected(platform::io_failure("create", path, errno));
  if (const int error = platform::write_all(file.get(), bytes); error != 0)
    return tl::unexpected(platform::io_failure("write", path, error));
  ::fchmod(file.get(), mode);
  return {};
}

/// The worker's own files, for a recipe that reads them.
class RecipeFiles final : public pkgbuild::LocalFiles {
 public:
  explicit RecipeFiles(const std::map<std::string, std::string>& texts) : texts_(texts) {}
  std::optional<std::string> read(std::string_view path) const override {
    const auto found = texts_.find(std::string(path));
    return found == texts_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const std::map<std::string, std::string>& texts_;
};

/// One build in its directory: start (recipe and local files), src, pkg, driver.
class Workshop {
 public:
  Workshop(const Request& request, const fs::path& root, Observer& observer)
      : request_(request),
        root_(root),
        observer_(observer),
        environment_(environment_of(request)) {}

  Result<Built> run() {
    TRY(lay_out());
    observer_.phase(Phase::unpack, "");
    for (const pkgbuild::SourceEntry& source : request_.sources) TRY(link_source(source));
    for (const pkgbuild::SourceEntry& source : request_.sources) TRY(unpack(source));
    std::vector<std::string> phases;
    for (const char* name : {"prepare", "pkgver", "build", "check"})
      if (request_.recipe.function(name) != nullptr) phases.emplace_back(name);
    std::string pkgver;
    if (!request_.fetch_hosts.empty()) {
      // What package managers fetch lies in the home directory.
      TRY(platform::make_directories(root_ / "home", 0700));
      if (!phases.empty() && phases.front() == "prepare") {
        TRY(fetch_in_prepare());
        phases.erase(phases.begin());
      }
    }
    if (!phases.empty()) {
      TRY_ASSIGN(pkgver,
                 run_phases(phases, "", request_.recipe.pkgbase, platform::InsideUser::builder));
    }
    TRY_ASSIGN(const std::string version, release(pkgver));
    std::string package = "package";
    if (request_.recipe.function(package) == nullptr) package += "_" + request_.package;
    if (request_.recipe.function(package) == nullptr)
      return fail(Errc::invalid_input, "package-missing",
                  fmt::format("the recipe has no {}() function", printable_line(package)));
    Built built;
    built.tree = root_ / "pkg" / request_.package;
    built.version = version;
    TRY_ASSIGN(built.shell_for, make_package(package, pkgver));
    TRY_ASSIGN(TreeSummary summary, inspect_tree(built.tree, request_.package));
    built.size_bytes = summary.size_bytes;
    built.commands = std::move(summary.commands);
    TRY(write_package_files(built.tree, request_.recipe,
                            {.package = request_.package,
                             .version = built.version,
                             .arch = request_.platform.arch,
                             .recipe_sha256 = Sha256::of(request_.recipe_text).hex(),
                             .size_bytes = built.size_bytes,
                             .build_date = request_.source_date_epoch},
                            [this] { return observer_.cancelled(); }));
    return built;
  }

 private:
  Result<void> lay_out() {
    const std::set<std::string> packages = {request_.recipe.pkgbase, request_.package};
    for (const char* path : {"start", "src", "pkg"}) TRY(platform::make_directories(root_ / path));
    for (const std::string& package : packages)
      TRY(platform::make_directories(root_ / "pkg" / package));
    TRY(platform::write_file_atomically(root_ / "driver", kDriver));
    start_ = platform::FileDescriptor(
        ::open((root_ / "start").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    src_ = platform::FileDescriptor(
        ::open((root_ / "src").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!start_ || !src_) return tl::unexpected(platform::io_failure("open", root_, errno));
    TRY(place_file(start_.get(), request_.recipe_file, request_.recipe_text, 0644));
    const auto& executable = request_.executable_files;
    for (const auto& [path, bytes] : request_.local_files)
      if (path != request_.recipe_file)
        TRY(place_file(start_.get(), path, bytes,
                       std::find(executable.begin(), executable.end(), path) == executable.end()
                           ? 0644
                           : 0755));
    return {};
  }

  /// As in makepkg, every source stands in srcdir as a link to where it is.
  Result<void> link_source(const pkgbuild::SourceEntry& source) {
    if (request_.repositories.contains(source.file_name)) return {};  // `unpack` makes a folder.
    if (source.protocol != "local" && !request_.fetched.contains(source.file_name))
      return fail(Errc::unsupported, "source-unsupported",
                  fmt::format("sources of the kind '{}' cannot be built here",
                              printable_line(source.protocol)),
                  {.evidence = {printable_line(source.entry)},
                   .fix = "use a release tarball with a checksum"});
    const bool beside = source.protocol == "local" && !request_.fetched.contains(source.file_name);
    if (beside && !request_.local_files.contains(source.url))
      return fail(Errc::not_found, "local-file-missing",
                  fmt::format("the recipe names the file '{}', which the worker does not have",
                              printable_line(source.url)));
    const std::string target =
        beside ? "/build/start/" + source.url : "/build/sources/" + source.file_name;
    if (source.file_name.find('/') != std::string::npos || source.file_name == ".." ||
        ::symlinkat(target.c_str(), src_.get(), source.file_name.c_str()) != 0)
      return fail(Errc::invalid_input, "source-name",
                  fmt::format("two sources are called '{}', or it is no name for a file",
                              printable_line(source.file_name)));
    return {};
  }

  Result<void> unpack(const pkgbuild::SourceEntry& source) {
    if (const auto repository = request_.repositories.find(source.file_name);
        repository != request_.repositories.end())
      return check_out(source, repository->second);
    const auto& noextract = request_.recipe.array("noextract");
    if (std::find(noextract.begin(), noextract.end(), source.file_name) != noextract.end())
      return {};
    const auto fetched = request_.fetched.find(source.file_name);
    const fs::path file =
        fetched == request_.fetched.end() ? root_ / "start" / source.url : fetched->second;
    auto unpacked =
        platform::unpack(file, source.file_name, src_.get(), {}, [this] { return must_stop(); });
    if (unpacked) return {};
    if (disk_is_low_) return disk_full();
    Error error = std::move(unpacked).error();
    error.message =
        fmt::format("'{}' is refused: {}", printable_line(source.file_name), error.message);
    return tl::unexpected(std::move(error));
  }

  /// A working copy in srcdir, on the branch "makepkg", as makepkg has it.
  Result<void> check_out(const pkgbuild::SourceEntry& source, const Repository& repository) {
    const std::string& name = source.file_name;
    struct stat status {};
    if (name.empty() || name.find('/') != std::string::npos || name == "." || name == ".." ||
        ::fstatat(src_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
      return fail(Errc::invalid_input, "source-name",
                  fmt::format("two sources are called '{}', or it is no name for a folder",
                              printable_line(name)));
    observer_.phase(Phase::unpack, name);
    auto done = platform::git_check_out(repository.path, repository.commit, repository.history,
                                        root_ / "src" / name,
                                        {.cancelled = [this] { return must_stop(); }});
    if (!done && disk_is_low_) return disk_full();
    return done;
  }

  /// package(), without a shell when its body is simple enough; else what for.
  Result<std::string> make_package(const std::string& function, const std::string& pkgver) {
    const fs::path tree = root_ / "pkg" / request_.package;
    const auto in_sandbox = [&](const std::string& phase, std::string why) -> Result<std::string> {
      TRY(run_phases({phase}, pkgver, request_.package, platform::InsideUser::root));
      return why;
    };
    const bool same_version = pkgver.empty() || pkgver == request_.recipe.scalar("pkgver");
    const auto options = this->options();
    if (!same_version) return in_sandbox(function, "a version from pkgver()");
    if (!options) return in_sandbox(function, "options that package() changes");
    if (!request_.native_package) return in_sandbox(function, "asked for");
    TreeWriter::Places places{"/build/src",
                              "/build/pkg/" + request_.package,
                              "/build/start",
                              root_ / "src",
                              tree,
                              root_ / "start",
                              {},
                              [this] { return must_stop(); }};
    for (const pkgbuild::SourceEntry& source : request_.sources) {
      const auto fetched = request_.fetched.find(source.file_name);
      if (!request_.repositories.contains(source.file_name))
        places.sources[source.file_name] =
            fetched == request_.fetched.end() ? root_ / "start" / source.url : fetched->second;
    }
    const RecipeFiles files(request_.local_files);
    pkgbuild::Inputs inputs;
    inputs.platform = request_.platform;
    inputs.environment = environment_;
    inputs.files = &files;
    const auto needs_shell = package_natively(
        request_.recipe_text, inputs,
        {function, request_.package, places.srcdir, places.pkgdir, places.startdir}, places);
    if (needs_shell) {
      TRY(platform::remove_tree(tree));
      TRY(platform::make_directories(tree));
      return in_sandbox(function, *needs_shell);
    }
    observer_.phase(Phase::package, "");
    TRY_ASSIGN(const bool tidy, needs_tidying(tree, *options));
    return tidy ? in_sandbox("tidy", "") : std::string();
  }

  /// options=() as it stands when package() has run; nothing when package() itself changes it.
  std::optional<std::vector<std::string>> options() const {
    for (const pkgbuild::Package& package : request_.recipe.packages)
      if (package.name == request_.package && package.overrides.contains("options"))
        return std::nullopt;
    return request_.recipe.array("options");
  }

  /// Asked often while something works.
  bool must_stop() {
    const auto free = platform::free_bytes(root_);
    disk_is_low_ = disk_is_low_ || (free && *free < request_.disk_reserve_bytes);
    return disk_is_low_ || observer_.cancelled();
  }

  tl::unexpected<Error> disk_full() const {
    return fail(Errc::io, "disk-full",
                fmt::format("the build was stopped when less than {} of disk space were left",
                            human_size(request_.disk_reserve_bytes)),
                {.fix = "free some disk space and try again"});
  }

  /// prepare() by itself, with a way to the hosts of the package managers that it may use.
  Result<void> fetch_in_prepare() {
    platform::FetchProxy proxy(request_.fetch_hosts);
    const auto done =
        run_phases({"prepare"}, "", request_.recipe.pkgbase, platform::InsideUser::builder, &proxy);
    if (done) return {};
    Error error = done.error();
    for (const std::string& target : proxy.refused())
      error.evidence.push_back(fmt::format("not allowed to reach: {}", target));
    return tl::unexpected(std::move(error));
  }

  /// Returns what pkgver() printed, if it is among the phases and printed something.
  Result<std::string> run_phases(const std::vector<std::string>& phases, const std::string& pkgver,
                                 const std::string& package, platform::InsideUser user,
                                 platform::FetchProxy* proxy = nullptr) {
    const std::string nonce = platform::random_token(16);
    Listener listener(observer_, nonce);
    platform::SandboxSpec spec{.argv = {"/bin/bash", "--noprofile", "--norc", "/build/driver",
                                        nonce, "/build/start/" + request_.recipe_file, pkgver,
                                        "/build/src", "/build/pkg/" + package, "/build/start",
                                        std::string(to_string(request_.platform.arch))}};
    spec.argv.insert(spec.argv.end(), phases.begin(), phases.end());
    spec.environment = environment_;
    spec.user = user;
    spec.directory = "/build/src";
    spec.binds = {{root_ / "start", "/build/start", platform::Access::read_only},
                  {root_ / "driver", "/build/driver", platform::Access::read_only},
                  {root_ / "src", "/build/src", platform::Access::writable},
                  {root_ / "pkg", "/build/pkg", platform::Access::writable}};
    for (const auto& [name, path] : request_.fetched)
      spec.binds.push_back({path, "/build/sources/" + name, platform::Access::read_only});
    if (!request_.fetch_hosts.empty())
      spec.binds.push_back({root_ / "home", "/home/builder", platform::Access::writable});
    if (proxy != nullptr) {
      const std::string way = fmt::format("http://127.0.0.1:{}", platform::kGatewayPort);
      for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"})
        spec.environment[name] = way;
      spec.gateway = [proxy](platform::FileDescriptor socket) { proxy->serve(std::move(socket)); };
    }
    spec.output = [&](std::string_view bytes) { listener.hear(bytes); };
    spec.cancelled = [this] { return must_stop(); };
    spec.limits.wall_max = std::chrono::seconds(request_.wall_seconds_max);
    spec.limits.file_bytes_max = std::uint64_t{32} << 30;
    spec.limits.processes_max = 8192;
    auto result = platform::run_sandboxed(spec);
    if (!result) return tl::unexpected(std::move(result).error());
    listener.finish();
    if (disk_is_low_) return disk_full();
    if (result->end == platform::ProcessResult::End::cancelled)
      return fail(Errc::interrupted, "interrupted", "the build was stopped");
    if (!result->ok()) {
      std::vector<std::string> evidence = {
          fmt::format("ended with: {}", to_string(*result, spec.limits))};
      for (std::string& line : listener.last_lines()) evidence.push_back("| " + std::move(line));
      return fail(Errc::failed, "build-failed",
                  listener.phase == "recipe"
                      ? "the recipe cannot be read"
                      : fmt::format("{}() failed", printable_line(listener.phase)),
                  {.evidence = std::move(evidence)});
    }
    return listener.version;
  }

  /// The release, with the version that pkgver() gave; makepkg's rules for a version apply to it
  /// too.
  Result<std::string> release(const std::string& pkgver) const {
    if (pkgver.empty() || pkgver == request_.recipe.scalar("pkgver"))
      return request_.recipe.version();
    const bool good = pkgver.size() <= 128 && std::all_of(pkgver.begin(), pkgver.end(), [](char c) {
                        return c > ' ' && c < 0x7f &&
                               std::string_view(":/-<>=&'\"\\").find(c) == std::string_view::npos;
                      });
    if (!good)
      return fail(Errc::invalid_input, "pkgver-invalid",
                  fmt::format("pkgver() printed '{}', which is no version",
                              printable_line(pkgver.substr(0, 200))));
    const std::string_view epoch = request_.recipe.scalar("epoch");
    return epoch.empty() ? fmt::format("{}-1", pkgver) : fmt::format("{}:{}-1", epoch, pkgver);
  }

  const Request& request_;
  const fs::path& root_;
  Observer& observer_;
  std::map<std::string, std::string> environment_;
  platform::FileDescriptor start_, src_;
  bool disk_is_low_ = false;
};

}  // namespace

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::unpack:
      return "unpack";
    case Phase::prepare:
      return "prepare";
    case Phase::pkgver:
      return "pkgver";
    case Phase::build:
      return "build";
    case Phase::check:
      return "check";
    case Phase::package:
      return "package";
  }
  return "unknown";
}

Result<Built> build(const Request& request, const fs::path& directory, Observer& observer) {
  return Workshop(request, directory, observer).run();
}

}  // namespace rbee::build
