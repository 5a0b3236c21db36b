// A run that starts from a model file which lacks a group and a modality: what the file has is
// taken over and, where it is not trained, written again byte for byte.
#include "train/run/start_model.h"

#include <gtest/gtest.h>

#include <cstring>

#include "model/spec/spec_json.h"
#include "tests/helpers/tiny_task.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr int kValues = 5;

// The model of a recipe with a group and a modality more, in the middle of the lists.
void add_gauges(ModelSpec& spec) {
  spec.groups.insert(spec.groups.begin() + 2, {"gauges", 32});
  for (ModalitySpec& modality : spec.modalities) modality.group += modality.group >= 2;
  const auto at = std::find_if(spec.modalities.begin(), spec.modalities.end(),
                               [](const ModalitySpec& m) { return m.group > 2; });
  spec.modalities.insert(
      at, {.name = "gauges", .group = 2, .stem = Stem::patches, .values = kValues, .tokens = 3});
}

std::vector<Example> gauges_of_step(int, Rng& rng) {
  std::vector<Example> examples;
  for (int i = 0; i < 4; ++i) {
    const int which = rng.below(3);
    Segment seen;
    seen.stem = Stem::patches;
    seen.rows = {
        "gauges", std::vector<float>(3 * kValues, float(which)), {{}, {0, 1, 0}, {0, 0, 1}}};
    examples.push_back(
        {Task::caption,
         {seen, text_segment(bytes("?")), text_segment(bytes(word_of(which)), true)}});
  }
  return examples;
}

class Start : public testing::Test {
 protected:
  // A trained model file as INT8, with a note.
  static void SetUpTestSuite() {
    Recipe recipe = tiny_recipe(scratch("start"));
    recipe.steps = 2;
    ASSERT_TRUE(make_trainer(recipe)->run(never));
    const auto package = ModelPackage::open(recipe.output + "/model.safetensors");
    ASSERT_TRUE(package) << package.error().message();
    KeptParts kept = kept_parts(*package);
    kept.metadata["tutti.quantization"] = "{\"calibration\":\"a note\"}";
    const int64_t groups = int64_t(recipe.model.groups.size());
    static const std::vector<float> scales = {1, 2, 3, 4, 5};
    ASSERT_EQ(groups, int64_t(scales.size()));
    for (const TensorView& tensor : package->file.tensors())
      if (tensor.name != tokenizer_tensor) kept.tensors.push_back(tensor);
    kept.tensors.push_back({"trunk.layer_0.query.input_scale",
                            DType::f32,
                            {groups},
                            reinterpret_cast<const std::byte*>(scales.data()),
                            scales.size() * sizeof(float)});
    output_ = recipe.output;
    file_ = output_ + "/noted.safetensors";
    const Status saved = save_model(file_, package->config_json, package->card, package->tokenizer,
                                    {}, DType::i8, kept);
    ASSERT_TRUE(saved) << saved.error().message();
  }
  static void TearDownTestSuite() { fs::remove_all(output_); }

  static Recipe recipe(const char* name) {
    Recipe recipe = tiny_recipe(scratch(name));
    recipe.start_from = file_;
    recipe.steps = 3;
    recipe.objectives.route.weight = 0;
    return recipe;
  }
  static Recipe with_gauges(const char* name) {
    Recipe more = recipe(name);
    add_gauges(more.model);
    more.train_only = {"gauges"};
    return more;
  }
  static Result<std::unique_ptr<Trainer>> make(const Recipe& recipe,
                                               std::span<const std::byte> tokenizer = {}) {
    TrainerInputs inputs;
    inputs.examples = gauges_of_step;
    inputs.tokenizer = tokenizer;
    return Trainer::create(recipe, std::move(inputs));
  }
  static void train(const Recipe& recipe) {
    const auto trainer = make(recipe);
    ASSERT_TRUE(trainer) << trainer.error().message();
    const Status status = (*trainer)->run(never);
    ASSERT_TRUE(status) << status.error().message();
  }
  static void expect_refused(const Recipe& recipe, const std::string& part) {
    const auto trainer = make(recipe);
    ASSERT_FALSE(trainer) << part;
    EXPECT_EQ(trainer.error().code(), ErrorCode::bad_input);
    EXPECT_NE(trainer.error().message().find(part), std::string::npos) << trainer.error().message();
    fs::remove_all(recipe.output);
  }

