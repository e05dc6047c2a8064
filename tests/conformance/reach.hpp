// How much of bash a recipe needs while it is read: the line between easy and hard in the figures.
//
// Pure.
#pragma once

#include <string_view>

namespace rbee::conformance {

/// "plain" when everything at top level is assignments, expansions of variables and functions;
/// "beyond" when something more stands there: control flow, a command, $(…), arithmetic; "broken"
/// when it has no syntax tree.
std::string_view reach_of(std::string_view recipe);

}  // namespace rbee::conformance
