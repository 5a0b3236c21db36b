// A BlockSpec as the JSON object "block" of a model's description.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "model/spec.h"

namespace tutti {

// Overwrites what the object has.
Status read_block(const nlohmann::json& json, BlockSpec& block);
nlohmann::json block_json(const BlockSpec& block);

}  // namespace tutti
