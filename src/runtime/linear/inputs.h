// How rows become inputs of a product, single-threaded: rows [begin, end) of x each.
#pragma once

#include "runtime/linear/linear.h"

namespace tutti::kernels {

// `scale` 0: dynamic. INT8 rows are `stride` bytes apart, padding included.
void quantize_rows(ConstMatrix x, float scale, uint8_t* out, size_t stride, float* scales,
                   int begin, int end);
void round_rows_bf16(ConstMatrix x, uint8_t* out, size_t stride, int begin, int end);

void norm_rows(ConstMatrix x, const Norm& norm, float* out, size_t stride, int begin, int end);

}  // namespace tutti::kernels
