// Clips of weather radar (recorded.h).
#pragma once

#include "data/recorded/told.h"

namespace tutti {

ToldClip make_radar_clip(const SeriesRecord& series, Rng& rng);

}  // namespace tutti
