// Searching N made-up workers: ours beside Xapian and SQLite's FTS5, the same documents and the
// same queries, in one run and one thread.
//
//   search_bench [WORKERS] [QUERIES] [DIRECTORY]     100,000, 200 of each kind, a directory for
//   Xapian's files; without it no peers
//
// A query's time is the least of several runs, because the machine may have other work; the
// percentiles are over queries. Every answer is the best 50 with scores; ours counts all matches as
// well. Peers get what suits them: FTS5 is in memory with prefix indexes, Xapian may stop counting
// early.
#include <fmt/format.h>
#include <roaring/roaring.h>
#include <sqlite3.h>
#include <xapian.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_map>

#include "corpus.hpp"
#include "search/index.hpp"
#include "search/typos.hpp"
#include "search/words.hpp"

namespace {

using namespace rbee;
using bench::GeneratedWorker;
using Clock_ = std::chrono::steady_clock;

/// Of all threads of this process: what work costs, whoever else is busy.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double seconds_since(Clock_::time_point begin) {
  return std::chrono::duration<double>(Clock_::now() - begin).count();
}

struct Percentiles {
  double p50 = 0, p99 = 0;  ///< Milliseconds.
};

Percentiles measure(const std::vector<std::string>& queries, int runs,
                    const std::function<void(const std::string&)>& ask) {
  std::vector<double> times;
  for (const std::string& query : queries) {
    double least = 1e9;
    for (int i = 0; i < runs; ++i) {
      const auto begin = Clock_::now();
      ask(query);
      least = std::min(least, seconds_since(begin) * 1000);
    }
    times.push_back(least);
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[std::min(times.size() - 1, times.size() * 99 / 100)]};
}

search::Platforms platforms_of(const GeneratedWorker& worker) {
  search::Platforms set = 0;
  for (const std::string& accelerator : worker.accelerators)
    for (const std::string& arch : worker.arches)
      set |= search::platform_bit({worker.accelerators.back() == "metal" ? Os::macos : Os::linux,
                                   *parse_arch(arch), *parse_accelerator(accelerator)});
  return set;
}

std::vector<search::Document> documents_of(const std::vector<GeneratedWorker>& workers) {
  std::vector<search::Document> documents;
  for (const GeneratedWorker& w : workers) {
    search::Document document;
    document.id = w.id;
    document.name = w.name;
    document.description = w.description;
    document.readme = w.readme;
    document.owner = w.owner;
    document.license = w.license;
    document.source = w.official ? "official" : "community";
    document.tags = w.tags;
    document.tasks = w.tasks;
    document.formats = w.formats;
    document.platforms = platforms_of(w);
    document.created = Time(std::chrono::seconds(w.created));
    document.updated = Time(std::chrono::seconds(w.updated));
    documents.push_back(document);
  }
  return documents;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& each : all) text += each + " ";
  return text;
}

void check(int code, sqlite3* database) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  fmt::print(stderr, "search_bench: SQLite: {}\n", sqlite3_errmsg(database));
  std::exit(1);
}

