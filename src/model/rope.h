// Rotary position embedding on three axes (time, y, x), shared by all modalities; RopeSpec says how
// many of a head's 32 pairs of channels (c, c + 32) turn with each, and how fast.
// Source: RoFormer (arXiv 2104.09864); the axis split follows M-RoPE of Qwen2-VL (arXiv
// 2409.12191).
#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "model/layout.h"

namespace tutti {

inline constexpr int kRopePairs = kHeadWidth / 2;

// Radians a unit of position, by pair.
struct RopeRates {
  std::array<float, kRopePairs> rate = {};
  int time_pairs = 0, y_end = 0;  // pairs of time, and of time and y

  explicit RopeRates(const RopeSpec& spec = {})
      : time_pairs(spec.time.pairs), y_end(spec.time.pairs + spec.y.pairs) {
    int pair = 0;
    for (const RopeAxis* axis : {&spec.time, &spec.y, &spec.x})
      for (int i = 0; i < axis->pairs && pair < kRopePairs; ++i)
        rate[size_t(pair++)] =
            axis->first == 0
                ? 0
                : axis->first * std::pow(axis->last / axis->first,
                                         float(i) / float(axis->pairs > 1 ? axis->pairs - 1 : 1));
    if (spec.factor != 1)
      for (int i = 0; i < time_pairs; ++i) rate[size_t(i)] = stretched(rate[size_t(i)], spec);
  }

  float coordinate(const Position& position, int pair) const {
    return pair < time_pairs ? position.time : pair < y_end ? position.y : position.x;
  }
  // Angle of a pair at `position`, in radians, from its clock on.
  float angle(const Position& position, int pair) const {
    return coordinate(position, pair) * rate[size_t(pair)];
  }
  // What the clock adds to it. Ticks * rate has 2^-53 of itself: 2e-8 radians after a month.
  double clock_angle(int64_t clock, int pair) const {
    return pair < time_pairs ? double(clock) / double(kTicksPerUnit) * double(rate[size_t(pair)])
                             : 0;
  }
  // cos and sin of both together.
  std::array<float, 2> turn(const Position& position, int pair) const {
    const float angle = this->angle(position, pair);
    if (position.clock == 0) return {std::cos(angle), std::sin(angle)};
    const double whole = clock_angle(position.clock, pair) + double(angle);
    return {float(std::cos(whole)), float(std::sin(whole))};
  }

 private:
  static float stretched(float rate, const RopeSpec& spec) {
    // Turns within the context that the rates were learned on.
    const float turns = float(spec.original) * rate / (2 * std::numbers::pi_v<float>);
    const float kept = (turns - spec.low) / (spec.high - spec.low);
    if (kept >= 1) return rate;
    return kept <= 0 ? rate / spec.factor : kept * rate + (1 - kept) * rate / spec.factor;
  }
};

// What a clock turns all positions by that count from it: made once for many of them.
struct RopeClock {
  int64_t clock = 0;
  std::array<float, kRopePairs> cosines, sines;  // where it is not 0

  void set(const RopeRates& rates, int64_t ticks) {
    if (ticks == clock) return;
    clock = ticks;
    for (int pair = 0; pair < kRopePairs; ++pair) {
      const double angle = rates.clock_angle(clock, pair);
      cosines[size_t(pair)] = float(std::cos(angle));
      sines[size_t(pair)] = float(std::sin(angle));
    }
  }
};

// cos and sin of all pairs: 2 x 32 values a position.
struct RopeTable {
  std::vector<float> cosines, sines;

  RopeTable(const RopeRates& rates, const std::vector<Position>& positions) {
    cosines.reserve(positions.size() * kRopePairs);
    sines.reserve(positions.size() * kRopePairs);
    for (const Position& position : positions)
      for (int pair = 0; pair < kRopePairs; ++pair) {
        const auto [cosine, sine] = rates.turn(position, pair);
        cosines.push_back(cosine);
        sines.push_back(sine);
      }
  }
};

}  // namespace tutti
