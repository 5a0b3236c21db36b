// What our own sets are good for. Internal to the folder.
#pragma once

#include <string>

#include "eval/eval_data.h"

namespace tutti {

EvalPictures::Kind kind_of_set(const std::string& name);

}  // namespace tutti
