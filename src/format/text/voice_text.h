// Text as the voice can say it. The voice learned from sentences in Latin letters, without digits
// and symbols; speech of other scripts was too little and comes out as noise, so such text is
// refused by name rather than spoken (docs/data.md says what was in the training data).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// Plain text (base/plain_text.h) with numbers and common symbols as English words, typographic
// signs as ASCII ones, and without what has no sound (emoji, arrows, invisible characters).
// bad_input where it is not UTF-8, where there are letters of a script that the voice cannot say
// (named), or where nothing is left to say. The result grows by a constant factor at most.
Result<std::string> text_for_voice(std::string_view utf8);

}  // namespace tutti
