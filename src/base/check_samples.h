// Sound that comes from outside may hold anything that fits into a float.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "base/result.h"
#include "base/short_number.h"

namespace tutti {

// Samples are in [-1, 1]. Somewhat louder ones have a spectrum too, up to integers of 32 bits that
// nobody has scaled.
constexpr float kLoudestSample = 1e10f;

// bad_input that names the first of the samples (at 16 kHz) that is louder or no number.
inline Status check_samples(std::span<const float> samples) {
  const auto wrong = std::find_if(samples.begin(), samples.end(),
                                  [](float x) { return !(std::abs(x) <= kLoudestSample); });
  if (wrong == samples.end()) return {};
  return bad_input(
      "the sound has samples that are no numbers or far beyond [-1, 1], the first of "
      "them at " +
      short_number(double(wrong - samples.begin()) / 16000) + " s; check what made it");
}

}  // namespace tutti
