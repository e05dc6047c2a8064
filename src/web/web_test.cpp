// The website without a socket: what stands on a page, and what never does.
#include "web/site.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <regex>

#include "base/text.hpp"
#include "http/problem.hpp"
#include "platform/gzip.hpp"
#include "platform/markdown.hpp"
#include "web/charts.hpp"
#include "web/highlight.hpp"
#include "web/machine.hpp"

namespace rbee::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kEvil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// The API of one worker, all of whose texts are hostile.
http::Response fake_api(const http::Request& request) {
  const boost::json::string evil(kEvil);
  const boost::json::object numbers{
      {"stars", 3},    {"votes", 0},        {"popularity", 0},       {"ratings", 2},
      {"rating", 4.5}, {"installs", 12345}, {"installs_30_days", 3}, {"trend", 1}};
  boost::json::object worker{
      {"id", "x"},
      {"name", evil},
      {"description", evil},
      {"version", evil},
      {"source", "community"},
      {"license", evil},
      {"homepage", "javascript:alert(1)"},
      {"implementation", evil},
      {"tags", {evil}},
      {"accelerators", {evil}},
      {"tasks", {evil}},
      {"author", evil},
      {"created_at", evil},
      {"updated_at", evil},
      {"numbers", numbers},
      {"recipes", {{{"file", "PKGBUILD"}, {"sha256", evil}, {"generated", false}}}},
      {"commit", evil},
      {"readme_url", "x"},
      {"variants",
       {{{"os", "linux"},
         {"arch", "x86_64"},
         {"accelerator", "cpu"},
         {"recipe", evil},
         {"features", {evil}},
         {"depends", {evil}},
         {"sources",
          {{{"protocol", "https"}, {"url", evil}, {"checksums", {{"sha256sums", "SKIP"}}}}}}}}},
      {"files", {{{"path", evil}, {"size_bytes", 1}, {"executable", true}}}},
      {"capabilities", {{"supported_formats", {evil}}}},
      {"hardware", {{"ram_mb", 64000}, {"vram_mb", 0}, {"disk_mb", 1}, {"cuda", evil}}}};
  const std::string& path = request.path;
  const auto json = [](const boost::json::value& value) {
    return http::reply(200, "application/json", boost::json::serialize(value));
  };
  const boost::json::object finding{{"rule", evil}, {"severity", evil}, {"file", "PKGBUILD"},
                                    {"line", 1},    {"message", evil},  {"why", evil},
                                    {"fix", evil}};
  if (path == "/v1/workers/x") return json(worker);
  if (path == "/v1/workers/x/README.md" || path == "/v1/workers/x/PKGBUILD" ||
      (path == "/v1/workers/x/diff" && request.parameter("format") == "patch"))
    return http::reply(200, "text/plain", "+" + std::string(kEvil) + "\n");
  if (path == "/v1/workers/x/diff")
    return json(
        {{"from", evil},
         {"to", evil},
         {"trust", {{{"text", evil}, {"risky", true}, {"recipe", evil}, {"platform", evil}}}},
         {"files", {{{"path", evil}, {"status", evil}}}}});
  if (path == "/v1/workers/x/findings") return json({{"findings", {finding}}});
  if (path == "/v1/workers/x/versions")
    return json({{"latest", evil},
                 {"versions",
                  {{{"version", evil}, {"released_at", evil}, {"commit", evil}, {"yanked", evil}},
                   {{"version", "1-1"}, {"released_at", evil}, {"commit", evil}}}}});
  if (path == "/v1/workers/x/trust")
    return json({{"version", evil},
                 {"owner", evil},
                 {"owner_since", evil},
                 {"reviewers", {evil}},
                 {"by_submission", true},
                 {"yanked", evil}});
  if (path == "/v1/workers/x/ownership")
    return json(
        {{"history", {{{"account", evil}, {"role", evil}, {"since", evil}, {"how", evil}}}}});
  if (path == "/v1/workers/x/reviews")
    return json(
        {{"summary", {{"count", 1}, {"mean", 5}, {"verified", 0}, {"histogram", {{"5", 1}}}}},
         {"reviews",
          {{{"account", evil},
            {"title", evil},
            {"comment", evil},
            {"rating", 5},
            {"version", evil},
            {"platform", evil},
            {"created_at", evil},
            {"reply", {{"account", evil}, {"text", evil}}}}}},
         {"next", evil}});
  if (path == "/v1/workers/x/stats")
    return json(
        {{"downloads", 1},
         {"series", {{{"start", evil}, {"downloads", 1}}, {{"start", evil}, {"downloads", 2}}}},
         {"versions", {{{"version", evil}, {"downloads", 1}}}},
         {"platforms", {{{"platform", evil}, {"downloads", 1}}}}});
  if (path == "/v1/tags") return json({{"tags", {{{"tag", evil}, {"count", 1}}}}, {"total", 1}});
  if (path == "/v1/stats/overview") return json({{"totals", {{"workers", 1}, {"downloads", 2}}}});
  if (path.starts_with("/v1/workers") || path == "/v1/search") {
    if (path.starts_with("/v1/workers/") && !path.ends_with("/similar") &&
        !path.ends_with("/dependants"))
      return http::problem(request, http::Refusal{404, "worker-not-found", std::string(kEvil)});
    worker["highlights"] = {{"name", {{0, 4}}}};
    worker["snippet"] = {{"text", evil}, {"marks", {{1, 3}}}};
    return json({{"workers", {worker}},
                 {"total", 1},
                 {"next", evil},
                 {"did_you_mean", evil},
                 {"corrections", {{{"typed", evil}, {"used", {evil}}}}},
                 {"notes", {{{"message", evil}, {"fix", evil}}}},
                 {"facets",
                  {{"tag", {{{"value", evil}, {"count", 1}}}},
                   {"task", {{{"value", evil}, {"count", 1}}}}}}});
  }
  return http::problem(request, http::Refusal{404, "no-such-resource", std::string(kEvil)});
}

