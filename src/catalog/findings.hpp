// Makes findings about a worker's files, with the place and the excerpt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"

namespace rbee::catalog {

/// The parts of a finding that `make_finding` does not always need.
struct FindingDetails {
  std::string why = {};
  std::string fix = {};
  Severity severity = Severity::block;
};

/// About a file as a whole, or about no one file when `file` is empty.
Finding make_finding(std::string rule, std::string file, std::string message,
                     FindingDetails details = {});

/// About the bytes `span` of a file whose text is `text`; an empty span is the file as a whole.
Finding make_finding(std::string rule, std::string file, std::string_view text, Span span,
                     std::string message, FindingDetails details = {});

/// The first place of `needle` in `text`; an empty span when there is none.
Span place_of(std::string_view text, std::string_view needle);

bool any_blocks(const std::vector<Finding>& findings);

/// Adds `finding` unless one with the same rule, place and message is there: recipes are evaluated
/// once a platform, and most findings are the same on all.
void add_once(std::vector<Finding>& findings, Finding finding);

}  // namespace rbee::catalog
