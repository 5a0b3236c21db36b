// How a smaller model begins with a larger one's weights.
#pragma once

#include "format/package/model_package.h"
#include "train/backend/parameter_store.h"

namespace tutti {

// Overwrites the student's weights with the leading rows and columns of the teacher's, layer by
// layer: of the trunk's layers the outermost and evenly many between, in pairs, so that long skips
// keep their partners. Columns that fall away are made up for by sqrt(before / after).
Status inherit_weights(ParameterStore& student, const ModelSpec& config,
                       const ModelPackage& teacher);

}  // namespace tutti
