// Pictures in: names, labels, captions, answers, mattes.
#pragma once

#include "eval/tasks/task.h"

namespace tutti {

// The picture as the model sees it.
Part picture_part(const PictureRecord& record);

Status eval_pictograms(TaskContext& context);
Status eval_photos(TaskContext& context);
Status eval_captions(TaskContext& context);
Status eval_questions(TaskContext& context);
Status eval_mattes(TaskContext& context);

}  // namespace tutti
