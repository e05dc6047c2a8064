// The pages where people do something, without a socket: sessions, forms that only this site can
// send, and text of strangers in every field.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <regex>

#include "platform/gzip.hpp"
#include "web/diff_view.hpp"
#include "web/session.hpp"
#include "web/shown.hpp"
#include "web/site.hpp"

namespace rbee::web {
namespace {

namespace bj = boost::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSecretOfTests = "a server's secret of more than forty characters";
const std::string kAnn = "rbee_" + std::string(43, 'a'), kBob = "rbee_" + std::string(43, 'b');

/// The API as far as these pages ask it; every text in it is `text`.
struct FakeApi {
  std::string text = "harmless";
  std::string role = "admin";
  std::vector<std::string> asked;  ///< "POST /v1/… BODY", those that change something.

  http::Response respond(const http::Request& request) {
    const std::string_view shown = request.headers.get("Authorization");
    const bool known = shown == "Bearer " + kAnn || shown == "Bearer " + kBob;
    if (request.method_text != "GET")
      asked.push_back(fmt::format("{} {} {}", request.method_text, request.target, request.body));
    if (request.path == "/v1/login/session") {
      if (request.body.find("right") == std::string::npos)
        return problem(401, "login-refused", "the account's name or the password is wrong");
      return json(201, {{"id", 8}, {"token", kBob}});
    }
    if (request.path == "/v1/users" && request.method_text == "POST")
      return problem(400, "account-name-invalid", text);
    if (request.path.starts_with("/v1/users/me") && !known)
      return problem(401, "token-invalid", "the token is unknown, expired or was ended");
    return json(200, body_of(request.path, request.method_text == "POST"));
  }

