// Which coding an answer may have: Accept-Encoding, entity tags per coding, and what is kept.
//
// Thread-safe. Compresses by a function that it is given. Source: RFC 9110, 8.4, 8.8.3, 12.5.3.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message.hpp"

namespace rbee::http {

/// True when `field` (an Accept-Encoding) takes gzip at least as gladly as no coding at all.
bool accepts_gzip(std::string_view field);

/// `"abc-gzip"` of `"abc"`.
std::string gzip_etag(std::string_view etag);

/// An If-None-Match whose tags of gzipped answers are those of the plain ones again: the service
/// knows no other.
std::string plain_etags(std::string_view if_none_match);

class Compressor {
 public:
  /// A gzip member of the bytes.
  using Gzip = std::function<std::string(std::string_view)>;
  explicit Compressor(Gzip gzip) : gzip_(std::move(gzip)) {}

  /// Before the service: an If-None-Match that names a gzipped answer names the plain one.
  static void translate(Request& request);
  /// After it: `response` gzipped when the client takes it, it is public, larger than 1 KB and text
  /// or JSON. Adds Vary to all that could be. `request` is as it was answered, with the fields that
  /// the client sent.
  void encode(const Request& request, Response& response);

 private:
  static constexpr std::size_t kShards = 16, kShardBytesMax = 2 << 20, kKeptBytesMax = 256 << 10;
  struct Kept {
    std::string key;
    std::shared_ptr<const std::string> body;
  };
  /// Least recently used last.
  struct Shard {
    std::mutex mutex;
    std::list<Kept> order;
    std::unordered_map<std::string_view, std::list<Kept>::iterator> by_key;
    std::size_t bytes = 0;
  };
  std::shared_ptr<const std::string> find(Shard& shard, const std::string& key);
  void keep(Shard& shard, std::string key, std::shared_ptr<const std::string> body);

  Gzip gzip_;
  std::array<Shard, kShards> shards_;
};

}  // namespace rbee::http
