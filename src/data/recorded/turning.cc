// Voxels as pictures: each surface cell is a square of the size it has on the screen, the nearest
// one wins. Integers wherever pixels are made, but for a square root, which IEEE fixes.
#include "data/recorded/turning.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "data/scene/scene.h"

namespace tutti {
namespace {

constexpr int64_t kUnit = 4096;             // fixed point of sines
constexpr int kRadius = 58;                 // pixels, of the sphere around a thing
constexpr int64_t kLight[3] = {-1, -2, 2};  // towards the light: right, away, up
constexpr double kLightLength = 3;

using Point = std::array<int64_t, 3>;

struct Cell {
  Point at;            // half cells from the middle of the thing
  uint32_t empty = 0;  // which of the 27 places around it hold nothing, a bit each
};

// From a cell to the n-th place around it.
Point neighbour(int n) {
  return {n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1};
}

std::vector<Cell> surface(const VoxelRecord& thing) {
  constexpr int kSide = VoxelRecord::kSide;
  std::array<int, 3> low = {kSide, kSide, kSide}, high = {-1, -1, -1};
  std::vector<Cell> cells;
  for (int x = 0; x < kSide; ++x)
    for (int y = 0; y < kSide; ++y)
      for (int z = 0; z < kSide; ++z) {
        if (!thing.filled(x, y, z)) continue;
        const std::array<int, 3> at = {x, y, z};
        Cell cell{{x, y, z}};
        for (int n = 0; n < 27; ++n) {
          const Point d = neighbour(n);
          const bool filled = thing.filled(x + int(d[0]), y + int(d[1]), z + int(d[2]));
          cell.empty |= uint32_t(!filled) << n;
        }
        for (size_t k = 0; k < 3; ++k) {
          low[k] = std::min(low[k], at[k]);
          high[k] = std::max(high[k], at[k]);
        }
        if (cell.empty) cells.push_back(cell);
      }
  for (Cell& cell : cells)
    for (size_t k = 0; k < 3; ++k) cell.at[k] = 2 * cell.at[k] - low[k] - high[k];
  return cells;
}

int64_t radius_of(const std::vector<Cell>& cells) {
  int64_t most = 1;
  for (const Cell& cell : cells) {
    int64_t square = 0;
    for (int64_t value : cell.at) square += value * value;
    most = std::max(most, square);
  }
  return int64_t(std::ceil(std::sqrt(double(most))));
}

// To the eye's axes: right, away, up, times kUnit.
class View {
 public:
  explicit View(const VoxelPose& pose)
      : sin_(fixed(pose.azimuth)),
        cos_(fixed(pose.azimuth + 0.25)),
        rise_(fixed(pose.elevation)),
        flat_(fixed(pose.elevation + 0.25)) {
    for (int n = 0; n < 27; ++n) around_[size_t(n)] = (*this)(neighbour(n));
  }

  // The sum of the directions to empty places on our side: a sheet of one cell has a front as well.
  Point normal(const Cell& cell) const {
    Point sum{};
    for (size_t n = 0; n < 27; ++n) {
      if (!(cell.empty >> n & 1) || around_[n][1] >= 0) continue;
      for (size_t k = 0; k < 3; ++k) sum[k] += around_[n][k];
    }
    return sum;
  }

  Point operator()(const Point& p) const {
    const int64_t right = p[0] * cos_ - p[1] * sin_, away = p[0] * sin_ + p[1] * cos_;
    return {right, (away * flat_ - p[2] * kUnit * rise_) / kUnit,
            (p[2] * kUnit * flat_ + away * rise_) / kUnit};
  }

