// plan_install: which variant, from which recipe, with which sources. Decides everything and
// changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/text.hpp"
#include "check/locked_fetch.hpp"
#include "install/git_sources.hpp"
#include "install/installer.hpp"
#include "install/signatures.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/version.hpp"

namespace rbee::install {

namespace {

/// A variant of the server's list, and why it was not taken; empty: it fits.
struct Candidate {
  const wire::Variant* variant = nullptr;
  Platform platform;
  std::string reason;
  std::size_t rank = 0;  ///< Position of its accelerator in `present`.
};

std::uint64_t megabytes(std::int64_t count) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)) * 1'000'000;
}

/// What the accelerator lacks of what the manifest asks for; empty: nothing, as far as is known.
std::string too_small(Accelerator accelerator, const Capacity& capacity,
                      const wire::Hardware& hardware) {
  if (accelerator == Accelerator::cpu) return {};
  const auto vram = capacity.vram_bytes.find(accelerator);
  if (vram != capacity.vram_bytes.end() && vram->second != 0 &&
      megabytes(hardware.vram_mb) > vram->second)
    return fmt::format("it needs {} of GPU memory, and the largest GPU has {}",
                       human_size(megabytes(hardware.vram_mb)), human_size(vram->second));
  if (accelerator != Accelerator::cuda || hardware.cuda.empty() || capacity.cuda.empty()) return {};
  // ">=12.0", as worker.toml writes it.
  std::string_view wanted = trim(hardware.cuda);
  if (wanted.starts_with(">=")) wanted = trim(wanted.substr(2));
  if (pkgbuild::compare_versions(capacity.cuda, wanted) >= 0) return {};
  return fmt::format("it needs CUDA {}, and the driver supports {}", printable_line(wanted),
                     printable_line(capacity.cuda));
}

Candidate judge(const wire::Variant& variant, const InstallRequest& request,
                const wire::WorkerDetail& detail) {
  Candidate candidate{&variant, {}, {}, 0};
  const auto os = parse_os(variant.os);
  const auto arch = parse_arch(variant.arch);
  const auto accelerator = parse_accelerator(variant.accelerator);
  if (!os || !arch || !accelerator) {
    candidate.reason = "this rbee does not know that platform";
    return candidate;
  }
  candidate.platform = {*os, *arch, *accelerator};
  const auto place = std::find(request.present.begin(), request.present.end(), *accelerator);
  const bool has_recipe =
      std::any_of(detail.recipes.begin(), detail.recipes.end(),
                  [&](const auto& recipe) { return recipe.file == variant.recipe; });
  candidate.rank = static_cast<std::size_t>(place - request.present.begin());
  if (*os != request.platform.os) {
    candidate.reason = fmt::format("this machine runs {}", to_string(request.platform.os));
  } else if (*arch != request.platform.arch) {
    candidate.reason = fmt::format("this machine is {}", to_string(request.platform.arch));
  } else if (request.accelerator && *request.accelerator != *accelerator) {
    candidate.reason = fmt::format("{} was asked for", to_string(*request.accelerator));
  } else if (place == request.present.end()) {
    candidate.reason = fmt::format("this machine has no {}", to_string(*accelerator));
  } else if (request.recipe && *request.recipe != variant.recipe) {
    candidate.reason = fmt::format("{} was asked for", *request.recipe);
  } else if (!has_recipe) {
    candidate.reason = "its recipe is missing";
  } else {
    candidate.reason = too_small(*accelerator, request.capacity, detail.hardware);
  }
  return candidate;
}

std::string label(const Candidate& candidate) {
  return fmt::format("{}-{}-{} ({})", printable_line(candidate.variant->os),
                     printable_line(candidate.variant->arch),
                     printable_line(candidate.variant->accelerator),
                     printable_line(candidate.variant->recipe));
}

