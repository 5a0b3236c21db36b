// Clips and pictures of things made of voxels (recorded.h).
#pragma once

#include "data/recorded/told.h"
#include "media/picture/raster.h"

namespace tutti {

// A thing that turns about its vertical axis, seen from a little above. "Left" is where the side
// that faces us goes.
ToldClip make_turning_clip(const VoxelRecord& thing, Rng& rng);
Picture make_voxel_view(const VoxelRecord& thing, Rng& rng);

// Turns are fractions of a full one. At azimuth 0 the side of low y faces us; as the azimuth grows,
// that side goes right.
struct VoxelPose {
  double azimuth = 0;
  double elevation = 0.06;  // of the eye above the horizon
  Rgb tint{200, 200, 200};
  Rgb ground{20, 20, 20};
};

// 128x128 RGB, parallel projection, lit from the upper left, darker with distance.
Picture draw_voxels(const VoxelRecord& thing, const VoxelPose& pose);

}  // namespace tutti
