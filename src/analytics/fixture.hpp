// For tests: a real database with the tables of statistics, and a clock of ours.
#pragma once

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "../../tests/fakes/manual_clock.hpp"
#include "../../tests/fakes/temp_dir.hpp"
#include "analytics/event.hpp"
#include "analytics/recorder.hpp"
#include "analytics/rollup.hpp"
#include "analytics/schema.hpp"

namespace rbee::analytics {

/// Aborts the test program when it fails.
template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(describe(result.error()));
  return std::move(*result);
}

class StatisticsFixture {
 public:
  StatisticsFixture() : db(open(root / "market.db")), recorder(*db, clock) {}
  /// On another database, which this prepares.
  explicit StatisticsFixture(std::unique_ptr<platform::Database> database)
      : db(std::move(database)), recorder(*db, clock) {
    if (const auto made = prepare(*db); !made) throw std::runtime_error(describe(made.error()));
  }
  static std::unique_ptr<platform::Database> open(const std::filesystem::path& path) {
    auto database = must(platform::Database::open(path));
    if (const auto made = prepare(*database); !made)
      throw std::runtime_error(describe(made.error()));
    return database;
  }
  /// Count everything that waits.
  void count_all(std::int64_t step = 1000) const {
    while (must(roll_up(*db, step)) > 0) {
    }
  }
  bool tell(const Event& event) { return must(recorder.record(event)); }
  /// One visitor is one number.
  static Event install(const std::string& worker, int visitor, const std::string& release = "1.0-1",
                       const std::string& platform = "linux-x86_64-cpu") {
    char id[17];
    std::snprintf(id, sizeof id, "%016x", static_cast<unsigned>(visitor));
    return {EventKind::install, worker,         release,      platform,
            "PKGBUILD.bin",     "cpu-avx2-16g", /*ci=*/false, id};
  }

  fakes::TempDir root;
  fakes::ManualClock clock;
  std::unique_ptr<platform::Database> db;
  Recorder recorder;
};

}  // namespace rbee::analytics