/// The best variant: the best accelerator, then pre-built before built here. Fills `why`.
Result<Candidate> choose(const InstallRequest& request, const wire::WorkerDetail& detail,
                         std::string& why, std::vector<std::string>& warnings) {
  std::vector<Candidate> candidates;
  for (const wire::Variant& variant : detail.variants)
    candidates.push_back(judge(variant, request, detail));
  const auto better = [](const Candidate& a, const Candidate& b) {
    if (a.reason.empty() != b.reason.empty()) return a.reason.empty();
    if (a.rank != b.rank) return a.rank < b.rank;
    return a.variant->recipe == "PKGBUILD.bin" && b.variant->recipe != "PKGBUILD.bin";
  };
  std::stable_sort(candidates.begin(), candidates.end(), better);
  if (candidates.empty() || !candidates.front().reason.empty()) {
    std::vector<std::string> evidence;
    for (const Candidate& candidate : candidates)
      evidence.push_back(fmt::format("{}: {}", label(candidate), candidate.reason));
    if (evidence.empty()) evidence.emplace_back("it has no variants at all");
    return fail(Errc::does_not_fit, "no-variant-fits",
                fmt::format("no variant of {} runs on this machine ({}-{})", request.id.str(),
                            to_string(request.platform.os), to_string(request.platform.arch)),
                {.evidence = std::move(evidence)});
  }
  why = fmt::format("chose {}", label(candidates.front()));
  for (std::size_t i = 1; i < candidates.size(); ++i)
    why += fmt::format(
        "; skipped {}: {}", label(candidates[i]),
        candidates[i].reason.empty() ? "the chosen one is better" : candidates[i].reason);
  if (candidates.front().platform.accelerator == Accelerator::cpu && !request.accelerator &&
      !request.present.empty() && request.present.front() != Accelerator::cpu) {
    std::string reason =
        fmt::format("it has no variant for {}", to_string(request.present.front()));
    for (const Candidate& candidate : candidates)
      if (candidate.platform.accelerator == request.present.front() && !candidate.reason.empty())
        reason = fmt::format("{}: {}", label(candidate), candidate.reason);
    warnings.push_back(fmt::format("this machine has {}, and {} will use the processor alone: {}",
                                   to_string(request.present.front()), request.id.str(), reason));
  }
  return candidates.front();
}

/// Files of the worker, fetched when the recipe or its sources name them.
class Files final : public pkgbuild::LocalFiles {
 public:
  Files(const WorkerId& id, const wire::WorkerDetail& detail, WorkerSource& source)
      : id_(id), detail_(detail), source_(source) {}

  std::optional<std::string> read(std::string_view path) const override {
    if (const auto found = texts_.find(std::string(path)); found != texts_.end())
      return found->second;
    for (const wire::FileInfo& info : detail_.files)
      if (info.path == path) {
        auto text = source_.file(id_, info);
        if (!text) {
          error_ = std::move(text).error();
          return std::nullopt;
        }
        if (info.executable) executable_.insert(info.path);
        return texts_[info.path] = std::move(*text);
      }
    return std::nullopt;
  }

  pkgbuild::FileLook look(std::string_view path) const override {
    using Kind = pkgbuild::FileLook::Kind;
    if (path.starts_with("../")) return {};
    if (std::optional<std::string> text = read(path)) return {Kind::file, std::move(*text)};
    return {error_ ? Kind::unknown : Kind::absent, {}};
  }

  Result<void> want(const std::string& path) const {
    if (read(path)) return {};
    if (error_) return tl::unexpected(*error_);
    return fail(Errc::not_found, "local-file-missing",
                fmt::format("the recipe names the file '{}', which the worker does not have",
                            printable_line(path)));
  }

  bool has(std::string_view path) const {
    return std::any_of(detail_.files.begin(), detail_.files.end(),
                       [&](const wire::FileInfo& info) { return info.path == path; });
  }

  const std::map<std::string, std::string>& texts() const { return texts_; }
  std::vector<std::string> executable() const { return {executable_.begin(), executable_.end()}; }

 private:
  const WorkerId& id_;
  const wire::WorkerDetail& detail_;
  WorkerSource& source_;
  mutable std::map<std::string, std::string> texts_;
  mutable std::set<std::string> executable_;
  mutable std::optional<Error> error_;
};

tl::unexpected<Error> refused(pkgbuild::Refusal refusal, const std::string& file) {
  for (Finding& finding : refusal.findings) finding.file = file;
  ErrorDetails details;
  details.findings = std::move(refusal.findings);
  switch (refusal.kind) {
    case pkgbuild::Refusal::Kind::unsupported:
      return fail(Errc::unsupported, "recipe-unsupported",
                  "the recipe cannot be read without running it", std::move(details));
    case pkgbuild::Refusal::Kind::limit:
      return fail(Errc::too_large, "recipe-limit",
                  "the recipe asks for too much work before anything is built", std::move(details));
    case pkgbuild::Refusal::Kind::syntax:
    case pkgbuild::Refusal::Kind::invalid:
      break;
  }
  return fail(Errc::invalid_input, "recipe-invalid",
              "the recipe is not one that makepkg would accept", std::move(details));
}

