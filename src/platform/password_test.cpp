// Passwords and random words: argon2's own check is the oracle for its encoding.
#include "platform/password.hpp"

#include <gtest/gtest.h>

#include <set>

#include "platform/random.hpp"

namespace rbee::platform {
namespace {

TEST(Password, OnlyTheRightOneIsAccepted) {
  const std::string hash = hash_password("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$")) << hash;
  EXPECT_EQ(hash.find("correct"), std::string::npos);
  EXPECT_TRUE(verify_password(hash, "correct horse"));
  EXPECT_FALSE(verify_password(hash, "correct horsf"));
  EXPECT_FALSE(verify_password(hash, ""));
  EXPECT_FALSE(verify_password("", "correct horse"));
  EXPECT_FALSE(verify_password("$argon2id$nonsense", "correct horse"));
  EXPECT_NE(hash_password("correct horse"), hash);  // Another salt.
  EXPECT_FALSE(needs_rehash(hash));
  EXPECT_TRUE(needs_rehash("$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$aGFzaA"));
}

TEST(Random, TokensAreLongAndDifferent) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = random_token(32);
    EXPECT_EQ(token.size(), 43u);
    EXPECT_EQ(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    EXPECT_TRUE(seen.insert(token).second);
  }
  EXPECT_EQ(random_word(5, "a"), "aaaaa");
  EXPECT_EQ(random_word(200, "xyz").find_first_not_of("xyz"), std::string::npos);
}

TEST(Random, SecretsCompareWhole) {
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "ab"));
  EXPECT_TRUE(equal_secrets("", ""));
}

/// RFC 4231, test case 2.
TEST(Random, HmacIsTheStandards) {
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace rbee::platform
