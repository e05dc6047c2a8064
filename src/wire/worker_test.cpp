// What is written is read back, and each wrong shape is named.
#include "wire/worker.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

namespace rbee::wire {
namespace {

WorkerSummary sample_summary() {
  return {.id = "tts-worker",
          .name = "TTS \"Worker\"",
          .description = "Speaks\ntext",
          .version = "1:1.0.0-2",
          .source = "community",
          .license = "GPL-3.0-or-later",
          .homepage = {},
          .implementation = "cpp",
          .tags = {"tts", "audio"},
          .accelerators = {"cpu"},
          .tasks = {"text-to-speech"},
          .pkgbuild_url = "http://h/v1/workers/tts-worker/PKGBUILD",
          .url = "http://h/v1/workers/tts-worker",
          .author = "Ada",
          .created_at = "2026-01-01T00:00:00Z",
          .updated_at = "2026-01-02T00:00:00Z"};
}

WorkerDetail sample_detail() {
  WorkerDetail detail;
  detail.summary = sample_summary();
  detail.commit = std::string(40, 'a');
  detail.recipes = {{"PKGBUILD", "http://h/p", std::string(64, 'b'), true}};
  detail.variants = {{"linux",
                      "x86_64",
                      "cpu",
                      "PKGBUILD",
                      {"cpu"},
                      {"espeak-ng"},
                      {{"a.tar.gz", "https://e/a.tar.gz", "https", {{"sha256sums", "SKIP"}}}}}};
  detail.files = {{"src/main.cpp", 12, false, "http://h/f"}};
  detail.capabilities = {{"text-to-speech"}, {"gguf"}, 4096, true, std::nullopt};
  detail.hardware = {512, 0, 40, ">=12.0"};
  detail.run = Run{"openai", {"--port", "{port}"}, "/health"};
  detail.premium = Premium{"RBEE_LICENSE_X", "https://shop.example", {"releases.example"}};
  detail.variants[0].sources[0].size_bytes = 4711;
  detail.manifest_url = "http://h/m";
  return detail;
}

std::string written(const boost::json::value& value) {
  return boost::json::serialize(value);
}

TEST(WorkerJson, DetailComesBackUnchanged) {
  const std::string text = written(to_json(sample_detail()));
  const auto back = parse_worker_detail(text);
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(written(to_json(*back)), text);
  EXPECT_EQ(back->summary.name, "TTS \"Worker\"");
  EXPECT_EQ(back->variants.at(0).sources.at(0).checksums.at("sha256sums"), "SKIP");
  EXPECT_EQ(back->capabilities.max_context_length, 4096);
  EXPECT_EQ(back->capabilities.supports_batching, std::nullopt);
  EXPECT_EQ(back->run->args, (std::vector<std::string>{"--port", "{port}"}));
  EXPECT_EQ(back->readme_url, "");
}

TEST(WorkerJson, TrustComesBackUnchanged) {
  const Trust trust{
      "1.2-1", "ann",       "2026-11-01T00:00:00Z", false, "2026-11-23T15:50:11Z", true,
      {"rex"}, "it crashes"};
  const auto back = parse_trust(written(to_json(trust)));
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(written(to_json(*back)), written(to_json(trust)));
  EXPECT_EQ(parse_trust("{}").error().id, "response-shape");
}

TEST(WorkerJson, EmptyOptionalKeysAreLeftOut) {
  const std::string text = written(to_json(sample_summary()));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("homepage")));
  EXPECT_THAT(text, testing::StartsWith(R"({"id":"tts-worker","name":"TTS \"Worker\"",)"));
}

TEST(WorkerJson, ListComesBackUnchanged) {
  WorkerList list;
  list.workers = {sample_summary()};
  list.total = 7;
  list.next = "tts-worker";
  const auto back = parse_worker_list(written(to_json(list)));
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(written(to_json(*back)), written(to_json(list)));
}

TEST(WorkerJson, ProblemNeedsNoKey) {
  const auto problem = parse_problem(R"({"status":404,"title":"No","x-new":1})");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->type, "about:blank");
  EXPECT_EQ(problem->status, 404);
}

struct Refused {
  const char* name;
  std::string json;
  std::string message;  ///< The message, or the reason where the text is no JSON.
};
void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}
class WorkerListRefused : public testing::TestWithParam<Refused> {};

TEST_P(WorkerListRefused, WithThisMessage) {
  const auto result = parse_worker_list(GetParam().json);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::bad_response);
  if (result.error().id == "response-json") {
    EXPECT_EQ(result.error().why, GetParam().message);
  } else {
    EXPECT_EQ(result.error().id, "response-shape");
    EXPECT_EQ(result.error().message, GetParam().message);
  }
}

std::string item_with(std::string_view key, std::string_view value) {
  boost::json::value item = to_json(sample_summary());
  item.as_object()[boost::json::string_view(key.data(), key.size())] =
      boost::json::string_view(value.data(), value.size());
  return R"({"total":1,"workers":[)" + written(item) + "]}";
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WorkerListRefused,
    testing::Values(Refused{"root_array", "[]", "the answer is an array; expected an object"},
                    Refused{"missing", "{}", "'workers' is missing; expected an array of objects"},
                    Refused{"null", R"({"workers":null})",
                            "'workers' is missing; expected an array of objects"},
                    Refused{"not_array", R"({"workers":3})",
                            "'workers' is an integer; expected an array of objects"},
                    Refused{"not_object", R"({"workers":["x"]})",
                            "'workers[0]' is a string; expected an object"},
                    Refused{"item", R"({"workers":[{}]})",
                            "'workers[0].id' is missing; expected a string"},
                    Refused{"tags", item_with("tags", "x"),
                            "'workers[0].tags' is a string; expected an array of strings"},
                    Refused{"total", R"({"workers":[],"total":-1})",
                            "'total' is an integer; expected an integer of at least 0"},
                    Refused{"fraction", R"({"workers":[],"total":1.5})",
                            "'total' is a fraction; expected an integer of at least 0"},
                    Refused{"next", R"({"workers":[],"total":1,"next":[]})",
                            "'next' is an array; expected a string"},
                    Refused{"duplicate", R"({"workers":[],"workers":[],"total":0})",
                            "the key 'workers' stands twice in one object"},
                    Refused{"duplicate_escaped", R"({"a":1,"\u0061":2})",
                            "the key 'a' stands twice in one object"},
                    Refused{"duplicate_inside", R"({"x":[{"b":{"k":1,"k":1}}]})",
                            "the key 'k' stands twice in one object"},
                    Refused{"deep", nested(17), "it is nested deeper than 16 levels"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text :
       {"", "{", "{}x", "{\"a\":\"\xff\"}", "{a:1}", "[1,]", "// x\n{}", "\xEF\xBB\xBF{}"}) {
    const auto result = parse_worker_list(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().id, "response-json") << text;
  }
}

TEST(ParseJson, SameKeyInSiblingsIsFine) {
  EXPECT_TRUE(parse_problem(R"({"a":{"k":1},"b":{"k":1}})"));
}

}  // namespace
}  // namespace rbee::wire
