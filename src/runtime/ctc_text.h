// Reading a CTC head (Graves et al. 2006). Symbols are UTF-8 bytes; the last one, 256, is the
// blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/tensor.h"

namespace tutti {

// Greedily: the likeliest symbol of each label, repeats and blanks removed.
// logits: labels x 257. Always valid UTF-8: bytes that form no character become U+FFFD.
std::string ctc_text(ConstMatrix logits);

// ln of the probability that all alignments of `text` have together (the forward algorithm);
// minus infinity where the text does not fit into that many labels.
double ctc_log_likelihood(ConstMatrix logits, std::string_view text);

// Replaces each byte that belongs to no character.
std::string repaired_utf8(std::string_view bytes);

}  // namespace tutti
