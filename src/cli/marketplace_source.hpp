// The marketplace as the installer sees recipes' origin: a thin coat over the SDK's client.
//
// Touches what the client touches.
#pragma once

#include "install/installer.hpp"
#include "sdk/marketplace_client.hpp"

namespace rbee::cli {

/// Forwards each question to `client`, which must outlive this; errors are the client's own.
/// Recipes and files are those of the release that was asked for last.
class MarketplaceSource final : public install::WorkerSource {
 public:
  explicit MarketplaceSource(sdk::MarketplaceClient& client) : client_(client) {}
  std::string name() const override { return client_.base(); }
  Result<wire::WorkerDetail> detail(const WorkerId& id) override {
    version_.clear();
    return client_.detail(id);
  }
  Result<wire::WorkerDetail> release(const WorkerId& id, const std::string& version) override {
    version_ = version;
    return client_.detail(id, version);
  }
  Result<std::vector<wire::Release>> releases(const WorkerId& id) override {
    return client_.releases(id);
  }
  Result<std::string> recipe(const WorkerId& id, const wire::RecipeInfo& recipe) override {
    return client_.recipe(id, recipe, version_);
  }
  Result<std::string> file(const WorkerId& id, const wire::FileInfo& file) override {
    return client_.file(id, file, version_);
  }
  Result<std::optional<wire::Trust>> trust(const WorkerId& id) override {
    return client_.trust(id);
  }

 private:
  sdk::MarketplaceClient& client_;
  std::string version_;  ///< Empty: the present one.
};

}  // namespace rbee::cli
