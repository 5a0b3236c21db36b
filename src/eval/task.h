// What the tasks of the suite share. Internal to the folder.
#pragma once

#include "eval/suite.h"

namespace tutti {

struct TaskContext {
  const Engine& engine;
  const EvalData& data;
  Referee* judge;
  const SuiteOptions& options;
  EvalReport& report;

  size_t limited(size_t count) const {
    return options.limit > 0 ? std::min(count, size_t(options.limit)) : count;
  }
  Status skip(const std::string& task, const std::string& reason) const {
    report.skipped.push_back({task, reason});
    return {};
  }
};

// The picture as the model sees it.
Part picture_part(const PictureRecord& record);

// Speech tasks
Status eval_spoken_digits(TaskContext& context);
Status eval_spoken_commands(TaskContext& context);
Status eval_asr_synthetic(TaskContext& context);
Status eval_asr_recorded(TaskContext& context);
// Pictures in, text out
Status eval_pictograms(TaskContext& context);
Status eval_photos(TaskContext& context);
Status eval_captions(TaskContext& context);
Status eval_questions(TaskContext& context);
Status eval_mattes(TaskContext& context);
// Pictures and speech out
Status eval_text_to_picture(TaskContext& context);
Status eval_speech_to_picture(TaskContext& context);
Status eval_text_to_speech(TaskContext& context);
// Across modalities
Status eval_retrieval(TaskContext& context);
Status eval_scenes(TaskContext& context);
Status eval_clips(TaskContext& context);
Status eval_recorded_clips(TaskContext& context);
Status eval_text(TaskContext& context);

// Speech that says `text` in a voice held out from training: a recording of the data where there is
// one, else from espeak-ng with the `turn`-th held-out voice.
Result<Mel> held_out_speech(const EvalData& data, const std::string& text, size_t turn);

}  // namespace tutti
