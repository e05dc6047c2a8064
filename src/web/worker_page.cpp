// A worker: what it is, how to install it, whether it runs here, its README; its variants.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "platform/markdown.hpp"
#include "web/charts.hpp"
#include "web/highlight.hpp"
#include "web/machine.hpp"
#include "web/opinion_forms.hpp"
#include "web/pages.hpp"
#include "web/worker_header.hpp"

namespace rbee::web {

namespace {

/// schema.org's description of a program, for search engines.
SafeHtml json_ld(const Json& detail, std::string_view base) {
  boost::json::object data{
      {"@context", "https://schema.org"},
      {"@type", "SoftwareApplication"},
      {"name", text(detail, "name")},
      {"description", text(detail, "description")},
      {"softwareVersion", text(detail, "version")},
      {"applicationCategory", "DeveloperApplication"},
      {"url", fmt::format("{}/w/{}", base, text(detail, "id"))},
      {"datePublished", text(detail, "created_at")},
      {"dateModified", text(detail, "updated_at")},
  };
  if (const std::string license = text(detail, "license"); !license.empty())
    data["license"] = "https://spdx.org/licenses/" + license;
  const Json& numbers = at(detail, "numbers");
  if (count(numbers, "ratings") > 0)
    data["aggregateRating"] = {{"@type", "AggregateRating"},
                               {"ratingValue", real(numbers, "rating")},
                               {"ratingCount", count(numbers, "ratings")}};
  // Nothing in it may end the element.
  std::string out = "<script type=\"application/ld+json\">";
  for (const char c : boost::json::serialize(data)) {
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return SafeHtml::by_renderer(out + "</script>");
}

void add_verdict(View& view, Visit& visit, const Json& detail) {
  const auto machine = parse_machine_cookie(visit.cookie("machine"));
  view.set("has_machine", machine.has_value());
  if (!machine) return;
  const Verdict verdict = judge(detail, *machine);
  View shown;
  shown.set("kind", verdict.kind == Verdict::Kind::fits   ? "ok"
                    : verdict.kind == Verdict::Kind::slow ? "warn"
                                                          : "bad");
  shown.set("headline", verdict.headline);
  shown.set("machine", describe(*machine));
  Views reasons;
  for (const std::string& reason : verdict.reasons) reasons.emplace_back(reason);
  shown.set("reasons", std::move(reasons));
  view.set("verdict", std::move(shown));
}

void add_facts(View& view, const Json& detail) {
  Views facts;
  const auto add = [&](std::string_view name, std::string value) {
    if (value.empty()) return;
    View row;
    row.set("name", name);
    row.set("value", value);
    facts.push_back(std::move(row));
  };
  const Json& hardware = at(detail, "hardware");
  const auto mb = [&](std::string_view key) {
    const std::int64_t size = count(hardware, key);
    return size > 0 ? size_of_mb(size) : std::string();
  };
  add("Licence", text(detail, "license"));
  add("Written in", text(detail, "implementation"));
  add("Memory", mb("ram_mb"));
  add("GPU memory", mb("vram_mb"));
  add("Disk", mb("disk_mb"));
  add("CUDA", text(hardware, "cuda"));
  add("Protocol", text(at(detail, "run"), "protocol"));
  add("First release", day_of(text(detail, "created_at")));
  view.set("facts", std::move(facts));
}

void add_capabilities(View& view, const Json& detail) {
  const Json& capabilities = at(detail, "capabilities");
  view.set("formats", View::of(at(capabilities, "supported_formats")));
  if (const std::int64_t length = count(capabilities, "max_context_length"); length > 0)
    view.set("context_length", grouped(length));
  view.set("streams", flag(capabilities, "supports_streaming"));
  view.set("batches", flag(capabilities, "supports_batching"));
  view.set("has_formats", !list(capabilities, "supported_formats").empty());
}

/// Without a first heading that says what stands above it already.
std::string_view without_title(std::string_view readme, const Json& detail) {
  const std::string_view line = readme.substr(0, readme.find('\n'));
  if (!line.starts_with("# ")) return readme;
  const std::string_view heading = trim(line.substr(2));
  if (heading != text(detail, "id") && heading != text(detail, "name")) return readme;
  return readme.substr(line.size());
}

}  // namespace

SourceCount count_sources(const Json& variant) {
  SourceCount sources;
  for (const Json& source : list(variant, "sources")) {
    if (text(source, "protocol") == "local") {
      ++sources.local;
      continue;
    }
    ++sources.remote;
    bool is_pinned = text(source, "url").find("#commit=") != std::string::npos;
    if (const auto* sums = at(source, "checksums").if_object())
      for (const auto& [name, value] : *sums)
        is_pinned = is_pinned || (value.is_string() && value.get_string() != "SKIP");
    sources.pinned += is_pinned ? 1 : 0;
  }
  return sources;
}

Result<WorkerHead> open_worker(Visit& visit, std::string_view tab) {
  WorkerHead head;
  head.id = visit.params["id"];
  head.api = "/v1/workers/" + url_encode(head.id);
  if (const std::string_view version = visit.request.parameter("version"); !version.empty())
    head.version = "?version=" + url_encode(version);
  TRY_ASSIGN(head.detail, visit.get(head.api + head.version));
  const Json& detail = head.detail;
  View& view = head.view;
  const std::string name = text(detail, "name");
  view.set("id", head.id);
  view.set("name", name.empty() ? head.id : name);
  view.set("lead", text(detail, "description"));
  view.set("release", text(detail, "version"));
  view.set("is_old", !head.version.empty());
  view.set("version_query", head.version);
  view.set("is_official", text(detail, "source") == "official");
  view.set("accelerators", View::of(at(detail, "accelerators")));
  view.set("tasks", View::of(at(detail, "tasks")));
  view.set("tags", View::of(at(detail, "tags")));
  view.set("updated", day_of(text(detail, "updated_at")));
  view.set("updated_at", text(detail, "updated_at"));
  const Json& numbers = at(detail, "numbers");
  view.set("installs", short_number(count(numbers, "installs")));
  view.set("stars", short_number(count(numbers, "stars")));
  view.set("installs_word", count(numbers, "installs") == 1 ? "install" : "installs");
  view.set("stars_word", count(numbers, "stars") == 1 ? "star" : "stars");
  view.set("ratings", count(numbers, "ratings"));
  if (count(numbers, "ratings") > 0) view.set("rating_html", stars(real(numbers, "rating")));
  view.set("on_" + std::string(tab), true);
  TRY(add_mark_forms(visit, head.id, view));
  return head;
}

Result<http::Response> worker_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "overview"));
  View& view = head.view;
  const Json& detail = head.detail;
  if (!text(detail, "readme_url").empty()) {
    TRY_ASSIGN(const std::string readme, visit.get_text(head.api + "/README.md" + head.version));
    const std::string_view shown = without_title(readme, detail);
    // Below the page's own h1.
    view.set("readme_html", SafeHtml::by_renderer(platform::markdown_to_html(
                                shown, {.link_base = fmt::format("/v1/workers/{}/files/", head.id),
                                        .heading_shift = shown.size() == readme.size() ? 1 : 0})));
  }
  add_verdict(view, visit, detail);
  add_facts(view, detail);
  add_capabilities(view, detail);
  view.set("homepage", text(detail, "homepage"));
  view.set("has_web_home", text(detail, "homepage").starts_with("https://"));
  if (const Json& premium = at(detail, "premium"); premium.is_object()) {
    view.set("is_premium", true);
    if (const std::string url = text(premium, "purchase_url"); url.starts_with("https://"))
      view.set("purchase_url", url);
  }
  // What the page can do without is left out when it is not to be had.
  if (const auto trust = visit.get_shared(head.api + "/trust"); trust) {
    view.set("owner", text(**trust, "owner"));
    view.set("yanked", text(**trust, "yanked"));
    view.set("reviewers", std::to_string(list(**trust, "reviewers").size()));
    view.set("has_reviewers", !list(**trust, "reviewers").empty());
  }
  if (const auto similar = visit.get_shared(head.api + "/similar"); similar) {
    Views cards = cards_of(list(**similar, "workers"));
    if (cards.size() > 4) cards.resize(4);
    std::string ids = head.id;
    for (const Json& each : list(**similar, "workers"))
      if (std::count(ids.begin(), ids.end(), ',') < 2) ids += "," + text(each, "id");
    view.set("compare", "/compare?ids=" + ids);
    view.set("has_similar", !cards.empty());
    view.set("similar", std::move(cards));
  }
  if (const auto dependants = visit.get_shared(head.api + "/dependants"); dependants) {
    Views cards = cards_of(list(**dependants, "workers"));
    view.set("has_dependants", !cards.empty());
    view.set("dependants", std::move(cards));
  }
  view.set("json_ld_html", json_ld(detail, visit.base()));
  return visit.page("worker", std::move(view),
                    {.title = text(detail, "name"),
                     .description = text(detail, "description"),
                     .section = "search"});
}

