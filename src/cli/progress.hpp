// What an installation shows while it works: bars on a terminal, plain lines elsewhere.
//
// Writes to one stream. Clock, width and the user's wish to stop are functions, so that tests
// choose them. The terminal is as it was when this object is gone, whatever happened.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "install/installer.hpp"

namespace rbee::cli {

/// Bytes per second over the last five seconds, so that a resumed download does not look fast.
class RateMeter {
 public:
  void sample(double seconds, std::uint64_t bytes);
  double bytes_per_second() const;

 private:
  std::deque<std::pair<double, std::uint64_t>> samples_;
};

/// "  model.tar.gz  [#####-----]  50%  3.8 MB/7.6 MB  1.2 MB/s  ETA 0:03" within `columns` cells.
/// The bar gives way first, then the name. `total` 0: unknown. `name` is untrusted.
std::string progress_line(std::string_view name, std::uint64_t received, std::uint64_t total,
                          double bytes_per_second, int columns);

/// "0:07", "12:05", "3:00:00"; "--:--" when nobody can tell.
std::string eta(std::uint64_t missing_bytes, double bytes_per_second);

/// "0.4 s", "12 s", "3 min 05 s".
std::string duration(double seconds);

class ProgressObserver final : public install::Observer {
 public:
  struct Options {
    bool live = false;                  ///< Redraw lines in place: only on a terminal.
    bool silent = false;                ///< Show nothing at all.
    bool verbose = false;               ///< Show the build's output.
    std::function<int()> columns;       ///< Of the terminal, asked at each redraw.
    std::function<double()> seconds;    ///< A monotonic clock.
    std::function<bool()> interrupted;  ///< The user wants to stop.
  };
  ProgressObserver(std::ostream& stream, Options options);
  ~ProgressObserver() override;
  ProgressObserver(const ProgressObserver&) = delete;
  ProgressObserver& operator=(const ProgressObserver&) = delete;

  void phase(install::Phase phase, std::string_view detail) override;
  void progress(std::string_view file, std::uint64_t received_bytes,
                std::uint64_t total_bytes) override;
  void build_output(std::string_view bytes) override;
  bool cancelled() override;

  /// The last phase is over and went well. Without it the destructor only tidies up.
  void finish();

 private:
  struct File {
    std::string name;
    std::uint64_t received = 0, total = 0, first_seen = 0;
    RateMeter rate;
  };
  void end_phase();
  void say(const std::string& line);
  void redraw(bool now);
  void erase();

  std::ostream& stream_;
  Options options_;
  std::optional<install::Phase> phase_;
  std::string detail_;  ///< Of the phase, printable.
  double phase_start_ = 0;
  double last_drawn_ = -1;
  std::vector<File> files_;  ///< Of this phase.
  std::string output_line_;  ///< The build's last, unfinished line.
  std::string last_output_;  ///< Its last whole one, printable.
  int drawn_lines_ = 0;
  bool cursor_hidden_ = false;
};

}  // namespace rbee::cli
