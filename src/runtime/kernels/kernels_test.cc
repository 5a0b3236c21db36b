// Each kernel against a plain double-precision version. A float sum of K terms is off by at most
// about eps * sqrt(K) times the norms of its operands (random signs); tolerances say 4 times that.

#include "runtime/linear/softmax.h"
#include "tests/helpers/ops_fixture.h"

namespace tutti {
namespace {

double norm(const float* x, int n, int stride = 1) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += double(x[i * stride]) * x[i * stride];
  return std::sqrt(sum);
}

struct Shape {
  int m, n, k;
};

TEST(Gemm, MatchesDoublePrecisionAtEveryEdge) {
  Rng rng(1);
  for (const Shape s : {Shape{1, 1, 1},
                        {1, 7, 33},
                        {2, 4, 16},
                        {3, 5, 80},
                        {4, 64, 256},
                        {5, 9, 15},
                        {33, 65, 48},
                        {37, 771, 192},
                        {64, 130, 1152}}) {
    OpsFixture f;
    const auto x = random_values(rng, size_t(s.m) * s.k), w = random_values(rng, size_t(s.n) * s.k);
    const CpuTensor y = f.ops.linear(f.ops.constant(x, s.m, s.k), f.ops.constant(w, s.n, s.k));
    for (int m = 0; m < s.m; ++m)
      for (int n = 0; n < s.n; ++n) {
        double sum = 0;
        for (int k = 0; k < s.k; ++k) sum += double(x[m * s.k + k]) * w[n * s.k + k];
        const double tolerance =
            4 * kEpsilonF * std::sqrt(s.k) * norm(&x[m * s.k], s.k) * norm(&w[n * s.k], s.k);
        ASSERT_NEAR(y.row(m)[n], sum, tolerance) << s.m << " " << s.n << " " << s.k;
      }
  }
}

TEST(Gemm, ARowIsTheSameBitsAloneAndAmongOthers) {
  Rng rng(2);
  OpsFixture f;
  const CpuTensor w = f.ops.constant(random_values(rng, 70 * 100), 70, 100);
  const CpuTensor x = f.ops.constant(random_values(rng, 41 * 100), 41, 100);
  const CpuTensor all = f.ops.linear(x, w);
  for (int r = 0; r < 41; ++r)
    EXPECT_EQ(contents(f.ops.linear(f.ops.rows(x, r, r + 1), w)),
              contents(f.ops.rows(all, r, r + 1)));
}

TEST(Gemm, ReadsViewsOfColumns) {
  Rng rng(3);
  OpsFixture f;
  const CpuTensor x = f.ops.constant(random_values(rng, 9 * 60), 9, 60);
  const CpuTensor w = f.ops.constant(random_values(rng, 5 * 20), 5, 20);
  const CpuTensor view = f.ops.cols(x, 30, 50);
  const CpuTensor copy = f.ops.constant(contents(view), 9, 20);
  EXPECT_EQ(contents(f.ops.linear(view, w)), contents(f.ops.linear(copy, w)));
  EXPECT_EQ(contents(f.ops.reshape(view, 18, 10)), contents(view));
}

TEST(Elementwise, MatchDoublePrecision) {
  Rng rng(4);
  OpsFixture f;
  constexpr int rows = 23, cols = 75;  // no multiple of sixteen
  auto values = random_values(rng, rows * cols, 4);
  values[0] = 0;
  values[1] = 100;
  values[2] = -100;
  values[3] = 3e4f;
  values[4] = -3e4f;
  const CpuTensor x = f.ops.constant(values, rows, cols);
  const auto check = [&](const CpuTensor& y, auto expected) {
    const auto got = contents(y);
    for (size_t i = 0; i < got.size(); ++i) {
      const double want = expected(double(values[i]));
      ASSERT_NEAR(got[i], want, 1e-30 + 6 * kEpsilonF * std::max(std::abs(want), 1e-3))
          << values[i];
    }
  };
  check(f.ops.relu2(x), [](double v) { return v > 0 ? v * v : 0; });
  check(f.ops.gate(x), [](double v) { return v > 0 ? 1 : 0; });
  check(f.ops.sigmoid(x), [](double v) { return 1 / (1 + std::exp(-v)); });
  check(f.ops.silu(x), [](double v) { return v / (1 + std::exp(-v)); });
  const auto gelu = [](double v) {
    return v / (1 + std::exp(-1.5957691216 * (v + 0.044715 * v * v * v)));
  };
  const auto curved = contents(f.ops.activate(x, Activation::gelu));
  for (size_t i = 0; i < curved.size(); ++i)  // as epilogue_test.cc bounds it
    ASSERT_NEAR(curved[i], gelu(values[i]), 16 * kEpsilonF * std::abs(values[i]) + 1e-30);
  const auto capped = contents(f.ops.softcap(x, 15));
  for (size_t i = 0; i < capped.size(); ++i)  // cap - cap * (...): the error is relative to the cap
    ASSERT_NEAR(capped[i], 15 * std::tanh(double(values[i]) / 15), 15 * 4 * kEpsilonF);
}

TEST(Elementwise, NormsAndRowOperations) {
  Rng rng(5);
  OpsFixture f;
  constexpr int rows = 40, cols = 72;
  const auto values = random_values(rng, rows * cols), gains = random_values(rng, 3 * cols);
  const CpuTensor x = f.ops.constant(values, rows, cols), gain = f.ops.constant(gains, 3, cols);
  const std::vector<int32_t> bounds = {0, 7, 7, 40};  // the middle group is empty
  const CpuTensor y = f.ops.rms_norm(x, gain, bounds), unit = f.ops.normalize_rows(x);
  for (int r = 0; r < rows; ++r) {
    const double length = norm(&values[r * cols], cols);
    for (int c = 0; c < cols; ++c) {
      const double v = values[r * cols + c], g = gains[(r < 7 ? 0 : 2) * cols + c];
      ASSERT_NEAR(y.row(r)[c], v / std::sqrt(length * length / cols + 1e-6) * g,
                  8 * kEpsilonF * std::abs(v * g) + 1e-12);
      ASSERT_NEAR(unit.row(r)[c], v / length, 8 * kEpsilonF);
    }
  }
  const CpuTensor zeros = f.ops.constant(std::vector<float>(cols), 1, cols);
  EXPECT_EQ(contents(f.ops.normalize_rows(zeros)), contents(zeros));

  const auto shifts = random_values(rng, 3 * cols);
  const CpuTensor centred =
      f.ops.layer_norm(x, gain, f.ops.constant(shifts, 3, cols), bounds, 1e-3f);
  const CpuTensor gated = f.ops.activate(x, Activation::swiglu);
  for (int r = 0; r < rows; ++r) {
    double mean = 0, variance = 0;
    for (int c = 0; c < cols; ++c) mean += values[r * cols + c] / double(cols);
    for (int c = 0; c < cols; ++c)
      variance += std::pow(values[r * cols + c] - mean, 2) / double(cols);
    for (int c = 0; c < cols; ++c) {
      const int g = (r < 7 ? 0 : 2) * cols + c;
      const double v = (values[r * cols + c] - mean) / std::sqrt(variance + 1e-3) * gains[g];
      // The mean is a sum of 72 terms of about 1.
      ASSERT_NEAR(centred.row(r)[c], v + shifts[g],
                  kEpsilonF * (16 + 8 * std::abs(v) + 2 * std::abs(shifts[g])));
    }
    for (int c = 0; c < cols / 2; ++c) {
      const double v = values[r * cols + c], u = values[r * cols + cols / 2 + c];
      ASSERT_NEAR(gated.row(r)[c], v / (1 + std::exp(-v)) * u, 10 * kEpsilonF * std::abs(v * u));
    }
  }

  const std::vector<int32_t> index = {2, 0, 1};
  const CpuTensor modulated = f.ops.modulate(x, gain, index, rows - 3);
  const CpuTensor scaled = f.ops.scale_rows(x, f.ops.cols(x, 5, 6));
  const CpuTensor added = f.ops.add_scaled(x, unit, f.ops.rows(gain, 1, 2));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      const double v = values[r * cols + c];
      const double m = r < rows - 3 ? 0 : gains[index[r - rows + 3] * cols + c];
      ASSERT_NEAR(modulated.row(r)[c], v * (1 + m),
                  3 * kEpsilonF * std::abs(v) * (1 + std::abs(m)));
      ASSERT_NEAR(scaled.row(r)[c], v * values[r * cols + 5], 4 * kEpsilonF * std::abs(v) * 4);
      ASSERT_NEAR(added.row(r)[c], v + double(gains[cols + c]) * unit.row(r)[c],
                  4 * kEpsilonF * (std::abs(v) + std::abs(gains[cols + c])));
    }
}

