// Artefacts: paths, modes and links row by row; programs that this machine's linker made.
#include "check/artefact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::check {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Programs : public ::testing::Test {
 protected:
  std::string build(const std::string& options) {
    fakes::write_text(root_ / "x.c", "int main(void) { return 0; }\n");
    const std::string command =
        "cd " + root_.path().string() + " && g++ -x c x.c -o x " + options + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
    return fakes::read_text(root_ / "x");
  }
  std::vector<ArtefactRemark> look(const std::string& bytes) {
    constexpr Arch kX86[] = {Arch::x86_64};
    return look_at_file("usr/bin/x", bytes, bytes.size(), kX86);
  }
  fakes::TempDir root_;
};

TEST_F(Programs, AsTheLinkerMadeThem) {
#if defined(__x86_64__)
  EXPECT_THAT(look(build("")), IsEmpty());
  EXPECT_THAT(look(build("-Wl,-rpath,'$ORIGIN/../lib'")), IsEmpty());
  auto remarks = look(build("-Wl,-rpath,/tmp/lib"));
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].rule, "ELF-001");
  EXPECT_THAT(remarks[0].message, HasSubstr("/tmp/lib"));
  EXPECT_EQ(look(build("-Wl,-rpath,.")).size(), 1u);
  remarks = look(build("-z execstack"));
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_THAT(remarks[0].message, HasSubstr("executable stack"));
  const std::string bytes = build("");
  constexpr Arch kArm[] = {Arch::aarch64};
  remarks = look_at_file("x", bytes, bytes.size(), kArm);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_EQ(remarks[0].rule, "ELF-004");
  // Cut anywhere, changed anywhere: no crash.
  for (std::size_t size = 0; size < bytes.size(); size += 97) look(bytes.substr(0, size));
  for (std::size_t i = 0; i < 4096; ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    look(changed);
  }
#endif
}

TEST(Blobs, Headers) {
  std::string gguf("GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0", 24);
  EXPECT_THAT(look_at_file("m.gguf", gguf, 1000, {}), IsEmpty());
  EXPECT_EQ(look_at_file("m.gguf", gguf, 20, {}).at(0).rule, "BLOB-002");
  gguf[15] = '\x7f';
  EXPECT_EQ(look_at_file("m.gguf", gguf, 1000, {}).at(0).rule, "BLOB-002");
  EXPECT_EQ(look_at_file("m.gguf", "GGUF", 4, {}).at(0).rule, "BLOB-002");
  EXPECT_EQ(look_at_file("m.pt", "PK", 2, {}).at(0).rule, "BLOB-001");
  EXPECT_EQ(look_at_file("m.dat", "\x80\x04K\x01.", 5, {}).at(0).rule, "BLOB-001");
  EXPECT_THAT(look_at_file("m.safetensors", "{}", 2, {}), IsEmpty());
}

}  // namespace
}  // namespace rbee::check
