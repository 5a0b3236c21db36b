#include "train/backend/cpu_kernels.h"

#include <omp.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "train/backend/cpu_vector.h"

namespace tutti::kernels {
namespace {

constexpr float kEpsilon = 1e-6f;

inline float load(const float* x) {
  return *x;
}
inline float load(const bf16* x) {
  return from_bf16(*x);
}
inline void store(float* y, float value) {
  *y = value;
}
inline void store(bf16* y, float value) {
  *y = to_bf16(value);
}

template <class In>
inline float inverse_rms(const In* x, int width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < width; ++i) sum += load(x + i) * load(x + i);
  return 1.0f / std::sqrt(sum / float(width) + kEpsilon);
}

template <class In>
TUTTI_CLONES void norm_row(const In* x, const float* gain, int width, bf16* y) {
  const float scale = inverse_rms(x, width);
#pragma omp simd
  for (int i = 0; i < width; ++i) y[i] = to_bf16(load(x + i) * scale * gain[i]);
}

// With n = x * scale and g = dy * gain: dx = scale * (g - n * mean(g n)).
template <class In>
TUTTI_CLONES void norm_row_backward(const In* x, const float* gain, const bf16* dy, int width,
                                    In* dx, float* dgain) {
  const float scale = inverse_rms(x, width);
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int i = 0; i < width; ++i) dot += from_bf16(dy[i]) * gain[i] * load(x + i);
  const float mean = dot * scale / float(width);
#pragma omp simd
  for (int i = 0; i < width; ++i) {
    const float n = load(x + i) * scale, g = from_bf16(dy[i]);
    dgain[i] += g * n;
    store(dx + i, scale * (g * gain[i] - n * mean));
  }
}

int group_of_row(const int32_t* bounds, int groups, int row) {
  int group = 0;
  while (group + 1 < groups && row >= bounds[group + 1]) ++group;
  return group;
}

// Adds `count` values of each of `parts` buffers to `sum`, in order.
void reduce(const std::vector<std::vector<float>>& parts, float* sum) {
  for (const auto& part : parts)
    for (size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
}

}  // namespace

template <class In>
void rms_norm(const In* x, const float* gain, const int32_t* bounds, int groups, int width,
              bf16* y) {
  const int rows = bounds[groups];
#pragma omp parallel for schedule(static)
  for (int r = 0; r < rows; ++r)
    norm_row(x + int64_t(r) * width, gain + group_of_row(bounds, groups, r) * width, width,
             y + int64_t(r) * width);
}

template <class In>
void rms_norm_backward(const In* x, const float* gain, const bf16* dy, const int32_t* bounds,
                       int groups, int width, In* dx, float* dgain) {
  const int rows = bounds[groups], threads = omp_get_max_threads();
  std::vector<std::vector<float>> parts(threads, std::vector<float>(size_t(groups) * width));
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int r = 0; r < rows; ++r) {
    const int offset = group_of_row(bounds, groups, r) * width;
    const int64_t at = int64_t(r) * width;
    norm_row_backward(x + at, gain + offset, dy + at, width, dx + at,
                      parts[omp_get_thread_num()].data() + offset);
  }
  reduce(parts, dgain);
}

template void rms_norm(const float*, const float*, const int32_t*, int, int, bf16*);
template void rms_norm(const bf16*, const float*, const int32_t*, int, int, bf16*);
template void rms_norm_backward(const float*, const float*, const bf16*, const int32_t*, int, int,
                                float*, float*);
template void rms_norm_backward(const bf16*, const float*, const bf16*, const int32_t*, int, int,
                                bf16*, float*);

namespace {

TUTTI_CLONES void relu2_range(const bf16* x, bf16* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float v = std::max(from_bf16(x[i]), 0.0f);
    y[i] = to_bf16(v * v);
  }
}

TUTTI_CLONES void relu2_backward_range(const bf16* x, const bf16* dy, bf16* dx, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i)
    dx[i] = to_bf16(2.0f * std::max(from_bf16(x[i]), 0.0f) * from_bf16(dy[i]));
}

}  // namespace

void relu2(const bf16* x, bf16* y, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { relu2_range(x + b, y + b, e - b); });
}

void relu2_backward(const bf16* x, const bf16* dy, bf16* dx, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { relu2_backward_range(x + b, dy + b, dx + b, e - b); });
}

namespace {

TUTTI_CLONES void add_product(float* sum, const float* w, const bf16* x, int width) {
#pragma omp simd
  for (int c = 0; c < width; ++c) sum[c] += w[c] * from_bf16(x[c]);
}

TUTTI_CLONES void add_tap_gradients(const float* w, const bf16* x, const bf16* dy, int width,
                                    float* dx, float* dw) {
#pragma omp simd
  for (int c = 0; c < width; ++c) {
    const float g = from_bf16(dy[c]);
    dx[c] += w[c] * g;
    dw[c] += from_bf16(x[c]) * g;
  }
}

TUTTI_CLONES void round_row(const float* x, bf16* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = to_bf16(x[i]);
}

template <class T>
TUTTI_CLONES void add_row(const T* in, float* out, int width) {
#pragma omp simd
  for (int c = 0; c < width; ++c) out[c] += load(in + c);
}

}  // namespace

