// Every width of vectors computes the same: rounded inputs and maxima to the bit, the rest within
// the rounding of sums in another order.
#include "runtime/kernels/kernel.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>

#include "base/rng.h"
#include "runtime/kernels/elementwise.h"
#include "runtime/kernels/isa.h"
#include "runtime/linear/inputs.h"
#include "runtime/linear/softmax.h"

namespace tutti {
namespace {

// What `run` gives with each instruction set, that of the plainest first.
std::vector<std::vector<float>> on_every_isa(const std::function<std::vector<float>()>& run) {
  std::vector<std::vector<float>> results;
  for (const std::string& isa : available_isas()) {
    EXPECT_TRUE(use_isa(isa));
    results.push_back(run());
  }
  EXPECT_TRUE(use_isa(""));
  return results;
}

void expect_near(const std::function<std::vector<float>()>& run, float tolerance,
                 const std::string& what) {
  const auto results = on_every_isa(run);
  for (size_t isa = 1; isa < results.size(); ++isa)
    for (size_t i = 0; i < results[0].size(); ++i)
      ASSERT_LE(std::abs(results[isa][i] - results[0][i]),
                tolerance * (1 + std::abs(results[0][i])))
          << what << " on " << available_isas()[isa] << " at " << i;
}

std::vector<float> random_row(int count) {
  Rng rng{uint64_t(count)};
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = float(3 * rng.normal());
  return values;
}

TEST(Kernel, TheInstructionSetInUseSaysHowWideVectorsAre) {
  for (const std::string& isa : available_isas()) {
    ASSERT_TRUE(use_isa(isa));
    EXPECT_EQ(vector_lanes(), isa.starts_with("avx512") ? 16
                              : isa.starts_with("avx")  ? 8
                                                        : 4)
        << isa;
  }
  ASSERT_TRUE(use_isa(""));
}

TEST(Kernel, ElementsAndNormsAgreeOnEveryInstructionSet) {
  using Kernel = void (*)(ConstMatrix, Matrix, int, int);
  for (int cols = 1; cols <= 70; ++cols) {
    const auto x = random_row(cols);
    const ConstMatrix in = {x.data(), 1, cols, size_t(cols)};
    const std::vector<float> gain(size_t(cols), 0.5f);
    const ConstMatrix gains = {gain.data(), 1, cols, size_t(cols)};
    const std::array<int32_t, 2> bounds = {0, 1};
    std::vector<float> y(static_cast<size_t>(cols));
    const Matrix out = {y.data(), 1, cols, size_t(cols)};
    for (const Kernel kernel :
         {kernels::silu, kernels::gelu, kernels::sigmoid, kernels::relu2, kernels::normalize_rows})
      expect_near([&] { return kernel(in, out, 0, 1), y; }, 1e-6f, "an element");
    expect_near([&] { return kernels::softcap(in, 20, out, 0, 1), y; }, 1e-5f, "softcap");
    expect_near([&] { return kernels::norm_silu(in, gains, out, 0, 1), y; }, 1e-6f, "norm_silu");
    expect_near([&] { return kernels::rms_norm(in, gains, bounds, 1e-6f, out, 0, 1), y; }, 1e-6f,
                "rms_norm");
    expect_near([&] { return kernels::layer_norm(in, gains, gains, bounds, 1e-6f, out, 0, 1), y; },
                1e-5f, "layer_norm");
    if (HasFatalFailure()) return;
  }
}

TEST(Kernel, RoundedRowsAndPeaksAreTheSameBits) {
  for (int cols = 1; cols <= 70; ++cols) {
    auto x = random_row(cols);
    for (const float last : {1.0f, NAN, INFINITY}) {
      x.back() = last;
      const ConstMatrix in = {x.data(), 1, cols, size_t(cols)};
      expect_near(
          [&] {
            std::vector<float> all(3 * size_t(cols) + 2);
            std::vector<uint8_t> bytes(128, 7), halves(256, 7);
            kernels::row_peaks(in, &all[0], 0, 1);
            kernels::quantize_rows(in, 0, bytes.data(), 128, &all[1], 0, 1);
            std::copy_n(bytes.begin(), cols, all.begin() + 2);
            kernels::quantize_rows(in, 0.01f, bytes.data(), 128, &all[1], 0, 1);
            std::copy_n(bytes.begin(), cols, all.begin() + 2 + cols);
            kernels::round_rows_bf16(in, halves.data(), 256, 0, 1);
            std::copy_n(halves.begin(), cols, all.begin() + 2 + 2 * cols);
            for (float& value : all) value = std::isinf(value) ? 1e30f : value;
            return all;
          },
          0, "rounding of " + std::to_string(cols));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Kernel, SoftmaxAgreesOnEveryInstructionSet) {
  const auto scores = random_row(96);
  for (int first = 0; first < 40; first += 3)
    for (int last = first + 1; last <= 96; last += 5) {
      const kernels::SoftmaxRow row = {scores.data(), first, last, 96, nullptr};
      expect_near(
          [&] {
            std::vector<float> e(97, 9);
            e[96] =
                kernels::exponentials(Precision::f32, row, reinterpret_cast<uint8_t*>(e.data()));
            return e;
          },
          1e-6f, "softmax");
      if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace tutti
