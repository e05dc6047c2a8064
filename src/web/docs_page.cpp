// The project's documentation, as this program was built with it: docs/*.md, every check rule.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/embedded_file.hpp"
#include "base/text.hpp"
#include "platform/markdown.hpp"
#include "web/pages.hpp"

namespace rbee::web {

std::span<const EmbeddedFile> doc_files();  // By embed_files (CMakeLists.txt).

namespace {

struct Entry {
  std::string_view page, label, group;
};
constexpr std::array<Entry, 18> kContents{{
    {"installing", "Installing workers", "Using"},
    {"search", "Searching", "Using"},
    {"community", "Stars and reviews", "Using"},
    {"statistics", "Statistics and privacy", "Using"},
    {"cli", "The rbee program", "Using"},
    {"submit", "Submitting a worker", "Writing workers"},
    {"worker-toml", "worker.toml", "Writing workers"},
    {"checks", "The checks", "Writing workers"},
    {"submissions", "How review works", "Writing workers"},
    {"editing", "Editing recipes", "Writing workers"},
    {"premium", "Workers that are sold", "Writing workers"},
    {"hosting", "Hosting a marketplace", "Hosting"},
    {"following", "Following another catalog", "Hosting"},
    {"storage", "Storage", "Hosting"},
    {"website", "The website", "Hosting"},
    {"api", "The API", "Programs"},
    {"aur", "AUR clients", "Programs"},
    {"rbee-protocol", "rbee's own protocol", "Programs"},
}};

const EmbeddedFile* find_doc(std::string_view name) {
  const auto files = doc_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const EmbeddedFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Views contents(std::string_view page) {
  Views groups;
  std::string_view group;
  Views entries;
  const auto close = [&] {
    if (entries.empty()) return;
    View section;
    section.set("label", group);
    section.set("entries", std::exchange(entries, {}));
    groups.push_back(std::move(section));
  };
  for (const Entry& entry : kContents) {
    if (entry.group != group) close();
    group = entry.group;
    View row;
    row.set("page", entry.page);
    row.set("label", entry.label);
    row.set("chosen", entry.page == page);
    entries.push_back(std::move(row));
  }
  close();
  return groups;
}

/// The text of the first heading.
std::string heading_of(std::string_view text) {
  if (!text.starts_with("# ")) return "Documentation";
  return std::string(text.substr(2, text.find('\n') - 2));
}

/// Every rule has a page; the list of them stands below the one about checks.
Views rules() {
  Views rows;
  for (const EmbeddedFile& file : doc_files()) {
    if (!file.name.starts_with("checks/")) continue;
    View row;
    row.set("rule", file.name.substr(7, file.name.size() - 10));
    row.set("heading", heading_of(file.text));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<http::Response> docs_page(Visit& visit) {
  std::string page(visit.params["page"]);
  if (page.ends_with(".md")) page.erase(page.size() - 3);
  if (page == "api/openapi.yaml") return visit.see_other("/v1/openapi.yaml");
  View view;
  view.set("groups", contents(page));
  if (page.empty())
    return visit.page("docs", std::move(view),
                      {.title = "Documentation",
                       .description = "Using, writing and hosting AI workers",
                       .section = "docs"});
  const EmbeddedFile* file = find_doc(page + ".md");
  if (file == nullptr)
    return fail(Errc::not_found, "page-not-found",
                fmt::format("the documentation has no page '{}'", printable_line(page)));
  const std::size_t slash = page.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : page.substr(0, slash + 1);
  view.set("body_html", SafeHtml::by_renderer(
                            platform::markdown_to_html(file->text, {.link_base = "/docs/" + folder,
                                                                    .id_prefix = "",
                                                                    .heading_shift = 0,
                                                                    .untrusted = false})));
  if (page == "checks") view.set("rules", rules());
  view.set("has_rules", page == "checks");
  return visit.page("docs_page", std::move(view),
                    {.title = heading_of(file->text), .section = "docs"});
}

}  // namespace rbee::web
