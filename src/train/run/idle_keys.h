// Keys of a recipe that another key makes idle: whoever states one expects it to do something.
#pragma once

#include "train/run/recipe.h"

namespace tutti {

// bad_input names the first of them and what makes it idle. `recipe` is what was read of `file`.
Status check_idle_keys(const RecipeFile& file, const Recipe& recipe);

}  // namespace tutti