  bj::value body_of(const std::string& path, bool posts) const {
    const bj::string t(text);
    const bj::object submission{
        {"id", 17},        {"worker", t},     {"version", t},          {"title", t},
        {"topic", t},      {"account", t},    {"state", "held"},       {"tier", 3},
        {"risk", {t, t}},  {"revision", 2},   {"approvals_needed", 2}, {"head", t},
        {"tree", t},       {"created_at", t}, {"updated_at", t},       {"not_before", t},
        {"claimed_by", t}, {"merged", t},     {"reason", t},           {"position", 1}};
    const bj::object review{{"id", 5},
                            {"worker", t},
                            {"account", t},
                            {"rating", 4},
                            {"title", t},
                            {"comment", t},
                            {"version", t},
                            {"created_at", t},
                            {"updated_at", t},
                            {"edits", 1},
                            {"helpful", 2},
                            {"hidden", true},
                            {"platform", t},
                            {"hidden_reason", t},
                            {"verified_install", true},
                            {"hardware_class", t},
                            {"reply", {{"account", t}, {"text", t}, {"at", t}}}};
    const bj::object finding{{"rule", t},    {"severity", t}, {"file", "PKGBUILD"},
                             {"line", 2},    {"column", 1},   {"message", t},
                             {"excerpt", t}, {"why", t},      {"fix", t}};
    bj::object loose = finding;
    loose["file"] = "";
    const bj::object line_comment{{"id", 1},   {"at", t},   {"author", t},  {"file", "PKGBUILD"},
                                  {"line", 1}, {"text", t}, {"revision", 2}};
    bj::object general = line_comment;
    general["file"] = "";
    if (path == "/v1/users/me")
      return {{"name", "ann"}, {"email", t},    {"role", role},     {"created_at", t},
              {"scopes", t},   {"token_id", 7}, {"workers", {t, t}}};
    if (path == "/v1/users/me/tokens")
      return {{"token", t},
              {"tokens",
               {{{"id", 7},
                 {"name", t},
                 {"scopes", t},
                 {"created_at", t},
                 {"expires_at", t},
                 {"last_used_at", t},
                 {"ended_at", nullptr}},
                {{"id", 6},
                 {"name", t},
                 {"scopes", t},
                 {"created_at", t},
                 {"expires_at", t},
                 {"last_used_at", t},
                 {"ended_at", t}}}}};
    if (path == "/v1/users/me/starred")
      return {{"workers", {{{"id", t}, {"offered", true}}, {{"id", t}, {"offered", false}}}}};
    if (path == "/v1/users/me/notices")
      return {
          {"notices", {{{"id", 1}, {"kind", t}, {"subject", t}, {"text", t}, {"created_at", t}}}}};
    if (path == "/v1/submissions" && posts)
      return {{"submission", nullptr}, {"blocked", true}, {"findings", {finding, loose}}};
    if (path == "/v1/submissions") return {{"submissions", {submission}}};
    if (path == "/v1/submissions/17") {
      bj::object detail = submission;
      detail["findings"] = {finding, loose};
      detail["events"] = {{{"at", t},
                           {"actor", t},
                           {"event", t},
                           {"from", t},
                           {"to", t},
                           {"revision", 1},
                           {"text", t}}};
      detail["comments"] = {line_comment, general};
      detail["approvals"] = {{{"reviewer", t}, {"tree", t}, {"at", t}}};
      detail["queue"] = {{"position", 1}, {"length", 3}, {"expected_seconds", 7200}};
      return detail;
    }
    if (path == "/v1/submissions/17/diff")
      return {{"files",
               {{{"path", "PKGBUILD"},
                 {"status", "changed"},
                 {"executable", true},
                 {"diff",
                  "@@ -1,2 +1,2 @@ " + text + "\n-" + text + "\n+" + text + "\n " + text + "\n"}},
                {{"path", t}, {"status", "added"}, {"executable", false}, {"left_out", t}}}}};
    if (path == "/v1/review-reports")
      return {{"reports",
               {{{"id", 1},
                 {"review", 5},
                 {"worker", "x"},
                 {"author", t},
                 {"reporter", t},
                 {"reason", t},
                 {"created_at", t}}}}};
    if (path.starts_with("/v1/workers/") && path.find("/reviews/") != std::string::npos)
      return review;
    if (path == "/v1/adoption-requests") return {{"requests", bj::array()}};
    if (path == "/v1/requests")
      return {{"requests",
               {{{"id", 1},
                 {"worker", t},
                 {"kind", t},
                 {"account", t},
                 {"text", t},
                 {"target", t},
                 {"created_at", t}}}}};
    if (path == "/v1/advisories")
      return {
          {"advisories", {{{"kind", "quarantine"}, {"worker", t}, {"reason", t}, {"since", t}}}}};
    if (path == "/v1/admin/switches")
      return {{"switches",
               {{{"name", t},
                 {"stops", t},
                 {"frozen", true},
                 {"reason", t},
                 {"since", t},
                 {"actor", t}}}}};
    if (path == "/v1/admin/users")
      return {{"users",
               {{{"name", t}, {"role", t}, {"created_at", t}, {"disabled_at", t}},
                {{"name", t}, {"role", t}, {"created_at", t}, {"disabled_at", nullptr}}}}};
    if (path == "/v1/admin/audit")
      return {{"entries",
               {{{"id", 1},
                 {"at", t},
                 {"actor", t},
                 {"action", t},
                 {"subject", t},
                 {"digest", t},
                 {"details", t},
                 {"hash", t}}}}};
    if (path.starts_with("/v1/login/device/"))
      return {{"name", t}, {"scopes", t}, {"created_at", t}};
    if (path.ends_with("/reviews"))
      return {{"reviews", {review}}, {"mine", review}, {"summary", bj::object()}};
    if (path.ends_with("/star") || path.ends_with("/vote"))
      return {{"worker", t}, {"count", 3}, {"mine", true}};
    if (path.ends_with("/owners")) return {{"owner", t}, {"co_maintainers", bj::array()}};
    if (path == "/v1/workers/x")
      return {{"id", "x"},
              {"name", t},
              {"description", t},
              {"version", t},
              {"source", "community"},
              {"accelerators", {t}},
              {"tasks", {t}},
              {"tags", {t}},
              {"updated_at", t},
              {"numbers", bj::object()}};
    return bj::object();
  }