TEST(Rows, GatherConcatMeanAndDepthwise) {
  Rng rng(6);
  OpsFixture f;
  constexpr int rows = 12, cols = 33;
  const auto values = random_values(rng, rows * cols);
  const CpuTensor x = f.ops.constant(values, rows, cols);
  const std::vector<int32_t> index = {3, -1, 11, 0, 0, 5};
  const CpuTensor gathered = f.ops.gather_rows(x, index);
  const CpuTensor taps = f.ops.constant(random_values(rng, 3 * cols), 3, cols);
  const CpuTensor mixed = f.ops.depthwise(x, taps, index);
  ASSERT_EQ(mixed.rows(), 2);
  const std::vector<int32_t> mean_index = {4, 5, 9}, bounds = {0, 2, 3};
  const CpuTensor mean = f.ops.segment_mean(x, mean_index, bounds);
  const auto at = [&](int r, int c) { return r < 0 ? 0.0 : double(values[r * cols + c]); };
  for (int c = 0; c < cols; ++c) {
    for (int i = 0; i < 6; ++i) ASSERT_EQ(gathered.row(i)[c], at(index[i], c));
    for (int i = 0; i < 2; ++i) {
      double sum = 0;
      for (int t = 0; t < 3; ++t) sum += at(index[i * 3 + t], c) * taps.row(t)[c];
      ASSERT_NEAR(mixed.row(i)[c], sum, 30 * kEpsilonF);
    }
    ASSERT_NEAR(mean.row(0)[c], (at(4, c) + at(5, c)) / 2, 8 * kEpsilonF);
    ASSERT_EQ(mean.row(1)[c], float(at(9, c)));
  }
  auto expected = values;
  const auto more = contents(gathered);
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(contents(f.ops.concat_rows(std::vector<CpuTensor>{x, gathered})), expected);
  const CpuTensor wide = f.ops.concat_cols(f.ops.cols(x, 0, 10), f.ops.cols(x, 10, 33));
  EXPECT_EQ(contents(wide), values);
}

