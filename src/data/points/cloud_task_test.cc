#include "data/points/cloud_task.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "data/points/shape_cloud.h"
#include "media/points/point_patches.h"

namespace tutti {
namespace {

CloudRecord record_of(const std::string& label, Split split, int number) {
  Rng rng(uint64_t(number) + 1);
  CloudRecord record{"made", label + std::to_string(number), split, label, label, {}};
  for (int i = 0; i < 300; ++i) record.xyz.push_back(float(rng.uniform()));
  return record;
}

std::vector<CloudRecord> records() {
  std::vector<CloudRecord> all;
  for (int i = 0; i < 3; ++i) all.push_back(record_of("chair", Split::train, i));
  for (int i = 0; i < 2; ++i) all.push_back(record_of("table", Split::train, i));
  all.push_back(record_of("lamp", Split::train, 0));
  for (const char* label : {"chair", "lamp", "unheard"})
    all.push_back(record_of(label, Split::eval, 9));
  return all;
}

TEST(CloudTask, NamesAreThoseWithEnoughRecords) {
  const CloudTask task = CloudTask::models(records(), 2);
  EXPECT_EQ(task.names(), (std::vector<std::string>{"chair", "table"}));
  EXPECT_EQ(CloudTask::shapes().names(), shape_names(Split::train));
}

TEST(CloudTask, AnExampleIsAFunctionOfSeedStepAndPlace) {
  for (const CloudTask& task : {CloudTask::shapes(), CloudTask::models(records(), 2)}) {
    const LabelledCloud one = task.draw(1, 2, 3);
    EXPECT_EQ(one.cloud.size(), size_t(3) * kCloudPoints);
    EXPECT_EQ(one.cloud, task.draw(1, 2, 3).cloud);
    EXPECT_NE(one.cloud, task.draw(2, 2, 3).cloud);
    EXPECT_NE(one.cloud, task.draw(1, 3, 3).cloud);
    EXPECT_NE(one.cloud, task.draw(1, 2, 4).cloud);
  }
}

TEST(CloudTask, NamesAreDrawnEquallyOften) {
  const CloudTask task = CloudTask::models(records(), 2);
  int tables = 0;
  for (int i = 0; i < 400; ++i) tables += task.draw(1, 0, i).label;
  EXPECT_NEAR(tables, 200, 4 * 10);
}

TEST(CloudTask, WhatIsHeldOutIsAskedFromFourSides) {
  const std::vector<LabelledCloud> asked = CloudTask::models(records(), 2).held_out();
  ASSERT_EQ(asked.size(), 4u);  // the chair; nothing taught is called lamp or unheard
  std::set<std::vector<float>> different;
  for (const LabelledCloud& cloud : asked) {
    EXPECT_EQ(cloud.label, 0);
    different.insert(cloud.cloud);
  }
  EXPECT_EQ(different.size(), 4u);
  EXPECT_EQ(CloudTask::shapes().held_out().size(), 1500u);
}

}  // namespace
}  // namespace tutti
