// The rules for names in archives. Reject, never repair: a name that has to be mended is a name
// that another reader would mend differently.
#include "platform/archive_names.hpp"

#include <fmt/format.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cwchar>

#include "base/text.hpp"

namespace rbee::platform {

namespace {

tl::unexpected<Error> refuse_name(std::string id, std::string message) {
  return fail(Errc::invalid_input, std::move(id), std::move(message));
}

}  // namespace

/// `name` with every letter in lower case: two names that some file systems take for one are equal
/// then.
std::string fold_case(const std::string& name) {
  std::string out;
  std::mbstate_t from{};
  std::mbstate_t to{};
  for (const char* at = name.data(); at < name.data() + name.size();) {
    wchar_t c = 0;
    const std::size_t used =
        std::mbrtowc(&c, at, static_cast<std::size_t>(name.data() + name.size() - at), &from);
    if (used == 0 || used > 4) return name;
    std::array<char, 16> bytes{};
    const std::size_t made =
        std::wcrtomb(bytes.data(), static_cast<wchar_t>(::towlower(static_cast<wint_t>(c))), &to);
    if (made > 4) return name;
    out.append(bytes.data(), made);
    at += used;
  }
  return out;
}

/// A name of an archive as a plain relative path: no leading "./", no trailing '/'. Empty for the
/// root itself.
Result<std::string> plain_archive_path(const char* raw, const ArchiveLimits& limits) {
  if (raw == nullptr) return refuse_name("archive-name", "a name is missing or not UTF-8");
  std::string_view name(raw);
  const std::string shown = printable_line(name.substr(0, 200));
  if (name.size() > limits.path_bytes_max)
    return fail(Errc::too_large, "archive-path-length",
                fmt::format("a name is longer than {} bytes", limits.path_bytes_max));
  if (!is_utf8(name))
    return refuse_name("archive-name", fmt::format("the name '{}' is not UTF-8", shown));
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\')
      return refuse_name(
          "archive-name",
          fmt::format("the name '{}' holds a control character or a backslash", shown));
  if (name.starts_with('/'))
    return refuse_name("archive-absolute", fmt::format("the name '{}' is absolute", shown));
  if (name.size() >= 2 && name[1] == ':' && std::isalpha(static_cast<unsigned char>(name[0])))
    return refuse_name("archive-absolute",
                       fmt::format("the name '{}' begins with a drive letter", shown));
  if (name == "." || name == "./") return std::string();
  if (name.starts_with("./")) name.remove_prefix(2);
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty()) return refuse_name("archive-name", "a name is empty");
  int depth = 0;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..")
      return refuse_name("archive-traversal", fmt::format("the name '{}' leads upwards", shown));
    if (part.empty() || part == ".")
      return refuse_name("archive-name",
                         fmt::format("the name '{}' is not in its plain form", shown));
    if (part.size() > 255)
      return fail(Errc::too_large, "archive-path-length",
                  "a part of a name is longer than 255 bytes");
    if (++depth > limits.depth_max)
      return fail(Errc::too_large, "archive-depth",
                  fmt::format("a name is nested deeper than {} directories", limits.depth_max));
  }
  return std::string(name);
}

/// A link's target must stay inside however the links on its way point: leading ".."s within the
/// link's own (real) directories, then plain names, which at worst lead through other links that
/// obey the same rule.
Result<void> check_archive_link(const std::string& path, const char* raw,
                                const ArchiveLimits& limits) {
  const std::string_view target = raw == nullptr ? std::string_view() : std::string_view(raw);
  const auto complain = [&](std::string_view why) {
    return refuse_name("archive-symlink",
                       fmt::format("the link '{}' to '{}' {}", printable_line(path),
                                   printable_line(target.substr(0, 200)), why));
  };
  if (target.empty() || target.size() > limits.path_bytes_max || !is_utf8(target))
    return complain("is malformed");
  if (target.starts_with('/')) return complain("is absolute");
  if (target.find('\\') != std::string_view::npos) return complain("is malformed");
  auto room = std::count(path.begin(), path.end(), '/');
  bool descended = false;
  for (const std::string_view part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descended = true;
      continue;
    }
    if (descended) return complain("goes down and up again");
    if (--room < 0) return complain("leads out of the archive");
  }
  return {};
}

}  // namespace rbee::platform
