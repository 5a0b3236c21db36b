// The evaluation suite behind `tutti eval`: every capability measured on held-out data, with sample
// counts, chance levels, and the floors of the first version.
//
//   TUTTI_ASSIGN(EvalData data, open_eval_data("shards", {}));
//   TUTTI_ASSIGN(EvalReport report, run_suite(engine, data, judge, {.tasks = {"spoken_digits"}}));
//
// A task whose data are not there is skipped, with the reason. docs/evaluation.md defines each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "eval/eval_data.h"
#include "eval/referee.h"
#include "eval/report.h"

namespace tutti {

struct SuiteOptions {
  std::vector<std::string> tasks;  // empty: all
  int limit = 300;                 // samples a task, or a set of a task; 0: all
  int steps = 0;                   // of painting and speaking; 0: as the model was made for
  float guidance = -1;             // likewise; negative: as the model was made for
  int repeat = 1;                  // pictures and readings of each text; few leave points to chance
  std::function<void(const std::string& task)> progress;
};

// Names and one-line definitions, in the order in which they run.
std::vector<std::pair<std::string, std::string>> suite_tasks();

// usage_error names a task that there is not.
Status check_tasks(const std::vector<std::string>& names);

// `judge` may be null: what needs it is skipped.
Result<EvalReport> run_suite(const Engine& engine, const EvalData& data, Referee* judge,
                             const SuiteOptions& options);

}  // namespace tutti
