#include "data/scene/augment.h"

#include <algorithm>
#include <array>

#include "media/picture/raster.h"

namespace tutti {
namespace {

int gain_near_one(double spread, Rng& rng) {
  return 256 + int((rng.uniform() * 2 - 1) * spread * 256);
}

using Table = std::array<int, 256>;

// Gain, then contrast; saturation and lift follow, so these are not clamped.
Table light_table(int gain, int contrast) {
  Table table;
  for (int v = 0; v < 256; ++v) table[v] = ((v * gain / 256 - 128) * contrast) / 256 + 128;
  return table;
}

}  // namespace

LightChange random_light(double strength, Rng& rng) {
  LightChange change;
  const int brightness = gain_near_one(0.3 * strength, rng);
  for (int* gain : {&change.red, &change.green, &change.blue}) {
    *gain = brightness * gain_near_one(0.08 * strength, rng) / 256;
  }
  change.contrast = gain_near_one(0.3 * strength, rng);
  change.saturation = gain_near_one(0.6 * strength, rng);
  change.lift = int((rng.uniform() * 2 - 1) * 24 * strength);
  return change;
}

void change_light(Picture& picture, const LightChange& change) {
  const int channels = picture.channels, colours = channels == 4 ? 3 : channels;
  const Table tables[3] = {light_table(change.red, change.contrast),
                           light_table(change.green, change.contrast),
                           light_table(change.blue, change.contrast)};
  for (size_t i = 0; i < picture.pixels.size(); i += channels) {
    uint8_t* pixel = &picture.pixels[i];
    const int alpha = channels == 4 ? pixel[3] : 255;
    if (alpha == 0) continue;
    int value[3];
    for (int c = 0; c < colours; ++c) {
      const int straight = alpha == 255 ? pixel[c] : std::min(255, pixel[c] * 255 / alpha);
      value[c] = tables[c][straight];
    }
    if (colours == 3) {
      const int grey = (77 * value[0] + 150 * value[1] + 29 * value[2]) / 256;
      for (int& v : value) v = grey + (v - grey) * change.saturation / 256;
    }
    for (int c = 0; c < colours; ++c) {
      const int v = clamp_byte(value[c] + change.lift);
      pixel[c] = uint8_t(alpha == 255 ? v : divide_by_255(v * alpha));
    }
  }
}

void add_noise(Picture& picture, int deviation, Rng& rng) {
  const int channels = picture.channels;
  // Four 16-bit uniforms a sample pair would do; four bytes summed have deviation 147.8.
  const int gain = deviation * 65536 / 148;
  uint64_t bits = 0;
  for (size_t i = 0; i < picture.pixels.size(); ++i) {
    if (channels == 4 && i % 4 == 3) continue;
    bits = bits >> 32 ? bits >> 32 : rng.next();
    const int sum = int(bits & 255) + int(bits >> 8 & 255) + int(bits >> 16 & 255) +
                    int(bits >> 24 & 255) - 510;
    picture.pixels[i] = clamp_byte(picture.pixels[i] + ((sum * gain + 32768) >> 16));
  }
}

Picture augment_picture(const Picture& picture, Rng& rng, const AugmentLimits& limits) {
  const double side = limits.least_crop + rng.uniform() * (1 - limits.least_crop);
  const int width = std::clamp(int(picture.width * side), 1, picture.width);
  const int height = std::clamp(int(picture.height * side), 1, picture.height);
  const int left = rng.below(picture.width - width + 1);
  const int top = rng.below(picture.height - height + 1);
  Picture out = resize_picture(picture, {left, top, left + width, top + height}, picture.width,
                               picture.height);
  const bool flipped = rng.below(2) == 1;
  if (flipped && limits.flip) out = mirror(out);
  const LightChange light = random_light(limits.light, rng);
  change_light(out, light);
  const int blur = rng.below(4) == 0 ? rng.below(limits.blur_passes + 1) : 0;
  box_blur(out, blur);
  if (rng.below(4) == 0 && limits.noise > 0) add_noise(out, 1 + rng.below(limits.noise), rng);
  return out;
}

}  // namespace tutti
