// Answers that take one pass and need no caches; Engine's functions of the same names.
#pragma once

#include "runtime/ctc_text.h"
#include "runtime/session_state.h"

namespace tutti {

Result<Transcript> transcribe(Session& session, const Mel& mel);
Result<std::vector<float>> embed(Session& session, const Part& part);

}  // namespace tutti
