// An install receipt as clients send it: POST /v1/receipts, docs/statistics.md.
//
// Pure.
#pragma once

#include "analytics/event.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace rbee::api {

/// Errors: Errc::invalid_input "body-invalid" for what is no object of texts with these keys,
/// "receipt-invalid" for a value that no client of ours sends.
Result<analytics::Event> parse_receipt(const http::Request& request);

}  // namespace rbee::api
