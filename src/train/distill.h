// Distillation into a smaller model: what a teacher says of a batch, and how a student inherits its
// weights.
#pragma once

#include "train/collate.h"
#include "train/losses.h"
#include "train/teacher.h"

namespace tutti {

struct DistillOptions {
  std::string teacher;  // a model file; empty: off
  bool inherit = true;  // a fresh student starts from slices of the teacher's weights
  DistillWeights weights;
};

// The batch is the student's: rows lie alike in every model of the same `hierarchy`.
TeacherTargets teacher_targets(Teacher& teacher, const TrainBatch& batch);

// Overwrites the student's weights with the leading rows and columns of the teacher's, layer by
// layer: of the trunk's layers the outermost and evenly many between, in pairs, so that long skips
// keep their partners. Columns that fall away are made up for by sqrt(before / after).
Status inherit_weights(Weights& student, const ModelConfig& config, const ModelPackage& teacher);

}  // namespace tutti
