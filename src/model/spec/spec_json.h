// A ModelSpec as the JSON that a model file and a recipe carry.
#pragma once

#include <string>

#include "base/result.h"
#include "model/spec.h"
#include "model/spec/spec_json.h"

namespace tutti {

// What is left out is as in the reference model. Unknown keys, impossible sizes, names that nothing
// has and lists out of order are errors that name the key and what it may be. The flat keys of
// version 1 (`ffn_text`, `paint_steps`, ...) are read too, of modalities and groups of those names.
Result<ModelSpec> parse_model_spec(const std::string& json);
std::string model_spec_json(const ModelSpec& spec);

// As descriptions and messages write them.
const char* name_of(Stem stem);
const char* name_of(HeadSpec::Kind kind);

}  // namespace tutti
