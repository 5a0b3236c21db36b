#include "data/scene/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tutti {
namespace {

constexpr int kMasterSide = 128;  // like the pictograms, so that both shrink alike
constexpr int kSubSamples = 8;    // an axis: 64 levels of coverage

struct Point {
  double x, y;
};
using Outline = std::vector<Point>;  // in [-1, 1], y down

// Even-odd rule.
bool inside_outline(const Outline& outline, double x, double y) {
  bool inside = false;
  for (size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
    const Point a = outline[i], b = outline[j];
    if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

Outline regular_outline(int corners, double inner) {
  Outline outline;
  for (int i = 0; i < corners; ++i) {
    const double turns = double(i) / corners, radius = i % 2 ? inner : 1;
    outline.push_back({radius * sine_of_turns(turns), -radius * sine_of_turns(turns + 0.25)});
  }
  return outline;
}

Outline outline_of(int shape) {
  switch (shape) {
    case square:
      return {{-0.88, -0.88}, {0.88, -0.88}, {0.88, 0.88}, {-0.88, 0.88}};
    case triangle:
      return {{0, -0.87}, {1, 0.87}, {-1, 0.87}};
    case star:
      return regular_outline(10, 0.42);
    case diamond:
      return {{0, -1}, {0.68, 0}, {0, 1}, {-0.68, 0}};
    case cross:
      return {{-0.3, -1}, {0.3, -1}, {0.3, -0.3}, {1, -0.3}, {1, 0.3},   {0.3, 0.3},
              {0.3, 1},   {-0.3, 1}, {-0.3, 0.3}, {-1, 0.3}, {-1, -0.3}, {-0.3, -0.3}};
    case hexagon:
      return regular_outline(6, 1);
    case arrow:
      return {{-1, -0.28}, {0.1, -0.28}, {0.1, -0.75}, {1, 0},
              {0.1, 0.75}, {0.1, 0.28},  {-1, 0.28}};
    default:
      return {};
  }
}

bool inside(int shape, const Outline& outline, double x, double y) {
  const double radius2 = x * x + y * y;
  if (shape == circle) return radius2 < 1;
  if (shape == ring) return radius2 < 1 && radius2 > 0.3;
  if (shape == heart) {  // (x^2 + y^2 - 1)^3 < x^2 y^3, y up, stretched to fill the square
    const double u = x * 1.14, v = 0.12 - y * 1.12, rest = u * u + v * v - 1;
    return rest * rest * rest < u * u * v * v * v;
  }
  return inside_outline(outline, x, y);
}

Picture draw_master(int shape) {
  const Outline outline = outline_of(shape);
  Picture coverage = make_picture(kMasterSide, kMasterSide, 1);
  const double step = 2.0 / (kMasterSide * kSubSamples);
  for (int y = 0; y < kMasterSide; ++y) {
    for (int x = 0; x < kMasterSide; ++x) {
      int hits = 0;
      for (int s = 0; s < kSubSamples * kSubSamples; ++s) {
        const double sx = (x * kSubSamples + s % kSubSamples + 0.5) * step - 1;
        const double sy = (y * kSubSamples + s / kSubSamples + 0.5) * step - 1;
        hits += inside(shape, outline, sx, sy);
      }
      *coverage.at(x, y) = uint8_t(hits * 255 / (kSubSamples * kSubSamples));
    }
  }
  const Box box = bounds_of(coverage, 1);
  return resize_picture(coverage, box, box.width(), box.height());
}

// Drawn once in a process: 8x8 samples a pixel would cost more than a whole scene.
const Picture& master(int shape) {
  static const std::array<Picture, kShapeCount> masters = [] {
    std::array<Picture, kShapeCount> all;
    for (int s = 0; s < kShapeCount; ++s) all[s] = draw_master(s);
    return all;
  }();
  return masters[shape];
}

constexpr Rgb kColours[kColourCount] = {
    {220, 30, 35},  {250, 140, 20},  {250, 220, 40}, {40, 160, 60}, {40, 90, 220},
    {125, 45, 165}, {250, 140, 190}, {120, 72, 35},  {18, 18, 20},  {246, 246, 246}};

}  // namespace

Rgb named_colour(int colour) {
  return kColours[colour];
}

int colour_distance(Rgb a, Rgb b) {
  const int r = a.r - b.r, g = a.g - b.g, blue = a.b - b.b;
  return 2 * r * r + 4 * g * g + 3 * blue * blue;
}

int nearest_colour(Rgb rgb) {
  int best = 0;
  for (int c = 1; c < kColourCount; ++c) {
    if (colour_distance(rgb, kColours[c]) < colour_distance(rgb, kColours[best])) best = c;
  }
  return best;
}

Rgb shade_of(int colour, Rng& rng) {
  Rgb shade = kColours[colour];
  for (int* value : {&shade.r, &shade.g, &shade.b}) {
    *value = clamp_byte(*value + rng.below(33) - 16);
  }
  return nearest_colour(shade) == colour ? shade : kColours[colour];
}

Stamp shape_stamp(int shape, Rgb colour, int size) {
  const Picture& full = master(shape);
  const int longer = std::max(full.width, full.height);
  const Picture coverage =
      resize_picture(full, std::max(1, (full.width * size + longer / 2) / longer),
                     std::max(1, (full.height * size + longer / 2) / longer));
  Picture rgba = make_picture(coverage.width, coverage.height, 4);
  for (size_t i = 0; i < coverage.pixels.size(); ++i) {
    const int alpha = coverage.pixels[i];
    rgba.pixels[4 * i] = uint8_t(divide_by_255(colour.r * alpha));
    rgba.pixels[4 * i + 1] = uint8_t(divide_by_255(colour.g * alpha));
    rgba.pixels[4 * i + 2] = uint8_t(divide_by_255(colour.b * alpha));
    rgba.pixels[4 * i + 3] = uint8_t(alpha);
  }
  return Stamp(rgba, size);
}

}  // namespace tutti
