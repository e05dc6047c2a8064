#include "api/aur_archives.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"
#include "platform/gzip.hpp"

namespace rbee::api {

using http::Request;
using http::Response;

namespace {

/// So many packages are listed within the time of an ordinary request.
constexpr std::size_t kAtOnceMax = 1'500;
/// A large catalog's lists are not made more often.
constexpr std::chrono::seconds kPause{60};
constexpr std::string_view kSha256Suffix = ".sha256";

/// A gzip file and a digest of its contents, fed together.
class Sink {
 public:
  explicit Sink(Hasher& hasher) : hasher_(hasher) {}
  /// Not part of the digest.
  void head(std::string_view bytes) { gzip_.add(bytes); }
  void add(std::string_view bytes) {
    gzip_.add(bytes);
    hasher_.update(bytes);
  }
  AurArchive finish() {
    AurArchive archive;
    archive.bytes = gzip_.finish();
    archive.sha256 = Sha256::of(archive.bytes).hex();
    return archive;
  }

 private:
  Hasher& hasher_;
  platform::GzipStream gzip_;
};

template <typename Names>
AurArchive list_of(const Names& names, std::string_view what, Time made, Hasher& hasher) {
  Sink sink(hasher);
  // Clients skip the first line, whatever it says.
  sink.head(fmt::format("# AUR {} list, generated on {}\n", what, http_date(made)));
  for (const auto& name : names) {
    sink.add(name);
    sink.add("\n");
  }
  return sink.finish();
}

AurArchive records_of(const std::vector<const AurRow*>& rows, const AurState& state, AurShape shape,
                      Hasher& hasher) {
  Sink sink(hasher);
  sink.add("[\n");
  std::string line;
  for (const AurRow* row : rows) {
    line.clear();
    append_row(line, state, *row, shape);
    line += row == rows.back() ? "\n" : ",\n";
    sink.add(line);
  }
  sink.add("]");
  return sink.finish();
}

}  // namespace

std::string http_date(Time time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

AurArchives make_aur_archives(const AurState& state, Time made) {
  AurArchives archives;
  archives.state = state;
  archives.made = made;
  Hasher hasher(HashAlgorithm::sha256);
  const std::vector<const AurRow*> rows = state.view->all();
  {
    std::vector<std::string_view> names;
    names.reserve(rows.size());
    for (const AurRow* row : rows) names.push_back(row->name);
    archives.files[0] = list_of(names, "package", made, hasher);
    std::set<std::string> bases;
    for (const AurRow* row : rows) bases.insert(row->base());
    archives.files[1] = list_of(bases, "package base", made, hasher);
  }
  // Those who maintain something, or did first: nobody else's account is shown to everybody.
  std::set<std::string_view> users;
  for (const auto& [worker, person] : *state.people) {
    if (!person.maintainer.empty()) users.insert(person.maintainer);
    if (!person.submitter.empty()) users.insert(person.submitter);
    users.insert(person.co_maintainers.begin(), person.co_maintainers.end());
  }
  archives.files[2] = list_of(users, "user name", made, hasher);
  archives.files[3] = records_of(rows, state, AurShape::meta, hasher);
  archives.files[4] = records_of(rows, state, AurShape::meta_ext, hasher);
  archives.content = hasher.finish();
  return archives;
}

bool AurArchiveShelf::serves(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  if (path.ends_with(kSha256Suffix)) path.remove_suffix(kSha256Suffix.size());
  return std::find(kAurArchives.begin(), kAurArchives.end(), path) != kAurArchives.end();
}

bool AurArchiveShelf::is_fresh(const AurArchives& archives, const AurState& state) const {
  return archives.state.view == state.view && archives.state.numbers == state.numbers &&
         archives.state.people == state.people;
}

std::shared_ptr<const AurArchives> AurArchiveShelf::renew(const AurState& state) const {
  const std::lock_guard making(making_);
  std::shared_ptr<const AurArchives> before;
  {
    const std::lock_guard lock(mutex_);
    before = current_;
  }
  if (before != nullptr && is_fresh(*before, state)) return before;
  auto made = std::make_shared<AurArchives>(make_aur_archives(state, clock_.now()));
  if (before != nullptr && before->content == made->content) {
    // Nothing changed that a reader could see: the bytes and their time stay.
    made->files = before->files;
    made->made = before->made;
  }
  const std::lock_guard lock(mutex_);
  current_ = made;
  return made;
}

void AurArchiveShelf::work() const {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_) return;
    if (clock_.now() - tried_ < kPause) return;
    tried_ = clock_.now();
    wanted_ = false;
  }
  renew(state_());
}

Response AurArchiveShelf::respond(const Request& request) const {
  const AurState state = state_();
  std::shared_ptr<const AurArchives> archives;
  {
    const std::lock_guard lock(mutex_);
    archives = current_;
  }
  if (archives == nullptr || !is_fresh(*archives, state)) {
    if (state.view->package_count() <= kAtOnceMax) {
      archives = renew(state);
    } else {
      {
        const std::lock_guard lock(mutex_);
        wanted_ = true;
      }
      wake_();
    }
  }
  if (archives == nullptr) {
    Response busy = http::problem(
        request, http::Refusal{503, "list-not-ready", "this list is being made; ask again soon"});
    busy.headers.set("Retry-After", "5");
    return busy;
  }
  std::string_view name = std::string_view(request.path).substr(1);
  const bool wants_digest = name.ends_with(kSha256Suffix);
  if (wants_digest) name.remove_suffix(kSha256Suffix.size());
  const auto at = static_cast<std::size_t>(
      std::find(kAurArchives.begin(), kAurArchives.end(), name) - kAurArchives.begin());
  const AurArchive& archive = archives->files.at(at);
  Response response;
  if (wants_digest) {
    response = http::reply(200, "text/plain; charset=utf-8",
                           fmt::format("SHA256 ({}) = {}\n", name, archive.sha256));
  } else {
    // As in production: who asks as browsers and Go's client do sees the text, who keeps the bytes
    // has a gzip file.
    response = http::reply(200, name.ends_with(".json.gz") ? "application/json" : "text/plain",
                           archive.bytes);
    response.headers.add("Content-Encoding", "gzip");
  }
  response.headers.add("Last-Modified", http_date(archives->made));
  response.headers.add("Cache-Control", "public, max-age=60");
  return http::with_etag(
      request, std::move(response),
      fmt::format("\"{}{}\"", archive.sha256.substr(0, 32), wants_digest ? "-sha256" : ""));
}

}  // namespace rbee::api
