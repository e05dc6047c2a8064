// What this process holds of the machine's memory.
#pragma once

namespace rbee::platform {

/// Give the system back what was freed: after a piece of work that needed much for a moment.
/// Source: malloc_trim(3).
void return_freed_memory();

}  // namespace rbee::platform
