// The base layer's behaviour, one small test per promise of its headers.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/ids.hpp"
#include "base/platform.hpp"
#include "base/span.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace rbee {
namespace {

TEST(WorkerId, AcceptsTheGrammarAndNothingElse) {
  for (const char* good : {"a", "0", "tts-worker", "llm-worker-rbee-cpu", "a-"})
    EXPECT_TRUE(WorkerId::parse(good)) << good;
  EXPECT_TRUE(WorkerId::parse(std::string(100, 'a')));
  for (const std::string bad : {"", "-a", "A", "a_b", "a/b", "..", "a.b", "a b", "a\n", "é"})
    EXPECT_FALSE(WorkerId::parse(bad)) << bad;
  EXPECT_FALSE(WorkerId::parse(std::string(101, 'a')));
}

// Answers of cksum, md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum and b2sum for
// "rbee\n".
TEST(Digest, AgreesWithCoreutils) {
  const std::string text = "rbee\n";
  EXPECT_EQ(digest_of(HashAlgorithm::cksum, text), "3171246371");
  EXPECT_EQ(digest_of(HashAlgorithm::md5, text), "bc0e1fff5f0e3e6d727da1b17e2654d0");
  EXPECT_EQ(digest_of(HashAlgorithm::sha1, text), "45c4caec305b1da6b0b0021fa3ca5582074caea6");
  EXPECT_EQ(digest_of(HashAlgorithm::sha224, text),
            "5917803156301314c88121c7f7be3668b288ec37af68012171b0d889");
  EXPECT_EQ(Sha256::of(text).hex(),
            "77962ce885eaeace588a3128f47dbc231ec4743b40b1fa76fe2249eb8a95489c");
  EXPECT_EQ(digest_of(HashAlgorithm::sha384, text),
            "9c5137b53eabe9b02f861ea938cb4aa59ada5f48870ec87b1da6fadb764f7475e074b457a74be7c6842585"
            "543f2592b7");
  EXPECT_EQ(digest_of(HashAlgorithm::sha512, text),
            "aae195e2690a6d5ef42a37abea7a596adca49f61641d90c3b736f16ff617a45fea18c58ebb64dfffd486b3"
            "c30a350005c33b79f57e75755a6e5aafaf2dc7a744");
  EXPECT_EQ(digest_of(HashAlgorithm::b2, text),
            "576d51f01fafb075930f10844998afff3f2c94dab35a2d56b05853e9a28f9d31a19aae88f380c8c9f0d5d6"
            "41aa34d515a3be8af56326a218f4b9c4032d2cc357");
}

TEST(Digest, KnowsItsForms) {
  EXPECT_TRUE(is_digest(HashAlgorithm::sha256, std::string(64, 'A')));
  EXPECT_FALSE(is_digest(HashAlgorithm::sha256, std::string(63, 'a')));
  EXPECT_FALSE(is_digest(HashAlgorithm::sha256, std::string(64, 'g')));
  EXPECT_TRUE(is_digest(HashAlgorithm::cksum, "4294967295"));
  for (HashAlgorithm a : kHashAlgorithms) EXPECT_EQ(hash_algorithm(array_name(a)), a);
  EXPECT_FALSE(is_strong(HashAlgorithm::sha1));
  EXPECT_TRUE(is_strong(HashAlgorithm::b2));
}

TEST(Text, PrintableRemovesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\xEF\xBF\xBD[31mb");
  EXPECT_EQ(printable("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(printable_line("a\tb\nc"), "a b c");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "evil"),
            "\xEF\xBF\xBD"
            "evil");  // U+202E
  EXPECT_EQ(printable("\xC2\x9B"
                      "x"),
            "\xEF\xBF\xBD"
            "x");  // U+009B, CSI
  EXPECT_EQ(printable("h\xC3\xA9"), "h\xC3\xA9");
  EXPECT_EQ(printable("\xFF"), "\xEF\xBF\xBD");
}

TEST(Text, Utf8IsRfc3629) {
  EXPECT_TRUE(is_utf8("\xF0\x9F\x90\x9D"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Text, DidYouMeanFindsTypingErrors) {
  const std::vector<std::string> words = {"license", "homepage", "tags"};
  EXPECT_EQ(did_you_mean("licence", words), "license");
  EXPECT_EQ(did_you_mean("tgas", words), "tags");
  EXPECT_EQ(did_you_mean("zebra", words), std::nullopt);
}

TEST(Text, HumanSizeRoundsIntoTheNextUnit) {
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(3400), "3.4 kB");
  EXPECT_EQ(human_size(999'999), "1.0 MB");
}

TEST(Span, ExcerptPutsTheCaretUnderTheBytes) {
  const std::string_view text = "one\n\ttwo=three\nfour";
  EXPECT_EQ(excerpt(text, {9, 14}), "  \ttwo=three\n  \t    ^~~~~");
  EXPECT_EQ(LineMap(text).position(9), (Position{2, 6}));
  EXPECT_EQ(LineMap::line_text(text, 3), "four");
  EXPECT_EQ(LineMap::line_text(text, 4), "");
}

TEST(Platform, RoundTrips) {
  for (Os os : kOses)
    for (Arch arch : kArches)
      for (Accelerator accelerator : kAccelerators) {
        const Platform platform{os, arch, accelerator};
        auto parsed = parse_platform(to_string(platform));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(*parsed, platform);
      }
  EXPECT_EQ(*parse_platform("macos-aarch64"),
            (Platform{Os::macos, Arch::aarch64, Accelerator::cpu}));
  auto wrong = parse_platform("linux-x86_64-cudda");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().fix, "did you mean 'cuda'?");
}

TEST(Url, RefusesWhatCouldMislead) {
  auto url = Url::parse("https://Example.org:8443/a/b%20c.tar.gz?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host(), "example.org");
  EXPECT_EQ(url->file_name(), "b c.tar.gz");
  for (const char* bad : {"", "/x", "ftp://e.org/", "http:///x", "https://user:pw@e.org/",
                          "https://e.org/%0A", "javascript:alert(1)", "https://e.org/a b"})
    EXPECT_FALSE(Url::parse(bad)) << bad;
  EXPECT_EQ(percent_encode("a b/é"), "a%20b%2F%C3%A9");
}

TEST(Clock, WritesRfc3339) {
  EXPECT_EQ(rfc3339(Time(std::chrono::seconds(1'795'449'011))), "2026-11-23T15:50:11Z");
}

TEST(Error, ReadsAsWhatEvidenceWhyFix) {
  const auto error =
      fail(Errc::integrity, "checksum-mismatch", "a.tar.gz is not the file that the recipe names",
           {.evidence = {"expected 00"}, .why = "it changed", .fix = "rbee worker check"})
          .value();
  EXPECT_EQ(describe(error),
            "a.tar.gz is not the file that the recipe names [checksum-mismatch]\n  expected 00\n  "
            "why: it changed\n"
            "  fix: rbee worker check");
  EXPECT_EQ(exit_code(error.code), 6);
}

TEST(Clock, TimesAreReadAsTheyAreWritten) {
  for (const std::string text :
       {"1970-01-01T00:00:00Z", "2026-11-23T15:50:11Z", "2024-02-29T23:59:59Z"})
    EXPECT_EQ(rfc3339(*parse_rfc3339(text)), text);
  for (const std::string_view text :
       {"", "2026-11-23", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T15:50:11+01:00", "2026-11-23T15:50:1xZ"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Text, Base64OfRfc4648AndBack) {
  // RFC 4648, section 10.
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(from_base64(to_base64(all)), all);
  for (const std::string_view text :
       {"Z", "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm\n9", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace rbee
