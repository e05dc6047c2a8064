// Group sources: where the bytes come from, and what proves that they are the right ones.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "check/report.hpp"
#include "check/source_urls.hpp"
#include "check/sources.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

using pkgbuild::SourceEntry;

constexpr auto kAnybodysHosts = std::to_array<std::string_view>({"pastebin.com",
                                                                 "paste.ee",
                                                                 "hastebin.com",
                                                                 "dpaste.com",
                                                                 "dpaste.org",
                                                                 "ix.io",
                                                                 "0x0.st",
                                                                 "termbin.com",
                                                                 "sprunge.us",
                                                                 "clbin.com",
                                                                 "rentry.co",
                                                                 "controlc.com",
                                                                 "ghostbin.com",
                                                                 "paste.rs",
                                                                 "justpaste.it",
                                                                 "p.ip.fi",
                                                                 "paste.c-net.org",
                                                                 "ptpb.pw",
                                                                 "bpa.st",
                                                                 "privatebin.net",
                                                                 "bit.ly",
                                                                 "tinyurl.com",
                                                                 "t.co",
                                                                 "goo.gl",
                                                                 "is.gd",
                                                                 "v.gd",
                                                                 "ow.ly",
                                                                 "cutt.ly",
                                                                 "rb.gy",
                                                                 "tiny.cc",
                                                                 "shorturl.at",
                                                                 "s.id",
                                                                 "t.ly",
                                                                 "rebrand.ly",
                                                                 "transfer.sh",
                                                                 "file.io",
                                                                 "gofile.io",
                                                                 "anonfiles.com",
                                                                 "catbox.moe",
                                                                 "litterbox.catbox.moe",
                                                                 "temp.sh",
                                                                 "tmpfiles.org",
                                                                 "uguu.se",
                                                                 "mediafire.com",
                                                                 "mega.nz",
                                                                 "mega.io",
                                                                 "wetransfer.com",
                                                                 "bashupload.com",
                                                                 "oshi.at",
                                                                 "send.cm",
                                                                 "krakenfiles.com",
                                                                 "workupload.com",
                                                                 "pixeldrain.com",
                                                                 "filebin.net",
                                                                 "dropmefiles.com",
                                                                 "cdn.discordapp.com",
                                                                 "media.discordapp.net",
                                                                 "discord.com",
                                                                 "dropbox.com",
                                                                 "dl.dropboxusercontent.com",
                                                                 "drive.google.com",
                                                                 "docs.google.com",
                                                                 "duckdns.org",
                                                                 "no-ip.org",
                                                                 "no-ip.com",
                                                                 "ddns.net",
                                                                 "hopto.org",
                                                                 "zapto.org",
                                                                 "dyndns.org",
                                                                 "dynv6.net",
                                                                 "freedns.afraid.org",
                                                                 "sytes.net",
                                                                 "myftp.org",
                                                                 "servehttp.com",
                                                                 "ngrok.io",
                                                                 "ngrok.app",
                                                                 "ngrok-free.app",
                                                                 "trycloudflare.com",
                                                                 "loca.lt",
                                                                 "serveo.net",
                                                                 "localhost.run",
                                                                 "pagekite.me",
                                                                 "tunnelmole.net",
                                                                 "bore.pub",
                                                                 "playit.gg",
                                                                 "webhook.site",
                                                                 "requestbin.com",
                                                                 "pipedream.net",
                                                                 "hookbin.com",
                                                                 "requestcatcher.com",
                                                                 "interact.sh",
                                                                 "oast.fun",
                                                                 "oast.pro",
                                                                 "oast.live",
                                                                 "burpcollaborator.net",
                                                                 "beeceptor.com",
                                                                 "api.telegram.org",
                                                                 "workers.dev",
                                                                 "glitch.me",
                                                                 "repl.co",
                                                                 "ipfs.io",
                                                                 "dweb.link"});

bool is_anybodys(std::string_view host) {
  return std::any_of(kAnybodysHosts.begin(), kAnybodysHosts.end(), [&](std::string_view each) {
    return host == each || (host.size() > each.size() && host.ends_with(each) &&
                            host[host.size() - each.size() - 1] == '.');
  });
}

