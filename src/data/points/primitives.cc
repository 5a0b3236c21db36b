#include "data/points/primitives.h"

#include <cstddef>

namespace tutti {
namespace {

double proportion(double low, double high, Rng& rng) {
  return low + (high - low) * rng.uniform();
}

}  // namespace

const char* primitive_name(Primitive primitive) {
  constexpr const char* kNames[kPrimitiveCount] = {"box",        "sphere",  "cylinder", "cone",
                                                   "torus",      "pyramid", "plane",    "capsule",
                                                   "hemisphere", "tube",    "prism",    "disc"};
  return kNames[size_t(primitive)];
}

Body random_body(Primitive primitive, Rng& rng) {
  Body body{primitive};
  body.depth = proportion(0.5, 1, rng);
  body.height = proportion(0.45, 1.4, rng);
  switch (primitive) {
    case Primitive::sphere:  // slightly flattened at most
      body.depth = proportion(0.85, 1, rng);
      body.height = proportion(0.85, 1, rng);
      break;
    case Primitive::torus:
      body.height = proportion(0.15, 0.4, rng);
      break;
    case Primitive::plane:
    case Primitive::disc:
      body.height = 0;
      break;
    case Primitive::capsule:
      body.height = proportion(1.6, 3, rng);
      break;
    case Primitive::hemisphere:
      body.height = 0.5;
      break;
    case Primitive::cone:
    case Primitive::pyramid:
      body.height = proportion(0.6, 1.4, rng);
      break;
    case Primitive::tube:
      body.height = proportion(0.6, 1.8, rng);
      break;
    case Primitive::prism:
      body.depth = proportion(0.8, 1.8, rng);
      break;
    default:
      break;
  }
  return body;
}

}  // namespace tutti
