// The two halves of `tutti bench model`: whole answers, and single passes beside libtorch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench.h"
#include "engine/engine.h"

namespace tutti::bench {

inline constexpr std::array<EngineOptions::Dtype, 3> kDtypes = {
    EngineOptions::Dtype::f32, EngineOptions::Dtype::bf16, EngineOptions::Dtype::int8};
inline constexpr std::array<const char*, 3> kDtypeNames = {"f32", "bf16", "int8"};

// What the tasks are given.
struct TaskInputs {
  Part picture, clip, sound;
  double sound_seconds = 0;

  // picture.png, clip.mp4 and speech.wav of a folder, read and fitted as `tutti run` does.
  static Result<TaskInputs> read(const std::string& folder);
};

// What the benches of a model file have in common.
struct ModelOptions {
  std::string model, inputs;
  int threads = 0;
  bool json = false;

  void add_options(CLI::App& verb);
  // Finds the model; reads the inputs that were named or lie beside it.
  Result<TaskInputs> open();
};

// One answer: what it tells beside the time it took, by name, in seconds or counts.
struct Task {
  std::string name;
  std::function<Result<std::map<std::string, double>>(const Engine&)> run;
};
std::vector<Task> model_tasks(const TaskInputs& inputs);

// {task: {dtype: {p50, p95, runs, ...}}}. The engines take turns.
Result<Json> time_tasks(const std::vector<Engine>& engines, const TaskInputs& inputs);

// {pass: {f32, bf16, int8, libtorch}} in seconds; libtorch where `trainer` is given.
Result<Json> time_passes(const std::string& model, int threads,
                         const std::optional<std::string>& trainer);

}  // namespace tutti::bench
