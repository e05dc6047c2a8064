// worker.toml: what a full one means, and one row per thing that can be wrong with one.
#include "manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "manifest/rules.hpp"
#include "manifest/spdx.hpp"

namespace rbee::manifest {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kHead = R"([worker]
id = "w"
name = "W"
description = "Does it"
license = "MIT"
)";

constexpr std::string_view kFull = R"([worker]
id = "tts-worker"
name = "TTS Worker"
description = "Speaks text with espeak-ng"
license = "GPL-3.0-or-later"
homepage = "https://example.org"
tags = ["tts", "audio", "cpu"]
implementation = "cpp"
version = { cargo = "bin/tts/Cargo.toml" }

[capabilities]
tasks = ["text-to-speech"]
supported_formats = ["gguf", "safetensors"]
max_context_length = 32768
supports_streaming = true
supports_batching = false

[hardware]
ram_mb = 512
vram_mb = 0
disk_mb = 40
cuda = ">=12.0"

[[variant]]
accelerator = "cpu"
os = ["linux"]
arch = ["x86_64", "aarch64"]
recipe = "PKGBUILD"
features = ["cpu"]
depends = ["espeak-ng", "glibc>=2.36"]

[[variant]]
accelerator = "cuda"
arch = ["x86_64"]
recipe = "PKGBUILD.bin"

[source]
type = "git"
url = "https://github.com/rbee-keeper/rbee.git"
tag = "v{version}"
commit = "0509312fd8bae758c0a3434ccca6cfda1bd1b7f6"
path = "bin/30_llm_worker_rbee"
build_system = "cargo"

[release]
url = "https://example.org/releases/v{version}/tts-worker-{os}-{arch}-{accelerator}.tar.gz"
binary = "tts-worker-{version}/tts-worker"
sha256 = { "linux-x86_64-cuda" = "AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "linux-aarch64-cpu" = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }

[premium]
license_env = "RBEE_LICENSE_KEY"
purchase_url = "https://example.org/licenses"
hosts = ["example.org"]

[run]
protocol = "openai"
args = ["--host", "127.0.0.1", "--port", "{port}", "--model", "{model}", "--alias", "{model}"]
health = "/health"

[compatibility.huggingface]
tasks = ["text-generation"]
libraries = ["transformers"]
formats = ["gguf"]
languages = ["en"]
min_parameters = 0.1
max_parameters = 500

[compatibility.civitai]
model_types = ["Checkpoint"]
base_models = ["SD 1.5", "SDXL 1.0"]
)";

std::string findings_text(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) out += describe(finding) + "\n";
  return out;
}

