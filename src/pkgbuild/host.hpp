// The variables whose value comes from the machine, the user or makepkg's own configuration.
//
// Touches nothing. Source: bash(1) "Shell Variables", makepkg.conf(5), and the variables that
// makepkg 6.0.2 has set when it reads a recipe.
#pragma once

#include <string_view>

namespace rbee::pkgbuild {

/// True when an unassigned variable of this name has a value that a recipe cannot know.
bool is_host_variable(std::string_view name);

/// True when a host variable may begin with `prefix`: then ${!prefix*} is not decidable.
bool begins_host_variable(std::string_view prefix);

/// True when bash computes the variable at each reading, so that assigning it does not make it a
/// plain one.
bool is_computed_variable(std::string_view name);

/// True when makepkg has made the variable readonly: assigning it ends the reading of the recipe.
bool is_makepkg_readonly(std::string_view name);

/// True when makepkg has a function of this name that decides something.
bool is_makepkg_function(std::string_view name);

}  // namespace rbee::pkgbuild
