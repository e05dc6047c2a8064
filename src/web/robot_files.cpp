// What search engines and browsers ask for: robots.txt, the sitemap, OpenSearch.
#include <fmt/format.h>

#include "http/problem.hpp"
#include "web/highlight.hpp"
#include "web/pages.hpp"
#include "web/read.hpp"

namespace rbee::web {

namespace {

/// sitemaps.org allows 50,000 in a file; who has more finds them by the pages.
constexpr int kPagesMax = 25;

http::Response kept(std::string_view type, std::string body) {
  http::Response response = http::reply(200, type, std::move(body));
  response.headers.add("Cache-Control", "public, max-age=3600");
  return response;
}

}  // namespace

Result<http::Response> opensearch(Visit& visit) {
  return kept("application/opensearchdescription+xml",
              fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n"
                          "<ShortName>rbee</ShortName>\n"
                          "<Description>Search the workers of {0}</Description>\n"
                          "<Url type=\"text/html\" template=\"{0}/search?q={{searchTerms}}\"/>\n"
                          "</OpenSearchDescription>\n",
                          escape(visit.base())));
}

Result<http::Response> robots(Visit& visit) {
  return kept("text/plain; charset=utf-8",
              fmt::format("User-agent: *\nDisallow: /v1/\nDisallow: /search?\nDisallow: "
                          "/compare\nSitemap: {}/sitemap.xml\n",
                          visit.base()));
}

Result<http::Response> sitemap(Visit& visit) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
  const auto add = [&](std::string_view path, std::string_view day) {
    out += fmt::format("<url><loc>{}{}</loc>", escape(visit.base()), escape(path));
    if (!day.empty()) out += fmt::format("<lastmod>{}</lastmod>", escape(day));
    out += "</url>\n";
  };
  add("/", {});
  add("/search", {});
  add("/docs", {});
  std::string cursor;
  for (int page = 0; page < kPagesMax; ++page) {
    TRY_ASSIGN(const auto found,
               visit.get_shared("/v1/workers?limit=200&sort=updated" +
                                (cursor.empty() ? "" : "&cursor=" + url_encode(cursor))));
    for (const Json& worker : list(*found, "workers"))
      add("/w/" + text(worker, "id"), text(worker, "updated_at").substr(0, 10));
    cursor = text(*found, "next");
    if (cursor.empty()) break;
  }
  return kept("application/xml; charset=utf-8", out + "</urlset>\n");
}

}  // namespace rbee::web
