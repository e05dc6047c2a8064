// What Prometheus's client libraries say of every process: memory, descriptors, processor time.
//
// Reads /proc/self. Source: prometheus.io, "Writing client libraries", process metrics.
#pragma once

#include <vector>

#include "http/metrics.hpp"

namespace rbee::ops {

std::vector<http::AskedMetric> process_metrics();

}  // namespace rbee::ops
