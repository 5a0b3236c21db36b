// CpuOps as a whole: it plans what it needs, fails without crashing, and spares the heap.
#include "runtime/ops/cpu_ops.h"

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
