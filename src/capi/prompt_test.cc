// Clouds of points and other rows of numbers in a prompt: the same part whichever way it comes, and
// what does not fit the model refused by the call that gave it.
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "engine/engine.h"
#include "media/points/cloud_rows.h"
#include "tests/helpers/capi_fixture.h"
#include "tests/helpers/point_files.h"
#include "tests/helpers/random_weights.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

constexpr int kDepthValues = 5;

std::string model_with_rows() {
  static const std::string path = write_model(
      "capi_prompt_test",
      with_rows(with_rows(tiny_config(), kPointsModality, 99, 64), "depth", kDepthValues, 0));
  return path;
}

std::vector<float> coordinates_of(const TestMesh& cloud) {
  std::vector<float> xyz;
  for (const auto& point : cloud.points) xyz.insert(xyz.end(), point.begin(), point.end());
  return xyz;
}

// Three rows for "depth".
Rows depth_rows() {
  Rows rows{"depth", {}, {{0, 1, 2}, {0, 3, 4}, {5, 6, 7}}};
  for (int i = 0; i < 3 * kDepthValues; ++i) rows.values.push_back(float(i % 7) / 8 - 0.25f);
  return rows;
}

class CapiPromptTest : public CapiFixture {
 protected:
  CapiPromptTest() : CapiFixture(model_with_rows()) {}

  tutti_status add(const Rows& rows) {
    return tutti_add_rows(session_, rows.modality.c_str(), rows.values.data(), rows.places.size(),
                          rows.values.size() / rows.places.size(), &rows.places[0].time);
  }
  tutti_status add_file(const std::string& file) {
    return tutti_add_encoded_points(session_, file.data(), file.size());
  }
  // The vector of what was added, which is taken out again.
  std::vector<float> embedded(tutti_status added) {
    EXPECT_EQ(added, TUTTI_OK) << tutti_session_error(session_);
    const float* values = nullptr;
    size_t count = 0;
    EXPECT_EQ(tutti_embed(session_, &values, &count), TUTTI_OK) << tutti_session_error(session_);
    std::vector<float> vector(values, values + count);
    tutti_clear(session_);
    return vector;
  }
  // Refused, with a sentence that says `what`, and the prompt still empty.
  void expect_refused(tutti_status got, tutti_status wanted, const std::string& what) {
    CapiFixture::expect_refused(got, wanted, what);
    EXPECT_EQ(tutti_write(session_, nullptr, nullptr), TUTTI_USAGE) << "a part was kept";
  }
};

static_assert(sizeof(Place) == 3 * sizeof(float));  // as add() hands them over

TEST_F(CapiPromptTest, ACloudIsTheSameFromPointsFromAFileAndAsRows) {
  const std::vector<float> xyz = coordinates_of(test_cloud());
  const auto vector = embedded(tutti_add_points(session_, xyz.data(), xyz.size() / 3));
  EXPECT_EQ(embedded(add_file(ascii_ply(test_cloud()))), vector);
  EXPECT_EQ(embedded(add_file(binary_pcd(test_cloud()))), vector);
  EXPECT_EQ(embedded(add(cloud_rows(xyz, 0))), vector);
  EXPECT_NE(embedded(add_file(obj_file(test_mesh()))), vector) << "a surface is another cloud";
  const Engine engine = *Engine::load(model_with_rows(), {1});
  EXPECT_EQ(*engine.embed(Part::of_rows(cloud_rows(xyz, 0))), vector);
}

TEST_F(CapiPromptTest, RowsAreThoseOfAnyModality) {
  const Rows rows = depth_rows();
  const Engine engine = *Engine::load(model_with_rows(), {1});
  EXPECT_EQ(embedded(add(rows)), *engine.embed(Part::of_rows(rows)));
  Rows elsewhere = rows;
  elsewhere.places[1].x = 0;
  EXPECT_NE(embedded(add(elsewhere)), embedded(add(rows)));

  ASSERT_EQ(add(rows), TUTTI_OK);
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  tutti_text text = {.struct_size = sizeof text};
  ASSERT_EQ(tutti_write(session_, nullptr, &text), TUTTI_OK) << tutti_session_error(session_);
  EXPECT_EQ(std::string(text.text, text.size),
            engine.describe({Part::of_rows(rows), Part::of_text("the quick fox")}, {})->text);
}

