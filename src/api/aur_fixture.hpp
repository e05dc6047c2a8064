// For tests: a catalog that grows by commits, evaluated as the server does it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "api/fixture.hpp"
#include "catalog/builder.hpp"
#include "platform/git.hpp"

namespace rbee::api {

class GrowingCatalog {
 public:
  GrowingCatalog() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "rbee-aur-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    top_ = pattern;
    std::filesystem::create_directories(folder());
  }
  ~GrowingCatalog() {
    std::error_code ignored;
    std::filesystem::remove_all(top_, ignored);
  }
  GrowingCatalog(const GrowingCatalog&) = delete;
  GrowingCatalog& operator=(const GrowingCatalog&) = delete;

  std::filesystem::path folder() const { return top_ / "catalog"; }
  std::filesystem::path repository() const { return top_ / "catalog.git"; }
  const std::filesystem::path& top() const { return top_; }

  void write(const std::string& path, const std::string& text) const {
    const auto file = folder() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(folder() / path); }
  /// A worker in `directory` whose recipes are those texts; empty: none of that kind.
  void worker(const std::string& directory, const std::string& source, const std::string& binary,
              const std::string& more = {}) const {
    const std::string id = directory.substr(directory.rfind('/') + 1);
    write(directory + "/worker.toml", "[worker]\nid = \"" + id + "\"\nname = \"" + id +
                                          "\"\ndescription = \"Does things\"\n" +
                                          "license = \"MIT\"\n" + more);
    if (!source.empty()) write(directory + "/PKGBUILD", source);
    if (!binary.empty()) write(directory + "/PKGBUILD.bin", binary);
  }
  static std::string recipe(const std::string& name, const std::string& more = {}) {
    return "pkgname=" + name +
           "\npkgver=1.0\npkgrel=1\npkgdesc='Does things'\narch=('x86_64')\n"
           "url='https://example.org'\nlicense=('MIT')\n" +
           more + "package() {\n  :\n}\n";
  }
  /// Commit what is written, evaluate it, keep what did not change.
  const std::shared_ptr<const catalog::Snapshot>& commit(const std::string& message = "Change") {
    time_ += std::chrono::hours(1);
    const platform::CommitAuthor author{"Ada Lovelace", "ada@example.org", time_};
    auto made =
        std::filesystem::exists(repository())
            ? platform::commit_directory(folder(), repository(), author, message)
            : platform::create_repository_from_directory(folder(), repository(), author, message);
    if (!made) throw std::runtime_error(describe(made.error()));
    auto opened = platform::Repository::open(repository());
    if (!opened) throw std::runtime_error(describe(opened.error()));
    opened_ = std::move(*opened);
    auto next = catalog::build_snapshot(*opened_, *made, snapshot_.get());
    if (!next) throw std::runtime_error(describe(next.error()));
    snapshot_ = *next;
    return snapshot_;
  }
  const std::shared_ptr<const catalog::Snapshot>& snapshot() const { return snapshot_; }
  Result<std::string> read_blob(const ObjectId& id) const { return opened_->blob(id, 256'000); }

 private:
  std::filesystem::path top_;
  std::unique_ptr<platform::Repository> opened_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  Time time_{std::chrono::seconds(1'760'000'000)};
};

}  // namespace rbee::api
