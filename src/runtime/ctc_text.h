// Greedy reading of a CTC head: the likeliest symbol of each label, repeats and blanks removed
// (Graves et al. 2006). Symbols are UTF-8 bytes; 256 is the blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/tensor.h"

namespace tutti {

// logits: labels x 257. Always valid UTF-8: bytes that form no character become U+FFFD.
std::string ctc_text(ConstMatrix logits);

// Replaces each byte that belongs to no character.
std::string repaired_utf8(std::string_view bytes);

}  // namespace tutti
