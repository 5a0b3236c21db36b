// The half of `tutti bench model` that times whole answers.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common.h"
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

// One answer: what it tells beside the time it took, by name, in seconds or counts.
struct Task {
  std::string name;
  std::function<Result<std::map<std::string, double>>(const Engine&)> run;
};
std::vector<Task> model_tasks(const TaskInputs& inputs);

// {task: {dtype: {p50, p95, runs, ...}}}. The engines take turns.
Result<Json> time_tasks(const std::vector<Engine>& engines, const TaskInputs& inputs);

}  // namespace tutti::bench