Result<void> check_memory(const InstallRequest& request, const wire::Hardware& hardware) {
  const std::uint64_t wanted = megabytes(hardware.ram_mb);
  if (request.capacity.ram_bytes == 0 || wanted <= request.capacity.ram_bytes) return {};
  return fail(
      Errc::does_not_fit, "memory-too-small",
      fmt::format("{} needs {} of memory", request.id.str(), human_size(wanted)),
      {.evidence = {fmt::format("this machine has {}", human_size(request.capacity.ram_bytes))}});
}

Result<void> check_disk(const InstallRequest& request, const wire::Hardware& hardware) {
  const std::uint64_t wanted = megabytes(hardware.disk_mb);
  if (!request.capacity.disk_bytes || wanted <= *request.capacity.disk_bytes) return {};
  return fail(Errc::does_not_fit, "disk-too-small",
              fmt::format("{} needs {} of disk space", request.id.str(), human_size(wanted)),
              {.evidence = {fmt::format("{} are left where workers are kept",
                                        human_size(*request.capacity.disk_bytes))}});
}

/// A release that nobody but its author has looked at waits a day, so that somebody can.
constexpr std::chrono::hours kCooldown{24};

Result<void> check_release(const InstallRequest& request, const wire::WorkerDetail& detail,
                           const std::optional<wire::Trust>& trust) {
  const std::string& version = detail.summary.version;
  if (!trust || trust->version != version) return {};
  if (!trust->yanked.empty())
    return fail(Errc::policy, "release-yanked",
                fmt::format("{} {} was taken back", request.id.str(), printable_line(version)),
                {.evidence = {printable_line(trust->yanked)},
                 .fix = "wait for its next release; what is installed stays"});
  const auto released = parse_rfc3339(trust->released_at);
  if (request.version || request.now == Time{} || !released || !trust->by_submission ||
      !trust->reviewers.empty() || detail.summary.source == "official" ||
      request.now - *released >= kCooldown)
    return {};
  return fail(Errc::policy, "release-too-young",
              fmt::format("{} {} is not a day old, and nobody but its author has looked at it",
                          request.id.str(), printable_line(version)),
              {.evidence = {fmt::format("released: {}", rfc3339(*released)),
                            fmt::format("free from: {}", rfc3339(*released + kCooldown))},
               .why = "most malicious releases are found within a day",
               .fix = fmt::format("wait, or name it: rbee worker install {}@{}", request.id.str(),
                                  printable_line(version))});
}

/// The rules that hold before anything is fetched.
Result<void> check_policy(const Plan& plan, const InstallRequest& request) {
  const auto hook = [](const pkgbuild::Fields& fields) {
    const auto found = fields.find("install");
    return found != fields.end() && !found->second.values.empty() &&
           !found->second.values.front().empty();
  };
  bool hooks = hook(plan.recipe.fields);
  for (const pkgbuild::Package& package : plan.recipe.packages)
    hooks = hooks || hook(package.overrides);
  if (hooks)
    return fail(Errc::policy, "install-hook",
                fmt::format("{} wants to run a script when it is installed", request.id.str()),
                {.why = "install scripts are how packages take over machines; rbee never runs one",
                 .fix = "a recipe without install= does everything in package()"});
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    if (source.protocol == "git") TRY(parse_git_source(source));
    if (source.protocol != "local" && source.protocol != "http" && source.protocol != "https" &&
        source.protocol != "file" && source.protocol != "git")
      return fail(
          Errc::unsupported, "source-unsupported",
          fmt::format("sources of the kind '{}' cannot be fetched",
                      printable_line(source.protocol)),
          {.evidence = {printable_line(source.entry)},
           .why = "rbee fetches over http and https, from Git repositories, and local files",
           .fix = "use a release tarball with a checksum, or git+https://…#commit=<40 digits>"});
  }
  if (request.allow_unverified) return {};
  auto findings =
      check::check_sources(plan.recipe, plan.platform.arch, plan.recipe_text, plan.recipe_file);
  if (findings.empty()) return {};
  return fail(Errc::policy, "checksum-missing",
              fmt::format("{} has sources that nothing can be checked against", request.id.str()),
              {.findings = std::move(findings)});
}