/// SQLite's full-text search, in memory.
class Fts5 {
 public:
  explicit Fts5(const std::vector<GeneratedWorker>& workers) {
    check(sqlite3_open(":memory:", &database_), database_);
    run("CREATE VIRTUAL TABLE docs USING fts5(id, name, tags, description, readme, prefix='1 2 3');"
        "CREATE VIRTUAL TABLE terms USING fts5vocab(docs, row); BEGIN");
    sqlite3_stmt* insert = prepare("INSERT INTO docs VALUES(?,?,?,?,?)");
    for (const GeneratedWorker& w : workers) {
      const std::string tags = joined(w.tags) + joined(w.tasks) + joined(w.formats);
      const std::string* fields[] = {&w.id, &w.name, &tags, &w.description, &w.readme};
      for (int i = 0; i < 5; ++i)
        sqlite3_bind_text(insert, i + 1, fields[i]->data(), static_cast<int>(fields[i]->size()),
                          SQLITE_TRANSIENT);
      check(sqlite3_step(insert), database_);
      sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    run("COMMIT; INSERT INTO docs(docs) VALUES('optimize')");
    match_ = prepare(
        "SELECT id FROM docs WHERE docs MATCH ? ORDER BY bm25(docs, 6, 6, 4, 3, 1) LIMIT 50");
    count_ = prepare("SELECT count(*) FROM docs WHERE docs MATCH ?");
    sqlite3_create_function(
        database_, "slips", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
        [](sqlite3_context* context, int, sqlite3_value** values) {
          const auto text = [&](int i) {
            return std::string_view(reinterpret_cast<const char*>(sqlite3_value_text(values[i])));
          };
          sqlite3_result_int64(
              context,
              static_cast<sqlite3_int64>(search::slips_between(
                  text(0), text(1), static_cast<std::size_t>(sqlite3_value_int(values[2])))));
        },
        nullptr, nullptr);
    near_ = prepare(
        "SELECT term FROM terms WHERE length(term) BETWEEN ?2 - ?3 AND ?2 + ?3 AND slips(term, ?1, "
        "?3) <= ?3 ORDER BY slips(term, ?1, ?3), doc DESC LIMIT 8");
  }
  ~Fts5() {
    for (sqlite3_stmt* each : {match_, count_, near_}) sqlite3_finalize(each);
    sqlite3_close(database_);
  }
  Fts5(const Fts5&) = delete;
  Fts5& operator=(const Fts5&) = delete;

  std::size_t ask(const std::string& query) {
    sqlite3_bind_text(match_, 1, query.data(), static_cast<int>(query.size()), SQLITE_TRANSIENT);
    std::size_t rows = 0;
    while (sqlite3_step(match_) == SQLITE_ROW) ++rows;
    sqlite3_reset(match_);
    return rows;
  }
  std::int64_t count(const std::string& query) {
    sqlite3_bind_text(count_, 1, query.data(), static_cast<int>(query.size()), SQLITE_TRANSIENT);
    check(sqlite3_step(count_), database_);
    const auto n = sqlite3_column_int64(count_, 0);
    sqlite3_reset(count_);
    return n;
  }
  /// FTS5 has no fuzzy search: near words out of its vocabulary, then a search for them.
  void ask_misspelt(const std::string& word) {
    const auto slips = static_cast<int>(search::slips_allowed(word));
    sqlite3_bind_text(near_, 1, word.data(), static_cast<int>(word.size()), SQLITE_TRANSIENT);
    sqlite3_bind_int64(near_, 2, static_cast<sqlite3_int64>(word.size()));
    sqlite3_bind_int(near_, 3, slips);
    std::string query;
    while (sqlite3_step(near_) == SQLITE_ROW)
      query += fmt::format("{}\"{}\"", query.empty() ? "" : " OR ",
                           reinterpret_cast<const char*>(sqlite3_column_text(near_, 0)));
    sqlite3_reset(near_);
    if (!query.empty()) ask(query);
  }

 private:
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), database_);
    return statement;
  }
  void run(const char* sql) {
    check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), database_);
  }
  sqlite3* database_ = nullptr;
  sqlite3_stmt *match_ = nullptr, *count_ = nullptr, *near_ = nullptr;
};

