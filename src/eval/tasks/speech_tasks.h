// Speech in: words of closed sets, and transcripts.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_spoken_digits(TaskContext& context);
Status eval_spoken_commands(TaskContext& context);
Status eval_asr_synthetic(TaskContext& context);
Status eval_asr_recorded(TaskContext& context);

}  // namespace tutti