class WebTest : public ::testing::Test {
 protected:
  WebTest() : site_(std::move(*Site::open({fake_api, "https://market.example", "0.1.0"}))) {}

  http::Request request(std::string_view target, std::string cookies = {}) const {
    http::Request out;
    out.method_text = "GET";
    out.target = target;
    out.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string_view::npos)
      for (const std::string_view pair : split(target.substr(target.find('?') + 1), '&'))
        out.query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    out.headers.add("Accept", "text/html");
    out.headers.add("Host", "market.example");
    if (!cookies.empty()) out.headers.add("Cookie", cookies);
    return out;
  }
  http::Response get(std::string_view target, std::string cookies = {}) const {
    const auto answer = site_->respond(request(target, std::move(cookies)));
    return answer ? *answer : http::Response{.status = 0, .headers = {}, .body = {}};
  }
  http::Response post(std::string_view target, std::string body, std::string_view origin) const {
    http::Request out = request(target);
    out.method = http::Method::post;
    out.method_text = "POST";
    out.body = std::move(body);
    out.headers.add("Origin", std::string(origin));
    return *site_->respond(out);
  }

  std::unique_ptr<Site> site_;
};

const std::vector<std::string>& routes() {
  static const std::vector<std::string> kRoutes = {
      "/",
      "/search",
      "/search?q=" + std::string("<script>alert(1)</script>"),
      "/search?tag=\"><script>",
      "/search?sort=stars",
      "/tags",
      "/w/x",
      "/w/x/variants",
      "/w/x/versions",
      "/w/x/diff?from=1&to=2",
      "/w/x/recipe",
      "/w/x/recipe?file=PKGBUILD",
      "/w/x/trust",
      "/w/x/reviews",
      "/w/x/stats",
      "/w/missing",
      "/owners/x",
      "/compare",
      "/compare?ids=x,y",
      "/machine",
      "/machine?return=javascript:alert(1)",
      "/docs",
      "/docs/checks",
      "/docs/submit",
      "/docs/api",
      "/docs/<script>"};
  return kRoutes;
}

