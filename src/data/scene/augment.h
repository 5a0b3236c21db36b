// Changes of light, colour, framing and quality that keep what a picture shows. Fast and
// deterministic: integer tables and sums.
#pragma once

#include "base/media_types.h"
#include "base/rng.h"

namespace tutti {

// In 1/256 steps; {256, 256, 256, 256, 256, 0} changes nothing.
struct LightChange {
  int red = 256, green = 256, blue = 256;  // gains: brightness and white balance
  int contrast = 256;                      // around mid grey
  int saturation = 256;                    // 0 is grey
  int lift = 0;                            // added last, -255 to 255
};

// strength 1: gains of 0.6 to 1.4, saturation of 0.4 to 1.6; 0: no change.
LightChange random_light(double strength, Rng& rng);
// RGB or premultiplied RGBA; alpha stays. Grey pictures ignore saturation and gains by channel.
void change_light(Picture& picture, const LightChange& change);
// Grain of about `deviation` (of 255) on every sample but alpha.
void add_noise(Picture& picture, int deviation, Rng& rng);

struct AugmentLimits {
  double least_crop = 0.75;  // side of the crop that is grown back to the full size
  bool flip = true;          // leave out where left and right matter
  double light = 0.6;        // strength for random_light
  int blur_passes = 2;       // at most, in one of four pictures
  int noise = 10;            // at most, in one of four pictures
};

// A changed picture of the same size.
Picture augment_picture(const Picture& picture, Rng& rng, const AugmentLimits& limits = {});

}  // namespace tutti
