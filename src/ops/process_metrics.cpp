#include "ops/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace rbee::ops {

namespace {

namespace fs = std::filesystem;
using http::MetricKind;
using http::Sample;

std::string text_of(const char* path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

/// The fields of /proc/self/stat behind the program's name, which may hold anything: [0] is the
/// state, field 3 of proc(5).
std::vector<std::string> stat_fields() {
  const std::string text = text_of("/proc/self/stat");
  std::vector<std::string> fields;
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return fields;
  std::istringstream in(text.substr(end + 1));
  for (std::string field; in >> field;) fields.push_back(field);
  return fields;
}

double field(std::size_t number) {
  const auto fields = stat_fields();
  double value = 0;
  if (number - 3 < fields.size()) {
    const std::string& text = fields[number - 3];
    std::from_chars(text.data(), text.data() + text.size(), value);
  }
  return value;
}

double ticks_per_second() {
  return static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (fs::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error))
    ++count;
  return count - 1;  // The one that looks.
}

double descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<double>(limit.rlim_cur);
}

/// When the machine started, since 1970, plus when the process did, since then.
double start_seconds() {
  const std::string text = text_of("/proc/stat");
  const std::size_t at = text.find("\nbtime ");
  double boot = 0;
  if (at != std::string::npos)
    std::from_chars(text.data() + at + 7, text.data() + text.size(), boot);
  return boot + field(22) / ticks_per_second();
}

template <double (*read)()>
std::vector<Sample> one() {
  return {{{}, read()}};
}

double resident_bytes() {
  return field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}
double virtual_bytes() {
  return field(23);
}
double threads() {
  return field(20);
}

}  // namespace

std::vector<http::AskedMetric> process_metrics() {
  return {
      {"process_cpu_seconds_total", "Processor time, in seconds.", MetricKind::counter,
       one<cpu_seconds>},
      {"process_resident_memory_bytes", "Resident memory.", MetricKind::gauge, one<resident_bytes>},
      {"process_virtual_memory_bytes", "Address space.", MetricKind::gauge, one<virtual_bytes>},
      {"process_open_fds", "Open file descriptors.", MetricKind::gauge, one<open_descriptors>},
      {"process_max_fds", "Most file descriptors that it may open.", MetricKind::gauge,
       one<descriptors_max>},
      {"process_threads", "Threads.", MetricKind::gauge, one<threads>},
      {"process_start_time_seconds", "When it started, in seconds since 1970.", MetricKind::gauge,
       one<start_seconds>},
  };
}

}  // namespace rbee::ops
