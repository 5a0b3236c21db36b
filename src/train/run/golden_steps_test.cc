// Golden values of the first steps of every shipped recipe: losses and gradient norms in
// golden_steps.json, recorded before the losses were split into objectives. A change that is meant
// to keep what a recipe computes is made under this test.
//
// Each recipe keeps everything but its model, which is the tiny one, its data, which are those of
// tiny_task.h, and its teacher, which is a tiny model of two steps. Recorded with libtorch 1.13 on
// x86 with AVX-512 BF16; TUTTI_WRITE_GOLDEN=FILE writes them anew.
//
// Tolerance. On one machine with one number of threads the values are equal to the last bit;
// elsewhere sums are added up in another order. Between libtorch's scalar, AVX2 and AVX-512 code,
// oneDNN's for AVX2 and AVX-512, and two tunings of the BLAS, the largest relative difference after
// three steps was 5.2e-3 in fp32 and 5.9e-2 in bf16, whose unit roundoff is 2^-9. Five times that
// is allowed, for other machines have other orders. Apart stand the single steps of a few-step
// path: what rounding moves in one, the next ones multiply (0.31 in the fourth), so their mean
// alone is compared.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "data/scene/library.h"
#include "data/scene/scene.h"
#include "tests/helpers/tiny_task.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSteps = 3;
constexpr const char* kRecipes[] = {"tiny", "nano", "student", "fewstep", "quantize", "ablation"};

std::string source_file(const std::string& path) {
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  return std::string(source ? source : ".") + "/" + path;
}

void quieten(Recipe& recipe, const char* folder) {
  recipe.output = scratch(folder);
  recipe.threads = 2;
  recipe.log_every = 1;
  recipe.sample_every = 1000;
  recipe.store = "f32";
}

class GoldenSteps : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Recipe recipe = tiny_recipe("");
    quieten(recipe, "golden_teacher");
    recipe.steps = 2;
    recipe.precision = "fp32";
    ASSERT_TRUE(make_trainer(recipe)->run(never));
    folder_ = recipe.output;
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static std::string teacher() { return folder_ + "/model.safetensors"; }

  static inline std::string folder_;
};

// The recipe's own way of learning, on the tiny model.
Recipe small(const std::string& name, const std::string& precision, const std::string& teacher) {
  auto read = read_recipe(source_file("recipes/" + name + ".toml"));
  EXPECT_TRUE(read) << read.error().message();
  Recipe recipe = *read;
  const ModelSpec asked = recipe.model;
  recipe.model = tiny_recipe("").model;
  for (size_t m = 0; m < asked.modalities.size(); ++m) {
    ModalitySpec& modality = recipe.model.modalities[m];
    modality.steps = asked.modalities[m].steps;
    modality.guidance = asked.modalities[m].guidance;
    if (!asked.modalities[m].until.empty()) modality.until = {1, 0, 0.4f, 1};
  }
  if (!recipe.objectives.distill.teacher.empty()) {
    recipe.objectives.distill.teacher = teacher;
    recipe.model.layers = 2;
  }
  if (!recipe.objectives.few_step.teacher.empty()) recipe.objectives.few_step.teacher = teacher;
  if (!recipe.start_from.empty()) recipe.start_from = teacher;
  recipe.steps = kSteps;
  recipe.precision = precision;
  quieten(recipe, name.c_str());
  return recipe;
}

// What tiny_task.h has none of: a question with words that are located, and a clip with a caption
// that is one of a pair.
void add_questions(std::vector<Example>& out, Rng& rng) {
  const Scene scene = make_scene(SceneLibrary(), SceneKind::colour, rng);
  Segment image;
  image.stem = Stem::picture;
  image.image = scene.image;
  image.located = {{rng.below(16), 30}, {rng.below(16), 40}};
  Segment asked = text_segment(question_prompt(bytes("what?")));
  asked.located = {{2, 50}};
  out.push_back({Task::question, {image, asked, text_segment(bytes("red"), true)}});

  Segment clip;
  clip.stem = Stem::clip;
  clip.clip.frames.assign(16, scene.image);
  Example told{Task::clip,
               {clip, text_segment(describe_prompt(token_caption, bytes("en"))),
                text_segment(bytes("left"), true)}};
  Example alone{Task::text, {text_segment(generation_prompt(bytes("left"), token_paint))}};
  told.pair = alone.pair = 1001;  // of no pair in tiny_task.h: those are multiples of 4
  out.push_back(told);
  out.push_back(alone);
}

std::vector<Example> every_task(int step, Rng& rng) {
  std::vector<Example> examples = examples_of_step(step, rng);
  add_questions(examples, rng);
  return examples;
}

// A list of steps, each with its losses and "norm".
Json steps_of(const Recipe& recipe) {
  Json steps = Json::array();
  TrainerInputs inputs;
  inputs.examples = every_task;
  inputs.report = [&](const StepReport& report) {
    Json step = report.losses;
    step["norm"] = report.gradient_norm;
    steps.push_back(step);
  };
  auto trainer = Trainer::create(recipe, inputs);
  EXPECT_TRUE(trainer) << trainer.error().message();
  const Status status = (*trainer)->run(never);
  EXPECT_TRUE(status) << status.error().message();
  std::filesystem::remove_all(recipe.output);
  return steps;
}

Json recorded() {
  std::ifstream file(source_file("src/train/run/golden_steps.json"));
  return Json::parse(file);
}

void expect_near(const Json& got, const Json& wanted, double share, const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (size_t step = 0; step < wanted.size(); ++step) {
    EXPECT_EQ(got[step].size(), wanted[step].size()) << where << ": losses that there were not";
    for (const auto& [name, value] : wanted[step].items()) {
      ASSERT_TRUE(got[step].contains(name)) << where << ": no " << name;
      if (std::isdigit(static_cast<unsigned char>(name.back()))) continue;  // "speak.4"
      const double want = value.get<double>(), is = got[step][name].get<double>();
      EXPECT_NEAR(is, want, share * std::abs(want)) << where << " step " << step << " " << name;
    }
  }
}

TEST_F(GoldenSteps, EveryRecipeLearnsAsRecorded) {
  Json got;
  for (const char* precision : {"fp32", "bf16"})
    for (const char* name : kRecipes)
      got[precision][name] = steps_of(small(name, precision, teacher()));
  if (const char* path = std::getenv("TUTTI_WRITE_GOLDEN")) {
    ASSERT_TRUE(write_file_atomic(path, got.dump(1) + "\n"));
    return;
  }
  const Json wanted = recorded();
  for (const auto& [precision, spread] : {std::pair{"fp32", 5.2e-3}, {"bf16", 5.9e-2}})
    for (const char* name : kRecipes)
      expect_near(got[precision][name], wanted[precision][name], 5 * spread,
                  std::string(precision) + " " + name);
}

// Also a teacher's lessons and a few-step path, which are dealt to micro-batches, too.
TEST_F(GoldenSteps, EveryRecipeLearnsTheSameFromMicroBatches) {
  const Json wanted = recorded();
  for (const char* name : kRecipes) {
    Recipe recipe = small(name, "fp32", teacher());
    recipe.micro_batches = 3;
    expect_near(steps_of(recipe), wanted["fp32"][name], 5 * 5.2e-3,
                std::string(name) + " in micro-batches");
  }
}

}  // namespace
}  // namespace tutti
