#include "train/backend/cpu_elementwise.h"

#include <omp.h>

#include <vector>

#include "train/backend/cpu_vector.h"

namespace tutti::kernels {
namespace {

constexpr float kLog2e = 1.44269504f;

// 1 / (1 + e^-x)
inline float fast_sigmoid(float x) {
  const float e = exp2_fast(-std::abs(x) * kLog2e);
  return (x >= 0 ? 1.0f : e) / (1.0f + e);
}

TUTTI_CLONES void silu_range(const bf16* x, bf16* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float v = from_bf16(x[i]);
    y[i] = to_bf16(v * fast_sigmoid(v));
  }
}

TUTTI_CLONES void silu_backward_range(const bf16* x, const bf16* dy, bf16* dx, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float v = from_bf16(x[i]), s = fast_sigmoid(v);
    dx[i] = to_bf16(from_bf16(dy[i]) * s * (1.0f + v * (1.0f - s)));
  }
}

TUTTI_CLONES void add_range(const float* x, const bf16* y, float* z, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) z[i] = x[i] + from_bf16(y[i]);
}

TUTTI_CLONES void narrow_range(const float* x, bf16* y, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = to_bf16(x[i]);
}

TUTTI_CLONES void add_scaled_row(const float* x, const float* y, const float* scale, int width,
                                 float* z) {
#pragma omp simd
  for (int i = 0; i < width; ++i) z[i] = x[i] + y[i] * scale[i];
}

TUTTI_CLONES void add_scaled_row_backward(const float* dz, const float* y, const float* scale,
                                          int width, float* dy, float* dscale) {
#pragma omp simd
  for (int i = 0; i < width; ++i) {
    dy[i] = dz[i] * scale[i];
    dscale[i] += dz[i] * y[i];
  }
}

TUTTI_CLONES void modulate_row(const bf16* x, const bf16* modulation, int width, bf16* y) {
#pragma omp simd
  for (int i = 0; i < width; ++i)
    y[i] = to_bf16(from_bf16(x[i]) * (1.0f + from_bf16(modulation[i])));
}

TUTTI_CLONES void add_row_product(const bf16* x, const bf16* y, int width, float* sum) {
#pragma omp simd
  for (int i = 0; i < width; ++i) sum[i] += from_bf16(x[i]) * from_bf16(y[i]);
}

TUTTI_CLONES void scale_row(const bf16* x, float scale, int width, bf16* y) {
#pragma omp simd
  for (int i = 0; i < width; ++i) y[i] = to_bf16(from_bf16(x[i]) * scale);
}

TUTTI_CLONES float dot_row(const bf16* x, const bf16* y, int width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < width; ++i) sum += from_bf16(x[i]) * from_bf16(y[i]);
  return sum;
}

// Returns 1 / |x|.
TUTTI_CLONES float inverse_length(const float* x, int width) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < width; ++i) sum += x[i] * x[i];
  return 1.0f / std::sqrt(sum + 1e-12f);
}

TUTTI_CLONES void normalize_row(const float* x, int width, bf16* y) {
  const float inverse = inverse_length(x, width);
#pragma omp simd
  for (int i = 0; i < width; ++i) y[i] = to_bf16(x[i] * inverse);
}

// With y = x / |x|: dx = (dy - y (y . dy)) / |x|.
TUTTI_CLONES void normalize_row_backward(const float* x, const bf16* dy, int width, float* dx) {
  const float inverse = inverse_length(x, width);
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int i = 0; i < width; ++i) dot += x[i] * from_bf16(dy[i]);
  const float along = dot * inverse * inverse;
#pragma omp simd
  for (int i = 0; i < width; ++i) dx[i] = inverse * (from_bf16(dy[i]) - x[i] * along);
}

inline float load(const float* x) {
  return *x;
}
inline float load(const bf16* x) {
  return from_bf16(*x);
}

