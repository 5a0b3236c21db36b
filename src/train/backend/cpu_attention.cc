#include "train/backend/cpu_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "train/backend/cpu_gemm.h"
#include "train/backend/cpu_vector.h"

namespace tutti::kernels {
namespace {

constexpr int kWidth = kHeadWidth;
constexpr int kPairs = kWidth / 2;
constexpr float kEpsilon = 1e-6f;
constexpr float kLogitScale = 0.125f;  // 1 / sqrt(64)

int padded(int n) {
  return (n + 31) / 32 * 32;
}

// Normalises one head's 64 channels, scales them by gain, rotates the pairs. Returns 1 / rms.
TUTTI_CLONES float norm_rotate(const bf16* x, const float* gain, const float* rotation, float* y) {
  float values[kWidth], sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < kWidth; ++i) {
    values[i] = from_bf16(x[i]);
    sum += values[i] * values[i];
  }
  const float scale = 1.0f / std::sqrt(sum / kWidth + kEpsilon);
  const float *cosines = rotation, *sines = rotation + kPairs;
#pragma omp simd
  for (int p = 0; p < kPairs; ++p) {
    const float a = values[p] * scale * gain[p], b = values[p + kPairs] * scale * gain[p + kPairs];
    y[p] = a * cosines[p] - b * sines[p];
    y[p + kPairs] = a * sines[p] + b * cosines[p];
  }
  return scale;
}

// The transpose of the above: dy of the rotated, normalised head to dx of the raw one.
TUTTI_CLONES void norm_rotate_backward(const bf16* x, const float* gain, const float* rotation,
                                       const float* dy, bf16* dx, float* dgain) {
  float values[kWidth], g[kWidth], sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < kWidth; ++i) {
    values[i] = from_bf16(x[i]);
    sum += values[i] * values[i];
  }
  const float scale = 1.0f / std::sqrt(sum / kWidth + kEpsilon);
  const float *cosines = rotation, *sines = rotation + kPairs;
#pragma omp simd
  for (int p = 0; p < kPairs; ++p) {
    g[p] = dy[p] * cosines[p] + dy[p + kPairs] * sines[p];
    g[p + kPairs] = dy[p + kPairs] * cosines[p] - dy[p] * sines[p];
  }
#pragma omp simd reduction(+ : dot)
  for (int i = 0; i < kWidth; ++i) {
    dgain[i] += g[i] * values[i] * scale;
    g[i] *= gain[i];
    dot += g[i] * values[i];
  }
  const float mean = dot * scale / kWidth;
#pragma omp simd
  for (int i = 0; i < kWidth; ++i) dx[i] = to_bf16(scale * (g[i] - values[i] * scale * mean));
}

TUTTI_CLONES void widen(const bf16* x, float* y) {
#pragma omp simd
  for (int i = 0; i < kWidth; ++i) y[i] = from_bf16(x[i]);
}

TUTTI_CLONES void narrow(const float* x, bf16* y) {
#pragma omp simd
  for (int i = 0; i < kWidth; ++i) y[i] = to_bf16(x[i]);
}

// Softmax of s[first, last); zero elsewhere up to `columns`.
TUTTI_CLONES void softmax_row(float* s, int first, int last, int columns) {
  constexpr float kLog2e = 1.44269504f;
  float top = -1e30f, sum = 0;
#pragma omp simd reduction(max : top)
  for (int j = first; j < last; ++j) top = std::max(top, s[j]);
#pragma omp simd reduction(+ : sum)
  for (int j = first; j < last; ++j) {
    s[j] = exp2_fast((s[j] - top) * kLog2e);
    sum += s[j];
  }
  const float inverse = 1.0f / sum;
#pragma omp simd
  for (int j = first; j < last; ++j) s[j] *= inverse;
  std::fill(s, s + first, 0.0f);
  std::fill(s + last, s + columns, 0.0f);
}

// dS = P * (dP - sum(P dP)), in place of dP.
TUTTI_CLONES void softmax_backward_row(const float* p, float* dp, int columns) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int j = 0; j < columns; ++j) dot += p[j] * dp[j];
#pragma omp simd
  for (int j = 0; j < columns; ++j) dp[j] = p[j] * (dp[j] - dot);
}

