// A marketplace in memory, a file server on loopback, and a home of its own: what tests of
// installing share.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../../tests/corpus/hostile_archives.hpp"
#include "../../tests/fakes/http_file_server.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "install/generations.hpp"
#include "install/installer.hpp"
#include "platform/process.hpp"

namespace rbee::install::test {

using fakes::list_all;
using fakes::TempDir;
using fakes::write_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FixedClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::seconds(1'795'449'011)); }
};

/// Workers in memory, as a marketplace would offer them.
class Shelf final : public WorkerSource {
 public:
  std::string name() const override { return "the shelf"; }
  Result<wire::WorkerDetail> detail(const WorkerId& id) override {
    if (!details.contains(id.str()))
      return fail(Errc::not_found, "worker-not-found", "no such worker");
    return details.at(id.str());
  }
  Result<std::string> recipe(const WorkerId& id, const wire::RecipeInfo& recipe) override {
    return texts.at(id.str() + "/" + recipe.file);
  }
  Result<std::string> file(const WorkerId& id, const wire::FileInfo& file) override {
    return texts.at(id.str() + "/" + file.path);
  }
  Result<std::vector<wire::Release>> releases(const WorkerId&) override { return history; }
  Result<std::optional<wire::Trust>> trust(const WorkerId& id) override {
    const auto found = trusts.find(id.str());
    return found == trusts.end() ? std::nullopt : std::optional(found->second);
  }
  wire::WorkerDetail& put(const std::string& id, const std::string& recipe,
                          const std::string& text) {
    wire::WorkerDetail& detail = details[id];
    detail.summary.id = id;
    detail.summary.name = "Worker " + id;
    std::erase_if(detail.recipes, [&](const auto& info) { return info.file == recipe; });
    detail.recipes.push_back({recipe, "/r", Sha256::of(text).hex(), false});
    texts[id + "/" + recipe] = text;
    if (detail.variants.empty())
      detail.variants.push_back({"linux", "x86_64", "cpu", recipe, {}, {}, {}});
    return detail;
  }
  std::map<std::string, wire::WorkerDetail> details;
  std::map<std::string, wire::Trust> trusts;
  std::map<std::string, std::string> texts;
  std::vector<wire::Release> history;  ///< Of every worker.
};

class Watcher final : public Observer {
 public:
  void phase(Phase phase, std::string_view) override {
    phases.emplace_back(to_string(phase));
    if (on_phase) on_phase(phase);
    if (stop_at == phase) stopped = true;
  }
  void progress(std::string_view, std::uint64_t, std::uint64_t) override {}
  void build_output(std::string_view bytes) override { output += bytes; }
  bool cancelled() override { return stopped; }
  std::vector<std::string> phases;
  std::string output;
  std::optional<Phase> stop_at;
  std::function<void(Phase)> on_phase;
  bool stopped = false;
};

inline constexpr const char* kId = "my-custom-worker";

struct World {
  World() {
    places = {home / "data", home / "cache", home / "bin"};
    write_text(home / "bin/of-the-user", "precious");
  }

  /// The example of the seed: a tarball with one program, and a PKGBUILD.bin that names it.
  std::string tarball(std::string_view says) const {
    return corpus::compress("gzip",
                            corpus::tar({{.name = "my-custom-worker",
                                          .content = fmt::format("#!/bin/sh\necho {}\n", says),
                                          .mode = 0755}}));
  }
  std::string recipe(std::string_view version, const std::string& sums,
                     std::string_view package = {}) const {
    return fmt::format(
        "pkgname=my-custom-worker\npkgver={}\npkgrel=1\narch=('x86_64' 'aarch64')\n"
        "source_x86_64=(\"{}/$pkgver.tar.gz\")\n{}\npackage() {{\n{}\n}}\n",
        version, server.url(""), sums,
        package.empty()
            ? "  install -Dm755 my-custom-worker \"$pkgdir/usr/local/bin/my-custom-worker\""
            : package);
  }
  /// Offer version `version`; the server gives the right bytes unless told otherwise.
  void offer(std::string_view version, std::string_view package = {}) {
    const std::string bytes = tarball(version);
    server.put(fmt::format("/{}.tar.gz", version), {.body = bytes, .etag = "\"1\""});
    shelf.put(
        kId, "PKGBUILD.bin",
        recipe(version, fmt::format("sha256sums_x86_64=('{}')", Sha256::of(bytes).hex()), package));
  }
  InstallRequest request(const std::string& id = kId) const {
    return {
        .id = *WorkerId::parse(id), .platform = {}, .present = {Accelerator::cpu}, .recipe = {}};
  }
  Result<Installed> install(const std::string& id = kId) {
    TRY_ASSIGN(const Plan plan, plan_install(request(id), shelf));
    return execute(plan, places, http, watcher, clock);
  }
  /// Files and links (no directories) that are there, but for what may stay after a failure:
  /// verified sources, logs, the lock.
  std::vector<std::string> traces() const {
    std::vector<std::string> out;
    for (const std::string& path : list_all(home.path())) {
      if (path.starts_with("cache/sources/") || path.starts_with("cache/logs/") ||
          path == "data/lock")
        continue;
      const bool link = path.find(" -> ") != std::string::npos;
      if (link || !std::filesystem::is_directory(home / path)) out.push_back(path);
    }
    return out;
  }
  std::string says(const std::string& command) const {
    std::string text;
    platform::ProcessSpec spec{.argv = {places.bin / command}};
    spec.output = [&](std::string_view bytes) { text += bytes; };
    const auto result = platform::run_process(spec);
    return result ? text : result.error().message;
  }

  fakes::HttpFileServer server;
  TempDir home;
  Directories places;
  Shelf shelf;
  platform::HttpClient http{"rbee-test/1",
                            {.silence_max = std::chrono::seconds(2), .attempts_max = 2}};
  Watcher watcher;
  FixedClock clock;
};

}  // namespace rbee::install::test