template <class In>
TUTTI_CLONES void fake_quantize_row(const In* x, int width, bf16* y) {
  float most = 0;
#pragma omp simd reduction(max : most)
  for (int i = 0; i < width; ++i) most = std::max(most, std::abs(load(x + i)));
  const Int8Scale to = int8_scale(most);
#pragma omp simd
  for (int i = 0; i < width; ++i)
    y[i] = to_bf16(std::nearbyint(load(x + i) * to.inverse) * to.scale);
}

}  // namespace

template <class In>
void fake_quantize_rows(const In* x, int rows, int width, bf16* y) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) fake_quantize_row(x + r * width, width, y + r * width);
  });
}
template void fake_quantize_rows(const float*, int, int, bf16*);
template void fake_quantize_rows(const bf16*, int, int, bf16*);

void silu(const bf16* x, bf16* y, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { silu_range(x + b, y + b, e - b); });
}

void silu_backward(const bf16* x, const bf16* dy, bf16* dx, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { silu_backward_range(x + b, dy + b, dx + b, e - b); });
}

void add(const float* x, const bf16* y, float* z, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { add_range(x + b, y + b, z + b, e - b); });
}

void narrow(const float* x, bf16* y, int64_t count) {
  split(count, [=](int64_t b, int64_t e) { narrow_range(x + b, y + b, e - b); });
}

void add_scaled(const float* x, const float* y, const float* scale, int rows, int width, float* z) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t at = begin * width; at < end * width; at += width)
      add_scaled_row(x + at, y + at, scale, width, z + at);
  });
}

void add_scaled_backward(const float* dz, const float* y, const float* scale, int rows, int width,
                         float* dy, float* dscale) {
  std::vector<std::vector<float>> parts(omp_get_max_threads(), std::vector<float>(width));
  split(rows, [&](int64_t begin, int64_t end) {
    float* const sum = parts[omp_get_thread_num()].data();
    for (int64_t at = begin * width; at < end * width; at += width)
      add_scaled_row_backward(dz + at, y + at, scale, width, dy + at, sum);
  });
  for (const auto& part : parts)
    for (int i = 0; i < width; ++i) dscale[i] += part[i];
}

void modulate(const bf16* x, const Modulation& m, int rows, int width, bf16* y) {
  split(rows, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      if (r < m.first)
        std::memcpy(y + r * width, x + r * width, width * sizeof(bf16));
      else
        modulate_row(x + r * width, m.row(r), width, y + r * width);
  });
}

// A level's rows are few and scattered over several segments: threads own channels, so that sums
// need no locks and keep their order.
void modulate_backward(const bf16* x, const bf16* dy, const Modulation& m, int rows, int width,
                       int levels, bf16* dx, bf16* dmodulation) {
  modulate(dy, m, rows, width, dx);
  split(width, [&](int64_t begin, int64_t end) {
    const int part = int(end - begin);
    std::vector<float> sums(size_t(levels) * part);
    for (int64_t r = m.first; r < rows; ++r)
      add_row_product(x + r * width + begin, dy + r * width + begin, part,
                      sums.data() + size_t(m.index[r - m.first]) * part);
    for (int level = 0; level < levels; ++level)
      narrow_range(sums.data() + size_t(level) * part, dmodulation + int64_t(level) * width + begin,
                   part);
  });
}

void scale_rows(const bf16* x, const float* scale, int rows, int width, bf16* y) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) scale_row(x + r * width, scale[r], width, y + r * width);
  });
}

void scale_rows_backward(const bf16* x, const float* scale, const bf16* dy, int rows, int width,
                         bf16* dx, float* dscale) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      scale_row(dy + r * width, scale[r], width, dx + r * width);
      dscale[r] = dot_row(x + r * width, dy + r * width, width);
    }
  });
}

void normalize_rows(const float* x, int rows, int width, bf16* y) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) normalize_row(x + r * width, width, y + r * width);
  });
}

void normalize_rows_backward(const float* x, const bf16* dy, int rows, int width, float* dx) {
  split(rows, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      normalize_row_backward(x + r * width, dy + r * width, width, dx + r * width);
  });
}

}  // namespace tutti::kernels
