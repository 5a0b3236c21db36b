// Pictures of what a run has learned so far: drawn pictures beside real ones, spoken spectrograms
// beside real ones.
#pragma once

#include "model/model.h"
#include "train/backend/torch_ops.h"
#include "train/objectives/collate.h"

namespace tutti {

// Rows: real above, drawn from the same prompt below; at most 8 examples of Task::paint. Empty when
// there are none.
Picture sample_pictures(TorchOps& ops, const Model<TorchOps>& model,
                        const std::vector<DrawnExample>& examples, Rng& rng);

// The first Task::speak example: real spectrogram above the generated one, grey, 80 bins each.
Picture sample_speech(TorchOps& ops, const Model<TorchOps>& model,
                      const std::vector<DrawnExample>& examples, Rng& rng);

}  // namespace tutti