/// Why the host is not one that people can read; empty when they can.
std::string disguise(std::string_view host) {
  if (host.empty()) return {};
  if (host.front() == '[') return "an IP address";
  if (std::any_of(host.begin(), host.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return "not ASCII";
  if (host.find('%') != std::string_view::npos) return "percent-encoded";
  if (host.starts_with("xn--") || host.find(".xn--") != std::string_view::npos) return "punycode";
  // 10.0.0.1, 0x7f.1, 2130706433, 0177.0.0.1: the last label is a number.
  const std::string_view last =
      host.substr(host.rfind('.') == std::string_view::npos ? 0 : host.rfind('.') + 1);
  const bool number =
      !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
  const bool hex = last.starts_with("0x") &&
                   last.substr(2).find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (number || hex) return "an IP address";
  if (host.find('.') == std::string_view::npos && host != "localhost")
    return "a name without a domain";
  if (host == "localhost") return "this machine";
  return {};
}

/// A part of the path that stands for whatever is newest.
std::string mutable_part(const SourceEntry& source, std::string_view version) {
  if (is_vcs(source.protocol)) return {};
  // ".../stable/plasma/6.7.4/x-6.7.4.tar.xz" names one release all the same.
  const bool names_version = !version.empty() && source.url.find(version) != std::string::npos;
  std::string path = source.url;
  if (const std::size_t at = path.find("://"); at != std::string::npos) path = path.substr(at + 3);
  for (char& c : path)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  // A branch's name is one only where branches stand: "pool/main/t/x.deb" is no branch.
  const bool is_raw = path.starts_with("raw.githubusercontent.com/");
  std::string_view before;
  for (const std::string_view segment : split(path, '/')) {
    const std::string_view parent = std::exchange(before, segment);
    constexpr auto kParents =
        std::to_array<std::string_view>({"heads", "raw", "archive", "blob", "tree", "tarball",
                                         "zipball", "branches", "zip", "tar.gz"});
    const bool may_be_branch = is_raw || contains(kParents, parent);
    std::string_view word = segment.substr(0, segment.find_first_of("?#"));
    for (const std::string_view each :
         {"latest", "nightly", "snapshot", "snapshots", "head", "stable", "current", "main",
          "master", "trunk", "develop", "edge", "continuous", "rolling", "canary"}) {
      const bool is_branch = each == "main" || each == "master" || each == "trunk" ||
                             each == "develop" || each == "edge" || each == "current";
      if (is_branch && !may_be_branch) continue;
      if (!is_branch && each != "latest" && each != "head" && names_version) continue;
      if (word == each) return std::string(each);
      // main.tar.gz, latest.zip
      if (word.size() > each.size() && word.starts_with(each) && word[each.size()] == '.' &&
          is_archive_name(word))
        return std::string(each);
    }
  }
  return {};
}

/// $NAME left in a URL, or a query that carries a key.
std::string secret_in(std::string_view url) {
  if (url.find('$') != std::string_view::npos) return "a variable";
  std::string lower(url);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const std::string_view key :
       {"token=", "access_token=", "api_key=", "apikey=", "license=", "license_key=", "licence=",
        "password=", "passwd=", "secret=", "auth=", "private_token=", "key="})
    for (const std::string& form : {"?" + std::string(key), "&" + std::string(key)})
      if (lower.find(form) != std::string::npos)
        return fmt::format("'{}'", key.substr(0, key.size() - 1));
  return {};
}

/// Variables in the words of source=() that the recipe itself never sets: the environment would
/// fill them in.
void check_environment(Report& report, const RecipeView& view) {
  std::set<std::string, std::less<>> set{"CARCH",   "CHOST",  "pkgname",
                                         "pkgbase", "srcdir", "startdir"};
  for (const AssignmentView& assignment : view.commands->assignments()) set.insert(assignment.name);
  for (const AssignmentView& assignment : view.commands->assignments()) {
    const bool is_source = assignment.name == "source" || assignment.name.starts_with("source_");
    if (!is_source || !assignment.function.empty()) continue;
    const std::string_view text =
        std::string_view(view.recipe->text)
            .substr(assignment.span.begin, assignment.span.end - assignment.span.begin);
    for (std::size_t at = text.find('$'); at != std::string_view::npos;
         at = text.find('$', at + 1)) {
      std::size_t begin = at + 1;
      if (begin < text.size() && text[begin] == '{') ++begin;
      std::size_t end = begin;
      while (end < text.size() &&
             ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z') ||
              text[end] == '_' || (end > begin && text[end] >= '0' && text[end] <= '9')))
        ++end;
      const std::string_view name = text.substr(begin, end - begin);
      if (name.empty() || set.contains(name) || view.commands->values().is_set(name)) continue;
      report.add("SRC-008", view, assignment.span,
                 fmt::format("a source depends on ${}, which the recipe does not set", name));
    }
  }
}

