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

/// Stands for a JSON object: its quotes are cut away with it.
const std::string& numbers_marker() {
  static const std::string text = make_marker("numbers");
  return text;
}

TextTemplate render(const boost::json::value& value) {
  return {boost::json::serialize(value),
          {base_marker(), commit_marker(), "\"" + numbers_marker() + "\""}};
}

boost::json::value with_numbers(boost::json::value detail) {
  detail.as_object()["numbers"] = numbers_marker();
  return detail;
}

}  // namespace

RenderedWorker::RenderedWorker(std::shared_ptr<const catalog::Worker> shown,
                               const std::string& query)
    : worker(std::move(shown)),
      summary(render(wire::to_json(summarise(catalog::entry_of(*worker), base_marker(), query)))),
      rbee(render(rbee_worker(*worker, std::nullopt, base_marker()))),
      detail(render(with_numbers(
          wire::to_json(api::detail(*worker, commit_marker(), base_marker(), query))))),
      etag(http::strong_etag({worker->tree.str(), worker->last_commit.str(),
                              rfc3339(worker->created), rfc3339(worker->updated),
                              worker->author})) {}

RenderedShelf::Part& RenderedShelf::part_of(const catalog::Entry& entry) {
  return parts_[std::hash<std::string>()(entry.id.str()) % kPartCount];
}

std::shared_ptr<const RenderedWorker> RenderedShelf::find(const catalog::Entry& entry) {
  Part& part = part_of(entry);
  const std::lock_guard lock(part.mutex);
  const auto found = part.places.find(&entry);
  if (found == part.places.end()) return nullptr;
  part.kept.splice(part.kept.begin(), part.kept, found->second);
  return part.kept.front().worker;
}

void RenderedShelf::keep(std::shared_ptr<const catalog::Entry> entry,
                         std::shared_ptr<const RenderedWorker> worker) {
  Part& part = part_of(*entry);
  const std::lock_guard lock(part.mutex);
  if (part.places.contains(entry.get())) return;  // Another thread was faster.
  if (part.kept.size() >= kKeptMax) {
    part.places.erase(part.kept.back().entry.get());
    part.kept.pop_back();
  }
  part.kept.push_front({std::move(entry), std::move(worker)});
  part.places.emplace(part.kept.front().entry.get(), part.kept.begin());
}

Publication::Publication(std::shared_ptr<const catalog::Snapshot> snapshot,
                         const Publication* previous)
    : snapshot_(std::move(snapshot)),
      shelf_(previous == nullptr ? std::make_shared<RenderedShelf>() : previous->shelf_) {
  const auto& workers = snapshot_->workers();
  search_texts_.reserve(workers.size());
  // Both are sorted by id.
  std::size_t old = 0;
  for (const auto& worker : workers) {
    const auto* before = previous == nullptr ? nullptr : &previous->snapshot_->workers();
    while (before != nullptr && old < before->size() && (*before)[old] != worker &&
           (*before)[old]->id < worker->id)
      ++old;
    const bool is_same = before != nullptr && old < before->size() && (*before)[old] == worker;
    search_texts_.push_back(is_same ? previous->search_texts_[old]
                                    : std::make_shared<const SearchText>(search_text(*worker)));
  }
}

const Relations& Publication::relations() const {
  std::call_once(related_, [this] { relations_.emplace(*snapshot_); });
  return *relations_;
}

std::shared_ptr<const std::vector<Numbers>> Publication::numbers(
    const std::shared_ptr<const NumbersTable>& table) const {
  const std::lock_guard lock(numbers_mutex_);
  if (numbers_ == nullptr || numbers_table_ != table) {
    numbers_ = std::make_shared<const std::vector<Numbers>>(numbers_of(*snapshot_, *table));
    numbers_table_ = table;
  }
  return numbers_;
}

std::string Publication::detail_etag(const RenderedWorker& worker, std::string_view numbers) const {
  constexpr std::size_t kCommitDigits = 16;
  const std::string& stem = worker.etag;
  std::string etag(stem, 0, stem.size() - 1);
  etag += '-';
  etag.append(snapshot_->commit().str(), 0, kCommitDigits);
  // A few small numbers of one worker: 64 bits tell them apart.
  etag += fmt::format("-{:x}\"", std::hash<std::string_view>()(numbers));
  return etag;
}

Result<std::shared_ptr<const RenderedWorker>> Publication::render(
    const std::shared_ptr<const catalog::Entry>& entry) const {
  if (auto known = shelf_->find(*entry)) return known;
  TRY_ASSIGN(auto worker, snapshot_->load(*entry));
  auto rendered = std::make_shared<const RenderedWorker>(std::move(worker));
  shelf_->keep(entry, rendered);
  return rendered;
}

std::shared_ptr<const RenderedWorker> Publication::find(std::string_view id) const {
  const auto entry = snapshot_->find(id);
  if (entry == nullptr) return nullptr;
  auto rendered = render(entry);
  return rendered ? std::move(*rendered) : nullptr;
}

Error Publication::missing(std::string_view id) const {
  if (auto parsed = WorkerId::parse(id); !parsed) return parsed.error();
  if (const auto entry = snapshot_->find(id)) {
    const auto rendered = render(entry);
    if (!rendered) return rendered.error();
  }
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