TEST(Conv, MatchesTheDefinition) {
  Rng rng(7);
  OpsFixture f;
  constexpr int images = 2, height = 9, width = 7, in = 5, out = 6;
  for (int stride : {1, 2}) {
    const auto x = random_values(rng, images * height * width * in);
    const auto w = random_values(rng, out * 9 * in);
    const CpuTensor y =
        f.ops.conv2d(f.ops.constant(x, images * height * width, in), f.ops.constant(w, out, 9 * in),
                     {images, height, width}, 3, stride);
    const int oh = (height - 1) / stride + 1, ow = (width - 1) / stride + 1;
    ASSERT_EQ(y.rows(), images * oh * ow);
    for (int i = 0; i < y.rows(); ++i)
      for (int o = 0; o < out; ++o) {
        const int image = i / (oh * ow), top = i / ow % oh * stride, left = i % ow * stride;
        double sum = 0;
        for (int ky = 0; ky < 3; ++ky)
          for (int kx = 0; kx < 3; ++kx)
            for (int c = 0; c < in; ++c) {
              const int sy = top + ky - 1, sx = left + kx - 1;
              if (sy < 0 || sy >= height || sx < 0 || sx >= width) continue;
              sum += double(x[((image * height + sy) * width + sx) * in + c]) *
                     w[o * 9 * in + (ky * 3 + kx) * in + c];
            }
        ASSERT_NEAR(y.row(i)[o], sum, 4 * kEpsilonF * std::sqrt(45) * 45);
      }
  }
}

// One key at 0 and fifteen at -d: in bf16 each power is within 1e-4, and their sum is not rounded.
TEST(Softmax, CoarsePowersAreAsExactAsStated) {
  alignas(64) float scores[16];
  alignas(64) uint8_t out[64];
  for (double d = 0; d < 20; d += 0.003) {
    std::fill_n(scores, 16, float(-d));
    scores[0] = 0;
    const double wanted = 1 / (1 + 15 * std::exp(double(scores[1])));
    ASSERT_NEAR(kernels::exponentials(Precision::bf16, {scores, 0, 16, 16, nullptr}, out), wanted,
                1e-4 * wanted);
    ASSERT_NEAR(kernels::exponentials(Precision::f32, {scores, 0, 16, 16, nullptr}, out), wanted,
                16 * kEpsilonF * wanted);
  }
}

}  // namespace
}  // namespace tutti
