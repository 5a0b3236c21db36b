// What a SentencePiece model says of how it was trained, checked before anything else of it is
// read.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tutti {

// bad_input unless it is of the unigram type and rewrites no text, by tables compiled into it.
// `model` is the whole file.
Status check_tokenizer_settings(std::string_view model);

}  // namespace tutti
