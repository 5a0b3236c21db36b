#include "format/package/model_package.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "format/package/safetensors_write.h"
#include "format/package/save_model.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

TensorView floats(std::string name, std::vector<int64_t> shape, const std::vector<float>& values) {
  return {std::move(name), DType::f32, std::move(shape),
          reinterpret_cast<const std::byte*>(values.data()), values.size() * 4};
}

void expect_error(const Result<std::vector<float>>& result, const std::string& part) {
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("\"w\""), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().message().find(part), std::string::npos) << result.error().message();
}

TEST(ModelPackage, KeepsEverything) {
  TestFolder folder;
  const std::vector<float> w = {1.5f, -2, 1e-30f, 0.1f};
  const std::vector<int8_t> q = {-127, 127};
  const TensorView int8{"q", DType::i8, {2}, reinterpret_cast<const std::byte*>(q.data()), 2};
  for (DType dtype : {DType::f32, DType::bf16}) {
    const std::string path = folder.file("m");
    ASSERT_TRUE(save_model(path, R"({"width":4})", "# Card", bytes_of("pieces"),
                           {floats("w", {2, 2}, w), int8}, dtype));
    auto model = ModelPackage::open(path);
    ASSERT_TRUE(model) << model.error().message();
    EXPECT_EQ(model->config_json, R"({"width":4})");
    EXPECT_EQ(model->card, "# Card");
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(model->tokenizer.data()), 6), "pieces");
    EXPECT_EQ(model->file.find("w")->dtype, dtype);
    EXPECT_EQ(model->file.find("q")->dtype, DType::i8);
    auto read = model->read_f32("w", {2, 2});
    ASSERT_TRUE(read) << read.error().message();
    for (size_t i = 0; i < w.size(); ++i) {
      // bf16 keeps 8 significant bits, so rounding is off by at most 2^-9 of the value.
      const float tolerance = dtype == DType::f32 ? 0 : std::abs(w[i]) * 0x1p-8f;
      EXPECT_NEAR((*read)[i], w[i], tolerance);
    }
  }
}

TEST(ModelPackage, Int8KeepsEveryRowToHalfAStep) {
  TestFolder folder;
  std::vector<float> w(20 * 16), gain(16, 0.3f);
  for (size_t i = 0; i < w.size(); ++i) w[i] = float(int(i * 37 % 101) - 50) * float(i / 16);
  const std::string path = folder.file("m");
  ASSERT_TRUE(save_model(path, "{}", "", {},
                         {floats("w", {20, 16}, w), floats("gain", {1, 16}, gain)}, DType::i8));
  auto model = ModelPackage::open(path);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->file.find("w")->dtype, DType::i8);
  EXPECT_EQ(model->file.find("gain")->dtype, DType::bf16);
  auto read = model->read_f32("w", {20, 16});
  ASSERT_TRUE(read) << read.error().message();
  for (size_t row = 0; row < 20; ++row) {  // row 0 is all zeros
    float largest = 0;
    for (size_t c = 0; c < 16; ++c) largest = std::max(largest, std::abs(w[row * 16 + c]));
    for (size_t c = 0; c < 16; ++c)
      EXPECT_NEAR((*read)[row * 16 + c], w[row * 16 + c], largest / 127 * 0.501f);
  }
}

TEST(ModelPackage, Int8WithoutScalesIsAnError) {
  TestFolder folder;
  const std::vector<int8_t> q(32, 1);
  const std::string path = folder.file("m");
  ASSERT_TRUE(write_safetensors(
      path, {{"tutti.version", "1"}, {"tutti.config", "{}"}, {"tutti.card", ""}},
      {{"w", DType::i8, {2, 16}, reinterpret_cast<const std::byte*>(q.data()), 32},
       {"tutti.tokenizer", DType::u8, {0}, nullptr, 0}}));
  auto model = ModelPackage::open(path);
  ASSERT_TRUE(model) << model.error().message();
  expect_error(model->read_f32("w", {2, 16}), "w.scale");
}

TEST(ModelPackage, ErrorsNameTheTensor) {
  TestFolder folder;
  const std::vector<float> w = {1, std::numeric_limits<float>::infinity()};
  const std::string path = folder.file("m");
  ASSERT_TRUE(
      write_safetensors(path, {{"tutti.version", "1"}, {"tutti.config", "{}"}, {"tutti.card", ""}},
                        {floats("w", {2}, w), {"tutti.tokenizer", DType::u8, {0}, nullptr, 0}}));
  auto model = ModelPackage::open(path);
  ASSERT_TRUE(model) << model.error().message();
  expect_error(model->read_f32("w", {2}), "element 1");
  expect_error(model->read_f32("w", {2, 1}), "[2, 1]");
  EXPECT_FALSE(model->read_f32("tutti.tokenizer", {0}));
  auto missing = model->read_f32("v", {2});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("lacks the tensor \"v\""), std::string::npos);
}

TEST(ModelPackage, RefusesFilesThatAreNotModels) {
  TestFolder folder;
  const std::string path = folder.file("m");
  const TensorView tokenizer{"tutti.tokenizer", DType::u8, {0}, nullptr, 0};
  const std::map<std::string, std::string> good = {
      {"tutti.version", "1"}, {"tutti.config", "{}"}, {"tutti.card", ""}};
  ASSERT_TRUE(write_safetensors(path, good, {tokenizer}));
  EXPECT_TRUE(ModelPackage::open(path));
  for (const auto& [key, text] : good) {
    auto metadata = good;
    metadata.erase(key);
    ASSERT_TRUE(write_safetensors(path, metadata, {tokenizer}));
    auto model = ModelPackage::open(path);
    ASSERT_FALSE(model);
    EXPECT_NE(model.error().message().find(key), std::string::npos);
  }
  auto metadata = good;
  metadata["tutti.version"] = "2";
  ASSERT_TRUE(write_safetensors(path, metadata, {tokenizer}));
  EXPECT_FALSE(ModelPackage::open(path));
  metadata = good;
  metadata["tutti.config"] = std::string(100'000, '[');
  ASSERT_TRUE(write_safetensors(path, metadata, {tokenizer}));
  EXPECT_FALSE(ModelPackage::open(path));
  ASSERT_TRUE(write_safetensors(path, good, {}));
  EXPECT_FALSE(ModelPackage::open(path));
}

}  // namespace
}  // namespace tutti
