#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/text.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

namespace {

constexpr double kRateWindowSeconds = 5;
constexpr double kRedrawSeconds = 0.1;
/// A line of the build's output that never ends is cut here.
constexpr std::size_t kOutputLineBytesMax = 4096;

}  // namespace

void RateMeter::sample(double seconds, std::uint64_t bytes) {
  // A retry may start again from less.
  if (!samples_.empty() && bytes < samples_.back().second) samples_.clear();
  samples_.emplace_back(seconds, bytes);
  while (samples_.size() > 2 && seconds - samples_[1].first >= kRateWindowSeconds)
    samples_.pop_front();
}

double RateMeter::bytes_per_second() const {
  if (samples_.size() < 2) return 0;
  const double seconds = samples_.back().first - samples_.front().first;
  if (seconds <= 0) return 0;
  return static_cast<double>(samples_.back().second - samples_.front().second) / seconds;
}

std::string eta(std::uint64_t missing_bytes, double bytes_per_second) {
  const double seconds =
      bytes_per_second > 0 ? std::ceil(static_cast<double>(missing_bytes) / bytes_per_second) : -1;
  if (seconds < 0 || seconds >= 100 * 3600) return "--:--";
  const auto whole = static_cast<long>(seconds);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string duration(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::string progress_line(std::string_view name, std::uint64_t received, std::uint64_t total,
                          double bytes_per_second, int columns) {
  constexpr int bar_most = 30, bar_least = 10, name_least = 12, name_most = 32;
  const bool known = total > 0 && received <= total;
  // Each number has a width of its own, so that nothing jumps from one redraw to the next.
  std::string numbers, rate, rest;
  if (known) {
    const auto percent =
        static_cast<int>(static_cast<double>(received) / static_cast<double>(total) * 100);
    numbers = fmt::format("{:3}%  {:>8}/{}", percent, human_size(received), human_size(total));
    rest = fmt::format("  ETA {:>5}",
                       received < total ? eta(total - received, bytes_per_second) : "0:00");
  } else {
    numbers = fmt::format("{:>8}", human_size(received));
  }
  if (bytes_per_second > 0) rate = human_size(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
  rate = fmt::format("  {:>10}", rate);

  const std::string shown = printable_line(name);
  const int name_full = std::min(display_width(shown), name_most);
  // "  NAME  [BAR]  NUMBERS". On a narrow terminal the bar goes first, then the time left, then the
  // rate.
  const auto left_beside = [&](const std::string& text) {
    return columns - 4 - display_width(text);
  };
  const int name_needed = std::min(name_full, name_least);
  if (left_beside(numbers + rate + rest) < name_needed) rest.clear();
  if (left_beside(numbers + rate + rest) < name_needed) rate.clear();
  numbers += rate + rest;
  const int left = left_beside(numbers);
  int name_width = name_full;
  int bar = 0;
  if (known) {
    if (left - 4 - name_width < bar_least)
      name_width = std::min(name_full, std::max(name_least, left - 4 - bar_least));
    bar = std::min(bar_most, left - 4 - name_width);
  }
  if (bar < bar_least) {
    bar = 0;
    name_width = std::min(name_full, std::max(1, left));
  }
  std::string line = "  " + pad(truncate(shown, name_width), name_width) + "  ";
  if (bar > 0) {
    const auto full =
        static_cast<std::size_t>(static_cast<double>(received) / static_cast<double>(total) * bar);
    line += "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(bar) - full, '-') +
            "]  ";
  }
  line = truncate(line + numbers, columns);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

ProgressObserver::ProgressObserver(std::ostream& stream, Options options)
    : stream_(stream), options_(std::move(options)) {}

ProgressObserver::~ProgressObserver() {
  erase();
  if (cursor_hidden_) stream_ << "\x1b[?25h";
  stream_.flush();
}

void ProgressObserver::phase(install::Phase phase, std::string_view detail) {
  if (options_.silent) return;
  if (phase_ != phase) {
    end_phase();
    phase_ = phase;
    phase_start_ = options_.seconds();
  }
  detail_ = printable_line(detail);
  if (options_.live) {
    redraw(true);
  } else {
    say(detail_.empty() ? fmt::format("{}", to_string(phase))
                        : fmt::format("{}: {}", to_string(phase), detail_));
  }
}

void ProgressObserver::progress(std::string_view file, std::uint64_t received_bytes,
                                std::uint64_t total_bytes) {
  if (options_.silent) return;
  auto found = std::find_if(files_.begin(), files_.end(),
                            [&](const File& each) { return each.name == file; });
  if (found == files_.end()) {
    found = files_.insert(files_.end(), File{});
    found->name = std::string(file);
    found->first_seen = received_bytes;
  }
  found->received = received_bytes;
  found->total = total_bytes;
  found->rate.sample(options_.seconds(), received_bytes);
  if (options_.live) redraw(total_bytes != 0 && received_bytes == total_bytes);
}

void ProgressObserver::build_output(std::string_view bytes) {
  if (options_.silent) return;
  for (char c : bytes) {
    if (c != '\n' && output_line_.size() < kOutputLineBytesMax) {
      output_line_ += c;
    } else if (c == '\n') {
      // A carriage return starts the line again, as on a terminal.
      const std::string whole = output_line_.ends_with('\r')
                                    ? output_line_.substr(0, output_line_.size() - 1)
                                    : output_line_;
      last_output_ = printable_line(whole.substr(whole.rfind('\r') + 1));
      output_line_.clear();
      if (options_.verbose) say("  | " + last_output_);
    }
  }
  if (options_.live) redraw(false);
}

bool ProgressObserver::cancelled() {
  if (options_.live) redraw(false);
  return options_.interrupted();
}

void ProgressObserver::finish() {
  if (options_.silent) return;
  end_phase();
  stream_.flush();
}

void ProgressObserver::end_phase() {
  erase();
  if (!phase_) return;
  if (options_.verbose && !output_line_.empty()) say("  | " + printable_line(output_line_));
  const double seconds = options_.seconds() - phase_start_;
  std::uint64_t bytes = 0;
  for (const File& file : files_) bytes += file.received - std::min(file.received, file.first_seen);
  if (!files_.empty()) {
    std::uint64_t whole = 0;
    for (const File& file : files_) whole += file.received;
    std::string sizes = human_size(whole);
    if (bytes != 0 && seconds >= 0.05)
      sizes +=
          fmt::format(" in {}, {}/s", duration(seconds),
                      human_size(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)));
    say(fmt::format("{}: {}", to_string(*phase_), sizes));
  } else if (seconds >= 0.05) {
    say(fmt::format("{}: done in {}", to_string(*phase_), duration(seconds)));
  }
  phase_.reset();
  files_.clear();
  output_line_.clear();
  last_output_.clear();
}

void ProgressObserver::say(const std::string& line) {
  erase();
  stream_ << line << '\n';
  stream_.flush();
}

void ProgressObserver::erase() {
  if (drawn_lines_ == 0) return;
  stream_ << fmt::format("\x1b[{}A\r\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
}

void ProgressObserver::redraw(bool now) {
  if (!phase_) return;
  const double seconds = options_.seconds();
  if (!now && seconds - last_drawn_ < kRedrawSeconds) return;
  last_drawn_ = seconds;
  // One cell is left free: a full line makes some terminals wrap.
  const int columns = std::max(20, options_.columns() - 1);
  constexpr std::size_t lines_max = 8;

  std::vector<std::string> lines;
  for (const File& file : files_)
    if (file.total == 0 || file.received < file.total || file.name == files_.back().name)
      lines.push_back(progress_line(file.name, file.received, file.total,
                                    file.rate.bytes_per_second(), columns));
  if (lines.size() > lines_max) lines.resize(lines_max);
  if (lines.empty()) {
    const std::string& doing = last_output_.empty() ? detail_ : last_output_;
    lines.push_back(
        truncate(fmt::format("{}: {}{}{}", to_string(*phase_), duration(seconds - phase_start_),
                             doing.empty() ? "" : "  ", doing),
                 columns));
  }
  if (!cursor_hidden_) {
    stream_ << "\x1b[?25l";
    cursor_hidden_ = true;
  }
  erase();
  for (const std::string& line : lines) stream_ << line << '\n';
  drawn_lines_ = static_cast<int>(lines.size());
  stream_.flush();
}

}  // namespace rbee::cli
