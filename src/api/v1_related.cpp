// Workers that have to do with one worker: those that need it, those that are like it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "api/answers.hpp"
#include "api/v1.hpp"
#include "api/views.hpp"

namespace rbee::api {

using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

Result<Response> V1::dependants(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto found, find(request, params));
  const catalog::Snapshot& snapshot = publication_.snapshot();
  const std::string etag =
      http::strong_etag({"dependants", found->worker->id.str(), snapshot.commit().str(), base_});
  return fresh(request, kJson, etag, [&] {
    constexpr std::size_t kShownMax = 1'000;
    const auto places = publication_.relations().dependants(catalog::entry_of(*found->worker));
    bj::array workers;
    for (const std::uint32_t place : places) {
      if (workers.size() == kShownMax) break;
      workers.push_back(wire::to_json(summarise(*snapshot.workers()[place], base_)));
    }
    return bj::serialize(bj::object{{"workers", std::move(workers)}, {"total", places.size()}}) +
           "\n";
  });
}

Result<Response> V1::similar(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto found, find(request, params));
  const catalog::Snapshot& snapshot = publication_.snapshot();
  const std::string etag =
      http::strong_etag({"similar", found->worker->id.str(), snapshot.commit().str(), base_});
  return fresh(request, kJson, etag, [&] {
    constexpr std::size_t kShownMax = 12;
    bj::array workers;
    for (const Relations::Similar& each :
         publication_.relations().similar(catalog::entry_of(*found->worker), kShownMax)) {
      bj::object one = wire::to_json(summarise(*snapshot.workers()[each.place], base_)).as_object();
      one["score"] = std::round(each.score * 1000) / 1000;
      bj::array common;
      for (const std::string& word : each.in_common) common.push_back(bj::string(printable(word)));
      one["in_common"] = std::move(common);
      workers.push_back(std::move(one));
    }
    return bj::serialize(bj::object{{"workers", std::move(workers)}}) + "\n";
  });
}

}  // namespace rbee::api
