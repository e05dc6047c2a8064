// Large files as answers: from the disk to the socket, whole or from where a download stopped.
//
// Each runs on a thread of its own, with sendfile(2) and no buffer of ours. Source: RFC 9110, 14
// (one range of bytes; If-Range with a strong validator).
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "http/log.hpp"
#include "http/message.hpp"

namespace rbee::http {

struct CgiExchange;

/// A regular file that answers a GET or HEAD.
struct FileAnswer {
  std::string path;  ///< Opened without following a link at its end.
  std::string content_type = "application/octet-stream";
  std::string etag;                      ///< With its quotes; strong.
  Headers headers = {};                  ///< Added.
  std::chrono::seconds silence_max{15};  ///< Of a peer that should read.
};

/// Send it over `exchange.socket`. Returns when it is sent, the peer left or stood still, or
/// `stopping` became true.
void send_file(const FileAnswer& answer, CgiExchange& exchange, const std::atomic<bool>& stopping,
               const Log& log);

}  // namespace rbee::http
