// The trainer as a whole: a tiny model learns 16 examples of every task by heart, in the stated
// losses; a run that is killed and resumed ends in the same bits; recipes reject what they do not
// know.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/atomic_file.h"
#include "format/package/model_package.h"
#include "model/spec/spec_json.h"
#include "tests/helpers/tiny_task.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

TEST(Trainer, LearnsSixteenExamplesOfEveryTask) {
  const Recipe recipe = tiny_recipe(scratch("learn"));
  auto trainer = make_trainer(recipe);
  const std::vector<Example> all = all_examples();
  auto before = *trainer->evaluate(all);
  ASSERT_TRUE(trainer->run(never));
  auto after = *trainer->evaluate(all);
  for (const auto& [name, loss] : after) RecordProperty(name, std::to_string(loss));
  EXPECT_LT(after["text"], 0.35) << "from " << before["text"];
  EXPECT_LT(after["ctc"], 0.15) << "from " << before["ctc"];
  EXPECT_LT(after["paint"], 0.5 * before["paint"]);
  EXPECT_LT(after["speak"], 0.5 * before["speak"]);
  EXPECT_LT(after["contrast"], 0.6 * before["contrast"]);
  EXPECT_LT(after["duration"], 0.25) << "from " << before["duration"];
  EXPECT_LT(after["vocoder"], 0.7 * before["vocoder"]);
  EXPECT_TRUE(fs::exists(recipe.output + "/samples/280-pictures.png"));
  EXPECT_TRUE(fs::exists(recipe.output + "/samples/280-speech.png"));
  EXPECT_FALSE(fs::is_empty(recipe.output + "/events"));
  const auto model = ModelPackage::open(recipe.output + "/model.safetensors");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_TRUE(parse_model_spec(model->config_json));
  fs::remove_all(recipe.output);
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The child's half of train_in_child: a test of this program, run by itself with its orders in the
// environment, because a fork after libtorch has started its threads would hang.
TEST(TrainerChild, DISABLED_Train) {
  std::istringstream orders(std::getenv("TUTTI_TRAINER_CHILD"));
  std::string output;
  int save_at = 0, kill_at = 0;
  orders >> output >> save_at >> kill_at;
  Recipe recipe = tiny_recipe(output);
  recipe.steps = 12;
  auto trainer = make_trainer(recipe);
  if (save_at) {
    ASSERT_TRUE(trainer->run([&] { return trainer->step() >= save_at; }));
  }
  ASSERT_TRUE(trainer->run([&] {
    if (kill_at && trainer->step() >= kill_at) kill(getpid(), SIGKILL);
    return false;
  }));
}

// Trains 12 steps in a process of its own, which saves after `save_at` steps, then goes on, and is
// killed with SIGKILL on reaching `kill_at`. 0: neither. Returns the wait status.
int train_in_child(const std::string& output, int save_at, int kill_at) {
  const std::string orders = output + " " + std::to_string(save_at) + " " + std::to_string(kill_at);
  setenv("TUTTI_TRAINER_CHILD", orders.c_str(), 1);
  return std::system(
      ("exec '" + fs::read_symlink("/proc/self/exe").string() +
       "' --gtest_also_run_disabled_tests --gtest_filter=TrainerChild.* > /dev/null 2>&1")
          .c_str());
}

TEST(Trainer, AKilledRunResumesBitForBit) {
  const std::string straight = scratch("straight"), killed = scratch("killed");
  ASSERT_EQ(train_in_child(straight, 0, 0), 0);
  const int status = train_in_child(killed, 5, 8);  // loses steps 6 to 8
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  ASSERT_EQ(train_in_child(killed, 0, 0), 0);  // continues from 5
  for (const char* file : {"/checkpoint/step_12/pieces_0.safetensors",
                           "/checkpoint/step_12/index.json", "/model.safetensors"}) {
    const std::string a = contents(straight + file);
    ASSERT_FALSE(a.empty());
    EXPECT_TRUE(a == contents(killed + file)) << file << " differs from the uninterrupted run's";
  }
  fs::remove_all(straight);
  fs::remove_all(killed);
}

TEST(Trainer, ACheckpointOfAnotherModelIsRefused) {
  Recipe recipe = tiny_recipe(scratch("other"));
  recipe.steps = 1;
  ASSERT_TRUE(make_trainer(recipe)->run(never));
  recipe.model.width = 128;
  const auto trainer = Trainer::create(recipe, {examples_of_step});
  ASSERT_FALSE(trainer);
  EXPECT_EQ(trainer.error().code(), ErrorCode::bad_input);
  EXPECT_NE(trainer.error().message().find("another"), std::string::npos);
  fs::remove_all(recipe.output);
}

TEST(Trainer, WhatIsNotToBeTrainedKeepsItsBits) {
  Recipe recipe = tiny_recipe(scratch("first"));
  recipe.steps = 2;
  recipe.store = "f32";
  ASSERT_TRUE(make_trainer(recipe)->run(never));
  Recipe more = tiny_recipe(scratch("more"));
  more.steps = 3;
  more.store = "f32";
  more.start_from = recipe.output + "/model.safetensors";
  more.train_only = {"paint", "speak"};
  ASSERT_TRUE(make_trainer(more)->run(never));
  const auto before = ModelPackage::open(more.start_from);
  const auto after = ModelPackage::open(more.output + "/model.safetensors");
  ASSERT_TRUE(before && after);
  int changed = 0;
  for (const TensorView& tensor : before->file.tensors()) {
    const TensorView* now = after->file.find(tensor.name);
    ASSERT_TRUE(now) << tensor.name;
    const bool same = std::memcmp(tensor.data, now->data, tensor.bytes) == 0;
    changed += !same;
    const bool trained = tensor.name.find("paint") != std::string::npos ||
                         tensor.name.find("speak") != std::string::npos;
    EXPECT_TRUE(same || trained) << tensor.name;
  }
  EXPECT_GT(changed, 10);

  more.train_only = {"paint", "sing"};
  const auto trainer = Trainer::create(more, {examples_of_step});
  ASSERT_FALSE(trainer);
  EXPECT_NE(trainer.error().message().find("train_only"), std::string::npos);
  fs::remove_all(recipe.output);
  fs::remove_all(more.output);
}

TEST(Trainer, NothingToLearnIsAnError) {
  Recipe recipe = tiny_recipe(scratch("nothing"));
  recipe.steps = 3;
  recipe.objectives.text = {.weight = 0, .answers = 0};
  TrainerInputs inputs;
  inputs.examples = [](int, Rng&) {
    return std::vector<Example>{{Task::text, {text_segment(bytes("hello"), true)}}};
  };
  recipe.objectives.route.weight = 0;
  auto trainer = Trainer::create(recipe, inputs);
  ASSERT_TRUE(trainer) << trainer.error().message();
  const Status status = (*trainer)->run(never);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input);
  EXPECT_NE(status.error().message().find("no loss"), std::string::npos);
  fs::remove_all(recipe.output);
}

