#include "api/v1.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "api/answers.hpp"
#include "api/problems.hpp"
#include "api/views.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/etag.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::api {

using http::Method;
using http::Params;
using http::Request;
using http::Response;
using manifest::RecipeKind;
namespace bj = boost::json;

namespace {

constexpr std::array<http::Route<V1>, 17> kV1Routes = {{
    {Method::get, "/v1", &V1::index},
    {Method::get, "/v1/openapi.yaml", &V1::openapi},
    {Method::get, "/v1/workers", &V1::list},
    {Method::get, "/v1/workers/{id}", &V1::worker},
    {Method::get, "/v1/workers/{id}/versions", &V1::versions},
    {Method::get, "/v1/workers/{id}/diff", &V1::diff},
    {Method::get, "/v1/workers/{id}/findings", &V1::findings},
    {Method::get, "/v1/workers/{id}/dependants", &V1::dependants},
    {Method::get, "/v1/workers/{id}/similar", &V1::similar},
    {Method::get, "/v1/workers/{id}/PKGBUILD", &V1::pkgbuild},
    {Method::get, "/v1/workers/{id}/PKGBUILD.bin", &V1::pkgbuild_bin},
    {Method::get, "/v1/workers/{id}/.SRCINFO", &V1::srcinfo},
    {Method::get, "/v1/workers/{id}/worker.toml", &V1::manifest},
    {Method::get, "/v1/workers/{id}/README.md", &V1::readme},
    {Method::get, "/v1/workers/{id}/files/{path...}", &V1::file},
    {Method::get, "/v1/problems/{id}", &V1::problem_page},
    {Method::get, "/v1/healthz", &V1::health},
}};

}  // namespace

Response V1::respond(const Request& request) const {
  return http::route(*this, kV1Routes, request);
}

std::vector<http::RouteName> V1::routes() {
  return http::names_of(kV1Routes);
}

Result<std::shared_ptr<const RenderedWorker>> V1::find(const Request& request,
                                                       const Params& params) const {
  return find_release(publication_, tools_.releases, params["id"], request.parameter("version"));
}

std::shared_ptr<const std::vector<Numbers>> V1::numbers() const {
  static const auto kNobodyCounts = std::make_shared<const NumbersTable>();
  return publication_.numbers(tools_.numbers ? tools_.numbers() : kNobodyCounts);
}

Numbers V1::numbers_of(std::string_view id) const {
  if (!tools_.numbers) return {};
  const auto table = tools_.numbers();
  const auto found = table->find(id);
  return found == table->end() ? Numbers{} : found->second;
}

Result<Response> V1::versions(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto found, find(request, params));
  TRY_ASSIGN(const auto releases, tools_.releases.of(*found));
  std::vector<wire::Release> all;
  std::string yanks;
  for (const auto& each : *releases) {
    all.push_back(release(*each->worker));
    if (tools_.yanked)
      all.back().yanked = tools_.yanked(found->worker->id.str(), all.back().version);
    yanks += all.back().version + "=" + all.back().yanked + ";";
  }
  return fresh(request, "application/json",
               http::strong_etag({"versions", found->worker->tree.str(), yanks}),
               [&] { return boost::json::serialize(wire::to_json(all)) + "\n"; });
}

Result<Response> V1::list(const Request& request, const Params&) const {
  TRY_ASSIGN(ListQuery query, parse_list_query(request.query));
  if (!query.owner.empty() && tools_.owned_by) {
    TRY_ASSIGN(std::vector<std::string> owned, tools_.owned_by(query.owner));
    if (!query.ids.empty()) {
      std::vector<std::string> both;
      std::set_intersection(owned.begin(), owned.end(), query.ids.begin(), query.ids.end(),
                            std::back_inserter(both));
      owned = std::move(both);
    }
    query.ids = std::move(owned);
  }
  const auto all_numbers = numbers();
  const Page page =
      list_page(publication_.snapshot(), publication_.search_texts(), *all_numbers, query);
  std::string next_url;
  if (page.next) {
    next_url = base_ + "/v1/workers?";
    for (const auto& [name, value] : request.query)
      if (name != "cursor")
        next_url += fmt::format("{}={}&", percent_encode(name), percent_encode(value));
    next_url += "cursor=" + percent_encode(*page.next);
  }
  std::string body = R"({"workers":[)";
  for (const std::size_t i : page.indexes) {
    if (body.back() != '[') body += ',';
    bj::object one =
        wire::to_json(summarise(*publication_.snapshot().workers()[i], base_)).as_object();
    one["numbers"] = to_json((*all_numbers)[i]);
    body += bj::serialize(one);
  }
  body += fmt::format(R"(],"total":{})", page.total);
  if (page.next) body += fmt::format(R"(,"next":{})", http::json_quote(*page.next));
  body += "}\n";
  Response response =
      fresh(request, kJson, http::strong_etag({"v1-list", body}), [&] { return std::move(body); });
  if (page.next) response.headers.add("Link", fmt::format("<{}>; rel=\"next\"", next_url));
  return response;
}

Result<Response> V1::worker(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto found, find(request, params));
  TRY(no_parameters(request, {"version"}));
  const std::string numbers = bj::serialize(to_json(numbers_of(found->worker->id.str())));
  return fresh(request, kJson, publication_.detail_etag(*found, numbers), [&] {
    return found->detail.fill({base_, publication_.snapshot().commit().str(), numbers});
  });
}

