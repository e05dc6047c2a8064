// One worker as the index reads it, and how much each of its texts counts.
//
// A bundle of views: nothing here owns anything, and the index keeps copies of what it needs.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/platform.hpp"

namespace rbee::search {

/// What can be counted and filtered by its value. `accelerator`, `os` and `arch` are of platforms,
/// the others are words. The order is that of facets in answers; `owner` is not counted.
enum class Field { tag, accelerator, os, arch, license, source, task, format, owner };
inline constexpr std::array kFields = {Field::tag,  Field::accelerator, Field::os,
                                       Field::arch, Field::license,     Field::source,
                                       Field::task, Field::format,      Field::owner};
std::string_view to_string(Field field);

/// A set of platforms, one bit each.
using Platforms = std::uint64_t;
Platforms platform_bit(const Platform& platform);
/// All platforms with this operating system; likewise the others.
Platforms platforms_of(Os os);
Platforms platforms_of(Arch arch);
Platforms platforms_of(Accelerator accelerator);

struct Document {
  std::string_view id;  ///< Unique.
  std::string_view name, description;
  std::string_view readme;  ///< Markdown.
  std::string_view owner, license;
  std::string_view source;  ///< "official" or "community".
  std::span<const std::string> tags, tasks, formats;
  Platforms platforms = 0;
  bool premium = false;
  Time created{}, updated{};
};

/// BM25F: occurrences in a text count `weight` times, less in a text longer than `pivot` words;
/// `slope` is BM25's b. The pivots are constants and not averages, so that a worker's own score
/// does not move with every push of others, and so that an index which grew step by step ranks as
/// one that was built at once.
struct TextField {
  float weight, slope, pivot;
};
inline constexpr TextField kIdText{6, 0.3F, 3};
inline constexpr TextField kNameText{6, 0.3F, 3};
inline constexpr TextField kTagText{4, 0.3F, 5};
inline constexpr TextField kTaskText{3, 0.3F, 3};  ///< Tasks and formats.
inline constexpr TextField kDescriptionText{3, 0.4F, 14};
inline constexpr TextField kReadmeText{1, 0.6F, 120};
/// How fast more occurrences stop to help: BM25's k1.
inline constexpr float kSaturation = 4;

/// Of a README; what comes later is not searched.
inline constexpr std::size_t kReadmeBytesMax = 64 * 1024;
inline constexpr std::uint32_t kReadmeWordsMax = 4096;

}  // namespace rbee::search
