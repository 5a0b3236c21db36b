// Generated scenes and clips in: questions and captions with exact answers. And plain text.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_scenes(TaskContext& context);
Status eval_clips(TaskContext& context);
Status eval_text(TaskContext& context);

}  // namespace tutti
