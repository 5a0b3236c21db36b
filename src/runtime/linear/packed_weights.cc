#include "runtime/linear/packed_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tutti {
namespace {

std::string shape(int rows, int cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

// Whether -128 is among them. Looks at all of them, which runs at a vector a cycle; a search that
// stops at the first takes a third of loading a model.
bool holds_least(std::span<const int8_t> values) {
  uint8_t found = 0;
  for (int8_t value : values) found |= uint8_t(value == -128);
  return found;
}

}  // namespace

// In 16 bits, of which eight fit the plainest vector, and without a way out, as above.
bool PackedWeights::is_paired(std::span<const int8_t> row) {
  int16_t most = 0;
  for (size_t i = 0; i + 1 < row.size(); i += 2) {
    int16_t both;
    std::memcpy(&both, row.data() + i, sizeof both);
    const int16_t low = int16_t(int16_t(both << 8) >> 8), high = int16_t(both >> 8);
    const int16_t up = int16_t(std::max<int16_t>(low, 0) + std::max<int16_t>(high, 0));
    const int16_t down = int16_t(std::min<int16_t>(low, 0) + std::min<int16_t>(high, 0));
    most = std::max({most, up, int16_t(-down)});
  }
  return most <= kMostPair;
}

PackedWeights PackedWeights::shape_only(int rows, int cols, Precision precision, bool gated) {
  PackedWeights packed;
  packed.rows_ = gated ? rows / 2 : rows;
  packed.interleaved_ = gated;
  packed.cols_ = cols;
  packed.precision_ = precision;
  return packed;
}

size_t PackedWeights::bytes() const {
  const size_t scales = precision_ == Precision::int8 ? 2 * kPanelRows * sizeof(float) : 0;
  return size_t(panels()) * (size_t(steps()) * kStepBytes + scales);
}

Result<PackedWeights> PackedWeights::make(int rows, int cols, Precision precision,
                                          bool interleaved) {
  if (rows < 1 || cols < 1) return bad_input("weights of " + shape(rows, cols) + " are empty");
  if (precision == Precision::int8 && cols > kMostInt8Columns)
    return bad_input("weights of " + shape(rows, cols) + " are too wide for INT8 sums (at most " +
                     std::to_string(kMostInt8Columns) + " columns); keep this layer in bf16");
  PackedWeights packed = shape_only(rows, cols, precision);
  packed.interleaved_ = interleaved;
  TUTTI_ASSIGN(packed.memory_, AlignedFloats::allocate_shared(packed.bytes() / sizeof(float)));
  return packed;
}

uint8_t* PackedWeights::place(int row, int step) const {
  return data() + (size_t(row / kPanelRows) * steps() + step) * kStepBytes + row % kPanelRows * 4;
}

void PackedWeights::set_row(int row, const void* values) {
  const auto* from = static_cast<const uint8_t*>(values);
  const size_t bytes = size_t(cols_) * (4 / step_columns(precision_));
  const int whole = int(bytes / 4), rest = int(bytes % 4);
  uint8_t* to = place(row, 0);
  for (int step = 0; step < whole; ++step, to += kStepBytes) std::memcpy(to, from + step * 4, 4);
  if (rest) std::memcpy(to, from + size_t(whole) * 4, rest);
}

void PackedWeights::set_int8_row(int row, const int8_t* values, float scale) {
  set_row(row, values);
  paired_ = paired_ && is_paired({values, size_t(cols_)});
  int32_t sum = 0;
  for (int c = 0; c < cols_; ++c) sum += values[c];
  const_cast<float*>(scales())[row] = scale;
  // Modulo 2^32, as the products' sums are on their way.
  const_cast<int32_t*>(offsets())[row] = int32_t(-128 * int64_t(sum));
}

Result<PackedWeights> PackedWeights::from_int8(int rows, int cols, std::span<const int8_t> values,
                                               std::span<const float> scales) {
  TUTTI_ASSIGN(PackedWeights packed, make(rows, cols, Precision::int8, false));
  if (values.size() != size_t(rows) * size_t(cols) || scales.size() != size_t(rows))
    return bad_input("INT8 weights of " + shape(rows, cols) + " come with " +
                     std::to_string(values.size()) + " values and " +
                     std::to_string(scales.size()) + " scales");
  if (holds_least(values))
    return bad_input("INT8 weights hold -128; symmetric ones are in [-127, 127]");
  for (int r = 0; r < rows; ++r) {
    if (!(std::isfinite(scales[r]) && scales[r] >= 0))
      return bad_input("the INT8 scale of row " + std::to_string(r) +
                       " is not a finite number >= 0");
    packed.set_int8_row(r, values.data() + size_t(r) * cols, scales[r]);
  }
  return packed;
}

Result<PackedWeights> PackedWeights::quantize(ConstMatrix w, Int8Weights weights) {
  TUTTI_ASSIGN(PackedWeights packed, make(w.rows, w.cols, Precision::int8, false));
  std::vector<int8_t> row(w.cols);
  for (int r = 0; r < w.rows; ++r) {
    for (int c = 0; c < w.cols; ++c)
      if (!std::isfinite(w.row(r)[c]))
        return bad_input("row " + std::to_string(r) + " of the weights is not finite");
    const Int8Scale scale = int8_scale(int8_most(w.row(r), size_t(w.cols), weights));
    for (int c = 0; c < w.cols; ++c) row[c] = to_int8(w.row(r)[c], scale.inverse);
    packed.set_int8_row(r, row.data(), scale.scale);
  }
  return packed;
}

Result<PackedWeights> PackedWeights::bf16(ConstMatrix w) {
  TUTTI_ASSIGN(PackedWeights packed, make(w.rows, w.cols, Precision::bf16, false));
  std::vector<uint16_t> row(w.cols);
  for (int r = 0; r < w.rows; ++r) {
    for (int c = 0; c < w.cols; ++c) row[c] = to_bf16(w.row(r)[c]);
    packed.set_row(r, row.data());
  }
  return packed;
}

Result<PackedWeights> PackedWeights::f32(ConstMatrix w) {
  TUTTI_ASSIGN(PackedWeights packed, make(w.rows, w.cols, Precision::f32, false));
  for (int r = 0; r < w.rows; ++r) packed.set_row(r, w.row(r));
  return packed;
}

Result<PackedWeights> PackedWeights::pack(ConstMatrix w, Precision precision) {
  return precision == Precision::int8   ? quantize(w)
         : precision == Precision::bf16 ? bf16(w)
                                        : f32(w);
}

Result<PackedWeights> PackedWeights::interleave(const PackedWeights& gate,
                                                const PackedWeights& up) {
  if (gate.rows_ != up.rows_ || gate.cols_ != up.cols_ || gate.precision_ != up.precision_ ||
      gate.interleaved_ || up.interleaved_)
    return bad_input("gate of " + shape(gate.rows_, gate.cols_) + " and up of " +
                     shape(up.rows_, up.cols_) + " differ in shape or precision");
  return by_turns(gate, 0, up, 0, gate.rows_);
}

Result<PackedWeights> PackedWeights::interleave(const PackedWeights& gate_and_up) {
  const int rows = gate_and_up.rows_ / 2;
  if (gate_and_up.rows_ % (2 * kPanelRows) || gate_and_up.interleaved_)
    return bad_input("gate and up of " + shape(gate_and_up.rows_, gate_and_up.cols_) +
                     " are not twice a multiple of 16 rows");
  return by_turns(gate_and_up, 0, gate_and_up, rows / kPanelRows, rows);
}

// Panels from gate_panel and from up_panel on.
Result<PackedWeights> PackedWeights::by_turns(const PackedWeights& gate, int gate_panel,
                                              const PackedWeights& up, int up_panel, int rows) {
  TUTTI_ASSIGN(PackedWeights both, make(rows, gate.cols_, gate.precision_, true));
  both.paired_ = gate.paired_ && up.paired_;
  const size_t panel_bytes = size_t(gate.steps()) * kStepBytes;
  for (int p = 0; p < both.panels(); ++p) {
    const PackedWeights& from = p % 2 ? up : gate;
    const int panel = (p % 2 ? up_panel : gate_panel) + p / 2;
    std::memcpy(both.data() + p * panel_bytes, from.panel(panel), panel_bytes);
    if (gate.precision_ != Precision::int8) continue;
    std::copy_n(from.scales() + panel * kPanelRows, kPanelRows,
                const_cast<float*>(both.scales()) + p * kPanelRows);
    std::copy_n(from.offsets() + panel * kPanelRows, kPanelRows,
                const_cast<int32_t*>(both.offsets()) + p * kPanelRows);
  }
  return both;
}

void PackedWeights::dequantize_row(int row, float* out) const {
  const int per_step = step_columns(precision_);
  for (int c = 0; c < cols_; ++c) {
    const uint8_t* from = place(row, c / per_step);
    if (precision_ == Precision::int8) {
      out[c] = float(int8_t(from[c % 4])) * scales()[row];
    } else if (precision_ == Precision::bf16) {
      uint16_t value;
      std::memcpy(&value, from + c % 2 * 2, sizeof value);
      out[c] = from_bf16(value);
    } else {
      std::memcpy(out + c, from, sizeof(float));
    }
  }
}

}  // namespace tutti
