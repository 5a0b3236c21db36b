// Learns a vocabulary from sentences: SentencePiece unigram with byte fallback, so that every text
// in every language has an encoding, however rare its script.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

// Returns the bytes of a SentencePiece model with the ids of special_tokens.h; equal sentences give
// equal bytes. `vocabulary_size` counts special tokens (15) and bytes (256), and cannot exceed what
// the sentences support. Time and memory grow with the text: 10 MB take about a minute. Digits
// stand alone and nothing is normalised. Sentences over 16 KiB are skipped.
Result<std::string> train_tokenizer(const std::vector<std::string>& sentences, int vocabulary_size);

// The same from text files with a sentence a line, written to `out_path`.
Status train_tokenizer(const std::vector<std::string>& files, int vocabulary_size,
                       const std::string& out_path);

}  // namespace tutti