Result<Response> V1::recipe(const Request& request, const Params& params, RecipeKind kind) const {
  TRY_ASSIGN(const auto found, find(request, params));
  const catalog::RecipeText* recipe = found->worker->recipe(kind);
  if (recipe == nullptr)
    return fail(Errc::not_found, "recipe-not-found",
                fmt::format("the worker '{}' has no {}", found->worker->id.str(),
                            manifest::file_name(kind)),
                {.fix = fmt::format("it has {}",
                                    manifest::file_name(found->worker->recipes.front().kind))});
  const std::string etag =
      http::strong_etag({manifest::file_name(kind), found->worker->tree.str(), recipe->text});
  return untrusted(request, kPlain, etag, [&] { return recipe->text; });
}

Result<Response> V1::pkgbuild(const Request& request, const Params& params) const {
  return recipe(request, params, RecipeKind::source);
}

Result<Response> V1::pkgbuild_bin(const Request& request, const Params& params) const {
  return recipe(request, params, RecipeKind::binary);
}

Result<Response> V1::srcinfo(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto found, find(request, params));
  TRY(no_parameters(request, {"recipe", "platform", "version"}));
  const catalog::Worker& worker = *found->worker;
  std::optional<RecipeKind> kind;
  if (const std::string_view name = request.parameter("recipe"); !name.empty()) {
    for (RecipeKind each : {RecipeKind::source, RecipeKind::binary})
      if (manifest::file_name(each) == name) kind = each;
    if (!kind)
      return fail(Errc::invalid_input, "parameter-invalid",
                  "the parameter 'recipe' is 'PKGBUILD' or 'PKGBUILD.bin'");
  }
  std::optional<Platform> platform;
  if (const std::string_view name = request.parameter("platform"); !name.empty()) {
    auto parsed = parse_platform(name);
    if (!parsed)
      return fail(Errc::invalid_input, "parameter-invalid", parsed.error().message,
                  {.fix = parsed.error().fix});
    platform = *parsed;
  }
  std::string offered;
  for (const catalog::Variant& variant : worker.variants) {
    offered +=
        fmt::format("{} {}; ", manifest::file_name(variant.kind), to_string(variant.platform));
    if (variant.recipe == nullptr || (kind && variant.kind != *kind) ||
        (platform && variant.platform != *platform))
      continue;
    const std::string etag =
        http::strong_etag({"srcinfo", worker.tree.str(), publication_.snapshot().commit().str(),
                           manifest::file_name(variant.kind), to_string(variant.platform)});
    return untrusted(request, kPlain, etag, [&] { return pkgbuild::srcinfo(*variant.recipe); });
  }
  if (!offered.empty()) offered.resize(offered.size() - 2);
  return fail(Errc::not_found, "variant-not-found",
              fmt::format("the worker '{}' has no such variant", worker.id.str()),
              {.fix = "it has " + offered});
}

Result<Response> V1::manifest(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto found, find(request, params));
  return untrusted(request, kPlain, http::strong_etag({"worker.toml", found->worker->tree.str()}),
                   [&] { return found->worker->manifest_text; });
}

Result<Response> V1::readme(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto found, find(request, params));
  if (found->worker->readme.empty())
    return fail(Errc::not_found, "readme-not-found",
                fmt::format("the worker '{}' has no README.md", found->worker->id.str()));
  return untrusted(request, "text/markdown; charset=utf-8",
                   http::strong_etag({"README.md", found->worker->tree.str()}),
                   [&] { return found->worker->readme; });
}

Result<Response> V1::file(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto found, find(request, params));
  const catalog::File* file = found->worker->file(params["path"]);
  if (file == nullptr) {
    std::vector<std::string> paths;
    for (const catalog::File& each : found->worker->files) paths.push_back(each.path);
    const auto near = did_you_mean(params["path"], paths);
    return fail(Errc::not_found, "file-not-found",
                fmt::format("the worker '{}' has no file '{}'", found->worker->id.str(),
                            printable_line(params["path"].substr(0, 200))),
                {.fix = near ? fmt::format("did you mean '{}'?", *near) : std::string()});
  }
  const std::string etag = http::strong_etag({"file", file->blob.str()});
  if (http::is_not_modified(request, etag))
    return untrusted(request, kPlain, etag, [] { return std::string(); });
  TRY_ASSIGN(std::string bytes, tools_.read_blob(file->blob));
  const bool is_text = is_utf8(bytes) && bytes.find('\0') == std::string::npos;
  return untrusted(request, is_text ? kPlain : "application/octet-stream", etag,
                   [&] { return std::move(bytes); });
}

Result<Response> V1::problem_page(const Request& request, const Params& params) const {
  const std::string_view text = describe_problem(params["id"]);
  if (text.empty())
    return fail(Errc::not_found, "no-such-resource",
                fmt::format("no problem is called '{}'", printable_line(params["id"])));
  return fresh(request, kPlain, http::strong_etag({"problem", text}),
               [&] { return fmt::format("{}\n\n{}\n", params["id"], text); });
}

Result<Response> V1::health(const Request&, const Params&) const {
  const catalog::Snapshot& snapshot = publication_.snapshot();
  Response response =
      http::reply(200, "application/json",
                  fmt::format("{{\"status\":\"ok\",\"version\":{},\"commit\":\"{}\",\"committed_"
                              "at\":\"{}\",\"workers\":{},\"broken\":{}}}\n",
                              http::json_quote(tools_.version), snapshot.commit().str(),
                              rfc3339(snapshot.committed()), snapshot.workers().size(),
                              snapshot.broken().size()));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

}  // namespace rbee::api
