// Retrieval between every pair of modalities: which of 100 belongs to this one?
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_retrieval(TaskContext& context);

}  // namespace tutti
