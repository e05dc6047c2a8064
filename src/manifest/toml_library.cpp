// The compiled half of toml++, once, from the system's headers: as src/base/fmt_library.cpp.
// Source: toml++ manual, TOML_IMPLEMENTATION.
// Its assertions fail on input that it then refuses: "[\nd", an unclosed table. Debian builds it
// without.
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