TEST(Manifest, ReadsEveryKey) {
  const Parsed parsed = parse_manifest(kFull, "tts-worker");
  ASSERT_TRUE(parsed.manifest) << findings_text(parsed.findings);
  EXPECT_EQ(findings_text(parsed.findings), "");
  const Manifest& m = *parsed.manifest;
  EXPECT_EQ(m.id.str(), "tts-worker");
  EXPECT_EQ(m.name, "TTS Worker");
  EXPECT_EQ(m.description, "Speaks text with espeak-ng");
  EXPECT_EQ(m.license, "GPL-3.0-or-later");
  EXPECT_EQ(m.homepage, "https://example.org");
  EXPECT_THAT(m.tags, ElementsAre("tts", "audio", "cpu"));
  EXPECT_EQ(m.implementation, Implementation::cpp);
  EXPECT_EQ(m.version_cargo, "bin/tts/Cargo.toml");
  EXPECT_EQ(m.version, "");
  EXPECT_THAT(m.capabilities.tasks, ElementsAre("text-to-speech"));
  EXPECT_THAT(m.capabilities.supported_formats, ElementsAre("gguf", "safetensors"));
  EXPECT_EQ(m.capabilities.max_context_length, 32768);
  EXPECT_EQ(m.capabilities.supports_streaming, true);
  EXPECT_EQ(m.capabilities.supports_batching, false);
  EXPECT_EQ(m.hardware.ram_mb, 512);
  EXPECT_EQ(m.hardware.disk_mb, 40);
  EXPECT_EQ(m.hardware.cuda, ">=12.0");
  ASSERT_EQ(m.variants.size(), 2u);
  EXPECT_THAT(m.variants[0].arch, ElementsAre(Arch::x86_64, Arch::aarch64));
  EXPECT_THAT(m.variants[0].depends, ElementsAre("espeak-ng", "glibc>=2.36"));
  EXPECT_EQ(m.variants[0].recipe, RecipeKind::source);
  EXPECT_THAT(m.variants[1].os, ElementsAre(Os::linux));
  EXPECT_EQ(m.variants[1].accelerator, Accelerator::cuda);
  ASSERT_TRUE(m.source);
  EXPECT_EQ(m.source->commit, "0509312fd8bae758c0a3434ccca6cfda1bd1b7f6");
  EXPECT_EQ(m.source->build_system, BuildSystem::cargo);
  ASSERT_TRUE(m.release);
  EXPECT_EQ(m.release->sha256.at("linux-x86_64-cuda"), std::string(64, 'a'));
  ASSERT_TRUE(m.premium);
  EXPECT_THAT(m.premium->hosts, ElementsAre("example.org"));
  ASSERT_TRUE(m.run);
  EXPECT_EQ(m.run->protocol, Protocol::openai);
  EXPECT_THAT(m.run->args, ElementsAre("--host", "127.0.0.1", "--port", "{port}", "--model",
                                       "{model}", "--alias", "{model}"));
  EXPECT_EQ(m.run->health, "/health");
  ASSERT_TRUE(m.huggingface);
  EXPECT_EQ(m.huggingface->min_parameters, 0.1);
  EXPECT_EQ(m.huggingface->max_parameters, 500);
  ASSERT_TRUE(m.civitai);
  EXPECT_THAT(m.civitai->base_models, ElementsAre("SD 1.5", "SDXL 1.0"));
}

TEST(Manifest, FourLinesAreEnough) {
  const Parsed parsed = parse_manifest(kHead, "w");
  ASSERT_TRUE(parsed.manifest) << findings_text(parsed.findings);
  EXPECT_EQ(parsed.manifest->implementation, Implementation::other);
  EXPECT_FALSE(parsed.manifest->capabilities.supports_streaming);
  EXPECT_TRUE(parsed.manifest->variants.empty());
}

/// One mistake: what is added to a good manifest, and the findings it must give, one "line:column
/// rule: message" each.
struct Mistake {
  const char* name;
  std::string text;
  std::string expected;
};
void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class Mistakes : public ::testing::TestWithParam<Mistake> {};

std::string summary(const Parsed& parsed) {
  std::string out;
  for (const Finding& f : parsed.findings) {
    EXPECT_EQ(f.file, "worker.toml");
    out += std::to_string(f.position.line) + ":" + std::to_string(f.position.column) + " ";
    if (f.severity != Severity::block) out += std::string(to_string(f.severity)) + " ";
    out += f.rule + ": " + f.message + (f.fix.empty() ? "" : " | " + f.fix) + "\n";
  }
  return out;
}

std::string with(std::string_view more) {
  return std::string(kHead) + std::string(more);
}
std::string worker(std::string_view id, std::string_view name, std::string_view description,
                   std::string_view license) {
  std::string text = "[worker]\n";
  for (const auto& [key, value] :
       {std::pair{"id", id}, {"name", name}, {"description", description}, {"license", license}})
    if (!value.empty()) text += std::string(key) + " = " + std::string(value) + "\n";
  return text;
}

TEST_P(Mistakes, AreFoundWhereTheyAre) {
  const Parsed parsed = parse_manifest(GetParam().text, "w");
  EXPECT_EQ(summary(parsed), GetParam().expected);
  const bool blocks = std::any_of(parsed.findings.begin(), parsed.findings.end(),
                                  [](const Finding& f) { return f.severity == Severity::block; });
  EXPECT_EQ(parsed.manifest.has_value(), !blocks);
}

const std::string kSha(64, 'a');
const std::string kCommit(40, 'c');

