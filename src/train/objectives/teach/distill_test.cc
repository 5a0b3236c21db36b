// Learning from a trained model: few-step generation, a smaller student, quantization-aware
// fine-tuning. One tiny teacher, trained once, serves all tests. Its examples are known by heart,
// so the figures say that the machinery works, not what it is worth on real data.
#include "train/objectives/teach/distill.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/spec/spec_json.h"
#include "tests/helpers/tiny_task.h"
#include "train/objectives/teach/inherit.h"

namespace tutti {
namespace {

class Distill : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Recipe recipe = tiny_recipe(scratch("teacher"));
    recipe.steps = 200;
    auto trainer = make_trainer(recipe);
    ASSERT_TRUE(trainer->run(never));
    folder_ = recipe.output;
    teacher_ = recipe.output + "/model.safetensors";
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static Recipe recipe_for(const char* name, int steps) {
    Recipe recipe = tiny_recipe(scratch(name));
    recipe.steps = steps;
    return recipe;
  }

  // Fine-tuning: rates for a fresh model would undo what it knows.
  static void soften(Recipe& recipe, double share) {
    recipe.optimizer.muon_rate *= share;
    recipe.optimizer.adam_rate *= share;
  }

  static std::unique_ptr<Teacher> open(const std::string& path) {
    auto model = Teacher::open(path, torch::kCPU, torch::kFloat);
    EXPECT_TRUE(model) << model.error().message();
    return *std::move(model);
  }

  static inline std::string folder_, teacher_;
};

// All values that a model generates for the 16 examples, always from the same noise.
std::vector<float> generate(Teacher& model, int steps, double guidance) {
  NoiseOptions options;
  options.from_noise = true;
  Rng rng(5);
  const auto drawn = draw_noise(all_examples(), options, rng);
  std::vector<const DrawnExample*> all;
  for (const DrawnExample& one : drawn) all.push_back(&one);
  GuidedBatches batches = collate_guided(model.config, all);
  GuidedPath path(model, batches, {guidance, guidance});
  for (int i = 0; i < steps; ++i) path.step(flow_time(i, steps), flow_time(i + 1, steps));
  std::vector<float> values = batches.with->values[size_t(model.config.find("paint"))];
  const auto& speech = batches.with->values[size_t(model.config.find("speak"))];
  values.insert(values.end(), speech.begin(), speech.end());
  return values;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / double(a.size()));
}

// Two, for the tiny teacher's own four are nearly as good as its twenty.
TEST_F(Distill, TwoStepsComeCloserToTwentyGuidedOnes) {
  Recipe recipe = recipe_for("few_step", 160);
  soften(recipe, 0.25);
  recipe.objectives.few_step.teacher = teacher_;
  recipe.objectives.few_step.steps = 2;
  recipe.objectives.few_step.substeps = 8;
  recipe.objectives.few_step.paint_guidance = recipe.objectives.few_step.speak_guidance = 1.5;
  recipe.noise.from_noise = true;
  recipe.noise.drop_text = 0;
  auto trainer = make_trainer(recipe);
  ASSERT_TRUE(trainer->run(never));

  const auto teacher = open(teacher_);
  const auto student = open(recipe.output + "/model.safetensors");
  const std::vector<float> wanted = generate(*teacher, 20, 1.5);
  const double before = distance(generate(*teacher, 2, 1), wanted);
  const double guided = distance(generate(*teacher, 2, 1.5), wanted);
  const double after = distance(generate(*student, 2, 1), wanted);
  RecordProperty("rms_teacher_2_steps", std::to_string(before));
  RecordProperty("rms_teacher_2_guided_steps", std::to_string(guided));
  RecordProperty("rms_student_2_steps", std::to_string(after));
  // Measured: 0.30 against 0.44 of both; how close it comes is a matter of steps.
  EXPECT_LT(after, 0.8 * before);
  EXPECT_LT(after, 0.8 * guided);
  std::filesystem::remove_all(recipe.output);
}

TEST_F(Distill, AFewStepModelTeachesOneThatRunsFewerLayers) {
  Recipe recipe = recipe_for("few_steps", 1);
  for (const char* name : {"paint", "speak"})
    recipe.model.modality(name).guidance = 1;  // as read_recipe() makes it
  recipe.objectives.few_step.teacher = teacher_;
  ASSERT_TRUE(make_trainer(recipe)->run(never));

  Recipe fewer = recipe_for("fewer_layers", 40);
  soften(fewer, 0.25);
  for (const char* name : {"paint", "speak"}) fewer.model.modality(name).guidance = 1;
  fewer.objectives.few_step.teacher = recipe.output + "/model.safetensors";
  fewer.objectives.few_step.steps = 2;
  fewer.noise.from_noise = true;
  fewer.noise.drop_text = 0;
  std::vector<float>& until = fewer.model.modality("paint").until;
  until.assign(size_t(fewer.model.layers), 1);
  until[1] = 0.4f;
  ASSERT_TRUE(make_trainer(fewer)->run(never));

  const auto teacher = open(fewer.objectives.few_step.teacher);
  const auto student = open(fewer.output + "/model.safetensors");
  EXPECT_EQ(student->config.modality("paint").until, until);
  const std::vector<float> wanted = generate(*teacher, 2, 1);
  const double after = distance(generate(*student, 2, 1), wanted);
  teacher->model.trunk.spec.modality("paint").until = until;  // and nothing learned
  const double before = distance(generate(*teacher, 2, 1), wanted);
  RecordProperty("rms_before", std::to_string(before));
  RecordProperty("rms_after", std::to_string(after));
  EXPECT_LT(after, before);
  std::filesystem::remove_all(recipe.output);
  std::filesystem::remove_all(fewer.output);
}

