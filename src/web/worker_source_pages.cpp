// What would run: releases, what changed between two of them, the recipe with its findings.
#include <fmt/format.h>

#include "web/highlight.hpp"
#include "web/pages.hpp"
#include "web/worker_header.hpp"

namespace rbee::web {

Result<http::Response> versions_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "versions"));
  TRY_ASSIGN(const Json releases, visit.get(head.api + "/versions"));
  const auto& all = list(releases, "versions");
  Views rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Json& release = all[i];
    View row;
    const std::string version = text(release, "version");
    row.set("version", version);
    row.set("link", fmt::format("/w/{}?version={}", head.id, url_encode(version)));
    row.set("recipe", fmt::format("/w/{}/recipe?version={}", head.id, url_encode(version)));
    row.set("day", day_of(text(release, "released_at")));
    row.set("time", text(release, "released_at"));
    row.set("commit", text(release, "commit").substr(0, 10));
    row.set("yanked", text(release, "yanked"));
    row.set("latest", version == text(releases, "latest"));
    row.set("before", View());
    if (i + 1 < all.size())
      row.set("before", fmt::format("/w/{}/diff?from={}&to={}", head.id,
                                    url_encode(text(all[i + 1], "version")), url_encode(version)));
    rows.push_back(std::move(row));
  }
  head.view.set("can_compare", rows.size() > 1);
  if (rows.size() > 1) {
    head.view.set("older", text(all[1], "version"));
    head.view.set("newer", text(all[0], "version"));
  }
  head.view.set("versions", std::move(rows));
  return visit.page("worker_versions", std::move(head.view),
                    {.title = "Versions of " + head.id, .section = "search"});
}

Result<http::Response> diff_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "versions"));
  const std::string from(visit.request.parameter("from")), to(visit.request.parameter("to"));
  const std::string target =
      fmt::format("{}/diff?from={}&to={}", head.api, url_encode(from), url_encode(to));
  TRY_ASSIGN(const Json diff, visit.get(target));
  TRY_ASSIGN(const std::string patch, visit.get_text(target + "&format=patch"));
  View& view = head.view;
  view.set("from", text(diff, "from"));
  view.set("to", text(diff, "to"));
  Views trust;
  for (const Json& each : list(diff, "trust")) {
    View row;
    row.set("text", text(each, "text"));
    row.set("risky", flag(each, "risky"));
    row.set("platform", text(each, "platform"));
    row.set("recipe", text(each, "recipe"));
    trust.push_back(std::move(row));
  }
  view.set("has_trust", !trust.empty());
  view.set("trust", std::move(trust));
  Views files;
  for (const Json& each : list(diff, "files")) {
    View row;
    row.set("path", text(each, "path"));
    row.set("status", text(each, "status"));
    const auto size = [&](std::string_view key) {
      return at(each, key).is_number() ? size_of_bytes(count(each, key)) : std::string("none");
    };
    row.set("sizes", size("size_before") + " → " + size("size_after"));
    files.push_back(std::move(row));
  }
  view.set("has_files", !files.empty());
  view.set("files", std::move(files));
  view.set("patch_html", patch.empty() ? SafeHtml() : highlight_diff(patch));
  view.set("patch_link", target + "&format=patch");
  return visit.page(
      "worker_diff", std::move(view),
      {.title = fmt::format("{}: {} to {}", head.id, text(diff, "from"), text(diff, "to")),
       .section = "search",
       .no_index = true});
}

Result<http::Response> recipe_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "recipe"));
  View& view = head.view;
  const auto& recipes = list(head.detail, "recipes");
  std::string file(visit.request.parameter("file"));
  Views tabs;
  bool known = file == "worker.toml", generated = false;
  std::string digest;
  const auto add = [&](const std::string& name) {
    View tab;
    tab.set("name", name);
    tab.set("link", fmt::format("/w/{}/recipe?file={}{}", head.id, url_encode(name),
                                head.version.empty() ? "" : "&" + head.version.substr(1)));
    tab.set("chosen", name == file);
    tabs.push_back(std::move(tab));
  };
  if (file.empty() && !recipes.empty()) file = text(recipes[0], "file");
  for (const Json& recipe : recipes) {
    const std::string name = text(recipe, "file");
    if (name == file) {
      known = true;
      generated = flag(recipe, "generated");
      digest = text(recipe, "sha256");
    }
    add(name);
  }
  add("worker.toml");
  if (!known)
    return fail(Errc::not_found, "no-such-resource",
                fmt::format("{} has no recipe of that name", head.id));
  TRY_ASSIGN(const std::string code,
             visit.get_text(fmt::format("{}/{}{}", head.api, file, head.version)));
  Json findings;
  if (head.version.empty()) {
    if (const auto found = visit.get_shared(head.api + "/findings"); found)
      findings = at(**found, "findings");
    view.set("is_checked", true);
  }
  view.set("code_html",
           file == "worker.toml" ? number_lines(code) : highlight_recipe(code, findings, file));
  Views whole;
  if (findings.is_array())
    for (const Json& each : findings.get_array()) {
      View row = View::of(each);
      row.set("at_line", count(each, "line") > 0);
      row.set("same_file", text(each, "file") == file);
      whole.push_back(std::move(row));
    }
  view.set("has_findings", !whole.empty());
  view.set("findings", std::move(whole));
  view.set("file", file);
  view.set("tabs", std::move(tabs));
  view.set("generated", generated);
  view.set("digest", digest);
  view.set("raw", fmt::format("{}/{}{}", head.api, file, head.version));
  return visit.page("worker_recipe", std::move(view),
                    {.title = fmt::format("{} of {}", file, head.id), .section = "search"});
}

}  // namespace rbee::web
