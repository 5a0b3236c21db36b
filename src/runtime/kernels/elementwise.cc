// Norms and functions of single values.
#include "runtime/kernels/elementwise.h"

#include <algorithm>
#include <cmath>

#include "runtime/kernels/kernel.h"

namespace tutti::kernels {
namespace {

using namespace simd;

constexpr float kEpsilon = 1e-6f;  // of norms that no spec describes

}  // namespace

TUTTI_KERNEL(void, rms_norm,
             (ConstMatrix x, ConstMatrix gain, std::span<const int32_t> bounds, float eps, Matrix y,
              int begin, int end),
             (x, gain, bounds, eps, y, begin, end)) {
  size_t group = 0;
  for (int r = begin; r < end; ++r) {
    while (group + 2 < bounds.size() && r >= bounds[group + 1]) ++group;
    const float mean = sum_of_squares<V>(x.row(r), x.cols) / float(x.cols);
    const float scale = 1.0f / std::sqrt(mean + eps);
    map<V>(
        x.row(r), gain.row(int(group)), y.row(r),
        x.cols, [&](const V& v, const V& g) __attribute__((always_inline)) {
          return v * scale * g;
        });
  }
}

TUTTI_KERNEL(void, layer_norm,
             (ConstMatrix x, ConstMatrix gain, ConstMatrix shift, std::span<const int32_t> bounds,
              float eps, Matrix y, int begin, int end),
             (x, gain, shift, bounds, eps, y, begin, end)) {
  size_t group = 0;
  for (int r = begin; r < end; ++r) {
    while (group + 2 < bounds.size() && r >= bounds[group + 1]) ++group;
    const float mean = sum_of<V>(x.row(r), x.cols) / float(x.cols);
    map<V>(
        x.row(r), y.row(r),
        x.cols, [&](const V& v) __attribute__((always_inline)) { return v - mean; });
    const float variance = sum_of_squares<V>(y.row(r), x.cols) / float(x.cols);
    const float scale = 1.0f / std::sqrt(variance + eps);
    map<V>(
        y.row(r), gain.row(int(group)), y.row(r),
        x.cols, [&](const V& v, const V& g) __attribute__((always_inline)) {
          return v * scale * g;
        });
    map<V>(
        y.row(r), shift.row(int(group)), y.row(r), x.cols,
        [](const V& v, const V& s) __attribute__((always_inline)) { return v + s; });
  }
}

// A row of zeros stays zero.
TUTTI_KERNEL(void, normalize_rows, (ConstMatrix x, Matrix y, int begin, int end),
             (x, y, begin, end)) {
  for (int r = begin; r < end; ++r) {
    const float scale = 1.0f / std::max(std::sqrt(sum_of_squares<V>(x.row(r), x.cols)), 1e-12f);
    map<V>(
        x.row(r), y.row(r),
        x.cols, [&](const V& v) __attribute__((always_inline)) { return v * scale; });
  }
}

TUTTI_KERNEL(void, add, (ConstMatrix x, ConstMatrix z, Matrix y, int begin, int end),
             (x, z, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), z.row(r), y.row(r), x.cols,
        [](const V& a, const V& b) __attribute__((always_inline)) { return a + b; });
}

TUTTI_KERNEL(void, multiply, (ConstMatrix x, ConstMatrix z, Matrix y, int begin, int end),
             (x, z, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), z.row(r), y.row(r), x.cols,
        [](const V& a, const V& b) __attribute__((always_inline)) { return a * b; });
}

TUTTI_KERNEL(void, add_row, (ConstMatrix row, Matrix y, int begin, int end), (row, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        y.row(r), row.row(0), y.row(r), row.cols,
        [](const V& a, const V& b) __attribute__((always_inline)) { return a + b; });
}

TUTTI_KERNEL(void, add_scaled,
             (ConstMatrix x, ConstMatrix z, ConstMatrix scale, Matrix y, int begin, int end),
             (x, z, scale, y, begin, end)) {
  const float* s = scale.row(0);
  for (int r = begin; r < end; ++r) {
    const float *a = x.row(r), *b = z.row(r);
    float* out = y.row(r);
    for (int c = 0; c < x.cols; ++c) out[c] = a[c] + s[c] * b[c];
  }
}

TUTTI_KERNEL(void, modulate,
             (ConstMatrix x, ConstMatrix modulation, RowIndex index, int first, Matrix y, int begin,
              int end),
             (x, modulation, index, first, y, begin, end)) {
  for (int r = begin; r < end; ++r) {
    if (r < first) {
      std::copy_n(x.row(r), x.cols, y.row(r));
      continue;
    }
    map<V>(
        x.row(r), modulation.row(index[r - first]), y.row(r), x.cols,
        [](const V& v, const V& m) __attribute__((always_inline)) { return v * (m + 1.0f); });
  }
}

