// What the two databases keep: commits and rows a second, written by one thread and by several, and
// short reads. Both with what `serve` promises: a commit that was answered is on the disk.
//
// Writes a SQLite file in the given folder, and a schema of its own in the PostgreSQL at the URL.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "platform/database.hpp"

namespace {

using namespace rbee;
using platform::Database;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLasts{3'000};
constexpr platform::Migration kSchema[] = {
    {1,
     "CREATE TABLE bench_rows (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL) "
     "STRICT; CREATE INDEX bench_rows_name ON bench_rows (name)"}};

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "database_bench: {}\n", describe(result.error()));
  std::exit(1);
}
void must(Result<void> result) {
  if (result) return;
  fmt::print(stderr, "database_bench: {}\n", describe(result.error()));
  std::exit(1);
}

/// How often a second `work` was done by `threads` threads together.
double rate(int threads, const std::function<void(int)>& work) {
  std::atomic<std::int64_t> done = 0;
  std::vector<std::thread> all;
  const auto begin = Clock::now();
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&] {
      for (int k = 0; Clock::now() - begin < kLasts; ++k) {
        work(k);
        ++done;
      }
    });
  for (std::thread& each : all) each.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

void measure(std::string_view product, Database& database) {
  must(database.migrate("bench", kSchema));
  const auto commit_rows = [&](int rows) {
    auto transaction = must(database.begin());
    for (int i = 0; i < rows; ++i)
      must(transaction.insert("INSERT INTO bench_rows (name, size) VALUES (?, ?)",
                              {fmt::format("a-worker-{}", i), i}));
    must(transaction.commit());
  };
  const auto say = [&](std::string_view what, double value) {
    fmt::print("{:<11} {:<42} {:>9.0f}\n", product, what, value);
    std::fflush(stdout);
  };
  say("commits of one row a second", rate(1, [&](int) { commit_rows(1); }));
  say("the same, 8 threads", rate(8, [&](int) { commit_rows(1); }));
  say("rows a second, 50 a commit", 50 * rate(1, [&](int) { commit_rows(50); }));
  const auto read = [&](int k) {
    must(database.query("SELECT name, size FROM bench_rows WHERE id = ?", {k % 1000 + 1}));
  };
  say("reads by key a second", rate(1, read));
  say("the same, 8 threads", rate(8, read));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: database_bench SQLITE-FILE [postgresql://…]\n");
    return 2;
  }
  measure("sqlite", *must(Database::open(argv[1])));
  if (argc > 2) measure("postgresql", *must(Database::connect(argv[2])));
}
