// Fused training kernels for CPUs, on raw pointers: what libtorch would do in many passes over
// memory, forward and backward in one each. bf16 in, bf16 out, FP32 inside. No libtorch here, so
// that this compiles in seconds and with every instruction set (chosen at run time by the linker's
// ifuncs).
//
// All functions split their work statically over OpenMP threads, and reduce in a fixed order: the
// same inputs give the same bits for the same number of threads.
#pragma once

#include <cstdint>

#include "model/layout.h"

namespace tutti::kernels {

using bf16 = uint16_t;

// y = x / rms(x) * gain[group]; x, y are rows x width.
template <class In>
void rms_norm(const In* x, const float* gain, const int32_t* bounds, int groups, int width,
              bf16* y);
// dx from dy; dgain (groups x width) is added to.
template <class In>
void rms_norm_backward(const In* x, const float* gain, const bf16* dy, const int32_t* bounds,
                       int groups, int width, In* dx, float* dgain);

// y = relu(x)^2 and dx = 2 relu(x) dy.
void relu2(const bf16* x, bf16* y, int64_t count);
void relu2_backward(const bf16* x, const bf16* dy, bf16* dx, int64_t count);

// y = x * sigmoid(x)
void silu(const bf16* x, bf16* y, int64_t count);
void silu_backward(const bf16* x, const bf16* dy, bf16* dx, int64_t count);

// Residual stream (FP32) plus a block's branch.
void add(const float* x, const bf16* y, float* z, int64_t count);
void narrow(const float* x, bf16* y, int64_t count);
// z = x + y * scale, per channel; dscale is added to.
void add_scaled(const float* x, const float* y, const float* scale, int rows, int width, float* z);
void add_scaled_backward(const float* dz, const float* y, const float* scale, int rows, int width,
                         float* dy, float* dscale);

// Row r >= first is multiplied by 1 + values[index[r - first]]; earlier rows stay.
struct Modulation {
  const bf16* values;
  int64_t stride;  // from one level to the next
  const int32_t* index;
  int first;

  const bf16* row(int64_t r) const { return values + index[r - first] * stride; }
};
void modulate(const bf16* x, const Modulation& m, int rows, int width, bf16* y);
// dmodulation: levels x width, contiguous.
void modulate_backward(const bf16* x, const bf16* dy, const Modulation& m, int rows, int width,
                       int levels, bf16* dx, bf16* dmodulation);

// y_r = x_r * scale_r
void scale_rows(const bf16* x, const float* scale, int rows, int width, bf16* y);
void scale_rows_backward(const bf16* x, const float* scale, const bf16* dy, int rows, int width,
                         bf16* dx, float* dscale);

// y_r = x_r / |x_r|
void normalize_rows(const float* x, int rows, int width, bf16* y);
void normalize_rows_backward(const float* x, const bf16* dy, int rows, int width, float* dx);

// y = what INT8 keeps of x: symmetric, 127 steps either side, one scale a row.
template <class In>
void fake_quantize_rows(const In* x, int rows, int width, bf16* y);

// y[i] = sum over taps of w[tap] * x[index[i * taps + tap]].
void depthwise(const bf16* x, const float* w, const int32_t* index, int rows, int taps, int width,
               bf16* y);
void depthwise_backward(const bf16* x, const float* w, const bf16* dy, const int32_t* index,
                        int rows, int source_rows, int taps, int width, bf16* dx, float* dw);

// Cross-entropy of capped logits, cap * tanh(x / cap), in one pass over rows x width: loss[r] in
// nats of target[r]; dlogits, where given, is the gradient of loss[r].
void capped_cross_entropy(const bf16* logits, const int64_t* target, int rows, int width, float cap,
                          float* loss, bf16* dlogits);

// out[index[i]] += in[i] for index >= 0: the gradient of gather_rows.
template <class T>
void scatter_add(const T* in, const int32_t* index, int rows, int out_rows, int width, T* out);

// See model/ops.h. q: rows x (heads * 64); kv: rows x (2 * heads * 64), keys first.
struct AttentionInputs {
  const bf16* q;
  const bf16* kv;
  const float* query_gain;     // 64
  const float* key_gain;       // 64
  const float* modality_gain;  // (groups * groups) x heads
  int groups, heads;
  const AttentionPlan* plan;
  const float* query_rotation;  // per query-list entry: 32 cosines, 32 sines
  const float* key_rotation;
};
struct AttentionGradients {
  bf16* dq;
  bf16* dkv;
  float* dquery_gain;
  float* dkey_gain;
  float* dmodality_gain;
};
void attention(const AttentionInputs& in, bf16* out);
void attention_backward(const AttentionInputs& in, const bf16* dout,
                        const AttentionGradients& grad);

}  // namespace tutti::kernels
