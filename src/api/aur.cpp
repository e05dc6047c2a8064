#include "api/aur.hpp"

#include <fmt/format.h>

#include "api/aur_feeds.hpp"
#include "api/aur_files.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/problem.hpp"

namespace rbee::api {

using http::Method;
using http::Request;
using http::Response;

namespace {

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::string_view kPackages = "/packages/", kBases = "/pkgbase/";

}  // namespace

Aur::Aur(AurOptions options, const Clock& clock)
    : options_(std::move(options)),
      no_numbers_(std::make_shared<const NumbersTable>()),
      no_people_(std::make_shared<const AurPeople>()),
      archives_([this] { return state(); }, clock,
                [this] {
                  const std::lock_guard lock(mutex_);
                  woken_ = true;
                  changed_.notify_one();
                }) {
  if (options_.intake == nullptr) options_.intake = std::make_shared<AurIntake>();
}

Aur::~Aur() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Aur::publish(std::shared_ptr<const catalog::Snapshot> snapshot) {
  const auto before = view_.get();
  view_.set(std::make_shared<const AurView>(std::move(snapshot), before.get(), *options_.intake));
  options_.intake->clear();
}

void Aur::start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      woken_ = false;
      lock.unlock();
      look();
      lock.lock();
      changed_.wait_for(lock, kBetweenLooks, [this] { return stopping_ || woken_; });
    }
  });
}

void Aur::look() {
  // A database that cannot be read now is asked again; until then the old table stands.
  if (options_.people != nullptr) (void)options_.people->refresh();
  archives_.work();
}

AurState Aur::state() const {
  return {view_.get(), options_.read_numbers ? options_.read_numbers() : no_numbers_,
          options_.people != nullptr ? options_.people->get() : no_people_};
}

bool Aur::serves(std::string_view path) const {
  return is_rpc_path(path) || AurArchiveShelf::serves(path) || path.starts_with(kCgitPrefix) ||
         is_aur_feed(path) || path.starts_with(kPackages) || path.starts_with(kBases);
}

Response Aur::respond(const Request& request, std::string_view base) const {
  const bool is_rpc = is_rpc_path(request.path);
  const char* allow = is_rpc ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
  if (request.method == Method::options) {
    Response response{.status = 204, .headers = {}, .body = {}};
    response.headers.add("Allow", allow);
    return response;
  }
  if (request.method != Method::get && request.method != Method::head &&
      !(is_rpc && request.method == Method::post)) {
    Response response =
        http::problem(request, http::Refusal{405, "method-not-allowed",
                                             "this path does not answer " + request.method_text});
    response.headers.set("Allow", allow);
    return response;
  }
  if (is_rpc) return answer_rpc(request, state());
  if (AurArchiveShelf::serves(request.path)) return archives_.respond(request);
  if (request.path.starts_with(kCgitPrefix))
    return answer_cgit(request, *view_.get(), options_.read_blob);
  if (is_aur_feed(request.path)) return answer_aur_feed(request, state(), base);
  return package_page(request, base);
}

Response Aur::package_page(const Request& request, std::string_view base) const {
  const bool is_base = request.path.starts_with(kBases);
  std::string_view name =
      std::string_view(request.path).substr(is_base ? kBases.size() : kPackages.size());
  if (name.ends_with('/')) name.remove_suffix(1);
  const auto view = view_.get();
  const AurRow* found = is_aur_name(name) ? view->find_base(name) : nullptr;
  if (found == nullptr)
    return http::problem(
        request, http::Refusal{404, "package-not-found",
                               fmt::format("no package is called '{}'", printable_line(name))});
  Response response{.status = 302, .headers = {}, .body = {}};
  response.headers.add("Location", fmt::format("{}/v1/workers/{}", base, found->worker->id.str()));
  return response;
}

}  // namespace rbee::api
