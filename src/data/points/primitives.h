// Simple bodies: which there are, and how large.
#pragma once

#include "base/rng.h"

namespace tutti {

enum class Primitive {
  box,
  sphere,
  cylinder,
  cone,
  torus,
  pyramid,  // four sides and a base
  plane,
  capsule,
  hemisphere,  // with its base
  tube,        // open at both ends
  prism,       // on a triangle
  disc
};
inline constexpr int kPrimitiveCount = 12;
inline constexpr int kSolidCount = 6;  // the first ones, which can stand on each other

const char* primitive_name(Primitive primitive);  // "box"

// A body about the origin, by half its extent in each direction: it reaches from -height to height.
struct Body {
  Primitive primitive = Primitive::box;
  double width = 1, depth = 1, height = 1;
};

// Width 1, and proportions that tell its kind from the others: no box is as flat as a plane.
Body random_body(Primitive primitive, Rng& rng);

}  // namespace tutti
