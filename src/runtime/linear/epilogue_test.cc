// linear() and feed_forward() against their definitions in double precision, on every instruction
// set that this machine has, and their promise that a row is the same bits in any batch.
#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "base/rounding.h"
#include "runtime/kernels/isa.h"
#include "runtime/linear/linear.h"

namespace tutti {
namespace {

constexpr double kEpsilonF = 1.2e-7;  // 2^-23: distance from 1 to the next float

// A value and how far a float computation of it may be off: a few roundings a step.
struct Bounded {
  double value, error;
};
Bounded times(Bounded a, Bounded b) {
  const double v = a.value * b.value;
  return {v, std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error +
                 2 * kEpsilonF * std::abs(v)};
}
Bounded plus(Bounded a, double b) {
  return {a.value + b, a.error + kEpsilonF * (std::abs(a.value) + std::abs(b))};
}
Bounded activate(Bounded a, Activation activation, Precision precision) {
  if (activation == Activation::none) return a;
  if (activation == Activation::gelu || activation == Activation::geglu) {
    // The slope is at most 1.13. After an INT8 product a polynomial is in its place.
    const double v =
        a.value / (1 + std::exp(-1.5957691216 * (a.value + 0.044715 * std::pow(a.value, 3))));
    const double fit = precision == Precision::int8 ? 6.6e-5 : 16 * kEpsilonF;
    return {v, 1.13 * a.error + fit * std::abs(a.value)};
  }
  if (activation == Activation::relu2)
    return a.value > 0 ? times(a, a) : Bounded{0, a.error * a.error};
  // The slope of silu is at most 1.1; e^x has 2 units in the last place. After an INT8 product it
  // is a coarse one.
  const double v = a.value / (1 + std::exp(-a.value));
  const double fit = precision == Precision::int8 ? 2e-5 : 8 * kEpsilonF * std::exp(-80);
  return {v, 1.1 * a.error + 8 * kEpsilonF * std::abs(v) + fit * std::abs(a.value)};
}

std::vector<float> random_values(Rng& rng, size_t count, double scale = 1) {
  std::vector<float> values(count);
  for (float& value : values) value = float(scale * rng.normal());
  return values;
}

AlignedFloats memory_of(size_t floats) {
  return *AlignedFloats::allocate(std::max<size_t>(floats, 1));
}

// Input rows as the kernels see them: rounded to the precision, in double.
std::vector<double> rounded(const float* x, int rows, int cols, Precision precision) {
  std::vector<double> out(size_t(rows) * cols);
  for (int r = 0; r < rows; ++r) {
    const float* row = x + size_t(r) * cols;
    float most = 0;
    for (int c = 0; c < cols; ++c) most = std::max(most, std::abs(row[c]));
    const Int8Scale scale = int8_scale(most);
    for (int c = 0; c < cols; ++c)
      out[size_t(r) * cols + c] = precision == Precision::int8
                                      ? double(to_int8(row[c], scale.inverse)) * scale.scale
                                  : precision == Precision::bf16 ? from_bf16(to_bf16(row[c]))
                                                                 : row[c];
  }
  return out;
}

// Rows times weights, before the epilogue.
Bounded product(const std::vector<double>& x, int r, const std::vector<float>& w, int n, int cols,
                Precision precision) {
  double sum = 0, xx = 0, ww = 0;
  for (int k = 0; k < cols; ++k) {
    const double a = x[size_t(r) * cols + k], b = w[size_t(n) * cols + k];
    sum += a * b, xx += a * a, ww += b * b;
  }
  const double terms = precision == Precision::int8 ? 1 : std::sqrt(cols);
  return {sum, 4 * kEpsilonF * terms * std::sqrt(xx * ww)};
}

struct Packed {
  PackedWeights weights;
  std::vector<float> values;  // as packed
};
Packed pack(Rng& rng, int rows, int cols, Precision precision) {
  const auto values = random_values(rng, size_t(rows) * cols, 1 / std::sqrt(cols));
  Packed packed{*PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision), {}};
  packed.values.resize(values.size());
  for (int r = 0; r < rows; ++r)
    packed.weights.dequantize_row(r, packed.values.data() + size_t(r) * cols);
  return packed;
}

// Every combination of an epilogue's parts.
struct Parts {
  Parts(Rng& rng, int rows, int columns, int mask, Activation activation) {
    bias = random_values(rng, columns), gate = random_values(rng, rows);
    modulation = random_values(rng, size_t(3) * columns);
    residual = random_values(rng, size_t(rows) * columns);
    first = rows / 3;
    for (int r = first; r < rows; ++r) index.push_back(int32_t(rng.below(3)));
    epilogue.activation = activation;
    if (mask & 1) epilogue.bias = bias.data();
    if (mask & 2) epilogue.gate = gate.data();
    if (mask & 4) epilogue.residual = residual.data(), epilogue.residual_stride = columns;
    if (mask & 8)
      epilogue.modulation = modulation.data(), epilogue.modulation_stride = columns,
      epilogue.modulation_index = index.data(), epilogue.first_modulated = first;
  }
  // What comes after bias and activation.
  Bounded finish(Bounded v, int r, int c, int columns) const {
    if (epilogue.modulation && r >= first) {
      const double m = modulation[size_t(index[r - first]) * columns + c];
      v = times(v, {1 + m, kEpsilonF * (1 + std::abs(m))});
    }
    if (epilogue.gate) v = times(v, {gate[r], 0});
    if (epilogue.residual) v = plus(v, residual[size_t(r) * columns + c]);
    return v;
  }

