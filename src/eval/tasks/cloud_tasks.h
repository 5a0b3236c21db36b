// Clouds of points in: names of generated shapes and of recorded things.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_points(TaskContext& context);

}  // namespace tutti