TUTTI_CLONES void transpose(const float* a, int rows, int cols, int lda, float* t, int ldt) {
  for (int j = 0; j < cols; ++j)
    for (int i = 0; i < rows; ++i) t[j * ldt + i] = a[i * lda + j];
}

// The buffers of one (sequence, head), grown as needed and kept by a thread.
struct Workspace {
  std::vector<float> q, k, kt, v, p, dp, t, o, d;

  static float* sized(std::vector<float>& buffer, size_t count) {
    if (buffer.size() < count) buffer.resize(count);
    return buffer.data();
  }
};

struct Task {
  const AttentionInputs& in;
  Workspace& space;
  int sequence, head;
  int query_begin, queries, key_begin, keys, columns;  // columns: keys padded to 32

  Task(const AttentionInputs& inputs, Workspace& workspace, int index)
      : in(inputs), space(workspace), sequence(index / inputs.heads), head(index % inputs.heads) {
    const AttentionPlan& plan = *in.plan;
    query_begin = plan.query_offsets[sequence];
    queries = plan.query_offsets[sequence + 1] - query_begin;
    key_begin = plan.key_offsets[sequence];
    keys = plan.key_offsets[sequence + 1] - key_begin;
    columns = padded(keys);
  }

  const bf16* query(int i) const {
    return in.q + (int64_t(in.plan->query_rows[query_begin + i]) * in.heads + head) * kWidth;
  }
  const bf16* key(int i) const {
    return in.kv + (int64_t(in.plan->key_rows[key_begin + i]) * 2 * in.heads + head) * kWidth;
  }
  const bf16* value(int i) const { return key(i) + in.heads * kWidth; }

  // Fills q (scaled), k transposed, v and the probabilities p.
  void forward() {
    float* q = Workspace::sized(space.q, size_t(queries) * kWidth);
    float* k = Workspace::sized(space.k, size_t(columns) * kWidth);
    float* kt = Workspace::sized(space.kt, size_t(columns) * kWidth);
    float* v = Workspace::sized(space.v, size_t(columns) * kWidth);
    float* p = Workspace::sized(space.p, size_t(queries) * columns);
    for (int i = 0; i < queries; ++i) {
      norm_rotate(query(i), in.query_gain, in.query_rotation + int64_t(query_begin + i) * kWidth,
                  q + i * kWidth);
      for (int c = 0; c < kWidth; ++c) q[i * kWidth + c] *= kLogitScale;
    }
    for (int j = 0; j < keys; ++j) {
      norm_rotate(key(j), in.key_gain, in.key_rotation + int64_t(key_begin + j) * kWidth,
                  k + j * kWidth);
      widen(value(j), v + j * kWidth);
    }
    std::fill(k + keys * kWidth, k + columns * kWidth, 0.0f);
    std::fill(v + keys * kWidth, v + columns * kWidth, 0.0f);
    transpose(k, columns, kWidth, kWidth, kt, columns);
    small_gemm(queries, columns, kWidth, q, kWidth, kt, columns, p, columns, false);
    const AttentionPlan& plan = *in.plan;
    for (int i = 0; i < queries; ++i) {
      add_modality_gain(i, p + i * columns);
      softmax_row(p + i * columns, plan.first_key[query_begin + i], plan.last_key[query_begin + i],
                  columns);
    }
  }

  float gain(int i, int j) const { return in.modality_gain[gain_row(i, j) * in.heads + head]; }
  int gain_row(int i, int j) const {
    return in.plan->query_groups[query_begin + i] * in.groups + in.plan->key_groups[key_begin + j];
  }

  void add_modality_gain(int i, float* logits) const {
    if (in.groups == 1) return;  // one group: a constant, which softmax ignores
    for (int j = 0; j < keys; ++j) logits[j] += gain(i, j);
  }
};

}  // namespace

void attention(const AttentionInputs& in, bf16* out) {
  const int tasks = in.plan->sequences() * in.heads;
#pragma omp parallel
  {
    Workspace space;
#pragma omp for schedule(static)
    for (int t = 0; t < tasks; ++t) {
      Task task(in, space, t);
      if (!task.queries) continue;
      task.forward();
      float* o = Workspace::sized(space.o, size_t(task.queries) * kWidth);
      small_gemm(task.queries, kWidth, task.keys, space.p.data(), task.columns, space.v.data(),
                 kWidth, o, kWidth, false);
      for (int i = 0; i < task.queries; ++i) {
        const int64_t row = in.plan->query_rows[task.query_begin + i];
        narrow(o + i * kWidth, out + (row * in.heads + task.head) * kWidth);
      }
    }
  }
}

