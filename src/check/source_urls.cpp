#include "check/source_urls.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

/// Between "://" and the first of "/?#".
std::string_view authority(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

/// Hosts where the first segment of a path is an owner.
constexpr auto kForges = std::to_array<std::string_view>(
    {"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht", "sr.ht", "gitee.com",
     "huggingface.co", "gitea.com", "salsa.debian.org", "framagit.org", "notabug.org", "pagure.io",
     "gitlab.freedesktop.org", "gitlab.gnome.org", "invent.kde.org", "sourceforge.net"});

std::string first_segment(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  std::string_view path = url.substr(scheme + 3);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  path = path.substr(slash + 1);
  std::string_view segment = path.substr(0, path.find_first_of("/?#"));
  if (segment.starts_with("~")) segment.remove_prefix(1);
  std::string out(segment);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (out.ends_with(".git")) out.resize(out.size() - 4);
  return out;
}

}  // namespace

std::string_view userinfo_of(std::string_view url) {
  const std::string_view all = authority(url);
  const std::size_t at = all.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : all.substr(0, at + 1);
}

std::string host_of(std::string_view url) {
  std::string_view host = authority(url);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos)
    host.remove_prefix(at + 1);
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']') + 1));
  host = host.substr(0, host.find(':'));
  std::string out(host);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  while (out.ends_with('.')) out.pop_back();
  return out;
}

std::string forge_owner(std::string_view url) {
  std::string host = host_of(url);
  if (host.empty()) return {};
  if (host.starts_with("www.")) host = host.substr(4);
  if (host == "raw.githubusercontent.com" || host == "codeload.github.com" ||
      host == "gist.github.com" || host == "api.github.com" || host == "ghcr.io" ||
      host == "objects.githubusercontent.com")
    host = "github.com";
  for (const auto& [pages, forge] :
       {std::pair<std::string_view, std::string_view>{".github.io", "github.com"},
        {".gitlab.io", "gitlab.com"},
        {".codeberg.page", "codeberg.org"}})
    if (host.ends_with(pages))
      return std::string(forge) + "/" + host.substr(0, host.size() - pages.size());
  if (contains(kForges, host)) {
    if (host == "sourceforge.net") return host;
    const std::string owner = first_segment(url);
    // gitlab.com/-/project/7/…: no owner is named.
    return owner.empty() || owner == "-" ? host : host + "/" + owner;
  }
  // The registrable part, nearly: two labels, three below the usual second levels.
  const std::vector<std::string_view> labels = split(host, '.');
  if (labels.size() <= 2) return host;
  constexpr auto kSecondLevels =
      std::to_array<std::string_view>({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne"});
  const std::size_t keep =
      labels.back().size() == 2 && contains(kSecondLevels, labels[labels.size() - 2]) ? 3 : 2;
  std::string out;
  for (std::size_t i = labels.size() - std::min(keep, labels.size()); i < labels.size(); ++i)
    out += (out.empty() ? "" : ".") + std::string(labels[i]);
  return out;
}

bool is_vcs(std::string_view protocol) {
  constexpr auto kVcs = std::to_array<std::string_view>({"git", "svn", "hg", "bzr", "fossil"});
  return contains(kVcs, protocol);
}

bool is_archive_name(std::string_view name) {
  constexpr auto kSuffixes = std::to_array<std::string_view>(
      {".tar",     ".tar.gz", ".tgz",    ".tar.xz",   ".txz",     ".tar.bz2", ".tbz",  ".tbz2",
       ".tar.zst", ".tzst",   ".tar.lz", ".tar.lzma", ".tar.lz4", ".tar.Z",   ".zip",  ".7z",
       ".rpm",     ".deb",    ".crate",  ".whl",      ".gem",     ".jar",     ".cpio", ".gz",
       ".xz",      ".bz2",    ".zst",    ".rar",      ".asar",    ".love"});
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

}  // namespace rbee::check