void depthwise(const bf16* x, const float* w, const int32_t* index, int rows, int taps, int width,
               bf16* y) {
#pragma omp parallel
  {
    std::vector<float> sum(width);
#pragma omp for schedule(static)
    for (int r = 0; r < rows; ++r) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (int tap = 0; tap < taps; ++tap)
        if (const int32_t source = index[int64_t(r) * taps + tap]; source >= 0)
          add_product(sum.data(), w + tap * width, x + int64_t(source) * width, width);
      round_row(sum.data(), y + int64_t(r) * width, width);
    }
  }
}

// Threads own channels, not rows: rows that feed several outputs need no locks, and sums keep
// order.
void depthwise_backward(const bf16* x, const float* w, const bf16* dy, const int32_t* index,
                        int rows, int source_rows, int taps, int width, bf16* dx, float* dw) {
  std::vector<float> sum(size_t(source_rows) * width);
  split(width, [&](int64_t begin, int64_t end) {
    const int part = int(end - begin);
    for (int r = 0; r < rows; ++r)
      for (int tap = 0; tap < taps; ++tap)
        if (const int32_t source = index[int64_t(r) * taps + tap]; source >= 0) {
          const int64_t at = int64_t(source) * width + begin;
          add_tap_gradients(w + tap * width + begin, x + at, dy + int64_t(r) * width + begin, part,
                            sum.data() + at, dw + tap * width + begin);
        }
  });
  split(int64_t(sum.size()),
        [&](int64_t b, int64_t e) { round_row(sum.data() + b, dx + b, e - b); });
}

namespace {

// tanh by the identity with exp2, for |x| that softmax cares about; absolute error below 1e-6.
inline float fast_tanh(float x) {
  const float e = exp2_fast(-2.0f * std::abs(x) * 1.44269504f);
  return std::copysign((1.0f - e) / (1.0f + e), x);
}

// The highest of a row's capped values and the sum of exponentials below it. Against the cap itself
// all of them could vanish: 2 cap, the span of the logits, may be far more than the 87 that e^x
// holds.
struct CappedRow {
  float most, sum;
};

TUTTI_CLONES CappedRow capped_row(const bf16* logits, int width, float cap, float* capped) {
  const float inverse = 1.0f / cap;
  float most = -1;
#pragma omp simd reduction(max : most)
  for (int i = 0; i < width; ++i) {
    capped[i] = fast_tanh(from_bf16(logits[i]) * inverse);
    most = std::max(most, capped[i]);
  }
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < width; ++i) sum += exp2_fast((capped[i] - most) * cap * 1.44269504f);
  return {most, sum};
}

// capped holds tanh values; d(cap tanh(x / cap)) / dx = 1 - tanh^2.
TUTTI_CLONES void capped_row_gradient(const float* capped, int width, float cap, CappedRow row,
                                      bf16* dlogits) {
  const float inverse = 1.0f / row.sum;
#pragma omp simd
  for (int i = 0; i < width; ++i) {
    const float p = exp2_fast((capped[i] - row.most) * cap * 1.44269504f) * inverse;
    dlogits[i] = to_bf16(p * (1.0f - capped[i] * capped[i]));
  }
}

}  // namespace

void capped_cross_entropy(const bf16* logits, const int64_t* target, int rows, int width, float cap,
                          float* loss, bf16* dlogits) {
#pragma omp parallel
  {
    std::vector<float> capped(width);
#pragma omp for schedule(static)
    for (int r = 0; r < rows; ++r) {
      const int64_t at = int64_t(r) * width;
      const CappedRow row = capped_row(logits + at, width, cap, capped.data());
      const float chosen = capped[target[r]];
      loss[r] = std::log(row.sum) + (row.most - chosen) * cap;
      if (!dlogits) continue;
      capped_row_gradient(capped.data(), width, cap, row, dlogits + at);
      const float p = std::exp((chosen - row.most) * cap) / row.sum;
      dlogits[at + target[r]] = to_bf16((p - 1.0f) * (1.0f - chosen * chosen));
    }
  }
}

template <class T>
void scatter_add(const T* in, const int32_t* index, int rows, int out_rows, int width, T* out) {
  std::vector<float> sum(size_t(out_rows) * width);
  split(width, [&](int64_t begin, int64_t end) {
    for (int r = 0; r < rows; ++r)
      if (index[r] >= 0)
        add_row(in + int64_t(r) * width + begin, sum.data() + int64_t(index[r]) * width + begin,
                int(end - begin));
  });
  split(int64_t(sum.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) store(out + i, sum[i]);
  });
}

template void scatter_add(const bf16*, const int32_t*, int, int, int, bf16*);
template void scatter_add(const float*, const int32_t*, int, int, int, float*);

}  // namespace tutti::kernels
