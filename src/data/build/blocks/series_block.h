// A series of pictures into a block.
#pragma once

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/build/sets.h"
#include "data/build/shard_writer.h"
#include "data/records.h"

namespace tutti {

// Frames and class maps of a series in its set's size.
Result<SeriesRecord> load_series(const SeriesSet& set, const RawSeries& raw);
// JSON: key, kind, width, height, columns, frames, classes [names].
Block series_block(const SeriesRecord& series, int quality);

}  // namespace tutti
