#include "cli/offline_catalog.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "platform/files.hpp"
#include "search/index.hpp"
#include "wire/json_reader.hpp"

namespace rbee::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kIndexBytesMax = 256 << 20;
constexpr std::size_t kPiecesMax = 200;  // A million workers.

Result<fs::path> path_of(const std::string& marketplace, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  constexpr std::size_t kDigits = 32;
  return places.cache / "search" / (Sha256::of(marketplace).hex().substr(0, kDigits) + ".ndjson");
}

Error damaged(const std::string& marketplace, const fs::path& path) {
  return {Errc::integrity,
          "offline-list-damaged",
          fmt::format("the list of workers that was kept of {} cannot be read", marketplace),
          {path.string()},
          {},
          "fetch it again: rbee worker search --refresh",
          {}};
}

Result<KeptCatalog> parse_head(std::string_view line) {
  TRY_ASSIGN(const boost::json::value value, wire::parse_json(line));
  std::optional<Error> error;
  const wire::Node root(value, error);
  KeptCatalog kept;
  if (root.is_object()) {
    kept.marketplace = root.string("marketplace");
    kept.etag = root.string("etag");
    kept.complete = root.optional_boolean("complete").value_or(false);
    kept.fetched = parse_rfc3339(root.string("fetched_at")).value_or(Time{});
  }
  if (error) return tl::unexpected<Error>(std::move(*error));
  return kept;
}

std::string head_of(const KeptCatalog& kept) {
  return boost::json::serialize(boost::json::object{{"marketplace", kept.marketplace},
                                                    {"etag", kept.etag},
                                                    {"complete", kept.complete},
                                                    {"fetched_at", rfc3339(kept.fetched)}}) +
         "\n";
}

/// A worker as the marketplace lists it; addresses are built here from its root.
wire::WorkerSummary summary_of(const wire::IndexLine& line, const std::string& marketplace) {
  wire::WorkerSummary out;
  out.id = line.id;
  out.name = line.name;
  out.description = line.description;
  out.version = line.version;
  out.source = line.source;
  out.license = line.license;
  out.author = line.author;
  out.tags = line.tags;
  out.tasks = line.tasks;
  out.created_at = line.created_at;
  out.updated_at = line.updated_at;
  out.url = marketplace + "/v1/workers/" + line.id;
  for (const Accelerator accelerator : kAccelerators)
    for (const std::string& text : line.platforms)
      if (const auto platform = parse_platform(text);
          platform && platform->accelerator == accelerator) {
        out.accelerators.emplace_back(to_string(accelerator));
        break;
      }
  return out;
}

}  // namespace

std::optional<KeptCatalog> peek_kept_catalog(const std::string& marketplace, Context& context) {
  const auto path = path_of(marketplace, context);
  if (!path) return std::nullopt;
  const auto text = platform::read_file(*path, kIndexBytesMax);
  if (!text) return std::nullopt;
  auto kept = parse_head(std::string_view(*text).substr(0, text->find('\n')));
  if (!kept || kept->marketplace != marketplace) return std::nullopt;
  return std::move(*kept);
}

Result<KeptCatalog> read_kept_catalog(const std::string& marketplace, Context& context) {
  TRY_ASSIGN(const fs::path path, path_of(marketplace, context));
  const auto text = platform::read_file(path, kIndexBytesMax);
  if (!text && text.error().code == Errc::not_found)
    return fail(Errc::not_found, "offline-list-missing",
                fmt::format("no list of the workers of {} is kept here", marketplace),
                {.fix = "fetch it while there is a network: rbee worker search --refresh"});
  if (!text) return tl::unexpected<Error>(text.error());
  std::string_view rest = *text;
  std::optional<KeptCatalog> kept;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!kept) {
      auto head = parse_head(line);
      if (!head || head->marketplace != marketplace)
        return tl::unexpected<Error>(damaged(marketplace, path));
      kept = std::move(*head);
      continue;
    }
    auto worker = wire::parse_index_line(line);
    if (!worker || !WorkerId::parse(worker->id))
      return tl::unexpected<Error>(damaged(marketplace, path));
    kept->workers.push_back(std::move(*worker));
  }
  if (!kept) return tl::unexpected<Error>(damaged(marketplace, path));
  return std::move(*kept);
}

