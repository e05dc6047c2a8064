// Build every package of one recipe as the installer does, for comparing with makepkg's. Usage: run
// in this folder.
//
//   packages-batch FOLDER OUT    FOLDER holds PKGBUILD and its sources; OUT/<package>/ becomes each
//   package's tree
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "build/builder.hpp"
#include "pkgbuild/environment.hpp"
#include "platform/files.hpp"

namespace fs = std::filesystem;
using namespace rbee;

namespace {

class Quiet final : public build::Observer {
 public:
  void phase(build::Phase, std::string_view) override {}
  void output(std::string_view bytes) override { text += bytes; }
  bool cancelled() override { return false; }
  std::string text;
};

Result<void> run(const fs::path& folder, const fs::path& out) {
  TRY_ASSIGN(const std::string text, platform::read_file(folder / "PKGBUILD", 1 << 20));
  pkgbuild::Inputs inputs;
  auto recipe = pkgbuild::evaluate(text, inputs);
  if (!recipe) return fail(Errc::invalid_input, "recipe", recipe.error().findings.front().message);
  for (const pkgbuild::Package& package : recipe->packages) {
    build::Request request{.recipe = *recipe,
                           .recipe_text = text,
                           .recipe_file = "PKGBUILD",
                           .package = package.name,
                           .platform = {},
                           .sources = recipe->sources(Arch::x86_64),
                           .fetched = {},
                           .local_files = {},
                           .executable_files = {},
                           .environment = {},
                           .source_date_epoch = 1'700'000'000};
    for (const pkgbuild::SourceEntry& source : request.sources) {
      const fs::path file =
          source.protocol == "file" ? fs::path(source.url.substr(7)) : folder / source.url;
      if (source.protocol == "file") {
        request.fetched[source.file_name] = file;
        continue;
      }
      TRY_ASSIGN(request.local_files[source.url], platform::read_file(file, 64 << 20));
      if ((fs::status(file).permissions() & fs::perms::owner_exec) != fs::perms::none)
        request.executable_files.push_back(source.url);
    }
    TRY_ASSIGN(const platform::TemporaryDirectory room,
               platform::TemporaryDirectory::create(out, "build-"));
    Quiet quiet;
    auto built = build::build(request, room.path(), quiet);
    if (!built) {
      std::cerr << quiet.text;
      return tl::unexpected<Error>(std::move(built).error());
    }
    fs::rename(built->tree, out / package.name);
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: packages-batch FOLDER OUT\n", stderr);
    return 2;
  }
  const auto done = run(argv[1], argv[2]);
  if (done) return 0;
  std::cerr << describe(done.error());
  return 1;
}