  std::vector<float> bias, gate, modulation, residual;
  std::vector<int32_t> index;
  int first;
  Epilogue epilogue;
};

void check_linear(Rng& rng, Precision precision, int rows, int outputs, int cols, int mask,
                  Activation activation) {
  ThreadPool threads(2);
  const bool gated = is_gated(activation);
  const Packed gate = pack(rng, outputs, cols, precision), up = pack(rng, outputs, cols, precision);
  const auto x = random_values(rng, size_t(rows) * cols, 3);
  if (gated) mask &= ~1;
  const Parts parts(rng, rows, outputs, mask, activation);
  const auto memory = memory_of(input_floats(precision, rows, cols));
  const InputRows in =
      prepare(threads, precision, {x.data(), rows, cols, size_t(cols)}, memory.data());
  const PackedWeights both =
      gated ? *PackedWeights::interleave(gate.weights, up.weights) : PackedWeights();
  std::vector<float> y(size_t(rows) * outputs);
  linear(threads, in, gated ? both : gate.weights, parts.epilogue,
         {y.data(), rows, outputs, size_t(outputs)});
  const auto exact = rounded(x.data(), rows, cols, precision);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < outputs; ++c) {
      Bounded v = product(exact, r, gate.values, c, cols, precision);
      if (parts.epilogue.bias) v = plus(v, parts.bias[c]);
      v = activate(v, activation, precision);
      if (gated) v = times(v, product(exact, r, up.values, c, cols, precision));
      v = parts.finish(v, r, c, outputs);
      ASSERT_NEAR(y[size_t(r) * outputs + c], v.value, v.error + 1e-30)
          << isa_name() << ", precision " << int(precision) << ", parts " << mask << ", activation "
          << int(activation) << ", " << rows << " x " << outputs << " x " << cols << " at " << r
          << ", " << c;
    }
}

TEST(Linear, EveryEpilogueMatchesDoublePrecision) {
  Rng rng(1);
  for (const std::string& isa : available_isas()) {
    ASSERT_TRUE(use_isa(isa));
    for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8})
      for (Activation activation : {Activation::none, Activation::relu2, Activation::silu,
                                    Activation::gelu, Activation::swiglu, Activation::geglu})
        for (int mask = 0; mask < 16; ++mask) {
          const int rows = 1 + int(rng.below(15)), outputs = 1 + int(rng.below(90));
          check_linear(rng, precision, rows, outputs, 1 + int(rng.below(100)), mask, activation);
          if (HasFatalFailure()) return;
        }
    check_linear(rng, Precision::int8, 200, 70, 40, 15, Activation::silu);  // split by rows
  }
  ASSERT_TRUE(use_isa(""));
}

