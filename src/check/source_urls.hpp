// What a source's URL says: host, owner on a forge, kind.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace rbee::check {

/// "git+https://user@Host:80/path" is "host", lower case; empty when there is none.
std::string host_of(std::string_view url);
/// The userinfo part with its '@'; empty when there is none.
std::string_view userinfo_of(std::string_view url);
/// "github.com/owner" for a forge, where the first path segment owns; else the host's last two or
/// three labels ("example.org"). Project pages count as their forge: owner.github.io is
/// github.com/owner. Empty when there is no host.
std::string forge_owner(std::string_view url);
/// "git", "svn", "hg", "bzr", "fossil".
bool is_vcs(std::string_view protocol);
/// True for names that makepkg unpacks.
bool is_archive_name(std::string_view name);

}  // namespace rbee::check
