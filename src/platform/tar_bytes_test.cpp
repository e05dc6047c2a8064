// Archives in memory: tar is the oracle.
#include "platform/tar_bytes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rbee::platform {
namespace {

TEST(TarBytes, TarUnpacksWhatWentIn) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("rbee-tar-test." + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string long_name = "pkg/" + std::string(120, 'n') + "/" + std::string(150, 'm');
  const std::vector<TarFile> files{{"pkg/", false, {}},
                                   {"pkg/PKGBUILD", false, "pkgname=x\n"},
                                   {"pkg/empty", false, {}},
                                   {"pkg/run.sh", true, "#!/bin/sh\n"},
                                   {"pkg/sch\xC3\xB6n", false, std::string("\0\xff", 2)},
                                   {long_name, false, std::string(100'000, 'z')}};
  const auto bytes = tar_gz(files, 1'700'000'000);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, *tar_gz(files, 1'700'000'000));
  std::ofstream(folder / "a.tar.gz", std::ios::binary) << *bytes;
  const std::string script =
      "cd '" + folder.string() +
      "' && tar -xzf a.tar.gz && stat -c '%a %Y' pkg/run.sh pkg/PKGBUILD >out";
  ASSERT_EQ(std::system(script.c_str()), 0);  // NOLINT: a test's own folder.
  const auto read = [&](const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder / name, std::ios::binary).rdbuf();
    return text.str();
  };
  for (const TarFile& file : files)
    if (!file.path.ends_with('/')) {
      EXPECT_EQ(read(file.path), file.bytes) << file.path;
    }
  EXPECT_EQ(read("out"), "755 1700000000\n644 1700000000\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace rbee::platform
