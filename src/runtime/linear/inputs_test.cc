// Rounding of inputs, packing of weights, and the choice of an instruction set.
#include "runtime/linear/inputs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/rng.h"
#include "base/rounding.h"
#include "runtime/kernels/isa.h"
#include "runtime/linear/linear.h"

namespace tutti {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_values(Rng& rng, size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = float(rng.normal());
  return values;
}

TEST(Prepare, EqualsThePlainRounding) {
  Rng rng(1);
  ThreadPool threads(2);
  for (int cols = 1; cols < 70; ++cols) {
    constexpr int rows = 3;
    const auto x = random_values(rng, size_t(rows) * cols);
    const auto memory = *AlignedFloats::allocate(input_floats(Precision::int8, rows, cols));
    const auto halves = *AlignedFloats::allocate(input_floats(Precision::bf16, rows, cols));
    for (float fixed : {0.0f, 0.013f}) {
      const InputRows in = prepare(threads, Precision::int8, {x.data(), rows, cols, size_t(cols)},
                                   memory.data(), fixed);
      for (int r = 0; r < rows; ++r) {
        float most = fixed * 127;
        for (int c = 0; c < cols && !fixed; ++c) most = std::max(most, std::abs(x[r * cols + c]));
        const Int8Scale scale = int8_scale(most);
        EXPECT_EQ(in.scales[r], fixed ? fixed : scale.scale);
        for (int c = 0; c < cols; ++c)
          ASSERT_EQ(in.data[r * in.stride + c], 128 + to_int8(x[r * cols + c], scale.inverse));
      }
    }
    const InputRows in =
        prepare(threads, Precision::bf16, {x.data(), rows, cols, size_t(cols)}, halves.data());
    for (int i = 0; i < rows * cols; ++i) {
      uint16_t half;
      std::memcpy(&half, in.data + i / cols * in.stride + i % cols * 2, sizeof half);
      ASSERT_EQ(half, to_bf16(x[i]));
    }
  }
}

// A row that holds an infinity or NaN, at either end, beside rows that do not.
TEST(Prepare, RowsThatAreNotFiniteEqualThePlainRounding) {
  Rng rng(5);
  ThreadPool threads(1);
  constexpr int rows = 6, cols = 37;
  auto x = random_values(rng, rows * cols);
  x[0] = kNan, x[2 * cols - 1] = kInfinity, x[2 * cols] = -kInfinity, x[4 * cols - 1] = -kNan;
  const auto memory = *AlignedFloats::allocate(input_floats(Precision::int8, rows, cols));
  const InputRows in =
      prepare(threads, Precision::int8, {x.data(), rows, cols, cols}, memory.data());
  for (int r = 0; r < rows; ++r) {
    float most = 0;
    for (int c = 0; c < cols; ++c)
      if (std::abs(x[r * cols + c]) > most) most = std::abs(x[r * cols + c]);
    const Int8Scale scale = int8_scale(most);
    EXPECT_EQ(in.scales[r], scale.scale);
    for (int c = 0; c < cols; ++c)
      ASSERT_EQ(in.data[r * in.stride + c], 128 + to_int8(x[r * cols + c], scale.inverse)) << r;
  }
}

TEST(Prepare, NothingThatComesInMakesNan) {
  ThreadPool threads(1);
  const std::vector<std::vector<float>> rows = {
      {0, 0, 0, -0.0f},        {kNan, 1, 2, -3},      {kInfinity, 1, -kInfinity, 0},
      {1e-45f, -1e-38f, 0, 0}, {3e38f, -3e38f, 1, 0}, {kNan, kNan, kNan, kNan}};
  const std::vector<float> ones(4, 1.0f);
  const PackedWeights w = *PackedWeights::quantize({ones.data(), 1, 4, 4});
  const auto memory = *AlignedFloats::allocate(input_floats(Precision::int8, 1, 4));
  for (const auto& row : rows)
    for (const std::string& isa : available_isas()) {
      ASSERT_TRUE(use_isa(isa));
      float y = kNan;
      const InputRows in = prepare(threads, Precision::int8, {row.data(), 1, 4, 4}, memory.data());
      linear(threads, in, w, {}, {&y, 1, 1, 1});
      EXPECT_FALSE(std::isnan(y));
    }
  ASSERT_TRUE(use_isa(""));
  const InputRows in = prepare(threads, Precision::int8, {rows[1].data(), 1, 4, 4}, memory.data());
  EXPECT_EQ(in.data[0], 128);  // a NaN is passed over
  EXPECT_EQ(in.data[3], 128 - 127);
}

TEST(Prepare, TheNormBeforeItIsTheSameAsApart) {
  Rng rng(2);
  ThreadPool threads(2);
  constexpr int rows = 20, cols = 75;
  const auto x = random_values(rng, rows * cols), gain = random_values(rng, 2 * cols);
  const auto modulation = random_values(rng, 2 * cols);
  const std::vector<int32_t> bounds = {0, 8, rows}, index = {1, 0, 1, 1, 0};
  const Norm norm = {
      {gain.data(), 2, cols, cols}, bounds, modulation.data(), cols, index.data(), 15};
  const ConstMatrix in = {x.data(), rows, cols, cols};
  std::vector<float> normed(rows * cols);
  kernels::norm_rows(in, norm, normed.data(), cols, 0, rows);
  for (int r = 0; r < rows; ++r) {
    double square = 0;
    for (int c = 0; c < cols; ++c) square += double(x[r * cols + c]) * x[r * cols + c];
    for (int c = 0; c < cols; ++c) {
      double want = x[r * cols + c] / std::sqrt(square / cols + 1e-6) * gain[(r >= 8) * cols + c];
      if (r >= 15) want *= 1 + double(modulation[index[r - 15] * cols + c]);
      ASSERT_NEAR(normed[r * cols + c], want, 1e-6 * std::abs(want) + 1e-9);
    }
  }
  for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    const auto a = *AlignedFloats::allocate(norm_floats(threads, precision, rows, cols));
    const auto b = *AlignedFloats::allocate(input_floats(precision, rows, cols) + 1);
    const InputRows fused = prepare_norm(threads, precision, in, norm, a.data());
    const InputRows apart =
        prepare(threads, precision, {normed.data(), rows, cols, cols}, b.data());
    for (int r = 0; r < rows; ++r) {
      const size_t bytes = size_t(cols) * 4 / step_columns(precision);
      EXPECT_EQ(std::memcmp(fused.data + r * fused.stride, apart.data + r * apart.stride, bytes),
                0);
      if (precision == Precision::int8) {
        EXPECT_EQ(fused.scales[r], apart.scales[r]);
      }
    }
  }
}