/// Xapian with its default weighting (BM25), on files that the page cache holds.
class XapianPeer {
 public:
  XapianPeer(const std::vector<GeneratedWorker>& workers, const std::string& directory) {
    Xapian::WritableDatabase database(directory, Xapian::DB_CREATE_OR_OVERWRITE);
    Xapian::TermGenerator generator;
    generator.set_database(database);
    generator.set_flags(Xapian::TermGenerator::FLAG_SPELLING);
    for (const GeneratedWorker& w : workers) {
      Xapian::Document document;
      document.set_data(w.id);
      generator.set_document(document);
      generator.index_text(w.id, 6);
      generator.index_text(w.name, 6);
      generator.index_text(joined(w.tags) + joined(w.tasks) + joined(w.formats), 4);
      generator.increase_termpos();
      generator.index_text(w.description, 3);
      generator.increase_termpos();
      generator.index_text(w.readme);
      database.add_document(document);
    }
    database.commit();
    database.close();
    database_ = Xapian::Database(directory);
    parser_.set_database(database_);
    parser_.set_default_op(Xapian::Query::OP_AND);
    for (auto at = std::filesystem::recursive_directory_iterator(directory);
         at != std::filesystem::end(at); ++at)
      if (at->is_regular_file()) size_bytes_ += at->file_size();
  }
  std::size_t ask(const std::string& query, unsigned flags) {
    Xapian::Enquire enquire(database_);
    Xapian::Query parsed = parser_.parse_query(query, flags);
    if ((flags & Xapian::QueryParser::FLAG_SPELLING_CORRECTION) != 0)
      if (const std::string better = parser_.get_corrected_query_string(); !better.empty())
        parsed = parser_.parse_query(better, 0);
    enquire.set_query(parsed);
    const Xapian::MSet found = enquire.get_mset(0, 50);
    std::size_t bytes = 0;
    for (auto at = found.begin(); at != found.end(); ++at)
      bytes += at.get_document().get_data().size();
    return bytes;
  }
  std::uintmax_t size_bytes() const { return size_bytes_; }

 private:
  Xapian::Database database_;
  Xapian::QueryParser parser_;
  std::uintmax_t size_bytes_ = 0;
};

