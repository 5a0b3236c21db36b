// INT8 sums on every instruction set: bit for bit those of plain loops, at every small shape and at
// the extremes.
#include "runtime/linear/linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "runtime/kernels/isa.h"
#include "runtime/kernels/product.h"

namespace tutti {

const KernelTable* avxvnni_stand_in();

namespace {

struct Int8Problem {
  int rows, outputs, cols;
  std::vector<int8_t> x, w;

  Int8Problem(int rows, int outputs, int cols) : rows(rows), outputs(outputs), cols(cols) {
    x.resize(size_t(rows) * cols);
    w.resize(size_t(outputs) * cols);
  }
  void fill(Rng& rng) {
    for (auto* side : {&x, &w})
      for (int8_t& v : *side) v = int8_t(int(rng.below(255)) - 127);
  }
  int64_t sum(int r, int n) const {
    int64_t total = 0;
    for (int k = 0; k < cols; ++k)
      total += int(x[size_t(r) * cols + k]) * int(w[size_t(n) * cols + k]);
    return total;
  }
};

// Sums show through an epilogue that scales by 1 as floats; up to 2^24 they are exact, and beyond
// they are compared after the same rounding.
void expect_exact(const Int8Problem& p, const KernelTable& kernels) {
  const std::vector<float> ones(size_t(std::max(p.rows, p.outputs)), 1.0f);
  const auto w = PackedWeights::from_int8(p.outputs, p.cols, p.w, std::span(ones).first(p.outputs));
  ASSERT_TRUE(w) << w.error().message();
  const size_t stride = (size_t(p.cols) + 3) / 4 * 4;
  std::vector<uint8_t> x(size_t(p.rows) * stride, 77);  // the padding's value must not matter
  for (int r = 0; r < p.rows; ++r)
    for (int k = 0; k < p.cols; ++k)
      x[size_t(r) * stride + k] = uint8_t(int(p.x[size_t(r) * p.cols + k]) + 128);
  std::vector<float> y(size_t(p.rows) * p.outputs, -1);
  Product product = {};
  product.x = x.data(), product.x_stride = stride, product.x_scales = ones.data();
  product.rows = p.rows, product.weights = w->panel(0), product.panels = w->panels();
  product.steps = w->steps(), product.panel_bytes = size_t(w->steps()) * kStepBytes,
  product.w_scales = w->scales(), product.offsets = w->offsets(), product.paired = w->paired();
  product.columns = p.outputs, product.y = y.data(), product.y_stride = size_t(p.outputs);
  kernels.product[int(Precision::int8)](product);
  for (int r = 0; r < p.rows; ++r)
    for (int n = 0; n < p.outputs; ++n)
      ASSERT_EQ(y[size_t(r) * p.outputs + n], float(int32_t(p.sum(r, n))))
          << kernels.name << " " << p.rows << " x " << p.outputs << " x " << p.cols << " at " << r
          << ", " << n;
}

// Those of this machine, and AVX-VNNI's code where AVX-512 can run it in its own encoding.
std::vector<const KernelTable*> tables() {
  std::vector<const KernelTable*> found;
  for (const std::string& isa : available_isas()) found.push_back(find_kernels(isa));
#if defined(__x86_64__)
  if (avx512vnni_kernels()) found.push_back(avxvnni_stand_in());
#endif
  return found;
}

TEST(Int8Product, SumsAreExactAtEverySmallShape) {
  Rng rng(1);
  for (const KernelTable* table : tables())
    for (int cols = 1; cols <= 130; ++cols)
      for (const auto& [rows, outputs] : {std::pair{1, 1}, {1, 40}, {5, 17}, {13, 35}}) {
        Int8Problem p(rows, outputs, cols);
        p.fill(rng);
        expect_exact(p, *table);
        if (HasFatalFailure()) return;
      }
}

TEST(Int8Product, ExtremesDoNotSaturate) {
  for (const KernelTable* table : tables())
    for (int cols : {1, 2, 3, 4, 7, 64, 130, 1031, 16641, kMostInt8Columns})
      for (const auto& [a, b] : {std::pair{127, 127}, {-127, 127}, {127, -127}, {-127, -127}}) {
        Int8Problem p(3, 18, cols);
        std::fill(p.x.begin(), p.x.end(), int8_t(a));
        std::fill(p.w.begin(), p.w.end(), int8_t(b));
        expect_exact(p, *table);
        if (HasFatalFailure()) return;
      }
}

// The edges of what some processors multiply faster, and all values within.
TEST(Int8Product, PairedWeightsDoNotSaturate) {
  constexpr int8_t kEdges[][2] = {{127, 1}, {64, 64}, {127, -127}, {-127, -1}, {-64, -64}};
  Rng rng(2);
  for (const KernelTable* table : tables())
    for (int cols : {1, 2, 3, 4, 7, 64, 130, 1031, 16641, kMostInt8Columns})
      for (const int8_t* edge : kEdges) {
        Int8Problem p(3, 18, cols);
        p.fill(rng);
        if (cols > 64)
          for (int8_t& v : p.x) v = edge[1] > 0 ? 127 : -127;
        for (size_t i = 0; i < p.w.size(); ++i) p.w[i] = edge[i % size_t(cols) % 2];
        ASSERT_TRUE(PackedWeights::is_paired({p.w.data(), size_t(cols)}));
        expect_exact(p, *table);
        if (HasFatalFailure()) return;
      }
}

TEST(PairedWeights, NeighboursOfOneSignAddUpTo128) {
  for (int a = -127; a <= 127; ++a)
    for (int b = -127; b <= 127; ++b) {
      const bool one_sign = (a > 0) == (b > 0);
      const int8_t row[] = {0, 1, int8_t(a), int8_t(b), 127};
      ASSERT_EQ(PackedWeights::is_paired(row), !one_sign || std::abs(a + b) <= 128)
          << a << " " << b;
    }
}

TEST(PairedWeights, AreWhatRoundingMakesThem) {
  Rng rng(3);
  for (int cols = 1; cols <= 70; ++cols) {
    std::vector<float> row(static_cast<size_t>(cols));
    for (float& v : row) v = float(rng.normal());
    const ConstMatrix w = {row.data(), 1, cols, size_t(cols)};
    ASSERT_TRUE(PackedWeights::quantize(w, Int8Weights::paired)->paired());
  }
  const std::vector<float> equal(16, 0.3f);
  const ConstMatrix w = {equal.data(), 1, 16, 16};
  EXPECT_FALSE(PackedWeights::quantize(w)->paired());
  std::vector<float> back(16);
  PackedWeights::quantize(w, Int8Weights::paired)->dequantize_row(0, back.data());
  for (float v : back) EXPECT_NEAR(v, 0.3f, 0.3f / 64);
}

TEST(PairedWeights, StayInterleaved) {
  const std::vector<float> ones(32, 1.0f);
  std::vector<int8_t> values(32 * 4, 64);
  const PackedWeights good = *PackedWeights::from_int8(32, 4, values, ones);
  values[31 * 4 + 3] = 65;
  const PackedWeights bad = *PackedWeights::from_int8(32, 4, values, ones);
  EXPECT_TRUE(good.paired());
  EXPECT_FALSE(bad.paired());
  EXPECT_TRUE(PackedWeights::interleave(good)->paired());
  EXPECT_FALSE(PackedWeights::interleave(bad)->paired());
  EXPECT_FALSE(PackedWeights::interleave(good, bad)->paired());
}

}  // namespace
}  // namespace tutti
