// Clips of recorded series and of turning things in: questions with computed answers.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_recorded_clips(TaskContext& context);

}  // namespace tutti
