#include "platform/memory.hpp"

#include <malloc.h>

namespace rbee::platform {

void return_freed_memory() {
  ::malloc_trim(0);
}

}  // namespace rbee::platform