  static std::string output_, file_;
};
std::string Start::output_, Start::file_;

bool same_bytes(const TensorView& a, const TensorView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && std::memcmp(a.data, b.data, a.bytes) == 0;
}

// Whether the rows of `old` are in `now`, where a group of five was added as the third.
bool rows_kept(const TensorView& old, const TensorView& now) {
  const size_t row = old.bytes / size_t(old.shape[0]);
  const auto place = [](int64_t group) { return group < 2 ? group : group + 1; };
  const bool pairs = old.shape[0] == 25;
  if (old.dtype != now.dtype || now.shape[0] != (pairs ? 36 : 6) || (!pairs && old.shape[0] != 5))
    return false;
  for (int64_t i = 0; i < old.shape[0]; ++i) {
    const int64_t to = pairs ? place(i / 5) * 6 + place(i % 5) : place(i);
    if (std::memcmp(old.data + size_t(i) * row, now.data + size_t(to) * row, row) != 0)
      return false;
  }
  return true;
}

TEST_F(Start, WhatIsNotTrainedIsWrittenByteForByte) {
  const Recipe more = with_gauges("more");
  train(more);
  const auto before = ModelPackage::open(file_);
  const auto after = ModelPackage::open(more.output + "/model.safetensors");
  ASSERT_TRUE(before && after);
  int grown = 0;
  for (const TensorView& old : before->file.tensors()) {
    if (old.name == tokenizer_tensor) continue;
    const TensorView* now = after->file.find(old.name);
    ASSERT_TRUE(now) << old.name;
    if (now->shape == old.shape) {
      EXPECT_TRUE(same_bytes(old, *now)) << old.name;
    } else {
      EXPECT_TRUE(rows_kept(old, *now)) << old.name;
      ++grown;
    }
  }
  // Of each layer two norms and the gain of pairs, of routed ones a bias, and the last norm.
  EXPECT_GE(grown, 3 * more.model.layers + 1);
  EXPECT_EQ(after->file.metadata().at("tutti.quantization"), "{\"calibration\":\"a note\"}");
  EXPECT_EQ(after->manifest.format, 2);
  const auto spec = parse_model_spec(after->config_json);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->groups, more.model.groups);
  EXPECT_EQ(spec->modalities, more.model.modalities);
  fs::remove_all(more.output);
}

TEST_F(Start, WhatTheFileLacksIsTrained) {
  const Recipe more = with_gauges("learnt");
  train(more);
  const auto after = ModelPackage::open(more.output + "/model.safetensors");
  ASSERT_TRUE(after) << after.error().message();
  const int width = more.model.width, groups = int(more.model.groups.size());
  const auto values = [&](const std::string& name, int rows, int cols) {
    const auto read = after->read_f32(name, {rows, cols});
    EXPECT_TRUE(read) << read.error().message();
    return read ? *read : std::vector<float>();
  };
  const auto moved = [](const std::vector<float>& all, float from) {
    return std::any_of(all.begin(), all.end(), [&](float value) { return value != from; });
  };
  EXPECT_TRUE(moved(values("trunk.layer_0.down_gauges", width, 32), 0));
  // Not the last norm: nothing is read from the rows of gauges themselves here.
  const std::vector<float> norm = values("trunk.layer_0.attention_norm", groups, width);
  EXPECT_TRUE(moved({norm.begin() + 2 * width, norm.begin() + 3 * width}, 1));
  const TensorView* scale = after->file.find("trunk.layer_0.query.input_scale");
  ASSERT_TRUE(scale);
  EXPECT_EQ(*after->read_f32(scale->name, scale->shape), (std::vector<float>{1, 2, 0, 3, 4, 5}));
  fs::remove_all(more.output);
}

