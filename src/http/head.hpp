// The bytes of a request's head, judged before any parser interprets them.
//
// Pure. Boost.Beast parses what passes here; this gate holds what it lets through or merges: bare
// LF, folded lines, doubled Host or Content-Length, counts and lengths. Source: RFC 9112, 2.2, 3, 5
// and 6; RFC 9110, 7.2.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/problem.hpp"

namespace rbee::http {

struct HeadLimits {
  std::size_t request_line_bytes_max = 8 * 1024;
  std::size_t header_bytes_max = 16 * 1024;  ///< All header lines together.
  std::size_t headers_max = 64;
};

/// Length of the complete head at the start of `bytes`, its empty line included; 0 while it is
/// incomplete. `from` bytes were searched before.
std::size_t head_length(std::string_view bytes, std::size_t from);

/// Why an incomplete head must not be read further: a limit is passed, or its start can never
/// become a request.
std::optional<Refusal> check_partial_head(std::string_view bytes, const HeadLimits& limits);

/// Why a complete head (`head_length` bytes) is refused; nothing when it may be parsed.
std::optional<Refusal> check_head(std::string_view head, const HeadLimits& limits);

/// True when `value` is a valid Host field value: a name, an IPv4 or [IPv6] address, and maybe a
/// port.
bool is_host(std::string_view value);

}  // namespace rbee::http
