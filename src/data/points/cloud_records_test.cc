#include "data/points/cloud_records.h"

#include <gtest/gtest.h>

#include "data/shard_format.h"
#include "tests/helpers/shard_fixture.h"

namespace tutti {
namespace {

// A full cube of 4: the 56 cells of 64 that touch what is outside.
TEST(CloudRecords, OfVoxelsAreTheirSurface) {
  VoxelRecord cube{"voxels", "cube/0", "cube", std::vector<uint8_t>(VoxelRecord::kBytes)};
  for (int x = 3; x < 7; ++x)
    for (int y = 3; y < 7; ++y)
      for (int z = 3; z < 7; ++z) {
        const int bit = (x * 32 + y) * 32 + z;
        cube.cells[size_t(bit) / 8] |= uint8_t(0x80 >> bit % 8);
      }
  const CloudRecord cloud = voxel_cloud(cube, Split::eval);
  EXPECT_EQ(cloud.xyz.size(), 3u * 56);
  EXPECT_EQ(cloud.source + " " + cloud.key + " " + cloud.label, "voxels cube/0 cube");
  EXPECT_EQ(cloud.split, Split::eval);
  for (float value : cloud.xyz) EXPECT_NEAR(value, 4.5, 1.5);
}

TEST(CloudRecords, ThingsOfNothingHaveNoPoints) {
  const VoxelRecord nothing{"voxels", "k", "l", std::vector<uint8_t>(VoxelRecord::kBytes)};
  EXPECT_TRUE(voxel_cloud(nothing, Split::train).xyz.empty());
}

TEST(CloudRecords, AreThoseOfTheNamedSets) {
  const auto shards = fixture::shards_of(
      {fixture::cloud_block("a", 2, "dog"), fixture::cloud_block("b", 1, "star")});
  ASSERT_TRUE(shards) << shards.error().message();
  EXPECT_EQ(cloud_records(*shards, cloud_and_voxel_sets(*shards)).size(), 3u);
  EXPECT_TRUE(cloud_records(*shards, {"c"}).empty());
  const std::vector<CloudRecord> some = cloud_records(*shards, {"b"});
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].source + " " + some[0].key + " " + some[0].name + " " + some[0].label,
            "b k0 big star star");
  const float step = 1 / kCloudSteps;
  EXPECT_EQ(some[0].xyz, (std::vector<float>{step, step, step, -step, -step, -step}));
}

}  // namespace
}  // namespace tutti
