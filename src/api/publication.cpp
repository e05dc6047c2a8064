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

/// Stands for what is filled in later while rendering. Random, so that no catalog can hold it.
std::string make_marker(std::string_view what) {
  std::random_device random;
  return fmt::format("{}-{:08x}{:08x}{:08x}{:08x}", what, random(), random(), random(), random());
}
const std::string& base_marker() {
  static const std::string text = make_marker("base");
  return text;
}
const std::string& commit_marker() {
  static const std::string text = make_marker("commit");
  return text;
}

TextTemplate render(const boost::json::value& value) {
  return {boost::json::serialize(value), {base_marker(), commit_marker()}};
}

}  // namespace

RenderedWorker::RenderedWorker(std::shared_ptr<const catalog::Worker> shown,
                               const std::string& query)
    : worker(std::move(shown)),
      summary(render(wire::to_json(summarise(*worker, base_marker(), query)))),
      rbee(render(rbee_worker(*worker, std::nullopt, base_marker()))),
      detail(render(wire::to_json(api::detail(*worker, commit_marker(), base_marker(), query)))),
      etag(http::strong_etag({worker->tree.str(), worker->last_commit.str(),
                              rfc3339(worker->created), rfc3339(worker->updated), worker->author})),
      search_text(api::search_text(*worker)) {}

Publication::Publication(std::shared_ptr<const catalog::Snapshot> snapshot,
                         const Publication* previous)
    : snapshot_(std::move(snapshot)) {
  workers_.reserve(snapshot_->workers().size());
  by_id_.reserve(snapshot_->workers().size());
  // Both are sorted by id.
  std::size_t old = 0;
  for (const auto& worker : snapshot_->workers()) {
    const auto* before = previous == nullptr ? nullptr : &previous->workers_;
    while (before != nullptr && old < before->size() && (*before)[old]->worker->id < worker->id)
      ++old;
    const bool is_same =
        before != nullptr && old < before->size() && (*before)[old]->worker == worker;
    by_id_.emplace(worker->id.str(), workers_.size());
    workers_.push_back(is_same ? (*before)[old] : std::make_shared<const RenderedWorker>(worker));
    search_texts_.push_back(&workers_.back()->search_text);
  }
}

std::string Publication::detail_etag(const RenderedWorker& worker) const {
  constexpr std::size_t kCommitDigits = 16;
  const std::string& stem = worker.etag;
  std::string etag(stem, 0, stem.size() - 1);
  etag += '-';
  etag.append(snapshot_->commit().str(), 0, kCommitDigits);
  etag += '"';
  return etag;
}

const RenderedWorker* Publication::find(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : workers_[at->second].get();
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
  for (const auto& worker : snapshot_->workers())
    if (const std::string& each = worker->id.str();
        each.front() == id.front() || each.size() == id.size())
      candidates.push_back(each);
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
