// Small questions about text: is it UTF-8, is it safe to print, which word is nearest.
//
// Touches nothing. For what the standard library lacks; everything here is used by at least two
// layers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rbee {

/// True when every byte sequence is well-formed UTF-8 (RFC 3629: no surrogates, no over-long
/// forms).
bool is_utf8(std::string_view text);

/// `text` as it may go to a terminal: C0 and C1 control characters (escape included), DEL,
/// bidirectional and zero-width characters and malformed UTF-8 each become U+FFFD; newline and tab
/// stay.
std::string printable(std::string_view text);

/// Like `printable`, and on one line: newline and tab become spaces.
std::string printable_line(std::string_view text);

/// Number of edits (insert, delete, replace, swap of neighbours) between two words; at most `limit`
/// + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = 8);

/// The candidate nearest to `word`, if one is near enough to be what was meant (a third of its
/// length).
std::optional<std::string> did_you_mean(std::string_view word,
                                        std::span<const std::string> candidates);

/// Pieces of `text` between `separator`s; one piece when there is none.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `text` without leading and trailing spaces, tabs, CR and LF.
std::string_view trim(std::string_view text);

/// "512 B", "3.4 kB", "1.2 GB": decimal units, as disks and networks count.
std::string human_size(std::uint64_t bytes);

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Bytes of a hexadecimal text of even length, either case; nothing when it is anything else.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view hex);

/// Base64 with padding and without line breaks (RFC 4648, 4).
std::string to_base64(std::string_view bytes);

/// The reverse; nothing for any other text.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace rbee
