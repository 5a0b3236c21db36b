// Fused training kernels for CPUs, on raw pointers: what libtorch would do in many passes over
// memory, forward and backward in one each. bf16 in, bf16 out, FP32 inside. No libtorch here, so
// that this compiles in seconds and with every instruction set (chosen at run time by the linker's
// ifuncs).
//
// All functions split their work statically over OpenMP threads, and reduce in a fixed order: the
// same inputs give the same bits for the same number of threads.
#pragma once

#include <cstdint>

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

}  // namespace tutti::kernels
