// Pages over several workers: an owner's, and two to four side by side.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "web/charts.hpp"
#include "web/machine.hpp"
#include "web/pages.hpp"
#include "web/read.hpp"

namespace rbee::web {

namespace {

constexpr std::size_t kComparedMax = 4;

/// One line of the table: the same fact of each worker.
class ComparedLines {
 public:
  explicit ComparedLines(const std::vector<Json>& workers) : workers_(workers) {}
  template <typename Fact>
  void add(std::string_view name, Fact fact) {
    Views cells;
    std::string first;
    bool differ = false, any = false;
    for (const Json& worker : workers_) {
      const std::string value = fact(worker);
      if (!cells.empty() && value != first) differ = true;
      if (cells.empty()) first = value;
      any = any || !value.empty();
      View cell;
      cell.set("value", value.empty() ? "–" : value);
      cells.push_back(std::move(cell));
    }
    if (!any) return;
    View line;
    line.set("name", name);
    line.set("cells", std::move(cells));
    line.set("differ", differ);
    lines_.push_back(std::move(line));
  }
  Views take() { return std::move(lines_); }

 private:
  const std::vector<Json>& workers_;
  Views lines_;
};

std::string platforms_of(const Json& worker) {
  std::vector<std::string> all;
  for (const Json& variant : list(worker, "variants")) {
    std::string each =
        text(variant, "os") + "-" + text(variant, "arch") + "-" + text(variant, "accelerator");
    if (std::find(all.begin(), all.end(), each) == all.end()) all.push_back(std::move(each));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace

Result<http::Response> owner_page(Visit& visit) {
  const std::string name(visit.params["name"]);
  const std::string target = "/v1/workers?limit=50&owner=" + url_encode(name);
  TRY_ASSIGN(const Json found, visit.get(target));
  View view;
  view.set("name", name);
  view.set("total", grouped(count(found, "total")));
  Views workers = cards_of(list(found, "workers"));
  view.set("has_workers", !workers.empty());
  view.set("workers", std::move(workers));
  view.set("has_more", !text(found, "next").empty());
  view.set("more", "/search?q=" + url_encode("owner:" + name));
  return visit.page("owner", std::move(view),
                    {.title = printable_line(name),
                     .description = fmt::format("Workers that {} maintains", printable_line(name)),
                     .section = "search",
                     .no_index = count(found, "total") == 0});
}

Result<http::Response> compare_page(Visit& visit) {
  std::vector<std::string> ids;
  for (const auto& [name, value] : visit.request.query) {
    if (name != "ids" && name != "id") continue;
    for (const std::string_view id : split(value, ','))
      if (const std::string each(trim(id)); !each.empty() && ids.size() < kComparedMax &&
                                            std::find(ids.begin(), ids.end(), each) == ids.end())
        ids.push_back(each);
  }
  View view;
  std::vector<Json> workers;
  Views missing;
  for (const std::string& id : ids) {
    auto worker = visit.get("/v1/workers/" + url_encode(id));
    if (worker) {
      workers.push_back(std::move(*worker));
    } else {
      missing.emplace_back(worker.error().message);
    }
  }
  view.set("missing", std::move(missing));
  Views heads;
  for (const Json& worker : workers) {
    View head = card_of(worker);
    std::vector<std::string> rest;
    for (const Json& other : workers)
      if (&other != &worker) rest.push_back(text(other, "id"));
    head.set("without", fmt::format("/compare?ids={}", fmt::join(rest, ",")));
    heads.push_back(std::move(head));
  }
  const auto machine = parse_machine_cookie(visit.cookie("machine"));
  ComparedLines lines(workers);
  if (machine)
    lines.add("Your machine", [&](const Json& each) { return judge(each, *machine).headline; });
  lines.add("Release", [](const Json& each) { return text(each, "version"); });
  lines.add("Tasks", [](const Json& each) { return joined(each, "tasks"); });
  lines.add("Runs on", [](const Json& each) { return joined(each, "accelerators"); });
  lines.add("Platforms", platforms_of);
  lines.add("Model formats",
            [](const Json& each) { return joined(at(each, "capabilities"), "supported_formats"); });
  lines.add("Context", [](const Json& each) {
    const auto length = count(at(each, "capabilities"), "max_context_length");
    return length > 0 ? grouped(length) + " tokens" : std::string();
  });
  for (const auto& [label, key] :
       {std::pair<std::string_view, std::string_view>("Memory", "ram_mb"),
        {"GPU memory", "vram_mb"},
        {"Disk", "disk_mb"}})
    lines.add(label, [key = key](const Json& each) {
      const auto mb = count(at(each, "hardware"), key);
      return mb > 0 ? size_of_mb(mb) : std::string();
    });
  lines.add("Licence", [](const Json& each) { return text(each, "license"); });
  lines.add("Written in", [](const Json& each) { return text(each, "implementation"); });
  lines.add("From", [](const Json& each) { return text(each, "source"); });
  lines.add("Rating", [](const Json& each) {
    const Json& numbers = at(each, "numbers");
    return count(numbers, "ratings") == 0
               ? std::string("none")
               : fmt::format("{:.1f} ({} ratings)", real(numbers, "rating"),
                             count(numbers, "ratings"));
  });
  lines.add("Installs",
            [](const Json& each) { return grouped(count(at(each, "numbers"), "installs")); });
  lines.add("Updated", [](const Json& each) { return day_of(text(each, "updated_at")); });
  view.set("lines", lines.take());
  view.set("heads", std::move(heads));
  view.set("has_workers", !workers.empty());
  std::string now;
  for (const std::string& id : ids) now += (now.empty() ? "" : ",") + id;
  view.set("ids", now);
  view.set("has_room", ids.size() < kComparedMax);
  return visit.page("compare", std::move(view),
                    {.title = "Compare workers", .section = "search", .no_index = true});
}

}  // namespace rbee::web