 private:
  static int64_t fixed(double turns) { return std::lround(sine_of_turns(turns) * kUnit); }
  int64_t sin_, cos_, rise_, flat_;
  std::array<Point, 27> around_;
};

// 0 to 255: how bright a cell is.
int shade(const Point& normal, int64_t away, int64_t radius) {
  constexpr int kAmbient = 70, kDiffuse = 185;
  int64_t square = 0, along = 0;
  for (size_t k = 0; k < 3; ++k) {
    square += normal[k] * normal[k];
    along += normal[k] * kLight[k];
  }
  int light = kAmbient;
  if (square > 0 && along > 0)
    light += int(double(kDiffuse) * double(along) / (kLightLength * std::sqrt(double(square))));
  // From full brightness at the near end to two thirds of it at the far one.
  const int64_t depth = std::clamp<int64_t>(away / kUnit + radius, 0, 2 * radius);
  return int(light * (6 * radius - depth) / (6 * radius));
}

Picture ground(const Rgb& colour) {
  Picture picture = make_picture(kSceneSide, kSceneSide, 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 3) {
    picture.pixels[i] = uint8_t(colour.r);
    picture.pixels[i + 1] = uint8_t(colour.g);
    picture.pixels[i + 2] = uint8_t(colour.b);
  }
  return picture;
}

Picture draw(const std::vector<Cell>& cells, int64_t radius, const VoxelPose& pose) {
  const View view(pose);
  Picture picture = ground(pose.ground);
  std::vector<int64_t> nearest(size_t(kSceneSide) * kSceneSide, INT64_MAX);
  // A cell is two units wide; seen at an angle it covers up to half as much again.
  const int size = int((3 * kRadius + radius - 1) / radius) + 1;
  for (const Cell& cell : cells) {
    const Point at = view(cell.at);
    const int light = shade(view.normal(cell), at[1], radius);
    const int left = int(kSceneSide / 2 + (at[0] * kRadius / radius >> 12)) - size / 2;
    const int top = int(kSceneSide / 2 - (at[2] * kRadius / radius >> 12)) - size / 2;
    for (int y = std::max(0, top); y < std::min(kSceneSide, top + size); ++y)
      for (int x = std::max(0, left); x < std::min(kSceneSide, left + size); ++x) {
        int64_t& depth = nearest[size_t(y) * kSceneSide + size_t(x)];
        if (at[1] >= depth) continue;
        depth = at[1];
        uint8_t* pixel = picture.at(x, y);
        pixel[0] = uint8_t(pose.tint.r * light / 255);
        pixel[1] = uint8_t(pose.tint.g * light / 255);
        pixel[2] = uint8_t(pose.tint.b * light / 255);
      }
  }
  return picture;
}

Rgb random_colour(int low, int high, Rng& rng) {
  Rgb colour;
  colour.r = low + rng.below(high - low);
  colour.g = low + rng.below(high - low);
  colour.b = low + rng.below(high - low);
  return colour;
}

VoxelPose random_pose(Rng& rng) {
  VoxelPose pose;
  pose.azimuth = rng.uniform();
  pose.elevation = 0.03 + 0.07 * rng.uniform();  // 11 to 36 degrees
  pose.tint = random_colour(130, 256, rng);
  pose.ground = rng.uniform() < 0.5 ? random_colour(0, 50, rng) : random_colour(215, 256, rng);
  return pose;
}

}  // namespace

Picture draw_voxels(const VoxelRecord& thing, const VoxelPose& pose) {
  const std::vector<Cell> cells = surface(thing);
  return draw(cells, radius_of(cells), pose);
}

Picture make_voxel_view(const VoxelRecord& thing, Rng& rng) {
  return draw_voxels(thing, random_pose(rng));
}

ToldClip make_turning_clip(const VoxelRecord& thing, Rng& rng) {
  VoxelPose pose = random_pose(rng);
  const bool right = rng.uniform() < 0.5;
  const double whole = 0.3 + 0.7 * rng.uniform();  // turns in the clip
  const double step = (right ? whole : -whole) / kClipFrames;
  const std::vector<Cell> cells = surface(thing);
  const int64_t radius = radius_of(cells);
  ToldClip told;
  told.clip.frames_per_second = kClipFrames;
  for (int i = 0; i < kClipFrames; ++i, pose.azimuth += step)
    told.clip.frames.push_back(draw(cells, radius, pose));
  const std::string way = right ? "right" : "left";
  told.caption = with_article(thing.label) + " turns " + way;
  told.questions = {english("name", "What is it?", thing.label),
                    english("direction", "Which way does it turn?", way)};
  return told;
}

}  // namespace tutti
