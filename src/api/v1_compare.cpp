// What changed between two releases of a worker, and what the checks found in one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "api/answers.hpp"
#include "api/v1.hpp"
#include "base/line_diff.hpp"
#include "catalog/git_files.hpp"
#include "catalog/subject.hpp"
#include "catalog/worker_store.hpp"
#include "check/rule.hpp"
#include "check/trust_delta.hpp"
#include "manifest/manifest.hpp"

namespace rbee::api {

using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

namespace {

constexpr std::size_t kComparedBytesMax = 64 * 1024;  ///< Of one file.
constexpr std::size_t kDiffBytesMax = 1 << 20;        ///< Of one answer.

/// A file or a generated recipe of one release.
struct Text {
  std::string blob;  ///< Empty: generated, `text` is there.
  std::string text;
  std::uint64_t size_bytes = 0;
  bool executable = false;
};

std::map<std::string, Text> texts_of(const catalog::Worker& worker) {
  std::map<std::string, Text> all;
  for (const catalog::File& file : worker.files)
    all[file.path] = {file.blob.str(), {}, file.size_bytes, file.executable};
  for (const catalog::RecipeText& recipe : worker.recipes)
    if (recipe.generated)
      all[std::string(manifest::file_name(recipe.kind))] = {
          {}, recipe.text, recipe.text.size(), false};
  return all;
}

bool is_text(std::string_view bytes) {
  return is_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
}

/// What a person must know before the new release runs: of the first platform that both have.
bj::array trust_changes(const catalog::Worker& before, const catalog::Worker& now) {
  bj::array all;
  std::set<std::pair<int, std::string>> told;
  for (const catalog::Variant& variant : now.variants) {
    const auto old = std::find_if(
        before.variants.begin(), before.variants.end(), [&](const catalog::Variant& each) {
          return each.kind == variant.kind && each.platform == variant.platform;
        });
    if (old == before.variants.end() || variant.recipe == nullptr || old->recipe == nullptr)
      continue;
    const auto facts = [](const catalog::Worker& worker, const catalog::Variant& each) {
      const catalog::RecipeText* text = worker.recipe(each.kind);
      auto made =
          check::trust_facts(*each.recipe, text == nullptr ? std::string_view() : text->text,
                             each.platform.arch, {}, worker.manifest.license);
      return made;
    };
    for (const check::TrustChange& change : check::trust_delta(
             facts(before, *old), facts(now, variant), before.version == now.version)) {
      if (!told.emplace(static_cast<int>(change.kind), change.text).second) continue;
      all.push_back(bj::object{{"kind", check::to_string(change.kind)},
                               {"risky", change.risky},
                               {"recipe", manifest::file_name(variant.kind)},
                               {"platform", to_string(variant.platform)},
                               {"text", printable(change.text)}});
    }
  }
  return all;
}

/// A unified diff under the names that `git apply` and patch(1) -p1 read; an empty one is no file.
std::string with_heads(std::string_view diff, const std::string& before, const std::string& now) {
  if (diff.empty()) return {};
  std::size_t body = 0;
  for (int line = 0; line < 2; ++line) body = diff.find('\n', body) + 1;
  const auto name = [](char side, const std::string& path) {
    return path.empty() ? std::string("/dev/null")
                        : fmt::format("{}/{}", side, printable_line(path));
  };
  return fmt::format("--- {}\n+++ {}\n{}", name('a', before), name('b', now), diff.substr(body));
}

bool wants_text(const Request& request) {
  return request.parameter("format") == "patch" ||
         (request.parameter("format").empty() &&
          request.headers.get("Accept").starts_with("text/"));
}

bj::array to_json(const std::vector<Finding>& findings) {
  bj::array all;
  for (const Finding& finding : findings) {
    bj::object one{{"rule", finding.rule},
                   {"severity", to_string(finding.severity)},
                   {"file", printable_line(finding.file)},
                   {"line", finding.excerpt.empty() ? 0 : finding.position.line},
                   {"message", printable_line(finding.message)},
                   {"excerpt", printable(finding.excerpt)},
                   {"why", printable_line(finding.why)},
                   {"fix", printable_line(finding.fix)}};
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

Result<Response> V1::diff(const Request& request, const Params& params) const {
  TRY(no_parameters(request, {"from", "to", "format"}));
  const std::string_view format = request.parameter("format");
  if (!format.empty() && format != "json" && format != "patch")
    return fail(Errc::invalid_input, "parameter-invalid",
                "the parameter 'format' is 'json' or 'patch'");
  TRY_ASSIGN(const auto present, find(request, params));
  TRY_ASSIGN(const auto releases, tools_.releases.of(*present));
  const auto named = [&](std::string_view version) -> Result<const RenderedWorker*> {
    std::vector<std::string> known;
    for (const auto& each : *releases) {
      if (each->worker->version == version) return each.get();
      if (known.size() < 10) known.push_back(each->worker->version);
    }
    return fail(Errc::not_found, "release-not-found",
                fmt::format("the worker '{}' has no release '{}'", present->worker->id.str(),
                            printable_line(version.substr(0, 100))),
                {.fix = fmt::format("it has {}", fmt::join(known, ", "))});
  };
  const RenderedWorker* now = releases->front().get();
  if (const std::string_view to = request.parameter("to"); !to.empty()) {
    TRY_ASSIGN(now, named(to));
  }
  const RenderedWorker* before = nullptr;
  if (const std::string_view from = request.parameter("from"); !from.empty()) {
    TRY_ASSIGN(before, named(from));
  } else {
    for (std::size_t i = 0; i + 1 < releases->size(); ++i)
      if ((*releases)[i].get() == now) before = (*releases)[i + 1].get();
    if (before == nullptr)
      return fail(Errc::not_found, "release-not-found",
                  fmt::format("no release of '{}' is older than {}", present->worker->id.str(),
                              now->worker->version),
                  {.fix = "name one with ?from="});
  }

  const catalog::Worker& a = *before->worker;
  const catalog::Worker& b = *now->worker;
  const bool patch = wants_text(request);
  const std::string etag = http::strong_etag(
      {"diff", a.tree.str(), b.tree.str(), a.version, b.version, patch ? "patch" : "json"});
  if (http::is_not_modified(request, etag))
    return untrusted(request, kJson, etag, [] { return std::string(); });

  const std::map<std::string, Text> old_texts = texts_of(a), new_texts = texts_of(b);
  std::set<std::string> paths;
  for (const auto& [path, text] : old_texts) paths.insert(path);
  for (const auto& [path, text] : new_texts) paths.insert(path);
  std::string whole_patch;
  bj::array files;
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    const auto old = old_texts.find(path);
    const auto fresh_text = new_texts.find(path);
    const Text* x = old == old_texts.end() ? nullptr : &old->second;
    const Text* y = fresh_text == new_texts.end() ? nullptr : &fresh_text->second;
    const bool same = x != nullptr && y != nullptr && x->blob == y->blob && x->text == y->text &&
                      x->executable == y->executable;
    if (same) continue;
    bj::object file{{"path", printable_line(path)},
                    {"status", x == nullptr   ? "added"
                               : y == nullptr ? "removed"
                                              : "changed"}};
    if (x != nullptr) file["size_before"] = x->size_bytes;
    if (y != nullptr) file["size_after"] = y->size_bytes;
    if (x != nullptr && y != nullptr && x->executable != y->executable)
      file["executable"] = y->executable;
    const auto read = [&](const Text* text) -> Result<std::optional<std::string>> {
      if (text == nullptr) return std::optional<std::string>(std::string());
      if (text->blob.empty()) return std::optional<std::string>(text->text);
      if (text->size_bytes > kComparedBytesMax) return std::optional<std::string>();
      TRY_ASSIGN(std::string read_text, tools_.read_blob(*ObjectId::parse(text->blob)));
      return std::optional<std::string>(std::move(read_text));
    };
    TRY_ASSIGN(const auto left, read(x));
    TRY_ASSIGN(const auto right, read(y));
    const bool comparable = left && right && is_text(*left) && is_text(*right);
    if (!comparable || bytes > kDiffBytesMax) {
      file["left_out"] = comparable ? "the answer is long enough" : "it is no short text";
    } else {
      constexpr std::size_t kContext = 3;
      std::string text =
          with_heads(unified_diff(*left, *right, "x", kContext),
                     x == nullptr ? std::string() : path, y == nullptr ? std::string() : path);
      bytes += text.size();
      whole_patch += text;
      file["diff"] = std::move(text);
    }
    files.push_back(std::move(file));
  }
  if (patch) return untrusted(request, kPlain, etag, [&] { return std::move(whole_patch); });
  const bj::object answer{{"worker", b.id.str()},
                          {"from", a.version},
                          {"to", b.version},
                          {"trust", trust_changes(a, b)},
                          {"files", std::move(files)}};
  return untrusted(request, kJson, etag, [&] { return bj::serialize(answer) + "\n"; });
}

Result<std::vector<Finding>> V1::check_worker(const catalog::Worker& worker) const {
  const auto& store = publication_.snapshot().store();
  if (store == nullptr) return worker.findings;
  TRY_ASSIGN(const auto repository, store->borrow());
  check::Subject subject;
  subject.name = worker.id.str();
  subject.directory = worker.directory;
  subject.is_official = worker.origin == catalog::Origin::official;
  const catalog::Folder folder{worker.origin, worker.id.str(), worker.tree};
  TRY_ASSIGN(subject.now, catalog::load_release(catalog::GitFiles(*repository, worker.tree), folder,
                                                subject.loading));
  return check::check(subject, tools_.policy);
}

Result<Response> V1::findings(const Request& request, const Params& params) const {
  TRY(no_parameters(request, {"version"}));
  const std::string_view id = params["id"];
  const std::string commit = publication_.snapshot().commit().str();
  // Its author wants to know most what is wrong with a worker that is not offered.
  for (const catalog::Broken& broken : publication_.snapshot().broken())
    if (broken.directory == id || broken.directory == fmt::format("community/{}", id))
      return untrusted(request, kJson,
                       http::strong_etag({"findings", broken.directory, broken.tree.str(), commit}),
                       [&] {
                         return bj::serialize(bj::object{{"worker", id},
                                                         {"offered", false},
                                                         {"findings", to_json(broken.findings)}}) +
                                "\n";
                       });
  TRY_ASSIGN(const auto found, find(request, params));
  const catalog::Worker& worker = *found->worker;
  const std::string etag = http::strong_etag({"findings", worker.tree.str(), tools_.version});
  if (http::is_not_modified(request, etag))
    return untrusted(request, kJson, etag, [] { return std::string(); });
  TRY_ASSIGN(const std::vector<Finding> all, check_worker(worker));
  return untrusted(request, kJson, etag, [&] {
    return bj::serialize(bj::object{{"worker", worker.id.str()},
                                    {"version", worker.version},
                                    {"offered", true},
                                    {"findings", to_json(all)}}) +
           "\n";
  });
}

}  // namespace rbee::api
