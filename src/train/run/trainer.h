// The training loop: resumable, logged, and indifferent to where its examples come from.
//
//   TUTTI_ASSIGN(auto trainer, Trainer::create(recipe, source));
//   TUTTI_CHECK(trainer->run());       // continues from the last checkpoint in recipe.output
//
// Files in recipe.output: checkpoint/ (masters, averages, optimizer; atomic), model.safetensors
// (averages, for `tutti run`), log.jsonl, events/ (TensorBoard), samples/*.png.
//
// Resuming is exact: examples and noise of step n depend on (seed, n) alone, so a run that was
// killed goes on as if it had not been, bit for bit on one machine with the same number of threads.
#pragma once

#include <functional>
#include <memory>

#include "train/backend/parameter_store.h"
#include "train/backend/torch_ops.h"
#include "train/run/recipe.h"

namespace tutti {

// The examples of one step. Must be a pure function of (step, rng): it is called from another
// thread, ahead of time.
using ExampleSource = std::function<std::vector<Example>(int step, Rng& rng)>;

// What one logged step did; rates are means since the last report.
struct StepReport {
  int step = 0, steps = 0;
  std::map<std::string, double> losses;  // unweighted means; "total" is weighted
  double gradient_norm = 0, rate = 0;
  double tokens_per_second = 0, gflops = 0, seconds = 0;
};

struct TrainerInputs {
  ExampleSource examples;
  std::function<void(const StepReport&)> report;
  std::span<const std::byte> tokenizer;  // goes into the model file
  std::string card;
};

class Trainer {
 public:
  static Result<std::unique_ptr<Trainer>> create(const Recipe& recipe, TrainerInputs inputs);
  virtual ~Trainer() = default;

  // Trains to recipe.steps or until `stop` says so (asked after every step), then saves.
  virtual Status run(const std::function<bool()>& stop) = 0;

  // The losses of one step without an update, for tests and held-out curves.
  virtual Result<std::map<std::string, double>> evaluate(const std::vector<Example>& examples) = 0;
  virtual int step() const = 0;
};

}  // namespace tutti
