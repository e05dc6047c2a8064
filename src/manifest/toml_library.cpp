// The compiled half of toml++, once, from the system's headers: as src/base/fmt_library.cpp.
// Source: toml++ manual, TOML_IMPLEMENTATION.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
