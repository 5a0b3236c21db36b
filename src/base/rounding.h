// How numbers are rounded, each rule in this one place.
//
// What the model computes with (INT8, bf16) goes to the nearest, ties to even: the vector
// instructions do, and written plainly it has to give the same. What leaves the model as samples
// (pixels, mel bytes, PCM) goes to the nearest, ties away from zero, as std::lround: ties do occur
// there, 127.5 is grey.
#pragma once

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace tutti {

struct Int8Scale {
  float scale, inverse;  // value = int8 * scale; int8 = round(value * inverse)
};

// Of values up to `most`: below 1e-35, where 127 / most would overflow, they count as zeros.
inline Int8Scale int8_scale(float most) {
  if (!(most > 1e-35f)) return {0, 0};
  if (most > FLT_MAX) most = FLT_MAX;
  return {most / 127.0f, 127.0f / most};
}

// The INT8 values of a row of weights: plain ones are in [-127, 127]; of paired ones, those of one
// sign among columns 2i and 2i + 1 add up to at most kMostPair besides, which some processors
// multiply faster (PackedWeights::paired()). Paired ones are rounded up to twice as coarsely.
enum class Int8Weights { plain, paired };
inline constexpr int kMostPair = 128;

// What int8_scale() takes for a row of weights. Rounding adds up to 1/2 to each of a pair that adds
// up to 127 at most.
inline float int8_most(const float* row, size_t count, Int8Weights weights) {
  float most = 0;
  for (size_t i = 0; i < count; ++i) most = std::max(most, std::abs(row[i]));
  if (weights == Int8Weights::paired)
    for (size_t i = 0; i + 1 < count; i += 2)
      if ((row[i] > 0) == (row[i + 1] > 0)) most = std::max(most, std::abs(row[i] + row[i + 1]));
  return most;
}

// To nearest, ties to even, within [-127, 127]; a NaN is 0.
inline int8_t to_int8(float value, float inverse) {
  float v = value * inverse;
  if (v != v) return 0;
  v = v > -127.0f ? v : -127.0f;
  v = v < 127.0f ? v : 127.0f;
  return int8_t(std::nearbyint(v));
}

// To nearest, ties to even; a NaN stays one.
inline uint16_t to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return uint16_t(bits >> 16 | 64);
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// A sample of a picture: to nearest, ties up, within [0, 255]; a NaN is 0.
inline uint8_t to_byte(float value) {
  return value > 0 ? uint8_t(std::lround(std::min(value, 255.0f))) : uint8_t(0);
}

// A sample of sound in [-1, 1] as an integer of up to `most`; a NaN is 0.
inline int to_pcm(float sample, float most) {
  return sample == sample ? int(std::lround(std::clamp(sample, -1.0f, 1.0f) * most)) : 0;
}

inline float from_bf16(uint16_t value) {
  const uint32_t bits = uint32_t(value) << 16;
  float out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

}  // namespace tutti