TUTTI_KERNEL(void, scale_rows, (ConstMatrix x, ConstMatrix scale, Matrix y, int begin, int end),
             (x, scale, y, begin, end)) {
  for (int r = begin; r < end; ++r) {
    const float s = scale.row(r)[0];
    map<V>(
        x.row(r), y.row(r),
        x.cols, [&](const V& v) __attribute__((always_inline)) { return v * s; });
  }
}

void gate(ConstMatrix x, Matrix y, int begin, int end) {
  for (int r = begin; r < end; ++r)
    for (int c = 0; c < x.cols; ++c) y.row(r)[c] = x.row(r)[c] > 0 ? 1.0f : 0.0f;
}

TUTTI_KERNEL(void, sigmoid, (ConstMatrix x, Matrix y, int begin, int end), (x, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), y.row(r), x.cols,
        [](const V& v) __attribute__((always_inline)) { return 1.0f / (1.0f + exp(-v)); });
}

TUTTI_KERNEL(void, relu2, (ConstMatrix x, Matrix y, int begin, int end), (x, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), y.row(r), x.cols, [](const V& v) __attribute__((always_inline)) {
          const V positive = v > 0.0f ? v : V{};
          return positive * positive;
        });
}

TUTTI_KERNEL(void, silu, (ConstMatrix x, Matrix y, int begin, int end), (x, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), y.row(r), x.cols,
        [](const V& v) __attribute__((always_inline)) { return v / (1.0f + exp(-v)); });
}

TUTTI_KERNEL(void, gelu, (ConstMatrix x, Matrix y, int begin, int end), (x, y, begin, end)) {
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), y.row(r), x.cols, [](const V& v) __attribute__((always_inline)) {
          return v / (1.0f + exp(-1.5957691f * (v + 0.044715f * v * v * v)));
        });
}

// silu(rms_norm(x) * gain)
TUTTI_KERNEL(void, norm_silu, (ConstMatrix x, ConstMatrix gain, Matrix y, int begin, int end),
             (x, gain, y, begin, end)) {
  for (int r = begin; r < end; ++r) {
    const float mean = sum_of_squares<V>(x.row(r), x.cols) / float(x.cols);
    const float scale = 1.0f / std::sqrt(mean + kEpsilon);
    map<V>(
        x.row(r), gain.row(0), y.row(r),
        x.cols, [&](const V& v, const V& g) __attribute__((always_inline)) {
          const V h = v * scale * g;
          return h / (1.0f + exp(-h));
        });
  }
}

TUTTI_KERNEL(void, row_peaks, (ConstMatrix x, float* peaks, int begin, int end),
             (x, peaks, begin, end)) {
  for (int r = begin; r < end; ++r) {
    V peaks_here = {};
    const auto see = [&](const V& v) __attribute__((always_inline)) {
      const V size = magnitude(v);
      peaks_here = size > peaks_here ? size : peaks_here;  // false for a NaN
    };
    const float* row = x.row(r);
    int c = 0;
    for (; c + lanes_of<V> <= x.cols; c += lanes_of<V>) see(load<V>(row + c));
    if (c < x.cols) see(load_some<V>(row + c, x.cols - c));
    peaks[r] = greatest(peaks_here);
  }
}

// (x / |x|) . route + bias of the row's group
TUTTI_KERNEL(void, route,
             (ConstMatrix x, ConstMatrix route, ConstMatrix bias, std::span<const int32_t> bounds,
              Matrix y, int begin, int end),
             (x, route, bias, bounds, y, begin, end)) {
  size_t group = 0;
  for (int r = begin; r < end; ++r) {
    while (group + 2 < bounds.size() && r >= bounds[group + 1]) ++group;
    const float scale = 1.0f / std::max(std::sqrt(sum_of_squares<V>(x.row(r), x.cols)), 1e-12f);
    y.row(r)[0] = scale * dot<V>(x.row(r), route.row(0), x.cols) + bias.row(int(group))[0];
  }
}

// tanh(u) = 1 - 2 / (e^2u + 1)
TUTTI_KERNEL(void, softcap, (ConstMatrix x, float cap, Matrix y, int begin, int end),
             (x, cap, y, begin, end)) {
  const float twice = 2.0f / cap;
  for (int r = begin; r < end; ++r)
    map<V>(
        x.row(r), y.row(r), x.cols, [&](const V& v) __attribute__((always_inline)) {
          return cap - 2.0f * cap / (exp(v * twice) + 1.0f);
        });
}

}  // namespace tutti::kernels
