// A cloud of points as the model reads it: 64 patches of 32 points each, as Point-BERT and
// Point-MAE cut them (Yu et al. 2022; Pang et al. 2022), with no encoder of their own.
//
//   const std::vector<float> cloud = fit_cloud(points.xyz, /*seed=*/0);
//   const PointPatches patches = point_patches(cloud);
//
// Both are functions of the set of points: the order in which a file lists them changes no bit of
// the result. Moving or scaling the cloud changes rounding alone.
//
// Rejected: nearest neighbours in the order of their distance. A slot of a row then holds a point
// in any direction, and a linear layer on the row sees noise; in Morton order a slot keeps its
// corner of the patch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tutti {

inline constexpr int kCloudPoints = 1024;
inline constexpr int kPatches = 64;
inline constexpr int kPatchPoints = 32;
inline constexpr int kPatchValues = 3 * kPatchPoints;

struct PointPatches {
  // kPatches x kPatchValues: x, y, z of each point less its patch's centre, in Morton order.
  std::vector<float> rows;
  std::vector<float> centres;  // kPatches x 3, within the unit sphere, in Morton order
};

// kCloudPoints x 3 in the unit sphere about the centroid of all points, the farthest of which lies
// on it. `xyz`: n x 3 finite values up to 2e30, n at least 1. More than kCloudPoints: as many drawn
// by `seed`; fewer: each as often as any other, but for a rest drawn by `seed`. Points that all lie
// in one place are zeros.
std::vector<float> fit_cloud(std::span<const float> xyz, uint64_t seed);

// Each row with its centre behind it: kPatches x (kPatchValues + 3). The trunk's positions have two
// directions in space, so a network learns the third from here.
std::vector<float> rows_with_centres(const PointPatches& patches);

// `cloud`: kCloudPoints x 3, of fit_cloud. The centres are spread by farthest-point sampling, from
// the point farthest from the origin; patches overlap.
PointPatches point_patches(std::span<const float> cloud);

}  // namespace tutti