/// The release that the user named, when it is an older one.
Result<wire::WorkerDetail> older_release(const InstallRequest& request,
                                         const wire::WorkerDetail& present, WorkerSource& source) {
  const std::string& wanted = *request.version;
  const std::string& id = request.id.str();
  TRY_ASSIGN(const std::vector<wire::Release> releases, source.releases(request.id));
  std::string known;
  for (const wire::Release& each : releases) {
    known += (known.empty() ? "" : ", ") + printable_line(each.version);
    if (each.version == wanted && !each.yanked.empty())
      return fail(Errc::policy, "release-yanked",
                  fmt::format("{} {} was taken back", id, printable_line(wanted)),
                  {.evidence = {printable_line(each.yanked)},
                   .fix = fmt::format("rbee worker install {}", id)});
  }
  if (known.empty()) known = printable_line(present.summary.version);
  auto detail = source.release(request.id, wanted);
  if (!detail && detail.error().code != Errc::not_found) return detail;
  if (!detail || detail->summary.version != wanted)
    return fail(Errc::not_found, "release-not-found",
                fmt::format("the marketplace does not have {} {}", id, printable_line(wanted)),
                {.evidence = {fmt::format("it has {}", known)},
                 .fix = fmt::format("rbee worker install {}", id)});
  return detail;
}

/// To a refusal because of this machine: the newest release that would not be refused.
Error with_release_that_fits(Error error, const InstallRequest& request, WorkerSource& source) {
  if (error.code != Errc::does_not_fit || request.version) return error;
  const auto releases = source.releases(request.id);
  if (!releases) return error;
  for (const wire::Release& each : *releases) {
    if (!each.yanked.empty()) continue;
    wire::WorkerDetail detail;
    detail.variants = each.variants;
    detail.hardware = each.hardware;
    for (const char* file : {"PKGBUILD", "PKGBUILD.bin"})
      detail.recipes.push_back({file, {}, {}, false});
    std::string why;
    std::vector<std::string> warnings;
    if (!choose(request, detail, why, warnings) || !check_memory(request, detail.hardware) ||
        !check_disk(request, detail.hardware))
      continue;
    error.evidence.push_back(fmt::format("the newest release that fits: {} of {}",
                                         printable_line(each.version),
                                         printable_line(each.released_at.substr(0, 10))));
    error.fix =
        fmt::format("rbee worker install {}@{}", request.id.str(), printable_line(each.version));
    return error;
  }
  if (releases->size() > 1) error.evidence.push_back("no older release fits, either");
  return error;
}

Result<Candidate> choose_fitting(const InstallRequest& request, const wire::WorkerDetail& detail,
                                 WorkerSource& source, std::string& why,
                                 std::vector<std::string>& warnings) {
  auto chosen = choose(request, detail, why, warnings);
  if (!chosen)
    return tl::unexpected(with_release_that_fits(std::move(chosen).error(), request, source));
  for (const auto& check : {check_memory, check_disk})
    if (auto enough = check(request, detail.hardware); !enough)
      return tl::unexpected(with_release_that_fits(std::move(enough).error(), request, source));
  return chosen;
}

}  // namespace

