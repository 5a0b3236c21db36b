#include "media/points/read_cloud.h"

#include <gtest/gtest.h>

#include "media/points/cloud_rows.h"
#include "media/points/point_patches.h"

namespace tutti {
namespace {

Result<Rows> read(const std::string& file, const PointLimits& limits = {}, UpAxis up = UpAxis::z) {
  return read_cloud({reinterpret_cast<const uint8_t*>(file.data()), file.size()}, "", limits, up);
}

TEST(ReadCloud, AFileBecomesTheRowsOfItsPoints) {
  const std::string square = "OFF 4 0 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n";
  const Result<Rows> rows = read(square);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->modality, kPointsModality);
  EXPECT_EQ(rows->places.size(), size_t(kPatches));
  const std::vector<float> xyz = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
  EXPECT_EQ(rows->values, cloud_rows(xyz, 0).values);
}

// A ladder of three steps, 4 high; as it is saved with y up, (x, z, -y).
TEST(ReadCloud, WithYUpTheFileIsTurned) {
  const std::string standing = "OFF 4 0 0\n0 0 0\n1 2 1\n3 1 2\n0 3 4\n";
  const std::string y_up = "OFF 4 0 0\n0 0 0\n1 1 -2\n3 2 -1\n0 4 -3\n";
  const Result<Rows> wanted = read(standing), turned = read(y_up, {}, UpAxis::y);
  ASSERT_TRUE(wanted && turned);
  ASSERT_EQ(turned->values.size(), wanted->values.size());
  for (size_t i = 0; i < wanted->values.size(); ++i)
    EXPECT_NEAR(turned->values[i], wanted->values[i], 1e-5) << i;
  EXPECT_NE(read(y_up)->values, wanted->values);
}

TEST(ReadCloud, WhatIsNoCloudOrTooLargeIsRefused) {
  for (const std::string file :
       {"", "OFF 0 0 0\n", "ply\nformat ascii 1.0\nend_header\n", "GIF89a"}) {
    const Result<Rows> rows = read(file);
    ASSERT_FALSE(rows) << file;
    EXPECT_EQ(rows.error().code(), ErrorCode::bad_input);
  }
  EXPECT_FALSE(read("OFF 2 0 0\n0 0 0\n1 0 0\n", {.most_bytes = 10}));
  EXPECT_FALSE(load_cloud("nowhere.ply"));
}

}  // namespace
}  // namespace tutti
