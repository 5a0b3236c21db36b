// The makers of each kind of series, and how pictures draw voxels. Internal to the folder.
#pragma once

#include "data/recorded/recorded.h"
#include "media/picture/raster.h"

namespace tutti {

ToldClip make_street_clip(const SeriesRecord& series, Rng& rng);
ToldClip make_radar_clip(const SeriesRecord& series, Rng& rng);

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

inline std::string with_article(const std::string& name) {
  const bool vowel = !name.empty() && std::string("aeiou").find(name[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + name;
}

inline QuestionAnswer english(const char* kind, std::string question, std::string answer) {
  return {std::move(question), std::move(answer), kind, "en"};
}

}  // namespace tutti
