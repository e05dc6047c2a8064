// Pages of other sites may read /v1: cross-origin fields of answers, and preflight requests.
//
// Pure. Reads alone, and never with credentials: what a person may do here is asked for on this
// site or with a token that no page of another site is let send. Source: fetch.spec.whatwg.org.
#pragma once

#include <optional>

#include "http/message.hpp"

namespace rbee::http {

/// The answer to a preflight request for a read of /v1; nothing for everything else.
std::optional<Response> answer_preflight(const Request& request);

/// The fields of an answer that pages of other sites may read.
void add_cors_fields(const Request& request, Headers& headers);

}  // namespace rbee::http
