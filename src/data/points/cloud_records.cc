#include "data/points/cloud_records.h"

namespace tutti {
namespace {

bool on_surface(const VoxelRecord& thing, int x, int y, int z) {
  if (!thing.filled(x, y, z)) return false;
  return !(thing.filled(x - 1, y, z) && thing.filled(x + 1, y, z) && thing.filled(x, y - 1, z) &&
           thing.filled(x, y + 1, z) && thing.filled(x, y, z - 1) && thing.filled(x, y, z + 1));
}

std::vector<float> surface_cells(const VoxelRecord& thing) {
  constexpr int kSide = VoxelRecord::kSide;
  std::vector<float> xyz;
  for (int x = 0; x < kSide; ++x)
    for (int y = 0; y < kSide; ++y)
      for (int z = 0; z < kSide; ++z)
        if (on_surface(thing, x, y, z)) xyz.insert(xyz.end(), {float(x), float(y), float(z)});
  return xyz;
}

}  // namespace

CloudRecord voxel_cloud(const VoxelRecord& thing, Split split) {
  return {thing.source, thing.key, split, thing.label, thing.label, surface_cells(thing)};
}

std::vector<std::string> cloud_and_voxel_sets(const ShardSet& shards) {
  std::vector<std::string> names = shards.cloud_sources();
  const std::vector<std::string> voxels = shards.voxel_sources();
  names.insert(names.end(), voxels.begin(), voxels.end());
  return names;
}

std::vector<CloudRecord> cloud_records(const ShardSet& shards,
                                       const std::vector<std::string>& sets) {
  std::vector<CloudRecord> records;
  for (const std::string& name : sets) {
    const auto& clouds = shards.clouds(name);
    records.insert(records.end(), clouds.begin(), clouds.end());
    for (const VoxelRecord& thing : shards.voxels(name)) {
      CloudRecord record = voxel_cloud(thing, shards.split());
      if (!record.xyz.empty()) records.push_back(std::move(record));
    }
  }
  return records;
}

}  // namespace tutti
