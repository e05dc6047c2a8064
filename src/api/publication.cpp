#include "api/publication.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <random>

#include "api/rbee_worker.hpp"
#include "api/views.hpp"
#include "base/text.hpp"
#include "http/etag.hpp"

namespace rbee::api {

namespace {

/// Stands for the base URL while rendering. Random, so that no catalog can hold it.
const std::string& marker() {
  static const std::string text = [] {
    std::random_device random;
    return fmt::format("base-{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
  }();
  return text;
}

TextTemplate render(const boost::json::value& value) {
  return {boost::json::serialize(value), marker()};
}

}  // namespace

Publication::Publication(std::shared_ptr<const catalog::Snapshot> snapshot)
    : snapshot_(std::move(snapshot)) {
  const std::string& commit = snapshot_->commit().str();
  workers_.reserve(snapshot_->workers().size());
  for (const auto& worker : snapshot_->workers()) {
    RenderedWorker rendered;
    rendered.worker = worker;
    rendered.summary = render(wire::to_json(summarise(*worker, marker())));
    rendered.detail = render(wire::to_json(detail(*worker, snapshot_->commit(), marker())));
    rendered.detail_etag = http::strong_etag({"v1", worker->tree.str(), commit});
    rendered.rbee = render(rbee_worker(*worker, std::nullopt, marker()));
    rendered.rbee_etag = http::strong_etag({"rbee", worker->tree.str(), commit});
    search_texts_.push_back(search_text(*worker));
    by_id_.emplace(worker->id.str(), workers_.size());
    workers_.push_back(std::move(rendered));
  }
}

const RenderedWorker* Publication::find(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &workers_[at->second];
}

Error Publication::missing(std::string_view id) const {
  if (auto parsed = WorkerId::parse(id); !parsed) return parsed.error();
  for (const catalog::Broken& broken : snapshot_->broken()) {
    if (broken.directory != id && broken.directory != fmt::format("community/{}", id)) continue;
    const std::string first =
        broken.findings.empty() ? std::string() : broken.findings.front().message;
    if (!broken.findings.empty() && broken.findings.front().rule == "quarantined")
      return {Errc::policy,
              "worker-quarantined",
              fmt::format("the worker '{}' is in quarantine", id),
              {},
              printable_line(first),
              "remove it where it is installed: rbee worker remove " + std::string(id),
              {}};
    return {Errc::not_found,
            "worker-broken",
            fmt::format("the worker '{}' is in the catalog and is not offered", id),
            {},
            printable_line(first),
            {},
            {}};
  }
  // An edit distance for each of 20,000 ids would be work that a stranger can order; near ids share
  // a first letter.
  std::vector<std::string> candidates;
  for (const SearchText& text : search_texts_)
    if (text.id.front() == id.front() || text.id.size() == id.size()) candidates.push_back(text.id);
  if (candidates.size() > 2000) candidates.resize(2000);
  const auto near = did_you_mean(id, candidates);
  return {Errc::not_found,
          "worker-not-found",
          fmt::format("no worker is called '{}'", id),
          {},
          {},
          near ? fmt::format("did you mean '{}'?", *near) : std::string(),
          {}};
}

}  // namespace rbee::api
