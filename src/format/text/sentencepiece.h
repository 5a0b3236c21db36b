// The tokenizer kind "sentencepiece": a SentencePiece unigram model (Kudo and Richardson, 2018).
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "format/text/vocabulary.h"

namespace tutti {

// bad_input when the bytes are not a SentencePiece model with our special tokens, byte fallback and
// identity normalisation (see tokenizer_trainer.h).
Result<std::unique_ptr<const Vocabulary>> open_sentencepiece(std::span<const std::byte> model);

}  // namespace tutti
