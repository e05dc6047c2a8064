// From the value that a variable shall have to the one that another variable, of which it is made,
// must have: guesses by form, for the evaluator to try.
//
// Pure; on texts alone. A guess keeps the form of the old value: v1_2 becomes v1_3, never 1.3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbee::pkgbuild {

/// `part` held `part_before` when the whole was `whole_before`. What may it hold for the whole to
/// become `wanted`? Best guess first; none when the two do not resemble each other.
std::vector<std::string> guesses(std::string_view part_before, std::string_view whole_before,
                                 std::string_view wanted);

/// A piece of "$_major.$_minor": fixed text, or a variable and its old value.
struct Piece {
  bool variable = false;
  std::string text;
};

/// The values of the variables for which the pieces make `wanted`, in order; empty when there is no
/// such division, or none that alone keeps the number of dots in each.
std::vector<std::string> divide(const std::vector<Piece>& pieces, std::string_view wanted);

}  // namespace rbee::pkgbuild
