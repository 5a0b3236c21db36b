// The trainer as a whole: a tiny model learns 16 examples of every task by heart, in the stated
// losses; a run that is killed and resumed ends in the same bits; recipes reject what they do not
// know.
#include "train/trainer.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "data/scene/matte.h"
#include "data/scene/scene.h"
#include "format/atomic_file.h"
#include "format/model_package.h"
#include "format/prompts.h"
#include "media/mel.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

// A vocabulary without a tokenizer: one piece a byte.
Tokens bytes(const std::string& text) {
  Tokens ids;
  for (unsigned char c : text) ids.push_back(32 + c);
  return ids;
}

Segment text_segment(Tokens tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

// Words of pure tones: each letter is 120 ms at its own pitch.
Sound tones(const std::string& word) {
  Sound sound;
  for (char letter : word)
    for (int i = 0; i < 1920; ++i)
      sound.samples.push_back(
          0.4f * float(std::sin(2 * M_PI * (300 + 220 * (letter - 'a')) * i / 16000.0)));
  return sound;
}

std::string word_of(int i) {
  return {char('a' + i % 4), char('a' + i / 4 % 4), char('a' + (i + i / 4) % 4)};
}

// The i-th example of each task; i picks one of 16.
void add_examples(std::vector<Example>& out, int i) {
  const SceneLibrary library;
  Rng rng(uint64_t(i) + 77);
  const Scene scene = make_scene(library, SceneKind(i % kSceneKindCount), rng);
  Segment image;
  image.kind = Segment::Kind::image;
  image.image = scene.image;
  const std::string caption = scene.captions.at("en");

  Example seen{Task::caption,
               {image, text_segment(describe_prompt(token_caption, bytes("en"))),
                text_segment(bytes(caption.substr(0, 24)), true)}};
  seen.pair = 4 * i;
  Example alone{Task::text,
                {text_segment(generation_prompt(bytes(caption.substr(0, 24)), token_paint))}};
  alone.pair = 4 * i;
  out.push_back(seen);
  out.push_back(alone);

  const PaintSample sample = make_paint(library, rng);
  Segment paint;
  paint.kind = Segment::Kind::paint;
  paint.image = sample.image;
  out.push_back(
      {Task::paint,
       {text_segment(generation_prompt(bytes(sample.captions.at("en").substr(0, 24)), token_paint)),
        paint}});

  const std::string word = word_of(i);
  const Sound sound = tones(word);
  Segment audio;
  audio.kind = Segment::Kind::audio;
  audio.mel = log_mel(sound.samples);
  audio.transcript = word;
  out.push_back({Task::transcribe,
                 {audio, text_segment(transcribe_prompt()), text_segment(bytes(word), true)}});

  Segment speech = audio;
  speech.kind = Segment::Kind::speak;
  speech.timing = {{0, 3, 0.0f, 0.36f}};
  out.push_back({Task::speak, {text_segment(generation_prompt(bytes(word), token_speak)), speech}});

  MatteSample matte = make_matte(library, rng);
  Segment person;
  person.kind = Segment::Kind::image;
  person.image = matte.image;
  Example cut{Task::matte, {person}};
  cut.alpha = matte.alpha;
  out.push_back(cut);

  Example vocode{Task::vocode};
  vocode.sound = tones(word);
  if (i % 4 == 0) out.push_back(vocode);
}

// A step sees 4 of the 16 examples of each task.
std::vector<Example> examples_of_step(int, Rng& rng) {
  std::vector<Example> examples;
  for (int i = 0; i < 4; ++i) add_examples(examples, rng.below(16));
  return examples;
}

std::string scratch(const char* name) {
  const fs::path path =
      fs::temp_directory_path() / ("tutti_trainer_test_" + std::to_string(getpid()) + "_" + name);
  fs::remove_all(path);
  return path.string();
}

Recipe tiny_recipe(const std::string& output) {
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  auto recipe = read_recipe(std::string(source ? source : ".") + "/recipes/tiny.toml");
  EXPECT_TRUE(recipe) << recipe.error().message();
  recipe->output = output;
  recipe->threads = 2;
  return *recipe;
}

std::unique_ptr<Trainer> make_trainer(const Recipe& recipe) {
  TrainerInputs inputs;
  inputs.examples = examples_of_step;
  auto trainer = Trainer::create(recipe, inputs);
  EXPECT_TRUE(trainer) << trainer.error().message();
  return *std::move(trainer);
}

const auto never = [] { return false; };

TEST(Trainer, LearnsSixteenExamplesOfEveryTask) {
  const Recipe recipe = tiny_recipe(scratch("learn"));
  auto trainer = make_trainer(recipe);
  std::vector<Example> all;
  for (int i = 0; i < 16; ++i) add_examples(all, i);
  auto before = trainer->evaluate(all);
  ASSERT_TRUE(trainer->run(never));
  auto after = trainer->evaluate(all);
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
  EXPECT_TRUE(parse_model_config(model->config_json));
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
  if (save_at) ASSERT_TRUE(trainer->run([&] { return trainer->step() >= save_at; }));
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
  for (const char* file : {"/checkpoint.safetensors", "/model.safetensors"}) {
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

Result<Recipe> recipe_of(const std::string& text) {
  const std::string path = scratch("recipe") + ".toml";
  EXPECT_TRUE(write_file_atomic(path, text));
  auto recipe = read_recipe(path);
  fs::remove(path);
  return recipe;
}

TEST(RecipeFile, NamesWhatItDoesNotKnow) {
  for (const auto& [text, named] : std::vector<std::pair<std::string, std::string>>{
           {"[run]\nsteps = 5\nstesp = 6\n[mix]\ntext = 1\n", "run.stesp"},
           {"[modle]\nwidth = 64\n", "modle"},
           {"[model]\nwidht = 64\n[mix]\ntext = 1\n", "widht"},
           {"[model]\nwidth = 65\n[mix]\ntext = 1\n", "multiple of 64"},
           {"[run]\nsteps = \"many\"\n[mix]\ntext = 1\n", "run.steps"},
           {"[mix]\ntext = -1\n", "mix.text"},
           {"[run]\nsteps = 5\n", "[mix]"},
           {"[run\n", "line 1"}}) {
    const auto recipe = recipe_of(text);
    ASSERT_FALSE(recipe) << text;
    EXPECT_EQ(recipe.error().code(), ErrorCode::bad_input);
    EXPECT_NE(recipe.error().message().find(named), std::string::npos) << recipe.error().message();
  }
}

}  // namespace
}  // namespace tutti
