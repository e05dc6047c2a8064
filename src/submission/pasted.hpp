// A worker that somebody wrote into a form instead of pushing it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/finding.hpp"
#include "base/ids.hpp"

namespace rbee::submission {

struct Pasted {
  std::string account, remote_address;
  WorkerId worker;
  std::string title;
  /// By path within the worker's folder, below community/. Of a worker that is there, what is not
  /// named stays as it is, and an empty text takes the file away.
  std::vector<std::pair<std::string, std::string>> files;
  bool check_only = false;
};

struct PastedAnswer {
  std::vector<Finding> findings;
  bool blocked = false;
  std::optional<std::int64_t> submission;  ///< Nothing: it was only checked, or blocked.
};

}  // namespace rbee::submission