  static http::Response json(int status, const bj::value& value) {
    return http::reply(status, "application/json", bj::serialize(value));
  }
  static http::Response problem(int status, std::string_view id, std::string_view detail) {
    return http::reply(status, "application/problem+json",
                       bj::serialize(bj::object{{"type", fmt::format("/v1/problems/{}", id)},
                                                {"title", id},
                                                {"status", status},
                                                {"detail", detail}}));
  }
};

class Doing : public ::testing::Test {
 protected:
  Doing() {
    auto opened = Site::open({[this](const http::Request& each) { return api_.respond(each); }, "",
                              "0.1.0", std::string(kSecretOfTests)});
    if (!opened) throw std::runtime_error(describe(opened.error()));
    site_ = std::move(*opened);
  }

  http::Response send(std::string_view method, std::string_view target, std::string body = {},
                      std::vector<std::pair<std::string, std::string>> fields = {}) {
    http::Request request;
    request.method = method == "POST" ? http::Method::post : http::Method::get;
    request.method_text = method;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (const std::size_t at = target.find('?'); at != std::string_view::npos) {
      const std::string_view query = target.substr(at + 1);
      request.query.emplace_back(query.substr(0, query.find('=')),
                                 query.substr(query.find('=') + 1));
    }
    request.headers.add("Host", "localhost:8787");
    request.headers.add("Accept", "text/html");
    for (auto& [name, value] : fields) request.headers.add(name, value);
    request.body = std::move(body);
    auto response = site_->respond(request);
    return response ? std::move(*response) : http::Response{.status = 0, .headers = {}, .body = {}};
  }
  http::Response as_ann(std::string_view method, std::string_view target, std::string body = {}) {
    return send(method, target, std::move(body), {{"Cookie", "theme=dark; __Host-rbee=" + kAnn}});
  }
  std::string form_of_ann(std::string_view rest) {
    return fmt::format("csrf={}&{}", make_csrf(kSecretOfTests, kAnn), rest);
  }
  static std::vector<std::string> cookies(const http::Response& response) {
    std::vector<std::string> all;
    for (const auto& [name, value] : response.headers.all())
      if (name == "Set-Cookie") all.push_back(value);
    return all;
  }

  FakeApi api_;
  std::unique_ptr<Site> site_;
};

TEST_F(Doing, ALogInSetsACookieThatOnlyThisHostAndNoScriptReads) {
  const auto response = send("POST", "/login", "name=ann&password=right&next=/w/x");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.headers.get("Location"), "/w/x");
  EXPECT_THAT(cookies(response), Contains(fmt::format("__Host-rbee={}; Path=/; Secure; HttpOnly; "
                                                      "SameSite=Lax; Max-Age=2592000",
                                                      kBob)));
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
}

TEST_F(Doing, AWrongPasswordShowsTheFormAgainAndNeverThePassword) {
  const auto response = send("POST", "/login", "name=ann&password=wr0ng-one");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr("the account&#39;s name or the password is wrong"));
  EXPECT_THAT(response.body, HasSubstr("value=\"ann\""));
  EXPECT_THAT(response.body, Not(HasSubstr("wr0ng-one")));
  EXPECT_TRUE(cookies(response).empty());
}

TEST_F(Doing, ALogInEndsTheSessionThatWasThereBefore) {
  as_ann("POST", "/login", "name=bob&password=right");
  EXPECT_THAT(api_.asked, Contains("DELETE /v1/users/me/tokens/7 "));
}

TEST_F(Doing, ALogOutEndsTheTokenAndTakesTheCookieBack) {
  const auto response = as_ann("POST", "/logout", form_of_ann("x=1"));
  EXPECT_EQ(response.headers.get("Location"), "/");
  EXPECT_THAT(api_.asked, Contains("DELETE /v1/users/me/tokens/7 "));
  EXPECT_THAT(cookies(response),
              Contains("__Host-rbee=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"));
}