Result<Plan> plan_install(const InstallRequest& request, WorkerSource& source) {
  TRY_ASSIGN(wire::WorkerDetail detail, source.detail(request.id));
  if (request.version && detail.summary.id == request.id.str() &&
      detail.summary.version != *request.version) {
    TRY_ASSIGN(detail, older_release(request, detail, source));
  }
  if (detail.summary.id != request.id.str())
    return fail(Errc::bad_response, "worker-other",
                fmt::format("{} answered with the worker '{}' when asked for '{}'",
                            printable_line(source.name()), printable_line(detail.summary.id),
                            request.id.str()));
  TRY_ASSIGN(std::optional<wire::Trust> trust, source.trust(request.id));
  TRY(check_release(request, detail, trust));
  std::string why;
  std::vector<std::string> warnings;
  TRY_ASSIGN(const Candidate chosen, choose_fitting(request, detail, source, why, warnings));

  const auto info =
      std::find_if(detail.recipes.begin(), detail.recipes.end(),
                   [&](const auto& recipe) { return recipe.file == chosen.variant->recipe; });
  TRY_ASSIGN(std::string text, source.recipe(request.id, *info));
  if (Sha256::of(text).hex() != info->sha256)
    return fail(
        Errc::integrity, "recipe-mismatch",
        fmt::format("the recipe of {} is not the one that the catalog lists", request.id.str()),
        {.evidence = {"expected: " + printable_line(info->sha256),
                      "actual:   " + Sha256::of(text).hex()}});

  const Files files(request.id, detail, source);
  pkgbuild::Inputs inputs;
  inputs.platform = chosen.platform;
  inputs.environment = pkgbuild::variant_environment(chosen.platform, chosen.variant->features);
  inputs.files = &files;
  auto evaluated = pkgbuild::evaluate(text, inputs);
  if (!evaluated) return refused(std::move(evaluated).error(), info->file);

  const std::string recipe_file = info->file;
  const Platform platform = chosen.platform;
  Plan plan{.catalog = source.name(),
            .detail = std::move(detail),
            .platform = platform,
            .recipe_file = recipe_file,
            .recipe_text = std::move(text),
            .recipe = std::move(*evaluated),
            .sources = {},
            .local_files = {},
            .executable_files = {},
            .environment = std::move(inputs.environment),
            .why = std::move(why),
            .warnings = std::move(warnings),
            .manual = {},
            .accelerator_chosen = request.accelerator.has_value(),
            .trust = std::move(trust),
            .facts = {}};
  if (!plan.recipe.supports(platform.arch))
    return fail(
        Errc::does_not_fit, "arch-unsupported",
        fmt::format("the recipe of {} is not for {}", request.id.str(), to_string(platform.arch)));
  plan.sources = plan.recipe.sources(platform.arch);
  plan.facts = check::trust_facts(plan.recipe, plan.recipe_text, platform.arch,
                                  plan.trust ? plan.trust->owner : std::string(),
                                  plan.detail.summary.license);
  if (plan.recipe.function("prepare") != nullptr)
    for (const std::string& manager : plan.detail.locked_fetch)
      if (!check::registry_hosts(manager).empty()) plan.facts.fetchers.push_back(manager);
  std::sort(plan.facts.fetchers.begin(), plan.facts.fetchers.end());
  TRY(check_policy(plan, request));
  // `files` refers to the detail that moved into the plan; a second one refers to where it is now.
  const Files sources(request.id, plan.detail, source);
  for (const auto& [path, ignored] : files.texts()) TRY(sources.want(path));
  for (const pkgbuild::SourceEntry& entry : plan.sources) {
    const bool strong = std::any_of(
        entry.checksums.begin(), entry.checksums.end(),
        [](const auto& sum) { return is_strong(sum.first) && is_digest(sum.first, sum.second); });
    const bool beside = entry.protocol == "local" && !sources.has(entry.url);
    const bool named = entry.protocol == "file" && entry.url.find('/', 7) == std::string::npos;
    if (strong && (beside || named))
      plan.manual.push_back(entry.file_name);
    else if (entry.protocol == "local")
      TRY(sources.want(entry.url));
  }
  bool has_signature = false;
  for (const pkgbuild::SourceEntry& entry : plan.sources)
    has_signature = has_signature || signed_name(entry.file_name).has_value();
  const auto& keys = plan.recipe.array("validpgpkeys");
  // Where Arch's recipes keep the keys of their authors.
  for (const std::string& key : keys)
    if (const std::string file = "keys/pgp/" + key + ".asc"; sources.has(file))
      TRY(sources.want(file));
  if (has_signature && keys.empty())
    plan.warnings.push_back(
        fmt::format("{} comes with signatures and does not say whose they are (validpgpkeys): only "
                    "its checksums are compared",
                    request.id.str()));
  plan.local_files = sources.texts();
  plan.executable_files = sources.executable();
  return plan;
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::fetch:
      return "fetch";
    case Phase::verify:
      return "verify";
    case Phase::unpack:
      return "unpack";
    case Phase::prepare:
      return "prepare";
    case Phase::build:
      return "build";
    case Phase::check:
      return "check";
    case Phase::package:
      return "package";
    case Phase::store:
      return "store";
    case Phase::link:
      return "link";
  }
  return "unknown";
}

}  // namespace rbee::install
