#include "cli/source_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "cli/local_folder.hpp"
#include "cli/signals.hpp"
#include "manifest/manifest.hpp"
#include "platform/archive.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/http_client.hpp"

namespace rbee::cli {

namespace fs = std::filesystem;

namespace {

std::string small_file(const fs::path& path) {
  auto text = read_whole_file(path, 256 * 1024);
  return text ? *text : std::string();
}

/// The SPDX identifier of a licence's text, by the words that only it has.
std::string license_of(const fs::path& tree) {
  for (const char* name : {"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "LICENCE"}) {
    const std::string text = small_file(tree / name);
    if (text.empty()) continue;
    const auto has = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (has("GNU AFFERO GENERAL PUBLIC")) return "AGPL-3.0-or-later";
    if (has("GNU LESSER GENERAL PUBLIC"))
      return has("Version 2.1") ? "LGPL-2.1-or-later" : "LGPL-3.0-or-later";
    if (has("GNU GENERAL PUBLIC"))
      return has("Version 2,") ? "GPL-2.0-or-later" : "GPL-3.0-or-later";
    if (has("Apache License")) return "Apache-2.0";
    if (has("Mozilla Public License")) return "MPL-2.0";
    if (has("Permission is hereby granted, free of charge")) return "MIT";
    if (has("Redistribution and use in source and binary forms"))
      return has("Neither the name") ? "BSD-3-Clause" : "BSD-2-Clause";
    if (has("Permission to use, copy, modify, and/or distribute")) return "ISC";
  }
  return {};
}

}  // namespace

SourceTree look_at_tree(const fs::path& tree) {
  SourceTree found;
  found.license = license_of(tree);
  std::error_code code;
  const auto has = [&](const char* name) { return fs::exists(tree / name, code); };
  if (has("Cargo.toml")) {
    found.implementation = "rust";
    if (const auto version = manifest::cargo_version(small_file(tree / "Cargo.toml"), std::nullopt))
      found.version = *version;
    found.makedepends = "cargo";
    found.build = "  cargo build --frozen --release\n";
    found.package = "  install -Dm755 target/release/$pkgname -t \"$pkgdir/usr/bin\"\n";
  } else if (has("CMakeLists.txt")) {
    found.implementation = "cpp";
    found.makedepends = "cmake";
    found.build =
        "  cmake -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr\n  cmake --build "
        "build\n";
    found.package = "  DESTDIR=\"$pkgdir\" cmake --install build\n";
  } else if (has("pyproject.toml") || has("setup.py")) {
    found.implementation = "python";
    found.makedepends = "python-build python-installer python-wheel";
    found.build = "  python -m build --wheel --no-isolation\n";
    found.package = "  python -m installer --destdir=\"$pkgdir\" dist/*.whl\n";
  } else if (has("Makefile")) {
    found.implementation = "cpp";
    found.build = "  make\n";
    found.package = "  make DESTDIR=\"$pkgdir\" PREFIX=/usr install\n";
  }
  // Which model formats its texts speak of.
  const std::string readme = small_file(tree / "README.md");
  for (const std::string_view format : {"gguf", "safetensors", "onnx"})
    if (readme.find(format) != std::string::npos ||
        readme.find(format == "gguf" ? "GGUF" : "ONNX") != std::string::npos)
      found.formats += fmt::format("{}\"{}\"", found.formats.empty() ? "" : ", ", format);
  return found;
}

namespace {

constexpr std::uint64_t kReleaseBytesMax = 512 << 20;

/// "1.2.3" in ".../v1.2.3/name-1.2.3-linux.tar.gz": of the file's name, else of the path.
std::string version_in(const Url& url) {
  static const std::regex kVersion("(?:^|[-_/v])([0-9]+(?:\\.[0-9]+)+(?:[a-z]+[0-9]*)?)");
  const std::string texts[] = {url.file_name(), url.path()};
  for (const std::string& text : texts) {
    std::smatch match;
    if (text.size() < 1000 && std::regex_search(text, match, kVersion)) return match[1].str();
  }
  return {};
}

/// Every place of `version` written as the variable.
std::string with_variable(std::string text, const std::string& version) {
  if (version.empty()) return text;
  for (std::size_t at = 0; (at = text.find(version, at)) != std::string::npos; at += 7)
    text.replace(at, version.size(), "$pkgver");
  return text;
}

/// https://forge/OWNER/NAME of an address below it.
std::string homepage_of(const Url& url) {
  std::string page = url.scheme() + "://" + url.host();
  int kept = 0;
  for (const std::string_view segment : split(url.path(), '/')) {
    if (segment.empty()) continue;
    if (++kept > 2) break;
    page += "/" + percent_encode(segment);
  }
  return page;
}

Result<std::string> sha256_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  Hasher hasher(HashAlgorithm::sha256);
  std::string block(1 << 16, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    hasher.update(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())));
  if (in.bad()) return tl::unexpected(platform::io_failure("read", path, EIO));
  return hasher.finish();
}

/// Programs that were built already, largest last: a binary release has one.
std::string program_in(const fs::path& tree) {
  std::string found;
  std::uintmax_t largest = 0;
  std::error_code code;
  for (fs::recursive_directory_iterator it(tree, code), end; !code && it != end;
       it.increment(code)) {
    if (it.depth() > 3 || !it->is_regular_file(code) || it->is_symlink(code)) continue;
    std::ifstream in(it->path(), std::ios::binary);
    char magic[4] = {};
    in.read(magic, sizeof magic);
    const bool is_program = std::string_view(magic, 4) ==
                                "\x7f"
                                "ELF" &&
                            it->path().string().find(".so") == std::string::npos;
    if (!is_program || it->file_size(code) <= largest) continue;
    largest = it->file_size(code);
    found = fs::relative(it->path(), tree, code).string();
  }
  return found;
}

/// Stands in a recipe in double quotes, and means itself.
bool is_plain_path(std::string_view path) {
  return !path.empty() && path.size() < 300 && std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./+").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<SourceTree> look_at_release(Context& context, const Url& url) {
  TRY_ASSIGN(const auto temporary,
             platform::TemporaryDirectory::create(fs::temp_directory_path(), "rbee-new-"));
  const fs::path archive = temporary.path() / "archive", tree = temporary.path() / "tree";
  context.note(fmt::format("fetching {}", printable_line(url.str())));
  const PoliteStop polite;
  TRY(context.world.http().download(url, archive, kReleaseBytesMax,
                                    [](std::uint64_t, std::uint64_t) { return !stop_wanted(); }));
  TRY(platform::make_directories(tree));
  const platform::FileDescriptor target(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target) return tl::unexpected(platform::io_failure("open", tree, errno));
  TRY(platform::unpack(archive, url.file_name(), target.get(),
                       {.size_bytes_max = 4 * kReleaseBytesMax}, [] { return stop_wanted(); }));
  std::vector<fs::path> top;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(tree, code)) top.push_back(entry.path());
  if (top.empty())
    return fail(Errc::invalid_input, "release-empty",
                fmt::format("{} is no archive, or an empty one", printable_line(url.str())),
                {.fix = "name the release's .tar.gz, .tar.xz, .tar.zst or .zip"});
  const bool has_one_folder = top.size() == 1 && fs::is_directory(fs::symlink_status(top[0], code));
  const fs::path root = has_one_folder ? top[0] : tree;
  SourceTree found = look_at_tree(root);
  const std::string version = version_in(url);
  if (!version.empty()) found.version = version;
  found.source = with_variable(url.str(), version);
  if (url.scheme() != "file") found.homepage = homepage_of(url);
  TRY_ASSIGN(found.sha256, sha256_of_file(archive));
  const std::string folder = has_one_folder ? root.filename().string() : std::string(".");
  if (is_plain_path(folder)) found.folder = with_variable(folder, version);
  if (const std::string program = program_in(root); found.build.empty() && is_plain_path(program))
    found.package = fmt::format("  install -Dm755 \"{}\" \"$pkgdir/usr/bin/$pkgname\"\n",
                                with_variable(program, version));
  return found;
}

}  // namespace rbee::cli
