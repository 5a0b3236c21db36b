// What a model is shown so that the quantizer sees its activations: a little of every task.
#pragma once

#include <string>
#include <vector>

#include "base/media_types.h"
#include "eval/eval_data.h"

namespace tutti {

struct CalibrationSet {
  std::vector<Picture> pictures;            // 128 x 128 RGB
  std::vector<std::vector<Picture>> clips;  // 16 such frames
  std::vector<Mel> sounds;                  // of 80 bins
  std::vector<Rows> rows;                   // of modalities that read such
  std::vector<std::string> questions;       // about a picture, one each or fewer
  std::vector<std::string> texts;           // to read, to say and to paint
  std::string what;                         // where it is from, for the report
};

// bad_input that names each kind that is missing, and what would bring it.
Status check_complete(const CalibrationSet& set);

// From evaluation data (shards, raw sets or a folder of one's own), up to `samples` of each kind,
// taken from all sources in turn. Clips are drawn as in the evaluation suite.
Result<CalibrationSet> calibration_from(const EvalData& data, int samples, uint64_t seed);

// Without data: drawn scenes and clips with their captions and questions. Sounds and further media
// are the caller's to add.
Result<CalibrationSet> drawn_calibration(int samples, uint64_t seed);

}  // namespace tutti