TEST_F(Doing, ASessionThatIsOverIsForgotten) {
  const auto response = send("GET", "/login", "", {{"Cookie", "__Host-rbee=rbee_old"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(cookies(response), Contains(StartsWith("__Host-rbee=; ")));
}

TEST_F(Doing, PlainHttpFromElsewhereIsSaid) {
  EXPECT_THAT(send("GET", "/login").body, Not(HasSubstr("plain HTTP")));
  auto opened = Site::open({[this](const http::Request& each) { return api_.respond(each); },
                            "http://market.example", "0", std::string(kSecretOfTests)});
  site_ = std::move(*opened);
  EXPECT_THAT(send("GET", "/login").body, HasSubstr("plain HTTP"));
}

TEST_F(Doing, WithoutAccountsThereIsNothingToLogInTo) {
  auto opened =
      Site::open({[this](const http::Request& each) { return api_.respond(each); }, "", "0"});
  site_ = std::move(*opened);
  for (const char* path :
       {"/login", "/signup", "/account", "/review", "/admin", "/submit", "/submissions"}) {
    const auto response = send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, Not(HasSubstr("Log in</a>"))) << path;
  }
}

TEST_F(Doing, WhatIsOnesOwnLeadsToTheLogInAndBack) {
  for (const char* path :
       {"/account", "/account/tokens", "/review", "/review/17", "/admin", "/admin/audit"}) {
    const auto response = send("GET", path);
    EXPECT_EQ(response.status, 303) << path;
    EXPECT_EQ(response.headers.get("Location"), "/login?next=" + url_encode(path));
  }
  const auto posted = send("POST", "/w/x/star", "on=1&return=/w/x");
  EXPECT_EQ(posted.headers.get("Location"), "/login?next=%2Fw%2Fx");
}

TEST_F(Doing, PagesOfARoleAreRefusedToOthers) {
  api_.role = "user";
  for (const char* path :
       {"/review", "/review/17", "/review/reports", "/admin", "/admin/users", "/admin/audit"})
    EXPECT_EQ(as_ann("GET", path).status, 403) << path;
  api_.role = "reviewer";
  EXPECT_EQ(as_ann("GET", "/review").status, 200);
  EXPECT_EQ(as_ann("GET", "/admin").status, 403);
}

TEST_F(Doing, APageForAnAccountIsKeptByNobody) {
  const auto mine = as_ann("GET", "/account");
  EXPECT_EQ(mine.headers.get("Cache-Control"), "private, no-store");
  EXPECT_EQ(mine.headers.get("ETag"), "");
}

constexpr std::string_view kPosts[] = {"/logout",
                                       "/account/tokens",
                                       "/account/tokens/7/end",
                                       "/w/x/star",
                                       "/w/x/vote",
                                       "/w/x/rate",
                                       "/w/x/rate/withdraw",
                                       "/w/x/reviews/5/helpful",
                                       "/w/x/reviews/5/report",
                                       "/w/x/reviews/5/reply",
                                       "/w/x/reviews/5/moderate",
                                       "/submissions/17/comment",
                                       "/submissions/17/withdraw",
                                       "/submit/form",
                                       "/review/17/claim",
                                       "/review/17/approve",
                                       "/review/17/reject",
                                       "/review/17/comment",
                                       "/admin/switches/reviews",
                                       "/admin/quarantine",
                                       "/admin/users/bob",
                                       "/device"};

TEST_F(Doing, AFormWithoutItsSecretChangesNothing) {
  for (const std::string_view path : kPosts) {
    const std::string bad[] = {"",
                               "csrf=",
                               "csrf=x",
                               "csrf=.",
                               "csrf=" + make_csrf(kSecretOfTests, kBob),
                               "csrf=" + make_csrf("another secret", kAnn)};
    for (const std::string& body : bad) {
      const auto response =
          as_ann("POST", path, body + "&on=1&reason=x&text=x&name=x&scope_read=1&code=A");
      EXPECT_EQ(response.status, 403) << path << " " << body;
      EXPECT_THAT(response.body, HasSubstr("not of your session")) << path;
    }
  }
  EXPECT_TRUE(api_.asked.empty()) << api_.asked.front();
}

TEST_F(Doing, TheSecretOfAFormIsAnotherTextEachTime) {
  const std::string one = make_csrf(kSecretOfTests, kAnn), two = make_csrf(kSecretOfTests, kAnn);
  EXPECT_NE(one, two);
  EXPECT_TRUE(csrf_fits(kSecretOfTests, kAnn, one));
  EXPECT_TRUE(csrf_fits(kSecretOfTests, kAnn, two));
  EXPECT_FALSE(csrf_fits("", kAnn, make_csrf("", kAnn)));
}

TEST_F(Doing, AFormOfAnotherSiteIsRefusedWithASessionAndWithout) {
  const std::vector<std::pair<std::string, std::string>> foreign[] = {
      {{"Origin", "https://evil.example"}},
      {{"Origin", "null"}},
      {{"Origin", "http://localhost:8787.evil.example"}},
      {{"Origin", "http://localhost:8788"}},
      {{"Sec-Fetch-Site", "cross-site"}},
      {{"Sec-Fetch-Site", "same-site"}},
  };
  for (const auto& fields : foreign) {
    for (const std::string_view path : kPosts) {
      auto with_session = fields;
      with_session.emplace_back("Cookie", "__Host-rbee=" + kAnn);
      EXPECT_EQ(send("POST", path, form_of_ann("on=1"), with_session).status, 403) << path;
      EXPECT_EQ(send("POST", path, "on=1", fields).status, 403) << path;
    }
    for (const char* path : {"/login", "/signup", "/device", "/theme"})
      EXPECT_EQ(send("POST", path, "name=ann&password=right&account=ann", fields).status, 403)
          << path;
  }
  EXPECT_TRUE(api_.asked.empty()) << api_.asked.front();
  // What a browser says of our own.
  EXPECT_EQ(send("POST", "/login", "name=ann&password=right",
                 {{"Origin", "http://localhost:8787"}, {"Sec-Fetch-Site", "same-origin"}})
                .status,
            303);
}

TEST_F(Doing, NobodyIsSentElsewhere) {
  const char* const elsewhere[] = {"//evil.example",
                                   "/\\evil.example",
                                   "https://evil.example",
                                   "javascript:alert(1)",
                                   "/%09/evil.example",
                                   "evil",
                                   "",
                                   "%2F%2Fevil.example",
                                   "/%0D%0ALocation: //evil",
                                   "/\\/evil",
                                   "%5C%5Cevil.example"};
  for (const char* next : elsewhere) {
    const auto after = send("POST", "/login", fmt::format("name=ann&password=right&next={}", next));
    EXPECT_EQ(after.headers.get("Location"), "/") << next;
    EXPECT_EQ(as_ann("POST", "/w/x/star", form_of_ann(fmt::format("on=1&return={}", next)))
                  .headers.get("Location"),
              "/")
        << next;
    EXPECT_EQ(as_ann("GET", fmt::format("/login?next={}", next))
                  .headers.get("Location")
                  .substr(0, 2)
                  .find("//"),
              std::string_view::npos);
  }
}

TEST_F(Doing, FormsSayToTheApiWhatTheyMean) {
  const std::pair<std::string, std::string> said[] = {
      {"/w/x/star on=1", "PUT /v1/workers/x/star "},
      {"/w/x/star on=0", "DELETE /v1/workers/x/star "},
      {"/w/x/vote on=1", "PUT /v1/workers/x/vote "},
      {"/w/x/rate rating=4&title=Good&comment=a%0D%0Ab",
       R"(POST /v1/workers/x/reviews {"rating":4,"title":"Good","comment":"a\nb"})"},
      {"/w/x/rate/withdraw a=", "DELETE /v1/workers/x/reviews "},
      {"/w/x/reviews/5/helpful on=1", "PUT /v1/workers/x/reviews/5/helpful "},
      {"/w/x/reviews/5/report reason=spam",
       R"(POST /v1/workers/x/reviews/5/report {"reason":"spam"})"},
      {"/w/x/reviews/5/reply text=thanks",
       R"(PUT /v1/workers/x/reviews/5/reply {"text":"thanks"})"},
      {"/w/x/reviews/5/moderate action=hide&reason=rude",
       R"(POST /v1/workers/x/reviews/5/hide {"reason":"rude"})"},
      {"/submissions/17/comment text=why", R"(POST /v1/submissions/17/comments {"text":"why"})"},
      {"/submissions/17/withdraw a=", "POST /v1/submissions/17/withdraw "},
      {"/review/17/approve tree=abc", R"(POST /v1/submissions/17/approve {"tree":"abc"})"},
      {"/review/17/claim a=", "POST /v1/submissions/17/claim {}"},
      {"/review/17/request-changes reason=no",
       R"(POST /v1/submissions/17/request-changes {"reason":"no"})"},
      {"/review/17/comment file=PKGBUILD&line=4&text=hm",
       R"(POST /v1/submissions/17/comments {"text":"hm","file":"PKGBUILD","line":4})"},
      {"/admin/switches/reviews frozen=1&reason=flood",
       R"(PUT /v1/admin/switches/reviews {"frozen":true,"reason":"flood"})"},
      {"/admin/quarantine worker=x&reason=bad&action=quarantine",
       R"(POST /v1/workers/x/quarantine {"reason":"bad"})"},
      {"/admin/quarantine worker=x&action=release", "POST /v1/workers/x/release {}"},
      {"/admin/users/bob action=disable&reason=stolen",
       R"(POST /v1/admin/users/bob/disable {"reason":"stolen"})"},
  };
  for (const auto& [form, expected] : said) {
    api_.asked.clear();
    const std::size_t space = form.find(' ');
    const auto response =
        as_ann("POST", form.substr(0, space), form_of_ann(form.substr(space + 1) + "&return=/w/x"));
    EXPECT_EQ(response.status, 303) << form << response.body;
    EXPECT_THAT(api_.asked, Contains(expected)) << form;
  }
}

TEST_F(Doing, APathOfAFormCannotReachAnotherRoute) {
  as_ann("POST", "/w/..%2Fusers/star", form_of_ann("on=1"));
  as_ann("POST", "/admin/quarantine",
         form_of_ann("worker=x/../../admin&reason=r&action=quarantine"));
  for (const std::string& each : api_.asked) EXPECT_THAT(each, Not(HasSubstr("/../"))) << each;
}

TEST_F(Doing, AMessageComesOutOfATable) {
  const auto known = send("GET", "/login", "", {{"Cookie", "flash=logged-out"}});
  EXPECT_THAT(known.body, HasSubstr("You are logged out."));
  EXPECT_THAT(cookies(known), Contains("flash=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
  const auto made_up = send("GET", "/login", "", {{"Cookie", "flash=call-0900-12345"}});
  EXPECT_THAT(made_up.body, Not(HasSubstr("0900")));
}

TEST(Diff, LinesHaveTheirNumbersAndWhatIsSaidOfThem) {
  const auto diff = bj::parse(R"({"files":[{"path":"PKGBUILD","status":"changed","executable":false,
    "diff":"@@ -3,3 +3,3 @@\n a\n-b\n+c\n d\n"}]})");
  const auto detail = bj::parse(R"({"revision":2,"findings":[],"comments":[
    {"file":"PKGBUILD","line":4,"revision":2,"text":"here","author":"rex"},
    {"file":"PKGBUILD","line":4,"revision":1,"text":"before","author":"rex"}]})");
  const Views files = diff_files(diff, detail);
  ASSERT_EQ(files.size(), 1U);
  const auto member = [](const View& view, std::string_view name) -> const View& {
    static const View none;
    for (const auto& [key, value] : std::get<View::Members>(view.value()))
      if (key == name) return value;
    return none;
  };
  const Views& lines = std::get<Views>(member(files[0], "lines").value());
  ASSERT_EQ(lines.size(), 5U);
  const auto text = [&](std::size_t line, std::string_view name) {
    const auto* found = std::get_if<std::string>(&member(lines[line], name).value());
    return found == nullptr ? std::string() : *found;
  };
  EXPECT_EQ(text(1, "old") + "/" + text(1, "now"), "3/3");
  EXPECT_EQ(text(2, "old") + "/" + text(2, "now") + text(2, "kind"), "4/del");
  EXPECT_EQ(text(3, "old") + "/" + text(3, "now") + text(3, "kind"), "/4add");
  EXPECT_EQ(text(4, "old") + "/" + text(4, "now"), "5/5");
  EXPECT_EQ(std::get<Views>(member(lines[3], "notes").value()).size(), 1U);
  EXPECT_EQ(std::get<Views>(member(files[0], "notes").value()).size(), 1U) << "of an old revision";
}

