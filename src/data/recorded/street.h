// Clips and frames of a street with a class for each pixel (recorded.h).
#pragma once

#include "data/recorded/told.h"

namespace tutti {

ToldClip make_street_clip(const SeriesRecord& series, Rng& rng);

// One frame of a street.
ToldPicture make_street_picture(const SeriesRecord& series, Rng& rng);

}  // namespace tutti
