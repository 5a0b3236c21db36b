// Speech in voices that the model was not trained on.
#pragma once

#include <string>

#include "eval/eval_data.h"

namespace tutti {

// Speech that says `text` in a voice held out from training: a recording of the data where there is
// one, else from espeak-ng with the `turn`-th held-out voice.
Result<Mel> held_out_speech(const EvalData& data, const std::string& text, size_t turn);

}  // namespace tutti
