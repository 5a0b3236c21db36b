// Whether the parts of a ModelSpec make a model together. What each may be by itself is checked
// where it is read (spec_json.h).
#pragma once

#include "base/result.h"
#include "model/spec.h"

namespace tutti {

// bad_input that names the part, what it is and what it may be.
Status check_spec(const ModelSpec& spec);

}  // namespace tutti