TEST(PackedWeights, GivesBackWhatWasPacked) {
  Rng rng(3);
  for (int cols : {1, 2, 3, 64, 129}) {
    constexpr int rows = 21;
    const auto w = random_values(rng, size_t(rows) * cols);
    std::vector<float> row(cols);
    for (Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
      const PackedWeights packed =
          *PackedWeights::pack({w.data(), rows, cols, size_t(cols)}, precision);
      EXPECT_GE(packed.bytes(), size_t(rows) * cols * 4 / step_columns(precision));
      for (int r = 0; r < rows; ++r) {
        packed.dequantize_row(r, row.data());
        float most = 0;
        for (int c = 0; c < cols; ++c) most = std::max(most, std::abs(w[r * cols + c]));
        for (int c = 0; c < cols; ++c) {
          const float value = w[r * cols + c];
          const float tolerance = precision == Precision::f32    ? 0
                                  : precision == Precision::bf16 ? std::abs(value) / 256
                                                                 : most / 127 * 0.50001f;
          ASSERT_NEAR(row[c], value, tolerance);
        }
      }
    }
  }
}

TEST(PackedWeights, RefusesWhatItCannotHold) {
  const std::vector<int8_t> low = {1, -128};
  const std::vector<float> one = {1}, nan = {kNan}, negative = {-1}, row = {1, kNan};
  EXPECT_FALSE(PackedWeights::from_int8(1, 2, low, one));
  EXPECT_FALSE(PackedWeights::from_int8(1, 1, std::span(low).first(1), nan));
  EXPECT_FALSE(PackedWeights::from_int8(1, 1, std::span(low).first(1), negative));
  EXPECT_FALSE(PackedWeights::from_int8(2, 2, low, one));
  EXPECT_FALSE(PackedWeights::from_int8(0, 2, {}, {}));
  EXPECT_FALSE(PackedWeights::quantize({row.data(), 1, 2, 2}));
  const std::vector<int8_t> wide(kMostInt8Columns + 1, 1);
  EXPECT_FALSE(PackedWeights::from_int8(1, kMostInt8Columns + 1, wide, one));
  const PackedWeights a = *PackedWeights::f32({one.data(), 1, 1, 1});
  EXPECT_FALSE(PackedWeights::interleave(a, *PackedWeights::bf16({one.data(), 1, 1, 1})));
}

TEST(Isa, AWrongNameIsAnErrorThatSaysWhatThereIs) {
  const std::string before = isa_name();
  const Status unknown = use_isa("mmx");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find("scalar"), std::string::npos);
  EXPECT_EQ(isa_name(), before);
#if defined(__x86_64__)
  EXPECT_FALSE(use_isa("neon"));
#endif
  const char* outside = std::getenv("TUTTI_ISA");
  const std::string saved = outside ? outside : "";
  setenv("TUTTI_ISA", "scalar", 1);
  EXPECT_TRUE(select_isa());
  EXPECT_STREQ(isa_name(), "scalar");
  setenv("TUTTI_ISA", "sse9", 1);
  EXPECT_FALSE(select_isa());
  outside ? setenv("TUTTI_ISA", saved.c_str(), 1) : unsetenv("TUTTI_ISA");
  EXPECT_TRUE(select_isa());
}

}  // namespace
}  // namespace tutti
