// rbee recipe srcinfo: what a recipe means on a platform, without executing it.
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_input.hpp"

namespace rbee::cli {

Result<int> recipe_srcinfo(const Arguments& arguments, Context& context) {
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  TRY_ASSIGN(const pkgbuild::Recipe recipe, evaluate(input));
  const std::string srcinfo = pkgbuild::srcinfo(recipe);
  if (context.settings.json) {
    context.print(boost::json::object{{"pkgbase", json_text(recipe.pkgbase)},
                                      {"version", json_text(recipe.version())},
                                      {"platform", to_string(input.inputs.platform)},
                                      {"srcinfo", json_text(srcinfo)}});
  } else {
    // The bytes, not a picture of them: this is for programs, and for comparing with makepkg.
    if (context.world.environment.out.is_terminal) {
      context.world.out << printable(srcinfo);
    } else {
      context.world.out << srcinfo;
    }
  }
  return 0;
}

}  // namespace rbee::cli
