#include "http/client_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "http/ascii.hpp"

namespace rbee::http {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kHopsMax = 32;  ///< Proxies in a row; more is no honest chain.

bool is_v4(const AddressBytes& address) {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

bool bit(const AddressBytes& address, int i) {
  return (address[static_cast<std::size_t>(i / 8)] >> (7 - i % 8)) & 1;
}

/// `text` of a node in either field: quotes, brackets and a port taken off.
std::string_view bare_address(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close == std::string_view::npos ? std::string_view() : text.substr(1, close - 1);
  }
  // One colon is a port's; more are an IPv6 address's.
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos)
    text = text.substr(0, colon);
  return text;
}

/// What all fields of that name say together, in order.
std::string joined(const Headers& headers, std::string_view name) {
  std::string all;
  for (const auto& [field, value] : headers.all())
    if (equal_ignoring_case(field, name)) all += (all.empty() ? "" : ",") + value;
  return all;
}

std::vector<std::string_view> forwarded_for(std::string_view field) {
  std::vector<std::string_view> nodes;
  for (const std::string_view element : split(field, ',')) {
    std::string_view node;
    for (const std::string_view pair : split(element, ';')) {
      const std::string_view text = trim(pair);
      if (equal_ignoring_case(text.substr(0, 4), "for=")) node = text.substr(4);
    }
    nodes.push_back(node);
  }
  return nodes;
}

/// Walk the chain from its end. `peer` when nothing in it is believed.
std::string walk(const std::vector<std::string_view>& chain, const std::string& peer,
                 const Networks& trusted) {
  std::string client = peer;
  std::size_t hops = 0;
  for (auto each = chain.rbegin(); each != chain.rend() && hops < kHopsMax; ++each, ++hops) {
    const std::string_view text = bare_address(*each);
    const auto address = parse_address(text);
    if (!address) return client;
    client = std::string(text);
    if (!contains(trusted, *address)) return client;
  }
  return client;
}

}  // namespace

std::optional<AddressBytes> parse_address(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string copy(text);
  AddressBytes bytes{};
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
  }
  std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data() + kMapped.size()) == 1) return bytes;
  return std::nullopt;
}

bool is_loopback(const AddressBytes& address) {
  if (is_v4(address)) return address[12] == 127;
  AddressBytes one{};
  one[15] = 1;
  return address == one;
}

Result<Networks> parse_networks(const std::vector<std::string>& texts, std::string_view setting) {
  Networks networks;
  for (const std::string& text : texts) {
    const auto refuse = [&](std::string why, std::string fix) {
      return fail(Errc::usage, "network-invalid",
                  fmt::format("{}: '{}' is not a network", setting,
                              printable_line(std::string_view(text).substr(0, 80))),
                  {.why = std::move(why), .fix = std::move(fix)});
    };
    const std::size_t slash = text.find('/');
    const auto address = parse_address(std::string_view(text).substr(0, slash));
    if (!address)
      return refuse("its address cannot be read", "write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
    const bool short_form = text.find(':') == std::string::npos;
    const int longest = short_form ? 32 : 128;
    int bits = longest;
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
      if (error != std::errc() || stop != end || bits < 0 || bits > longest)
        return refuse("its prefix is no length", fmt::format("0 to {}", longest));
    }
    Network network{*address, bits + (short_form ? 96 : 0)};
    for (int i = network.bits; i < 128; ++i)
      if (bit(network.address, i))
        return refuse("bits behind the prefix are set", "write the network's first address");
    networks.push_back(network);
  }
  return networks;
}

bool contains(const Networks& networks, const AddressBytes& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
    const auto whole = static_cast<std::size_t>(network.bits / 8);
    if (std::memcmp(network.address.data(), address.data(), whole) != 0) return false;
    for (int i = network.bits / 8 * 8; i < network.bits; ++i)
      if (bit(network.address, i) != bit(address, i)) return false;
    return true;
  });
}

std::string client_address(const Request& request, const Networks& trusted) {
  const std::string& peer = request.remote_address;
  if (trusted.empty()) return peer;
  const auto peer_address = parse_address(peer);
  if (!peer_address || !contains(trusted, *peer_address)) return peer;
  const std::string plain = joined(request.headers, "X-Forwarded-For");
  const std::string standard = joined(request.headers, "Forwarded");
  if (plain.empty() && standard.empty()) return peer;
  const std::string by_plain = walk(split(plain, ','), peer, trusted);
  const std::string by_standard = walk(forwarded_for(standard), peer, trusted);
  if (plain.empty()) return by_standard;
  // A proxy that writes one of them hands the other through as the client wrote it.
  if (!standard.empty() && by_plain != by_standard) return peer;
  return by_plain;
}

}  // namespace rbee::http