TEST(Shown, TimesAndDurations) {
  EXPECT_EQ(moment_of("2026-11-07T18:40:12Z"), "7 Nov 2026, 18:40");
  EXPECT_EQ(moment_of("2026-13-07T18:40:12Z"), "");
  EXPECT_EQ(moment_of("<b>"), "");
  EXPECT_EQ(duration_of(0), "1 second");
  EXPECT_EQ(duration_of(3 * 3600), "3 hours");
  EXPECT_EQ(duration_of(3 * 86400), "3 days");
}

/// The names of all tags and attributes of a page, in their order: what a browser would make of it.
std::string skeleton(std::string_view html) {
  std::string out;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string_view::npos;) {
    ++at;
    std::size_t end = at;
    out += '<';
    while (end < html.size() && html[end] != '>') {
      if (html[end] == '"' || html[end] == '\'') {
        const std::size_t close = html.find(html[end], end + 1);
        end = close == std::string_view::npos ? html.size() : close + 1;
        out += "\"\"";
      } else {
        out += html[end++];
      }
    }
    at = end;
  }
  return out;
}

std::vector<std::string> payloads() {
  const std::string_view seeds[] = {"<script>alert(1)</script>",
                                    "<img src=x onerror=alert(1)>",
                                    "<svg onload=alert(1)>",
                                    "<svg><script>alert(1)</script>",
                                    "<body onload=alert(1)>",
                                    "<iframe src=javascript:alert(1)>",
                                    "<a href=javascript:alert(1)>x</a>",
                                    "<details open ontoggle=alert(1)>",
                                    "<input autofocus onfocus=alert(1)>",
                                    "<video><source onerror=alert(1)>",
                                    "<math><mtext><script>alert(1)</script>",
                                    "<object data=javascript:alert(1)>",
                                    "<embed src=javascript:alert(1)>",
                                    "<form action=javascript:alert(1)><button>",
                                    "<base href=//evil.example>",
                                    "<meta http-equiv=refresh content=0;url=//evil>",
                                    "<link rel=stylesheet href=//evil.example>",
                                    "<style>@import '//evil.example'</style>",
                                    "<template><script>alert(1)</script>",
                                    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
                                    "<!--><script>alert(1)</script>-->",
                                    "<![CDATA[<script>alert(1)</script>]]>",
                                    "<ScRiPt>alert(1)</sCrIpT>",
                                    "<script/x>alert(1)</script>",
                                    "onmouseover=alert(1) x=",
                                    "javascript:alert(1)",
                                    "data:text/html,<script>alert(1)</script>",
                                    "vbscript:msgbox(1)",
                                    "{{{csrf}}}",
                                    "{{#files}}<script>alert(1)</script>{{/files}}",
                                    "{{=<% %>=}}<script>alert(1)</script>",
                                    "&lt;script&gt;alert(1)&lt;/script&gt;",
                                    "&#60;script&#62;alert(1)",
                                    "%3Cscript%3Ealert(1)%3C/script%3E",
                                    "\\x3cscript\\x3ealert(1)",
                                    "+ADw-script+AD4-alert(1)",
                                    "\xE2\x80\xAE<script>alert(1)</script>",
                                    "`-alert(1)-`"};
  const std::string_view before[] = {
      "", "\">", "'>", "</textarea>", "\" autofocus onfocus=alert(1) x=\"", "-->"};
  std::vector<std::string> all;
  for (const std::string_view seed : seeds)
    for (const std::string_view head : before) all.push_back(std::string(head) + std::string(seed));
  return all;
}

