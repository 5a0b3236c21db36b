// Activations of feed-forward layers, as the kernels know them. Plain data: kernel files are
// compiled for one instruction set each and must not instantiate the standard library.
#pragma once

namespace tutti {

enum class Activation {
  none,
  relu2,   // max(v, 0)^2
  silu,    // v / (1 + e^-v)
  gelu,    // the tanh form: v / (1 + e^(-1.5957691 (v + 0.044715 v^3)))
  swiglu,  // silu(gate) * up, half as many columns out
  geglu,   // gelu(gate) * up
};

constexpr bool is_gated(Activation activation) {
  return activation == Activation::swiglu || activation == Activation::geglu;
}

}  // namespace tutti