// Trains 20 steps, of which those that `broken` names hear a sound that is not a number.
Status run_broken(const char* name, const std::function<bool(int)>& broken) {
  Recipe recipe = tiny_recipe(scratch(name));
  recipe.steps = 20;
  recipe.precision = "fp32";
  recipe.sample_every = 1000;
  TrainerInputs inputs;
  inputs.examples = [&](int step, Rng&) {
    Segment heard;
    heard.stem = Stem::sound;
    heard.mel.values.assign(size_t(24) * kMelBins, broken(step) ? NAN : 0.5f);
    return std::vector<Example>{{Task::transcribe, {heard, text_segment(bytes("hello"), true)}}};
  };
  auto trainer = Trainer::create(recipe, inputs);
  EXPECT_TRUE(trainer) << trainer.error().message();
  const Status status = (*trainer)->run(never);
  fs::remove_all(recipe.output);
  return status;
}

TEST(Trainer, GradientsThatStayInfiniteEndTheRun) {
  const Status status = run_broken("not_finite", [](int step) { return step >= 3; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input);
  for (const char* part : {"gradient norm is no number at step 12", "last 10 steps", "log.jsonl"})
    EXPECT_NE(status.error().message().find(part), std::string::npos) << status.error().message();
  EXPECT_TRUE(run_broken("nearly", [](int step) { return step % 10 != 9; }));
}

TEST(Trainer, WhatTheModelLacksIsRefusedOrLeftOut) {
  using Kind = HeadSpec::Kind;
  Recipe recipe = tiny_recipe(scratch("lacks"));
  recipe.steps = 1;
  std::erase_if(recipe.model.heads, [](const HeadSpec& head) {
    return head.kind == Kind::matte || head.kind == Kind::vocoder || head.kind == Kind::ctc ||
           head.kind == Kind::embedding;
  });
  auto trainer = make_trainer(recipe);
  const Status status = trainer->run(never);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input);
  EXPECT_NE(status.error().message().find("[mix]"), std::string::npos);
  EXPECT_FALSE(trainer->evaluate(all_examples()));

  ObjectiveOptions& weights = recipe.objectives;
  weights.matte.weight = weights.vocoder.weight = weights.ctc.weight = weights.contrast.weight = 0;
  trainer = make_trainer(recipe);
  const Status trained = trainer->run(never);
  ASSERT_TRUE(trained) << trained.error().message();
  const auto losses = trainer->evaluate(all_examples());
  ASSERT_TRUE(losses);
  for (const char* name : {"matte", "vocoder", "ctc", "contrast"})
    EXPECT_FALSE(losses->contains(name)) << name;
  fs::remove_all(recipe.output);
}

