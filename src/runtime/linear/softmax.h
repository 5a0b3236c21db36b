// The softmax between attention's two products, without its division: that is left to the second
// product's epilogue, where it costs nothing.
#pragma once

#include "runtime/linear/packed_weights.h"

namespace tutti::kernels {

struct SoftmaxRow {
  const float* scores;
  int first, last;    // the keys that count, at least one
  int padded;         // the row's length, a multiple of 16
  const float* bias;  // added to the scores; null: none
};

// e^(score - the highest) into a row of probabilities as a product of this precision reads them,
// zeros elsewhere; returns 1 / their sum. The same bits whatever surrounds the keys that count, as
// long as they are moved by whole multiples of 16.
float exponentials(Precision precision, const SoftmaxRow& row, uint8_t* out);

}  // namespace tutti::kernels
