// For tests: a small catalog, committed to a real Git repository and evaluated as the server does
// it.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "api/api.hpp"
#include "catalog/builder.hpp"
#include "catalog/releases.hpp"

namespace rbee::api {

class CatalogFixture {
 public:
  /// `release_base` is where the binary worker's archive is fetched from; `sha256` is of that
  /// archive.
  explicit CatalogFixture(const std::string& release_base = "https://releases.example.org",
                          const std::string& sha256 = std::string(64, 'a')) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "rbee-api-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    top_ = pattern;
    write_llm(release_base, sha256);
    write_tts();
    write_vision();
    write("community/broken-worker/worker.toml", "[worker]\nid = \"other\"\n");
    const platform::CommitAuthor author{"Ada Lovelace", "ada@example.org",
                                        Time(std::chrono::seconds(1'760'000'000))};
    auto commit = platform::create_repository_from_directory(top_ / "catalog", top_ / "catalog.git",
                                                             author, "Start");
    if (!commit) throw std::runtime_error(describe(commit.error()));
    auto opened = platform::Repository::open(top_ / "catalog.git");
    if (!opened) throw std::runtime_error(describe(opened.error()));
    repository_ = std::move(*opened);
    auto snapshot = catalog::build_snapshot(*repository_, *commit);
    if (!snapshot) throw std::runtime_error(describe(snapshot.error()));
    snapshot_ = *snapshot;
  }
  ~CatalogFixture() {
    std::error_code ignored;
    std::filesystem::remove_all(top_, ignored);
  }
  CatalogFixture(const CatalogFixture&) = delete;
  CatalogFixture& operator=(const CatalogFixture&) = delete;

  const std::shared_ptr<const catalog::Snapshot>& snapshot() const { return snapshot_; }
  const std::filesystem::path& top() const { return top_; }
  Api api(ApiOptions options = {.public_url = {}, .version = "test"}) const {
    return {std::move(options), snapshot_,
            [this](const ObjectId& id) { return repository_->blob(id, 256'000); },
            [this](const catalog::Worker& worker) {
              return catalog::read_releases(*repository_, worker.last_commit, worker);
            }};
  }

 private:
  void write(const std::string& path, const std::string& text) const {
    const auto file = top_ / "catalog" / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  /// Official, binary, one accelerator that its id names, two architectures.
  void write_llm(const std::string& release_base, const std::string& sha256) const {
    write("llm-worker-rbee-cpu/worker.toml", R"([worker]
id = "llm-worker-rbee-cpu"
name = "LLM Worker rbee"
description = "Runs it's \"language\" models ${HOME} `id` {on} the processor"
license = "GPL-3.0-or-later"
tags = ["llm", "cpu"]
implementation = "rust"

[capabilities]
tasks = ["text-generation"]
supported_formats = ["gguf", "safetensors"]
max_context_length = 32768
supports_streaming = true
supports_batching = false

[[variant]]
accelerator = "cpu"
os = ["linux"]
arch = ["x86_64", "aarch64"]
recipe = "PKGBUILD.bin"
depends = ["gcc-libs"]

[compatibility.huggingface]
tasks = ["text-generation"]
libraries = ["transformers"]
formats = ["gguf", "safetensors"]
languages = ["en"]
min_parameters = 0.1
max_parameters = 500
)");
    write("llm-worker-rbee-cpu/PKGBUILD.bin", R"(pkgname=llm-worker-rbee-cpu
pkgver=0.1.0
pkgrel=2
pkgdesc='LLM worker'
arch=('x86_64' 'aarch64')
url='https://example.org'
license=('GPL-3.0-or-later')
depends=('gcc-libs')
source_x86_64=("llm-x86_64.tar.gz::)" + release_base +
                                                  R"(/llm.tar.gz")
source_aarch64=("llm-aarch64.tar.gz::)" + release_base +
                                                  R"(/llm.tar.gz")
sha256sums_x86_64=(')" + sha256 + R"(')
sha256sums_aarch64=(')" + sha256 + R"(')

package() {
  install -Dm755 "$srcdir/llm-worker-rbee" "$pkgdir/usr/bin/llm-worker-rbee-cpu"
}
)");
    write("llm-worker-rbee-cpu/README.md", "# LLM\n\n<script>alert(1)</script>\n");
  }

  /// Community, from source, with files of its own.
  void write_tts() const {
    write("community/tts-worker/worker.toml", R"([worker]
id = "tts-worker"
name = "TTS Worker"
description = "Speaks text"
license = "Apache-2.0"
tags = ["tts", "audio"]
implementation = "other"

[[variant]]
accelerator = "cpu"
os = ["linux"]
arch = ["x86_64", "aarch64", "armv7h"]
recipe = "PKGBUILD"

[[variant]]
accelerator = "vulkan"
os = ["linux"]
arch = ["x86_64"]
recipe = "PKGBUILD"

[run]
protocol = "openai"
args = ["--port", "{port}"]
health = "/health"
)");
    const std::string main_cpp = "int main() { return 0; }\n";
    write("community/tts-worker/src/main.cpp", main_cpp);
    write("community/tts-worker/noise.bin", std::string("\0\xff\x01", 3));
    write("community/tts-worker/PKGBUILD", R"(pkgname=tts-worker
pkgver=1.2.3
pkgrel=1
epoch=1
pkgdesc='Speaks text'
arch=('x86_64' 'aarch64' 'armv7h')
url='https://example.org'
license=('Apache-2.0')
makedepends=('cmake')
source=('src/main.cpp' 'noise.bin')
sha256sums=(')" + Sha256::of(main_cpp).hex() + "' '" +
                                               Sha256::of(std::string_view("\0\xff\x01", 3)).hex() +
                                               R"(')

build() {
  g++ -o tts-worker main.cpp
}

package() {
  install -Dm755 tts-worker "$pkgdir/usr/bin/tts-worker"
}
)");
  }

  /// Community, built by pip, on an accelerator that rbee's programs do not know.
  void write_vision() const {
    write("community/vision-worker/worker.toml", R"([worker]
id = "vision-worker"
name = "Vision"
description = "Sees; for tts see tts-worker"
license = "MIT"
tags = ["vision"]
implementation = "python"

[[variant]]
accelerator = "openvino"
os = ["linux"]
arch = ["x86_64"]

[source]
type = "git"
url = "https://example.org/vision.git"
tag = "v2.0.0"
build_system = "pip"

)");
    write("community/vision-worker/PKGBUILD", R"(pkgname=vision-worker
pkgver=2.0.0
pkgrel=1
arch=('any')
license=('MIT')
source=("git+https://example.org/vision.git#tag=v2.0.0")
sha256sums=('SKIP')
package() {
  :
}
)");
  }

  std::filesystem::path top_;
  std::unique_ptr<platform::Repository> repository_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
};

/// A request as the transport hands it over. `target` may hold a query of plain words.
inline http::Request get_request(std::string target, http::Method method = http::Method::get) {
  http::Request request;
  request.method = method;
  request.method_text = method == http::Method::head      ? "HEAD"
                        : method == http::Method::post    ? "POST"
                        : method == http::Method::options ? "OPTIONS"
                                                          : "GET";
  request.target = target;
  request.path = target.substr(0, target.find('?'));
  if (const std::size_t question = target.find('?'); question != std::string::npos) {
    std::string_view rest = std::string_view(target).substr(question + 1);
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const std::size_t equals = std::min(pair.find('='), pair.size());
      request.query.emplace_back(pair.substr(0, equals),
                                 equals < pair.size() ? pair.substr(equals + 1) : "");
    }
  }
  request.headers.add("Host", "market.example:8787");
  return request;
}

}  // namespace rbee::api
