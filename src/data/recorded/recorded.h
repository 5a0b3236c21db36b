// Clips and pictures cut from recorded series and from voxels, with a caption and questions whose
// answers are computed from what the clip shows: class maps, rain, the turn of the thing.
//
//   Rng rng(seed);
//   ToldClip told = make_recorded_clip(shards.series("camvid_seq")[0], rng);
//
// The same record and state of the generator give the same bytes on every machine. What is too
// close to call is neither said nor asked.
//
// Questions (English) and what guessing gets with the question's words alone:
//   street  exists     "Is there a car?"                           yes/no        1/2 where balanced
//           most       "What takes up most of the picture?"        a class       (commonest: road)
//           side       "Is there more tree on the left or on the right?"         1/2
//           appears    "What comes into view?"                     a class
//           disappears "What goes out of view?"                    a class
//   radar   exists     "Is there rain?"                            yes/no
//           grow       "Does the rain grow or shrink?"             grows, shrinks, stays the same
//           direction  "Which way does the rain move?"             1/4
//           place      "Where is most of the rain?"                1/4
//   voxels  name       "What is it?"                               a label
//           direction  "Which way does it turn?"                   left, right   1/2
#pragma once

#include "data/recorded/told.h"

namespace tutti {

// Long enough for a clip, and with what its kind needs. The makers below assume it.
bool is_usable(const SeriesRecord& series);

// 16 frames in a row, whole or a random square of them, perhaps mirrored. Radar also turns, runs
// backwards, and skips every other frame.
ToldClip make_recorded_clip(const SeriesRecord& series, Rng& rng);

}  // namespace tutti
