// Reading a CTC head (Graves et al. 2006). Symbols are UTF-8 bytes; the last one, 256, is the
// blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/utf8_repair.h"
#include "runtime/memory/tensor.h"

namespace tutti {

// A word, or what a script without spaces runs together, and when it was said.
struct HeardWord {
  std::string text;
  float begin = 0, end = 0;   // seconds
  float log_probability = 0;  // mean of its labels', blanks within it included; natural logarithm
};

// What the best path says, and where: a label is 20 ms. CTC marks a byte where it is sure of it,
// often for a label alone, so a word's time runs from its first byte's mark to its last one's.
struct Transcript {
  std::string text;
  std::vector<HeardWord> words;  // joined by spaces they are the text, but for spaces at its ends
};
inline constexpr float kCtcLabelSeconds = 0.02f;

Transcript ctc_transcript(ConstMatrix logits);

// Greedily: the likeliest symbol of each label, repeats and blanks removed.
// logits: labels x 257. Always valid UTF-8: bytes that form no character become U+FFFD.
std::string ctc_text(ConstMatrix logits);

// The same of labels that come piece by piece: text leaves it as soon as nothing that follows can
// change it, so together the pieces are ctc_text() of all labels. A value.
class CtcPrefix {
 public:
  // Further labels x 257. Whole characters, each with the label that completes it.
  std::string push(ConstMatrix logits);
  // No label follows. Starts anew.
  std::string end();

 private:
  int previous_ = -1;  // symbol; -1: none
  Utf8Repair repair_;
};

// ln of the probability that all alignments of `text` have together (the forward algorithm);
// minus infinity where the text does not fit into that many labels.
double ctc_log_likelihood(ConstMatrix logits, std::string_view text);

}  // namespace tutti
