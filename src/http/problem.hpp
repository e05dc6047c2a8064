// Errors as answers: RFC 9457 problem details.
//
// Pure. Every id that stands in a `type` has a line in `problem_title`'s table and in docs/api.md.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

namespace rbee::http {

/// Why a request is not served. `id` is stable; `detail` is about this request.
struct Refusal {
  int status = 400;
  std::string id;
  std::string detail;
  /// More members of the problem (RFC 9457, 3.2): "purchase_url".
  std::vector<std::pair<std::string, std::string>> more = {};
};

/// `application/problem+json`: type "/v1/problems/<id>", title, status, detail, instance,
/// request_id; never cached.
Response problem(const Request& request, const Refusal& refusal);

/// The same of an `Error`: its message, why and fix are the detail, its code the status.
Response problem(const Request& request, const Error& error);

/// 404 for not_found, 400 for invalid_input, 500 for io …
int status_of(Errc code);

/// "Not Found" for 404. Statuses that this program never sends are "Unknown".
std::string_view reason_phrase(int status);

/// `text` as a JSON string, quotes included. Malformed UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

/// Response with a body and its type.
Response reply(int status, std::string_view content_type, std::string body);

}  // namespace rbee::http
