// Any bytes as worker.toml: no crash, and what is accepted keeps the promises of manifest.hpp.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "manifest/manifest.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rbee;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const manifest::Parsed parsed = manifest::parse_manifest(text, "");
  bool blocks = false;
  for (const Finding& finding : parsed.findings) {
    blocks = blocks || finding.severity == Severity::block;
    require(!finding.rule.empty() && !finding.message.empty());
    require(finding.span.begin <= finding.span.end);
    require(is_utf8(describe(finding)));
    require(printable(finding.message) == finding.message);
  }
  require(parsed.manifest.has_value() == !blocks);
  if (parsed.manifest) {
    const manifest::Manifest& m = *parsed.manifest;
    require(WorkerId::parse(m.id.str()).has_value());
    require(!m.name.empty() && !m.description.empty() && !m.license.empty());
    for (const std::string* value : {&m.name, &m.description, &m.license, &m.homepage})
      require(printable_line(*value) == *value);
    for (const manifest::VariantRow& row : m.variants)
      require(!row.os.empty() && !row.arch.empty());
  }
  (void)manifest::cargo_version(text, text);
  return 0;
}
