// A training recipe: everything that decides what a run computes, in one TOML file.
#pragma once

#include <map>

#include "base/result.h"
#include "data/mix/mixture.h"
#include "model/spec.h"
#include "train/objectives/objectives.h"
#include "train/run/optimizer.h"

namespace tutti {

struct Recipe {
  ModelSpec model;
  std::string output = "runs/tutti";  // checkpoints, logs, samples
  std::string start_from;             // a model file to begin with; empty: fresh weights

  // data
  std::string shards = "shards";
  std::string card;              // markdown that goes into the model file
  std::string licences = "all";  // must match the shards: "open" or "all"

  // run
  uint64_t seed = 1;
  std::vector<std::string> train_only;  // parts of weights' names; empty: all are trained
  int steps = 1000;
  double warmup = 0.03, decay = 0.4;  // shares of the steps: linear up, constant, linear down
  double average_decay = 0.999;
  std::string precision = "auto";  // auto: bf16 where the machine multiplies it, else fp32
  std::string store = "i8";        // what matrices are stored as in the model file: i8, bf16 or f32
  int checkpoint_minutes = 5;
  int log_every = 10;
  int sample_every = 500;  // steps between sample pictures and spectrograms
  int threads = 0;         // 0: all cores
  int micro_batches = 1;   // that a step's examples are dealt to; more of them take less memory

  OptimizerOptions optimizer;
  ObjectiveOptions objectives;
  NoiseOptions noise;
  FakeQuantize quantize;
  Mixture mix;  // what every step draws
};

inline constexpr int kMostSteps = 100'000'000;

// bad_input names an unknown key, a wrong type, or a value out of range, with its place in the
// file, the value and the range.
Result<Recipe> read_recipe(const std::string& path);

// The learning rate of `step` as a share of the peak.
double rate_at(const Recipe& recipe, int step);

}  // namespace tutti
