#include "http/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "http/rate_limit.hpp"

namespace rbee::http {

namespace {

constexpr std::array<std::string_view, 8> kMethodNames = {"GET",   "HEAD",   "POST",    "PUT",
                                                          "PATCH", "DELETE", "OPTIONS", "other"};
constexpr std::array<std::string_view, 6> kClassNames = {"program", "1xx", "2xx",
                                                         "3xx",     "4xx", "5xx"};

/// Threads share a shard only when there are more of them than shards.
std::size_t shard_of_this_thread(std::size_t shards) {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine % shards;
}

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

void open_metric(std::string& out, std::string_view name, std::string_view help,
                 std::string_view type) {
  std::string escaped;
  for (const char c : help) escaped += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : std::string(1, c);
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped, name, type);
}

}  // namespace

Metrics::Metrics(const std::vector<std::string>& patterns) : index_(patterns) {
  const std::size_t routes = index_.patterns().size() + 1;  // The last: none of them.
  for (std::size_t i = 0; i < kShards; ++i) {
    auto shard = std::make_unique<Shard>();
    shard->requests = std::vector<std::atomic<std::uint64_t>>(routes * kMethods * kClasses);
    shard->buckets = std::vector<std::atomic<std::uint64_t>>(routes * (kBounds.size() + 1));
    shard->microseconds = std::vector<std::atomic<std::uint64_t>>(routes);
    shard->bytes = std::vector<std::atomic<std::uint64_t>>(routes);
    shards_.push_back(std::move(shard));
  }
}

void Metrics::count(Method method, std::string_view path, int status, std::uint64_t bytes,
                    std::chrono::microseconds duration) {
  const std::size_t route = index_.find(path);
  Shard& shard = *shards_[shard_of_this_thread(kShards)];
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t more) {
    counter.fetch_add(more, std::memory_order_relaxed);
  };
  const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
  add(shard.requests[(route * kMethods + static_cast<std::size_t>(method)) * kClasses +
                     status_class],
      1);
  add(shard.bytes[route], bytes);
  // How long a clone takes says nothing about the answers.
  if (status == 0) return;
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), us) - kBounds.begin();
  add(shard.buckets[route * (kBounds.size() + 1) + static_cast<std::size_t>(bound)], 1);
  add(shard.microseconds[route], us);
}

void Metrics::count_unread(int status) {
  unread_[static_cast<std::size_t>(std::clamp(status, 0, 599))].fetch_add(
      1, std::memory_order_relaxed);
}

void Metrics::count_limited(std::string_view rate_class) {
  for (std::size_t i = 0; i < kRateClasses; ++i)
    if (name_of(static_cast<RateClass>(i)) == rate_class)
      limited_[i].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Metrics::sum(std::vector<std::atomic<std::uint64_t>> Shard::*table,
                           std::size_t at) const {
  std::uint64_t total = 0;
  for (const auto& shard : shards_) total += ((*shard).*table)[at].load(std::memory_order_relaxed);
  return total;
}

std::string Metrics::text() const {
  std::string out;
  const std::size_t routes = index_.patterns().size() + 1;
  const auto route_label = [&](std::size_t route) {
    return route < index_.patterns().size() ? label_value(index_.patterns()[route])
                                            : std::string("other");
  };
  open_metric(out, "rbee_http_requests_total",
              "Requests answered, by route, method and class of status.", "counter");
  for (std::size_t route = 0; route < routes; ++route)
    for (std::size_t method = 0; method < kMethods; ++method)
      for (std::size_t each = 0; each < kClasses; ++each)
        if (const std::uint64_t n =
                sum(&Shard::requests, (route * kMethods + method) * kClasses + each))
          out += fmt::format(
              "rbee_http_requests_total{{route=\"{}\",method=\"{}\",status=\"{}\"}} {}\n",
              route_label(route), kMethodNames[method], kClassNames[each], n);
  open_metric(out, "rbee_http_request_duration_seconds",
              "Time that the service took to make an answer.", "histogram");
  for (std::size_t route = 0; route < routes; ++route) {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
      total += counts[i] = sum(&Shard::buckets, route * counts.size() + i);
    if (total == 0) continue;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      below += counts[i];
      out += fmt::format(
          "rbee_http_request_duration_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n",
          route_label(route),
          i < kBounds.size() ? number(static_cast<double>(kBounds[i]) / 1e6) : "+Inf", below);
    }
    out += fmt::format("rbee_http_request_duration_seconds_sum{{route=\"{}\"}} {}\n",
                       route_label(route),
                       number(static_cast<double>(sum(&Shard::microseconds, route)) / 1e6));
    out += fmt::format("rbee_http_request_duration_seconds_count{{route=\"{}\"}} {}\n",
                       route_label(route), total);
  }
  open_metric(out, "rbee_http_response_bytes_total", "Bytes of answers' bodies, by route.",
              "counter");
  for (std::size_t route = 0; route < routes; ++route)
    if (const std::uint64_t n = sum(&Shard::bytes, route))
      out +=
          fmt::format("rbee_http_response_bytes_total{{route=\"{}\"}} {}\n", route_label(route), n);
  open_metric(out, "rbee_http_unread_requests_total",
              "Requests refused before they could be read: malformed, too slow, too many "
              "connections.",
              "counter");
  for (std::size_t status = 0; status < unread_.size(); ++status)
    if (const std::uint64_t n = unread_[status].load(std::memory_order_relaxed))
      out += fmt::format("rbee_http_unread_requests_total{{status=\"{}\"}} {}\n", status, n);
  open_metric(out, "rbee_http_rate_limited_total", "Requests answered with 429, by class.",
              "counter");
  for (std::size_t i = 0; i < kRateClasses; ++i)
    out += fmt::format("rbee_http_rate_limited_total{{class=\"{}\"}} {}\n",
                       name_of(static_cast<RateClass>(i)),
                       limited_[i].load(std::memory_order_relaxed));
  open_metric(out, "rbee_http_requests_in_flight", "Requests being answered now.", "gauge");
  out +=
      fmt::format("rbee_http_requests_in_flight {}\n", in_flight_.load(std::memory_order_relaxed));
  for (const AskedMetric& metric : asked_) {
    const std::vector<Sample> samples = metric.samples();
    if (samples.empty()) continue;
    open_metric(out, metric.name, metric.help,
                metric.kind == MetricKind::counter ? "counter" : "gauge");
    for (const Sample& sample : samples) {
      out += metric.name;
      for (std::size_t i = 0; i < sample.labels.size(); ++i)
        out += fmt::format("{}{}=\"{}\"", i == 0 ? '{' : ',', sample.labels[i].first,
                           label_value(sample.labels[i].second));
      out += fmt::format("{} {}\n", sample.labels.empty() ? "" : "}", number(sample.value));
    }
  }
  return out;
}

}  // namespace rbee::http
