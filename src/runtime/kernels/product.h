// What a kernel computes, in plain data: a block of rows times a run of panels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/kernels/epilogue.h"

namespace tutti {

struct Product {
  // Input rows as prepare() wrote them, `x_stride` bytes apart.
  const uint8_t* x;
  size_t x_stride;
  const float* x_scales;  // a row; INT8 alone
  int rows;

  const uint8_t* weights;  // the first panel
  int panels, steps;
  size_t panel_bytes;      // from one panel to the next
  const float* w_scales;   // 16 a panel; INT8 alone, as are
  const int32_t* offsets;  // the sums' initial values, 16 a panel
  bool paired;             // as PackedWeights::paired(); INT8 alone

  // The epilogue's row and column 0 are those of the whole product; this block begins at:
  int first_row, first_column;
  int columns;  // of y in this block
  Epilogue epilogue;
  float* y;  // the block's first element
  size_t y_stride;
};

// One instruction set; arrays are indexed by Precision.
struct KernelTable {
  const char* name;
  int lanes;  // floats of its vectors, for all that is no product (kernel.h)
  // Whether it multiplies bf16 faster than FP32, into which it is converted otherwise.
  bool fast_bf16;
  void (*product[3])(const Product&);
  // The inner loop alone, without memory: the number of multiplies and adds that it did.
  int64_t (*ceiling[3])(int64_t rounds);
};

// A table, or nullptr where the processor cannot run it. Those of other architectures are not
// built.
const KernelTable* scalar_kernels();
const KernelTable* avx2_kernels();
const KernelTable* avxvnni_kernels();
const KernelTable* avx512vnni_kernels();
const KernelTable* neon_kernels();

}  // namespace tutti
