// What `rbee worker list --starred` shows.
#pragma once

#include "cli/context.hpp"

namespace rbee::cli {

/// The workers that this user starred, newest first.
Result<int> list_starred(Context& context);

}  // namespace rbee::cli
