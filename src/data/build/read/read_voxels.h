// Reader of the set of voxel grids.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"

namespace tutti {

// list.tsv names a file of packed bits for each label, 4096 bytes a thing.
Result<std::vector<RawVoxels>> read_voxels(const std::filesystem::path& folder);

}  // namespace tutti
