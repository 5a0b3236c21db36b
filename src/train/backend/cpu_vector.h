// bf16 conversion and static splits over threads, for the training kernels. Written with GCC's
// vector extensions and function clones, so one source serves AVX-512, AVX2 and anything else.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/rounding.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TUTTI_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define TUTTI_CLONES
#endif

namespace tutti::kernels {

using tutti::from_bf16;
using tutti::to_bf16;

// 2^x for x <= 0, relative error below 2e-7 (degree-6 minimax on [-1/2, 1/2]).
inline float exp2_fast(float x) {
  x = std::max(x, -126.0f);
  const float n = std::floor(x + 0.5f), f = x - n;
  float p = 1.535336188319500e-4f;
  p = p * f + 1.339887440266574e-3f;
  p = p * f + 9.618437357674640e-3f;
  p = p * f + 5.550332471162809e-2f;
  p = p * f + 2.402264791363012e-1f;
  p = p * f + 6.931472028550421e-1f;
  p = p * f + 1.0f;
  const uint32_t bits = uint32_t(int32_t(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, 4);
  return p * power;
}

// Calls body(begin, end) on equal parts of [0, count), one a thread.
template <class Body>
void split(int64_t count, Body body) {
#pragma omp parallel
  {
    const int64_t threads = omp_get_num_threads(), t = omp_get_thread_num();
    body(count * t / threads, count * (t + 1) / threads);
  }
}

}  // namespace tutti::kernels