/// No element and attribute but ours: what strangers wrote is text.
void expect_harmless(const std::string& page, const std::string& what) {
  EXPECT_THAT(page, Not(HasSubstr("<script>"))) << what;
  EXPECT_THAT(page, Not(HasSubstr("<img"))) << what;
  static const std::regex kHandler("<[a-z][^>]*\\s(on[a-z]+|style|srcdoc)\\s*=", std::regex::icase);
  static const std::regex kScheme("(href|src|action)=\"\\s*(javascript|data|vbscript):",
                                  std::regex::icase);
  // What stands in quotes is a value, however it reads.
  const std::string bare = std::regex_replace(page, std::regex("\"[^\"]*\""), "\"\"");
  EXPECT_FALSE(std::regex_search(bare, kHandler)) << what;
  EXPECT_FALSE(std::regex_search(page, kScheme)) << what;
}

TEST_F(WebTest, EveryPageShowsHostileTextAsText) {
  for (const std::string& route : routes()) {
    const http::Response response = get(route);
    ASSERT_NE(response.status, 0) << route;
    expect_harmless(response.body, route);
  }
  EXPECT_THAT(get("/w/x").body, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST_F(WebTest, EveryPageHasThePolicyAndTheBudgetOfBytes) {
  const std::size_t css = site_->assets().weight_of("site.css"),
                    js = site_->assets().weight_of("site.js"),
                    htmx = site_->assets().weight_of("htmx.js");
  fmt::print("compressed: site.css {}, site.js {}, htmx.js {}\n", css, js, htmx);
  EXPECT_LT(js + htmx, 25'000U);
  for (const std::string& route : routes()) {
    const http::Response response = get(route, "theme=dark");
    EXPECT_EQ(response.headers.get("Content-Security-Policy"),
              "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
              "connect-src 'self'; "
              "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        << route;
    EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff") << route;
    EXPECT_EQ(response.headers.get("Referrer-Policy"), "same-origin") << route;
    EXPECT_THAT(response.body, HasSubstr("<html lang=\"en\" data-theme=\"dark\">")) << route;
    const std::size_t html = platform::gzip(response.body, 4).size();
    fmt::print("{:6} {}\n", html + css + js + htmx, route);
    EXPECT_LT(html + css + js + htmx, 70'000U) << route;
  }
}

TEST_F(WebTest, AssetsAreKeptForAYearUnderTheirDigest) {
  const std::string path(site_->assets().path_of("site.css"));
  EXPECT_TRUE(std::regex_match(path, std::regex("/assets/site\\.[0-9a-f]{12}\\.css"))) << path;
  const http::Response response = get(path);
  EXPECT_EQ(response.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/assets/site.000000000000.css").status, 404);
}

TEST_F(WebTest, ProgramsGetTheirAnswersAndBrowsersThePage) {
  http::Request plain = request("/");
  plain.headers.set("Accept", "*/*");
  EXPECT_FALSE(site_->respond(plain).has_value());
  EXPECT_EQ(get("/").status, 200);
  EXPECT_FALSE(site_->respond(request("/workers/x")).has_value());
  EXPECT_FALSE(site_->respond(request("/v1/workers/x")).has_value());
  const http::Response missing =
      site_->dress(request("/nowhere"), http::reply(404, "text/plain", "404"));
  EXPECT_THAT(missing.body, HasSubstr("there is no page at this address"));
  EXPECT_EQ(site_->dress(plain, http::reply(404, "text/plain", "404")).body, "404");
}

TEST_F(WebTest, AFormOfAnotherSiteIsRefused) {
  EXPECT_EQ(post("/theme", "theme=dark&return=/w/x", "https://evil.example").status, 403);
  EXPECT_EQ(post("/theme", "theme=dark&return=/w/x", "null").status, 403);
  const http::Response done = post("/theme", "theme=dark&return=/w/x", "https://market.example");
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(done.headers.get("Location"), "/w/x");
  EXPECT_EQ(done.headers.get("Set-Cookie"), "theme=dark; Path=/; SameSite=Lax; Max-Age=31536000");
  for (const char* away :
       {"https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""})
    EXPECT_EQ(post("/theme", std::string("theme=dark&return=") + away, "https://market.example")
                  .headers.get("Location"),
              "/")
        << away;
}

TEST_F(WebTest, PagesAreAskedForAgainByTheirTag) {
  const http::Response first = get("/w/x");
  http::Request again = request("/w/x");
  again.headers.add("If-None-Match", std::string(first.headers.get("ETag")));
  EXPECT_EQ(site_->respond(again)->status, 304);
  EXPECT_EQ(first.headers.get("Cache-Control"), "private, no-cache");
}

TEST_F(WebTest, TheVerdictFollowsTheMachine) {
  EXPECT_THAT(get("/w/x").body, HasSubstr("Does it run on your machine?"));
  EXPECT_THAT(get("/w/x", "machine=linux.x86_64.cpu.128000.0").body,
              HasSubstr("Runs on your machine, on cpu"));
  EXPECT_THAT(get("/w/x", "machine=linux.x86_64.cuda-cpu.128000.0").body,
              HasSubstr("it has no variant for cuda"));
  EXPECT_THAT(get("/w/x", "machine=macos.aarch64.metal-cpu.128000.0").body,
              HasSubstr("your machine runs macos"));
  EXPECT_THAT(get("/w/x", "machine=linux.x86_64.cpu.16000.0").body,
              HasSubstr("it needs 64 GB of memory, and yours has 16 GB"));
  EXPECT_THAT(get("/w/x", "machine=<script>").body, HasSubstr("Does it run on your machine?"));
}

TEST(Machine, IsReadFromWhatTheDoctorPrints) {
  const auto machine = parse_doctor(
      R"({"os":"linux","arch":"x86_64","memory":{"total_bytes":32000000000},"accelerators":[{"accelerator":"cuda","vram_bytes":24000000000},{"accelerator":"cpu"}]})");
  ASSERT_TRUE(machine);
  EXPECT_EQ(to_cookie(*machine), "linux.x86_64.cuda-cpu.32000.24000");
  EXPECT_EQ(to_cookie(*parse_machine_cookie(to_cookie(*machine))), to_cookie(*machine));
  for (const char* wrong : {"", "{}", "[]", "{\"os\":\"beos\"}", "nonsense"})
    EXPECT_EQ(parse_doctor(wrong).error().id, "machine-invalid") << wrong;
}

TEST(Templates, RawTagsTakeSafeHtmlAlone) {
  const auto one = [](std::string_view text) {
    const EmbeddedFile file{"templates/t.mustache", text};
    return Templates::parse({&file, 1});
  };
  EXPECT_EQ(one("{{{name}}}").error().message,
            "t: 'name' would stand unescaped, and is not called …_html");
  EXPECT_EQ(one("{{& name}}").error().message,
            "t: 'name' would stand unescaped, and is not called …_html");
  EXPECT_EQ(one("{{=<% %>=}}").error().message, "t: delimiters stay as they are");
  EXPECT_EQ(one("{{> t}}").error().message, "t: partials within each other without end");
  EXPECT_EQ(one("{{> gone}}").error().message, "gone: there is no such template");
  const auto templates = one("{{{a_html}}}|{{b}}|{{{c_html}}}|{{#d}}[{{.}}]{{/d}}");
  ASSERT_TRUE(templates);
  View view;
  view.set("a_html", SafeHtml::by_renderer("<b>"));
  view.set("b", "<b>&\"'");
  view.set("c_html", "<script>");  // A text under such a name is nothing.
  view.set("d", View::of({"1<2", 3}));
  EXPECT_EQ(templates->render("t", view), "<b>|&lt;b&gt;&amp;&quot;&#39;||[1&lt;2][3]");
}

TEST(Markdown, WritesWhatAReadmeNeeds) {
  const auto html = [](std::string_view text) {
    return platform::markdown_to_html(text, {.link_base = "/v1/workers/x/files/"});
  };
  EXPECT_EQ(html("# A *b*"), "<h2 id=\"readme-a-b\">A <em>b</em></h2>\n");
  EXPECT_EQ(html("[a](https://e.org \"t\") [b](docs/x.md) [c](#d)"),
            "<p><a href=\"https://e.org\" rel=\"nofollow ugc noopener\">a</a> "
            "<a href=\"/v1/workers/x/files/docs/x.md\" rel=\"nofollow ugc noopener\">b</a> "
            "<a href=\"#readme-d\" rel=\"nofollow ugc noopener\">c</a></p>\n");
  EXPECT_EQ(
      html("![alt](https://e.org/a.png)"),
      "<p>[image: <a href=\"https://e.org/a.png\" rel=\"nofollow ugc noopener\">alt</a>]</p>\n");
  EXPECT_EQ(html("|a|\n|-|\n|b|"),
            "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>a</th></tr></thead>\n"
            "<tr><td>b</td></tr>\n</table>\n</div>\n");
  EXPECT_EQ(html("```sh\na < b\n```"), "<pre tabindex=\"0\"><code>a &lt; b\n</code></pre>\n");
  EXPECT_EQ(html("- [x] done\n- ~~no~~"), "<ul><li>☑ done</li>\n<li><del>no</del></li>\n</ul>\n");
}

TEST(Markdown, LetsNothingElseThrough) {
  const std::vector<std::string> payloads = {
      "<script>alert(1)</script>",
      "<SCRIPT SRC=//e.org/x.js></SCRIPT>",
      "<img src=x onerror=alert(1)>",
      "<svg onload=alert(1)>",
      "<svg><script>alert(1)</script></svg>",
      "<iframe src=javascript:alert(1)>",
      "<body onload=alert(1)>",
      "<a href=javascript:alert(1)>x</a>",
      "<style>*{}</style>",
      "<link rel=stylesheet href=//e.org>",
      "<meta http-equiv=refresh content=0>",
      "<base href=//e.org/>",
      "<form action=//e.org><button>x</button></form>",
      "<input autofocus onfocus=alert(1)>",
      "<details open ontoggle=alert(1)>",
      "<math><mi xlink:href=javascript:alert(1)>",
      "<object data=javascript:alert(1)>",
      "<embed src=javascript:alert(1)>",
      "<video><source onerror=alert(1)>",
      "<marquee onstart=alert(1)>",
      "<div style=background:url(javascript:alert(1))>",
      "<!--><script>alert(1)</script>-->",
      "<![CDATA[<script>alert(1)</script>]]>",
      "<?php alert(1) ?>",
      "[x](javascript:alert(1))",
      "[x](JaVaScRiPt:alert(1))",
      "[x](&#106;avascript:alert(1))",
      "[x](&#x6A;avascript:alert(1))",
      "[x](java&#10;script:alert(1))",
      "[x](java\tscript:alert(1))",
      "[x](<java\tscript:alert(1)>)",
      "[x](<  javascript:alert(1)>)",
      "[x](\x01javascript:alert(1))",
      "[x](data:text/html;base64,PHNjcmlwdD4=)",
      "[x](DATA:text/html,x)",
      "[x](vbscript:msgbox(1))",
      "[x](javascript&colon;alert(1))",
      "[x](javascript&#58;alert(1))",
      "[x](//e.org/x)",
      "[x](\\\\e.org)",
      "[x](/\\e.org)",
      "[x](../../../../v1/users/me)",
      "[x](file:///etc/passwd)",
      "[x](blob:https://e.org/1)",
      "<javascript:alert(1)>",
      "<data:text/html,x>",
      "![x](javascript:alert(1))",
      "![x\" onerror=\"alert(1)](https://e.org/\"onerror=\"alert(1))",
      "![<img src=x onerror=alert(1)>](https://e.org)",
      "[a\"b](https://e.org/\"onmouseover=\"alert(1))",
      "[x](https://e.org/'onmouseover='alert(1))",
      "[x](https://e.org \"\\\"onmouseover=alert(1)\")",
      "# <script>alert(1)</script>",
      "# x\" onclick=\"alert(1)",
      "# <a id=\"main\">",
      "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
      "```\"><script>alert(1)</script>\nx\n```",
      "`<script>alert(1)</script>`",
      "    <script>alert(1)</script>",
      "> <script>alert(1)</script>",
      "- <img src=x onerror=alert(1)>",
      "[r]\n\n[r]: javascript:alert(1)",
      "[r][]\n\n[r]: <javascript:alert(1)>",
      "[^1]\n\n[^1]: <script>alert(1)</script>",
      "**<script>alert(1)</script>**",
      "~~<svg onload=alert(1)>~~",
      "https://e.org/\"><script>alert(1)</script>",
      "www.e.org/<script>alert(1)</script>",
      "a@b.org\"><script>alert(1)</script>",
      "[![x](javascript:alert(1))](javascript:alert(2))",
      "\xC0\xBCscript\xC0\xBE",
      "\xFF<script>alert(1)</script>",
      "<scr\0ipt>alert(1)</script>",
      "&lt;script&gt;alert(1)&lt;/script&gt;",
      "\\<script\\>alert(1)\\</script\\>",
      "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">"};
  EXPECT_GE(payloads.size(), 60U);
  static const std::regex kTag(
      "<(/?(p|em|strong|del|blockquote|ul|li|code|tr|thead|th|td|table)|br|hr|ol( "
      "start=\"\\d+\")?|/ol|pre tabindex=\"0\"|/pre|"
      "div class=\"scroll\" tabindex=\"0\"|/div|/?h[2-6]|h[2-6] id=\"readme-[^\"<>]*\"|/a|"
      "a href=\"(https?:|mailto:|/v1/workers/x/files/|#readme-)[^\"<>]*\" rel=\"nofollow ugc "
      "noopener\")>");
  for (const std::string& payload : payloads) {
    std::string html = platform::markdown_to_html(payload, {.link_base = "/v1/workers/x/files/"});
    expect_harmless(html, payload);
    html = std::regex_replace(html, kTag, "");
    EXPECT_THAT(html, Not(HasSubstr("<"))) << payload << "\n" << html;
    EXPECT_THAT(html, Not(HasSubstr(">"))) << payload << "\n" << html;
  }
}

TEST(Highlight, KeepsEveryByteOfARecipe) {
  for (const std::string_view text : {"", "\n", "pkgname=x",
                                      "pkgver=1.0\n\n# a < b & c\nbuild() {\n  make -j\"$(nproc)\" "
                                      "'x' && cat <<EOF\n<b>\nEOF\n}\n",
                                      "if then fi (((", "a='\xC3\xA4'\r\nb=$'\\n'\n"}) {
    std::string html = highlight_recipe(text, nullptr, "PKGBUILD").str();
    html = std::regex_replace(html, std::regex("\\n</code>"), "</code>\n");
    html = std::regex_replace(html, std::regex("<[^>]*>"), "");
    for (const auto& [from, to] : {std::pair<std::string, std::string>("&lt;", "<"),
                                   {"&gt;", ">"},
                                   {"&quot;", "\""},
                                   {"&#39;", "'"},
                                   {"&amp;", "&"}})
      for (std::size_t at; (at = html.find(from)) != std::string::npos;)
        html.replace(at, from.size(), to);
    EXPECT_EQ(html, std::string(text) + "\n");
  }
}

TEST(Highlight, MarksStandWhereTheSearchSays) {
  const boost::json::value marks = {{0, 2}, {3, 99}, {2, 1}};
  EXPECT_EQ(mark_text("a<b>c", &marks).str(), "<mark>a&lt;</mark>b&gt;c");
}

TEST(Charts, SayTheirNumbers) {
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(short_number(9999), "9,999");
  EXPECT_EQ(short_number(12345), "12.3k");
  EXPECT_THAT(bar_chart("<t>", {{"<a>", 5}}).str(), HasSubstr("&lt;a&gt;"));
  EXPECT_TRUE(line_chart("t", {}).empty());
}

}  // namespace
}  // namespace rbee::web
