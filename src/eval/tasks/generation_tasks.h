// Pictures and speech out, judged by a referee that was trained apart.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

Status eval_text_to_picture(TaskContext& context);
Status eval_speech_to_picture(TaskContext& context);
Status eval_text_to_speech(TaskContext& context);

}  // namespace tutti
