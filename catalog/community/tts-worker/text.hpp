// Text before it is spoken: cut into sentences, so that audio can leave early, and folded to ASCII
// for flite, whose English voice knows nothing else. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace worker {

/// Cut well-formed UTF-8 into pieces to speak one after the other: at the end of sentences, at
/// empty lines, and where a piece would pass about 300 bytes, at the last space or comma. Every
/// word stays whole unless it alone is longer. "Dr. Smith paid 3.50" is one sentence. No piece is
/// blank.
std::vector<std::string> split_sentences(std::string_view text);

/// Letters without their accents, typographic quotes and dashes as plain ones, anything else as a
/// space.
std::string to_ascii(std::string_view text);

}  // namespace worker
