// Properties of edits on generated recipes: there and back is the same bytes, and no byte outside
// of an edit moves.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "pkgbuild/edit.hpp"
#include "pkgbuild/generate.hpp"

namespace rbee::pkgbuild {
namespace {

rc::Gen<std::string> version() {
  return rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("0123456789.abcRZ_+~^@,%$'\"\\`(&"))));
}

rc::Gen<std::string> plain_version() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 99), rc::gen::inRange(0, 999), rc::gen::inRange(0, 99)),
      [](const std::tuple<int, int, int>& v) {
        return std::to_string(std::get<0>(v)) + "." + std::to_string(std::get<1>(v)) + "." +
               std::to_string(std::get<2>(v));
      });
}

/// `value` as the right side of an assignment, in one of the ways in which people write it.
std::string written(const std::string& value, int hand) {
  const bool bare = value.find_first_not_of("0123456789.abcRZ_+") == std::string::npos;
  std::string escaped;
  for (const char c : value) {
    if (std::string("\\\"$`").find(c) != std::string::npos) escaped += '\\';
    escaped += c;
  }
  if (hand == 0 && bare) return value;
  return hand == 1 ? "\"" + escaped + "\"" : quote(value);
}

/// A recipe around a pkgver that is written out.
std::string recipe_text(const std::string& value, int hand) {
  const std::string noise = *rc::gen::elementOf(std::vector<std::string>{
      "", "# pkgver=1 is not here\n", "\n\n", "_x='pkgver=2'\n", "options=(!strip) # o\n"});
  const std::string after =
      *rc::gen::elementOf(std::vector<std::string>{"", " # the version", ";", " ;  # c", "\t"});
  const std::string indent = *rc::gen::elementOf(std::vector<std::string>{"", "  ", "\t"});
  return "pkgname=w\n" + noise + indent + "pkgver=" + written(value, hand) + after +
         "\npkgrel=1\n" + noise +
         "arch=('any')\nsource=(\"w-$pkgver.tar::https://example.org/w.tar\")\n"
         "sha256sums=('SKIP')\npackage() {\n  echo \"$pkgver\"\n}\n";
}

/// Everything but the edits' places is in the new text, in order and at the right place.
void nothing_else_moved(const std::string& before, const Edited& edited) {
  std::size_t at = 0;
  std::size_t there = 0;
  for (const Edit& edit : edited.edits) {
    const std::size_t kept = edit.span.begin - at;
    RC_ASSERT(edited.text.substr(there, kept) == before.substr(at, kept));
    there += kept;
    RC_ASSERT(edited.text.substr(there, edit.text.size()) == edit.text);
    there += edit.text.size();
    at = edit.span.end;
  }
  RC_ASSERT(edited.text.substr(there) == before.substr(at));
}

RC_GTEST_PROP(EditProperty, AVersionThereAndBackIsTheSameBytes, ()) {
  const std::string old = *version();
  const std::string wanted = *version();
  const int hand = *rc::gen::inRange(0, 3);
  const std::string text = recipe_text(old, hand);
  const auto there = set_version(text, {}, {.pkgver = wanted});
  if (!there) RC_DISCARD("not a recipe with that version");
  RC_ASSERT(there->after.scalar("pkgver") == wanted);
  nothing_else_moved(text, *there);
  const auto back = set_version(there->text, {}, {.pkgver = old});
  RC_ASSERT(back.has_value());
  nothing_else_moved(there->text, *back);
  // A bare word that could not stay bare is in quotes after both.
  const bool bare_again =
      hand != 0 || wanted.find_first_not_of("0123456789.abcRZ_+") == std::string::npos;
  if (bare_again) RC_ASSERT(back->text == text);
  RC_ASSERT(back->after.scalar("pkgver") == old);
}

RC_GTEST_PROP(EditProperty, AFollowedVersionThereAndBackIsTheSameBytes, ()) {
  const std::string old = *plain_version();
  const std::string wanted = *plain_version();
  const std::string form = *rc::gen::elementOf(std::vector<std::string>{
      "_v=@\npkgver=$_v\n", "_tag='v@'\npkgver=${_tag#v}\n", "_a=\"@\"\n_b=$_a\npkgver=\"${_b}\"\n",
      "_v=@-x\npkgver=${_v/-x}\n", "_v=x.@\npkgver=$(cut -d. -f2- <<< \"$_v\")\n"});
  std::string made = form;
  made.replace(made.find('@'), 1, old);
  const std::string text = "pkgname=w\n" + made + "pkgrel=1\narch=(any)\n";
  const auto there = set_version(text, {}, {.pkgver = wanted});
  RC_ASSERT(there.has_value());
  nothing_else_moved(text, *there);
  const auto back = set_version(there->text, {}, {.pkgver = old});
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->text == text);
}

RC_GTEST_PROP(EditProperty, ChecksumsThereAndBackAreTheSameBytes, ()) {
  const auto digit = rc::gen::elementOf(std::string("0123456789abcdef"));
  const auto sum = rc::gen::oneOf(rc::gen::just(std::string("SKIP")),
                                  rc::gen::container<std::string>(64, digit));
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  const auto old = *rc::gen::container<std::vector<std::string>>(count, sum);
  const auto wanted = *rc::gen::container<std::vector<std::string>>(count, sum);
  std::string text = "pkgname=w\npkgver=1\npkgrel=1\narch=(any)\nsource=(";
  for (std::size_t i = 0; i < count; ++i) text += "f" + std::to_string(i) + " ";
  text += ")\nsha256sums=(";
  const auto gaps = std::vector<std::string>{" ", "\n", "\n  ", " # c\n\t", "\n\n", " \\\n "};
  for (const std::string& each : old)
    text += *rc::gen::elementOf(gaps) + written(each, *rc::gen::inRange(0, 3));
  text += *rc::gen::elementOf(gaps) + ")\n# end\n";
  const auto there = set_checksums(text, {}, {{HashAlgorithm::sha256, "", wanted}});
  RC_ASSERT(there.has_value());
  nothing_else_moved(text, *there);
  const auto back = set_checksums(there->text, {}, {{HashAlgorithm::sha256, "", old}});
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->text == text);
}

RC_GTEST_PROP(EditProperty, MoreAndFewerChecksumsAreReadAsWritten, ()) {
  const auto gaps = std::vector<std::string>{" ", "\n  ", " # c\n\t", " \\\n "};
  const auto before = *rc::gen::inRange<std::size_t>(0, 5);
  const auto after = *rc::gen::inRange<std::size_t>(0, 7);
  std::string text = "pkgname=w\npkgver=1\npkgrel=1\narch=(any)\nb2sums=(";
  for (std::size_t i = 0; i < before; ++i)
    text += *rc::gen::elementOf(gaps) + written("a" + std::to_string(i), *rc::gen::inRange(0, 3));
  text += *rc::gen::elementOf(gaps) + ")\n";
  std::vector<std::string> values;
  for (std::size_t i = 0; i < after; ++i) values.push_back("b" + std::to_string(i));
  const auto edited = set_checksums(text, {}, {{HashAlgorithm::b2, "", values}});
  RC_ASSERT(edited.has_value());
  RC_ASSERT(edited->after.array("b2sums") == values);
  nothing_else_moved(text, *edited);
}

}  // namespace
}  // namespace rbee::pkgbuild
