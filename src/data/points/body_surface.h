// Points drawn evenly by area from the surfaces of bodies. No sine and no logarithm, so that a
// generator's state gives the same points on every machine.
#pragma once

#include <array>

#include "base/rng.h"
#include "data/points/primitives.h"

namespace tutti {

using SpacePoint = std::array<double, 3>;  // x, y, z; z points up

// A direction evenly on the unit circle (the third value is 0), and on the unit sphere.
SpacePoint random_turn(Rng& rng);
SpacePoint random_direction(Rng& rng);

SpacePoint random_surface_point(const Body& body, Rng& rng);

}  // namespace tutti
