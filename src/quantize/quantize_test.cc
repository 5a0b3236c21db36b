// The quantizer on a tiny random model: what it writes runs, what it refuses and why.
#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "engine/engine.h"
#include "format/package/convert_model.h"
#include "format/package/model_package.h"
#include "tests/helpers/random_weights.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

std::string write_model(const std::string& name, const ChangeWeight& change = {}) {
  return tutti::write_model(name, tiny_config(), "", change);
}

CalibrationSet small_set() {
  CalibrationSet set = value(drawn_calibration(4, 1));
  Rng rng(2);
  Mel mel{kMelBins, {}};
  for (int i = 0; i < 90 * kMelBins; ++i) mel.values.push_back(float(rng.normal()));
  set.sounds.push_back(mel);
  set.texts.resize(3);
  return set;
}

std::string output_path(const std::string& name) {
  return own_file(name + ".i8.safetensors");
}

std::vector<float> embedding(const std::string& path) {
  const Engine engine = value(Engine::load(path, {.threads = 1}));
  return value(engine.embed(Part::of_picture(small_set().pictures[0])));
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (double(a[i]) - b[i]) * (double(a[i]) - b[i]);
  return std::sqrt(sum);
}

TEST(Quantize, WritesAModelThatRunsAndIsClose) {
  const std::string input = write_model("quantize"), output = output_path("quantize");
  const auto report = quantize_model(input, output, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_LT(report->bytes_after, report->bytes_before / 2);
  EXPECT_GT(report->layers.size(), 60u);
  int calibrated = 0;
  for (const LayerChoice& layer : report->layers) {
    EXPECT_GT(layer.inputs, 0) << layer.name;
    EXPECT_LE(layer.error(), 0.05) << layer.name;
    EXPECT_FALSE(layer.reason.empty()) << layer.name;
    // Rounding to 8 bits of mantissa is better than to a grid of 127 steps.
    EXPECT_LE(layer.error_bf16, 0.01) << layer.name;
    calibrated += layer.is_static();
    EXPECT_TRUE(layer.paired) << layer.name;
  }
  EXPECT_GT(calibrated, 0);
  // Unit vectors: independent ones are about 1.4 apart.
  EXPECT_LT(distance(embedding(input), embedding(output)), 0.3);
  const Engine engine = value(Engine::load(output, {.threads = 2}));
  ASSERT_TRUE(engine.paint({Part::of_text("fox")}, {.steps = 2}));
  const auto spoken = engine.speak("the dog", {.steps = 2});
  ASSERT_TRUE(spoken);
  for (float sample : spoken->sound.samples) ASSERT_TRUE(std::isfinite(sample));
}

TEST(Quantize, BytesAreOfAllFilesAndOfThoseThatWereRead) {
  const std::string model = output_path("in_place");
  ASSERT_TRUE(convert_model(write_model("to_shard"), model, /*most_file_bytes=*/100'000));
  size_t before = 0;
  {
    const ModelPackage package = value(ModelPackage::open(model));
    ASSERT_GT(package.file.files().size(), 2u);
    for (const SafetensorsFile& file : package.file.files()) before += file.bytes().size();
  }
  const auto report = quantize_model(model, model, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->bytes_before, before);
  EXPECT_EQ(report->bytes_after, std::filesystem::file_size(model));
}

// Paired weights are coarser: where they cost too much, plain ones may not.
TEST(Quantize, KeepsPlainWeightsWherePairedOnesCostTooMuch) {
  const std::string input = write_model("pairs"), output = output_path("pairs");
  const auto paired = quantize_model(input, output, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(paired) << paired.error().message();
  double most = 0;
  for (const LayerChoice& layer : paired->layers) most = std::max(most, layer.error());
  const auto mixed = quantize_model(input, output, small_set(), {.most_error = 0.999 * most});
  ASSERT_TRUE(mixed) << mixed.error().message();
  int plain = 0;
  for (size_t i = 0; i < mixed->layers.size(); ++i) {
    const LayerChoice& layer = mixed->layers[i];
    EXPECT_LE(layer.error(), 0.999 * most) << layer.name;
    if (layer.precision != Precision::int8 || layer.paired) continue;
    EXPECT_LT(layer.error(), paired->layers[i].error()) << layer.name;
    ++plain;
  }
  EXPECT_GT(plain, 0);
  EXPECT_TRUE(Engine::load(output, {.threads = 2}));
}

TEST(Quantize, WithoutRoomForErrorEverythingStaysInBf16) {
  const std::string input = write_model("bf16"), output = output_path("bf16");
  const auto report = quantize_model(input, output, small_set(), {.most_error = 0});
  ASSERT_TRUE(report) << report.error().message();
  for (const LayerChoice& layer : report->layers) {
    if (layer.error_dynamic == 0 && layer.error_static == 0) continue;
    EXPECT_EQ(layer.precision, Precision::bf16) << layer.name;
    EXPECT_NE(layer.reason.find("more than 0.00 %"), std::string::npos) << layer.reason;
  }
  EXPECT_LT(distance(embedding(input), embedding(output)), 0.05);
}

// Channels that never vary, and layers that are all zero, have scale 0 and no error.
TEST(Quantize, ChannelsWithoutVarianceStayExact) {
  const auto flatten = [](const std::string& name, std::vector<float>& values) {
    if (name == "trunk.layer_1.output") std::fill(values.begin(), values.end(), 0.0f);
    if (name == "trunk.layer_0.up_text") std::fill_n(values.begin(), 16 * 64, 0.0f);
    if (name == "picture.block_16.attention_norm") std::fill(values.begin(), values.end(), 0.0f);
  };
  const std::string input = write_model("flat", flatten), output = output_path("flat");
  const auto report = quantize_model(input, output, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(report) << report.error().message();
  for (const LayerChoice& layer : report->layers) {
    if (layer.name == "trunk.layer_1.output" || layer.name == "picture.block_16.query") {
      EXPECT_EQ(layer.error(), 0) << layer.name;
    }
  }
  for (float value : embedding(output)) EXPECT_TRUE(std::isfinite(value));
  EXPECT_LT(distance(embedding(input), embedding(output)), 0.3);
}

// Nothing was measured of such a layer, and nothing needs it: it is rounded all the same.
TEST(Quantize, KeepsALayerThatRoutingClosesToAGroup) {
  const auto close = [](const std::string& name, std::vector<float>& values) {
    if (name == "trunk.layer_1.route_bias") values[3] = -1000;  // painting
  };
  const std::string input = write_model("closed", close), output = output_path("closed");
  const auto report = quantize_model(input, output, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(report) << report.error().message();
  int passed_by = 0;
  for (const LayerChoice& layer : report->layers) {
    const bool closed = layer.name.starts_with("trunk.layer_1.") && layer.name.ends_with("_paint");
    EXPECT_EQ(layer.inputs == 0, closed) << layer.name;
    if (!closed) continue;
    ++passed_by;
    EXPECT_EQ(layer.precision, Precision::int8) << layer.name;
    EXPECT_NE(layer.reason.find("the gate passes it by"), std::string::npos) << layer.reason;
  }
  EXPECT_EQ(passed_by, 2);  // up and down
  const Engine engine = value(Engine::load(output, {.threads = 1}));
  EXPECT_TRUE(engine.paint({Part::of_text("fox")}, {.steps = 2}));
}

// A modality of its own, and neither mattes nor a vocoder.
TEST(Quantize, RehearsesWhatTheModelHas) {
  ModelSpec spec = with_rows(tiny_config(), "points", 99, 64);
  std::erase_if(spec.heads, [](const HeadSpec& head) {
    return head.kind == HeadSpec::Kind::matte || head.kind == HeadSpec::Kind::vocoder;
  });
  const std::string input = tutti::write_model("rehearsed", spec, "", {}),
                    output = output_path("rehearsed");
  const auto report = quantize_model(input, output, small_set(), {.most_error = 0.05});
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(std::any_of(
      report->layers.begin(), report->layers.end(),
      [](const LayerChoice& layer) { return layer.name == "points_in" && layer.inputs > 0; }));
  CalibrationSet without = small_set();
  without.rows.clear();
  const auto unreached = quantize_model(input, output, without, {});
  ASSERT_FALSE(unreached);
  EXPECT_NE(unreached.error().message().find("points"), std::string::npos);
}

TEST(Quantize, RefusesWhatCannotBeCalibrated) {
  const std::string input = write_model("refuse"), output = output_path("refuse");
  CalibrationSet silent = small_set();
  silent.sounds.clear();
  silent.clips.clear();
  const auto missing = quantize_model(input, output, silent, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::bad_input);
  EXPECT_NE(missing.error().message().find("no clips, sounds"), std::string::npos);

  ASSERT_TRUE(quantize_model(input, output, small_set(), {}));
  const auto again = quantize_model(output, output_path("again"), small_set(), {});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message().find("calibrated already"), std::string::npos);

  CalibrationSet misshapen = small_set();
  misshapen.pictures[0] = make_picture(64, 64, 3);
  const auto wrong = quantize_model(input, output, misshapen, {});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("64x64"), std::string::npos);
}

TEST(Quantize, NamesTheLayerWhoseInputsAreNotFinite) {
  const auto explode = [](const std::string& name, std::vector<float>& values) {
    if (name == "picture.image_patch")
      for (float& value : values) value = 3e38f;
  };
  const auto report =
      quantize_model(write_model("nan", explode), output_path("nan"), small_set(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::bad_input);
  const std::string message = report.error().message();
  EXPECT_NE(message.find("layer picture.conv"), std::string::npos) << message;
  EXPECT_NE(message.find("is NaN or infinite"), std::string::npos) << message;
}

TEST(BestScale, ClipsOutliersAndKnowsZero) {
  EXPECT_EQ(best_scale({0, 0}, 0), 0);
  // Standard normal values and one far out. Clipping it to c costs (20 - c)^2 once, and saves
  // rounding errors of scale^2 / 12 in each of the others.
  std::vector<float> values(2000000, 0.0f);
  Rng rng(3);
  for (float& value : values) value = float(rng.normal());
  values[7] = 20;
  const float scale = best_scale(values, 20);
  EXPECT_LT(scale, 0.6f * 20 / 127);
  EXPECT_GT(scale, 4.0f / 127);
}

}  // namespace
}  // namespace tutti
