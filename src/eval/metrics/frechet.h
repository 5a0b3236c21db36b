// Distances between sets of feature vectors.
#pragma once

#include <vector>

namespace tutti {

using Features = std::vector<std::vector<float>>;  // samples, all of one length

// |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)): the squared Frechet distance between the Gaussians
// with the sets' means and covariances (Dowson and Landau 1982; Heusel et al. 2017). Needs two
// samples in each set. With fewer samples than features the covariances are singular; the value is
// still defined but leans upwards, so compare only sets of the same sizes.
double frechet_distance(const Features& a, const Features& b);

// The mean over `from` of the Euclidean distance to the nearest of `to`; same vectors at distance 0
// count too.
double mean_nearest_distance(const Features& from, const Features& to);

}  // namespace tutti
