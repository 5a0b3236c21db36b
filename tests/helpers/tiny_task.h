// What the trainer's tests train on: 16 examples of every task, and the recipe of a model so small
// that it learns them by heart in a minute.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "data/scene/library.h"
#include "data/scene/matte.h"
#include "data/scene/paint.h"
#include "data/scene/scene.h"
#include "format/text/prompts.h"
#include "media/dsp/mel.h"
#include "train/run/trainer.h"

namespace tutti {

// A vocabulary without a tokenizer: one piece a byte.
inline Tokens bytes(const std::string& text) {
  Tokens ids;
  for (unsigned char c : text) ids.push_back(32 + c);
  return ids;
}

inline Segment text_segment(Tokens tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

// Words of pure tones: each letter is 120 ms at its own pitch.
inline Sound tones(const std::string& word) {
  Sound sound;
  for (char letter : word)
    for (int i = 0; i < 1920; ++i)
      sound.samples.push_back(
          0.4f * float(std::sin(2 * M_PI * (300 + 220 * (letter - 'a')) * i / 16000.0)));
  return sound;
}

inline std::string word_of(int i) {
  return {char('a' + i % 4), char('a' + i / 4 % 4), char('a' + (i + i / 4) % 4)};
}

// The i-th example of each task; i picks one of 16.
inline void add_examples(std::vector<Example>& out, int i) {
  const SceneLibrary library;
  Rng rng(uint64_t(i) + 77);
  const Scene scene = make_scene(library, SceneKind(i % kSceneKindCount), rng);
  Segment image;
  image.stem = Stem::picture;
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
  paint.stem = Stem::noisy;
  paint.image = sample.image;
  out.push_back(
      {Task::paint,
       {text_segment(generation_prompt(bytes(sample.captions.at("en").substr(0, 24)), token_paint)),
        paint}});

  const std::string word = word_of(i);
  const Sound sound = tones(word);
  Segment audio;
  audio.stem = Stem::sound;
  audio.mel = log_mel(sound.samples);
  audio.transcript = word;
  out.push_back({Task::transcribe,
                 {audio, text_segment(transcribe_prompt()), text_segment(bytes(word), true)}});

  Segment speech = audio;
  speech.stem = Stem::spoken;
  speech.timing = {{0, 3, 0.0f, 0.36f}};
  out.push_back({Task::speak, {text_segment(generation_prompt(bytes(word), token_speak)), speech}});

  MatteSample matte = make_matte(library, rng);
  Segment person;
  person.stem = Stem::picture;
  person.image = matte.image;
  Example cut{Task::matte, {person}};
  cut.alpha = matte.alpha;
  out.push_back(cut);

  Example vocode{Task::vocode};
  vocode.sound = tones(word);
  if (i % 4 == 0) out.push_back(vocode);
}

// A step sees 4 of the 16 examples of each task.
inline std::vector<Example> examples_of_step(int, Rng& rng) {
  std::vector<Example> examples;
  for (int i = 0; i < 4; ++i) add_examples(examples, rng.below(16));
  return examples;
}

inline std::string scratch(const char* name) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("tutti_trainer_test_" + std::to_string(getpid()) + "_" + name);
  std::filesystem::remove_all(path);
  return path.string();
}

inline Recipe tiny_recipe(const std::string& output) {
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  auto recipe = read_recipe(std::string(source ? source : ".") + "/recipes/tiny.toml");
  EXPECT_TRUE(recipe) << recipe.error().message();
  recipe->output = output;
  recipe->threads = 2;
  return *recipe;
}

inline std::unique_ptr<Trainer> make_trainer(const Recipe& recipe) {
  TrainerInputs inputs;
  inputs.examples = examples_of_step;
  auto trainer = Trainer::create(recipe, inputs);
  EXPECT_TRUE(trainer) << trainer.error().message();
  return *std::move(trainer);
}

inline std::vector<Example> all_examples() {
  std::vector<Example> all;
  for (int i = 0; i < 16; ++i) add_examples(all, i);
  return all;
}

inline const auto never = [] { return false; };

}  // namespace tutti
