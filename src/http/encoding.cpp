#include "http/encoding.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/etag.hpp"

namespace rbee::http {

namespace {

constexpr std::size_t kBytesMin = 1024;
constexpr std::string_view kSuffix = "-gzip\"";

/// A qvalue in thousandths: "0.5" is 500. Nothing for what is none (RFC 9110, 12.4.2).
std::optional<int> qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int value = (text[0] - '0') * 1000;
  if (text.size() == 1) return value;
  if (text[1] != '.') return std::nullopt;
  int weight = 100;
  for (const char c : text.substr(2)) {
    if (!is_digit(c)) return std::nullopt;
    value += (c - '0') * weight;
    weight /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

bool is_text(std::string_view type) {
  type = trim(type.substr(0, type.find(';')));
  return type.starts_with("text/") || type == "application/json" ||
         type == "application/x-ndjson" || type.ends_with("+json") || type.ends_with("+xml") ||
         type == "application/javascript" || type == "application/x-suggestions+json" ||
         type == "application/xml" || type == "application/yaml" || type == "application/toml";
}

/// Whether anybody may have this answer. What carries a secret beside text of the client's choosing
/// is not compressed: its length would tell (BREACH).
bool is_public(const Request& request, const Response& response) {
  if (request.method != Method::get && request.method != Method::head) return false;
  if (!request.headers.get("Authorization").empty() || !request.headers.get("Cookie").empty())
    return false;
  if (!response.headers.get("Set-Cookie").empty()) return false;
  const std::string_view cache = response.headers.get("Cache-Control");
  return cache.find("private") == std::string_view::npos;
}

bool may_encode(const Request& request, const Response& response) {
  return response.status == 200 && response.body.size() > kBytesMin &&
         response.headers.get("Content-Encoding").empty() &&
         response.headers.get("Content-Range").empty() &&
         response.headers.get("Cache-Control").find("no-transform") == std::string_view::npos &&
         is_text(response.headers.get("Content-Type")) && is_public(request, response);
}

void add_vary(Headers& headers) {
  const std::string_view vary = headers.get("Vary");
  if (vary == "*") return;
  for (const std::string_view each : split(vary, ','))
    if (equal_ignoring_case(trim(each), "accept-encoding")) return;
  headers.set("Vary", vary.empty() ? "Accept-Encoding" : std::string(vary) + ", Accept-Encoding");
}

}  // namespace

bool accepts_gzip(std::string_view field) {
  std::optional<int> gzip, any, identity;
  for (const std::string_view element : split(field, ',')) {
    const auto parts = split(element, ';');
    const std::string_view coding = trim(parts[0]);
    int q = 1000;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string_view part = trim(parts[i]);
      const std::size_t sign = part.find('=');
      if (sign == std::string_view::npos || !equal_ignoring_case(trim(part.substr(0, sign)), "q"))
        continue;
      q = qvalue(trim(part.substr(sign + 1))).value_or(0);
    }
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
      gzip = q;
    } else if (coding == "*") {
      any = q;
    } else if (equal_ignoring_case(coding, "identity")) {
      identity = q;
    }
  }
  if (!gzip) gzip = any;
  return gzip && *gzip > 0 && *gzip >= identity.value_or(0);
}

std::string gzip_etag(std::string_view etag) {
  if (etag.size() < 2 || etag.back() != '"') return std::string(etag);
  return std::string(etag.substr(0, etag.size() - 1)) + std::string(kSuffix);
}

std::string plain_etags(std::string_view if_none_match) {
  std::string out(if_none_match);
  for (std::size_t at; (at = out.find(kSuffix)) != std::string::npos;)
    out.erase(at, kSuffix.size() - 1);
  return out;
}

void Compressor::translate(Request& request) {
  const std::string_view condition = request.headers.get("If-None-Match");
  if (condition.find(kSuffix) == std::string_view::npos) return;
  request.headers.set("If-None-Match", plain_etags(condition));
}

void Compressor::encode(const Request& request, Response& response) {
  const std::string_view accepted = request.headers.get("Accept-Encoding");
  if (response.status == 304) {
    // It speaks of the answer that this client would get (RFC 9110, 15.4.5).
    if (response.headers.get("Vary").empty() && !is_public(request, response)) return;
    add_vary(response.headers);
    const std::string tag = gzip_etag(response.headers.get("ETag"));
    if (tag.size() > 2 && accepts_gzip(accepted) &&
        names_etag(request.headers.get("If-None-Match"), tag))
      response.headers.set("ETag", tag);
    return;
  }
  if (!may_encode(request, response)) return;
  add_vary(response.headers);
  if (!accepts_gzip(accepted)) return;
  const std::string etag(response.headers.get("ETag"));
  std::shared_ptr<const std::string> body;
  // A strong tag stands for these bytes; the address keeps those of two resources apart.
  const bool keeps = etag.starts_with('"') && response.body.size() <= kKeptBytesMax;
  std::string key;
  Shard* shard = nullptr;
  if (keeps) {
    key = request.target + '\n' + etag;
    shard = &shards_[std::hash<std::string>{}(key) % kShards];
    body = find(*shard, key);
  }
  if (body == nullptr) {
    body = std::make_shared<const std::string>(gzip_(response.body));
    if (shard != nullptr) keep(*shard, std::move(key), body);
  }
  if (body->size() >= response.body.size()) return;
  response.body = *body;
  response.headers.set("Content-Encoding", "gzip");
  if (!etag.empty()) response.headers.set("ETag", gzip_etag(etag));
}

std::shared_ptr<const std::string> Compressor::find(Shard& shard, const std::string& key) {
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  shard.order.splice(shard.order.begin(), shard.order, found->second);
  return found->second->body;
}

void Compressor::keep(Shard& shard, std::string key, std::shared_ptr<const std::string> body) {
  const std::lock_guard lock(shard.mutex);
  if (shard.by_key.contains(key)) return;
  shard.bytes += body->size() + key.size();
  shard.order.push_front({std::move(key), std::move(body)});
  shard.by_key.emplace(shard.order.front().key, shard.order.begin());
  while (shard.bytes > kShardBytesMax && shard.order.size() > 1) {
    const Kept& last = shard.order.back();
    shard.bytes -= last.body->size() + last.key.size();
    shard.by_key.erase(last.key);
    shard.order.pop_back();
  }
}

}  // namespace rbee::http