Result<Refreshed> refresh_kept_catalog(sdk::MarketplaceClient& client, Context& context,
                                       bool one_piece_only) {
  TRY_ASSIGN(const fs::path path, path_of(client.base(), context));
  std::optional<KeptCatalog> before = peek_kept_catalog(client.base(), context);
  // The tag is of the first piece alone; it names the catalog's state, as that of every piece does.
  TRY_ASSIGN(auto page, client.index({}, before ? before->etag : std::string()));
  Refreshed out;
  if (page.unchanged) {
    out.unchanged = true;
    // Now is when it was seen to be so.
    TRY_ASSIGN(const std::string text, platform::read_file(path, kIndexBytesMax));
    before->fetched = context.world.clock.now();
    TRY(platform::write_file_atomically(path, head_of(*before) + text.substr(text.find('\n') + 1)));
    return out;
  }
  if (page.after && one_piece_only) return out;
  const KeptCatalog kept{client.base(), page.etag, context.world.clock.now(), !page.after, {}};
  std::string text = head_of(kept);
  for (std::size_t piece = 0; piece < kPiecesMax; ++piece) {
    std::string_view rest = page.lines;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      TRY_ASSIGN(const wire::IndexLine worker, wire::parse_index_line(line));
      TRY(WorkerId::parse(worker.id));
      ++out.workers;
    }
    text += page.lines;
    if (!text.ends_with('\n')) text += '\n';
    if (!page.after) break;
    if (text.size() > kIndexBytesMax)
      return fail(Errc::too_large, "list-too-large",
                  fmt::format("the list of workers of {} is larger than {}", client.base(),
                              human_size(kIndexBytesMax)));
    TRY_ASSIGN(page, client.index(*page.after, {}));
  }
  TRY(platform::make_directories(path.parent_path()));
  TRY(platform::write_file_atomically(path, text));
  return out;
}

Result<wire::SearchAnswer> search_kept_catalog(const KeptCatalog& kept,
                                               const sdk::SearchQuery& query, Time now) {
  search::ParsedQuery parsed = search::parse_query(query.words);
  for (const Finding& finding : parsed.findings)
    if (finding.severity == Severity::block)
      return fail(Errc::usage, "query-invalid", finding.message, {.fix = finding.fix});
  for (const std::string& tag : query.tags)
    parsed.query.filters.push_back({search::Field::tag, tag, false});

  std::map<std::string_view, const wire::IndexLine*> by_id;
  std::vector<search::Document> documents;
  for (const wire::IndexLine& line : kept.workers) {
    if (!by_id.emplace(line.id, &line).second) continue;
    search::Document document;
    document.id = line.id;
    document.name = line.name;
    document.description = line.description;
    document.owner = line.author;
    document.license = line.license;
    document.source = line.source;
    document.tags = line.tags;
    document.tasks = line.tasks;
    document.formats = line.formats;
    document.premium = line.premium;
    for (const std::string& text : line.platforms)
      if (const auto platform = parse_platform(text))
        document.platforms |= search::platform_bit(*platform);
    document.created = parse_rfc3339(line.created_at).value_or(now);
    document.updated = parse_rfc3339(line.updated_at).value_or(now);
    documents.push_back(document);
  }
  const auto index = search::Index::build(documents, {}, now);
  const search::SearchAnswer found = index->search(
      {.query = parsed.query,
       .limit = query.limit == 0 ? index->size() : static_cast<std::size_t>(query.limit)});
  wire::SearchAnswer answer;
  answer.list.total = found.total;
  for (const search::Hit& hit : found.hits)
    answer.list.workers.push_back(summary_of(*by_id.at(hit.id), kept.marketplace));
  for (const search::Correction& each : found.corrections)
    answer.corrections.push_back({each.typed, each.used});
  if (found.total == 0 && found.corrections.empty())
    answer.did_you_mean = index->suggest(query.words).did_you_mean.value_or("");
  for (const Finding& finding : parsed.findings)
    answer.notes.push_back(finding.message + (finding.fix.empty() ? "" : "; " + finding.fix));
  return answer;
}

}  // namespace rbee::cli
