// Things made of voxels into a block.
#pragma once

#include <span>

#include "data/build/read/raw_records.h"
#include "data/build/shard_writer.h"

namespace tutti {

// JSON: things [{key, label}].
Block voxel_block(std::span<const RawVoxels* const> things);

}  // namespace tutti
