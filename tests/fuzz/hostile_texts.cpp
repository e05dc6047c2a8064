// Write the hostile recipes into a folder, one file a row, for the evaluator's target to start
// from.
//
//   hostile_texts FOLDER
#include <algorithm>
#include <fstream>

#include "../corpus/hostile_recipes.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const auto& row : rbee::pkgbuild::hostile_recipes()) {
    std::string name = row.name;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ' ' || c == '/'; }, '-');
    std::ofstream(std::string(argv[1]) + "/" + name, std::ios::binary) << row.text;
  }
  return 0;
}
