// Weights of a linear layer, laid out once for the kernels in symmetric INT8, bf16 or FP32.
//
//   TUTTI_ASSIGN(PackedWeights w, PackedWeights::quantize({data, rows, cols, stride}));
//   linear(threads, prepare(threads, w.precision(), x, memory), w, {.residual = ...}, y);
//
// Layout, the same for every precision and instruction set: panels of 16 rows (a layer's outputs),
// each a sequence of 64-byte steps that hold the next 4 bytes of each row: 4 INT8, 2 bf16 or 1
// FP32. In INT8 that is [N/16][K/4][16][4]. One step is one AVX-512 register; dot-product
// instructions add up the 4 bytes of a lane; and a product of any shape reads a panel from front to
// back. Rows and columns are padded with zeros to whole panels and steps; users never see the
// padding. Rejected: wider panels (narrow layers are padded more; two panels side by side run as
// fast), and a layout an instruction set (a packed file would fit one machine).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/rounding.h"
#include "runtime/memory/arena.h"
#include "runtime/memory/tensor.h"

namespace tutti {

enum class Precision { f32, bf16, int8 };

constexpr int kPanelRows = 16;
constexpr int kStepBytes = 64;
// The longest row whose INT8 products fit int32 at any values: 127 * 127 * K < 2^31.
constexpr int kMostInt8Columns = 133144;

// Elements of one row in a step.
constexpr int step_columns(Precision precision) {
  return precision == Precision::int8 ? 4 : precision == Precision::bf16 ? 2 : 1;
}

// Immutable once made; any number of threads may read it.
class PackedWeights {
 public:
  PackedWeights() = default;

  // `values`: rows x cols in [-127, 127]; -128 is an error. `scales`: one a row.
  static Result<PackedWeights> from_int8(int rows, int cols, std::span<const int8_t> values,
                                         std::span<const float> scales);
  // Symmetric, a scale a row: int8_most() / 127. A row of zeros has scale 0.
  static Result<PackedWeights> quantize(ConstMatrix w, Int8Weights weights = Int8Weights::plain);
  static Result<PackedWeights> bf16(ConstMatrix w);  // rounded to nearest, ties to even
  static Result<PackedWeights> f32(ConstMatrix w);
  static Result<PackedWeights> pack(ConstMatrix w, Precision precision);

  // A shape without memory, for planning; gated: as interleave() makes of one matrix.
  static PackedWeights shape_only(int rows, int cols, Precision precision, bool gated = false);

  // For gated activations: panels of `gate` and `up` take turns. Both of one shape and precision.
  static Result<PackedWeights> interleave(const PackedWeights& gate, const PackedWeights& up);
  // The same of one matrix, the gate's rows first: 2 x a multiple of 16.
  static Result<PackedWeights> interleave(const PackedWeights& gate_and_up);

  int rows() const { return rows_; }  // outputs; of gate and up each when interleaved
  int cols() const { return cols_; }  // inputs
  Precision precision() const { return precision_; }
  bool interleaved() const { return interleaved_; }
  size_t bytes() const;
  // INT8: whether all rows are Int8Weights::paired. AVX2 multiplies such weights 1.4 times as fast;
  // the sums are the same.
  bool paired() const { return paired_; }
  static bool is_paired(std::span<const int8_t> row);

  int panels() const { return (rows_ + kPanelRows - 1) / kPanelRows * (interleaved_ ? 2 : 1); }
  int steps() const { return (cols_ + step_columns(precision_) - 1) / step_columns(precision_); }
  // 64-byte aligned.
  const uint8_t* panel(int p) const { return data() + size_t(p) * steps() * kStepBytes; }
  // INT8 alone, panels() * 16 each: scales of rows, and -128 times the sum of each row, with which
  // a sum over inputs that are stored with 128 added begins.
  const float* scales() const { return memory_.data() + size_t(panels()) * steps() * 16; }
  const int32_t* offsets() const {
    return reinterpret_cast<const int32_t*>(scales() + size_t(panels()) * kPanelRows);
  }

  // Row `row` as FP32, cols() values: for embedding tables and tests. Not of interleaved ones.
  void dequantize_row(int row, float* out) const;

 private:
  static Result<PackedWeights> by_turns(const PackedWeights& gate, int gate_panel,
                                        const PackedWeights& up, int up_panel, int rows);
  static Result<PackedWeights> make(int rows, int cols, Precision precision, bool interleaved);
  uint8_t* data() const { return reinterpret_cast<uint8_t*>(memory_.data()); }
  // Where the four bytes of row `row` in step `step` lie.
  uint8_t* place(int row, int step) const;
  // cols() values of this precision.
  void set_row(int row, const void* values);
  void set_int8_row(int row, const int8_t* values, float scale);

  int rows_ = 0, cols_ = 0;
  Precision precision_ = Precision::f32;
  bool interleaved_ = false, paired_ = true;
  AlignedFloats memory_;
};

}  // namespace tutti