/// Hosts and owners of the release before, to compare with.
std::set<std::string> known_owners(const std::optional<Release>& before) {
  std::set<std::string> owners;
  if (!before) return owners;
  for (const SubjectRecipe& recipe : before->recipes)
    for (const SubjectVariant& variant : recipe.variants)
      for (const SourceEntry& source : variant.recipe->sources(variant.platform.arch))
        if (source.protocol != "local") owners.insert(forge_owner(source.url));
  return owners;
}

void check_owner(Report& report, const RecipeView& view, const pkgbuild::Recipe& recipe,
                 const SourceEntry& source, const std::set<std::string>& before) {
  const std::string owner = forge_owner(source.url);
  const std::string project = forge_owner(recipe.scalar("url"));
  if (owner.empty() || before.contains(owner)) return;
  if (!before.empty()) {
    report.add("SRC-005", view, source.span,
               fmt::format("'{}' comes from {}, and nothing of the release before did",
                           source.file_name, owner));
    return;
  }
  if (project.empty() || owner == project) return;
  // A package registry holds everybody's; the name before "::" is only a file name.
  constexpr auto kRegistries = std::to_array<std::string_view>(
      {"files.pythonhosted.org", "pypi.org", "pypi.io", "registry.npmjs.org", "static.crates.io",
       "crates.io", "rubygems.org", "hackage.haskell.org", "cran.r-project.org", "www.cpan.org",
       "proxy.golang.org", "repo1.maven.org"});
  if (contains(kRegistries, host_of(source.url))) return;
  // "tool-1.2.tar.gz::https://…" only keeps files apart, and so does a repository under its own
  // name.
  const std::size_t colons = source.entry.find("::");
  const std::string_view given = colons == std::string::npos
                                     ? std::string_view{}
                                     : std::string_view(source.entry).substr(0, colons);
  const bool is_renamed = !given.empty() && !given.starts_with(recipe.pkgbase) &&
                          source.url.find(given) == std::string::npos;
  const bool same_site = forge_owner(recipe.scalar("url")).find('/') == std::string::npos;
  // A project's own site and its forge differ by nature; two owners of one forge do not.
  const bool forge_of_site = same_site && owner.find('/') != std::string::npos && !is_renamed;
  const bool site_of_forge = project.find('/') != std::string::npos &&
                             owner.find('/') == std::string::npos && !is_vcs(source.protocol);
  if (forge_of_site || site_of_forge) return;
  report.add(
      "SRC-005", view, source.span,
      fmt::format("'{}' comes from {}, and the project is {}", source.file_name, owner, project));
}

}  // namespace

void check_source_rules(Report& report) {
  const std::set<std::string> before = known_owners(report.subject().before);
  for (const RecipeView& view : report.recipes()) {
    if (view.commands != nullptr) check_environment(report, view);
    std::set<std::string> seen;
    for (const SubjectVariant& variant : view.recipe->variants) {
      const pkgbuild::Recipe& recipe = *variant.recipe;
      for (Finding& finding :
           check_sources(recipe, variant.platform.arch, view.recipe->text, view.file))
        report.take(std::move(finding));
      for (const SourceEntry& source : recipe.sources(variant.platform.arch)) {
        if (source.protocol == "local" || !seen.insert(source.entry).second) continue;
        const std::string host = host_of(source.url);
        const auto add = [&](std::string_view rule, std::string message) {
          report.add(rule, view, source.span, std::move(message));
        };
        const bool https = source.url.starts_with("https://") ||
                           source.url.starts_with("git+https://") ||
                           source.url.find("+https://") != std::string::npos;
        if (!https) add("SRC-002", fmt::format("'{}' is not fetched over https", source.url));
        if (const std::string how = disguise(host); !how.empty())
          add("SRC-003", fmt::format("the host '{}' is {}", host, how));
        if (!userinfo_of(source.url).empty())
          add("SRC-003", fmt::format("'{}' stands before the host", userinfo_of(source.url)));
        if (is_anybodys(host))
          add("SRC-004", fmt::format("'{}' is a host where anybody leaves anything", host));
        if (const std::string part = mutable_part(source, recipe.scalar("pkgver")); !part.empty())
          add("SRC-007", fmt::format("'{}' in '{}' is another file tomorrow", part, source.url));
        if (const std::string what = secret_in(source.url); !what.empty())
          add("SRC-008", fmt::format("{} stands in '{}'", what, source.url));
        check_owner(report, view, recipe, source, before);
      }
    }
  }
}

}  // namespace rbee::check
