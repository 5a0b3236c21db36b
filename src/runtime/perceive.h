// Answers that take one pass and need no caches; Engine's functions of the same names.
#pragma once

#include "engine/speech/ctc_text.h"
#include "runtime/session_state.h"

namespace tutti {

Result<Transcript> transcribe(Session& session, const Mel& mel);
// `tokens`, if given, receives how many a text has, without <s>; 0 for other parts.
Result<std::vector<float>> embed(Session& session, const Part& part, int* tokens = nullptr);

}  // namespace tutti
