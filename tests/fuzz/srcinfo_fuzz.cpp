// Any bytes as a .SRCINFO: values or findings, and values that print and read back the same.
#include "fuzz.hpp"
#include "pkgbuild/srcinfo_parser.hpp"

namespace {

using namespace rbee;
using namespace rbee::pkgbuild;

bool same(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& two) {
    return one.first == two.first && one.second.form == two.second.form &&
           one.second.values == two.second.values;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const ParsedSrcinfo parsed = parse_srcinfo(text);
  REQUIRE(parsed.srcinfo.has_value() == parsed.findings.empty());
  REQUIRE(parsed.findings.size() <= kSrcinfoFindingsMax);
  std::uint32_t at = 0;
  for (const Finding& finding : parsed.findings) {
    REQUIRE(finding.span.begin >= at);
    at = finding.span.begin;
    fuzz::require_finding(finding, text);
  }
  if (!parsed.srcinfo) return 0;
  const Srcinfo& first = *parsed.srcinfo;
  REQUIRE(!first.pkgbase.empty() && !first.packages.empty());
  const std::string printed = print(first);
  const ParsedSrcinfo read = parse_srcinfo(printed);
  // A file that says a field for an architecture again and again can print larger than one may be.
  if (!read.srcinfo && read.findings.at(0).rule == "srcinfo-too-large") return 0;
  REQUIRE_FOR(read.srcinfo.has_value(), printed);
  const Srcinfo& second = *read.srcinfo;
  REQUIRE_FOR(print(second) == printed, printed);
  const ParsedSrcinfo once_more = parse_srcinfo(print(second));
  REQUIRE(once_more.srcinfo.has_value() && same(second.fields, once_more.srcinfo->fields));
  REQUIRE(first.packages.size() == second.packages.size());
  for (std::size_t i = 0; i < first.packages.size(); ++i)
    REQUIRE(same(second.packages[i].overrides, once_more.srcinfo->packages[i].overrides));
  return 0;
}