TEST_F(CapiPromptTest, RowsThatDoNotFitAreRefused) {
  const Rows rows = depth_rows();
  Rows other = rows;
  other.modality = "radar";
  expect_refused(add(other), TUTTI_USAGE, "radar");
  other.modality = "image";  // is there, and reads no rows
  expect_refused(add(other), TUTTI_USAGE, "image");
  other = rows;
  other.values.resize(3);
  expect_refused(add(other), TUTTI_BAD_INPUT, "rows of 5");
  other = cloud_rows(coordinates_of(test_cloud()), 0);
  other.values.resize(other.values.size() / 2);
  other.places.resize(other.places.size() / 2);
  expect_refused(add(other), TUTTI_BAD_INPUT, "64 rows of 99");
  other = rows;
  other.values[4] = std::numeric_limits<float>::infinity();
  expect_refused(add(other), TUTTI_BAD_INPUT, "not finite");
  other = rows;
  other.places[2].time = -1;
  expect_refused(add(other), TUTTI_BAD_INPUT, "time");

  const float* const numbers = rows.values.data();
  expect_refused(tutti_add_rows(session_, nullptr, numbers, 1, 5, numbers), TUTTI_USAGE, "NULL");
  expect_refused(tutti_add_rows(session_, "depth", nullptr, 1, 5, numbers), TUTTI_USAGE, "values");
  expect_refused(tutti_add_rows(session_, "depth", numbers, 1, 5, nullptr), TUTTI_USAGE, "places");
  for (const auto& [count, values] :
       {std::pair<size_t, size_t>{0, 5}, {1, 0}, {SIZE_MAX, SIZE_MAX}, {SIZE_MAX / 8, 8}})
    expect_refused(tutti_add_rows(session_, "depth", numbers, count, values, numbers), TUTTI_USAGE,
                   "at least one");
  // The places alone are too many.
  expect_refused(tutti_add_rows(session_, "depth", numbers, size_t(1) << 26, 1, numbers),
                 TUTTI_USAGE, "at most");
}

TEST_F(CapiPromptTest, CloudsThatAreNoneAreRefused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float places[] = {1, 2, 3, 1, 2, 3};
  expect_refused(tutti_add_points(session_, nullptr, 1), TUTTI_USAGE, "xyz");
  expect_refused(tutti_add_points(session_, places, 0), TUTTI_BAD_INPUT, "no points");
  expect_refused(tutti_add_points(session_, places, 2), TUTTI_BAD_INPUT, "one place");
  const float broken[] = {1, 2, 3, 4, nan, 6};
  expect_refused(tutti_add_points(session_, broken, 2), TUTTI_BAD_INPUT, "point 2");
  expect_refused(tutti_add_points(session_, places, SIZE_MAX), TUTTI_BAD_INPUT, "thin it out");
  expect_refused(tutti_add_encoded_points(session_, nullptr, 1), TUTTI_USAGE, "NULL");
  expect_refused(add_file("GIF89a"), TUTTI_BAD_INPUT, "export it as PLY");
  expect_refused(add_file(""), TUTTI_BAD_INPUT, "empty");
  EXPECT_EQ(tutti_add_points(nullptr, places, 2), TUTTI_USAGE);
  EXPECT_EQ(tutti_add_rows(nullptr, "depth", places, 1, 5, places), TUTTI_USAGE);
}

TEST(CapiPrompt, AModelWithoutCloudsSaysSoAtOnce) {
  tutti_model* model = nullptr;
  const std::string path = write_model("capi_prompt_plain_test", tiny_config());
  ASSERT_EQ(tutti_model_load(path.c_str(), nullptr, &model), TUTTI_OK);
  tutti_session* session = tutti_session_new(model);
  const std::vector<float> xyz = coordinates_of(test_cloud());
  EXPECT_EQ(tutti_add_points(session, xyz.data(), xyz.size() / 3), TUTTI_USAGE);
  EXPECT_NE(std::string(tutti_session_error(session)).find("does not take"), std::string::npos);
  tutti_session_free(session);
  tutti_model_free(model);
}

}  // namespace
}  // namespace tutti
