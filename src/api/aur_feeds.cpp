#include "api/aur_feeds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/aur_archives.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

constexpr std::size_t kEntriesMax = 100;

/// The newest by `time_of`, newest first; equal ones by name.
template <typename TimeOf>
std::vector<const AurRow*> newest(const AurView& view, const TimeOf& time_of) {
  const auto is_newer = [&](const AurRow* a, const AurRow* b) {
    return std::pair(time_of(*b), a->name) < std::pair(time_of(*a), b->name);
  };
  std::vector<const AurRow*> heap;  // The oldest of the newest on top.
  view.where(
      [&](const AurRow& row) {
        heap.push_back(&row);
        std::push_heap(heap.begin(), heap.end(), is_newer);
        if (heap.size() > kEntriesMax) {
          std::pop_heap(heap.begin(), heap.end(), is_newer);
          heap.pop_back();
        }
        return false;
      },
      1);
  std::sort(heap.begin(), heap.end(), is_newer);
  return heap;
}

/// RFC 822 with a year of four digits, as RSS 2.0 wants it.
std::string rss_date(Time time) {
  std::string date = http_date(time);
  date.replace(date.size() - 3, 3, "+0000");
  return date;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : printable_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

bool is_aur_feed(std::string_view path) {
  return path == "/rss" || path == "/rss/" || path == "/rss/modified" || path == "/rss/modified/";
}

http::Response answer_aur_feed(const http::Request& request, const AurState& state,
                               std::string_view base) {
  const bool is_modified = request.path.starts_with("/rss/modified");
  const auto time_of = [&](const AurRow& row) {
    return is_modified ? row.worker->updated : row.worker->created;
  };
  const auto rows = newest(*state.view, time_of);
  const std::string address = xml_text(base);
  std::string body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n"
      "<title>{}</title>\n<link>{}</link>\n<description>{}</description>\n"
      "<atom:link href=\"{}{}\" rel=\"self\" type=\"application/rss+xml\"/>\n",
      is_modified ? "Latest modified packages" : "Newest packages", address,
      is_modified ? "The packages of this marketplace that changed last"
                  : "The packages of this marketplace that are newest",
      address, is_modified ? "/rss/modified" : "/rss/");
  if (!rows.empty())
    body += fmt::format("<lastBuildDate>{}</lastBuildDate>\n", rss_date(time_of(*rows.front())));
  for (const AurRow* row : rows) {
    const catalog::Entry& worker = *row->worker;
    body += fmt::format(
        "<item>\n<title>{0}</title>\n<link>{1}/packages/{2}</link>\n"
        "<description>{3}</description>\n<pubDate>{4}</pubDate>\n"
        "<guid isPermaLink=\"false\">{0} - {5}</guid>\n",
        xml_text(row->name), address, percent_encode(row->name), xml_text(worker.description),
        rss_date(time_of(*row)), time_of(*row).time_since_epoch().count());
    if (const AurPerson* person = person_of(state, *row);
        person != nullptr && !person->maintainer.empty())
      body += fmt::format("<dc:creator>{}</dc:creator>\n", xml_text(person->maintainer));
    body += "</item>\n";
  }
  body += "</channel>\n</rss>\n";
  const std::string etag = http::strong_etag({"rss", body});
  http::Response response = http::reply(200, "application/rss+xml; charset=utf-8", std::move(body));
  if (!rows.empty()) response.headers.add("Last-Modified", http_date(time_of(*rows.front())));
  response.headers.add("Cache-Control", "public, max-age=60");
  return http::with_etag(request, std::move(response), etag);
}

}  // namespace rbee::api
