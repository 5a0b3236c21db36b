// What a product does with its sums before they are stored. Plain data: kernel files are compiled
// for one instruction set each and must not instantiate the standard library.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/activation.h"

namespace tutti {

// A gated activation reads weights made by PackedWeights::interleave and has half as many columns.
// v = sum * scale(row) * scale(column), then from top to bottom; a null pointer leaves a line out.
// Rows and columns count within y; every pointer may be used by several threads, for reading.
struct Epilogue {
  const float* bias = nullptr;  // v += bias[column]; not with a gated activation
  Activation activation = Activation::none;
  // v *= 1 + modulation[index[row - first]][column] for rows from `first_modulated` on.
  const float* modulation = nullptr;
  size_t modulation_stride = 0;
  const int32_t* modulation_index = nullptr;
  int first_modulated = 0;
  const float* gate = nullptr;  // v *= gate[row * gate_stride]
  size_t gate_stride = 1;
  const float* residual = nullptr;  // v += residual[row][column]; may be y itself
  size_t residual_stride = 0;
};

}  // namespace tutti
