// A worker of the catalog as /v1 shows it.
//
// Pure. `base` is the marketplace's own address without a final '/', such as
// "https://market.example".
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "api/numbers.hpp"
#include "catalog/snapshot.hpp"
#include "community/reports.hpp"
#include "wire/worker.hpp"

namespace rbee::api {

/// `query` stands behind every address of the worker's own: "" or "?version=1.0-1".
wire::WorkerSummary summarise(const catalog::Entry& worker, std::string_view base,
                              std::string_view query = {});
wire::WorkerDetail detail(const catalog::Worker& worker, std::string_view commit,
                          std::string_view base, std::string_view query = {});
/// What a list of releases tells of one.
wire::Release release(const catalog::Worker& worker);

boost::json::object to_json(const Numbers& numbers);

/// The worker that a path names. `snapshot` may be nullptr: then there is none. Errors:
/// Errc::not_found "worker-not-found", Errc::invalid_input "worker-id-invalid".
Result<std::shared_ptr<const catalog::Entry>> find_worker(
    const std::shared_ptr<const catalog::Snapshot>& snapshot, std::string_view id);

/// An open report as the moderators' lists show it; `subject` is "review" or "comment".
boost::json::object report_json(const community::Report& report, std::string_view subject);

/// `path` with every segment percent-encoded, '/' kept.
std::string encode_path(std::string_view path);

}  // namespace rbee::api
