// Linear layers on packed weights: y = epilogue(x w^T), in the weights' precision.
//
//   const size_t floats = input_floats(w.precision(), x.rows, x.cols);      // from the arena
//   const InputRows in = prepare(threads, w.precision(), x, memory);        // once for q, k and v
//   linear(threads, in, w, {.bias = b, .activation = Activation::silu}, y);
//
// INT8: each row of x is quantized with its own scale, max |x| / 127, or with one that was
// calibrated; sums are exact in int32 and the same on every instruction set (isa.h). A NaN counts
// as zero and an infinity as the largest float, so nothing that comes out is NaN on finite weights.
// bf16: inputs rounded to bf16, sums in FP32. FP32: plain.
//
// Every output is the same bits alone, in any batch and with any number of threads. Nothing here
// allocates or checks: callers (CpuOps) have compared shapes.
#pragma once

#include <span>

#include "runtime/kernels/epilogue.h"
#include "runtime/linear/packed_weights.h"
#include "runtime/memory/tensor.h"
#include "runtime/threads.h"

namespace tutti {

// Rows of x as the kernels read them. INT8 is stored with 128 added; columns are padded to steps.
struct InputRows {
  Precision precision;
  int rows, cols;
  const uint8_t* data;
  size_t stride;        // bytes
  const float* scales;  // one a row; INT8 alone

  // Rows [begin, end).
  InputRows slice(int begin, int end) const {
    return {precision, end - begin,
            cols,      data + size_t(begin) * stride,
            stride,    scales ? scales + begin : nullptr};
  }
};

// Floats of 64-byte aligned memory that prepare() fills; 0 for FP32, which is read where it lies.
size_t input_floats(Precision precision, int rows, int cols);

// `scale`: 0 for one of its own a row, else the calibrated scale of all rows (INT8).
InputRows prepare(ThreadPool& threads, Precision precision, ConstMatrix x, float* memory,
                  float scale = 0);

// prepare(rms_norm(x) * gain), and * (1 + modulation) where given, in one pass over x. Takes
// norm_floats() of memory, in FP32 too.
struct Norm {
  ConstMatrix gain;                 // one row a group
  std::span<const int32_t> bounds;  // rows [bounds[g], bounds[g + 1]) are group g
  const float* modulation = nullptr;
  size_t modulation_stride = 0;
  const int32_t* modulation_index = nullptr;
  int first_modulated = 0;
  float eps = 1e-6f;
};
size_t norm_floats(const ThreadPool& threads, Precision precision, int rows, int cols);
InputRows prepare_norm(ThreadPool& threads, Precision precision, ConstMatrix x, const Norm& norm,
                       float* memory, float scale = 0);

// y: x.rows x w.rows(). Of interleaved weights without a gated activation, twice as many columns:
// 16 of the gate's and 16 of the others by turns.
void linear(ThreadPool& threads, const InputRows& x, const PackedWeights& w,
            const Epilogue& epilogue, Matrix y);

// y = epilogue(activation(x up^T) down^T). `scale` is the hidden rows'; 0 for dynamic.
// A thread takes blocks of about a hundred rows through both products; fewer at a time would read
// all weights too often (docs/experiments/products.md).
struct FeedForward {
  const PackedWeights& up;  // interleaved for a gated activation
  Activation activation;
  const PackedWeights& down;
  float scale = 0;
};
// Floats of 64-byte aligned memory that feed_forward() uses.
size_t feed_forward_floats(const ThreadPool& threads, const FeedForward& layer, int rows);
void feed_forward(ThreadPool& threads, const InputRows& x, const FeedForward& layer,
                  const Epilogue& epilogue, Matrix y, float* memory);

}  // namespace tutti
