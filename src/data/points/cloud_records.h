// The clouds of points that shards hold: recorded as such, or of voxels.
#pragma once

#include <string>
#include <vector>

#include "data/records.h"
#include "data/shard_set.h"

namespace tutti {

// The cells that touch an empty one, or the outside, a unit apart; none where no cell is filled.
CloudRecord voxel_cloud(const VoxelRecord& thing, Split split);

// The sets that hold clouds, and those of voxels.
std::vector<std::string> cloud_and_voxel_sets(const ShardSet& shards);

// Of these sets, in their order; things of nothing are left out.
std::vector<CloudRecord> cloud_records(const ShardSet& shards,
                                       const std::vector<std::string>& sets);

}  // namespace tutti