Result<http::Response> variants_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "variants"));
  const auto machine = parse_machine_cookie(visit.cookie("machine"));
  Views rows;
  for (const Json& variant : list(head.detail, "variants")) {
    View row;
    for (const char* key : {"os", "arch", "accelerator", "recipe"})
      row.set(key, text(variant, key));
    row.set("is_binary", text(variant, "recipe") == "PKGBUILD.bin");
    row.set("features", View::of(at(variant, "features")));
    row.set("depends", View::of(at(variant, "depends")));
    const SourceCount sources = count_sources(variant);
    row.set("remote", sources.remote);
    row.set("local", sources.local);
    row.set("checked", sources.pinned);
    row.set("all_checked", sources.pinned == sources.remote);
    if (machine) {
      const std::string reason = why_not(variant, head.detail, *machine);
      row.set("fits", reason.empty());
      row.set("reason", reason);
    }
    rows.push_back(std::move(row));
  }
  head.view.set("variants", std::move(rows));
  head.view.set("has_machine", machine.has_value());
  Views files;
  for (const Json& file : list(head.detail, "files")) {
    View row;
    row.set("path", text(file, "path"));
    row.set("size", size_of_bytes(count(file, "size_bytes")));
    row.set("executable", flag(file, "executable"));
    std::string encoded;
    for (const char c : text(file, "path"))
      encoded += c == '/' ? "/" : url_encode(std::string(1, c));
    row.set("link", fmt::format("{}/files/{}{}", head.api, encoded, head.version));
    files.push_back(std::move(row));
  }
  head.view.set("files", std::move(files));
  return visit.page("worker_variants", std::move(head.view),
                    {.title = "Variants of " + head.id, .section = "search"});
}

}  // namespace rbee::web
