#include "data/recorded/recorded.h"

#include "data/recorded/radar.h"
#include "data/recorded/street.h"
#include "data/recorded/told.h"

namespace tutti {

bool is_usable(const SeriesRecord& series) {
  if (series.frames.size() < size_t(kClipFrames)) return false;
  return series.kind == SeriesRecord::Kind::radar ||
         (series.classes.size() == series.frames.size() && !series.class_names.empty());
}

ToldClip make_recorded_clip(const SeriesRecord& series, Rng& rng) {
  return series.kind == SeriesRecord::Kind::radar ? make_radar_clip(series, rng)
                                                  : make_street_clip(series, rng);
}

}  // namespace tutti
