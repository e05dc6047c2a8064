// Counters of what a server answers, and the text that Prometheus reads (format 0.0.4).
//
// Thread-safe. Counting is a few relaxed additions on a part of the table that few threads share;
// labels are route patterns, methods and classes of status, so their number is bounded. Source:
// prometheus.io/docs/instrumenting/exposition_formats.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/route_index.hpp"

namespace rbee::http {

/// One line of a metric: `{state="held"} 3`.
struct Sample {
  std::vector<std::pair<std::string, std::string>> labels = {};
  double value = 0;
};

enum class MetricKind { counter, gauge };

/// A metric that is asked for when somebody reads.
struct AskedMetric {
  std::string name, help;
  MetricKind kind = MetricKind::gauge;
  std::function<std::vector<Sample>()> samples;
};

class Metrics {
 public:
  /// Upper bounds of the latency histogram, in microseconds.
  static constexpr std::array<std::uint64_t, 14> kBounds = {
      100,    250,    500,     1'000,   2'500,   5'000,     10'000,
      25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000};

  explicit Metrics(const std::vector<std::string>& patterns);

  /// One answer. `status` 0: by a program.
  void count(Method method, std::string_view path, int status, std::uint64_t bytes,
             std::chrono::microseconds duration);
  /// A request that could not be read (malformed, too slow, one connection too many).
  void count_unread(int status);
  void count_limited(std::string_view rate_class);
  std::atomic<std::int64_t>& in_flight() { return in_flight_; }
  /// Before anybody reads.
  void add(AskedMetric metric) { asked_.push_back(std::move(metric)); }

  std::string text() const;

 private:
  static constexpr std::size_t kShards = 8, kMethods = 8, kClasses = 6;
  struct Shard {
    std::vector<std::atomic<std::uint64_t>> requests;             ///< Route, method, class.
    std::vector<std::atomic<std::uint64_t>> buckets;              ///< Route, bound.
    std::vector<std::atomic<std::uint64_t>> microseconds, bytes;  ///< Route.
  };
  std::uint64_t sum(std::vector<std::atomic<std::uint64_t>> Shard::*table, std::size_t at) const;

  RouteIndex index_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::array<std::atomic<std::uint64_t>, 600> unread_{};
  std::array<std::atomic<std::uint64_t>, 5> limited_{};
  std::atomic<std::int64_t> in_flight_ = 0;
  std::vector<AskedMetric> asked_;
};

/// What is wrong with a text of that format, as a strict reader has it; empty when nothing is.
std::string check_metrics_text(std::string_view text);

}  // namespace rbee::http
