// Readers of the sets whose pictures follow each other in time. Files are named, not opened.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"

namespace tutti {

// Both have frames.tsv with the frames in order; a drive or a day is cut where frames are missing
// and into parts of at most 64 frames, all on the side of the split that its sequence is on.
Result<std::vector<RawSeries>> read_camvid(const std::filesystem::path& folder);
Result<std::vector<RawSeries>> read_radar(const std::filesystem::path& folder);

}  // namespace tutti