TEST_F(Distill, AFewStepModelTeachesNoFewSteps) {
  Recipe recipe = recipe_for("few_step_twice", 1);
  recipe.model.modality("paint").guidance = 1;  // as read_recipe() makes it
  recipe.objectives.few_step.teacher = teacher_;
  auto trainer = make_trainer(recipe);
  ASSERT_TRUE(trainer->run(never));
  recipe.objectives.few_step.teacher = recipe.output + "/model.safetensors";
  const auto refused = Trainer::create(recipe, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("learned few steps already"), std::string::npos);
  std::filesystem::remove_all(recipe.output);
}

// A teacher reads the student's rows, so each of these would be another batch than it knows.
TEST_F(Distill, ATeacherThatReadsOtherRowsIsRefused) {
  const auto refused = [&](const std::string& named, const std::function<void(ModelSpec&)>& change,
                           bool few_step) {
    Recipe recipe = recipe_for("other_rows", 1);
    change(recipe.model);
    (few_step ? recipe.objectives.few_step.teacher : recipe.objectives.distill.teacher) = teacher_;
    const auto trainer = Trainer::create(recipe, {examples_of_step});
    ASSERT_FALSE(trainer) << named;
    EXPECT_EQ(trainer.error().code(), ErrorCode::bad_input);
    EXPECT_NE(trainer.error().message().find(named), std::string::npos)
        << trainer.error().message();
    std::filesystem::remove_all(recipe.output);
  };
  for (const bool few_step : {false, true}) {
    const auto refuses = [&](const std::string& named,
                             const std::function<void(ModelSpec&)>& change) {
      refused(named, change, few_step);
    };
    refuses("its vocabulary is 320 and the student's is 321",
            [](ModelSpec& s) { s.vocabulary = 321; });
    refuses("its hierarchy is true and", [](ModelSpec& s) { s.hierarchy = false; });
    refuses("its merged is false", [](ModelSpec& s) { s.merged = true; });
    refuses("its group 2 is \"see\" and the student's is \"look\"",
            [](ModelSpec& s) { s.groups[1].name = "look"; });
    refuses("its modality 3 is \"clip\"", [](ModelSpec& s) { s.modalities[2].name = "film"; });
    refuses("its audio's merge is 3 and the student's is 4",
            [](ModelSpec& s) { s.modality("audio").merge = 4; });
    refuses("its clip's group is \"see\" and the student's is \"hear\"",
            [](ModelSpec& s) { s.modality("clip").group = 2; });
    refuses("its number of groups is 5 and the student's is 4", [](ModelSpec& s) {
      s.modalities.pop_back();
      s.groups.pop_back();
      std::erase_if(s.heads, [](const HeadSpec& h) {
        return h.from == "speak" || h.kind == HeadSpec::Kind::vocoder;
      });
    });
  }
}

TEST_F(Distill, AStudentLearnsMoreFromATeacherThanAlone) {
  std::map<std::string, double> losses[2];
  for (bool taught : {false, true}) {
    Recipe recipe = recipe_for(taught ? "taught" : "alone", 60);
    recipe.model.layers = 2;
    for (size_t g = 0; g < 5; ++g) recipe.model.groups[g].ffn = g == 1 || g == 2 ? 32 : 64;
    recipe.model.audio_blocks = 1;
    if (taught) recipe.objectives.distill.teacher = teacher_;
    auto trainer = make_trainer(recipe);
    ASSERT_TRUE(trainer->run(never));
    losses[taught] = *trainer->evaluate(all_examples());
    std::filesystem::remove_all(recipe.output);
  }
  for (const char* name : {"text", "paint", "speak"}) {
    RecordProperty(std::string(name) + "_alone", std::to_string(losses[0][name]));
    RecordProperty(std::string(name) + "_taught", std::to_string(losses[1][name]));
    EXPECT_LT(losses[1][name], losses[0][name]) << name;
  }
}

// The losses and gradient norms of each step.
std::vector<StepReport> reports_of(Recipe recipe) {
  recipe.log_every = 1;
  std::vector<StepReport> reports;
  TrainerInputs inputs;
  inputs.examples = examples_of_step;
  inputs.report = [&](const StepReport& report) { reports.push_back(report); };
  auto trainer = Trainer::create(recipe, inputs);
  EXPECT_TRUE(trainer) << trainer.error().message();
  const Status status = (*trainer)->run(never);
  EXPECT_TRUE(status) << status.error().message();
  return reports;
}

