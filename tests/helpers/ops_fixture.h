// Test helper: a CpuOps with room, and random tensors that also exist in double precision.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {

constexpr double kEpsilonF = 1.2e-7;  // 2^-23: distance from 1 to the next float

struct OpsFixture {
  explicit OpsFixture(int threads = 2) : pool(threads), ops(arena, pool) {
    EXPECT_TRUE(arena.reserve(size_t(16) << 20));
  }

  ThreadPool pool;
  Arena arena;
  CpuOps ops;
};

inline std::vector<float> random_values(Rng& rng, size_t count, double scale = 1) {
  std::vector<float> values(count);
  for (float& value : values) value = float(scale * rng.normal());
  return values;
}

inline std::vector<float> contents(const CpuTensor& x) {
  std::vector<float> values;
  for (int r = 0; r < x.rows(); ++r) values.insert(values.end(), x.row(r), x.row(r) + x.cols());
  return values;
}

}  // namespace tutti
