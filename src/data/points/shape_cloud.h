// Clouds of single bodies and of bodies that stand on each other, drawn from a generator's state.
//
//   Rng rng(seed);
//   const CloudExample example = make_shape_cloud(Split::train, rng);   // "a cone on a box"
//
// The same state gives the same bytes on every machine. Which body stands on which is the identity
// of a union: split_union holds out some of the 36 pairs, so that evaluation has combinations that
// nobody has shown to the model. Guessing among all names of training gets 1 in
// shape_names(Split::train).size().
#pragma once

#include <string>
#include <vector>

#include "data/points/cloud_example.h"
#include "data/points/primitives.h"
#include "data/split.h"

namespace tutti {

Split split_union(Primitive top, Primitive bottom);

// train: the single bodies, then the pairs of the training split; eval: the other pairs.
std::vector<std::string> shape_names(Split split);

// train: a body of any kind in any rotation, or half the time a pair of the training split,
// upright; eval: a pair of the other ones. Between 600 and 1500 points, worn as wear_cloud does.
CloudExample make_shape_cloud(Split split, Rng& rng);

}  // namespace tutti