namespace {

// Gradients of one task; `gains` receives 64 query, 64 key and groups^2 modality values.
void backward(Task& task, const bf16* dout, const AttentionGradients& grad, float* gains) {
  const AttentionInputs& in = task.in;
  Workspace& space = task.space;
  task.forward();
  const int queries = task.queries, keys = task.keys, columns = task.columns;
  float* d_o = Workspace::sized(space.o, size_t(queries) * kWidth);
  float* dp = Workspace::sized(space.dp, size_t(queries) * columns);
  float* t = Workspace::sized(space.t, size_t(columns) * kWidth);
  float* d = Workspace::sized(space.d, size_t(std::max(queries, columns)) * kWidth);
  for (int i = 0; i < queries; ++i)
    widen(
        dout + (int64_t(in.plan->query_rows[task.query_begin + i]) * in.heads + task.head) * kWidth,
        d_o + i * kWidth);

  // dV = P^T dO
  small_gemm_transposed(keys, kWidth, queries, space.p.data(), columns, d_o, kWidth, d, kWidth,
                        false);
  bf16* const dkv = grad.dkv;
  const auto key_row = [&](int j) {
    return dkv +
           (int64_t(in.plan->key_rows[task.key_begin + j]) * 2 * in.heads + task.head) * kWidth;
  };
  for (int j = 0; j < keys; ++j) narrow(d + j * kWidth, key_row(j) + in.heads * kWidth);

  // dS from dP = dO V^T
  transpose(space.v.data(), columns, kWidth, kWidth, t, columns);
  small_gemm(queries, columns, kWidth, d_o, kWidth, t, columns, dp, columns, false);
  for (int i = 0; i < queries; ++i)
    softmax_backward_row(space.p.data() + i * columns, dp + i * columns, columns);
  if (in.groups > 1)
    for (int i = 0; i < queries; ++i)
      for (int j = 0; j < keys; ++j) gains[2 * kWidth + task.gain_row(i, j)] += dp[i * columns + j];

  // dQ = dS K
  small_gemm(queries, kWidth, keys, dp, columns, space.k.data(), kWidth, d, kWidth, false);
  for (int i = 0; i < queries; ++i) {
    for (int c = 0; c < kWidth; ++c) d[i * kWidth + c] *= kLogitScale;
    const int64_t row = in.plan->query_rows[task.query_begin + i];
    norm_rotate_backward(task.query(i), in.query_gain,
                         in.query_rotation + int64_t(task.query_begin + i) * kWidth, d + i * kWidth,
                         grad.dq + (row * in.heads + task.head) * kWidth, gains);
  }
  // dK = dS^T Q (q carries the logit scale)
  small_gemm_transposed(keys, kWidth, queries, dp, columns, space.q.data(), kWidth, d, kWidth,
                        false);
  for (int j = 0; j < keys; ++j)
    norm_rotate_backward(task.key(j), in.key_gain,
                         in.key_rotation + int64_t(task.key_begin + j) * kWidth, d + j * kWidth,
                         key_row(j), gains + kWidth);
}

}  // namespace

void attention_backward(const AttentionInputs& in, const bf16* dout,
                        const AttentionGradients& grad) {
  const int tasks = in.plan->sequences() * in.heads;
  const int values = 2 * kWidth + in.groups * in.groups;
  std::vector<float> gains(size_t(tasks) * values);
#pragma omp parallel
  {
    Workspace space;
#pragma omp for schedule(static)
    for (int t = 0; t < tasks; ++t) {
      Task task(in, space, t);
      if (task.queries) backward(task, dout, grad, gains.data() + size_t(t) * values);
    }
  }
  for (int t = 0; t < tasks; ++t) {  // in order, so the sums are the same every time
    const float* part = gains.data() + size_t(t) * values;
    for (int c = 0; c < kWidth; ++c) {
      grad.dquery_gain[c] += part[c];
      grad.dkey_gain[c] += part[kWidth + c];
    }
    for (int g = 0; g < in.groups * in.groups; ++g)
      grad.dmodality_gain[g * in.heads + t % in.heads] += part[2 * kWidth + g];
  }
}

}  // namespace tutti::kernels