TEST_F(Doing, NoTextOfAStrangerBecomesMarkup) {
  const std::vector<std::string> all = payloads();
  ASSERT_GE(all.size(), 150U);
  const char* const pages[] = {"/account",
                               "/account/tokens",
                               "/submissions",
                               "/submissions/17",
                               "/submissions/17/live",
                               "/review",
                               "/review/17",
                               "/review/reports",
                               "/admin",
                               "/admin/users",
                               "/admin/audit",
                               "/device?code=A",
                               "/w/x/reviews",
                               "/submit",
                               "/submit/form"};
  // What people typed comes back in these.
  const auto typed = [this](const std::string& text) {
    const std::string coded = url_encode(text);
    std::vector<std::pair<std::string, std::string>> bodies;
    bodies.emplace_back(
        "login", send("POST", "/login", "name=" + coded + "&password=x&next=/" + coded).body);
    bodies.emplace_back(
        "signup",
        send("POST", "/signup", "name=" + coded + "&email=" + coded + "&next=/" + coded).body);
    bodies.emplace_back(
        "token",
        as_ann("POST", "/account/tokens", form_of_ann("name=" + coded + "&return=/" + coded)).body);
    bodies.emplace_back(
        "submit", as_ann("POST", "/submit/form",
                         form_of_ann(fmt::format("worker={0}&title={0}&recipe={0}&manifest={0}&"
                                                 "other_name={0}&other_text={0}",
                                                 coded)))
                      .body);
    for (const char* target : {"/device?code=", "/submissions?account=", "/submissions?worker=",
                               "/submissions?state=", "/admin?worker=", "/admin/audit?subject=",
                               "/admin/audit?actor=", "/login?next=/", "/signup?next=/"})
      bodies.emplace_back(
          target, (std::string_view(target).starts_with("/admin") ? as_ann("GET", target + text)
                                                                  : send("GET", target + text))
                      .body);
    return bodies;
  };
  std::map<std::string, std::string> expected;
  for (const char* page : pages) {
    const auto response = as_ann("GET", page);
    ASSERT_EQ(response.status, 200) << page << response.body.substr(0, 3000);
    expected[page] = skeleton(response.body);
  }
  const auto typed_expected = typed("harmless");
  const std::regex address("(href|src|action|formaction)=\"([^\"]*)\"");
  for (const std::string& text : all) {
    api_.text = text;
    for (const char* page : pages) {
      const auto response = as_ann("GET", page);
      ASSERT_EQ(skeleton(response.body), expected[page]) << page << " " << text;
      if (&text != &all.front() && text.find("script:") == std::string::npos) continue;
      for (std::sregex_iterator it(response.body.begin(), response.body.end(), address), end;
           it != end; ++it) {
        const std::string url = (*it)[2];
        EXPECT_TRUE(url.empty() || url[0] == '/' || url[0] == '#' ||
                    url.starts_with("http://localhost:8787"))
            << page << " " << url;
      }
    }
    api_.text = "harmless";
    const auto now = typed(text);
    for (std::size_t i = 0; i < now.size(); ++i)
      ASSERT_EQ(skeleton(now[i].second), skeleton(typed_expected[i].second))
          << now[i].first << " " << text;
  }
}

}  // namespace
}  // namespace rbee::web
