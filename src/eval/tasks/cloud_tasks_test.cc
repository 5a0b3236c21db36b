#include "eval/tasks/cloud_tasks.h"

#include "data/points/cloud_task.h"
#include "media/points/cloud_rows.h"
#include "media/points/point_patches.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

// A share of no clouds would be no number.
TEST(CloudTasks, WhatNoCloudIsHeldOutOfIsSkipped) {
  const ModelSpec spec = with_rows(tiny_config(), kPointsModality, kPatchValues + 3, kPatches);
  const auto engine = Engine::load(write_model("cloud_tasks", spec), {.threads = 1});
  ASSERT_TRUE(engine) << engine.error().message();
  EvalData data;
  for (int i = 0; i < kFewestModels; ++i)
    data.clouds.push_back({"models", std::to_string(i), Split::train, "chair", "chair"});
  const SuiteOptions options{.limit = 1};
  EvalReport report;
  TaskContext context{*engine, data, nullptr, options, report};
  const Status done = eval_points(context);
  ASSERT_TRUE(done) << done.error().message();
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_EQ(report.skipped[0].task, "points.models");
  EXPECT_EQ(report.results.size(), 2u);  // of shapes
}

}  // namespace
}  // namespace tutti
