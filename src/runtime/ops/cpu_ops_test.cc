// CpuOps as a whole: it plans what it needs, fails without crashing, and spares the heap.
#include "runtime/ops/cpu_ops.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

#include "model/batch.h"
#include "tests/helpers/ops_fixture.h"

namespace {
std::atomic<int64_t> allocations = 0;
}  // namespace

// Counts every allocation of this test program.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

namespace tutti {
namespace {

TEST(CpuOps, PlansThenRunsInExactlyThatMuch) {
  Rng rng(21);
  ThreadPool pool(2);
  Arena arena;
  CpuOps ops(arena, pool);
  const auto w = random_values(rng, 64 * 64);
  const CpuTensor weight = CpuTensor::view(const_cast<float*>(w.data()), 64, 64);
  const auto pass = [&](int rows) {
    CpuTensor x = ops.constant(std::vector<float>(rows * 64, 0.5f), rows, 64);
    for (int layer = 0; layer < 5; ++layer) x = ops.add(x, ops.relu2(ops.linear(x, weight)));
    EXPECT_EQ(x.rows(), rows);
  };
  ASSERT_TRUE(ops.reserve([&] { pass(100); }));
  EXPECT_GE(arena.capacity(), 3u * 100 * 64 * 4);
  EXPECT_LT(arena.capacity(), 5u * 100 * 64 * 4);
  pass(100);
  EXPECT_TRUE(ops.status());
  pass(300);  // more than planned
  EXPECT_FALSE(ops.status());
  EXPECT_EQ(arena.live_blocks(), 0);
  ASSERT_TRUE(ops.reserve([&] { pass(300); }));
  pass(300);
  EXPECT_TRUE(ops.status());
}

TEST(CpuOps, MismatchesAreErrorsThatNameTheOp) {
  OpsFixture f;
  const CpuTensor x = f.ops.constant(std::vector<float>(6), 2, 3);
  const CpuTensor y = f.ops.add(x, f.ops.linear(x, f.ops.constant(std::vector<float>(8), 2, 4)));
  EXPECT_EQ(y.cols(), 3);
  ASSERT_FALSE(f.ops.status());
  EXPECT_NE(f.ops.status().error().message().find("linear of 2 x 3 and 2 x 4"), std::string::npos);
}

// Attention's output is calibrated by group (quantize/activations.h), where groups' ranges may be
// far apart.
TEST(CpuOps, ProductsQuantizeEachGroupInItsOwnRange) {
  Rng rng(23);
  OpsFixture f;
  auto x = random_values(rng, 8 * 64);
  const std::vector<int32_t> bounds = {0, 4, 8};
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::clamp(x[i], -3.f, 3.f) * (i < 4 * 64 ? 1 : 50);
  const auto values = random_values(rng, 64 * 64);
  Weight weight;
  weight.packed = *PackedWeights::quantize({values.data(), 64, 64, 64});
  weight.groups = 2;
  weight.input_scales = {3.f / 127, 150.f / 127};
  const CpuTensor x_ND = f.ops.constant(x, 8, 64),
                  none = f.ops.constant(std::vector<float>(512), 8, 64);
  const Linear<CpuTensor> layer = {CpuTensor::of_weight(weight, 64, 64)};
  const auto by_group = contents(f.ops.linear_join(x_ND, layer, {none, bounds}));
  const auto by_row = contents(f.ops.linear(x_ND, layer));  // which knows no groups
  const auto exact = contents(f.ops.linear(x_ND, {f.ops.constant(values, 64, 64)}));
  ASSERT_TRUE(f.ops.status()) << f.ops.status().error().message();
  double error[2] = {}, size = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double unit = i < 4 * 64 ? 1 : 50;
    error[0] += std::pow((by_group[i] - exact[i]) / unit, 2);
    error[1] += std::pow((by_row[i] - exact[i]) / unit, 2);
    size += std::pow(exact[i] / unit, 2);
  }
  // A step is 3 / 127, so its noise 3 / 127 / sqrt(12) of rows whose deviation is 1; and the
  // weights' again.
  for (const double one : error) EXPECT_LT(std::sqrt(one / size), 0.02);
}

TEST(CpuOps, SteadyStateAllocatesNothing) {
  Rng rng(22);
  OpsFixture f;
  CpuOps& ops = f.ops;
  KvCache cache = *KvCache::create(1, 32, 2);
  const auto values = random_values(rng, 256 * 128), one = random_values(rng, 9 * 128);
  const auto filter = random_values(rng, 4 * 9 * 128);
  const CpuTensor w = ops.constant(values, 256, 128), x = ops.constant(one, 9, 128);
  const CpuTensor kernel = ops.constant(filter, 4, 9 * 128);
  const AttentionWeights<CpuTensor> weights = {ops.cols(ops.rows(x, 0, 1), 0, 64),
                                               ops.cols(ops.rows(x, 1, 2), 0, 64),
                                               ops.cols(ops.rows(w, 0, 25), 0, 2)};
  BatchBuilder builder{ModelSpec()};
  builder.begin_sequence();
  builder.text(std::vector<int32_t>(9, 1));
  const Batch batch = builder.build();
  const std::vector<int32_t> bounds = {0, 9}, index = {1, 2, -1}, segments = {0, 2};
  const std::vector<CpuTensor> list = {x, w};
  const auto step = [&] {
    CpuTensor y = ops.rms_norm(x, ops.rows(w, 0, 1), bounds);
    y = ops.add(y, ops.attention(y, ops.linear(y, w), weights, batch.trunk, &cache));
    y = ops.add(y, ops.attention(y, ops.linear(y, w), weights, batch.trunk, nullptr));
    y = ops.silu(ops.relu2(ops.add_scaled(y, x, ops.rows(x, 0, 1))));
    y = ops.scale_rows(y, ops.gate(ops.sigmoid(ops.cols(x, 0, 1))));
    y = ops.modulate(y, x, std::span(index).first(2), 7);
    y = ops.softcap(ops.normalize_rows(ops.concat_rows(list)), 15);
    y = ops.concat_cols(ops.gather_rows(x, index), ops.embedding(x, index));
    y = ops.segment_mean(x, std::span(index).first(2), segments);
    y = ops.reshape(ops.cols(ops.depthwise(x, ops.rows(x, 0, 3), index), 0, 64), 64, 1);
    y = ops.conv2d(ops.constant(one, 9, 128), kernel, {1, 3, 3}, 3, 1);
  };
  step();
  const int64_t before = allocations;
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(allocations, before);
  ASSERT_TRUE(ops.status()) << ops.status().error().message();
}

}  // namespace
}  // namespace tutti
