// A product of plain matrices.
// Single-threaded, no allocation, no checks (CpuOps has made them). Most take the rows [begin, end)
// that this thread works on; `y` has its shape already.
//
// Every output is computed in an order that depends on neither the number of threads, nor the other
// rows, nor the tile it falls into: results are the same bits in any batch, with any thread count.
// They differ in the last bits between instruction sets.
#pragma once

#include "runtime/memory/tensor.h"

namespace tutti::kernels {

// y_MN = x_MK w_NK^T for all of x, w and y.
void gemm(ConstMatrix x, ConstMatrix w, Matrix y);

}  // namespace tutti::kernels
