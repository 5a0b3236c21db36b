// Plain C++ for any processor: the specification that the others are compared with, and what runs
// where nothing better does.
#include "runtime/kernels/tile.h"

namespace tutti {
namespace {

struct Plain {
  static constexpr int kLanes = 4, kRows = 1, kPanels = 2;
  using Sum = v4;
  using Input = const uint8_t*;
  static Input input(const uint8_t* x) { return x; }
};

struct Int8 : Plain {
  static constexpr int kColumns = 4;
  static constexpr bool kScaled = true, kOffset = true;
  using Sum = Lanes<4>::integers;
  // Modulo 2^32: with the offset that comes back, the whole sum fits, what is on its way need not.
  static void add(Sum& sum, const uint8_t* w, Input x) {
    for (int lane = 0; lane < 4; ++lane)
      for (int k = 0; k < 4; ++k)
        sum[lane] =
            int32_t(uint32_t(sum[lane]) + uint32_t(int32_t(x[k]) * int8_t(w[4 * lane + k])));
  }
};

TUTTI_INLINE float bf16_at(const uint8_t* from) {
  uint16_t half;
  std::memcpy(&half, from, sizeof half);
  const uint32_t bits = uint32_t(half) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

struct Bf16 : Plain {
  static constexpr int kColumns = 2;
  static constexpr bool kScaled = false, kOffset = false;
  static void add(Sum& sum, const uint8_t* w, Input x) {
    for (int k = 0; k < 2; ++k)
      for (int lane = 0; lane < 4; ++lane)
        sum[lane] += bf16_at(x + 2 * k) * bf16_at(w + 4 * lane + 2 * k);
  }
};

struct F32 : Plain {
  static constexpr int kColumns = 1;
  static constexpr bool kScaled = false, kOffset = false;
  static void add(Sum& sum, const uint8_t* w, Input x) {
    float value;
    std::memcpy(&value, x, sizeof value);
    sum += load<v4>(reinterpret_cast<const float*>(w)) * value;
  }
};

}  // namespace

const KernelTable* scalar_kernels() {
  static constexpr KernelTable table = {"scalar",
                                        4,
                                        false,
                                        {multiply<F32>, multiply<Bf16>, multiply<Int8>},
                                        {ceiling<F32>, ceiling<Bf16>, ceiling<Int8>}};
  return &table;
}

}  // namespace tutti
