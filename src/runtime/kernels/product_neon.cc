// NEON with the dot-product extension: signed bytes, 16 a register. bf16 is converted to FP32.
#include <arm_neon.h>
#include <sys/auxv.h>

#include "runtime/kernels/tile.h"

namespace tutti {
namespace {

struct Int8 {
  static constexpr int kColumns = 4;
  static constexpr int kLanes = 4, kRows = 3, kPanels = 2;
  static constexpr bool kScaled = true, kOffset = false;
  using Sum = int32x4_t;
  using Input = int8x16_t;
  TUTTI_INLINE Input input(const uint8_t* x) {
    uint32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    return vreinterpretq_s8_u32(vdupq_n_u32(bytes ^ 0x80808080u));
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = vdotq_s32(sum, vld1q_s8((const int8_t*)w), x);
  }
};

struct F32 {
  static constexpr int kColumns = 1;
  static constexpr int kLanes = 4, kRows = 3, kPanels = 2;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = float32x4_t;
  using Input = float32x4_t;
  TUTTI_INLINE Input input(const uint8_t* x) { return vld1q_dup_f32((const float*)x); }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, Input x) {
    sum = vfmaq_f32(sum, vld1q_f32((const float*)w), x);
  }
};

struct Bf16 {
  static constexpr int kColumns = 2;
  static constexpr int kLanes = 4, kRows = 2, kPanels = 2;
  static constexpr bool kScaled = false, kOffset = false;
  using Sum = float32x4_t;
  struct Input {
    float32x4_t low, high;
  };
  TUTTI_INLINE Input split(uint32x4_t pair) {
    return {vreinterpretq_f32_u32(vshlq_n_u32(pair, 16)),
            vreinterpretq_f32_u32(vandq_u32(pair, vdupq_n_u32(0xffff0000)))};
  }
  TUTTI_INLINE Input input(const uint8_t* x) {
    uint32_t bytes;
    std::memcpy(&bytes, x, sizeof bytes);
    return split(vdupq_n_u32(bytes));
  }
  TUTTI_INLINE void add(Sum& sum, const uint8_t* w, const Input& x) {
    const Input pair = split(vreinterpretq_u32_u8(vld1q_u8(w)));
    sum = vfmaq_f32(sum, pair.low, x.low);
    sum = vfmaq_f32(sum, pair.high, x.high);
  }
};

constexpr unsigned long kDotProduct = 1ul << 20;  // HWCAP_ASIMDDP

}  // namespace

const KernelTable* neon_kernels() {
  static constexpr KernelTable table = {"neon",
                                        4,
                                        false,
                                        {multiply<F32>, multiply<Bf16>, multiply<Int8>},
                                        {ceiling<F32>, ceiling<Bf16>, ceiling<Int8>}};
  return (getauxval(AT_HWCAP) & kDotProduct) ? &table : nullptr;
}

}  // namespace tutti
