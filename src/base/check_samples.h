// Sound that comes from outside may hold anything that fits into a float.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "base/result.h"

namespace tutti {

// bad_input that names the first of the samples (at 16 kHz) that is infinite or no number.
inline Status check_samples(std::span<const float> samples) {
  const auto wrong =
      std::find_if(samples.begin(), samples.end(), [](float x) { return !std::isfinite(x); });
  if (wrong == samples.end()) return {};
  return bad_input("the sound has samples that are no numbers, the first of them at " +
                   std::to_string(double(wrong - samples.begin()) / 16000) +
                   " s; check what made it");
}

}  // namespace tutti
