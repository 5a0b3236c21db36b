#include "data/scene/backdrop.h"

#include <algorithm>

#include "data/scene/shapes.h"

namespace tutti {
namespace {

// How far the nearest of the things' colours is.
int contrast(Rgb colour, const std::vector<Thing>& things) {
  int least = 1 << 30;
  for (const Thing& thing : things) {
    if (thing.term.colour < 0) continue;
    least = std::min(least, colour_distance(colour, named_colour(thing.term.colour)));
  }
  return least;
}

// The best of eight random colours, or the first that is far from all things.
Rgb distant_colour(const std::vector<Thing>& things, Rng& rng) {
  constexpr int kFarEnough = 9 * 80 * 80;  // 80 of 255 in every channel
  Rgb best;
  int most = -1;
  for (int attempt = 0; attempt < 8 && most < kFarEnough; ++attempt) {
    Rgb colour;
    colour.r = rng.below(256);
    colour.g = rng.below(256);
    colour.b = rng.below(256);
    const int distance = contrast(colour, things);
    if (distance > most) {
      most = distance;
      best = colour;
    }
  }
  return best;
}

// Gradients and noise alike: a few pixels around one colour, grown to the full size.
Picture grown_backdrop(int side, int cells, int spread, Rgb colour, Rng& rng) {
  Picture seed = make_picture(cells, cells, 3);
  for (size_t i = 0; i < seed.pixels.size(); i += 3) {
    const int light = rng.below(2 * spread + 1) - spread;
    const int tint[3] = {colour.r, colour.g, colour.b};
    for (int c = 0; c < 3; ++c) {
      seed.pixels[i + c] = clamp_byte(tint[c] + light + rng.below(spread + 1) - spread / 2);
    }
  }
  return resize_picture(seed, side, side);
}

}  // namespace

Picture filled_picture(int side, Rgb colour) {
  Picture picture = make_picture(side, side, 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 3) {
    picture.pixels[i] = uint8_t(colour.r);
    picture.pixels[i + 1] = uint8_t(colour.g);
    picture.pixels[i + 2] = uint8_t(colour.b);
  }
  return picture;
}

Picture photo_backdrop(const std::vector<Picture>& photos, int side, Rng& rng) {
  const Picture& photo = photos[rng.below(int(photos.size()))];
  const int shorter = std::min(photo.width, photo.height);
  const int crop = shorter - rng.below(shorter / 3 + 1);
  const int left = rng.below(photo.width - crop + 1);
  const int top = rng.below(photo.height - crop + 1);
  const Picture picture = resize_picture(photo, {left, top, left + crop, top + crop}, side, side);
  return rng.below(2) ? mirror(picture) : picture;
}

int pick_plain_colour(const std::vector<Thing>& things, Rng& rng) {
  constexpr int kFarEnough = 9 * 60 * 60;
  for (int attempt = 0; attempt < 32; ++attempt) {
    const int colour = rng.below(kColourCount);
    if (contrast(named_colour(colour), things) >= kFarEnough) return colour;
  }
  int best = 0;
  for (int colour = 1; colour < kColourCount; ++colour) {
    const int distance = contrast(named_colour(colour), things);
    if (distance > contrast(named_colour(best), things)) best = colour;
  }
  return best;
}

Picture make_backdrop(const SceneLibrary& library, int side, const std::vector<Thing>& things,
                      Rng& rng) {
  if (!library.backgrounds.empty() && rng.below(5) < 2) {
    return photo_backdrop(library.backgrounds, side, rng);
  }
  const Rgb colour = distant_colour(things, rng);
  switch (rng.below(4)) {
    case 0:
      return filled_picture(side, colour);
    case 1:
      return grown_backdrop(side, 2, 30, colour, rng);
    case 2:
      return grown_backdrop(side, 8, 24, colour, rng);
    default:
      return grown_backdrop(side, side / 2, 14, colour, rng);
  }
}

}  // namespace tutti