// The rows of other groups see nothing of a group that they do not meet.
TEST_F(Start, TheOtherGroupsAnswerAsBefore) {
  Recipe plain = recipe("plain"), more = with_gauges("beside");
  Recipe swapped = recipe("swapped");
  ModelSpec& spec = swapped.model;
  ASSERT_EQ(spec.modalities[3].name, "audio");
  std::swap(spec.groups[1], spec.groups[2]);
  std::rotate(spec.modalities.begin() + 1, spec.modalities.begin() + 3,
              spec.modalities.begin() + 4);
  for (ModalitySpec& modality : spec.modalities)
    if (modality.group == 1 || modality.group == 2) modality.group = 3 - modality.group;
  const auto losses = [&](const Recipe& recipe) {
    const auto trainer = make(recipe);
    EXPECT_TRUE(trainer) << trainer.error().message();
    const auto values = (*trainer)->evaluate(all_examples());
    fs::remove_all(recipe.output);
    return *values;
  };
  const auto expected = losses(plain), beside = losses(more), other_order = losses(swapped);
  for (const auto& [name, value] : expected) {
    EXPECT_NEAR(beside.at(name), value, 1e-4 * std::abs(value)) << name;
    EXPECT_NEAR(other_order.at(name), value, 1e-2 * std::abs(value)) << name;
  }
}

TEST_F(Start, WhatDiffersOtherwiseIsRefusedByName) {
  Recipe other = recipe("deeper");
  other.model.layers += 2;
  expect_refused(other, "model.layers is ");
  other = recipe("wider");
  other.model.groups[1].ffn *= 2;
  expect_refused(other, "_see");
  other = recipe("smaller");
  other.model.modalities.pop_back();
  other.model.groups.pop_back();
  std::erase_if(other.model.heads, [](const HeadSpec& head) {
    return head.from == "speak" || head.kind == HeadSpec::Kind::vocoder;
  });
  expect_refused(other, "\"speak\", which [model] lacks");
  other = recipe("dumb");
  std::erase_if(other.model.heads,
                [](const HeadSpec& head) { return head.kind == HeadSpec::Kind::vocoder; });
  expect_refused(other, "the head \"vocoder\", which [model] lacks");
  other = with_gauges("elsewhere");
  other.model.modality("clip").group = 0;
  expect_refused(other, "\"clip\" has another stem or group");
}

// No tensor shows these by its shape.
TEST_F(Start, SettingsThatDifferAreRefusedByName) {
  Recipe other = recipe("sharper");
  other.model.logit_cap = 30;
  expect_refused(other, "model.logit_cap is 30.0; in the file it is 15.0");
  other = recipe("smoother");
  other.model.block.activation = Activation::gelu;
  expect_refused(other, "model.block.activation is \"gelu\"; in the file it is ");
  other = recipe("longer");
  other.model.context *= 2;
  const auto trainer = make(other);
  EXPECT_TRUE(trainer) << trainer.error().message();
  fs::remove_all(other.output);
}

TEST_F(Start, AHeadMoreBeginsFresh) {
  Recipe silent = with_gauges("silent");
  silent.start_from.clear();
  silent.train_only.clear();
  silent.steps = 1;
  std::erase_if(silent.model.heads,
                [](const HeadSpec& head) { return head.kind == HeadSpec::Kind::vocoder; });
  train(silent);
  Recipe voiced = with_gauges("voiced");
  voiced.start_from = silent.output + "/model.safetensors";
  const auto trainer = make(voiced);
  EXPECT_TRUE(trainer) << trainer.error().message();
  fs::remove_all(voiced.output);
  fs::remove_all(silent.output);
}

TEST_F(Start, ARunGoesOnFromItsOwnFileAlone) {
  Recipe more = with_gauges("resumed");
  train(more);
  ASSERT_TRUE(make(more));
  Recipe fresh = tiny_recipe(scratch("stranger"));
  fresh.steps = 1;
  fresh.seed += 1;
  ASSERT_TRUE(make_trainer(fresh)->run(never));
  more.start_from = fresh.output + "/model.safetensors";
  expect_refused(more, "not the file that this run began with");
  fs::remove_all(fresh.output);
}

TEST_F(Start, AnotherTokenizerIsRefused) {
  const Recipe more = with_gauges("pieces");
  const std::string pieces = "other pieces";
  const auto trainer = make(more, std::as_bytes(std::span(pieces)));
  ASSERT_FALSE(trainer);
  EXPECT_NE(trainer.error().message().find("--tokenizer-of"), std::string::npos);
  fs::remove_all(more.output);
}

}  // namespace
}  // namespace tutti