/// Facets of all matches: ours walks the matches, CRoaring intersects a bitmap for every value.
void compare_facets(const search::Index& index, const std::vector<search::Document>& documents,
                    const std::vector<std::string>& queries) {
  std::unordered_map<std::string, roaring_bitmap_t*> by_value;
  const auto add = [&](const std::string& value, std::uint32_t doc) {
    roaring_bitmap_t*& bitmap = by_value[value];
    if (bitmap == nullptr) bitmap = roaring_bitmap_create();
    roaring_bitmap_add(bitmap, doc);
  };
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  for (std::uint32_t doc = 0; doc < documents.size(); ++doc) {
    const search::Document& each = documents[doc];
    numbers[each.id] = doc;
    for (const std::string& tag : each.tags) add("tag:" + tag, doc);
    for (const std::string& task : each.tasks) add("task:" + task, doc);
    for (const std::string& format : each.formats) add("format:" + format, doc);
    add("license:" + std::string(each.license), doc);
    add("source:" + std::string(each.source), doc);
    for (const Accelerator accelerator : kAccelerators)
      if ((each.platforms & search::platforms_of(accelerator)) != 0)
        add("accelerator:" + std::string(to_string(accelerator)), doc);
  }
  for (auto& [value, bitmap] : by_value) roaring_bitmap_run_optimize(bitmap);
  const auto plain = measure(queries, 5, [&](const std::string& text) {
    index.search({.query = search::parse_query(text, search::LastWord::whole).query});
  });
  const auto ours = measure(queries, 5, [&](const std::string& text) {
    index.search(
        {.query = search::parse_query(text, search::LastWord::whole).query, .facets = true});
  });
  std::unordered_map<std::string, roaring_bitmap_t*> results;
  for (const std::string& text : queries) {
    roaring_bitmap_t* bitmap = roaring_bitmap_create();
    for (const search::Hit& hit :
         index
             .search({.query = search::parse_query(text, search::LastWord::whole).query,
        .limit = documents.size()})
             .hits)
      roaring_bitmap_add(bitmap, numbers.at(hit.id));
    results[text] = bitmap;
  }
  std::uint64_t sum = 0;
  const auto peer = measure(queries, 5, [&](const std::string& text) {
    const roaring_bitmap_t* result = results.at(text);
    for (const auto& [value, bitmap] : by_value)
      sum += roaring_bitmap_and_cardinality(result, bitmap);
  });
  fmt::print(
      "facets of one word's matches, {} values: search and facets p50 {:.3f} p99 {:.3f} ms (search "
      "alone {:.3f} {:.3f}); CRoaring's intersections alone p50 {:.3f} p99 {:.3f} ms\n",
      by_value.size(), ours.p50, ours.p99, plain.p50, plain.p99, peer.p50, peer.p99);
  for (auto& [value, bitmap] : by_value) roaring_bitmap_free(bitmap);
  for (auto& [text, bitmap] : results) roaring_bitmap_free(bitmap);
  if (sum == 1) fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t number = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 100'000;
  const std::size_t each = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 200;
  const std::string directory = count > 3 ? arguments[3] : "";
  const std::vector<GeneratedWorker> workers = bench::generate_workers(number);
  const bench::GeneratedQueries queries = bench::generate_queries(workers, each);
  const std::vector<search::Document> documents = documents_of(workers);
  std::size_t text_bytes = 0, page_bytes = 0;
  for (const GeneratedWorker& w : workers) {
    text_bytes += w.id.size() + w.name.size() + w.description.size() + joined(w.tags).size() +
                  w.readme.size();
    page_bytes += w.readme.size();
  }
  std::unordered_map<std::string_view, const GeneratedWorker*> by_id;
  for (const GeneratedWorker& w : workers) by_id[w.id] = &w;
  const search::ReadFacts facts = [&](std::string_view id) {
    const auto at = by_id.find(id);
    if (at == by_id.end()) return search::Facts{};
    return search::Facts{.stars = at->second->stars,
                         .installs_30_days = at->second->installs_30_days};
  };
  const Time now(std::chrono::seconds(1'795'000'000));
  fmt::print(
      "{} workers, {:.1f} MB of text ({} bytes of page each), {} queries of each kind, least of "
      "several runs\n",
      number, static_cast<double>(text_bytes) / 1e6, page_bytes / std::max<std::size_t>(1, number),
      each);

  std::shared_ptr<const search::Index> index;
  double built[2] = {1e9, 1e9}, cost = 1e9;
  for (int run = 0; run < 3; ++run)
    for (unsigned threads = 1; threads <= 2; ++threads) {
      const auto begin = Clock_::now();
      const double cpu = processor_seconds();
      index = search::Index::build(documents, facts, now, {}, threads);
      built[threads - 1] = std::min(built[threads - 1], seconds_since(begin));
      cost = std::min(cost, processor_seconds() - cpu);
    }
  fmt::print(
      "rbee     built in {:.2f} s with one thread, {:.2f} s with two, {:.2f} s of processor time; "
      "{:.1f} MB, {} segments\n",
      built[0], built[1], cost, static_cast<double>(index->memory_bytes()) / 1e6,
      index->segment_count());
  // A push of one worker.
  double push = 1e9, rank = 1e9;
  for (int i = 0; i < 20; ++i) {
    const std::span<const search::Document> one(
        &documents[static_cast<std::size_t>(i) * 37 % documents.size()], 1);
    auto begin = Clock_::now();
    const auto next = index->updated(one, {}, facts, now);
    push = std::min(push, seconds_since(begin) * 1000);
    if (next->size() != index->size()) return 1;
    if (i >= 3) continue;
    begin = Clock_::now();
    index->with_facts(facts, now);
    rank = std::min(rank, seconds_since(begin) * 1000);
  }
  auto pushed = index;
  double pushed_most = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    const std::span<const search::Document> one(&documents[i * 151 % documents.size()], 1);
    const auto begin = Clock_::now();
    pushed = pushed->updated(one, {}, facts, now);
    pushed_most = std::max(pushed_most, seconds_since(begin) * 1000);
  }
  const auto compacting = Clock_::now();
  const auto compacted = pushed->compacted();
  fmt::print(
      "rbee     a push of one worker: {:.2f} ms; of 600 one after another the slowest {:.1f} ms; "
      "merging in the background {:.0f} ms; new numbers for all {:.0f} ms\n",
      push, pushed_most, seconds_since(compacting) * 1000, rank);

  // Without a directory, ours alone.
  std::optional<XapianPeer> xapian;
  std::optional<Fts5> fts5;
  if (!directory.empty()) {
    auto begin = Clock_::now();
    xapian.emplace(workers, directory + "/xapian");
    fmt::print("Xapian   built in {:.1f} s; {:.1f} MB of files ({})\n", seconds_since(begin),
               static_cast<double>(xapian->size_bytes()) / 1e6, Xapian::version_string());
    begin = Clock_::now();
    fts5.emplace(workers);
    fmt::print("FTS5     built in {:.1f} s; {:.1f} MB (SQLite {})\n\n", seconds_since(begin),
               static_cast<double>(sqlite3_memory_used()) / 1e6, sqlite3_libversion());
  }

  std::size_t same = 0, asked = 0;
  for (const std::string& query : queries.one_word) {
    if (!fts5 || ++asked > 50) break;
    const auto ours =
        index->search({.query = search::parse_query(query, search::LastWord::whole).query}).total;
    const auto theirs = static_cast<std::uint64_t>(std::max<std::int64_t>(1, fts5->count(query)));
    same += ours * 100 >= theirs * 95 && ours * 95 <= theirs * 100 ? 1 : 0;
  }
  fmt::print(
      "one word: for {} of {} queries ours and FTS5 find the same number of workers, give or take "
      "5 % (addresses in pages are no words of ours)\n\n",
      same, std::min<std::size_t>(50, asked));

  struct Row {
    const char* name;
    const std::vector<std::string>& queries;
    search::LastWord last;
    unsigned xapian_flags;
    std::function<void(const std::string&)> fts5;
  };
  const Row rows[] = {
      {"one word", queries.one_word, search::LastWord::whole, 0,
       [&](const std::string& q) { fts5->ask("\"" + q + "\""); }},
      {"two words", queries.two_words, search::LastWord::whole, 0,
       [&](const std::string& q) { fts5->ask(q); }},
      {"prefix", queries.prefixes, search::LastWord::beginning, Xapian::QueryParser::FLAG_PARTIAL,
       [&](const std::string& q) { fts5->ask(q + "*"); }},
      {"typo", queries.typos, search::LastWord::whole,
       Xapian::QueryParser::FLAG_SPELLING_CORRECTION,
       [&](const std::string& q) { fts5->ask_misspelt(q); }}};
  fmt::print("{:10} {:>9} {:>9}   {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7}   ms; ratios of p99\n", "",
             "rbee p50", "p99", "Xapian p50", "p99", "x", "FTS5 p50", "p99", "x");
  for (const Row& row : rows) {
    const Percentiles ours = measure(row.queries, 9, [&](const std::string& q) {
      index->search({.query = search::parse_query(q, row.last).query});
    });
    if (!xapian || !fts5) {
      fmt::print("{:10} {:9.3f} {:9.3f}\n", row.name, ours.p50, ours.p99);
      continue;
    }
    const Percentiles first =
        measure(row.queries, 3, [&](const std::string& q) { xapian->ask(q, row.xapian_flags); });
    const Percentiles second = measure(row.queries, 2, row.fts5);
    fmt::print("{:10} {:9.3f} {:9.3f}   {:9.2f} {:9.2f} {:6.1f}x   {:9.2f} {:9.2f} {:6.0f}x\n",
               row.name, ours.p50, ours.p99, first.p50, first.p99, first.p99 / ours.p99, second.p50,
               second.p99, second.p99 / ours.p99);
    std::fflush(stdout);
  }
  const Percentiles pushed_times = measure(queries.one_word, 9, [&](const std::string& q) {
    pushed->search({.query = search::parse_query(q, search::LastWord::whole).query});
  });
  const Percentiles merged_times = measure(queries.one_word, 9, [&](const std::string& q) {
    compacted->search({.query = search::parse_query(q, search::LastWord::whole).query});
  });
  fmt::print("\none word after 600 pushes: p50 {:.3f} p99 {:.3f} ms; merged: {:.3f} {:.3f}\n",
             pushed_times.p50, pushed_times.p99, merged_times.p50, merged_times.p99);
  const Percentiles phrases = measure(queries.two_words, 3, [&](const std::string& q) {
    index->search({.query = search::parse_query("\"" + q + "\"").query});
  });
  const Percentiles suggestions =
      measure(queries.prefixes, 5, [&](const std::string& q) { index->suggest(q); });
  fmt::print(
      "phrase of two words: p50 {:.3f} p99 {:.3f} ms; suggestions: p50 {:.3f} p99 {:.3f} ms\n",
      phrases.p50, phrases.p99, suggestions.p50, suggestions.p99);
  compare_facets(*index, documents, queries.one_word);
  return 0;
}
