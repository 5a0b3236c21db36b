// Rotary position embedding on three axes (time, y, x), shared by all modalities.
// A head's 64 channels are 32 pairs (c, c + 32): 16 pairs turn with time, 8 with y, 8 with x.
// Source: RoFormer (arXiv 2104.09864); the axis split follows M-RoPE of Qwen2-VL (arXiv
// 2409.12191).
#pragma once

#include <array>
#include <cmath>

#include "model/layout.h"

namespace tutti {

inline constexpr int kRopePairs = kHeadWidth / 2;

// Radians a unit of position, per pair. Time wavelengths run from 6 tokens (0.25 s) to about 3,500
// (140 s); y and x from 3 image tokens to about 25, three times the picture.
inline const std::array<float, kRopePairs>& rope_frequencies() {
  static const auto frequencies = [] {
    std::array<float, kRopePairs> f;
    for (int pair = 0; pair < 16; ++pair) f[pair] = std::pow(1.0f / 560.0f, float(pair) / 15.0f);
    for (int pair = 16; pair < kRopePairs; ++pair)
      f[pair] = 2.0f * std::pow(0.125f, float((pair - 16) % 8) / 7.0f);
    return f;
  }();
  return frequencies;
}

// Angle of pair p at `position`, in radians.
inline float rope_angle(const Position& position, int pair) {
  const float coordinate = pair < 16 ? position.time : pair < 24 ? position.y : position.x;
  return coordinate * rope_frequencies()[pair];
}

// cos and sin of all pairs: 2 x 32 values a position.
struct RopeTable {
  std::vector<float> cosines, sines;

  explicit RopeTable(const std::vector<Position>& positions) {
    cosines.reserve(positions.size() * kRopePairs);
    sines.reserve(positions.size() * kRopePairs);
    for (const Position& position : positions)
      for (int pair = 0; pair < kRopePairs; ++pair) {
        const float angle = rope_angle(position, pair);
        cosines.push_back(std::cos(angle));
        sines.push_back(std::sin(angle));
      }
  }
};

}  // namespace tutti
