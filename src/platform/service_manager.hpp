// A word to the service manager that started us: ready, stopping, still alive.
//
// Sends datagrams to $NOTIFY_SOCKET; does nothing where there is none. Source: sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rbee::platform {

/// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". True when it was sent.
bool notify_service_manager(std::string_view state);

/// How often the manager wants to hear WATCHDOG=1 from this process; nothing: it does not listen.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace rbee::platform
