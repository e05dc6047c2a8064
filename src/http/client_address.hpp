// Who asks, by address: behind proxies that are known, the client that they name.
//
// Pure. A field that a client can write is believed only from an address that the host named.
// Source: RFC 7239; X-Forwarded-For as nginx and Caddy write it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

namespace rbee::http {

/// An IPv6 address; IPv4 as ::ffff:a.b.c.d.
using AddressBytes = std::array<std::uint8_t, 16>;

/// Nothing for anything but an IPv4 or IPv6 address, without port, zone or brackets.
std::optional<AddressBytes> parse_address(std::string_view text);
bool is_loopback(const AddressBytes& address);

/// A network: the first `bits` of `address`.
struct Network {
  AddressBytes address{};
  int bits = 128;
};
using Networks = std::vector<Network>;

/// "10.0.0.0/8", "::1", "2001:db8::/32". `setting` is how the error calls them. Errors: Errc::usage
/// "network-invalid", also when bits behind the prefix are set.
Result<Networks> parse_networks(const std::vector<std::string>& texts, std::string_view setting);
bool contains(const Networks& networks, const AddressBytes& address);

/// The client's address as text. From the connection's end backwards through X-Forwarded-For (or
/// Forwarded), as long as who speaks is in `trusted`; where what is written there is no address, or
/// the two fields disagree, the last one that can be believed.
std::string client_address(const Request& request, const Networks& trusted);

}  // namespace rbee::http