TEST_F(Distill, WithoutACapLogitsAreImitatedAsTheyAre) {
  Recipe plain = recipe_for("no_cap", 1);
  plain.model.logit_cap = 0;
  ASSERT_TRUE(make_trainer(plain)->run(never));
  for (const bool capped_teacher : {false, true}) {
    Recipe recipe = recipe_for("no_cap_student", 2);
    recipe.model.logit_cap = 0;
    recipe.objectives.distill.inherit = false;
    recipe.objectives.distill.teacher =
        capped_teacher ? teacher_ : plain.output + "/model.safetensors";
    const auto reports = reports_of(recipe);
    EXPECT_EQ(reports.size(), 2u);
    for (const StepReport& report : reports) {
      EXPECT_TRUE(std::isfinite(report.gradient_norm)) << capped_teacher;
      EXPECT_GT(report.losses.at("text_teacher"), 0) << capped_teacher;
    }
    std::filesystem::remove_all(recipe.output);
  }
  std::filesystem::remove_all(plain.output);
}

// How far INT8 products move what a model generates.
double int8_error(const std::string& path) {
  auto model = Teacher::open(path, torch::kCPU, torch::kFloat);
  EXPECT_TRUE(model) << model.error().message();
  const std::vector<float> exact = generate(**model, 1, 1);
  (*model)->ops.set_quantize({true, true});
  return distance(generate(**model, 1, 1), exact);
}

TEST_F(Distill, QuantizationAwareTuningKeepsTheInt8Error) {
  Recipe recipe = recipe_for("quantize", 40);
  soften(recipe, 0.05);
  recipe.start_from = teacher_;
  recipe.quantize = {true, true};
  auto trainer = make_trainer(recipe);
  const auto before = *trainer->evaluate(all_examples());
  ASSERT_TRUE(trainer->run(never));
  const auto after = *trainer->evaluate(all_examples());
  for (const char* name : {"text", "paint", "speak", "ctc"}) {
    RecordProperty(std::string(name) + "_int8_before", std::to_string(before.at(name)));
    RecordProperty(std::string(name) + "_int8_after", std::to_string(after.at(name)));
    EXPECT_LT(after.at(name), 1.02 * before.at(name)) << name;
  }
  const double error_before = int8_error(teacher_);
  const double error_after = int8_error(recipe.output + "/model.safetensors");
  RecordProperty("rms_int8_before", std::to_string(error_before));
  RecordProperty("rms_int8_after", std::to_string(error_after));
  EXPECT_GT(error_before, 0);
  // Sums are rounded differently on other processors, and training makes more of it: on a Zen 5
  // the error grows by 5.3 %.
  EXPECT_LE(error_after, 1.1 * error_before);
  std::filesystem::remove_all(recipe.output);
}

TEST_F(Distill, SlicesKeepEachPartsLeadingRowsAndTheOutermostLayers) {
  const auto large = ModelPackage::open(teacher_);
  ASSERT_TRUE(large);
  auto config = parse_model_spec(large->config_json);
  ASSERT_TRUE(config);
  config->layers = 2;
  config->modulation_rank = 8;
  config->bottleneck = 16;
  ParameterStore weights(1, torch::kCPU);
  Model<TorchOps> model(Scope<ParameterStore>(weights, ""), *config);
  const auto status = inherit_weights(weights, *config, *large);
  ASSERT_TRUE(status) << status.error().message();
  const auto expect_rows = [&](const torch::Tensor& got, const char* name, int rows, int cols,
                               int from, int to, int count, int leading) {
    const auto values = large->read_f32(name, {rows, cols});
    ASSERT_TRUE(values) << values.error().message();
    const torch::Tensor want =
        torch::tensor(*values).reshape({rows, cols}).narrow(0, from, count).narrow(1, 0, leading);
    EXPECT_TRUE(torch::equal(got.detach().narrow(0, to, count), want)) << name;
  };
  // Layers 0 and 1 of two are 0 and 3 of four.
  expect_rows(model.trunk.layers[1].block.query.weight, "trunk.layer_3.query", 64, 64, 0, 0, 64,
              64);
  expect_rows(model.trunk.layers[1].modulation[4], "trunk.layer_3.paint_modulation", 256, 16, 64,
              64, 64, 8);
  expect_rows(model.speech_text->bytes, "speech_text.bytes", 256, 32, 0, 0, 256, 32);
  EXPECT_EQ(model.inputs[4].in.size(0), 16);

  ModelSpec wider = *config;
  wider.width = 128;
  ParameterStore more(1, torch::kCPU);
  Model<TorchOps> larger(Scope<ParameterStore>(more, ""), wider);
  const auto refused = inherit_weights(more, wider, *large);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("no larger than the teacher's"), std::string::npos);
}

}  // namespace
}  // namespace tutti