TEST(Linear, ARowIsTheSameBitsInAnyBatchAndOnAnyThreads) {
  Rng rng(2);
  constexpr int rows = 130, outputs = 75, cols = 99;
  ThreadPool one(1), three(3);
  for (const std::string& isa : available_isas())
    for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
      ASSERT_TRUE(use_isa(isa));
      const Packed w = pack(rng, outputs, cols, precision);
      const auto x = random_values(rng, size_t(rows) * cols);
      const Parts parts(rng, rows, outputs, 1, Activation::silu);
      const auto memory = memory_of(input_floats(precision, rows, cols));
      std::vector<float> all(size_t(rows) * outputs), some(size_t(rows) * outputs);
      const auto run = [&](ThreadPool& threads, int begin, int end, float* y) {
        const ConstMatrix part = {x.data() + size_t(begin) * cols, end - begin, cols, size_t(cols)};
        linear(threads, prepare(threads, precision, part, memory.data()), w.weights, parts.epilogue,
               {y + size_t(begin) * outputs, end - begin, outputs, size_t(outputs)});
      };
      run(one, 0, rows, all.data());
      run(three, 0, rows, some.data());
      EXPECT_EQ(all, some) << isa;
      for (int r = 0, count = 1; r < rows; r += count, count = count % 13 + 1)
        run(three, r, std::min(r + count, rows), some.data());
      EXPECT_EQ(all, some) << isa;
    }
  ASSERT_TRUE(use_isa(""));
}

// The two-step computation with the same kernels gives the same bits.
TEST(FeedForward, EqualsItsTwoProducts) {
  Rng rng(3);
  constexpr int width = 60, hidden = 150;
  for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8})
    for (int rows : {1, 5, 40, 200})
      for (Activation activation : {Activation::relu2, Activation::swiglu})
        for (int n : {1, 2}) {
          ThreadPool threads(n);
          const Packed gate = pack(rng, hidden, width, precision);
          const Packed linear_up = pack(rng, hidden, width, precision);
          const Packed down = pack(rng, width, hidden, precision);
          const PackedWeights up =
              activation == Activation::swiglu
                  ? *PackedWeights::interleave(gate.weights, linear_up.weights)
                  : *PackedWeights::pack({gate.values.data(), hidden, width, size_t(width)},
                                         precision);
          const Parts parts(rng, rows, width, 14, Activation::none);
          const auto x = random_values(rng, size_t(rows) * width);
          const auto in_memory = memory_of(input_floats(precision, rows, width));
          const auto hidden_memory = memory_of(input_floats(precision, rows, hidden));
          const FeedForward layer = {up, activation, down.weights};
          const auto scratch = memory_of(feed_forward_floats(threads, layer, rows));
          const InputRows in =
              prepare(threads, precision, {x.data(), rows, width, size_t(width)}, in_memory.data());
          std::vector<float> h(size_t(rows) * hidden), want(size_t(rows) * width), got(want);
          linear(threads, in, up, {.activation = activation},
                 {h.data(), rows, hidden, size_t(hidden)});
          const InputRows second = prepare(
              threads, precision, {h.data(), rows, hidden, size_t(hidden)}, hidden_memory.data());
          linear(threads, second, down.weights, parts.epilogue,
                 {want.data(), rows, width, size_t(width)});
          feed_forward(threads, in, layer, parts.epilogue, {got.data(), rows, width, size_t(width)},
                       scratch.data());
          EXPECT_EQ(got, want) << int(precision) << " " << rows;
        }
}

}  // namespace
}  // namespace tutti