// Tokens that the model does not have: libtorch throws, and the trainer returns.
TEST(Trainer, WhatLibtorchThrowsIsAnError) {
  Recipe recipe = tiny_recipe(scratch("throws"));
  recipe.steps = 1;
  TrainerInputs inputs;
  inputs.examples = [](int, Rng&) {
    return std::vector<Example>{{Task::text, {text_segment({1, 1'000'000}, true)}}};
  };
  auto trainer = Trainer::create(recipe, inputs);
  ASSERT_TRUE(trainer) << trainer.error().message();
  const Status status = (*trainer)->run(never);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("libtorch"), std::string::npos);
  fs::remove_all(recipe.output);
}

// The checkpoint of a run, with one thing changed: a stranger's. What an index may say is in
// checkpoint_test.cc.
TEST(Trainer, ACheckpointThatMakesNoSenseIsRefused) {
  Recipe recipe = tiny_recipe(scratch("hostile"));
  recipe.steps = 1;
  ASSERT_TRUE(make_trainer(recipe)->run(never));
  const std::string folder = recipe.output + "/checkpoint/step_1";
  const auto refused = [&](const std::string& file, const std::string& from, const std::string& to,
                           const char* named) {
    const std::string good = contents(folder + file);
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos);
    bad.replace(bad.find(from), from.size(), to);
    ASSERT_TRUE(write_file_atomic(folder + file, bad));
    const auto trainer = Trainer::create(recipe, {examples_of_step});
    ASSERT_FALSE(trainer) << named;
    EXPECT_EQ(trainer.error().code(), ErrorCode::bad_input);
    EXPECT_NE(trainer.error().message().find(named), std::string::npos)
        << trainer.error().message();
    ASSERT_TRUE(write_file_atomic(folder + file, good));
  };
  refused("/index.json", "\"step\": 1", "\"step\": x", "index.json");
  refused("/index.json", "\"step\": 1", "\"step\": -1", "step");
  refused("/index.json", "\"updates\": 1", "\"updates\": 1e99", "updates");
  const auto pieces = SafetensorsFile::open(folder + "/pieces_0.safetensors");
  ASSERT_TRUE(pieces) << pieces.error().message();
  const TensorView* table = pieces->find("weight.pieces");
  ASSERT_TRUE(table);
  const std::string values(reinterpret_cast<const char*>(table->data), 16);
  refused("/pieces_0.safetensors", values, std::string("\0\0\x80\x7f", 4) + values.substr(4),
          "weight.pieces");
  fs::remove_all(recipe.output);
}

}  // namespace
}  // namespace tutti
