// Each package's own repository over Git's smart HTTP, to clone as from the AUR: /NAME.git, /NAME.
//
// Decides about each request. A repository that is there and current is served by http-backend at
// once; else this program is started as `aur-git`, which makes it from the catalog's history first:
// evaluating 500 old recipes is nothing for a thread that answers requests. Nobody pushes here.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/aur_view.hpp"
#include "base/result.hpp"
#include "git_backend.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

namespace rbee::market {

struct AurGitOptions {
  std::filesystem::path data;     ///< Repositories go below data/aur-git.
  std::filesystem::path catalog;  ///< The catalog's repository.
  std::filesystem::path self;     ///< This program.
};

class AurGit {
 public:
  using View = std::function<std::shared_ptr<const api::AurView>()>;
  /// Errors: Errc::not_found "git-missing".
  static Result<std::unique_ptr<AurGit>> open(AurGitOptions options, View view);
  /// For `http::Service::stream`.
  http::Streamed decide(const http::Request& request) const;

 private:
  AurGit(AurGitOptions options, GitPrograms programs, View view)
      : options_(std::move(options)), programs_(std::move(programs)), view_(std::move(view)) {}

  AurGitOptions options_;
  GitPrograms programs_;
  View view_;
};

/// The hidden command that builds a repository, then becomes http-backend.
void add_aur_git_command(CLI::App& app, std::function<int()>& run);

}  // namespace rbee::market
