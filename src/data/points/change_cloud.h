// What happens to a cloud between a thing and a scan of it: turned, stretched, noisy, parts of it
// missing, stray points.
#pragma once

#include <vector>

#include "data/points/body_surface.h"

namespace tutti {

enum class CloudTurn {
  upright,  // any turn about the vertical, tilted by up to 15 degrees
  any       // any rotation
};

std::vector<SpacePoint> turn_cloud(std::vector<SpacePoint> points, CloudTurn turn, Rng& rng);

// Each direction by a factor of its own, within `most` of 1.
void stretch_cloud(std::vector<SpacePoint>& points, double most, Rng& rng);

// Up to 30 % cut off by a plane, or a hole around a point, or neither (each one time in three);
// then noise of up to 2 % of the cloud's reach, and up to 2 % stray points.
void wear_cloud(std::vector<SpacePoint>& points, Rng& rng);

std::vector<float> cloud_values(const std::vector<SpacePoint>& points);  // n x 3

}  // namespace tutti