INSTANTIATE_TEST_SUITE_P(
    Manifest, Mistakes,
    ::testing::Values(
        Mistake{
            "unknown_key", with("licence = \"MIT\"\n"),
            "6:1 toml-unknown-key: 'licence' is not a key of [worker] | did you mean 'license'?\n"},
        Mistake{"unknown_table", with("[capabilitys]\n"),
                "6:2 toml-unknown-key: 'capabilitys' is not a table of worker.toml | did you mean "
                "'capabilities'?\n"},
        Mistake{"unknown_far", with("zebra = 1\n"),
                "6:1 toml-unknown-key: 'zebra' is not a key of [worker]\n"},
        Mistake{"unknown_in_variant",
                with("[[variant]]\naccelerator = \"cpu\"\narch = [\"x86_64\"]\nfeature = []\n"),
                "9:1 toml-unknown-key: 'feature' is not a key of [variant] | did you mean "
                "'features'?\n"},
        Mistake{"unknown_in_compatibility", with("[compatibility.hugingface]\n"),
                "6:16 toml-unknown-key: 'hugingface' is not a key of [compatibility] | did you "
                "mean 'huggingface'?\n"},
        Mistake{
            "nothing", "",
            "1:1 toml-missing-key: the table [worker] is missing | begin with [worker] and its id, "
            "name, description and license\n"},
        Mistake{"all_missing", "[worker]\n",
                "1:1 toml-missing-key: [worker].id is missing\n1:1 toml-missing-key: [worker].name "
                "is missing\n"
                "1:1 toml-missing-key: [worker].description is missing\n1:1 toml-missing-key: "
                "[worker].license is missing\n"},
        Mistake{"several_at_once", worker("\"w\"", "7", "\"d\"", "\"MIT\"") + "tags = [\"Bad\"]\n",
                "3:8 toml-wrong-type: [worker].name must be a string, and is an integer\n"
                "6:9 toml-wrong-value: [worker].tags: 'Bad' is not a tag: at most 32 lower-case "
                "letters, digits and "
                "'-', a letter or digit first\n"},
        Mistake{"id_mismatch", worker("\"other\"", "\"W\"", "\"d\"", "\"MIT\""),
                "2:6 toml-id-mismatch: [worker].id is 'other', and the folder is called 'w' | "
                "rename one of them\n"},
        Mistake{"id_invalid", worker("\"../w\"", "\"W\"", "\"d\"", "\"MIT\""),
                "2:6 toml-wrong-value: [worker].id: '../w' is not a worker id\n"},
        Mistake{"description_long",
                worker("\"w\"", "\"W\"", "\"" + std::string(256, 'x') + "\"", "\"MIT\""),
                "4:15 toml-too-long: [worker].description has 256 characters; at most 255 are "
                "allowed\n"},
        Mistake{"name_empty", worker("\"w\"", "\"\"", "\"d\"", "\"MIT\""),
                "3:8 toml-wrong-value: [worker].name is empty\n"},
        Mistake{"escape_in_name", worker("\"w\"", R"("a\u001b[31m")", "\"d\"", "\"MIT\""),
                "3:8 toml-control-character: [worker].name holds a control, bidirectional or "
                "zero-width character | "
                "remove it; a line break too\n"},
        Mistake{"newline_in_description", worker("\"w\"", "\"W\"", "\"a\\nb\"", "\"MIT\""),
                "4:15 toml-control-character: [worker].description holds a control, bidirectional "
                "or zero-width "
                "character | remove it; a line break too\n"},
        Mistake{"bidi_in_comment", with("# \xE2\x80\xAE\n"),
                "6:3 toml-invisible-character: a control, bidirectional or zero-width character "
                "stands here | remove it\n"},
        Mistake{
            "not_utf8", with("# \xFF\n"),
            "6:3 toml-not-utf8: the bytes at offset 71 are not UTF-8 | save the file as UTF-8\n"},
        Mistake{"column_after_accents",
                worker("\"w\"", "\"W\"", "\"d\"", "\"MIT\"") + "tags = [\"é\", \"ok\"]\n",
                "6:9 toml-wrong-value: [worker].tags: 'é' is not a tag: at most 32 lower-case "
                "letters, digits and '-', "
                "a letter or digit first\n"},
        Mistake{"syntax", with("tags = [\"a\"\n"),
                "6:12 toml-syntax: Error while parsing array: encountered end-of-file\n"},
        Mistake{"duplicate_key", with("name = \"X\"\n"),
                "6:8 toml-syntax: Error while parsing key-value pair: cannot redefine existing "
                "string 'name'\n"},
        Mistake{
            "tags_not_array", with("tags = \"a\"\n"),
            "6:8 toml-wrong-type: [worker].tags must be an array of strings, and is a string\n"},
        Mistake{"tag_not_string", with("tags = [1]\n"),
                "6:9 toml-wrong-type: [worker].tags must be a string, and is an integer\n"},
        Mistake{"tags_many",
                with("tags = "
                     "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\","
                     "\"m\",\"n\",\"o\",\"p\",\"q\"]\n"),
                "6:8 toml-too-many: [worker].tags has 17 values; at most 16 are allowed\n"},
        Mistake{"tag_twice", with("tags = [\"a\", \"a\"]\n"),
                "6:14 warn toml-repeated-value: 'a' stands twice in [worker].tags\n"},
        Mistake{"implementation", with("implementation = \"rustt\"\n"),
                "6:18 toml-wrong-value: 'rustt' is not a value of [worker].implementation | did "
                "you mean 'rust'?\n"},
        Mistake{"homepage_scheme", with("homepage = \"javascript:alert(1)\"\n"),
                "6:12 toml-wrong-value: [worker].homepage: 'javascript:alert(1)' is not a URL that "
                "can be used: the "
                "scheme 'javascript' is not http, https or file\n"},
        Mistake{"homepage_file", with("homepage = \"file:///etc/passwd\"\n"),
                "6:12 toml-wrong-value: [worker].homepage: 'file:///etc/passwd' must be an http or "
                "https URL\n"},
        Mistake{"version_path", with("version = { cargo = \"../Cargo.toml\" }\n"),
                "6:21 toml-wrong-value: [worker.version].cargo: '../Cargo.toml' is not a relative "
                "path of plain names "
                "('..' and leading '-' are not allowed)\n"},
        Mistake{"version_file", with("version = { cargo = \"a/setup.py\" }\n"),
                "6:21 toml-wrong-value: 'a/setup.py' is not the path of a Cargo.toml\n"},
        Mistake{"version_text", with("version = \"$(id)\"\n"),
                "6:11 toml-wrong-value: [worker].version: '$(id)' is not a version: a digit first, "
                "then letters, "
                "digits and '. _ + -'\n"},
        Mistake{"license_grammar", worker("\"w\"", "\"W\"", "\"d\"", "\"MIT or Apache-2.0\""),
                "5:16 license-invalid: 'or' stands where AND, OR or the end was expected | "
                "operators are written in capitals\n"},
        Mistake{"license_unknown", worker("\"w\"", "\"W\"", "\"d\"", "\"MITT\""),
                "5:12 warn license-unknown: 'MITT' is not a common SPDX licence identifier | did "
                "you mean 'MIT'?\n"},
        Mistake{"license_vague", worker("\"w\"", "\"W\"", "\"d\"", "\"MIT AND GPL-3.0\""),
                "5:20 warn license-unknown: 'GPL-3.0' does not say whether later versions are "
                "meant | write "
                "GPL-3.0-only or GPL-3.0-or-later\n"},
        Mistake{"context_range", with("[capabilities]\nmax_context_length = 0\n"),
                "7:22 toml-out-of-range: [capabilities].max_context_length is 0, and must be "
                "between 1 and 1000000000\n"},
        Mistake{"streaming_type", with("[capabilities]\nsupports_streaming = \"yes\"\n"),
                "7:22 toml-wrong-type: [capabilities].supports_streaming must be true or false, "
                "and is a string\n"},
        Mistake{"ram_negative", with("[hardware]\nram_mb = -1\n"),
                "7:10 toml-out-of-range: [hardware].ram_mb is -1, and must be between 0 and "
                "67108864\n"},
        Mistake{"cuda_condition", with("[hardware]\ncuda = \"12\"\n"),
                "7:8 toml-wrong-value: [hardware].cuda: '12' is not a condition like '>=12.0'\n"},
        Mistake{"accelerator_word",
                with("[[variant]]\naccelerator = \"cudda\"\narch = [\"x86_64\"]\n"),
                "7:15 toml-wrong-value: 'cudda' is not a value of [variant].accelerator | did you "
                "mean 'cuda'?\n"},
        Mistake{"arch_word", with("[[variant]]\naccelerator = \"cpu\"\narch = [\"x86-64\"]\n"),
                "8:9 toml-wrong-value: 'x86-64' is not a value of [variant].arch | did you mean "
                "'x86_64'?\n"},
        Mistake{"arch_missing", with("[[variant]]\naccelerator = \"cpu\"\n"),
                "6:1 toml-missing-key: [variant].arch is missing\n"},
        Mistake{"arch_empty", with("[[variant]]\naccelerator = \"cpu\"\narch = []\n"),
                "8:8 toml-wrong-value: [variant].arch is empty\n"},
        Mistake{"variant_table", with("[variant]\naccelerator = \"cpu\"\n"),
                "6:1 toml-wrong-type: variant must be an array of tables, and is a table | write "
                "[[variant]]\n"},
        Mistake{"variant_twice",
                with("[[variant]]\naccelerator = \"cpu\"\narch = "
                     "[\"x86_64\"]\n[[variant]]\naccelerator = \"cpu\"\n"
                     "arch = [\"x86_64\"]\nrecipe = \"PKGBUILD\"\n"),
                "9:1 toml-repeated-variant: an earlier [[variant]] describes linux-x86_64-cpu from "
                "PKGBUILD already\n"},
        Mistake{
            "feature_comma",
            with("[[variant]]\naccelerator = \"cpu\"\narch = [\"x86_64\"]\nfeatures = [\"a,b\"]\n"),
            "9:13 toml-wrong-value: [variant].features: 'a,b' is not a feature name: at most 64 "
            "letters, digits and '_ + - . /'\n"},
        Mistake{
            "depends_condition",
            with("[[variant]]\naccelerator = \"cpu\"\narch = [\"x86_64\"]\ndepends = [\"a>=\"]\n"),
            "9:12 toml-wrong-value: [variant].depends: 'a>=' has a version condition that is not "
            "like '>=1.2'\n"},
        Mistake{"source_http",
                with("[source]\ntype = \"git\"\nurl = \"http://example.org/a.git\"\ncommit = \"" +
                     kCommit + "\"\nbuild_system = \"make\"\n"),
                "8:7 toml-wrong-value: [source].url: 'http://example.org/a.git' must be an https "
                "URL\n"},
        Mistake{"source_fragment",
                with("[source]\ntype = \"git\"\nurl = "
                     "\"https://example.org/a.git#branch=x\"\ncommit = \"" +
                     kCommit + "\"\nbuild_system = \"make\"\n"),
                "8:7 toml-wrong-value: [source].url: 'https://example.org/a.git#branch=x' must not "
                "have a query or a "
                "fragment ('?' or '#')\n"},
        Mistake{"source_unpinned",
                with("[source]\ntype = \"git\"\nurl = \"https://example.org/a.git\"\ntag = "
                     "\"v1\"\nbuild_system = \"make\"\n"),
                "6:1 warn source-not-pinned: a tag or a branch can be moved to other code after "
                "the review | add "
                "commit = \"<40 hexadecimal digits>\"\n"},
        Mistake{"source_nothing",
                with("[source]\ntype = \"git\"\nurl = \"https://example.org/a.git\"\nbuild_system "
                     "= \"make\"\n"),
                "6:1 toml-missing-key: [source].commit is missing\n"},
        Mistake{"tarball_without_digest",
                with("[source]\ntype = \"tarball\"\nurl = \"https://example.org/a.tar.gz\"\ntag = "
                     "\"v1\"\nbuild_system = \"make\"\n"),
                "6:1 toml-missing-key: [source].sha256 is missing\n9:7 toml-conflict: [source].tag "
                "has no meaning for a tarball\n"},
        Mistake{"build_system",
                with("[source]\ntype = \"git\"\nurl = \"https://example.org/a.git\"\ncommit = \"" +
                     kCommit + "\"\nbuild_system = \"crago\"\n"),
                "10:16 toml-wrong-value: 'crago' is not a value of [source].build_system | did you "
                "mean 'cargo'?\n"},
        Mistake{"short_commit",
                with("[source]\ntype = \"git\"\nurl = \"https://example.org/a.git\"\ncommit = "
                     "\"abc\"\nbuild_system = \"make\"\n"),
                "9:10 toml-wrong-value: [source].commit: 'abc' is not a full commit id: 40 "
                "lower-case hexadecimal digits\n"},
        Mistake{"tag_option",
                with("[source]\ntype = \"git\"\nurl = \"https://example.org/a.git\"\ntag = "
                     "\"--upload-pack=x\"\ncommit = \"" +
                     kCommit + "\"\nbuild_system = \"make\"\n"),
                "9:7 toml-wrong-value: [source].tag: '--upload-pack=x' is not the name of a Git "
                "tag or branch\n"},
        Mistake{"release_placeholder",
                with("[release]\nurl = \"https://e.org/{verison}.tar.gz\"\nbinary = \"w\"\nsha256 "
                     "= { linux-x86_64-cpu = \"" +
                     kSha + "\" }\n"),
                "7:7 toml-wrong-value: [release].url: 'https://e.org/{verison}.tar.gz' has the "
                "unknown placeholder "
                "'{verison}'; did you mean '{version}'?\n"},
        Mistake{"release_platform",
                with("[release]\nurl = \"https://e.org/{arch}.tar.gz\"\nbinary = \"w\"\nsha256 = { "
                     "linux-x86_64 = \"" +
                     kSha + "\" }\n"),
                "9:12 toml-wrong-value: 'linux-x86_64' is not a platform | linux-x86_64-cpu\n"},
        Mistake{"release_digest",
                with("[release]\nurl = \"https://e.org/{arch}.tar.gz\"\nbinary = \"w\"\nsha256 = { "
                     "linux-x86_64-cpu = \"SKIP\" }\n"),
                "9:31 toml-wrong-value: the value for 'linux-x86_64-cpu' is not a SHA-256: 64 "
                "hexadecimal digits\n"},
        Mistake{"release_same_url",
                with("[release]\nurl = \"https://e.org/{arch}.tar.gz\"\nbinary = \"w\"\nsha256 = { "
                     "linux-x86_64-cpu = \"" +
                     kSha + "\", linux-x86_64-cuda = \"" + std::string(64, 'b') + "\" }\n"),
                "9:119 toml-conflict: 'linux-x86_64-cuda' has another digest than a platform with "
                "the same URL | put "
                "{os}, {arch} or {accelerator} into the URL\n"},
        Mistake{"release_empty",
                with("[release]\nurl = \"https://e.org/a.tar.gz\"\nbinary = \"w\"\nsha256 = {}\n"),
                "9:10 toml-wrong-value: [release].sha256 is empty\n"},
        Mistake{"release_binary",
                with("[release]\nurl = \"https://e.org/a.tar.gz\"\nbinary = \"../../w\"\nsha256 = "
                     "{ linux-x86_64-cpu = \"" +
                     kSha + "\" }\n"),
                "8:10 toml-wrong-value: [release].binary: '../../w' is not a relative path of "
                "plain names ('..' and "
                "leading '-' are not allowed)\n"},
        Mistake{"license_env",
                with("[premium]\nlicense_env = \"AWS_SECRET_ACCESS_KEY\"\nhosts = [\"e.org\"]\n"),
                "7:15 toml-wrong-value: [premium].license_env: 'AWS_SECRET_ACCESS_KEY' must begin "
                "with RBEE_LICENSE_, "
                "so that no other secret of the user can be asked for\n"},
        Mistake{"premium_host",
                with("[premium]\nlicense_env = \"RBEE_LICENSE_KEY\"\nhosts = [\"10.0.0.1\"]\n"),
                "8:10 toml-wrong-value: [premium].hosts: '10.0.0.1' is not a host name in lower "
                "case, without port\n"},
        Mistake{"listens_everywhere",
                with("[run]\nprotocol = \"http\"\nargs = [\"--host\", \"0.0.0.0\"]\n"),
                "8:19 META-002: the worker would listen on every network of the machine | write "
                "127.0.0.1 or {host}\n"},
        Mistake{"argument_placeholder", with("[run]\nprotocol = \"http\"\nargs = [\"{prot}\"]\n"),
                "8:9 toml-wrong-value: [run].args: '{prot}' has the unknown placeholder '{prot}'; "
                "did you mean '{port}'?\n"},
        Mistake{"protocol", with("[run]\nprotocol = \"open-ai\"\n"),
                "7:12 toml-wrong-value: 'open-ai' is not a value of [run].protocol | did you mean "
                "'openai'?\n"},
        Mistake{
            "health", with("[run]\nprotocol = \"http\"\nhealth = \"http://evil\"\n"),
            "8:10 toml-wrong-value: [run].health: 'http://evil' is not a path such as '/health'\n"},
        Mistake{"parameters_nan", with("[compatibility.huggingface]\nmin_parameters = nan\n"),
                "7:18 toml-out-of-range: [compatibility.huggingface].min_parameters is nan, and "
                "must be between 0 and 1000000\n"},
        Mistake{"parameters_order",
                with("[compatibility.huggingface]\nmin_parameters = 2\nmax_parameters = 1\n"),
                "7:18 toml-conflict: min_parameters is above max_parameters\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Manifest, ShowsTheLineAndACaret) {
  const Parsed parsed = parse_manifest(with("licence = \"MIT\"\n"), "w");
  ASSERT_EQ(parsed.findings.size(), 1u);
  EXPECT_EQ(describe(parsed.findings[0]),
            "worker.toml:6:1: block toml-unknown-key: 'licence' is not a key of [worker]\n"
            "  licence = \"MIT\"\n"
            "  ^~~~~~~\n"
            "  fix: did you mean 'license'?");
}

TEST(Manifest, RefusesWhatWouldCostTooMuch) {
  const auto rules = [](const std::string& text) {
    std::vector<std::string> out;
    for (const Finding& finding : parse_manifest(text, "w").findings) out.push_back(finding.rule);
    return out;
  };
  EXPECT_THAT(rules(std::string(kTomlBytesMax + 1, '#')), ElementsAre("toml-too-large"));
  EXPECT_THAT(rules("a = " + std::string(17, '[')), ElementsAre("toml-too-deep"));
  EXPECT_THAT(rules("a = " + std::string(60'000, '[')), ElementsAre("toml-too-deep"));
  std::string dotted = "a";
  for (int i = 0; i < 20'000; ++i) dotted += ".a";
  EXPECT_THAT(rules(dotted + " = 1"), ElementsAre("toml-too-deep"));
  EXPECT_THAT(rules("[" + dotted + "]"), ElementsAre("toml-too-deep"));
  // Brackets in strings and comments do not nest.
  EXPECT_TRUE(
      parse_manifest(
          with("homepage = \"https://e.org/[[[[[[[[[[[[[[[[[[[[\" # [[[[[[[[[[[[[[[[[[[[\n"), "w")
          .findings.size() == 1);
  const Parsed quoted = parse_manifest(
      worker("\"w\"", "'[[[[[[[[[[[[[[[[[[[['", R"("\"[[[[[[[[[[[[[[[[[[[[")", "\"MIT\""), "w");
  EXPECT_TRUE(quoted.manifest) << findings_text(quoted.findings);
}

TEST(Manifest, TheBundledOnesAreRight) {
  namespace fs = std::filesystem;
  int seen = 0;
  for (const char* level : {"catalog", "catalog/community"})
    for (const auto& folder : fs::directory_iterator(fs::path(RBEE_SOURCE_DIR) / level)) {
      std::ifstream file(folder.path() / "worker.toml");
      if (!file) continue;
      std::ostringstream text;
      text << file.rdbuf();
      const Parsed parsed = parse_manifest(text.str(), folder.path().filename().string());
      EXPECT_EQ(findings_text(parsed.findings), "") << folder.path();
      ++seen;
    }
  EXPECT_GE(seen, 4);
}

TEST(Spdx, FollowsTheGrammar) {
  for (const char* good :
       {"MIT", "Apache-2.0+", "MIT OR Apache-2.0", "(MIT OR Apache-2.0) AND BSD-3-Clause",
        "GPL-3.0-or-later WITH GCC-exception-3.1", "LicenseRef-my-own.1",
        "DocumentRef-spdx:LicenseRef-x", "((MIT))"}) {
    const auto result = parse_spdx(good);
    EXPECT_TRUE(result.remarks.empty()) << good << ": " << result.remarks[0].message;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"", "the licence expression is empty"},
      {"MIT OR", "a licence identifier is missing here"},
      {"OR MIT", "a licence identifier is missing here"},
      {"(MIT", "this parenthesis is not closed"},
      {"MIT)", "')' stands where AND, OR or the end was expected"},
      {"MIT Apache-2.0", "'Apache-2.0' stands where AND, OR or the end was expected"},
      {"custom: mine", "'custom:' is not an SPDX licence identifier"},
      {"GPL WITH", "WITH is not followed by the name of an exception"},
      {"LicenseRef-",
       "'LicenseRef-' is not LicenseRef- and a name of letters, digits, '-' and '.'"},
      {"MIT/Apache-2.0", "'MIT/Apache-2.0' is not an SPDX licence identifier"},
      {"$(id)", "'$' is not an SPDX licence identifier"}};
  for (const auto& [text, message] : bad) {
    const auto result = parse_spdx(text);
    ASSERT_FALSE(result.remarks.empty()) << text;
    EXPECT_TRUE(result.remarks.back().error) << text;
    EXPECT_EQ(result.remarks.back().message, message);
  }
  EXPECT_TRUE(parse_spdx(std::string(100'000, '(')).remarks.back().error);
}

TEST(Cargo, ReadsTheVersionAndTheWorkspaces) {
  const std::string own = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n";
  const std::string inherits = "[package]\nname = \"a\"\nversion.workspace = true\n";
  const std::string inherits_inline = "[package]\nversion = { workspace = true }\n";
  const std::string workspace =
      "[workspace]\nmembers = []\n[workspace.package]\nversion = \"2.3.4-rc.1\"\n";
  EXPECT_EQ(*cargo_version(own, std::nullopt), "0.1.0");
  EXPECT_FALSE(cargo_version_is_inherited(own));
  EXPECT_TRUE(cargo_version_is_inherited(inherits));
  EXPECT_TRUE(cargo_version_is_inherited(inherits_inline));
  EXPECT_EQ(*cargo_version(inherits, workspace), "2.3.4-rc.1");
  EXPECT_EQ(*cargo_version(inherits_inline, workspace), "2.3.4-rc.1");
  EXPECT_EQ(cargo_version(inherits, std::nullopt).error().id, "cargo-version-missing");
  EXPECT_EQ(cargo_version(inherits, "[workspace]\n").error().id, "cargo-version-missing");
  EXPECT_EQ(cargo_version("[package]\n", std::nullopt).error().id, "cargo-version-missing");
  EXPECT_EQ(cargo_version("[package]\nversion = \"$(id)\"\n", std::nullopt).error().id,
            "cargo-version-missing");
  EXPECT_EQ(cargo_version("[package\n", std::nullopt).error().id, "cargo-toml-invalid");
}

TEST(Rules, ExpandPlaceholders) {
  EXPECT_EQ(expand_placeholders("v{version}/{os}-{arch}-{accelerator}.{x}{", "1.0",
                                Platform{Os::macos, Arch::aarch64, Accelerator::metal}),
            "v1.0/macos-aarch64-metal.{x}{");
}

}  // namespace
}  // namespace rbee::manifest
